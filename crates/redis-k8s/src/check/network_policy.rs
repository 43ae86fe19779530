//! Who may connect.

use std::net::IpAddr;

use ipnet::IpNet;

use super::rule::rules;
use super::{Check, services};
use crate::check::at::At;
use crate::instance::Component;
use crate::model::{Peer, PolicyPort, PolicyRule, Protocol};

rules! { RULES;
    PEER_EMPTY = Error "peer-empty", "a peer names neither pods, namespaces nor a block of addresses",
        "the API server refuses it; `pods: {}` means every pod of the namespace";
    PEER_MIXED = Error "peer-mixed", "a peer has a block of addresses and labels",
        "the API server refuses it: a peer is pods or addresses";
    CIDR_INVALID = Error "cidr-invalid", "a block of addresses is not one",
        "the API server refuses it, reads another block than was meant, or warns of it at every apply";
    EXCEPT_OUTSIDE = Error "except-outside", "a block in `except` is not within the peer's `cidr`, or all of it, or there is no `cidr`",
        "the API server refuses it";
    POLICY_RULE_INCOMPLETE = Error "policy-rule-incomplete", "a rule of `spec.networkPolicy.ingress` or `egress` has an empty list, or a port without its number",
        "Kubernetes takes an empty list for everybody, or for every port";
    POLICY_PORTS_REVERSED = Error "policy-ports-reversed", "`endPort` is less than `port`",
        "the API server refuses it";
    DNS_PEERS_EMPTY = Error "dns-peers-empty", "`spec.networkPolicy.dns` is an empty list",
        "the pods find each other by name when they start: without a name service no instance ever comes up";
    PORT_CLOSED_TO_CLIENTS = Warning "port-closed-to-clients", "a container of `spec.extension` has a port that the NetworkPolicy opens to nobody",
        "clients reach nobody there";
    OPEN_TO_ALL = Warning "open-to-all", "`spec.networkPolicy.enabled` is false without a password or client certificates",
        "every pod of the cluster may read, change and delete everything";
}

pub(super) fn check(check: &mut Check) {
    if let Some(policy) = check.spec.network_policy.as_deref() {
        let path = At::root("spec.networkPolicy");
        if policy.enabled == Some(false) {
            let described = policy.clients.is_some()
                || policy.dns.is_some()
                || policy.ingress.is_some()
                || policy.egress.is_some()
                || policy.mesh.is_some();
            services::settings_of_disabled(check, &path, described);
            if !check.is_guarded() {
                check.report(
                    OPEN_TO_ALL
                        .at(
                            path.field("enabled"),
                            "without it and without a password, every pod of the cluster has full access",
                        )
                        .help("add spec.auth, or leave enabled out and name clients"),
                );
            }
        }
        for (place, client) in policy.clients.iter().flatten().enumerate() {
            peer(check, &path.field("clients").index(place), client, true);
        }
        for (place, dns) in policy.dns.iter().flatten().enumerate() {
            if let Some(to) = &dns.to {
                peer(check, &path.field("dns").index(place).field("to"), to, false);
            }
        }
        for (field, rules) in [("ingress", &policy.ingress), ("egress", &policy.egress)] {
            for (place, asked) in rules.iter().flatten().enumerate() {
                rule(check, &path.field(field).index(place), asked, field == "ingress");
            }
        }
        if policy.dns.as_ref().is_some_and(Vec::is_empty) {
            check.report(
                DNS_PEERS_EMPTY
                    .at(
                        path.field("dns"),
                        "the pods find each other by name: without a name service the instance never comes up",
                    )
                    .help("leave it out for ports 53 and 5353 of anything, or name the port, as in [{port: 53}]"),
            );
        }
    }
}

/// True if somebody beside the pods of the instance reaches this port of a server.
pub(super) fn opens(check: &Check, port: i32, protocol: &str) -> bool {
    let is_asked = |asked: &PolicyPort| {
        let first = asked.port.map_or(0, |port| i32::from(port.get()));
        let last = asked.end_port.map_or(first, |port| port.get().into());
        (first..=last).contains(&port) && asked.protocol.unwrap_or(Protocol::Tcp).as_str() == protocol
    };
    let ingress = check.spec.network_policy.as_deref().and_then(|policy| policy.ingress.as_ref());
    !check.instance.has_network_policy()
        || ingress.into_iter().flatten().any(|rule| rule.ports.as_ref().is_none_or(|ports| ports.iter().any(is_asked)))
}

