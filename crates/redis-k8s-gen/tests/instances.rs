//! What `validate` says of renderings that were changed afterwards, as kustomize, Helm or a hand change them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::too_many_lines, reason = "a table is as long as it is")]

mod messages;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use redis_k8s::{ApiVersion, Redis};
use redis_k8s_gen::diagnostic::Report;
use redis_k8s_gen::document::{INSTANCE_RULES, Source, validate};
use serde_json::{Value, json};

/// A change of a rendering: an object as KIND/NAME, a JSON pointer into it, and what stands there then.
struct Edit(&'static str, &'static str, To);

enum To {
    Put(Value),
    /// Some text becomes another.
    Text(&'static str, &'static str),
    Gone,
}

use To::{Gone, Put, Text};

/// A wrong change, the rules it breaks, and the right one beside it.
struct Mutant {
    name: &'static str,
    rules: &'static [&'static str],
    /// `spec` of the document.
    spec: Value,
    wrong: Vec<Edit>,
    right: Vec<Edit>,
}

fn mutant(
    name: &'static str,
    rules: &'static [&'static str],
    spec: Value,
    wrong: Vec<Edit>,
    right: Vec<Edit>,
) -> Mutant {
    Mutant { name, rules, spec, wrong, right }
}

const SET: &str = "StatefulSet/redis";
const SENTINELS: &str = "StatefulSet/redis-sentinel";
const SETTINGS: &str = "ConfigMap/redis-settings";
const POLICY: &str = "NetworkPolicy/redis";
const CONTAINER: &str = "/spec/template/spec/containers/0";

fn render(spec: &Value) -> Vec<Value> {
    let document = json!({
        "apiVersion": "redis-k8s-gen.dev/v1alpha1", "kind": "Redis", "metadata": {"name": "redis"}, "spec": spec,
    });
    serde_json::from_value::<Redis>(document).unwrap().render(ApiVersion::AppsV1).unwrap().to_values()
}

fn is_of(object: &Value, title: &str) -> bool {
    title.split_once('/') == object["kind"].as_str().zip(object["metadata"]["name"].as_str())
}

/// A path below the one container of a set.
fn of_container(below: &str) -> &'static str {
    format!("{CONTAINER}{below}").leak()
}

fn apply(objects: &mut Vec<Value>, edits: &[Edit]) {
    for Edit(title, pointer, to) in edits {
        let place = objects.iter().position(|object| is_of(object, title)).unwrap_or_else(|| panic!("no {title}"));
        let (parent, last) = pointer.rsplit_once('/').unwrap_or_default();
        let last = last.replace("~1", "/");
        match to {
            Gone if pointer.is_empty() => drop(objects.remove(place)),
            Gone => match objects[place].pointer_mut(parent).unwrap() {
                Value::Object(map) => drop(map.remove(&last).unwrap()),
                Value::Array(items) => drop(items.remove(last.parse().unwrap())),
                other => panic!("{pointer}: {other}"),
            },
            Put(value) => match objects[place].pointer_mut(parent).unwrap() {
                Value::Object(map) => drop(map.insert(last, value.clone())),
                Value::Array(items) => items[last.parse::<usize>().unwrap()] = value.clone(),
                other => panic!("{pointer}: {other}"),
            },
            Text(old, new) => {
                let node = objects[place].pointer_mut(pointer).unwrap();
                let text = node.as_str().unwrap();
                assert!(text.contains(old), "{pointer} has no {old}");
                *node = text.replace(old, new).into();
            }
        }
    }
}

fn changed(spec: &Value, edits: &[Edit]) -> Report {
    let mut objects = render(spec);
    apply(&mut objects, edits);
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    let sources = vec![Source::new("changed.json", format!("{list:#}\n"))];
    validate(sources, &[], ApiVersion::AppsV1, &"1.33".parse().unwrap()).report
}

fn printed(report: &Report) -> String {
    let mut text = Vec::new();
    report.print(&mut text, false).unwrap();
    String::from_utf8(text).unwrap()
}

fn rules(report: &Report) -> Vec<&str> {
    report.diagnostics().iter().map(|diagnostic| diagnostic.rule).collect()
}

