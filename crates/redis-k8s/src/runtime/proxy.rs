//! haproxy.cfg.

use minijinja::context;

use super::{TLS_DIR, config};
use crate::instance::{Component, Instance};
use crate::model::{IpFamilyPolicy, defaults};
use crate::template::fill;

/// Connections a server takes where the document does not say (`maxclients`).
const MAX_CLIENTS: u32 = 10_000;
/// The most one proxy is to hold: its default memory is enough for them.
const MOST: u32 = 4000;

pub(super) fn config(instance: Instance<'_>) -> String {
    let services = instance.redis.spec.services.as_deref();
    let policy = services.and_then(|services| services.ip_family_policy);
    let families = services.and_then(|services| services.ip_families.as_ref());
    let servers: Vec<_> = (0..instance.replicas(Component::Server))
        .map(|ordinal| ordinal.to_string())
        .map(|ordinal| {
            context! {
                name => [instance.name(), "-", &ordinal].concat(),
                service => instance.announce_name(Component::Server, &ordinal),
            }
        })
        .collect();
    let user = instance.own_user();
    fill(
        super::PROXY_CONFIG,
        context! {
            auth => instance.has_auth(),
            user => user,
            user_length => user.len(),
            tls => instance.has_tls(),
            tls_dir => TLS_DIR,
            certificate => instance.demands_certificates(),
            certificate_key => defaults::TLS_CERTIFICATE_KEY,
            authority_key => defaults::TLS_AUTHORITY_KEY,
            connections => connections(instance),
            // The address a pod says it has is of one family, and its Service may be of the other.
            any_family => families.is_some() || policy.is_some_and(|policy| policy != IpFamilyPolicy::SingleStack),
            port => instance.port(Component::Proxy).get(),
            health_port => instance.health_port(),
            server_port => instance.port(Component::Server).get(),
            servers => servers,
        },
    )
}

/// Connections of one proxy: a fifth of what the servers take is left to checks, replicas, sentinels and other clients. A check that is
/// refused holds the server for down.
fn connections(instance: Instance<'_>) -> u32 {
    let asked = config::of_server(instance).remove("maxclients");
    let asked = asked.and_then(|value| value.lines().last().and_then(|line| line.parse().ok()));
    let all = asked.unwrap_or(MAX_CLIENTS) / 5 * 4;
    (all / instance.replicas(Component::Proxy).max(1)).clamp(1, MOST)
}