fn rule(check: &mut Check, path: &At, rule: &PolicyRule, is_ingress: bool) {
    let incomplete = |path: At, message: &str| {
        POLICY_RULE_INCOMPLETE
            .at(path, message.to_owned())
            .help("leave the list out where anything is meant, or name what is")
    };
    if rule.peers.as_ref().is_some_and(Vec::is_empty) {
        check.report(incomplete(path.field("peers"), "an empty list of peers is everybody to Kubernetes"));
    }
    if rule.ports.as_ref().is_some_and(Vec::is_empty) {
        check.report(incomplete(path.field("ports"), "an empty list of ports is every port to Kubernetes"));
    }
    // Whether it leads to Redis: to a port of it, or to every one.
    let own = [check.instance.port(Component::Server), check.instance.port(Component::Sentinel)];
    let covers = |asked: &PolicyPort| {
        let last = asked.end_port.or(asked.port);
        own.iter().any(|port| asked.port <= Some(*port) && Some(*port) <= last)
    };
    let to_redis = is_ingress && rule.ports.as_ref().is_none_or(|ports| ports.iter().any(covers));
    if rule.peers.is_none() && to_redis && !check.is_guarded() {
        services::exposed_without_password(check, *path, "anything");
    }
    for (place, asked) in rule.peers.iter().flatten().enumerate() {
        peer(check, &path.field("peers").index(place), asked, to_redis);
    }
    for (place, asked) in rule.ports.iter().flatten().enumerate() {
        let ports = path.field("ports");
        let path = ports.index(place);
        if asked.port.is_none() {
            check.report(incomplete(path.field("port"), "a port without a number is every port to Kubernetes"));
        } else if asked.end_port.is_some_and(|last| Some(last) < asked.port) {
            check.report(
                POLICY_PORTS_REVERSED
                    .at(path.field("endPort"), "the last port of a range is not less than the first")
                    .help("exchange port and endPort"),
            );
        }
    }
}

pub(super) fn peer(check: &mut Check, path: &At, peer: &Peer, is_client: bool) {
    let has_labels = peer.pods.is_some() || peer.namespaces.is_some();
    let Some(block) = &peer.cidr else {
        if peer.except.is_some() {
            check.report(
                EXCEPT_OUTSIDE
                    .at(path.field("except"), "there is no block of addresses of which it would be a part")
                    .help("add cidr, or leave except out"),
            );
        }
        if !has_labels {
            check.report(
                PEER_EMPTY
                    .at(*path, "a peer is pods, namespaces or a block of addresses, and this one is none")
                    .help("write pods: {} for every pod of the namespace, or namespaces: {} for every namespace"),
            );
        }
        return;
    };
    if has_labels {
        check.report(
            PEER_MIXED
                .at(path.field("cidr"), "a peer is pods or addresses, not both")
                .help("make it two peers: either may then connect"),
        );
    }
    for (place, except) in peer.except.iter().flatten().enumerate() {
        let path = path.field("except");
        let path = path.index(place);
        if let Err((why, help)) = cidr(except) {
            check.report(CIDR_INVALID.at(path, format!("{except:?} is not a block of addresses: {why}")).help(help));
        } else if let (Ok(all), Ok(part)) = (block.parse::<IpNet>(), except.parse::<IpNet>())
            && (all == part || !all.contains(&part))
        {
            check.report(
                EXCEPT_OUTSIDE
                    .at(path, format!("{except} is not a part of {block}"))
                    .help("name smaller blocks within it, or leave it out"),
            );
        }
    }
    if prefix(check, path.field("cidr"), block) == Some(0) && is_client && !check.is_guarded() {
        services::exposed_without_password(check, path.field("cidr"), block);
    }
}

