//! The parts of an object that cannot be changed once it exists: an apply that tries is refused.

use redis_k8s::{Manifest, Object};
use serde_json::Value;

use crate::tree::{title, value};

/// The fields of a StatefulSet's spec that may change, as the API server's refusal lists them; all others may not.
const STATEFUL_SET: [&str; 7] = [
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
];

fn immutable(object: &Object) -> Value {
    let mut value = value(object);
    let spec = &mut value["spec"];
    match object.kind() {
        "StatefulSet" => {
            if let Some(fields) = spec.as_object_mut() {
                fields.retain(|field, _| !STATEFUL_SET.contains(&field.as_str()));
            }
            spec.take()
        }
        "Service" => spec["clusterIP"].take(),
        "ConfigMap" => value["immutable"].take(),
        _ => Value::Null,
    }
}

/// A line for every object whose immutable part differs between two renderings.
pub(crate) fn changes(before: &Manifest, after: &Manifest) -> Vec<String> {
    let changed = |old: &Object| {
        let new = after.find(old.kind(), old.name())?;
        let (old_part, new_part) = (immutable(old), immutable(new));
        (old_part != new_part).then(|| format!("{}: {old_part} becomes {new_part}", title(old)))
    };
    before.iter().filter_map(changed).collect()
}

#[test]
fn finds_a_change_that_is_refused_and_none_that_is_not() {
    use k8s_openapi::api::apps::v1::StatefulSet;
    let set = |replicas: i32, label: &str| -> Manifest {
        let set: StatefulSet = serde_json::from_value(serde_json::json!({
            "metadata": {"name": "a"},
            "spec": {"replicas": replicas, "serviceName": "a", "template": {}, "selector": {"matchLabels": {"a": label}}},
        }))
        .unwrap();
        [set.into()].into_iter().collect()
    };
    assert_eq!(changes(&set(1, "x"), &set(2, "x")), [""; 0]);
    assert_eq!(changes(&set(1, "x"), &set(1, "y")).len(), 1);
}
