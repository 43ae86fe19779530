//! Services.

use std::collections::HashMap;
use std::net::IpAddr;

use super::form::Form;
use super::metadata::{check_label, entries};
use super::name::{is_dns_label, is_dns_subdomain};
use super::part::{has, in_range, is_empty, items, number, protocol_of, text};
use super::probe::check_port_at;
use super::rules::{
    AFFINITY_OF_HEADLESS, DEPRECATED, FIELD_DROPPED, FIELD_IGNORED, FIELDS_CONTRADICT, HEADLESS_TYPE, INVALID_ADDRESS,
    INVALID_NAME, INVALID_PORT, IP_FAMILIES_AGAINST_POLICY, IP_FAMILIES_INVALID, PORT_NAMES, PORTS_MISSING,
    TWICE_IN_LIST, broken,
};
use super::values::{is_address, unusual};
use crate::document::fault::Fault;
use crate::document::node::{Node, shorten};

/// Seconds of a day: no client is kept longer.
const MAX_AFFINITY: i128 = 86400;

/// True for a Service without an address of its own.
pub(super) fn is_headless(spec: &Node<'_>) -> bool {
    ["clusterIP", "portalIP"].iter().any(|field| text(spec, field) == Some("None"))
}

pub(super) fn check(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    let kind = text(spec, "type").filter(|kind| !kind.is_empty()).unwrap_or("ClusterIP");
    for entry in entries(spec, "selector") {
        check_label(entry, &["selector"], form);
    }
    if is_headless(spec) {
        if matches!(kind, "NodePort" | "LoadBalancer") {
            let fault = broken(&HEADLESS_TYPE, format!("a Service with clusterIP None cannot be of type {kind}"));
            form.report(fault.under("type".into()).help("remove clusterIP, or write `type: ClusterIP`"));
        }
        if text(spec, "sessionAffinity") == Some("ClientIP") {
            let fault = broken(&AFFINITY_OF_HEADLESS, "clients of a Service with clusterIP None choose by themselves");
            form.report(fault.under("sessionAffinity".into()).help("remove it"));
        }
    } else if spec.get("ports").is_none_or(is_empty) && kind != "ExternalName" {
        form.report(broken(&PORTS_MISSING, "the Service has no ports").under("ports".into()));
    }
    if kind == "ExternalName" {
        check_external_name(spec, form);
    } else {
        check_addresses(spec, form);
    }
    for (index, address) in items(spec, "externalIPs").iter().enumerate() {
        if let Some(address) = address.as_text().filter(|address| !is_reachable(address)) {
            let message = format!("\"{}\" is not an address that clients outside the node reach", shorten(address));
            form.report(broken(&INVALID_ADDRESS, message).under(index.into()).under("externalIPs".into()));
        }
    }
    check_type(spec, kind, form);
    check_ignored(spec, kind, form);
    check_port_names(spec, form);
    check_node_ports(spec, kind, form);
    check_families(spec, form);
}

/// A name for another name: it has neither an address nor families of them.
fn check_external_name(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    match text(spec, "externalName").map(|name| name.strip_suffix('.').unwrap_or(name)) {
        None | Some("") => form.report(Fault::missing("externalName").under("externalName".into())),
        Some(name) if !is_dns_subdomain(name) => {
            let message = format!("\"{}\" is not a DNS name", shorten(name));
            form.broken(&INVALID_NAME, &["externalName"], message, "write the name of a host, such as db.example.com");
        }
        Some(_) => {}
    }
    for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        let is_set = |value: &Node<'_>| !is_empty(value) && value.as_text() != Some("");
        if spec.get(field).is_some_and(is_set) {
            form.broken(&FIELDS_CONTRADICT, &[field], "a Service of type ExternalName has no addresses", "remove it");
        }
    }
}

