//! Whom a NetworkPolicy names.

use std::net::IpAddr;

use super::form::Form;
use super::part::{has, is_empty, items, number, text};
use super::probe::check_port_at;
use super::rules::{INVALID_PEER, INVALID_PORT, TWICE_IN_LIST, broken};
use crate::document::node::{Node, shorten};

pub(super) fn check(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    if items(spec, "policyTypes").len() > 2 {
        form.report(broken(&TWICE_IN_LIST, "a policy is of two types at most").under("policyTypes".into()));
    }
}

pub(super) fn check_peer(peer: &Node<'_>, form: &mut Form<'_, '_>) {
    let names_pods = has(peer, "podSelector") || has(peer, "namespaceSelector");
    match (has(peer, "ipBlock"), names_pods) {
        (true, true) => {
            form.report(broken(&INVALID_PEER, "a peer is either pods or a block of addresses").under("ipBlock".into()));
        }
        (false, false) if is_empty(peer) => form.report(
            broken(&INVALID_PEER, "the peer is empty").help("`podSelector: {}` means every pod of the namespace"),
        ),
        _ => {}
    }
}

pub(super) fn check_block(block: &Node<'_>, form: &mut Form<'_, '_>) {
    let whole = text(block, "cidr");
    if let Some(cidr) = whole.filter(|cidr| parse(cidr).is_none()) {
        form.report(broken(&INVALID_PEER, no_block(cidr)).under("cidr".into()));
    }
    for (index, node) in items(block, "except").iter().enumerate() {
        let Some(except) = node.as_text() else { continue };
        let message = match (whole.and_then(parse), parse(except)) {
            (_, None) => no_block(except),
            (Some(whole), Some(part)) if !is_within(whole, part) => {
                format!("{except} is not a part of {}", whole_text(block))
            }
            _ => continue,
        };
        form.report(broken(&INVALID_PEER, message).under(index.into()).under("except".into()));
    }
}

pub(super) fn check_port(port: &Node<'_>, form: &mut Form<'_, '_>) {
    check_port_at(port, "port", form);
    if let Some(end) = number(port, "endPort")
        && number(port, "port").is_none_or(|start| end < start || end > 65535)
    {
        let fault = broken(
            &INVALID_PORT,
            format!("endPort is {end}, but ends a range that starts with a port given as a number"),
        );
        form.report(fault.under("endPort".into()));
    }
}

fn whole_text<'n>(block: &'n Node<'_>) -> &'n str {
    text(block, "cidr").unwrap_or_default()
}

fn no_block(cidr: &str) -> String {
    format!("\"{}\" is not a block of addresses such as 10.0.0.0/8", shorten(cidr))
}

/// A block in the form the API server takes: without leading zeros, no bits but those of the block.
fn parse(cidr: &str) -> Option<(IpAddr, u32)> {
    let (address, length) = cidr.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let digits = length.bytes().all(|b| b.is_ascii_digit()) && (length == "0" || !length.starts_with('0'));
    let length: u32 = length.parse().ok().filter(|length| digits && *length <= most)?;
    Some((address, length))
}

/// True if `part` is a smaller block of `whole`.
fn is_within((whole, length): (IpAddr, u32), (part, part_length): (IpAddr, u32)) -> bool {
    let prefix = |address: IpAddr| match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)).checked_shr(32 - length).unwrap_or(0),
        IpAddr::V6(v6) => u128::from(v6).checked_shr(128 - length).unwrap_or(0),
    };
    whole.is_ipv4() == part.is_ipv4() && part_length > length && prefix(whole) == prefix(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_those_of_the_api_server() {
        for good in ["10.0.0.0/8", "0.0.0.0/0", "::/0", "fd00::/8", "10.1.2.3/32"] {
            assert!(parse(good).is_some(), "{good}");
        }
        for bad in ["", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/08", "010.0.0.0/8", "fd00::/129", "a/8", "10.0.0.0/+8"] {
            assert!(parse(bad).is_none(), "{bad}");
        }
        let within = |whole, part| is_within(parse(whole).unwrap(), parse(part).unwrap());
        assert!(within("10.0.0.0/8", "10.1.0.0/16") && within("0.0.0.0/0", "10.0.0.0/8") && within("::/0", "fd00::/8"));
        assert!(!within("10.0.0.0/8", "11.0.0.0/16") && !within("10.0.0.0/8", "10.0.0.0/8"));
        assert!(!within("::/0", "10.0.0.0/8"));
    }
}
