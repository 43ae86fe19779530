//! What `diff` says of changes: which objects differ, and what happens when the new side is applied.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

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

/// Outcome and object of each effect.
fn outcomes(old: &str, new: &str) -> Vec<String> {
    let told = |effect: &Effect| {
        let outcome = serde_json::to_value(effect.outcome).unwrap();
        format!("{} {}", outcome.as_str().unwrap(), effect.object)
    };
    diff(&document(old), &document(new)).effects().iter().map(told).collect()
}

#[test]
fn each_change_has_its_outcome() {
    const SERVERS: &str = "StatefulSet cache";
    const SENTINELS: &str = "StatefulSet cache-sentinel";
    const SETTINGS: &str = "ConfigMap cache-settings";
    let lines = |lines: &[(&str, &str)]| -> Vec<String> {
        lines.iter().map(|(outcome, object)| format!("{outcome} {object}")).collect()
    };
    let both_restart = lines(&[("restart", SERVERS), ("restart", SENTINELS)]);
    let claim = "storage: {size: 1Gi}";
    for (old, new, expected) in [
        ("", "", vec![]),
        ("", "replicas: 5", lines(&[("scale", SERVERS), ("live", SETTINGS)])),
        ("", "replicas: 1", lines(&[("scale", SERVERS), ("live", SETTINGS), ("left", "2 objects")])),
        ("", "sentinel: {downAfter: 6s}", lines(&[("live", SETTINGS)])),
        ("", "config: {maxmemory: 10mb}", lines(&[("live", SETTINGS)])),
        ("config: {maxmemory: 10mb}", "config: {maxmemory: 20mb}", lines(&[("live", SETTINGS)])),
        ("", "config: {databases: 4}", lines(&[("restart", SERVERS)])),
        ("", "auth: {secret: a}", both_restart.clone()),
        ("auth: {secret: a}", "", both_restart.clone()),
        ("", "podAnnotations: {a: b}", both_restart.clone()),
        ("image: redis:8.0", "image: redis:8.2", both_restart.clone()),
        ("image: redis:7.2", "image: valkey/valkey:8.1", both_restart.clone()),
        ("image: redis:8.2", "image: valkey/valkey:8.1", lines(&[("danger", SERVERS), ("restart", SENTINELS)])),
        ("image: valkey/valkey:9.0", "image: redis:8.2", lines(&[("danger", SERVERS), ("restart", SENTINELS)])),
        ("image: redis:8.2", "image: redis:7.2", lines(&[("danger", SERVERS), ("restart", SENTINELS)])),
        ("auth: {secret: a}", "auth: {secret: a}, tls: {secret: b}", lines(&[("danger", SERVERS)])),
        ("auth: {secret: a}, tls: {secret: b}", "auth: {secret: a}", lines(&[("danger", SERVERS)])),
        ("", claim, lines(&[("refused", SERVERS), ("refused", SENTINELS)])),
        (claim, "", lines(&[("refused", SERVERS), ("refused", SENTINELS)])),
        (claim, "storage: {size: 2Gi}", lines(&[("refused", SERVERS)])),
        (
            "sentinel: {replicas: 5}",
            "sentinel: {replicas: 3}",
            lines(&[("scale", SENTINELS), ("live", SETTINGS), ("left", "2 objects")]),
        ),
        (
            "sentinel: {replicas: 5}",
            "sentinel: {replicas: 1}",
            lines(&[("danger", SENTINELS), ("scale", SENTINELS), ("live", SETTINGS), ("left", "4 objects")]),
        ),
        // The one server that stays must not restart while the others go.
        (
            "",
            "replicas: 1, podAnnotations: {a: b}",
            lines(&[
                ("danger", SERVERS),
                ("restart", SERVERS),
                ("restart", SENTINELS),
                ("scale", SERVERS),
                ("left", "2 objects"),
            ]),
        ),
        ("replicas: 1", "replicas: 1, config: {databases: 4}", lines(&[("danger", SERVERS), ("restart", SERVERS)])),
        (
            "replicas: 1, storage: {size: 1Gi}",
            "replicas: 1, config: {databases: 4}, storage: {size: 1Gi}",
            lines(&[("restart", SERVERS)]),
        ),
        ("", "services: {read: {enabled: false}}", lines(&[("left", "1 object")])),
        ("", "services: {read: {type: NodePort}}", vec![]),
    ] {
        assert_eq!(outcomes(old, new), expected, "{{{old}}} -> {{{new}}}");
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
