//! What `diff` says of changes: which objects differ, and what happens when the new side is applied.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write;
use std::path::Path;

use redis_k8s::ApiVersion;
use redis_k8s_gen::diff::{Diff, Effect};
use redis_k8s_gen::document::{Loaded, Source, load_with_objects};
use serde_json::{Value, json};

fn read(text: &str) -> Loaded {
    let loaded = load_with_objects(vec![Source::new("side", text)], &[], ApiVersion::AppsV1);
    assert!(!loaded.report.has_errors(), "{text}");
    loaded
}

fn document(spec: &str) -> String {
    format!("apiVersion: redis-k8s-gen.dev/v1alpha1\nkind: Redis\nmetadata: {{name: cache}}\nspec: {{{spec}}}\n")
}

fn rendered(spec: &str) -> String {
    read(&document(spec)).documents[0].manifest().to_yaml()
}

fn diff(old: &str, new: &str) -> Diff {
    Diff::new(read(old), read(new))
}

/// What somebody wants, a document before and after, what `diff` says of it, and the scenarios of the suite that made the change.
const CHANGES: &[(&str, &str, &str, &[&str], &str)] = &[
    ("nothing", "", "", &[], ""),
    ("more servers", "", "replicas: 5", &["scale cache", "live settings"], "scale-servers"),
    ("fewer servers", "replicas: 5", "", &["scale cache", "live settings", "left 2 objects"], "scale-servers"),
    ("one server of three", "", "replicas: 1", &["scale cache", "live settings", "left 2 objects"], "scale-to-one"),
    (
        "one server, and a change that restarts it, without claims",
        "",
        "replicas: 1, podAnnotations: {a: b}",
        &["danger cache", "restart cache", "restart cache-sentinel", "scale cache", "left 2 objects"],
        "",
    ),
    (
        "a restart of the only server, without claims",
        "replicas: 1",
        "replicas: 1, config: {databases: 4}",
        &["danger cache", "restart cache"],
        "",
    ),
    (
        "a restart of the only server, with claims",
        "replicas: 1, storage: {size: 1Gi}",
        "replicas: 1, config: {databases: 4}, storage: {size: 1Gi}",
        &["restart cache"],
        "",
    ),
    ("more sentinels", "", "sentinel: {replicas: 5}", &["scale cache-sentinel", "live settings"], "scale-sentinels"),
    (
        "fewer sentinels, a majority of those before",
        "sentinel: {replicas: 5}",
        "",
        &["scale cache-sentinel", "live settings", "left 2 objects"],
        "scale-sentinels",
    ),
    (
        "fewer sentinels than a majority of those before",
        "sentinel: {replicas: 5}",
        "sentinel: {replicas: 1}",
        &["danger cache-sentinel", "scale cache-sentinel", "live settings", "left 4 objects"],
        "",
    ),
    ("timers, quorum, lag", "", "sentinel: {downAfter: 6s}", &["live settings"], ""),
    (
        "a directive that CONFIG SET takes",
        "config: {slowlog-max-len: 128}",
        "config: {slowlog-max-len: 256}",
        &["live settings"],
        "config-live@tuned",
    ),
    ("a directive for the start alone", "", "config: {tcp-backlog: 200}", &["restart cache"], "roll-servers"),
    ("a directive that goes", "config: {slowlog-max-len: 128}", "", &["restart cache"], ""),
    (
        "a directive of sentinels",
        "",
        "sentinel: {config: {maxclients: 2000}}",
        &["restart cache-sentinel"],
        "roll-sentinels",
    ),
    (
        "labels, annotations, resources, scheduling, probes of the pods",
        "",
        "podAnnotations: {a: b}",
        &["restart cache", "restart cache-sentinel"],
        "roll-both",
    ),
    (
        "a newer image",
        "image: redis:8.0",
        "image: redis:8.2",
        &["restart cache", "restart cache-sentinel"],
        "roll-image",
    ),
    (
        "Redis 7.2 or older to Valkey",
        "image: redis:7.2",
        "image: valkey/valkey:8.1",
        &["restart cache", "restart cache-sentinel"],
        "",
    ),
    (
        "Redis 7.4 or newer to Valkey",
        "image: redis:8.2",
        "image: valkey/valkey:8.1",
        &["danger cache", "restart cache-sentinel"],
        "",
    ),
    (
        "Valkey 9 or newer to Redis",
        "image: valkey/valkey:9.0",
        "image: redis:8.2",
        &["danger cache", "restart cache-sentinel"],
        "",
    ),
    ("an older image", "image: redis:8.2", "image: redis:7.2", &["danger cache", "restart cache-sentinel"], ""),
    (
        "a password where there was none",
        "",
        "auth: {secret: a}",
        &["restart cache", "restart cache-sentinel"],
        "auth-on@unlocked",
    ),
    (
        "no password where there was one",
        "auth: {secret: a}",
        "",
        &["restart cache", "restart cache-sentinel"],
        "auth-off@auth",
    ),
    ("TLS where there was none", "auth: {secret: a}", "auth: {secret: a}, tls: {secret: b}", &["danger cache"], ""),
    ("no TLS where there was", "auth: {secret: a}, tls: {secret: b}", "auth: {secret: a}", &["danger cache"], ""),
    (
        "snapshots instead of the append-only file, or back",
        "storage: {size: 1Gi}",
        "storage: {size: 1Gi}, persistence: rdb",
        &["restart cache", "live settings"],
        "persistence-roll@storage aof-to-rdb-stopped@storage rdb-to-aof-stopped@snapshots",
    ),
    ("claims where there were none", "", "storage: {size: 1Gi}", &["refused cache", "refused cache-sentinel"], ""),
    ("no claims where there were", "storage: {size: 1Gi}", "", &["refused cache", "refused cache-sentinel"], ""),
    ("larger claims", "storage: {size: 1Gi}", "storage: {size: 2Gi}", &["refused cache"], ""),
    (
        "claims of another class, or smaller ones",
        "storage: {size: 2Gi}",
        "storage: {size: 2Gi, class: fast}",
        &["refused cache", "refused cache-sentinel"],
        "",
    ),
    ("a Service of another type", "", "services: {read: {type: NodePort}}", &[], ""),
    ("a Service less", "", "services: {read: {enabled: false}}", &["left 1 object"], ""),
];

