//! What Prometheus is to tell of: a rule for each fault, and what to do about it.

use std::collections::BTreeMap;

use super::monitor::labelled;
use crate::instance::{Component, Instance};
use crate::model::defaults;
use crate::monitoring::{AlertRule, PrometheusRule, PrometheusRuleSpec, RuleGroup};

/// An alert before it is known of which instance.
struct Alert {
    name: &'static str,
    /// SERVERS and SENTINELS are selectors of their pods; COUNT servers there are, OTHERS without the master, TWICE as many, and VOTERS
    /// sentinels, of which the MAJORITY decides. CERTIFICATE and NAMESPACE are names.
    expr: &'static str,
    pending: &'static str,
    severity: &'static str,
    summary: &'static str,
    /// What to do.
    description: &'static str,
}

macro_rules! alerts {
    ($($name:ident $severity:ident after $pending:literal: $expr:literal, $summary:literal, $description:literal;)*) => {
        [$(Alert {
            name: stringify!($name),
            expr: $expr,
            pending: $pending,
            severity: stringify!($severity),
            summary: $summary,
            description: $description,
        }),*]
    };
}

/// Pods that restart one after another, hand-overs and failovers are over before any of these is due.
static ALERTS: [Alert; 18] = alerts! {
    RedisMetricsMissing warning after "5m":
        "absent(redis_up{SERVERS}) or absent(redis_up{SENTINELS})",
        "no exporter of the servers, or none of the sentinels, is scraped",
        "see whether Prometheus lists them as targets, whether metrics.from lets it in, and whether the pods run: until then nothing else here can fire";
    RedisNoMaster critical after "1m":
        "count by (namespace) (redis_up{SERVERS}) unless count by (namespace) (redis_instance_info{role=\"master\",SERVERS})",
        "no server is master, so nobody can write",
        "read the logs of servers and sentinels: they say what they wait for; a majority of the sentinels must run and hear each other";
    RedisTwoMasters critical after "1m":
        "count by (namespace) (redis_instance_info{role=\"master\",SERVERS}) > 1",
        "more than one server says that it is master",
        "mend the network between the nodes: one is cut off from the sentinels, takes no writes unless minReplicasToWrite is 0, and gives way when it is back";
    RedisServerDown warning after "5m":
        "sum by (namespace) (redis_up{SERVERS}) < COUNT",
        "fewer servers answer than the document asks for",
        "kubectl describe pod says why one does not start; the log of a running one, what it waits for";
    RedisReplicaMissing warning after "5m":
        "max by (namespace) (redis_connected_slaves{SERVERS}) < OTHERS",
        "the master has fewer replicas than the document asks for",
        "look for the server that is down or copies for long; without any replica the master soon refuses writes";
    RedisReplicationBroken warning after "5m":
        "redis_master_link_up{SERVERS} == 0",
        "a replica has no link to its master, so its data grows old",
        "read its log: a wrong password, a certificate that ended, a network that is cut, or a copy that takes long";
    RedisFullSyncs warning after "0s":
        "sum by (namespace) (increase(redis_replica_resyncs_full{SERVERS}[30m])) > TWICE",
        "replicas copy all data again and again",
        "raise repl-backlog-size in spec.config, and find out what interrupts them: restarts, memory limits, the network";
    RedisSentinelDown warning after "5m":
        "sum by (namespace) (redis_up{SENTINELS}) < VOTERS",
        "fewer sentinels answer than the document asks for",
        "kubectl describe pod says why one does not start; one more lost may be the majority";
    RedisSentinelsBelowQuorum critical after "1m":
        "sum by (namespace) (redis_up{SENTINELS}) < MAJORITY or max by (namespace) (redis_sentinel_master_ok_sentinels{SENTINELS}) < MAJORITY",
        "too few sentinels hear each other to elect a master",
        "bring sentinels back before anything happens to the master: nobody would take over";
    RedisSentinelsDisagree critical after "1m":
        "count by (namespace) (count by (namespace, master_address) (redis_sentinel_master_status{SENTINELS})) > 1",
        "sentinels name different masters",
        "mend the network between the nodes: those cut off send their clients to the old master";
    RedisMemoryNearLimit warning after "5m":
        "redis_memory_used_bytes{SERVERS} / (redis_memory_max_bytes{SERVERS} > 0) > 0.9 and on (namespace, pod) redis_instance_info{role=\"master\",maxmemory_policy!~\"allkeys-.*\",SERVERS}",
        "the master uses more than nine tenths of maxmemory",
        "raise resources.limits.memory, delete data, or set a maxmemory-policy that evicts: at the limit writes are refused";
    RedisEvicting warning after "5m":
        "sum by (namespace, pod) (increase(redis_evicted_keys_total{SERVERS}[15m])) > 0.1 * sum by (namespace, pod) (redis_db_keys{SERVERS})",
        "more than a tenth of the keys was evicted within 15 minutes",
        "raise resources.limits.memory if these keys are asked for again: hits and misses tell";
    RedisConnectionsRejected warning after "0s":
        "increase(redis_rejected_connections_total{SERVERS}[5m]) > 0",
        "clients were refused, since all of maxclients is taken",
        "look for clients that open connections and keep them, or raise maxclients in spec.config";
    RedisSlow warning after "5m":
        "sum by (namespace, pod) (rate(redis_commands_duration_seconds_total{SERVERS}[5m])) / sum by (namespace, pod) (rate(redis_commands_total{SERVERS}[5m])) > 0.01",
        "a command takes more than 10 ms on average",
        "SLOWLOG GET names the commands all others wait for; a CPU limit or a busy node slows every one";
    RedisAofFailing critical after "1m":
        "redis_aof_last_write_status{SERVERS} == 0 or redis_aof_last_bgrewrite_status{SERVERS} == 0",
        "the append-only file cannot be written",
        "make room on the volume: a master that cannot append refuses writes, and a file that is not rewritten fills the disk";
    RedisSnapshotFailing critical after "1m":
        "redis_rdb_last_bgsave_status{SERVERS} == 0",
        "the last snapshot failed",
        "make room on the volume, and memory for the fork: after a failed snapshot the master refuses writes, and backups grow old";
    RedisSnapshotOld warning after "15m":
        "time() - redis_rdb_last_save_timestamp_seconds{SERVERS} > 86400 and redis_rdb_changes_since_last_save{SERVERS} > 0",
        "data has changed, and the last snapshot is older than a day",
        "see whether save in spec.config asks for one often enough, and make one with BGSAVE: a backup is a copy of the last one";
    RedisCertificateExpiring warning after "5m":
        "certmanager_certificate_expiration_timestamp_seconds{name=\"CERTIFICATE\",exported_namespace=\"NAMESPACE\"} + certmanager_certificate_renewal_timestamp_seconds{name=\"CERTIFICATE\",exported_namespace=\"NAMESPACE\"} < 2 * time() or certmanager_certificate_expiration_timestamp_seconds{name=\"CERTIFICATE\",namespace=\"NAMESPACE\"} + certmanager_certificate_renewal_timestamp_seconds{name=\"CERTIFICATE\",namespace=\"NAMESPACE\"} < 2 * time()",
        "cert-manager should have renewed the certificate, and half of the time from then to its end is over",
        "kubectl describe certificate, and its certificaterequest, say why not: when it ends servers, sentinels and clients refuse each other";
};

