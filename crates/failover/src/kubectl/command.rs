//! The verbs.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::jsonpath;
use crate::kube::cluster::{Cluster, wait_until};
use crate::kube::objects::Objects;
use crate::kube::pod::Pod;

/// How long a command in a container, or a deletion, may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// Options and other words of a call.
struct Call<'a> {
    words: Vec<&'a str>,
    options: Vec<(&'a str, &'a str)>,
    /// What follows `--`.
    command: Vec<String>,
}

/// Options that take their value from the next word.
const WITH_VALUE: &[&str] = &["-f", "-l", "-o", "-c", "-n", "--namespace", "--container", "--selector", "--output"];

impl<'a> Call<'a> {
    fn read(all: &'a [String]) -> Self {
        let mut call = Self { words: Vec::new(), options: Vec::new(), command: Vec::new() };
        let mut rest = all.iter();
        while let Some(word) = rest.next() {
            if word == "--" {
                call.command = rest.cloned().collect();
                break;
            } else if let Some((option, value)) = word.split_once('=').filter(|_| word.starts_with("--")) {
                call.options.push((option, value));
            } else if WITH_VALUE.contains(&word.as_str()) {
                call.options.push((word, rest.next().map_or("", String::as_str)));
            } else if word.starts_with('-') {
                call.options.push((word, "true"));
            } else {
                call.words.push(word);
            }
        }
        call
    }

    fn option(&self, names: &[&str]) -> Option<&str> {
        self.options.iter().find(|(option, _)| names.contains(option)).map(|(_, value)| *value)
    }
}

/// Runs one call: its exit code and what it prints.
pub(super) fn run(cluster: &Arc<Cluster>, words: &[String], input: &str) -> io::Result<(u8, String)> {
    let call = Call::read(words);
    match call.words.as_slice() {
        ["create" | "apply"] => create(cluster, input, call.words == ["create"]),
        ["get", kind] => list(cluster, kind, &call),
        ["get", kind, name] => get(cluster, kind, name, &call),
        ["scale", kind, name] => scale(cluster, kind, name, &call),
        ["delete", "pod" | "pods", name] => delete(cluster, name, &call),
        ["exec", pod] => execute(cluster, pod, &call),
        _ => Err(io::Error::other(format!("the proving ground does not know this call: {}", words.join(" ")))),
    }
}

fn create(cluster: &Arc<Cluster>, input: &str, new: bool) -> io::Result<(u8, String)> {
    let values: Vec<Value> = serde_saphyr::from_multiple(input).map_err(io::Error::other)?;
    let mut out = String::new();
    for value in values {
        let text = |path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (kind, name) = (text("/kind").to_lowercase(), text("/metadata/name"));
        let existing = find(cluster, &kind, &name).is_some();
        if new && existing {
            return Err(io::Error::other(format!("{kind} \"{name}\" already exists")));
        }
        cluster.apply(Objects::read(&value.to_string())?);
        let _ = writeln!(out, "{kind}/{name} {}", if existing { "configured" } else { "created" });
    }
    Ok((0, out))
}

fn get(cluster: &Arc<Cluster>, kind: &str, name: &str, call: &Call<'_>) -> io::Result<(u8, String)> {
    match find(cluster, kind, name) {
        Some(object) => Ok((0, show(&object, call)?)),
        None if call.option(&["--ignore-not-found"]).is_some() => Ok((0, String::new())),
        None => Err(io::Error::other(format!("{kind} \"{name}\" not found"))),
    }
}

fn list(cluster: &Arc<Cluster>, kind: &str, call: &Call<'_>) -> io::Result<(u8, String)> {
    if !["pod", "pods", "po"].contains(&kind) {
        return Err(io::Error::other(format!("the proving ground lists pods only, not {kind}")));
    }
    let selector = call.option(&["-l", "--selector"]).unwrap_or_default();
    let wanted: Vec<(&str, &str)> = selector.split(',').filter_map(|one| one.split_once('=')).collect();
    let selected =
        |pod: &&Arc<Pod>| wanted.iter().all(|(key, value)| pod.labels.get(*key).is_some_and(|own| own == value));
    let items: Vec<Value> = cluster.pods().iter().filter(selected).map(|pod| object(pod)).collect();
    let mut out = String::new();
    match call.option(&["-o", "--output"]) {
        Some(output) if output.starts_with("jsonpath=") => out = show(&json!({"items": items}), call)?,
        _ => {
            for item in &items {
                out += &show(item, call)?;
            }
        }
    }
    Ok((0, out))
}