/// The addresses inside the cluster: one of each family, the first of them said twice.
fn check_addresses(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    if let Some(address) =
        text(spec, "clusterIP").filter(|address| !matches!(*address, "" | "None") && !is_address(address))
    {
        let message = format!("\"{}\" is neither an address nor None", shorten(address));
        form.report(broken(&INVALID_ADDRESS, message).under("clusterIP".into()));
    }
    let addresses = items(spec, "clusterIPs");
    let first = text(spec, "clusterIP").unwrap_or_default();
    if addresses.first().is_some_and(|address| address.as_text() != Some(first)) {
        let message = "the first of clusterIPs must be clusterIP";
        form.broken(&FIELDS_CONTRADICT, &["clusterIPs"], message, "remove both: the API server gives addresses");
    }
    for (index, address) in addresses.iter().enumerate() {
        let Some(address) = address.as_text() else { continue };
        if !(is_address(address) || (index == 0 && address == "None")) {
            let message = format!("\"{}\" is not an address", shorten(address));
            form.report(broken(&INVALID_ADDRESS, message).under(index.into()).under("clusterIPs".into()));
        }
    }
    let is_v6: Vec<bool> = addresses.iter().filter_map(Node::as_text).map(|address| address.contains(':')).collect();
    let is_one_of_each =
        matches!(is_v6.as_slice(), [] | [_]) || matches!(is_v6.as_slice(), [first, second] if first != second);
    if !is_one_of_each || (addresses.len() > 1 && is_headless(spec)) {
        let message = "a Service has one address of each family, or None alone";
        form.broken(&FIELDS_CONTRADICT, &["clusterIPs"], message, "remove the others");
    }
    let families = items(spec, "ipFamilies").iter().filter_map(Node::as_text);
    for (index, (family, is_v6)) in families.zip(is_v6).enumerate().filter(|_| !is_headless(spec)) {
        if family != if is_v6 { "IPv6" } else { "IPv4" } {
            let message = format!("the address is not one of {}, the family at its place", shorten(family));
            form.report(broken(&FIELDS_CONTRADICT, message).under(index.into()).under("clusterIPs".into()));
        }
    }
}

/// An address that is that of somebody: not of the node alone or its network.
fn is_reachable(address: &str) -> bool {
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(v4)) => {
            let is_local_multicast = v4.octets()[..3] == [224, 0, 0];
            !(v4.is_unspecified() || v4.is_loopback() || v4.is_link_local() || is_local_multicast)
        }
        Ok(IpAddr::V6(v6)) => {
            let is_local_multicast = v6.segments()[0] & 0xff0f == 0xff02;
            is_address(address)
                && !(v6.is_unspecified() || v6.is_loopback() || v6.is_unicast_link_local() || is_local_multicast)
        }
        Err(_) => false,
    }
}

/// Fields that go with some types alone.
fn check_type(spec: &Node<'_>, kind: &str, form: &mut Form<'_, '_>) {
    let is_set = |field: &str| {
        spec.get(field).is_some_and(|value| !is_empty(value) && !matches!(value.as_text(), Some("" | "0")))
    };
    let is_balanced = kind == "LoadBalancer";
    let is_external = is_balanced || kind == "NodePort" || (kind == "ClusterIP" && is_set("externalIPs"));
    let has_health = is_balanced && text(spec, "externalTrafficPolicy") == Some("Local");
    for (field, is_allowed, wanted) in [
        ("allocateLoadBalancerNodePorts", is_balanced, "a Service of type LoadBalancer"),
        ("loadBalancerSourceRanges", is_balanced, "a Service of type LoadBalancer"),
        ("externalTrafficPolicy", is_external, "a Service that is reached from outside the cluster"),
        ("healthCheckNodePort", has_health, "a Service of type LoadBalancer and `externalTrafficPolicy: Local`"),
    ] {
        if is_set(field) && !is_allowed {
            form.broken(
                &FIELDS_CONTRADICT,
                &[field],
                format!("{field} is for {wanted}"),
                "remove it, or change the type",
            );
        }
    }
    if has(spec, "loadBalancerClass") && !is_balanced {
        let message = "loadBalancerClass is for a Service of type LoadBalancer";
        form.broken(&FIELDS_CONTRADICT, &["loadBalancerClass"], message, "remove it, or change the type");
    }
    let Some(config) = spec.get("sessionAffinityConfig") else { return };
    if text(spec, "sessionAffinity") != Some("ClientIP") {
        let message = "sessionAffinityConfig says how long clients are kept, and they are not: the API server drops it";
        let help = "remove it, or write `sessionAffinity: ClientIP`";
        form.broken(&FIELD_DROPPED, &["sessionAffinityConfig"], message, help);
    } else if let Some(client) = config.get("clientIP") {
        form.inside("sessionAffinityConfig", |form| {
            form.inside("clientIP", |form| in_range(client, "timeoutSeconds", 1..=MAX_AFFINITY, form));
        });
    }
}

