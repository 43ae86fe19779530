//! Every faulty manifest of tests/manifests, with what `validate` says of it pinned to the byte.
//!
//! Each is read as the command would; manifests.stderr is what it says of them. `SNAPSHOTS=overwrite cargo test -p
//! redis-k8s-gen --test manifest_faults` writes the messages anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod messages;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use redis_k8s::{ApiVersion, KubernetesVersion, Severity};
use redis_k8s_gen::diagnostic::{Place, Report};
use redis_k8s_gen::document::{Cluster, FORM_RULES, INSTANCE_RULES, OBJECT_RULES, Schemas, Source, validate};
use serde_json::Value;

use messages::{assert_pinned, files};

fn report(path: &Path) -> Report {
    let name = path.file_name().unwrap().to_str().unwrap();
    validated(name, fs::read(path).unwrap())
}

fn validated(name: &str, bytes: impl Into<Vec<u8>>) -> Report {
    let given = ["backup.yaml", "example.com/window_v1.json"].map(|name| format!("schemas/{name}"));
    validated_by(given.iter().map(|name| source(name)).collect(), name, bytes)
}

/// The report on manifests, with schemas of other kinds beside them.
fn validated_by(schemas: Vec<Source>, name: &str, bytes: impl Into<Vec<u8>>) -> Report {
    let schemas = Schemas::read(schemas);
    let release = KubernetesVersion::oldest();
    let cluster = Cluster { schemas: &schemas, ..Cluster::from(&release) };
    validate(vec![Source::new(name, bytes)], &[], ApiVersion::AppsV1, cluster).report
}

/// A file of tests.
fn source(name: &str) -> Source {
    Source::new(name, fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)).unwrap())
}

/// The report on a schema and an object that is fine.
fn of_schema(path: &Path) -> Report {
    let name = format!("schema-faults/{}", path.file_name().unwrap().to_str().unwrap());
    let object = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n";
    validated_by(vec![source(&name)], "account.yaml", object)
}

fn printed(report: &Report) -> String {
    let mut text = Vec::new();
    report.print(&mut text, false).unwrap();
    String::from_utf8(text).unwrap()
}

/// Manifests that are too long for a file.
fn large() -> [(&'static str, String); 2] {
    let metadata = |rest: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: cache{rest}}}\n");
    let annotations = metadata(&format!(", annotations: {{note: {}}}", "x".repeat(256 << 10)));
    let data = metadata("") + &format!("data:\n  note: {}\n", "x".repeat((1 << 20) + 1));
    [("annotations-too-large", annotations), ("data-too-large", data)]
}

#[test]
fn what_is_too_large_is_told() {
    for (rule, text) in large() {
        let report = validated("large.yaml", text);
        assert_eq!(report.diagnostics().iter().map(|d| d.rule).collect::<Vec<_>>(), [rule]);
    }
}

#[test]
fn every_message_is_the_pinned_one() {
    assert_pinned("manifests", |path| printed(&report(path)));
    assert_pinned("schema-faults", |path| printed(&of_schema(path)));
}

#[test]
fn every_rule_is_broken_by_some_manifest() {
    let mut broken = BTreeSet::new();
    let large = large().map(|(name, text)| validated(name, text));
    let of_schemas = files("schema-faults");
    let of_schemas = of_schemas.iter().map(|path| of_schema(path));
    for report in files("manifests").iter().map(|path| report(path)).chain(of_schemas).chain(large) {
        for diagnostic in report.diagnostics() {
            broken.insert(diagnostic.rule);
            if let Some(rule) = OBJECT_RULES.iter().find(|rule| rule.id == diagnostic.rule) {
                assert_eq!(rule.severity, diagnostic.severity, "{}", rule.id);
            }
            let text = &diagnostic.message;
            assert!(!text.ends_with('.') && !text.contains("  "), "{}: {text:?}", diagnostic.rule);
            let is_placed = matches!(diagnostic.place, Place::Text { end: 1.., .. });
            assert!(is_placed || text == "there is no schema in this file", "{}: {text}", diagnostic.rule);
        }
    }
    let rules: BTreeSet<&str> = OBJECT_RULES.iter().map(|rule| rule.id).collect();
    let all: BTreeSet<&str> = OBJECT_RULES.iter().chain(FORM_RULES).map(|rule| rule.id).collect();
    assert_eq!(all.len(), OBJECT_RULES.len() + FORM_RULES.len(), "every id stands for one rule");
    let unbroken: Vec<_> = rules.difference(&broken).collect();
    assert!(unbroken.is_empty(), "no manifest breaks {unbroken:?}");
}