/// Outcome and object of each effect, in short.
fn outcomes(diff: &Diff) -> Vec<String> {
    let told = |effect: &Effect| {
        let object = effect.object.trim_start_matches("StatefulSet ").trim_start_matches("ConfigMap cache-");
        format!("{} {object}", word(effect))
    };
    diff.effects().iter().map(told).collect()
}

fn word(effect: &Effect) -> String {
    serde_json::to_value(effect.outcome).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn each_change_has_its_outcome() {
    for (title, old, new, expected, _) in CHANGES {
        assert_eq!(outcomes(&diff(&document(old), &document(new))), *expected, "{title}");
    }
}

#[test]
fn the_document_of_changes_is_the_table() {
    let mut text = String::from(
        "# Changing a running instance\n\n\
         What happens when a document is changed and its rendering applied over the one before: what `redis-k8s-gen diff OLD NEW`\n\
         says, which a test compares with this table. The scenarios named made the change on real servers under clients that write\n\
         ([their figures](failover-results.md)), and fail where a pod is replaced that `diff` says goes on.\n\n\
         *live*: taken up by what runs. *scale*: pods come or go. *restart*: pods are replaced one after another. *refused*: by the API\n\
         server, and what runs stays as it is. *danger*: data is lost, or the change never ends. *left*: kubectl apply deletes nothing.\n\
         Run `diff` on your own documents: it names the pods, and for *refused* and *danger* prints the commands that get there.\n\n\
         | change | what happens | scenarios |\n| --- | --- | --- |\n",
    );
    for (title, old, new, _, scenarios) in CHANGES {
        let diff = diff(&document(old), &document(new));
        let told = diff.effects().iter().map(|effect| format!("*{}* {}: {}", word(effect), effect.object, effect.text));
        let scenarios: Vec<_> = scenarios.split_whitespace().map(|name| format!("`{name}`")).collect();
        writeln!(text, "| {title} | {} | {} |", told.collect::<Vec<_>>().join("<br>"), scenarios.join(" ")).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/changes.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    // The published crate has no docs/ beside it.
    if path.parent().is_some_and(Path::is_dir) {
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == text, "docs/changes.md differs from the table: run the tests with UPDATE_DOCS=1");
    }
}

#[test]
fn claims_grow_in_place_and_are_otherwise_made_anew_pod_by_pod() {
    let book = |old: &str, new: &str| diff(&document(old), &document(new)).effects()[0].run_book.join("\n");
    let grow = book("storage: {size: 1Gi}", "storage: {size: 2Gi}");
    assert_eq!(grow.matches("kubectl patch pvc data-cache-").count(), 3);
    assert!(grow.contains("--cascade=orphan") && !grow.contains("delete pod"), "{grow}");
    let shrink = book("storage: {size: 2Gi}", "storage: {size: 1Gi}");
    assert_eq!(shrink.matches("kubectl delete pvc data-cache-").count(), 3);
    assert!(shrink.find("delete pod cache-0") < shrink.find("delete pod cache-1"), "{shrink}");
    let on = book("", "storage: {size: 1Gi}");
    assert!(on.contains("delete pod cache-2") && !on.contains("pvc"), "{on}");
}

#[test]
fn a_rendering_and_its_document_are_the_same() {
    for spec in ["", "replicas: 5, storage: {size: 1Gi}, auth: {secret: a}, tls: {secret: b}"] {
        for (old, new) in [(rendered(spec), document(spec)), (document(spec), rendered(spec))] {
            let diff = diff(&old, &new);
            assert!(diff.is_empty(), "{}", diff.to_text(false));
        }
    }
    assert_eq!(diff(&rendered(""), &document("replicas: 5")).effects().len(), 2);
}

/// The servers' set as a cluster gives it: what the API server fills in, and what it adds.
fn live(applied: Option<&Value>) -> String {
    let manifest = read(&document("")).documents[0].manifest();
    let mut set: Value = manifest.into_iter().find(|it| it.kind() == "StatefulSet").unwrap().into();
    set["status"] = json!({"replicas": 3});
    set["metadata"]["uid"] = json!("a");
    set["metadata"]["resourceVersion"] = json!("7");
    set["metadata"]["namespace"] = json!("shop");
    set["spec"]["template"]["spec"]["restartPolicy"] = json!("Always");
    set["spec"]["template"]["spec"]["containers"][0]["terminationMessagePath"] = json!("/dev/termination-log");
    if let Some(applied) = applied {
        set["metadata"]["annotations"] =
            json!({"kubectl.kubernetes.io/last-applied-configuration": applied.to_string()});
    }
    json!({"apiVersion": "v1", "kind": "List", "items": [set]}).to_string()
}

#[test]
fn what_the_api_server_fills_in_is_no_difference() {
    let only_set = |diff: &Diff| {
        let changed = diff.to_json()["objects"].as_array().unwrap().clone();
        changed.into_iter().filter(|object| object["change"] != "added").collect::<Vec<_>>()
    };
    assert!(only_set(&diff(&live(None), &document(""))).is_empty());
    let changed = only_set(&diff(&live(None), &document("replicas: 5")));
    assert_eq!(changed[0]["fields"], json!([{"path": "spec.replicas", "old": 3, "new": 5}]));
    assert_eq!(changed[0]["namespace"], "shop");
}

#[test]
fn what_was_applied_last_counts_where_a_cluster_knows_it() {
    let manifest = read(&document("podAnnotations: {a: b}")).documents[0].manifest();
    let applied: Value = manifest.into_iter().find(|it| it.kind() == "StatefulSet").unwrap().into();
    let text = diff(&live(Some(&applied)), &document("")).to_text(false);
    assert!(text.contains("- spec.template.metadata.annotations.a: b"), "{text}");
}

#[test]
fn a_scripts_change_is_counted_and_a_short_text_is_shown() {
    let old = rendered("").replace("min_replicas=1", "min_replicas=0");
    let text = diff(&old, &document("")).to_text(false);
    assert!(text.contains("    - min_replicas=0\n    + min_replicas=1\n"), "{text}");
    let old = rendered("").replace("  local", "    local").replace("done", "DONE").replace("esac", "ESAC");
    assert!(diff(&old, &document("")).to_text(false).contains("lines go, "), "a long one is counted");
}
