//! Whom a NetworkPolicy names.

use ipnet::IpNet;

use super::form::Form;
use super::part::{has, items, number, text};
use super::probe::check_port_at;
use super::rules::{INVALID_PEER, INVALID_PORT, TWICE_IN_LIST, broken};
use super::values;
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
        (false, false) => form.report(
            broken(&INVALID_PEER, "the peer is empty").help("`podSelector: {}` means every pod of the namespace"),
        ),
        _ => {}
    }
}

pub(super) fn check_block(block: &Node<'_>, form: &mut Form<'_, '_>) {
    let minor = form.minor();
    let parse = |cidr| Block::parse(cidr, minor);
    let whole = text(block, "cidr");
    if let Some(cidr) = whole.filter(|cidr| !cidr.is_empty() && parse(cidr).is_none()) {
        form.report(broken(&INVALID_PEER, no_block(cidr)).under("cidr".into()));
    } else if let Some(fault) = whole.and_then(values::unusual) {
        form.report(fault.under("cidr".into()));
    }
    for (index, node) in items(block, "except").iter().enumerate() {
        let Some(except) = node.as_text() else { continue };
        let message = match (whole.and_then(parse), parse(except)) {
            (_, None) => no_block(except),
            (Some(whole), Some(part)) if !part.is_within(&whole) => {
                format!("{except} is not a part of {}", whole_text(block))
            }
            _ => {
                if let Some(fault) = values::unusual(except) {
                    form.report(fault.under(index.into()).under("except".into()));
                }
                continue;
            }
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

/// A block of addresses as the API server reads it.
#[derive(Debug)]
pub(super) struct Block(IpNet);

impl Block {
    /// Without leading zeros; since Kubernetes 1.36 it also has nothing behind its length, and is not IPv4 written as IPv6.
    pub(super) fn parse(cidr: &str, minor: u8) -> Option<Self> {
        let (address, length) = cidr.split_once('/')?;
        let block = IpNet::new(address.parse().ok()?, length.parse().ok()?).ok()?;
        let is_strict = match block {
            IpNet::V4(_) => true,
            IpNet::V6(block) => block.addr().to_ipv4_mapped().is_none(),
        } && block.addr() == block.network();
        (block.prefix_len().to_string() == length && (is_strict || minor < 36)).then_some(Self(block))
    }

    /// True if it is a smaller block of another.
    fn is_within(&self, whole: &Self) -> bool {
        whole.0.trunc() != self.0.trunc() && whole.0.contains(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_those_of_the_api_server() {
        let parse = |cidr| Block::parse(cidr, 36);
        for good in ["10.0.0.0/8", "0.0.0.0/0", "::/0", "fd00::/8", "10.1.2.3/32"] {
            assert!(parse(good).is_some(), "{good}");
        }
        for bad in ["", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/08", "010.0.0.0/8", "fd00::/129", "a/8", "10.0.0.0/+8"] {
            assert!(parse(bad).is_none(), "{bad}");
        }
        for loose in ["10.0.0.1/8", "::ffff:10.0.0.0/104"] {
            assert!(parse(loose).is_none() && Block::parse(loose, 35).is_some(), "{loose}");
        }
        let within = |whole, part| parse(part).unwrap().is_within(&parse(whole).unwrap());
        assert!(within("10.0.0.0/8", "10.1.0.0/16") && within("0.0.0.0/0", "10.0.0.0/8") && within("::/0", "fd00::/8"));
        assert!(!within("10.0.0.0/8", "11.0.0.0/16") && !within("10.0.0.0/8", "10.0.0.0/8"));
        assert!(!within("::/0", "10.0.0.0/8"));
    }
}
