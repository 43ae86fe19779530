//! A document with the sample of every field, and what the targets make of it.

use serde_json::json;

use super::*;
use crate::model::*;

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// The samples of fields, put together: of a group its fields', of a list its own.
fn samples(fields: &[Field]) -> Value {
    let sample = |field: &Field| match field.sample_value() {
        Some(list @ Value::Array(_)) => list,
        own if field.fields().is_empty() => own.unwrap_or_else(|| panic!("{} has no sample", field.key())),
        _ => samples(field.fields()),
    };
    let with_sample = |field: &&Field| !matches!(field.key().as_str(), "apiVersion" | "kind");
    fields.iter().filter(with_sample).map(|field| (field.key(), sample(field))).collect::<Map<_, _>>().into()
}

/// A document with every field there is.
pub(in crate::check) fn everything() -> Redis {
    let mut document = samples(Redis::fields());
    document["apiVersion"] = json!("redis-k8s-gen.dev/v1alpha1");
    document["kind"] = json!("Redis");
    serde_json::from_value(document).unwrap()
}

fn peer() -> Peer {
    Peer { cidr: Some("10.0.0.0/8".to_owned()), ..Peer::default() }
}

fn paths(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(|problem| problem.path.to_string()).collect()
}

#[test]
fn the_table_has_the_fields_that_are_read_and_written() {
    fn compare(fields: &[Field], written: &Value, path: &str) -> usize {
        let known: Vec<_> = fields.iter().map(Field::key).collect();
        let Some(written) = written.as_object() else { return 1 };
        for key in written.keys() {
            assert!(known.contains(key), "{path}: {key} has no row");
        }
        let inner = |field: &Field| match written.get(&field.key()) {
            Some(Value::Array(items)) if !field.fields().is_empty() => {
                items.iter().map(|item| compare(field.fields(), item, path)).sum()
            }
            Some(value) if !field.fields().is_empty() => compare(field.fields(), value, &field.key()),
            Some(_) => 1,
            // An item of a list need not have them all, nor may a peer.
            None => 0,
        };
        fields.iter().map(inner).sum()
    }
    // A key that is no field's is not read, and one that is not written has no field: the samples come back as they went in.
    let document = serde_json::to_value(everything()).unwrap();
    let leaves = compare(Redis::fields(), &document, "");
    assert!(leaves > 120, "{leaves} fields");
}

#[test]
fn each_target_refuses_what_it_cannot_express() {
    assert_eq!(super::problems(&everything(), ApiVersion::AppsV1), []);
    assert_eq!(
        paths(&super::problems(&everything(), ApiVersion::V1)),
        [
            "spec.suspend",
            "spec.omitReplicas",
            "spec.storage.size",
            "spec.storage.class",
            "spec.storage.accessModes",
            "spec.storage.labels",
            "spec.storage.annotations",
            "spec.storage.whenDeleted",
            "spec.storage.whenScaled",
            "spec.sentinel.storage",
            "spec.sentinel.scheduling",
            "spec.sentinel.updateStrategy",
            "spec.auth",
            "spec.tls",
            "spec.services.read",
            "spec.services.master",
            "spec.services.external",
            "spec.networkPolicy",
            "spec.metrics",
            "spec.disruptionBudget",
            "spec.updateStrategy",
            "spec.extension",
        ]
    );
    let v1beta3 = paths(&super::problems(&everything(), ApiVersion::V1Beta3));
    for field in ["spec.security", "spec.config", "spec.probes.liveness.period", "spec.services.sentinel.type"] {
        assert!(v1beta3.iter().any(|path| path == field), "{field} is not in {v1beta3:?}");
    }
    for field in ["spec.env", "spec.replicas", "spec.probes.liveness.timeout", "spec.sentinel.port", "metadata.labels"]
    {
        assert!(!v1beta3.iter().any(|path| path == field), "{field} is in {v1beta3:?}");
    }
}

#[test]
fn a_problem_names_field_target_reason_and_the_targets_that_can() {
    let mut redis = Redis::new(parsed("redis"));
    redis.spec.network_policy =
        Some(Box::new(NetworkPolicy { clients: Some(vec![peer()]), ..NetworkPolicy::default() }));
    let problems = super::problems(&redis, ApiVersion::V1Beta3);
    assert_eq!(
        problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["error[not-in-target]: spec.networkPolicy: v1beta3 cannot express this: \
          it has no NetworkPolicy (help: leave it out, or render it for apps/v1)"]
    );
    redis.spec = RedisSpec { security: everything().spec.security, ..RedisSpec::default() };
    let problems = super::problems(&redis, ApiVersion::V1Beta3);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].help.as_deref(), Some("leave it out, or render it for v1 or apps/v1"));
}

#[test]
fn switching_off_what_a_target_never_has_is_no_problem() {
    let mut redis = Redis::new(parsed("redis"));
    redis.spec.network_policy = Some(Box::new(NetworkPolicy { enabled: Some(false), ..NetworkPolicy::default() }));
    redis.spec.disruption_budget =
        Some(Box::new(DisruptionBudget { enabled: Some(false), ..DisruptionBudget::default() }));
    redis.spec.scheduling = Some(Box::new(Scheduling { spread_nodes: Some(Spread::None), ..Scheduling::default() }));
    assert_eq!(super::problems(&redis, ApiVersion::V1Beta3), []);
    assert_eq!(super::problems(&redis, ApiVersion::V1), []);
}
