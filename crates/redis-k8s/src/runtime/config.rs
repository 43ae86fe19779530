//! redis.conf, sentinel.conf and topology.env.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, context};

use super::{DATA_DIR, TLS_DIR};
use crate::instance::{Component, Instance};
use crate::model::{ClientCertificates, Config};
use crate::value::ConfigValue;

/// The share of the memory limit the data may fill: the rest is for buffers, and for pages copied while a child writes.
const MAXMEMORY_PERCENT: u64 = 75;
/// Redis's own schedule (redis.conf of 7.2), for those who ask for snapshots without one.
const SAVE: &str = "3600 1 300 100 60 10000";

const TEMPLATES: [(&str, &str); 4] = [
    ("redis.conf", include_str!("../../templates/redis.conf")),
    ("sentinel.conf", include_str!("../../templates/sentinel.conf")),
    ("topology.env", include_str!("../../templates/topology.env")),
    ("tutorial/sentinel.conf", include_str!("../../templates/tutorial/sentinel.conf")),
];

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    // No filters, tests or functions: the templates use none, and making them takes longer than filling a template.
    let mut environment = Environment::empty();
    if let Ok(syntax) =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()
    {
        environment.set_syntax(syntax);
    }
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    for (name, text) in TEMPLATES {
        // A template that does not parse is found by the first test; it would then be missing below.
        let _ = environment.add_template(name, text);
    }
    environment
});

fn fill(name: &str, context: minijinja::Value) -> String {
    // Both can only fail for a broken template, which no test would let pass.
    ENVIRONMENT.get_template(name).and_then(|template| template.render(context)).unwrap_or_default()
}

/// The directives of the document over those given, one line each.
fn directives(given: &[(&str, ConfigValue)], asked: Option<&Config>) -> String {
    let given = given.iter().map(|(key, value)| (*key, value));
    let asked = asked.into_iter().flatten().map(|(key, value)| (key.as_str(), value));
    let mut directives = String::new();
    for (key, value) in given.chain(asked).collect::<BTreeMap<_, _>>() {
        for line in value.lines() {
            let line = if line.is_empty() { "\"\"" } else { line };
            directives.extend([key, " ", line, "\n"]);
        }
    }
    directives
}

pub(super) fn redis_conf(instance: Instance<'_>, data_dir: &str) -> String {
    let spec = &instance.redis.spec;
    let mut given = vec![
        // The default of 1 MiB is gone in an instant; a replica that was away for seconds should not need everything.
        ("repl-backlog-size", "16mb".into()),
        // A new replica starts to sync at once instead of waiting 5 s for company.
        ("repl-diskless-sync-delay", "0".into()),
        // A cut longer than repl-timeout ends the link on both sides, and the replica is back within seconds of the end of
        // the cut. At Redis's 60 s both wait for TCP to try again: 26 s after a cut of 30 s.
        ("repl-ping-replica-period", "5".into()),
        ("repl-timeout", "20".into()),
        ("save", if instance.has_snapshots() { SAVE } else { "" }.into()),
        ("tcp-keepalive", "60".into()),
    ];
    if instance.has_aof() {
        given.push(("appendfsync", "everysec".into()));
    }
    if let Some(limit) = instance.memory_limit() {
        given.push(("maxmemory", (limit / 100 * MAXMEMORY_PERCENT).into()));
    }
    fill(
        "redis.conf",
        context! {
            data_dir,
            tls_dir => TLS_DIR,
            tls => instance.has_tls(),
            tls_auth_clients => auth_clients(instance),
            port => instance.port(Component::Server),
            appendonly => instance.has_aof(),
            min_replicas_to_write => instance.min_replicas_to_write(),
            min_replicas_max_lag => instance.min_replicas_max_lag().as_secs_rounded_up(),
            directives => directives(&given, spec.config.as_ref()),
        },
    )
}

pub(super) fn sentinel_conf(instance: Instance<'_>) -> String {
    fill(
        "sentinel.conf",
        context! {
            data_dir => DATA_DIR,
            tls_dir => TLS_DIR,
            tls => instance.has_tls(),
            tls_auth_clients => auth_clients(instance),
            port => instance.port(Component::Sentinel),
            directives => directives(&[], instance.sentinel().and_then(|sentinel| sentinel.config.as_ref())),
        },
    )
}

pub(super) fn topology_env(instance: Instance<'_>) -> String {
    fill(
        "topology.env",
        context! {
            servers => instance.replicas(Component::Server),
            sentinels => instance.replicas(Component::Sentinel),
            quorum => instance.quorum(),
            down_after => instance.down_after().as_millis(),
            failover_timeout => instance.failover_timeout().as_millis(),
            parallel_syncs => instance.parallel_syncs(),
            durable => u8::from(instance.has_aof()),
            claims => u8::from(instance.claim_size(Component::Server).is_some()),
        },
    )
}

/// What a sentinel of the tutorial's targets is told about its master, after the line that names it.
pub(super) fn tutorial_sentinel_conf(instance: Instance<'_>) -> String {
    fill(
        "tutorial/sentinel.conf",
        context! {
            master => instance.master_name(),
            down_after => instance.down_after().as_millis(),
            failover_timeout => instance.failover_timeout().as_millis(),
            parallel_syncs => instance.parallel_syncs(),
            directives => directives(&[], instance.sentinel().and_then(|sentinel| sentinel.config.as_ref())),
        },
    )
}

/// As `tls-auth-clients` has it.
fn auth_clients(instance: Instance<'_>) -> &'static str {
    let asked = instance.redis.spec.tls.as_deref().and_then(|tls| tls.client_certificates);
    match asked.unwrap_or(ClientCertificates::Optional) {
        ClientCertificates::None => "no",
        ClientCertificates::Optional => "optional",
        ClientCertificates::Required => "yes",
    }
}
