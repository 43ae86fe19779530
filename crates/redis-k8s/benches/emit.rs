//! How fast text is written: `cargo bench --package redis-k8s --bench emit`.
//!
//! One line for each stage: the time of one run, the bytes it gives, and MB/s. A word on the command line picks the
//! stages whose name contains it. A further stage is one more call of [`Stages::run`].

#![allow(clippy::print_stdout, reason = "printing is what it is for")]
#![allow(clippy::unwrap_used, reason = "the samples are right or the benchmark is wrong")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{ConfigMap, Service};
use redis_k8s::emit::to_yaml;
use redis_k8s::{Manifest, Object};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Many short rounds, of which the best counts: some of them fall between the interruptions of a busy machine.
const SPAN: Duration = Duration::from_millis(5);
const ROUNDS: usize = 200;

struct Stages {
    only: Option<String>,
}

impl Stages {
    /// Prints the best of some rounds. `work` gives the number of bytes it wrote.
    fn run(&self, name: &str, mut work: impl FnMut() -> usize) {
        if self.only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            return;
        }
        let bytes = black_box(work());
        let best = (0..ROUNDS).map(|_| time(&mut work)).min().unwrap_or_default();
        let micros = best.as_secs_f64() * 1e6;
        let rate = f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / micros;
        println!("{name:<30} {micros:>10.2} µs {bytes:>9} B {rate:>7.0} MB/s");
    }
}

/// The mean time of one run, over a span.
fn time(work: &mut impl FnMut() -> usize) -> Duration {
    let (mut runs, mut batch, start) = (0, 1, Instant::now());
    while start.elapsed() < SPAN {
        for _ in 0..batch {
            black_box(work());
        }
        runs += batch;
        batch = 16;
    }
    start.elapsed() / runs
}

fn main() {
    let only = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let stages = Stages { only };
    let manifest = manifest();
    let mut text = String::new();

    stages.run("manifest to YAML", || {
        text.clear();
        manifest.write_yaml(&mut text);
        text.len()
    });
    stages.run("manifest to YAML, allocating", || manifest.to_yaml().len());
    stages.run("manifest to JSON", || manifest.to_json().len());

    let objects: Vec<&Object> = manifest.iter().filter(|object| object.kind() != "ConfigMap").collect();
    stages.run("objects without the ConfigMap", || to_yaml(&objects).unwrap().len());
    for (name, strings) in [
        ("literal block, 15 KB", vec![script(15_000)]),
        ("literal block, 1 MB", vec![script(1_000_000)]),
        ("literal block, not ASCII", vec![script(15_000).replace("reached", "gehört")]),
        ("plain strings", vec!["redis-sentinel-headless".to_owned(); 1000]),
        ("quoted strings", vec!["10.96.0.1".to_owned(); 1000]),
        ("quoted, 15 KB", vec![script(15_000).replace('\n', "\r\n")]),
    ] {
        stages.run(name, || to_yaml(&strings).unwrap().len());
    }
}

/// A shell script with lines of usual length: 31 bytes on average.
fn script(len: usize) -> String {
    const LINES: &str = "#!/bin/sh\nset -eu\n\n# The sentinels say who is master; nobody else is asked.\nfor sentinel in $SENTINELS; do\n    \
        answer=$(redis-cli -h \"$sentinel\" -p 26379 SENTINEL GET-MASTER-ADDR-BY-NAME mymaster) || continue\n    \
        [ -n \"$answer\" ] || continue\n    votes=\"$votes $answer\"\n    reached=$((reached + 1))\ndone\n\
        if [ $reached -ge $MAJORITY ]; then\n    exec redis-server /data/redis.conf\nfi\n";
    LINES.repeat(len / LINES.len() + 1)
}

/// What a production rendering is made of, and about as long.
fn manifest() -> Manifest {
    let labels = json!({
        "app.kubernetes.io/name": "redis", "app.kubernetes.io/instance": "cache",
        "app.kubernetes.io/component": "server", "app.kubernetes.io/part-of": "redis",
        "app.kubernetes.io/managed-by": "redis-k8s-gen",
    });
    let services = [
        "cache-headless",
        "cache-sentinel",
        "cache-sentinel-headless",
        "cache-read",
        "cache-announce-0",
        "cache-announce-1",
        "cache-announce-2",
    ];
    let config: ConfigMap = typed(json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "cache-config", "namespace": "shop", "labels": labels},
        "data": BTreeMap::from([("start.sh", script(15_000)), ("stop.sh", script(3000)), ("redis.conf", script(1500))]),
    }));
    let services = services.map(|name| {
        typed::<Service>(json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": "shop", "labels": labels},
            "spec": {
                "clusterIP": "None", "publishNotReadyAddresses": true, "selector": labels,
                "ports": [{"name": "redis", "port": 6379, "protocol": "TCP", "targetPort": "redis"}],
            },
        }))
        .into()
    });
    [
        config.into(),
        typed::<k8s_openapi::api::apps::v1::StatefulSet>(stateful_set("cache", &labels)).into(),
        typed::<k8s_openapi::api::apps::v1::StatefulSet>(stateful_set("cache-sentinel", &labels)).into(),
    ]
    .into_iter()
    .chain(services)
    .collect()
}

fn stateful_set(name: &str, labels: &Value) -> Value {
    let probe =
        json!({"exec": {"command": ["sh", "/scripts/probe.sh", "ready"]}, "periodSeconds": 5, "timeoutSeconds": 3});
    let env: Vec<Value> = ["INSTANCE", "NAMESPACE", "REPLICAS", "MASTER_NAME", "QUORUM", "ANNOUNCE"]
        .iter()
        .map(|name| json!({"name": name, "value": "cache-sentinel-headless.shop"}))
        .chain([
            json!({"name": "REDIS_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "cache-auth", "key": "password"}}}),
        ])
        .collect();
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": name, "namespace": "shop", "labels": labels},
        "spec": {
            "replicas": 3, "serviceName": format!("{name}-headless"), "podManagementPolicy": "Parallel",
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": {"redis-k8s-gen.dev/config-checksum": "3f6a1b2c4d5e6f70"}},
                "spec": {
                    "automountServiceAccountToken": false, "enableServiceLinks": false, "serviceAccountName": name,
                    "terminationGracePeriodSeconds": 60,
                    "securityContext": {"runAsNonRoot": true, "runAsUser": 999, "fsGroup": 999, "seccompProfile": {"type": "RuntimeDefault"}},
                    "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
                        {"weight": 100, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": labels}}},
                    ]}},
                    "containers": [{
                        "name": "redis", "image": "redis:8.2", "command": ["sh", "/scripts/start.sh"], "env": env,
                        "ports": [{"name": "redis", "containerPort": 6379, "protocol": "TCP"}],
                        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "256Mi"}},
                        "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": true},
                        "startupProbe": probe, "livenessProbe": probe, "readinessProbe": probe,
                        "lifecycle": {"preStop": {"exec": {"command": ["sh", "/scripts/stop.sh"]}}},
                        "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "scripts", "mountPath": "/scripts", "readOnly": true}],
                    }],
                    "volumes": [{"name": "scripts", "configMap": {"name": "cache-config", "defaultMode": 292}}],
                },
            },
            "volumeClaimTemplates": [{
                "metadata": {"name": "data"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "8Gi"}}},
            }],
        },
    })
}

fn typed<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}
