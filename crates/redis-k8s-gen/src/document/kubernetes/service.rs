//! Services.

use std::collections::HashMap;
use std::net::IpAddr;

use super::form::Form;
use super::metadata::{check_label, entries};
use super::name::is_dns_label;
use super::part::{has, is_empty, items, number, text};
use super::probe::check_port_at;
use super::rules::{
    AFFINITY_OF_HEADLESS, HEADLESS_TYPE, INVALID_ADDRESS, INVALID_PORT, IP_FAMILIES_AGAINST_POLICY,
    IP_FAMILIES_INVALID, PORT_NAMES, PORTS_MISSING, broken,
};
use crate::document::node::{Node, shorten};

/// True for a Service without an address of its own.
pub(super) fn is_headless(spec: &Node<'_>) -> bool {
    ["clusterIP", "portalIP"].iter().any(|field| text(spec, field) == Some("None"))
}

pub(super) fn check(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    let kind = text(spec, "type").unwrap_or("ClusterIP");
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
    if kind == "ExternalName" && !has(spec, "externalName") {
        form.report(crate::document::fault::Fault::missing("externalName").under("externalName".into()));
    }
    let is_address = |text: &str| matches!(text, "" | "None") || text.parse::<IpAddr>().is_ok();
    if let Some(address) = text(spec, "clusterIP").filter(|address| !is_address(address)) {
        let message = format!("\"{}\" is neither an address nor None", shorten(address));
        form.report(broken(&INVALID_ADDRESS, message).under("clusterIP".into()));
    }
    check_port_names(spec, form);
    check_families(spec, form);
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