/// Objects to change, one of each kind of tests/verdicts.txt; each is fine as it is.
const UNCHANGED: &str = r#"[
    {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "redis", "image": "redis:8.2"}]}},
    {"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": {
        "selector": {"matchLabels": {"app": "a"}},
        "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "redis", "image": "redis:8.2"}]}},
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}
        }}]
    }},
    {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {
        "selector": {"matchLabels": {"app": "a"}},
        "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "redis", "image": "redis:8.2"}]}}
    }},
    {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}
    }},
    {"apiVersion": "v1", "kind": "Service", "spec": {"clusterIP": "10.96.0.1", "ports": [{"port": 6379}]}},
    {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "spec": {"podSelector": {}}},
    {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "spec": {"selector": {"matchLabels": {"app": "a"}}}},
    {"apiVersion": "v1", "kind": "Secret"}
]"#;

/// Puts a value at a JSON pointer, with all that leads to it.
fn put(object: &mut Value, pointer: &str, value: Value) {
    let place = pointer.split('/').skip(1).fold(object, |node, step| match step.parse::<usize>() {
        Ok(index) => &mut node[index],
        Err(_) => &mut node[step],
    });
    *place = value;
}

#[test]
fn validate_says_what_the_api_server_says() {
    let unchanged: Vec<Value> = serde_json::from_str(UNCHANGED).unwrap();
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verdicts.txt")).unwrap();
    let mut wrong = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let [verdict, kind, pointer, value] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let mut object = unchanged.iter().find(|object| object["kind"] == kind).unwrap().clone();
        put(&mut object, "/metadata/name", "a".into());
        put(&mut object, pointer, serde_json::from_str(value).unwrap());
        let sources = vec![Source::new("object.json", object.to_string())];
        let report = validate(sources, &[], ApiVersion::AppsV1, &"1.36".parse().unwrap()).report;
        let mut errors = report.diagnostics().iter().filter(|d| d.severity == Severity::Error);
        let told = errors.any(|d| d.message.contains("the API server takes"));
        let warns = report.diagnostics().iter().any(|d| d.severity == Severity::Warning);
        let found = match (report.has_errors(), told) {
            // other warnings are our own
            (false, _) if warns && verdict == "~" => "~",
            (false, _) => "+",
            (true, false) => "-",
            (true, true) => "!",
        };
        if found != verdict {
            writeln!(wrong, "{line}\n{}", printed(&report)).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_the_api_server_drops_is_judged_where_it_does_not() {
    for (bundle, rule) in
        [("name: f, signerName: g", "not-exactly-one"), ("name: f, labelSelector: {}", "fields-contradict")]
    {
        let pod = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: b, image: c}}], \
            volumes: [{{name: d, projected: {{sources: [{{clusterTrustBundle: {{path: e, {bundle}}}}}]}}}}]}}\n"
        );
        for (release, rule) in [("1.36", "field-dropped"), ("1.37", rule)] {
            let sources = vec![Source::new("pod.yaml", pod.clone())];
            let report = validate(sources, &[], ApiVersion::AppsV1, &release.parse().unwrap()).report;
            assert_eq!(report.diagnostics().iter().map(|d| d.rule).collect::<Vec<_>>(), [rule], "{release}");
        }
    }
}

