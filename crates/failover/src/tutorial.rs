//! The run book of the tutorial on a cluster of today, run to its end beside clients that write.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis_k8s::{ApiVersion, Redis};
use serde_json::json;

use crate::data;
use crate::health::Examiner;
use crate::image::{self, Flavour};
use crate::instance::{Instance, Workload};
use crate::kube::cluster::Cluster;
use crate::kubectl::wire;
use crate::run::{self, Measured};
use crate::scenario::Scenario;
use crate::writer::{Promise, Writer};

/// Runs the run book twice: the second time finds everything done.
pub(crate) fn run(scenario: &Scenario, cluster: &Arc<Cluster>, flavour: Flavour) -> io::Result<Measured> {
    cluster.clear();
    cluster.journal.clear()?;
    let mut instance = Instance::new(flavour, json!({"replicas": 3, "sentinel": {"replicas": 3}}))?;
    image::root(instance.image())?;
    instance.workload = Workload::Controllers;
    let redis: Redis = serde_json::from_value(instance.document.clone())?;
    let book = redis_k8s::tutorial::steps(&redis, ApiVersion::V1).map_err(io::Error::other)?;
    let kubectl = wire::listen(cluster)?;
    let net = cluster.stranger("default", &[("app", "client")])?;
    let mut writer = Writer::start(&instance, &net, "plain", Promise::Plain)?;
    let clients = Arc::clone(&net);
    let examiner = Examiner { cluster: Arc::clone(cluster), instance, net, clients };

    let mut measured = Measured::default();
    for round in ["first", "second"] {
        let output = follow(cluster, &book, &kubectl)?;
        if let Some(complaint) = output {
            measured.failures.push(format!("the {round} run failed: {complaint}"));
            return Ok(measured);
        }
    }
    let began = Instant::now();
    match examiner.wait(Duration::from_secs(20)) {
        Ok(since) => measured.healthy = Some((since - began).as_secs_f64()),
        Err(wrong) => measured.failures.push(format!("not healthy: {}", wrong.join("; "))),
    }
    writer.stop();
    let written = writer.written();
    if let Some(difference) = data::same(&examiner, Duration::from_secs(10)) {
        measured.failures.push(difference);
    }
    measured.lost_plain = Some((data::lost(&examiner, &[&written])?, written.acknowledged.len()));
    let first = written.acknowledged.first().map_or(began, |(_, at)| *at);
    measured.gap = Some(written.longest_gap(first, began).as_secs_f64());
    if written.acknowledged.is_empty() {
        measured.failures.push("no client could write".to_owned());
    }
    measured.failures.extend(cluster.journal.complaints());
    run::judge(scenario, &mut measured);
    Ok(measured)
}

/// Runs the script; its last words if it failed.
fn follow(cluster: &Cluster, book: &str, kubectl: &Path) -> io::Result<Option<String>> {
    let output = Command::new("sh")
        .args(["-c", book])
        .env("KUBECTL", kubectl)
        .env("WAIT", "90")
        .stdin(Stdio::null())
        .output()?;
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    for line in said.lines() {
        cluster.journal.event(&format!("run book: {line}"));
    }
    Ok((!output.status.success()).then(|| said.lines().last().unwrap_or("it said nothing").to_owned()))
}
