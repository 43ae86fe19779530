//! What `validate` says of a rendering that kustomize changed: nothing of a change that is fine, the rule it breaks of any other.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};

use crate::tools::{self, run};

const STORAGE: &str = "spec.storage.size=1Gi";

/// The rules a kustomization breaks that lies over the rendering of a document with one value set.
fn broken(kubectl: &std::path::Path, set: &str, mut kustomization: Value) -> BTreeSet<String> {
    let directory = tempfile::tempdir().unwrap();
    let mut render = Command::new(env!("CARGO_BIN_EXE_redis-k8s-gen"));
    let yaml = run(render.args(["render", "--quiet", "--set", set]));
    std::fs::write(directory.path().join("redis.yaml"), yaml).unwrap();
    kustomization["resources"] = json!(["redis.yaml"]);
    std::fs::write(directory.path().join("kustomization.yaml"), kustomization.to_string()).unwrap();
    let built = run(Command::new(kubectl).arg("kustomize").arg(directory.path()).env("KUBECONFIG", "/dev/null"));
    let file = directory.path().join("built.yaml");
    std::fs::write(&file, built).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_redis-k8s-gen"))
        .args(["validate", "--output", "json"])
        .arg(&file)
        .output()
        .unwrap();
    let problems: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    problems.iter().map(|problem| problem["rule"].as_str().unwrap().to_owned()).collect()
}

/// A patch of one object that puts a value at a place.
fn patch(kind: &str, name: &str, path: &str, value: &Value) -> Value {
    let operation = json!([{"op": "replace", "path": path, "value": value}]);
    json!({"target": {"kind": kind, "name": name}, "patch": operation.to_string()})
}

/// An instance of another name, made by a prefix and all that the prefix does not reach.
fn renamed() -> Value {
    let mut patches = Vec::new();
    for set in ["redis", "redis-sentinel"] {
        let variable = "/spec/template/spec/containers/0/env/3/value";
        patches.push(patch("StatefulSet", set, variable, &json!("x-redis")));
        for ordinal in 0..3 {
            let selected = "/spec/selector/statefulset.kubernetes.io~1pod-name";
            let service = format!("{set}-announce-{ordinal}");
            patches.push(patch("Service", &service, selected, &json!(format!("x-{set}-{ordinal}"))));
        }
    }
    json!({"namePrefix": "x-", "patches": patches})
}

#[test]
fn what_kustomize_changes_rightly_is_fine_and_what_it_breaks_is_told() {
    let cases: [(&str, Value, &[&str]); 9] = [
        (STORAGE, json!({"namespace": "shop", "commonAnnotations": {"example.com/owner": "shop"}}), &[]),
        (STORAGE, json!({"labels": [{"pairs": {"team": "shop"}}]}), &[]),
        (
            STORAGE,
            json!({"images": [{"name": "redis", "newName": "registry.example.com/redis", "newTag": "8.2.3"}]}),
            &[],
        ),
        (STORAGE, json!({"replicas": [{"name": "redis", "count": 5}, {"name": "redis-sentinel", "count": 3}]}), &[]),
        (STORAGE, renamed(), &[]),
        (STORAGE, json!({"namePrefix": "x-"}), &["instance-renamed", "selects-nothing"]),
        (STORAGE, json!({"labels": [{"pairs": {"team": "shop"}, "includeTemplates": true}]}), &["claim-label-changes"]),
        (STORAGE, json!({"replicas": [{"name": "redis-sentinel", "count": 1}]}), &["quorum-exceeds-sentinels"]),
        (
            "spec.persistence=aof",
            json!({"patches": [patch("ConfigMap", "redis-settings", "/data/redis.conf", &json!("port 6379\n"))]}),
            &["checksum-stale"],
        ),
    ];
    for kubectl in tools::kubectls() {
        for (set, kustomization, expected) in &cases {
            let found = broken(&kubectl, set, kustomization.clone());
            assert_eq!(found, expected.iter().map(|rule| (*rule).to_owned()).collect(), "{kustomization}");
        }
    }
}