#[test]
fn what_documents_and_manifests_break_alike_has_one_name() {
    let shared: Vec<_> = OBJECT_RULES
        .iter()
        .chain(INSTANCE_RULES)
        .filter(|rule| {
            let other = redis_k8s::RULES.iter().find(|other| other.id == rule.id);
            other.is_some_and(|other| {
                assert_eq!(other.severity, rule.severity, "{}", rule.id);
                true
            })
        })
        .map(|rule| rule.id)
        .collect();
    let expected = [
        "annotation-deprecated",
        "annotation-refused",
        "annotations-too-large",
        "request-exceeds-limit",
        "access-modes-invalid",
        "probe-success-threshold",
        "node-label-deprecated",
        "selector-requirement",
        "ip-families-invalid",
        "ip-families-against-policy",
        "account-not-created",
        "port-closed-to-clients",
        "quorum-exceeds-sentinels",
        "min-replicas-too-high",
        "min-replicas-of-two",
        "grace-period-short",
        "probe-off",
        "claim-label-changes",
    ];
    assert_eq!(shared, expected);
}

#[test]
fn the_document_of_rules_is_the_table() {
    let mut text = String::from(
        "# Rules of manifests\n\n\
         What `validate` checks objects of Kubernetes for, beyond the fields of their kinds: what the API server or kubectl\n\
         refuses, what warns, and what does not fit together. A rule that [documents](rules.md) have too has its name there. Objects of v1beta3\n\
         are checked against the fields they had in 2015.\n\n",
    );
    let instance = "\n## An instance as a whole\n\n\
         What kustomize, Helm or a hand made of a rendering: an error where the instance cannot work, a warning where it works worse. Its\n\
         sets are known by what their containers run, and judged with the ConfigMaps, Services and policies given beside them.\n\n";
    let form = "\n## Form\n\nWhat texts are checked for before anything is known of what they mean, those of documents, too.\n\n";
    for (title, rules) in [("", OBJECT_RULES), (instance, INSTANCE_RULES), (form, FORM_RULES)] {
        text += title;
        text += "| rule | severity | broken when | why |\n| --- | --- | --- | --- |\n";
        for rule in rules {
            let severity = if rule.severity == Severity::Error { "error" } else { "warning" };
            writeln!(text, "| `{}` | {severity} | {} | {} |", rule.id, rule.summary, rule.reason).unwrap();
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/object-rules.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    // The published crate has no docs/ beside it.
    if path.parent().is_some_and(Path::is_dir) {
        let written = fs::read_to_string(&path).unwrap_or_default();
        assert!(written == text, "docs/object-rules.md differs from the table: run the tests with UPDATE_DOCS=1");
    }
}

#[test]
fn a_list_is_its_items() {
    let list = r#"{"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "dota": {}}
    ]}"#;
    let report = validated("list.json", list);
    assert_eq!(report.objects(), 2);
    assert_eq!(report.diagnostics()[0].path.to_string(), "items[1].dota");
}