/// The length of the prefix of a block; reports one that is none.
pub(super) fn prefix(check: &mut Check, path: At, block: &str) -> Option<u8> {
    cidr(block)
        .map_err(|(why, help)| {
            let message = format!("{block:?} is not a block of addresses: {why}");
            check.report(CIDR_INVALID.at(path, message).help(help));
        })
        .ok()
}

/// The length of the prefix, or what is wrong and what may have been meant.
pub(super) fn cidr(text: &str) -> Result<u8, (&'static str, String)> {
    let example = || "write an address and the length of its prefix, as in 10.0.0.0/8".to_owned();
    let Some((address, _)) = text.split_once('/') else {
        let help = match text.parse::<IpAddr>() {
            Ok(IpAddr::V4(_)) => format!("for this address alone write {text}/32"),
            Ok(IpAddr::V6(_)) => format!("for this address alone write {text}/128"),
            Err(_) => example(),
        };
        return Err(("it has no prefix length", help));
    };
    let address: IpAddr = address.parse().map_err(|_| ("its address is not one", example()))?;
    let block: IpNet = text.parse().map_err(|_| {
        let most = if address.is_ipv4() { 32 } else { 128 };
        ("its prefix length is out of range", format!("use 0 to {most}"))
    })?;
    if matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some()) {
        return Err(("it is an IPv4 address written as IPv6", "write it as an IPv4 block".to_owned()));
    }
    let usual = block.trunc();
    if usual != block {
        return Err(("bits behind its prefix are set", format!("write {usual}, or a longer prefix")));
    }
    // The API server warns of it (RFC 5952).
    if usual.to_string() != text {
        return Err(("its address is written in an unusual form", format!("write {usual}")));
    }
    Ok(block.prefix_len())
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case(
            "peer-empty",
            "spec.networkPolicy.clients[1]",
            "spec: {networkPolicy: {clients: [{pods: {app: shop}}, {}]}}",
            "spec: {networkPolicy: {clients: [{pods: {}}, {namespaces: {}}]}}",
        ),
        case(
            "peer-empty",
            "spec.networkPolicy.dns[0].to",
            "spec: {networkPolicy: {dns: [{to: {}}]}}",
            "spec: {networkPolicy: {dns: [{port: 53}]}}",
        ),
        case(
            "peer-mixed",
            "spec.networkPolicy.clients[0].cidr",
            "spec: {networkPolicy: {clients: [{pods: {}, cidr: 10.0.0.0/8}]}}",
            "spec: {networkPolicy: {clients: [{pods: {}}, {cidr: 10.0.0.0/8}]}}",
        ),
        case(
            "cidr-invalid",
            "spec.networkPolicy.clients[0].cidr",
            "spec: {networkPolicy: {clients: [{cidr: 10.0.0.1/8}]}}",
            "spec: {networkPolicy: {clients: [{cidr: 10.0.0.1/32}]}}",
        ),
        case(
            "cidr-invalid",
            "spec.networkPolicy.clients[0].cidr",
            "spec: {networkPolicy: {clients: [{cidr: 10.0.0.0}]}}",
            "spec: {networkPolicy: {clients: [{cidr: 10.0.0.0/24}]}}",
        ),
        case(
            "cidr-invalid",
            "spec.networkPolicy.dns[0].to.cidr",
            "spec: {networkPolicy: {dns: [{to: {cidr: 'fd00::/129'}}]}}",
            "spec: {networkPolicy: {dns: [{to: {cidr: 'fd00::/8'}}]}}",
        ),
        case(
            "except-outside",
            "spec.networkPolicy.clients[0].except[0]",
            "spec: {networkPolicy: {clients: [{cidr: 10.0.0.0/8, except: [192.168.0.0/16]}]}}",
            "spec: {networkPolicy: {clients: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}]}}",
        ),
        case(
            "cidr-invalid",
            "spec.networkPolicy.egress[0].peers[0].except[0]",
            "spec: {networkPolicy: {egress: [{peers: [{cidr: 10.0.0.0/8, except: [10.1.0.0]}]}]}}",
            "spec: {networkPolicy: {egress: [{peers: [{cidr: 10.0.0.0/8, except: [10.1.0.0/24]}]}]}}",
        ),
        case(
            "policy-rule-incomplete",
            "spec.networkPolicy.egress[0].peers",
            "spec: {networkPolicy: {egress: [{peers: [], ports: [{port: 443}]}]}}",
            "spec: {networkPolicy: {egress: [{ports: [{port: 443}]}]}}",
        ),
        case(
            "policy-rule-incomplete",
            "spec.networkPolicy.ingress[0].ports[0].port",
            "spec: {networkPolicy: {ingress: [{peers: [{pods: {}}], ports: [{protocol: UDP}]}]}}",
            "spec: {networkPolicy: {ingress: [{peers: [{pods: {}}], ports: [{port: 53, protocol: UDP}]}]}}",
        ),
        case(
            "policy-ports-reversed",
            "spec.networkPolicy.egress[0].ports[0].endPort",
            "spec: {networkPolicy: {egress: [{ports: [{port: 90, endPort: 80}]}]}}",
            "spec: {networkPolicy: {egress: [{ports: [{port: 80, endPort: 90}]}]}}",
        ),
        case(
            "exposed-without-password",
            "spec.networkPolicy.ingress[0]",
            "spec: {networkPolicy: {ingress: [{ports: [{port: 6000, endPort: 7000}]}]}}",
            "spec: {networkPolicy: {ingress: [{ports: [{port: 9121}]}]}}",
        ),
        case(
            "except-outside",
            "spec.networkPolicy.egress[0].peers[0].except",
            "spec: {networkPolicy: {egress: [{peers: [{pods: {}, except: [10.0.0.0/8]}]}]}}",
            "spec: {networkPolicy: {egress: [{peers: [{pods: {}}]}]}}",
        ),
        case(
            "dns-peers-empty",
            "spec.networkPolicy.dns",
            "spec: {networkPolicy: {dns: []}}",
            "spec: {networkPolicy: {dns: [{port: 53}]}}",
        ),
        case(
            "open-to-all",
            "spec.networkPolicy.enabled",
            "spec: {networkPolicy: {enabled: false}}",
            "spec: {networkPolicy: {enabled: false}, auth: {secret: a}}",
        ),
        case(
            "settings-of-disabled",
            "spec.networkPolicy.enabled",
            "spec: {auth: {secret: a}, networkPolicy: {enabled: false, clients: []}}",
            "spec: {networkPolicy: {clients: []}}",
        ),
        case(
            "exposed-without-password",
            "spec.networkPolicy.clients[0].cidr",
            "spec: {networkPolicy: {clients: [{cidr: 0.0.0.0/0}]}}",
            "spec: {networkPolicy: {clients: [{cidr: 0.0.0.0/0}]}, auth: {secret: a}}",
        ),
        case(
            "exposed-without-password",
            "spec.networkPolicy.clients[0].cidr",
            "spec: {networkPolicy: {clients: [{cidr: '::/0'}]}}",
            "spec: {networkPolicy: {dns: [{to: {cidr: 0.0.0.0/0}}]}}",
        ),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_as_the_api_server_reads_them() {
        for good in ["0.0.0.0/0", "10.0.0.0/8", "192.168.1.1/32", "::/0", "fd00::/8", "2001:db8::1/128"] {
            assert!(cidr(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/8",
            "10.0.0.0/",
            "10.0.0/8",
            "010.0.0.0/8",
            "10.0.0.0/08",
            "10.0.0.0/+8",
            "10.0.0.0/33",
            "::ffff:10.0.0.0/104",
            "fd00::1/8",
            "FD00::/8",
            "fd00:0::/16",
        ] {
            assert!(cidr(bad).is_err(), "{bad}");
        }
        assert_eq!(
            cidr("10.1.2.3/8").map_err(|(_, help)| help),
            Err("write 10.0.0.0/8, or a longer prefix".to_owned())
        );
        assert_eq!(cidr("10.0.0.0/08").map_err(|(_, help)| help), Err("write 10.0.0.0/8".to_owned()));
        assert_eq!(
            cidr("fd00::1").map_err(|(_, help)| help),
            Err("for this address alone write fd00::1/128".to_owned())
        );
    }
}
