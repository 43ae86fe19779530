//! Rules on objects as trees, and the few views of them the other rules need.

use std::collections::BTreeMap;

use redis_k8s::{Manifest, Object, Quantity};
use serde_json::{Value, json};

/// Labels, or a selector of them.
pub(crate) type Labels = BTreeMap<String, String>;

/// A pod, or what makes pods.
pub(crate) struct Workload {
    /// Kind and name of the object.
    pub(crate) owner: String,
    /// The labels its pods must have; none for a bare pod.
    pub(crate) selector: Option<Labels>,
    /// The labels of its pods.
    pub(crate) labels: Labels,
    /// The pods' spec.
    pub(crate) spec: Value,
    /// Names of the volumes that come from claim templates.
    pub(crate) claims: Vec<String>,
}

pub(crate) fn title(object: &Object) -> String {
    format!("{} {}", object.kind(), object.name())
}

pub(crate) fn value(object: &Object) -> Value {
    serde_json::to_value(object).expect("an object is JSON")
}

pub(crate) fn labels(value: &Value) -> Labels {
    let entries = value.as_object().into_iter().flatten();
    entries.map(|(key, value)| (key.clone(), value.as_str().unwrap_or("?").to_owned())).collect()
}

/// True if pods with `labels` are meant by a plain selector.
pub(crate) fn selects(selector: &Labels, labels: &Labels) -> bool {
    selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// The list at `key`, or nothing.
pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

/// The string at `key`, or nothing.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Init containers and containers.
pub(crate) fn containers(spec: &Value) -> impl Iterator<Item = &Value> {
    list(spec, "initContainers").iter().chain(list(spec, "containers"))
}

pub(crate) fn workloads(manifest: &Manifest) -> Vec<Workload> {
    manifest
        .iter()
        .filter_map(|object| {
            let value = value(object);
            let spec = &value["spec"];
            let (template, selector) = match object.kind() {
                "Pod" => (&value, None),
                "ReplicationController" => (&spec["template"], Some(labels(&spec["selector"]))),
                "StatefulSet" | "Deployment" => (&spec["template"], Some(labels(&spec["selector"]["matchLabels"]))),
                _ => return None,
            };
            Some(Workload {
                owner: title(object),
                selector,
                labels: labels(&template["metadata"]["labels"]),
                spec: template["spec"].clone(),
                claims: list(spec, "volumeClaimTemplates")
                    .iter()
                    .map(|claim| text(&claim["metadata"], "name").to_owned())
                    .collect(),
            })
        })
        .collect()
}

/// Calls `visit` with the path of every value and the value.
fn walk(value: &Value, path: &str, visit: &mut impl FnMut(&str, &Value)) {
    visit(path, value);
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| walk(value, &format!("{path}.{key}"), visit)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| walk(value, &format!("{path}[{index}]"), visit));
        }
        _ => {}
    }
}

fn last_key(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path).trim_end_matches(|c: char| c == ']' || c == '[' || c.is_ascii_digit())
}

/// Nothing the API server would drop or own: a second apply would not be a no-op, or `kubectl diff` not empty.
pub(crate) fn nothing_idle(manifest: &Manifest) -> Vec<String> {
    // Where an empty map says something: any pod, any namespace, a volume with every default.
    const MEANINGFUL: [&str; 3] = ["emptyDir", "podSelector", "namespaceSelector"];
    // Numbers the API server does not write when they are 0: https://github.com/kubernetes/api/blob/master/core/v1/types.go
    const DROPPED_ZEROS: [&str; 5] =
        ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"];
    // Maps whose values may be empty texts.
    const MAPS: [&str; 6] = ["labels", "annotations", "data", "matchLabels", "selector", "nodeSelector"];
    let mut lines = Vec::new();
    for object in manifest {
        walk(&value(object), &title(object), &mut |path, value| {
            let key = last_key(path);
            let in_map = MAPS.iter().any(|map| path.contains(&format!(".{map}.")));
            let idle = match value {
                Value::Null => true,
                Value::Object(map) => map.is_empty() && !MEANINGFUL.contains(&key),
                Value::Array(items) => items.is_empty(),
                Value::String(text) => text.is_empty() && !in_map,
                Value::Number(number) => number.as_i64() == Some(0) && DROPPED_ZEROS.contains(&key),
                Value::Bool(_) => false,
            };
            // The list of claims is compared as a whole, so its entries say what the API server would add to them.
            if path.ends_with(".status")
                && path.contains(".volumeClaimTemplates[")
                && *value == json!({"phase": "Pending"})
            {
                return;
            }
            if idle || ["status", "creationTimestamp", "resourceVersion", "uid", "generation"].contains(&key) {
                lines.push(format!("{path} is {value}"));
            }
        });
    }
    lines
}

/// What the API server gives back is what was applied.
pub(crate) fn canonical_quantities(manifest: &Manifest) -> Vec<String> {
    fn check(path: &str, value: &Value, lines: &mut Vec<String>) {
        match value.as_str().map(str::parse::<Quantity>) {
            Some(Ok(quantity)) if Some(quantity.as_str()) == value.as_str() => {}
            _ => lines.push(format!("{path} is {value}")),
        }
    }
    let mut lines = Vec::new();
    for object in manifest {
        walk(&value(object), &title(object), &mut |path, value| match (last_key(path), value) {
            ("requests" | "limits", Value::Object(amounts)) => {
                amounts.iter().for_each(|(name, amount)| check(&format!("{path}.{name}"), amount, &mut lines));
            }
            ("sizeLimit" | "divisor", amount) => check(path, amount, &mut lines),
            _ => {}
        });
    }
    lines
}

#[test]
fn rules_on_trees_find_what_they_look_for() {
    use k8s_openapi::api::core::v1::{ConfigMap, Pod};
    let pod: Pod = serde_json::from_value(serde_json::json!({
        "metadata": {"name": "a", "labels": {}, "annotations": {"a.b/c": ""}, "creationTimestamp": "2015-01-01T00:00:00Z"},
        "spec": {
            "containers": [{
                "name": "a",
                "env": [{"name": "A", "value": ""}],
                "livenessProbe": {"initialDelaySeconds": 0},
                "resources": {"limits": {"cpu": "1000m", "memory": "1Gi"}},
            }],
            "volumes": [],
        },
    }))
    .unwrap();
    let manifest: Manifest = [pod.into(), ConfigMap::default().into()].into_iter().collect();
    let lines = nothing_idle(&manifest).join("\n");
    for path in [
        "Pod a.metadata.labels is {}",
        "Pod a.metadata.creationTimestamp",
        "Pod a.spec.volumes is []",
        "Pod a.spec.containers[0].env[0].value is \"\"",
        "Pod a.spec.containers[0].livenessProbe.initialDelaySeconds is 0",
        "ConfigMap .metadata is {}",
    ] {
        assert!(lines.contains(path), "{path} not in {lines}");
    }
    assert!(!lines.contains("annotations"), "{lines}");
    assert_eq!(canonical_quantities(&manifest), ["Pod a.spec.containers[0].resources.limits.cpu is \"1000m\""]);
}