#[test]
fn json_is_read_value_by_value_and_item_by_item() {
    let object = |name: &str, rest: &str| {
        format!(r#"{{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {{"name": "{name}"}}{rest}}}"#)
    };
    let (a, b) = (object("a", ""), object("b", r#", "data": {"k": "\/\u00e9 é"}, "dota": {}"#));
    let list = |items: &str| format!(r#"{{"kind": "List", "apiVersion": "v1", "items": [{items}]}}"#);
    // as many as are read by several threads, in their order
    let many: Vec<String> = (0..1000).map(|number| object(&format!("c{number}"), "")).collect();
    let many = list(&format!("{}, {b}", many.join(",")));
    for (text, objects, path) in [
        (format!("{a}\n{b}"), 2, "dota"),
        (format!("{a}\n---\n{}", b.replace("\\/", "/")), 2, "dota"),
        (list(&format!("{a}, {b}")), 2, "items[1].dota"),
        (many, 1001, "items[1000].dota"),
    ] {
        let report = validated("stream.json", text.as_str());
        let found: Vec<_> = report.diagnostics().iter().map(|d| (d.rule, d.path.to_string())).collect();
        assert_eq!((report.objects(), found), (objects, vec![("unknown-field", path.to_owned())]), "{text:.300}");
        let key = u32::try_from(text.find("\"dota\"").unwrap()).unwrap();
        assert!(matches!(report.diagnostics()[0].place, Place::Text { start, .. } if start == key), "{text:.300}");
    }
}

#[test]
fn a_stream_that_begins_as_json_must_be_json_for_manifests_alone() {
    let document = "{apiVersion: redis-k8s-gen.dev/v1alpha1, kind: Redis, metadata: {name: a}}";
    assert!(validated("document.yaml", document).is_empty());
    let manifest = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}";
    assert!(validated("manifest.yaml", format!("---\n{manifest}")).is_empty());
    assert_eq!(validated("manifest.yaml", manifest).diagnostics()[0].rule, "not-json");
}

#[test]
fn nothing_is_said_of_kinds_to_be_ignored() {
    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\n";
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n";
    let ignored = ["Job", "Pod"].map(str::to_owned);
    let release = "1.33".parse().unwrap();
    let cluster = Cluster { ignored_kinds: &ignored, ..Cluster::from(&release) };
    let rules = |text: &str| -> Vec<&str> {
        let report = validate(vec![Source::new("a.yaml", text)], &[], ApiVersion::AppsV1, cluster).report;
        report.diagnostics().iter().map(|d| d.rule).collect()
    };
    assert_eq!(rules(&format!("{job}---\n{pod}")), Vec::<&str>::new());
    // what is no YAML is no YAML
    assert_eq!(rules(&format!("{job}kind: Job\n")), ["duplicate-key"]);
}

#[test]
fn kinds_are_known_by_their_schemas() {
    let fine = "
apiVersion: example.com/v1
kind: Backup
metadata: {name: a}
spec:
  schedule: 0 3 * * *
  note: null
  every: null
  share: 0.3
  level: 2
  port: 4294967296
  rules: [{name: a, keep: null}, {name: b}]
  tags: {a: null}
  target: {bucket: cache}
  options: {anything: [goes], fast: true}
  values: 5
  template: {apiVersion: v1, kind: ConfigMap, data: {}}
status: {}
---
apiVersion: example.com/v1beta1
kind: Backup
metadata: {name: b}
spec: {}
---
apiVersion: example.com/v1
kind: Window
metadata: {name: a}
spec: {start: 5, days: null, length: 1h, labels: {a: [b]}}
";
    assert_eq!(printed(&validated("fine.yaml", fine)), "");
    let ignored = ["Backup".to_owned()];
    let release = KubernetesVersion::oldest();
    let schemas = Schemas::read(vec![source("schemas/backup.yaml")]);
    let cluster = Cluster { ignored_kinds: &ignored, schemas: &schemas, ..Cluster::from(&release) };
    let wrong = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/manifests/given-kinds.yaml")).unwrap();
    let report = validate(vec![Source::new("wrong.yaml", wrong)], &[], ApiVersion::AppsV1, cluster).report;
    let rules: BTreeSet<&str> = report.diagnostics().iter().map(|d| d.rule).collect();
    assert_eq!(rules, BTreeSet::from(["kind-not-checked"]));
}

#[test]
fn a_schema_is_a_definition_a_list_of_them_or_one_that_says_its_kind() {
    let schema = r#"{"type": "object", "properties": {"size": {"type": "integer"}}"#;
    let definition = |kind: &str| {
        format!(
            r#"{{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": {{
                "group": "example.com", "names": {{"kind": "{kind}"}},
                "versions": [{{"name": "v1", "schema": {{"openAPIV3Schema": {schema}}}}}}}]}}}}"#
        )
    };
    let list =
        format!(r#"{{"apiVersion": "v1", "kind": "List", "items": [{}, {}]}}"#, definition("A"), definition("B"));
    let both = format!("# kept beside each other\n{}\n---\n{}", definition("A"), definition("B"));
    let said = format!(
        r#"{schema}, "x-kubernetes-group-version-kind": [{{"group": "example.com", "version": "v1", "kind": "B"}}]}}"#
    );
    let chosen = schema.replace(
        r#""properties": {"#,
        r#""properties": {"apiVersion": {"enum": ["example.com/v1"]}, "kind": {"const": "B"}, "#,
    ) + "}";
    let object = "apiVersion: example.com/v1\nkind: B\nmetadata: {name: a}\nsize: large\n";
    for schema in [list, both, said, chosen] {
        let report = validated_by(vec![Source::new("schema", schema.as_str())], "b.yaml", object);
        let found: Vec<_> = report.diagnostics().iter().map(|d| (d.rule, d.path.to_string())).collect();
        assert_eq!(found, [("wrong-type", "size".to_owned())], "{schema}");
    }
}

