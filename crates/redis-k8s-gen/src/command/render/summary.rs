//! `-o summary`: one screen for who reads what is applied: pods and what they have, addresses, who may connect, the rest.
//!
//! It tells what the objects say, not what the document asked for.

use std::fmt::Write;

use redis_k8s::Manifest;
use serde_json::Value;

use super::stream::Format;
use crate::diff::text_of;

pub(super) struct Summary;

impl Format for Summary {
    const BETWEEN: &'static str = "\n";

    fn append(manifest: &Manifest, text: &mut String) {
        // types of Kubernetes have string keys and do not fail
        let objects: Vec<Value> = manifest.iter().filter_map(|object| serde_json::to_value(object).ok()).collect();
        let count = objects.len();
        let namespace = objects.first().and_then(|object| object.pointer("/metadata/namespace")?.as_str());
        let namespace = namespace.map_or(String::new(), |namespace| format!(" in namespace {namespace}"));
        let _ = writeln!(text, "{count} object{}{namespace}", if count == 1 { "" } else { "s" });

        heading(text, "PODS");
        for object in &objects {
            pods(text, object);
        }
        heading(text, "SERVICES");
        services(text, objects.iter().filter(|object| kind(object) == "Service"));
        heading(text, "CONNECTIONS");
        let mut policies = objects.iter().filter(|object| kind(object) == "NetworkPolicy").peekable();
        if policies.peek().is_none() {
            text.push_str("  from and to everywhere: there is no NetworkPolicy among these\n");
        }
        for policy in policies {
            connections(text, policy);
        }
        heading(text, "BESIDE THEM");
        for object in &objects {
            match kind(object) {
                "PodDisruptionBudget" => {
                    let away = &object["spec"]["maxUnavailable"];
                    let _ = writeln!(text, "  {}: a drain takes at most {away} at a time", title(object));
                }
                "Certificate" | "ConfigMap" | "ServiceAccount" | "PodMonitor" | "PrometheusRule" | "ServiceMonitor" => {
                    let _ = writeln!(text, "  {}", title(object));
                }
                _ => {}
            }
        }
    }
}

fn heading(text: &mut String, heading: &str) {
    let _ = writeln!(text, "\n{heading}");
}

fn kind(object: &Value) -> &str {
    object["kind"].as_str().unwrap_or_default()
}

