//! Every rule of the table broken by some document, and mended by the nearest good value.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::Value;

use super::{RULES, check};
use crate::api_version::ApiVersion;
use crate::model::{Field, Redis, RedisSpec};
use crate::value::InstanceName;

/// A document that breaks a rule at a path, and the nearest one that breaks none.
pub(super) struct Case {
    rule: &'static str,
    path: &'static str,
    target: ApiVersion,
    bad: &'static str,
    good: &'static str,
}

/// A case for the default target. Documents are YAML without apiVersion and kind; the name is `redis` unless given.
pub(super) const fn case(rule: &'static str, path: &'static str, bad: &'static str, good: &'static str) -> Case {
    Case { rule, path, target: ApiVersion::AppsV1, bad, good }
}

impl Case {
    pub(super) const fn on(self, target: ApiVersion) -> Self {
        Self { target, ..self }
    }
}

/// `LONG(n)` stands for a text of n characters.
fn lengthened(yaml: &str) -> String {
    let mut parts = yaml.split("LONG(");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (length, rest) = part.split_once(')').expect("LONG(n)");
        text += &"x".repeat(length.parse().expect("a length"));
        text += rest;
    }
    text
}

pub(super) fn document(yaml: &str) -> Redis {
    let yaml = lengthened(yaml);
    let mut value: serde_yaml::Value = serde_yaml::from_str(&yaml).unwrap_or_else(|error| panic!("{yaml}: {error}"));
    let header = "{apiVersion: redis-k8s-gen.dev/v1alpha1, kind: Redis, metadata: {name: redis}}";
    let serde_yaml::Value::Mapping(header) = serde_yaml::from_str(header).unwrap() else { panic!("a mapping") };
    let mapping = value.as_mapping_mut().expect("a mapping");
    for (key, default) in header {
        mapping.entry(key).or_insert(default);
    }
    serde_yaml::from_value(value).unwrap_or_else(|error| panic!("{yaml}: {error}"))
}

/// Rule and path of every problem of a document.
pub(super) fn found(yaml: &str, target: ApiVersion) -> Vec<(&'static str, String)> {
    check(&document(yaml), target).into_iter().map(|problem| (problem.rule, problem.path.to_string())).collect()
}

/// The cases of each topic.
const TOPICS: &[(&str, &[Case])] = &[
    ("capability", super::capability::CASES),
    ("metadata", super::metadata::CASES),
    ("topology", super::topology::CASES),
    ("timing", super::timing::CASES),
    ("image", super::image::CASES),
    ("config", super::config::CASES),
    ("config meaning", super::config::meaning::CASES),
    ("storage", super::storage::CASES),
    ("resources", super::resources::CASES),
    ("access", super::access::CASES),
    ("users", super::users::CASES),
    ("services", super::services::CASES),
    ("master_service", super::master_service::CASES),
    ("external", super::external::CASES),
    ("kubernetes_version", super::kubernetes_version::CASES),
    ("network_policy", super::network_policy::CASES),
    ("metrics", super::metrics::CASES),
    ("disruption_budget", super::disruption_budget::CASES),
    ("scheduling", super::scheduling::CASES),
    ("probes", super::probes::CASES),
    ("pod", super::pod::CASES),
    ("env", super::env::CASES),
    ("extension", super::extension::CASES),
    ("update_strategy", super::update_strategy::CASES),
    ("seconds", super::seconds::CASES),
];

fn cases() -> impl Iterator<Item = &'static Case> {
    TOPICS.iter().flat_map(|(_, cases)| *cases)
}