/// Renames the servers' set, and all that leads to it by name.
fn renamed(selector: bool) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (set, new) in [(SET, "x-redis"), (SENTINELS, "x-redis-sentinel")] {
        edits.push(Edit(set, of_container("/env/3/value"), Put("x-redis".into())));
        edits.push(Edit(set, "/spec/serviceName", Put(format!("{new}-headless").into())));
        edits.push(Edit(set, "/metadata/name", Put(new.into())));
    }
    for (service, new, pod) in [
        ("redis-headless", "x-redis-headless", ""),
        ("redis-sentinel-headless", "x-redis-sentinel-headless", ""),
        ("redis-sentinel", "x-redis-sentinel", ""),
        ("redis-announce-0", "x-redis-announce-0", "x-redis-0"),
        ("redis-announce-1", "x-redis-announce-1", "x-redis-1"),
        ("redis-announce-2", "x-redis-announce-2", "x-redis-2"),
        ("redis-sentinel-announce-0", "x-redis-sentinel-announce-0", "x-redis-sentinel-0"),
        ("redis-sentinel-announce-1", "x-redis-sentinel-announce-1", "x-redis-sentinel-1"),
        ("redis-sentinel-announce-2", "x-redis-sentinel-announce-2", "x-redis-sentinel-2"),
    ] {
        let title: &str = format!("Service/{service}").leak();
        if selector && !pod.is_empty() {
            edits.push(Edit(title, "/spec/selector/statefulset.kubernetes.io~1pod-name", Put(pod.into())));
        }
        edits.push(Edit(title, "/metadata/name", Put(new.into())));
    }
    edits
}