fn show(object: &Value, call: &Call<'_>) -> io::Result<String> {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default().to_lowercase();
    match call.option(&["-o", "--output"]) {
        Some("json") => Ok(format!("{object}\n")),
        Some(output) if output.starts_with("jsonpath=") => jsonpath::fill(&output["jsonpath=".len()..], object),
        _ => Ok(format!("{}/{}\n", text("/kind"), text("/metadata/name"))),
    }
}

fn scale(cluster: &Arc<Cluster>, kind: &str, name: &str, call: &Call<'_>) -> io::Result<(u8, String)> {
    let replicas = call.option(&["--replicas"]).and_then(|count| count.parse().ok());
    let replicas = replicas.ok_or_else(|| io::Error::other("scale needs --replicas"))?;
    if find(cluster, kind, name).is_none() {
        return Err(io::Error::other(format!("{kind} \"{name}\" not found")));
    }
    cluster.scale(name, replicas);
    Ok((0, format!("{kind}/{name} scaled\n")))
}

fn delete(cluster: &Arc<Cluster>, name: &str, call: &Call<'_>) -> io::Result<(u8, String)> {
    let pod = cluster.pod(name).ok_or_else(|| io::Error::other(format!("pods \"{name}\" not found")))?;
    if call.option(&["--force"]).is_some() {
        cluster.delete_forced(name);
    } else {
        cluster.delete(name);
    }
    let over = || cluster.pod(name).is_none_or(|now| now.uid != pod.uid);
    if call.option(&["--wait"]) != Some("false") && !wait_until(PATIENCE, over) {
        return Err(io::Error::other(format!("pod \"{name}\" does not end")));
    }
    Ok((0, format!("pod \"{name}\" deleted\n")))
}

fn execute(cluster: &Arc<Cluster>, name: &str, call: &Call<'_>) -> io::Result<(u8, String)> {
    let pod = cluster.pod(name).ok_or_else(|| io::Error::other(format!("pods \"{name}\" not found")))?;
    let running = match call.option(&["-c", "--container"]) {
        Some(container) => pod.state().containers.get(container).and_then(|container| container.running.clone()),
        None => pod.main(),
    };
    let (pid, spec) = running.ok_or_else(|| io::Error::other(format!("container not found in pod {name}")))?;
    let outcome = spec.execute(pid, &call.command, PATIENCE)?;
    Ok((outcome.code.and_then(|code| u8::try_from(code).ok()).unwrap_or(137), outcome.output))
}

/// The object of this kind and name.
fn find(cluster: &Cluster, kind: &str, name: &str) -> Option<Value> {
    let objects = cluster.objects();
    let there = |there: bool, kind: &str| there.then(|| json!({"kind": kind, "metadata": {"name": name}}));
    match kind.to_lowercase().as_str() {
        "pod" | "pods" | "po" => cluster.pod(name).map(|pod| object(&pod)),
        "replicationcontroller" | "rc" => {
            there(objects.replication_controllers.contains_key(name), "ReplicationController")
        }
        "statefulset" | "sts" => there(objects.stateful_sets.contains_key(name), "StatefulSet"),
        "service" | "svc" => there(objects.services.contains_key(name), "Service"),
        "configmap" | "cm" => there(objects.config_maps.contains_key(name), "ConfigMap"),
        "secret" => there(objects.secrets.contains_key(name), "Secret"),
        _ => None,
    }
}

/// A pod as the API shows it.
fn object(pod: &Pod) -> Value {
    let owners: Vec<Value> = pod
        .owner()
        .and_then(|owner| {
            owner.split_once('/').map(|(kind, name)| json!({"kind": kind, "name": name, "controller": true}))
        })
        .into_iter()
        .collect();
    let mut object = json!({
        "kind": "Pod", "metadata": {"name": pod.name, "uid": pod.unique_id(), "labels": pod.labels, "ownerReferences": owners},
        "status": {"conditions": [{"type": "Ready", "status": if pod.ready() { "True" } else { "False" }}]},
    });
    if let Some(ip) = pod.ip() {
        object["status"]["podIP"] = json!(ip.to_string());
    }
    if pod.terminating() {
        object["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    }
    object
}
