//! The report of many documents, and its form for programs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write as _;

use redis_k8s::ApiVersion;
use redis_k8s_gen::diagnostic::{Place, Report};
use redis_k8s_gen::document::{Override, Source, load, read, validate};
use serde_json::json;

fn document(name: &str, spec: &str) -> String {
    format!("apiVersion: redis-k8s-gen.dev/v1alpha1\nkind: Redis\nmetadata: {{name: {name}}}\nspec: {spec}\n")
}

fn printed(report: &Report) -> String {
    let mut text = Vec::new();
    report.print(&mut text, false).unwrap();
    String::from_utf8(text).unwrap()
}

/// Enough for several threads.
fn fleet() -> Vec<String> {
    (0..700)
        .map(|number| match number {
            n if n % 100 == 7 => document(&format!("cache-{n}"), "{replica: 3}"),
            n if n % 100 == 8 => document(&format!("cache-{n}"), "{image: \"redis}"),
            n if n % 100 == 9 => document(&format!("cache-{n}"), "{replicas: 1}"),
            n => document(&format!("cache-{n}"), "{replicas: 3}"),
        })
        .collect()
}

#[test]
fn many_documents_are_read_as_each_alone() {
    let fleet = fleet();
    let together = load(vec![Source::new("fleet", fleet.join("---\n"))], &[], ApiVersion::AppsV1);
    let sources = fleet.iter().map(|text| Source::new("fleet", text.as_str())).collect();
    let apart = load(sources, &[], ApiVersion::AppsV1);
    let alone: Vec<_> = fleet
        .iter()
        .flat_map(|text| load(vec![Source::new("fleet", text.as_str())], &[], ApiVersion::AppsV1).documents)
        .collect();
    assert_eq!(together.documents, alone);
    assert_eq!(apart.documents, alone);
    let report = &together.report;
    assert_eq!((report.errors(), report.warnings(), report.documents()), (14, 7, 700));
    let messages =
        |report: &Report| report.diagnostics().iter().map(|d| (d.rule, d.message.clone())).collect::<Vec<_>>();
    assert_eq!(messages(report), messages(&apart.report));
    let starts: Vec<u32> = report
        .diagnostics()
        .iter()
        .map(|diagnostic| match diagnostic.place {
            Place::Text { start, .. } => start,
            Place::Override(_) => panic!("there are no overrides"),
        })
        .collect();
    assert!(starts.is_sorted(), "{starts:?}");
    assert!(printed(report).ends_with("\nerror: 14 errors, 7 warnings in 700 documents\n"));
}

#[test]
fn problems_beyond_the_cap_are_counted() {
    let mut text = String::new();
    for number in 0..400 {
        write!(text, "---\n{}", document(&format!("cache-{number}"), "{replica: 3, replicas: 1}")).unwrap();
    }
    let report = load(vec![Source::new("fleet", text)], &[], ApiVersion::AppsV1).report;
    assert_eq!(report.errors(), 400);
    assert_eq!(report.diagnostics().iter().filter(|d| d.rule == "unknown-field").count(), Report::KEPT);
    let hidden = report.errors() - Report::KEPT;
    assert!(printed(&report).contains(&format!("\nand {hidden} more of unknown-field\n")));
    let listed = report.to_json();
    assert!(listed.as_array().unwrap().iter().any(|one| one["rule"] == "unknown-field" && one["more"] == hidden));
}

#[test]
fn a_flood_is_counted_in_full_and_told_in_part() {
    let keys = |count: usize, indent: &str| {
        (0..count).fold(String::new(), |text, number| text + "\n" + indent + "k" + &number.to_string() + ": 1")
    };
    let report = |spec: &str| load(vec![Source::new("flood", document("cache", spec))], &[], ApiVersion::AppsV1).report;
    let fields = report(&(keys(200_000, "  ") + "\n  replicas: 0"));
    assert_eq!(fields.errors(), 200_000, "the neighbour of an unknown field is not judged");
    assert!(printed(&fields).ends_with("and 199980 more of unknown-field\n\nerror: 200000 errors in 1 document\n"));
    let directives = report(&format!("\n  replicas: 0\n  config:{}", keys(10_000, "    ")));
    assert_eq!((directives.errors(), directives.diagnostics().len()), (10_001, Report::KEPT + 1));
    let too_many = report(&format!("\n  config:{}", keys(100_000, "    ")));
    assert_eq!(too_many.diagnostics().iter().map(|d| d.rule).collect::<Vec<_>>(), ["config-too-large"]);
    let items = report(&format!("\n  env:{}", "\n    - 1".repeat(200_000)));
    assert!(printed(&items).contains("\nerror: at least "), "{}", printed(&items));
}