fn title(object: &Value) -> String {
    format!("{} {}", kind(object), text_of(&object["metadata"]["name"]))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The pods of an object, if it makes or is one.
fn pods(text: &mut String, object: &Value) {
    let (replicas, pod) = match kind(object) {
        "Pod" => ("1".to_owned(), &object["spec"]),
        "StatefulSet" | "Deployment" | "ReplicationController" => {
            let replicas = object["spec"]["replicas"].as_u64();
            let replicas = replicas.map_or_else(|| "as others scale it".to_owned(), |replicas| replicas.to_string());
            (replicas, &object["spec"]["template"]["spec"])
        }
        _ => return,
    };
    let _ = writeln!(text, "  {}: {replicas}", title(object));
    for container in list(&pod["containers"]).iter().chain(list(&pod["initContainers"])) {
        let user = &pod["securityContext"]["runAsUser"];
        let user = if user.is_null() { String::new() } else { format!(", as user {user}") };
        let ports: Vec<_> = list(&container["ports"]).iter().map(|port| port["containerPort"].to_string()).collect();
        let _ = writeln!(
            text,
            "    {}: {} on {}{user}",
            text_of(&container["name"]),
            text_of(&container["image"]),
            ports.join(", ")
        );
        let amounts = |of: &str| {
            let amounts = container["resources"][of].as_object().into_iter().flatten();
            amounts.map(|(resource, amount)| format!("{resource} {}", text_of(amount))).collect::<Vec<_>>().join(", ")
        };
        let (requests, limits) = (amounts("requests"), amounts("limits"));
        if !requests.is_empty() || !limits.is_empty() {
            let _ = writeln!(text, "      asks for {requests}; may use {limits}");
        }
        for mount in list(&container["volumeMounts"]) {
            let source = source(object, pod, &mount["name"]);
            let _ = writeln!(text, "      {:<20} {source}", text_of(&mount["mountPath"]));
        }
    }
    let spread = spread(pod);
    if !spread.is_empty() {
        let _ = writeln!(text, "    {}", spread.join("; "));
    }
}

/// What a volume is: a claim, or what the pod names.
fn source(object: &Value, pod: &Value, name: &Value) -> String {
    let named =
        |volumes: &Value, at: &str| list(volumes).iter().find(|volume| volume.pointer(at) == Some(name)).cloned();
    if let Some(claim) = named(&object["spec"]["volumeClaimTemplates"], "/metadata/name") {
        let class = &claim["spec"]["storageClassName"];
        let class = if class.is_null() { "the default class".to_owned() } else { format!("class {}", text_of(class)) };
        return format!("claim of {}, {class}", text_of(&claim["spec"]["resources"]["requests"]["storage"]));
    }
    let volume = named(&pod["volumes"], "/name").unwrap_or_default();
    let mut sources = vec![&volume];
    sources.extend(list(&volume["projected"]["sources"]));
    let mut told: Vec<String> = Vec::new();
    for source in sources {
        let one = if let Some(name) = source.pointer("/configMap/name") {
            format!("ConfigMap {}", text_of(name))
        } else if let Some(name) = source.pointer("/secret/secretName").or_else(|| source.pointer("/secret/name")) {
            format!("Secret {}", text_of(name))
        } else if source["emptyDir"].is_object() {
            let medium = if source["emptyDir"]["medium"] == "Memory" { " in memory" } else { "" };
            format!("emptyDir{medium}, gone with the pod")
        } else {
            continue;
        };
        if !told.contains(&one) {
            told.push(one);
        }
    }
    told.join(", ")
}

/// Where the pods may and may not run together, and on which nodes.
fn spread(pod: &Value) -> Vec<String> {
    let place = |term: &Value| match term["topologyKey"].as_str() {
        Some("kubernetes.io/hostname") => "node".to_owned(),
        Some("topology.kubernetes.io/zone") => "zone".to_owned(),
        _ => text_of(&term["topologyKey"]),
    };
    let apart = &pod["affinity"]["podAntiAffinity"];
    let required = list(&apart["requiredDuringSchedulingIgnoredDuringExecution"]).iter();
    let preferred = list(&apart["preferredDuringSchedulingIgnoredDuringExecution"]).iter();
    let zones = list(&pod["topologySpreadConstraints"]).iter().map(|constraint| {
        let wish = if constraint["whenUnsatisfiable"] == "DoNotSchedule" { "" } else { ", if possible" };
        format!("as many in each {}{wish}", place(constraint))
    });
    let nodes = pod["nodeSelector"].as_object().into_iter().flatten();
    required
        .map(|term| format!("never two on a {}", place(term)))
        .chain(preferred.map(|term| format!("not two on a {}, if possible", place(&term["podAffinityTerm"]))))
        .chain(zones)
        .chain(nodes.map(|(label, value)| format!("on nodes {label}={}", text_of(value))))
        .collect()
}

/// A line for each Service; those of single pods, which differ in the ordinal alone, share one.
fn services<'o>(text: &mut String, services: impl Iterator<Item = &'o Value>) {
    let mut lines: Vec<(String, Vec<String>)> = Vec::new();
    for service in services {
        let (name, spec) = (text_of(&service["metadata"]["name"]), &service["spec"]);
        let ports: Vec<_> = list(&spec["ports"]).iter().map(|port| port["port"].to_string()).collect();
        let form = if spec["clusterIP"] == "None" {
            "headless".to_owned()
        } else {
            spec["type"].as_str().unwrap_or("ClusterIP").to_owned()
        };
        let selector = &spec["selector"];
        let of_one_pod = !selector["statefulset.kubernetes.io/pod-name"].is_null();
        let to = match selector["app.kubernetes.io/component"].as_str() {
            _ if of_one_pod => "the pod of its number".to_owned(),
            Some("proxy") => "the proxies".to_owned(),
            Some(component) => format!("the {component}s"),
            None => format!("pods {}", labels(selector)),
        };
        let ready = if spec["publishNotReadyAddresses"] == true { ", ready or not" } else { "" };
        let line = format!("{form}, port {}, {to}{ready}", ports.join(", "));
        match lines.last_mut().filter(|(last, _)| of_one_pod && *last == line) {
            Some((_, names)) => names.push(name),
            None => lines.push((line, vec![name])),
        }
    }
    for (line, names) in lines {
        let range = match names.as_slice() {
            [first, .., last] => format!("{first} to {}", last.rsplit('-').next().unwrap_or_default()),
            names => names.concat(),
        };
        let _ = writeln!(text, "  {range}: {line}");
    }
}

fn connections(text: &mut String, policy: &Value) {
    for (direction, peers, word) in [("ingress", "from", "in"), ("egress", "to", "out")] {
        for rule in list(&policy["spec"][direction]) {
            let mut ports: Vec<_> = list(&rule["ports"]).iter().map(|port| text_of(&port["port"])).collect();
            ports.dedup();
            let own = &policy["spec"]["podSelector"]["matchLabels"];
            let peers_of: Vec<_> = list(&rule[peers]).iter().map(|it| peer(it, own)).collect();
            let peers_of = if peers_of.is_empty() { "anywhere".to_owned() } else { peers_of.join("; ") };
            let ports = if ports.is_empty() { "any port".to_owned() } else { format!("port {}", ports.join(", ")) };
            let _ = writeln!(text, "  {word}: {ports} {peers} {peers_of}");
        }
    }
}

/// Who may connect; `own` are the labels of the pods it is about.
fn peer(peer: &Value, own: &Value) -> String {
    if let Some(block) = peer.pointer("/ipBlock/cidr") {
        return text_of(block);
    }
    let pods = match &peer["podSelector"]["matchLabels"] {
        Value::Null => "all pods".to_owned(),
        pods if pods == own => "its own pods".to_owned(),
        pods => format!("pods {}", labels(pods)),
    };
    match &peer["namespaceSelector"] {
        Value::Null => format!("{pods} of the namespace"),
        namespaces if namespaces["matchLabels"].is_null() => format!("{pods} of all namespaces"),
        namespaces => format!("{pods} of namespaces {}", labels(&namespaces["matchLabels"])),
    }
}

fn labels(labels: &Value) -> String {
    let labels = labels.as_object().into_iter().flatten();
    labels.map(|(key, value)| format!("{key}={}", text_of(value))).collect::<Vec<_>>().join(",")
}
