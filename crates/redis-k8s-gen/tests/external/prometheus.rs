//! What Prometheus makes of alerts and dashboard: each alert fires for its fault, and none in calm.
//!
//! `tests/metrics` has what the exporters of the failover suite said (`just metrics` records it anew): in calm, after the master was
//! deleted by force, while it was cut off with a sentinel, and after two sentinels were lost. What the suite does not break, as a disk
//! that is full, are other values of the same series.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use redis_k8s::{ApiVersion, Object, Redis};
use serde_json::{Value, json};

use crate::renderings::repository;
use crate::tools::{Tool, run};

/// Series, and what they say.
type State = BTreeMap<String, String>;

/// Samples are half a minute apart: ten minutes of calm, then twenty of a fault.
const CALM: usize = 20;
const FAULT: usize = 40;

/// States of the suite, and what fires if they last.
const RECORDED: [(&str, &[&str]); 3] = [
    ("no-master", &["RedisNoMaster", "RedisReplicaMissing", "RedisReplicationBroken", "RedisServerDown"]),
    ("two-masters", &["RedisSentinelsDisagree", "RedisTwoMasters"]),
    ("sentinels-lost", &["RedisSentinelDown", "RedisSentinelsBelowQuorum"]),
];

/// Beginnings of series, what they say instead, and what fires.
const BY_HAND: [(&[(&str, &str)], &str); 9] = [
    (&[("redis_aof_last_write_status", "0x39")], "RedisAofFailing"),
    (&[("redis_aof_last_bgrewrite_status", "0x39")], "RedisAofFailing"),
    (&[("redis_evicted_keys_total", "0+1000x39")], "RedisEvicting"),
    (&[("redis_memory_used_bytes", "190000000x39")], "RedisMemoryNearLimit"),
    (&[("redis_rdb_last_bgsave_status", "0x39")], "RedisSnapshotFailing"),
    (
        &[("redis_rdb_last_save_timestamp_seconds", "-90000x39"), ("redis_rdb_changes_since_last_save", "1x39")],
        "RedisSnapshotOld",
    ),
    (&[("redis_rejected_connections_total", "0+1x39")], "RedisConnectionsRejected"),
    (&[("redis_replica_resyncs_full", "0+1x39")], "RedisFullSyncs"),
    (&[("redis_commands_total", "0+100x39"), ("redis_commands_duration_seconds_total", "0+2x39")], "RedisSlow"),
];

fn recorded(file: &str) -> String {
    std::fs::read_to_string(repository().join("crates/redis-k8s-gen/tests/metrics").join(file)).unwrap()
}

fn state(name: &str) -> State {
    let text = recorded(&format!("{name}.prom"));
    text.lines().map(|line| line.rsplit_once(' ').unwrap()).map(|(key, value)| (key.into(), value.into())).collect()
}

/// An instance of a namespace has a certificate besides snapshots.
fn rendered(kind: &str, name: &str, namespace: Option<&str>) -> Value {
    let certified = namespace.map(|_| json!({"secret": "redis-tls", "certificate": {"issuer": "company-ca"}}));
    let document = json!({
        "apiVersion": "redis-k8s-gen.dev/v1alpha1", "kind": "Redis", "metadata": {"name": "redis", "namespace": namespace},
        "spec": {
            "metrics": {"enabled": true, "alerts": {"enabled": true}, "dashboard": {"enabled": true}},
            "storage": {"size": "1Gi"}, "persistence": "both", "tls": certified,
        },
    });
    let redis: Redis = serde_json::from_value(document).unwrap();
    let manifest = redis.render(ApiVersion::AppsV1).unwrap();
    manifest.find(kind, name).cloned().map(Object::into).unwrap()
}

fn alerts() -> Vec<Value> {
    let of = |namespace| {
        rendered("PrometheusRule", "redis", namespace)["spec"]["groups"][0]["rules"].as_array().unwrap().clone()
    };
    let mut rules = of(None);
    let known: Vec<_> = rules.iter().map(|rule| rule["alert"].clone()).collect();
    rules.extend(of(Some("shop")).into_iter().filter(|rule| !known.contains(&rule["alert"])));
    rules
}

fn queries() -> Vec<String> {
    let map = rendered("ConfigMap", "redis-dashboard", None);
    let dashboard: Value = serde_json::from_str(map["data"]["redis.json"].as_str().unwrap()).unwrap();
    let targets = dashboard["panels"].as_array().unwrap().iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect()
}

/// One run: the series, and at some minutes what fires.
fn test(series: BTreeMap<String, String>, firing: &[(usize, &[&str])]) -> Value {
    let expect = |(minute, names): &(usize, &[&str])| {
        let samples: Vec<_> =
            names.iter().map(|name| json!({"labels": format!("{{alertname=\"{name}\"}}"), "value": 1})).collect();
        json!({
            "expr": "group by (alertname) (ALERTS{alertstate=\"firing\"})",
            "eval_time": format!("{minute}m"),
            "exp_samples": samples,
        })
    };
    let series: Vec<_> =
        series.into_iter().map(|(series, values)| json!({"series": series, "values": values})).collect();
    json!({
        "interval": "30s", "input_series": series,
        "promql_expr_test": firing.iter().map(expect).collect::<Vec<_>>(),
    })
}