#[test]
fn every_case_breaks_its_rule_and_its_nearest_good_value_breaks_none() {
    let mut wrong = Vec::new();
    for Case { rule, path, target, bad, good } in cases() {
        let problems = found(bad, *target);
        if !problems.iter().any(|(id, at)| id == rule && at == path) {
            wrong.push(format!("{bad}\n  on {target} should break {rule} at {path}, but breaks {problems:?}"));
        }
        let problems = found(good, *target);
        if !problems.is_empty() {
            wrong.push(format!("{good}\n  on {target} should be fine, but breaks {problems:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_said_of_each_case_is_pinned() {
    let mut text = "What is said of the cases beside the rules. SNAPSHOTS=overwrite writes it anew.\n".to_owned();
    for (topic, cases) in TOPICS {
        writeln!(text, "\n# {topic}").unwrap();
        for case in *cases {
            let target = if case.target == ApiVersion::AppsV1 { String::new() } else { format!(" ({})", case.target) };
            writeln!(text, "\n{}{target}", case.bad).unwrap();
            for problem in check(&document(case.bad), case.target) {
                writeln!(text, "    {problem}").unwrap();
            }
        }
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/check/messages.txt");
    if std::env::var("SNAPSHOTS").as_deref() == Ok("overwrite") {
        std::fs::write(&path, &text).unwrap();
    }
    let pinned = std::fs::read_to_string(&path).unwrap_or_default();
    let first = text.lines().zip(pinned.lines()).find(|(said, pinned)| said != pinned);
    assert!(text == pinned, "first difference: {first:#?}");
}

/// Fields of which any value is read and none is refused, each with the reason.
const FREE: &[(&str, &str)] = &[];

/// True if a document is read whatever stands in this field.
fn takes_anything(path: &str, sample: &Value) -> bool {
    let nonsense = match sample {
        Value::Number(_) => Value::from(u32::MAX),
        Value::String(_) => Value::from("\u{1} ?"),
        _ => return false,
    };
    let mut document = serde_json::to_value(super::capability::tests::everything()).unwrap();
    let mut part = &mut document;
    for key in path.split('.') {
        part = if part.is_array() { &mut part[0][key] } else { &mut part[key] };
    }
    *part = nonsense;
    serde_json::from_value::<Redis>(document).is_ok()
}

#[test]
fn every_field_has_a_rule_or_a_reason_for_none() {
    fn visit(fields: &[Field], path: &str, free: &mut Vec<String>) {
        for field in fields {
            let path = if path.is_empty() { field.key() } else { format!("{path}.{}", field.key()) };
            visit(field.fields(), &path, free);
            // Probes of servers and sentinels are checked alike, and so is where they run and how they are replaced.
            let keys = |path: &str| -> Vec<String> {
                let mut path = path.to_owned();
                for part in ["probes", "scheduling", "updateStrategy"] {
                    path = path.replace(&format!("spec.sentinel.{part}"), &format!("spec.{part}"));
                }
                path.split('.').map(|step| step.split('[').next().unwrap_or_default().to_owned()).collect()
            };
            let judged = |case: &Case| keys(case.path) == keys(&path);
            let leaf = field.sample_value().filter(|_| field.fields().is_empty());
            if leaf.is_some_and(|sample| takes_anything(&path, &sample)) && !cases().any(judged) {
                free.push(path);
            }
        }
    }
    let mut free = Vec::new();
    visit(Redis::fields(), "", &mut free);
    assert_eq!(free, FREE.iter().map(|(path, _)| *path).collect::<Vec<_>>());
    assert!(FREE.iter().all(|(_, reason)| !reason.is_empty()));
}

#[test]
fn values_at_the_edge_are_judged() {
    fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                map.iter().for_each(|(key, value)| leaves(value, &format!("{path}/{}", key.replace('/', "~1")), found));
            }
            Value::Array(items) => {
                items.iter().zip(0..).for_each(|(item, at)| leaves(item, &format!("{path}/{at}"), found));
            }
            _ => found.push(path.to_owned()),
        }
    }
    let all = serde_json::to_value(super::capability::tests::everything()).unwrap();
    let mut places = Vec::new();
    leaves(&all, "", &mut places);
    let mut judged = 0;
    for place in places {
        let edges = match all.pointer(&place) {
            Some(Value::String(_)) => ["0s", "8760h", "0", "8Ei", "redis:4294967295.1"].map(Value::from).to_vec(),
            Some(Value::Number(_)) => [0, u32::MAX].map(Value::from).to_vec(),
            _ => Vec::new(),
        };
        for edge in edges {
            let mut document = all.clone();
            *document.pointer_mut(&place).unwrap() = edge;
            if let Ok(document) = serde_json::from_value::<Redis>(document) {
                judged += check(&document, ApiVersion::AppsV1).len();
            }
        }
    }
    assert!(judged > 1_000, "{judged}");
}

#[test]
fn every_rule_is_broken_by_some_case() {
    let broken: BTreeSet<&str> = cases().map(|case| case.rule).collect();
    let rules: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(RULES.len(), rules.len(), "every id stands for one rule");
    assert_eq!(broken, rules);
}

#[test]
fn every_problem_is_told_in_full() {
    for case in cases() {
        for problem in check(&document(case.bad), case.target) {
            let rule = RULES.iter().find(|rule| rule.id == problem.rule).expect("a rule of the table");
            assert_eq!(rule.severity, problem.severity, "{}", rule.id);
            for text in [Some(&problem.message), problem.help.as_ref()] {
                let text = text.unwrap_or_else(|| panic!("{} says no help", rule.id));
                assert!(!text.ends_with('.') && !text.is_empty(), "{}: {text:?}", rule.id);
                assert!(!text.contains("  "), "{}: {text:?}", rule.id);
            }
        }
    }
}

#[test]
fn rules_are_written_alike() {
    for rule in RULES {
        assert!(rule.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{}", rule.id);
        for text in [rule.summary, rule.reason] {
            assert!(!text.is_empty() && !text.ends_with('.') && !text.contains('|'), "{}: {text}", rule.id);
        }
    }
}

#[test]
fn the_default_instance_is_fine_everywhere() {
    for &target in ApiVersion::ALL {
        let name: InstanceName = "redis".parse().unwrap();
        assert_eq!(check(&Redis::new(name), target), [], "{target}");
    }
}

#[test]
fn an_empty_part_is_as_good_as_an_absent_one() {
    let empty = "spec: {config: {}, sentinel: {resources: {requests: {}}, probes: {liveness: {}}, storage: {}}, \
                 services: {sentinel: {}, read: {}}, networkPolicy: {}, metrics: {}, disruptionBudget: {}, scheduling: {}, probes: {}, \
                 security: {}, serviceAccount: {}, storage: {emptyDir: {}}, env: [], podLabels: {}, imagePullSecrets: []}";
    assert_eq!(found(empty, ApiVersion::AppsV1), []);
    assert_ne!(document(empty).spec, RedisSpec::default());
}

#[test]
fn the_document_of_rules_is_the_table() {
    let mut text = String::from(
        "# Rules\n\n\
         What `render` and `validate` check beyond the form of a document. An error stops the rendering; a warning says that it\n\
         works but hurts. Figures without a source were measured on a three-node cluster; docs/failover.md has the circumstances.\n\n\
         | rule | severity | broken when | why |\n| --- | --- | --- | --- |\n",
    );
    for rule in RULES {
        let severity = format!("{:?}", rule.severity).to_lowercase();
        text += &["| `", rule.id, "` | ", &severity, " | ", rule.summary, " | ", rule.reason, " |\n"].concat();
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    // The published crate has no docs/ beside it.
    if path.parent().is_some_and(std::path::Path::is_dir) {
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == text, "docs/rules.md differs from the table of rules: run the tests with UPDATE_DOCS=1");
    }
}

#[test]
fn the_examples_are_free_of_errors() {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut seen = 0;
    // The published crate has no examples beside it.
    for file in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let text = std::fs::read_to_string(file.path()).unwrap();
        for document in serde_yaml::Deserializer::from_str(&text) {
            let redis: Redis = serde::Deserialize::deserialize(document).unwrap();
            for problem in check(&redis, ApiVersion::AppsV1) {
                assert!(!problem.is_error(), "{}: {problem}", file.path().display());
            }
            seen += 1;
        }
    }
    assert!(seen > 0 || !std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").is_dir());
}