/// An alert is there for what an instance has.
fn concerns(instance: Instance<'_>, alert: &Alert) -> bool {
    match alert.name {
        "RedisSnapshotOld" => instance.has_snapshots(),
        "RedisCertificateExpiring" => instance.redis.spec.tls.as_deref().is_some_and(|tls| tls.certificate.is_some()),
        _ => true,
    }
}

pub(super) fn build(instance: Instance<'_>) -> Option<PrometheusRule> {
    let asked = instance.metrics()?.alerts.as_ref().filter(|alerts| alerts.enabled == Some(true))?;
    let (servers, sentinels) = (instance.replicas(Component::Server), instance.replicas(Component::Sentinel));
    let majority = instance.quorum().max(defaults::majority(sentinels));
    let namespace = instance.redis.metadata.namespace.as_ref().map(ToString::to_string);
    let values = [
        ("CERTIFICATE", instance.name().to_owned()),
        ("NAMESPACE", namespace.unwrap_or_default()),
        ("SERVERS", selector(instance, Component::Server)),
        ("SENTINELS", selector(instance, Component::Sentinel)),
        ("MAJORITY", majority.to_string()),
        ("COUNT", servers.to_string()),
        ("OTHERS", servers.saturating_sub(1).to_string()),
        ("TWICE", (2 * servers).to_string()),
        ("VOTERS", sentinels.to_string()),
    ];
    let rule = |alert: &Alert| {
        let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        AlertRule {
            alert: alert.name.to_owned(),
            annotations: BTreeMap::from([text("description", alert.description), text("summary", alert.summary)]),
            expr: values.iter().fold(alert.expr.to_owned(), |expr, (name, value)| expr.replace(name, value)),
            r#for: alert.pending.to_owned(),
            labels: BTreeMap::from([text("redis", instance.name()), text("severity", alert.severity)]),
        }
    };
    let rules = ALERTS.iter().filter(|alert| concerns(instance, alert)).map(rule).collect();
    let group = RuleGroup { name: ["redis-", instance.name()].concat(), rules };
    Some(PrometheusRule {
        metadata: labelled(instance, instance.name().to_owned(), asked.labels.as_ref()),
        spec: PrometheusRuleSpec { groups: vec![group] },
    })
}

/// What selects the metrics of a set, whatever found its exporters: they all say the namespace and the pod.
pub(super) fn selector(instance: Instance<'_>, component: Component) -> String {
    let namespace = instance.redis.metadata.namespace.as_ref();
    let namespace = namespace.map_or(String::new(), |namespace| format!("namespace=\"{namespace}\","));
    format!("{namespace}pod=~\"{}-[0-9]+\"", instance.set_name(component))
}
