//! A dashboard for Grafana, in a ConfigMap that its sidecar finds by a label.

use k8s_openapi::api::core::v1::ConfigMap;
use serde_json::{Value, json};

use super::alerts::selector;
use super::monitor::labelled;
use crate::instance::{Component, Instance};

/// A graph: title, unit, and queries with what names their lines. SERVERS and SENTINELS are selectors.
type Panel = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const PANELS: &[Panel] = &[
    ("Master", "short", &[("redis_instance_info{role=\"master\",SERVERS}", "{{pod}}")]),
    (
        "Who answers",
        "short",
        &[
            ("sum(redis_up{SERVERS})", "servers"),
            ("max(redis_connected_slaves{SERVERS})", "replicas of the master"),
            ("sum(redis_up{SENTINELS})", "sentinels"),
            ("max(redis_sentinel_master_ok_sentinels{SENTINELS})", "sentinels that hear each other"),
        ],
    ),
    (
        "Commands per second",
        "ops",
        &[("sum by (pod) (rate(redis_commands_processed_total{SERVERS}[$__rate_interval]))", "{{pod}}")],
    ),
    (
        "Time of a command",
        "s",
        &[(
            "sum by (pod) (rate(redis_commands_duration_seconds_total{SERVERS}[$__rate_interval])) / sum by (pod) (rate(redis_commands_total{SERVERS}[$__rate_interval]))",
            "{{pod}}",
        )],
    ),
    (
        "Memory",
        "bytes",
        &[("redis_memory_used_bytes{SERVERS}", "{{pod}}"), ("max(redis_memory_max_bytes{SERVERS})", "maxmemory")],
    ),
    (
        "Clients",
        "short",
        &[
            ("redis_connected_clients{SERVERS}", "{{pod}}"),
            ("sum(increase(redis_rejected_connections_total{SERVERS}[$__rate_interval]))", "refused"),
        ],
    ),
    (
        "Keys",
        "short",
        &[
            ("sum by (pod) (redis_db_keys{SERVERS})", "{{pod}}"),
            ("sum(increase(redis_evicted_keys_total{SERVERS}[$__rate_interval]))", "evicted"),
            ("sum(increase(redis_expired_keys_total{SERVERS}[$__rate_interval]))", "expired"),
        ],
    ),
    (
        "Hits",
        "percentunit",
        &[(
            "sum(rate(redis_keyspace_hits_total{SERVERS}[$__rate_interval])) / (sum(rate(redis_keyspace_hits_total{SERVERS}[$__rate_interval])) + sum(rate(redis_keyspace_misses_total{SERVERS}[$__rate_interval])))",
            "of reads",
        )],
    ),
    (
        "Replication",
        "short",
        &[
            ("redis_master_link_up{SERVERS}", "{{pod}}: link to the master"),
            ("sum(increase(redis_replica_resyncs_full{SERVERS}[$__rate_interval]))", "full copies"),
        ],
    ),
    (
        "Network",
        "Bps",
        &[
            ("sum(rate(redis_net_input_bytes_total{SERVERS}[$__rate_interval]))", "in"),
            ("sum(rate(redis_net_output_bytes_total{SERVERS}[$__rate_interval]))", "out"),
        ],
    ),
];

pub(super) fn build(instance: Instance<'_>) -> Option<ConfigMap> {
    let asked = instance.metrics()?.dashboard.as_ref().filter(|dashboard| dashboard.enabled == Some(true))?;
    let name = [instance.name(), "-dashboard"].concat();
    let mut metadata = labelled(instance, name, asked.labels.as_ref());
    if asked.labels.is_none() {
        metadata.labels.get_or_insert_default().insert("grafana_dashboard".to_owned(), "1".to_owned());
    }
    let file = [instance.name(), ".json"].concat();
    Some(ConfigMap { metadata, data: Some([(file, text(instance))].into()), ..Default::default() })
}

fn text(instance: Instance<'_>) -> String {
    let selectors =
        [("SERVERS", selector(instance, Component::Server)), ("SENTINELS", selector(instance, Component::Sentinel))];
    let source = json!({"type": "prometheus", "uid": "${datasource}"});
    let panel = |(place, (title, unit, queries)): (usize, &Panel)| {
        let targets = queries.iter().zip('A'..).map(|((expr, legend), id)| {
            let expr = selectors.iter().fold((*expr).to_owned(), |expr, (name, selector)| expr.replace(name, selector));
            json!({"expr": expr, "legendFormat": legend, "refId": id})
        });
        json!({
            "datasource": source,
            "fieldConfig": {"defaults": {"min": 0, "unit": unit}, "overrides": []},
            "gridPos": {"h": 8, "w": 12, "x": place % 2 * 12, "y": place / 2 * 8},
            "id": place + 1,
            "targets": targets.collect::<Vec<_>>(),
            "title": title,
            "type": "timeseries",
        })
    };
    let namespace = instance.redis.metadata.namespace.as_ref();
    let title = namespace.map_or(String::new(), |namespace| format!("{namespace}/"));
    let dashboard: Value = json!({
        "editable": false,
        "panels": PANELS.iter().enumerate().map(panel).collect::<Vec<_>>(),
        "refresh": "30s",
        "schemaVersion": 39,
        "tags": ["redis"],
        "templating": {"list": [{"name": "datasource", "query": "prometheus", "type": "datasource"}]},
        "time": {"from": "now-3h", "to": "now"},
        "title": format!("Redis {title}{}", instance.name()),
    });
    format!("{dashboard:#}\n")
}