#[test]
fn programs_get_the_same_as_people() {
    let sources = vec![
        Source::new("a.yaml", document("a", "\n  replica: 3\n  image: redis:8.2\n  image: redis:8")),
        Source::new(
            "b.json",
            "{\"apiVersion\": \"redis-k8s-gen.dev/v1alpha1\", \"kind\": \"Redis\", \"metadata\": {\"name\": \"é\"}}",
        ),
    ];
    let report = load(sources, &[Override::set("spec.port=high")], ApiVersion::AppsV1).report;
    assert_eq!(
        report.to_json(),
        json!([
            {
                "severity": "error",
                "rule": "wrong-type",
                "message": "expected a port from 1 to 65535, found the string \"high\"",
                "path": "spec.port",
                "override": "--set spec.port=high",
            },
            {
                "severity": "error",
                "rule": "unknown-field",
                "message": "unknown field `replica` in spec",
                "help": "did you mean `replicas`?",
                "path": "spec.replica",
                "file": "a.yaml",
                "line": 5,
                "column": 3,
            },
            {
                "severity": "error",
                "rule": "duplicate-key",
                "message": "the key `image` stands here a second time",
                "help": "keep one of the two",
                "path": "spec.image",
                "file": "a.yaml",
                "line": 7,
                "column": 3,
                "related": [{"message": "first given here", "file": "a.yaml", "line": 6, "column": 3}],
            },
            {
                "severity": "error",
                "rule": "invalid-value",
                "message": "\"é\" is not a valid instance name: 1 to 42 lower-case letters, digits or '-', starting with a letter and ending with a letter or digit",
                "path": "metadata.name",
                "file": "b.json",
                "line": 1,
                "column": 84,
            },
        ])
    );
}

#[test]
fn a_fine_run_says_nothing() {
    let report = load(vec![Source::default_instance()], &[], ApiVersion::AppsV1).report;
    assert_eq!(printed(&report), "");
    assert_eq!(report.to_json(), json!([]));
    assert!(report.is_empty());
    assert_eq!(report.documents(), 1);
}

#[test]
fn colours_are_there_only_when_asked_for() {
    let report = load(vec![Source::new("a.yaml", "[]")], &[], ApiVersion::AppsV1).report;
    assert!(!printed(&report).contains('\u{1b}'));
    let mut colored = Vec::new();
    report.print(&mut colored, true).unwrap();
    assert!(String::from_utf8(colored).unwrap().contains("\u{1b}["));
}

#[test]
fn flags_reach_every_document() {
    let text = format!("{}---\n{}", document("a", "{}"), document("b", "{env: [{name: A}]}"));
    let overrides = [
        Override::flag("--namespace", "metadata.namespace", "shop"),
        Override::set("spec.kubernetesVersion=1.34"),
        Override::set("spec.config={maxmemory: 64mb, save: [3600 1]}"),
        Override::set("spec.env[0]={name: TZ, value: UTC}"),
        Override::set("spec.env[1].name=LANG"),
        Override::set("metadata.labels.\"example.com/team\"=1"),
        Override::set("spec.replicas=null"),
        Override::set("spec.podAnnotations.note="),
        Override::set("spec.resources.requests.cpu=2"),
    ];
    let loaded = read(vec![Source::new("a", text)], &overrides);
    assert!(!loaded.report.has_errors(), "{}", printed(&loaded.report));
    for redis in &loaded.documents {
        assert_eq!(
            serde_json::to_value(redis).unwrap()["spec"],
            json!({
                "kubernetesVersion": "1.34",
                "config": {"maxmemory": "64mb", "save": ["3600 1"]},
                "env": [{"name": "TZ", "value": "UTC"}, {"name": "LANG", "value": ""}],
                "podAnnotations": {"note": ""},
                "resources": {"requests": {"cpu": "2"}},
            })
        );
        assert_eq!(redis.metadata.namespace.as_ref().unwrap().as_str(), "shop");
        assert_eq!(serde_json::to_value(&redis.metadata.labels).unwrap(), json!({"example.com/team": "1"}));
    }
    assert_eq!(loaded.documents.len(), 2);
}

#[test]
fn what_is_written_bare_is_kept_as_written() {
    let spec = "{config: {a: 0.10, b: 1e3, c: 010, d: 0x1F, e: yes, f: on, g: true, h: False, i: [1.0, no, ~x]}, resources: {requests: {cpu: 0.50, memory: 1e3}}}";
    let document = read(vec![Source::new("a", document("a", spec))], &[]).documents.remove(0);
    assert_eq!(
        serde_json::to_value(&document.spec).unwrap(),
        json!({
            "config": {"a": "0.10", "b": "1e3", "c": "010", "d": "0x1F", "e": "yes", "f": "on", "g": "yes", "h": "no", "i": ["1.0", "no", "~x"]},
            "resources": {"requests": {"cpu": "500m", "memory": "1e3"}},
        })
    );
}

#[test]
fn the_models_of_a_fleet_are_small() {
    // Ten thousand of them are held at a time.
    assert!(size_of::<redis_k8s::Redis>() <= 640, "{} bytes", size_of::<redis_k8s::Redis>());
}

/// A large file is read part by part, and lines are looked up in it again.
#[test]
fn a_large_file_is_told_of_as_its_text_is() {
    let filler = format!("# {}\n", "x".repeat(1 << 20)).repeat(5);
    let service = |name: &str, port: &str| {
        format!(
            "{filler}apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{port: {port}}}]}}\n"
        )
    };
    let text = [service("a", "x"), service("b", "1"), service("a", "99999"), "b: [1".to_owned()].join("---\n");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &text).unwrap();
    let release = "1.33".parse().unwrap();
    let report = |source| validate(vec![source], &[], ApiVersion::AppsV1, &release).report.to_json();
    let (read, held) =
        (report(Source::file(file.path())), report(Source::new(file.path().display().to_string(), text)));
    assert_eq!(read, held);
    let rules = |report: &serde_json::Value| -> Vec<_> {
        report.as_array().unwrap().iter().map(|problem| problem["rule"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(rules(&read), ["wrong-type", "duplicate-object", "invalid-port", "syntax"]);
    let gone = Source::file(file.path());
    file.close().unwrap();
    assert_eq!(rules(&report(gone)), ["unreadable"]);
}