/// What is taken and does nothing, and what will not be taken for long.
fn check_ignored(spec: &Node<'_>, kind: &str, form: &mut Form<'_, '_>) {
    let is_set = |field: &str| spec.get(field).is_some_and(|value| !is_empty(value) && value.as_text() != Some(""));
    let is_external = kind == "ExternalName";
    let is_headless = kind == "ClusterIP" && is_headless(spec);
    for (field, is_ignored, who) in [
        ("externalIPs", is_headless, "a Service with clusterIP None"),
        ("externalIPs", is_external, "a Service of type ExternalName"),
        ("externalName", !is_external, "a Service of another type than ExternalName"),
        ("loadBalancerIP", is_headless, "a Service with clusterIP None"),
    ] {
        if is_ignored && is_set(field) {
            form.broken(&FIELD_IGNORED, &[field], format!("{field} does nothing for {who}"), "remove it");
        }
    }
    if form.minor() >= 36 && is_set("externalIPs") && !is_headless && !is_external {
        let help = "use a Service of type LoadBalancer or NodePort";
        form.broken(&DEPRECATED, &["externalIPs"], "Kubernetes gives up externalIPs of Services", help);
    }
    if form.minor() >= 34 && text(spec, "trafficDistribution") == Some("PreferClose") {
        let message = "PreferClose has a new name";
        form.broken(&DEPRECATED, &["trafficDistribution"], message, "write PreferSameZone, which means the same");
    }
    let addresses = ["clusterIPs", "externalIPs"].into_iter().flat_map(|field| {
        items(spec, field).iter().enumerate().map(move |(index, item)| (vec![field.into(), index.into()], item))
    });
    let balanced = spec.get("loadBalancerIP").map(|item| (vec!["loadBalancerIP".into()], item));
    for (steps, item) in addresses.chain(balanced) {
        if let Some(fault) = item.as_text().filter(|address| is_address(address)).and_then(unusual) {
            form.report(fault.under_all(&steps));
        }
    }
}

/// Ports of the nodes: none for a Service that has none, and each for one port.
fn check_node_ports(spec: &Node<'_>, kind: &str, form: &mut Form<'_, '_>) {
    let mut seen = HashMap::new();
    for (index, port) in items(spec, "ports").iter().enumerate() {
        let Some(number) = number(port, "nodePort").filter(|number| *number != 0) else { continue };
        let protocol = protocol_of(port);
        let fault = if kind == "ClusterIP" {
            broken(&FIELDS_CONTRADICT, "a Service of type ClusterIP has no port of the nodes")
                .help("remove it, or change the type")
        } else if let Some(first) = seen.insert((protocol, number), port.origin) {
            broken(&TWICE_IN_LIST, format!("another port has {number} of the nodes"))
                .and_at(first, "first given here")
                .help("leave it out: the API server gives one")
        } else {
            continue;
        };
        form.report(fault.under("nodePort".into()).under(index.into()).under("ports".into()));
    }
}

fn check_port_names(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    let ports = items(spec, "ports");
    let mut seen = HashMap::new();
    for (index, port) in ports.iter().enumerate() {
        let fault = match text(port, "name") {
            None if has(port, "name") => continue,
            None | Some("") if ports.len() > 1 => {
                broken(&PORT_NAMES, "a Service with several ports needs a name for each").help("add `name`")
            }
            None | Some("") => continue,
            Some(name) => match seen.insert(name, port.origin) {
                Some(first) => broken(&PORT_NAMES, format!("another port is named {}", shorten(name)))
                    .and_at(first, "first given here")
                    .help("give each a name of its own"),
                None => continue,
            },
        };
        form.report(fault.under("name".into()).under(index.into()).under("ports".into()));
    }
}

fn check_families(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    let families: Vec<&str> = items(spec, "ipFamilies").iter().filter_map(Node::as_text).collect();
    let (rule, message) = match families.as_slice() {
        [first, second] if first == second => (&IP_FAMILIES_INVALID, "one family is named twice"),
        [_, _] if matches!(text(spec, "ipFamilyPolicy"), None | Some("SingleStack")) => {
            (&IP_FAMILIES_AGAINST_POLICY, "two families need the policy PreferDualStack or RequireDualStack")
        }
        [_, _, _, ..] => (&IP_FAMILIES_INVALID, "a Service has two families at most"),
        _ => return,
    };
    form.report(broken(rule, message).under("ipFamilies".into()));
}

pub(super) fn check_port(port: &Node<'_>, form: &mut Form<'_, '_>) {
    for (field, range) in [("port", 1..=65535), ("nodePort", 0..=65535)] {
        if let Some(number) = number(port, field).filter(|number| !range.contains(number)) {
            form.report(broken(&INVALID_PORT, format!("{number} is not a port from 1 to 65535")).under(field.into()));
        }
    }
    // empty or 0, it is the port itself
    if number(port, "targetPort") != Some(0) && text(port, "targetPort") != Some("") {
        check_port_at(port, "targetPort", form);
    }
    if let Some(name) = text(port, "name").filter(|name| !name.is_empty() && !is_dns_label(name)) {
        let message = format!(
            "\"{}\" is not a name of a port: 1 to 63 lower-case letters, digits or '-', with a letter or digit at both ends",
            shorten(name)
        );
        form.report(broken(&INVALID_PORT, message).under("name".into()));
    }
}