#[test]
fn a_kind_that_was_given_is_no_other_of_its_name() {
    let schema = r#"{"type": "object", "properties": {"spec": {"x-kubernetes-preserve-unknown-fields": true}},
        "x-kubernetes-group-version-kind": [{"group": "serving.knative.dev", "version": "v1", "kind": "Service"}]}"#;
    let object = |rest: &str| format!("apiVersion: {rest}\nmetadata: {{name: a}}\n");
    let foreign = object("serving.knative.dev/v1\nkind: Service\nspec: {template: {spec: {serviceAccountName: b}}}");
    let set = "apps/v1\nkind: StatefulSet\nspec: {serviceName: b, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}}";
    let text = [foreign.clone(), object("v1\nkind: ServiceAccount"), object(set)].join("---\n");
    let report = |text: &str| validated_by(vec![Source::new("schema.json", schema)], "all.yaml", text);
    assert_eq!(printed(&report(&text)), "");
    let twice = report(&format!("{foreign}---\n{foreign}"));
    assert_eq!(
        twice.diagnostics().iter().map(|d| &*d.message).collect::<Vec<_>>(),
        ["the Service.serving.knative.dev a is there a second time"]
    );
}

#[test]
fn documents_and_manifests_live_in_one_stream() {
    let document = "apiVersion: redis-k8s-gen.dev/v1alpha1\nkind: Redis\nmetadata: {name: a}\n";
    let manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    let report = validated("both.yaml", format!("{document}---\n{manifest}"));
    assert_eq!((report.documents(), report.objects(), report.is_empty()), (1, 1, true));
}

#[test]
fn a_later_release_knows_later_fields() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostnameOverride: x, containers: [{name: a, image: b}]}\n";
    for (release, errors) in [("1.33", 1), ("1.34", 0), ("1.37", 0)] {
        let sources = vec![Source::new("pod.yaml", pod)];
        let report = validate(sources, &[], ApiVersion::AppsV1, &release.parse().unwrap()).report;
        assert_eq!(report.errors(), errors, "{release}");
    }
}

#[test]
fn what_the_server_adds_is_no_mistake() {
    let live = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  creationTimestamp: null\n  uid: x\n  managedFields:\n  - apiVersion: v1\n    fieldsType: FieldsV1\n    fieldsV1: {f:spec: {}}\n    manager: kubectl\n    operation: Apply\n    time: \"2026-01-01T00:00:00Z\"\nspec: {ports: [{port: 1, targetPort: http}], clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1]}\nstatus: {loadBalancer: {}}\n";
    assert_eq!(printed(&validated("live.yaml", live)), "");
}
