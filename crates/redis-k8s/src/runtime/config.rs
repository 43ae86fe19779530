//! redis.conf, live.conf, sentinel.conf and topology.env.

use std::borrow::Cow;
use std::collections::BTreeMap;

use minijinja::context;

use super::{DATA_DIR, TLS_DIR};
use crate::check;
use crate::instance::{Component, Instance};
use crate::model::{ClientCertificates, Config, Modules, Persistence, User, defaults};
use crate::template::fill;
use crate::value::ConfigValue;

/// The share of the memory limit the data may fill: the rest is for buffers, and for pages copied while a child writes.
const MAXMEMORY_PERCENT: u64 = 75;
/// Redis's own schedule (redis.conf of 7.2), for those who ask for snapshots without one.
const SAVE: &str = "3600 1 300 100 60 10000";

/// Directives by name.
type Directives<'d> = BTreeMap<&'d str, Cow<'d, ConfigValue>>;

/// The directives of the document over those given.
fn over<'d>(given: Vec<(&'d str, ConfigValue)>, asked: Option<&'d Config>) -> Directives<'d> {
    let given = given.into_iter().map(|(key, value)| (key, Cow::Owned(value)));
    let asked = asked.into_iter().flatten().map(|(key, value)| (key.as_str(), Cow::Borrowed(value)));
    given.chain(asked).collect()
}

/// The directives of a server.
pub(crate) fn of_server(instance: Instance<'_>) -> Directives<'_> {
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
    let mut directives = over(given, instance.redis.spec.config.as_ref());
    if instance.redis.spec.modules == Some(Modules::Image) {
        let own = directives.get("loadmodule").map(|own| own.lines().map(str::to_owned).collect()).unwrap_or_default();
        let modules = instance.modules_of_image().unwrap_or_default();
        let all = modules.iter().map(|module| (*module).to_owned()).chain::<Vec<String>>(own).collect();
        directives.insert("loadmodule", Cow::Owned(ConfigValue::Many(all)));
    }
    directives
}

/// The directives of a sentinel.
pub(crate) fn of_sentinel(instance: Instance<'_>) -> Directives<'_> {
    over(Vec::new(), instance.sentinel().and_then(|sentinel| sentinel.config.as_ref()))
}

const EMPTY: &str = "\"\"";

/// One line for each time a directive stands.
pub(crate) fn lines(directives: &Directives<'_>) -> String {
    let mut text = String::new();
    for (key, value) in directives {
        for line in value.lines() {
            text.extend([*key, " ", if line.is_empty() { EMPTY } else { line }, "\n"]);
        }
    }
    text
}

/// One line for each directive, since CONFIG SET takes all of a value at once.
fn joined(directives: &Directives<'_>) -> String {
    let mut text = String::new();
    for (key, value) in directives {
        // An empty line takes back those before it.
        let all: Vec<&str> = value.lines().map(str::trim).collect();
        let last = all.rsplit(|line| matches!(*line, "" | "\"\"" | "''")).next().unwrap_or_default();
        text.extend([*key, " ", &if last.is_empty() { EMPTY.to_owned() } else { last.join(" ") }, "\n"]);
    }
    text
}

/// redis.conf and live.conf: what a server reads at its start alone, and what it takes while it runs.
pub(super) fn server_conf(instance: Instance<'_>) -> (String, String) {
    let (live, fixed): (Directives<'_>, Directives<'_>) =
        of_server(instance).into_iter().partition(|(key, _)| check::is_live(key));
    let redis_conf = fill(
        "redis.conf",
        context! {
            data_dir => DATA_DIR,
            tls_dir => TLS_DIR,
            tls => instance.has_tls(),
            tls_auth_clients => auth_clients(instance),
            port => instance.port(Component::Server).get(),
            appendonly => instance.has_aof(),
            directives => lines(&fixed),
        },
    );
    (redis_conf, joined(&live))
}

pub(super) fn sentinel_conf(instance: Instance<'_>) -> String {
    fill(
        "sentinel.conf",
        context! {
            data_dir => DATA_DIR,
            tls_dir => TLS_DIR,
            tls => instance.has_tls(),
            tls_auth_clients => auth_clients(instance),
            names => instance.has_names(),
            port => instance.port(Component::Sentinel).get(),
            directives => lines(&of_sentinel(instance)),
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
            min_replicas => instance.min_replicas_to_write(),
            max_lag => instance.min_replicas_max_lag().as_secs_rounded_up(),
            persistence => persistence(instance),
            claims => u8::from(instance.claim_size(Component::Server).is_some()),
            auth => u8::from(instance.has_auth()),
            tls => instance.has_tls(),
            outside => instance.external().is_some(),
            node_ports => node_ports(instance),
            modules => instance.loads_modules(),
        },
    )
}

/// The ports that pods announce instead of their own.
fn node_ports(instance: Instance<'_>) -> String {
    let all = Component::ALL.into_iter().filter_map(|component| instance.announced_ports(component)).flatten();
    all.map(|port| port.to_string()).collect::<Vec<_>>().join(" ")
}

/// Users of the document, a line each: name, key of the password or `-`, hashes and rules. `default` is among them where it is off.
pub(super) fn users_conf(users: Option<&[User]>, default: Option<bool>) -> String {
    let mut text = String::new();
    if default == Some(false) {
        text += "default - off\n";
    }
    for user in users.unwrap_or_default() {
        let Some(name) = &user.name else { continue };
        let rules = user.rules.as_ref().map_or(defaults::SENTINEL_RULES, |rules| rules.as_str());
        text += &[name.as_str(), " ", user.password_key().as_deref().unwrap_or("-")].concat();
        for hash in user.hashes.iter().flatten() {
            text += &[" #", hash.as_str()].concat();
        }
        text += &[" ", rules, "\n"].concat();
    }
    text
}

/// What a server finds on its volume when it starts again: with both, Redis reads the append-only file.
fn persistence(instance: Instance<'_>) -> &'static str {
    match instance.persistence() {
        Persistence::Aof | Persistence::Both => "aof",
        Persistence::Rdb => "rdb",
        Persistence::None => "none",
    }
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
