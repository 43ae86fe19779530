//! The run books, run against imitations of kubectl that keep a cluster in files and record every call.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use redis_k8s::tutorial::steps;
use redis_k8s::{ApiVersion, Redis};
use serde_json::{Value, json};

const FAKES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tutorial/fakes");

fn document(metadata: Value, spec: Value) -> Redis {
    let mut document = json!({"apiVersion": "redis-k8s-gen.dev/v1alpha1", "kind": "Redis"});
    document["metadata"] = metadata;
    document["spec"] = spec;
    serde_json::from_value(document).expect("a document")
}

fn plain() -> Redis {
    document(json!({"name": "redis"}), json!({}))
}

/// Runs the run book of a document with its imitation of kubectl, in a cluster kept at `state`.
fn run(redis: &Redis, target: ApiVersion, fault: &str, state: &Path) -> Output {
    let script = steps(redis, target).expect("a run book");
    let mut shell = Command::new("sh")
        .arg("-s")
        .env("KUBECTL", format!("sh {FAKES}/kubectl-{target}.sh"))
        .env("WAIT", if fault.is_empty() { "60" } else { "1" })
        .env("STATE", state)
        .env("FAKES", FAKES)
        .env("FAULT", fault)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a shell");
    shell.stdin.take().expect("an input").write_all(script.as_bytes()).expect("a write");
    shell.wait_with_output().expect("an end")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn calls(state: &Path) -> Vec<String> {
    fs::read_to_string(state.join("calls")).expect("calls").lines().map(str::to_owned).collect()
}

#[test]
fn v1_moves_the_master_before_and_forgets_the_pod_after() {
    let state = tempfile::tempdir().expect("a directory");
    let output = run(&plain(), ApiVersion::V1, "", state.path());
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{stdout}{stderr}");
    assert_eq!(stderr, "");
    assert_eq!(stdout.lines().last(), Some("The master is redis-1 at 10.0.1.1, with 2 replicas and 3 sentinels."));
    assert_eq!(
        calls(state.path()),
        [
            "create ConfigMap redis-config",
            "create Pod redis-master",
            "create Service redis-sentinel",
            "create ReplicationController redis",
            "create ReplicationController redis-sentinel",
            "scale rc redis --replicas=3",
            "scale rc redis-sentinel --replicas=3",
            "hand over redis-master",
            "delete pod redis-master",
            "reset redis-sentinel-1",
            "reset redis-sentinel-2",
            "reset redis-sentinel-3",
        ]
    );
    // What kubectl is given is what a rendering holds, but that controllers begin with one pod.
    let objects = fs::read_to_string(state.path().join("objects")).expect("objects");
    let manifest = plain().render(ApiVersion::V1).expect("a rendering");
    for object in &manifest {
        assert!(objects.contains(&object.to_yaml()), "{} {} is not as rendered", object.kind(), object.name());
    }
}

#[test]
fn v1beta3_follows_the_tutorial() {
    let state = tempfile::tempdir().expect("a directory");
    let output = run(&plain(), ApiVersion::V1Beta3, "", state.path());
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{stdout}{stderr}");
    assert_eq!(stderr, "");
    assert_eq!(stdout.lines().last(), Some("The master is redis-1 at 10.0.1.1."));
    assert_eq!(
        calls(state.path()),
        [
            "create Pod redis-master",
            "create Service redis-sentinel",
            "create ReplicationController redis",
            "create ReplicationController redis-sentinel",
            "resize rc redis --replicas=3",
            "resize rc redis-sentinel --replicas=3",
            "delete pods redis-master",
        ]
    );
}

#[test]
fn running_again_changes_nothing() {
    for target in [ApiVersion::V1, ApiVersion::V1Beta3] {
        let state = tempfile::tempdir().expect("a directory");
        let first = run(&plain(), target, "", state.path());
        assert!(first.status.success(), "{}", text(&first.stderr));
        let before = calls(state.path());
        let second = run(&plain(), target, "", state.path());
        assert!(second.status.success(), "{}", text(&second.stderr));
        assert_eq!(calls(state.path()), before, "{target}");
        assert_eq!(text(&second.stdout).lines().last(), text(&first.stdout).lines().last());
    }
}

#[test]
fn an_interrupted_run_goes_on() {
    let state = tempfile::tempdir().expect("a directory");
    let stopped = run(&plain(), ApiVersion::V1, "no-adoption", state.path());
    assert_eq!(stopped.status.code(), Some(1));
    let resumed = run(&plain(), ApiVersion::V1, "", state.path());
    assert!(resumed.status.success(), "{}", text(&resumed.stderr));
    let calls = calls(state.path());
    assert_eq!(calls.iter().filter(|call| *call == "create ReplicationController redis").count(), 1);
    assert_eq!(calls.last().map(String::as_str), Some("reset redis-sentinel-3"));
}

#[test]
fn a_step_that_does_not_hold_ends_the_run_and_says_which() {
    for (target, fault, message, never) in [
        (ApiVersion::V1, "unready", "pod redis-master is ready", "create Service"),
        (ApiVersion::V1, "no-adoption", "the controller redis has adopted pod redis-master", "scale"),
        (ApiVersion::V1, "no-move", "the sentinels agree on a master outside pod redis-master", "delete"),
        (ApiVersion::V1, "no-memory", "the sentinel redis-sentinel-1 knows exactly", "reset redis-sentinel-2"),
        (ApiVersion::V1Beta3, "unready", "pod redis-master serves", "create Service"),
        (ApiVersion::V1Beta3, "no-move", "the sentinels agree on a new master", "nothing"),
    ] {
        let state = tempfile::tempdir().expect("a directory");
        let output = run(&plain(), target, fault, state.path());
        assert_eq!(output.status.code(), Some(1), "{target} {fault}");
        let stderr = text(&output.stderr);
        assert!(stderr.starts_with(&format!("steps: not so after 1 s: {message}")), "{target} {fault}: {stderr}");
        let calls = calls(state.path());
        assert!(!calls.iter().any(|call| call.starts_with(never)), "{target} {fault}: {calls:?}");
    }
}

#[test]
fn namespace_and_counts_are_those_of_the_document() {
    let redis =
        document(json!({"name": "redis", "namespace": "shop"}), json!({"replicas": 5, "sentinel": {"replicas": 1}}));
    for target in [ApiVersion::V1, ApiVersion::V1Beta3] {
        let state = tempfile::tempdir().expect("a directory");
        let output = run(&redis, target, "", state.path());
        assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
        let mut calls = calls(state.path());
        let all = calls.len();
        calls.retain(|call| call != "namespace shop");
        assert!(all - calls.len() > calls.len(), "kubectl was called without the namespace");
        let verb = if target == ApiVersion::V1 { "scale" } else { "resize" };
        assert!(calls.contains(&format!("{verb} rc redis --replicas=5")), "{calls:?}");
        assert!(calls.contains(&format!("{verb} rc redis-sentinel --replicas=3")), "{calls:?}");
    }
}

#[test]
fn a_document_the_target_cannot_express_has_no_run_book() {
    let redis = document(json!({"name": "redis"}), json!({"networkPolicy": {"enabled": true}}));
    let refused = steps(&redis, ApiVersion::V1).expect_err("no run book");
    assert_eq!(refused.problems[0].rule, "not-in-target");
    let refused = steps(&plain(), ApiVersion::AppsV1).expect_err("no run book");
    assert_eq!(refused.problems[0].rule, "no-run-book");
    assert!(refused.problems[0].help.is_some());
}