fn mutants() -> Vec<Mutant> {
    let plain = || json!({});
    let ports = || Put(json!([{"name": "redis", "containerPort": 6379}, {"containerPort": 8080}]));
    let six = &["announces-another"; 6];
    vec![
        mutant(
            "a prefix",
            &["selects-nothing", "selects-nothing", "selects-nothing", "instance-renamed"],
            plain(),
            vec![Edit(SET, "/metadata/name", Put("x-redis".into()))],
            vec![Edit(SET, "/metadata/labels/team", Put("x".into()))],
        ),
        mutant("a prefix, and Services of the old pods", six, plain(), renamed(false), renamed(true)),
        mutant(
            "no variable for the pod's address",
            &["variable-missing"],
            plain(),
            vec![Edit(SET, of_container("/env/2"), Gone)],
            vec![Edit(SET, of_container("/env/2/valueFrom/fieldRef/apiVersion"), Put("v1".into()))],
        ),
        mutant(
            "no variable for the pod's address, in a shell of one's own",
            &["variable-missing"],
            plain(),
            vec![
                Edit(SET, of_container("/env/2"), Gone),
                Edit(
                    SET,
                    of_container("/command"),
                    Put(json!(["sh", "-c", "umask 077; exec sh /etc/redis-k8s/supervise.sh 'server'"])),
                ),
            ],
            vec![Edit(
                SET,
                of_container("/command"),
                Put(json!(["sh", "-c", "exec sh /etc/redis-k8s/supervise.sh server"])),
            )],
        ),
        mutant(
            "the address of the node",
            &["variable-missing"],
            plain(),
            vec![Edit(SENTINELS, of_container("/env/2/valueFrom/fieldRef/fieldPath"), Put("status.hostIP".into()))],
            vec![Edit(SENTINELS, of_container("/env/2/valueFrom/fieldRef/fieldPath"), Put("status.podIP".into()))],
        ),
        mutant(
            "nowhere to write",
            &["not-mounted", "not-mounted"],
            plain(),
            vec![
                Edit(SET, of_container("/volumeMounts/1"), Gone),
                Edit(SENTINELS, of_container("/volumeMounts/2/readOnly"), Put(true.into())),
            ],
            vec![Edit(SET, of_container("/volumeMounts/1/mountPath"), Put("/run/redis-k8s/".into()))],
        ),
        mutant(
            "one after another",
            &["pods-in-order"],
            plain(),
            vec![Edit(SET, "/spec/podManagementPolicy", Gone)],
            vec![Edit(SET, "/spec/podManagementPolicy", Put("Parallel".into()))],
        ),
        mutant(
            "another port in one set",
            &["sets-disagree"],
            plain(),
            vec![Edit(SENTINELS, of_container("/env/5/value"), Put("6380".into()))],
            vec![Edit(SENTINELS, of_container("/env/5/value"), Put("6379".into()))],
        ),
        mutant(
            "a Service less",
            &["service-missing"],
            plain(),
            vec![Edit("Service/redis-announce-1", "", Gone), Edit("Service/redis-announce-2", "", Gone)],
            vec![Edit("Service/redis-read", "", Gone)],
        ),
        mutant(
            "more servers than anybody has",
            &["service-missing"],
            plain(),
            vec![Edit(SETTINGS, "/data/topology.env", Text("servers=3", "servers=2000000000"))],
            vec![Edit(SETTINGS, "/data/topology.env", Text("servers=3", "servers=2"))],
        ),
        mutant(
            "found when ready alone",
            &["not-published"],
            plain(),
            vec![Edit("Service/redis-headless", "/spec/publishNotReadyAddresses", Gone)],
            vec![Edit("Service/redis-read", "/spec/publishNotReadyAddresses", Put(true.into()))],
        ),
        mutant(
            "another port of a Service",
            &["port-not-served"],
            plain(),
            vec![Edit("Service/redis-announce-0", "/spec/ports/0/port", Put(6380.into()))],
            vec![Edit("Service/redis-read", "/spec/ports/0/port", Put(6380.into()))],
        ),
        mutant(
            "a port that leads to none",
            &["port-not-served"],
            plain(),
            vec![Edit("Service/redis-announce-0", "/spec/ports/0/targetPort", Put("cache".into()))],
            vec![Edit("Service/redis-announce-0", "/spec/ports/0/targetPort", Put(6379.into()))],
        ),
        mutant(
            "closed to own pods",
            &["port-closed"],
            plain(),
            vec![Edit(
                POLICY,
                "/spec/ingress",
                Put(json!([{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}])),
            )],
            vec![Edit(POLICY, "/spec/ingress", Put(json!([{}])))],
        ),
        mutant(
            "closed on the way out",
            &["port-closed"],
            plain(),
            vec![Edit(POLICY, "/spec/egress/0", Gone)],
            vec![Edit(POLICY, "/spec/egress", Gone), Edit(POLICY, "/spec/policyTypes", Put(json!(["Ingress"])))],
        ),
        mutant(
            "no name service",
            &["port-closed"],
            plain(),
            vec![Edit(POLICY, "/spec/egress/1", Gone)],
            vec![Edit(POLICY, "/spec/egress/1/ports", Put(json!([{"port": 53, "protocol": "UDP"}])))],
        ),
        mutant(
            "closed to clients",
            &["port-closed-to-clients"],
            plain(),
            vec![Edit(POLICY, "/spec/ingress/1/ports/0/port", Put(6380.into()))],
            vec![Edit(POLICY, "/spec/ingress/1/ports/0/port", Put("redis".into()))],
        ),
        mutant(
            "closed to clients of another container",
            &["port-closed-to-clients"],
            plain(),
            vec![Edit(SET, of_container("/ports"), ports())],
            vec![
                Edit(SET, of_container("/ports"), ports()),
                Edit(POLICY, "/spec/ingress/1/ports/0", Put(json!({"port": 6379, "endPort": 8080}))),
            ],
        ),
        mutant(
            "passwords nobody asks for",
            &["password-in-half", "password-in-half"],
            json!({"auth": {"secret": "a"}}),
            vec![Edit(SETTINGS, "/data/topology.env", Text("auth=1", "auth=0"))],
            vec![],
        ),
        mutant(
            "passwords that are not there",
            &["password-in-half"],
            json!({"auth": {"secret": "a"}}),
            vec![Edit(SET, of_container("/volumeMounts/3"), Gone)],
            vec![],
        ),
        mutant(
            "claims that are gone",
            &["storage-other-than-said"],
            json!({"storage": {"size": "1Gi"}}),
            vec![
                Edit(SET, "/spec/volumeClaimTemplates", Gone),
                Edit(SET, "/spec/template/spec/volumes/1", Put(json!({"name": "data", "emptyDir": {}}))),
                Edit(SET, of_container("/volumeMounts/1/name"), Put("data".into())),
            ],
            vec![],
        ),
        mutant(
            "one sentinel of three",
            &["quorum-exceeds-sentinels"],
            plain(),
            vec![Edit(SENTINELS, "/spec/replicas", Put(1.into()))],
            vec![Edit(SENTINELS, "/spec/replicas", Put(2.into()))],
        ),
        mutant(
            "seven sentinels, of which two decide",
            &["quorum-of-minority"],
            plain(),
            vec![Edit(SENTINELS, "/spec/replicas", Put(7.into()))],
            vec![
                Edit(SENTINELS, "/spec/replicas", Put(7.into())),
                Edit(SETTINGS, "/data/topology.env", Text("quorum=2", "quorum=4")),
            ],
        ),
        mutant(
            "a master without replicas",
            &["min-replicas-too-high"],
            plain(),
            vec![Edit(SET, "/spec/replicas", Put(1.into()))],
            vec![
                Edit(SET, "/spec/replicas", Put(1.into())),
                Edit(SETTINGS, "/data/topology.env", Text("min_replicas=1", "min_replicas=0")),
            ],
        ),
        mutant(
            "two servers",
            &["min-replicas-of-two"],
            plain(),
            vec![Edit(SET, "/spec/replicas", Put(2.into()))],
            vec![Edit(SET, "/spec/replicas", Put(0.into()))],
        ),
        mutant(
            "a directive a running server does not take",
            &["checksum-stale"],
            plain(),
            vec![Edit(SETTINGS, "/data/redis.conf", Text("appendonly yes", "appendonly yes\nio-threads 4"))],
            vec![Edit(SETTINGS, "/data/live.conf", Text("repl-timeout 20", "repl-timeout 30"))],
        ),
        mutant(
            "a script",
            &["checksum-stale"],
            plain(),
            vec![Edit("ConfigMap/redis-scripts", "/data/sentinel-watch.sh", Text("due=0", "due=1"))],
            vec![Edit(
                SENTINELS,
                "/spec/template/metadata/annotations/redis-k8s-gen.dev~1config-checksum",
                Put("of another tool".into()),
            )],
        ),
        mutant(
            "no hand-over",
            &["hand-over-missing"],
            plain(),
            vec![Edit(SET, of_container("/lifecycle"), Gone)],
            vec![Edit(
                SET,
                of_container("/lifecycle/preStop/exec/command"),
                Put(json!(["sh", "-c", "sh /etc/redis-k8s/server-stop.sh; sleep 1"])),
            )],
        ),
        mutant(
            "ten seconds to stop",
            &["grace-period-short"],
            plain(),
            vec![Edit(SET, "/spec/template/spec/terminationGracePeriodSeconds", Put(10.into()))],
            vec![Edit(SENTINELS, "/spec/template/spec/terminationGracePeriodSeconds", Put(12.into()))],
        ),
        mutant(
            "no probes",
            &["probe-off", "probe-off", "probe-off"],
            plain(),
            vec![
                Edit(SET, of_container("/livenessProbe"), Gone),
                Edit(SET, of_container("/startupProbe"), Gone),
                Edit(SENTINELS, of_container("/readinessProbe"), Gone),
            ],
            vec![Edit(SET, of_container("/livenessProbe/periodSeconds"), Put(30.into()))],
        ),
        mutant(
            "as root",
            &["security-lowered"],
            plain(),
            vec![Edit(SET, "/spec/template/spec/securityContext", Gone)],
            vec![Edit(SET, "/spec/template/spec/securityContext/runAsUser", Gone)],
        ),
        mutant(
            "privileged",
            &["security-lowered"],
            plain(),
            vec![Edit(SENTINELS, of_container("/securityContext"), Put(json!({"privileged": true})))],
            vec![Edit(SENTINELS, of_container("/securityContext/readOnlyRootFilesystem"), Gone)],
        ),
        mutant(
            "the version of a chart on claims",
            &["claim-label-changes"],
            json!({"storage": {"size": "1Gi"}}),
            vec![Edit(SET, "/spec/volumeClaimTemplates/0/metadata/labels/helm.sh~1chart", Put("redis-1.2.3".into()))],
            vec![Edit(SET, "/metadata/labels/helm.sh~1chart", Put("redis-1.2.3".into()))],
        ),
        mutant(
            "a label on everything",
            &["claim-label-changes"],
            json!({"storage": {"size": "1Gi"}}),
            vec![
                Edit(SET, "/metadata/labels/team", Put("a".into())),
                Edit(SET, "/spec/volumeClaimTemplates/0/metadata/labels/team", Put("a".into())),
            ],
            vec![Edit(SET, "/spec/volumeClaimTemplates/0/metadata/labels/backup", Put("yes".into()))],
        ),
        mutant("no configuration", &["not-in-set", "not-in-set"], plain(), vec![Edit(SETTINGS, "", Gone)], vec![]),
        mutant(
            "no account",
            &["account-not-created", "account-not-created"],
            plain(),
            vec![Edit("ServiceAccount/redis", "", Gone)],
            vec![
                Edit("ServiceAccount/redis", "", Gone),
                Edit(SET, "/spec/template/spec/serviceAccountName", Put("default".into())),
                Edit(SENTINELS, "/spec/template/spec/serviceAccountName", Put("default".into())),
            ],
        ),
    ]
}

#[test]
fn each_change_breaks_its_rule_and_the_right_one_beside_it_none() {
    let mut wrong = String::new();
    for mutant in mutants() {
        let report = changed(&mutant.spec, &mutant.wrong);
        if rules(&report) != mutant.rules {
            writeln!(wrong, "{}: {:?}\n{}", mutant.name, rules(&report), printed(&report)).unwrap();
        }
        let report = changed(&mutant.spec, &mutant.right);
        if !report.is_empty() {
            writeln!(wrong, "the right one of {}\n{}", mutant.name, printed(&report)).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_message_is_the_pinned_one() {
    let all = mutants();
    messages::assert_all_pinned(
        "instances",
        all.iter().map(|mutant| (mutant.name.to_owned(), printed(&changed(&mutant.spec, &mutant.wrong)))),
    );
}

#[test]
fn every_rule_of_instances_is_broken_by_some_change() {
    let broken: BTreeSet<&str> = mutants().iter().flat_map(|mutant| mutant.rules).copied().collect();
    let unbroken: Vec<_> = INSTANCE_RULES.iter().map(|rule| rule.id).filter(|id| !broken.contains(id)).collect();
    assert!(unbroken.is_empty(), "no change breaks {unbroken:?}");
}