/// Calm, then another state for a while, then calm again.
fn timeline(fault: &State, lasting: usize) -> BTreeMap<String, String> {
    let calm = state("calm");
    let part = |state: &State, series: &str, count: usize| match state.get(series) {
        _ if count == 0 => String::new(),
        Some(value) => format!("{value}x{}", count - 1),
        // Prometheus knows at once that a target is gone.
        None => format!("stale _x{}", count - 1),
    };
    let all: BTreeSet<&String> = calm.keys().chain(fault.keys()).collect();
    all.into_iter()
        .map(|series| {
            let parts = [(&calm, CALM), (fault, lasting), (&calm, FAULT - lasting)];
            (series.clone(), parts.map(|(state, count)| part(state, series, count)).join(" "))
        })
        .collect()
}

#[test]
fn every_alert_fires_for_its_fault_and_none_in_calm() {
    let Some(promtool) = Tool::Promtool.find() else { return };
    let mut seen = BTreeSet::from(["RedisMetricsMissing", "RedisCertificateExpiring"]);
    let mut tests = vec![
        test(timeline(&State::new(), FAULT), &[(9, &[]), (29, &["RedisMetricsMissing"])]),
        // As the suite has it: another is master after a few seconds.
        test(timeline(&state("no-master"), 1), &[(11, &[]), (29, &[])]),
    ];
    for (name, fires) in &RECORDED {
        seen.extend(*fires);
        tests.push(test(timeline(&state(name), FAULT), &[(9, &[]), (29, fires)]));
    }
    for (changes, fires) in &BY_HAND {
        seen.insert(fires);
        let mut series = timeline(&state("calm"), FAULT);
        for (beginning, values) in *changes {
            let is_it = |key: &str| key.starts_with(beginning) && !key.contains("-sentinel-");
            let meant = series.iter_mut().filter(|(key, _)| is_it(key));
            let changed = meant.map(|(_, old)| *old = format!("{} {values}", old.split(' ').next().unwrap())).count();
            assert_eq!(changed, 3, "{beginning}");
        }
        tests.push(test(series, &[(9, &[]), (29, &[fires])]));
    }
    // It is valid for a thousand seconds more, of which nobody renewed it for as many. That of another instance has ended.
    for label in ["exported_namespace", "namespace"] {
        let mut series = timeline(&state("calm"), FAULT);
        for (what, at, ended) in [("expiration", "2600", "1"), ("renewal", "600", "0")] {
            let one = |of: &str| {
                format!("certmanager_certificate_{what}_timestamp_seconds{{name=\"redis\",{label}=\"{of}\"}}")
            };
            series.insert(one("shop"), format!("{at}x{}", CALM + FAULT));
            series.insert(one("other"), format!("{ended}x{}", CALM + FAULT));
        }
        tests.push(test(series, &[(26, &[]), (29, &[]), (32, &["RedisCertificateExpiring"])]));
    }
    let rules = alerts();
    let names: BTreeSet<&str> = rules.iter().map(|rule| rule["alert"].as_str().unwrap()).collect();
    assert_eq!(seen, names, "every alert is tried");
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, value: Value| std::fs::write(directory.path().join(name), value.to_string()).unwrap();
    write("rules.yaml", json!({"groups": [{"name": "redis", "rules": rules}]}));
    write("tests.yaml", json!({"rule_files": ["rules.yaml"], "evaluation_interval": "30s", "tests": tests}));
    run(Command::new(promtool).args(["test", "rules", "tests.yaml"]).current_dir(directory.path()));
}

#[test]
fn prometheus_takes_the_queries_of_the_dashboard() {
    let Some(promtool) = Tool::Promtool.find() else { return };
    let rule = |(place, query): (usize, String)| json!({"record": format!("query:{place}"), "expr": query.replace("$__rate_interval", "2m")});
    let rules: Vec<_> = queries().into_iter().enumerate().map(rule).collect();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), json!({"groups": [{"name": "queries", "rules": rules}]}).to_string()).unwrap();
    run(Command::new(promtool).args(["check", "rules"]).arg(file.path()));
}

#[test]
fn every_metric_that_is_named_is_one_the_exporter_gives() {
    let given = recorded("names.txt");
    let given: BTreeSet<&str> = given.lines().collect();
    let alerts: Vec<_> = alerts().iter().map(|rule| rule["expr"].as_str().unwrap().to_owned()).collect();
    let mut count = 0;
    for text in alerts.iter().chain(&queries()) {
        let words = text.split(|other: char| !other.is_ascii_alphanumeric() && other != '_');
        for word in words.filter(|word| word.starts_with("redis_")) {
            assert!(given.contains(word), "{word} in {text}");
            count += 1;
        }
    }
    assert!(count > 40, "{count}");
}

#[test]
fn the_page_says_what_each_alert_means() {
    let page = std::fs::read_to_string(repository().join("docs/metrics.md")).unwrap();
    for rule in alerts() {
        let (name, about) = (rule["alert"].as_str().unwrap(), &rule["annotations"]);
        let [when, what] = ["summary", "description"].map(|key| about[key].as_str().unwrap());
        let row = format!("| `{name}` | {when} | {what} |");
        assert!(page.lines().any(|line| line == row), "docs/metrics.md lacks: {row}");
    }
}
