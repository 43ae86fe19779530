//! Whom the policies given let through. What they say in labels of namespaces or blocks of addresses is taken for a yes.

use super::super::metadata::entries;
use super::super::part::{has, items, text};
use super::super::set::Texts;
use super::{number, protocol};
use crate::document::node::{Node, Origin};

/// A way traffic goes, by the field that has its rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Way {
    In,
    Out,
}

impl Way {
    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::In => "ingress",
            Self::Out => "egress",
        }
    }
}

/// A policy, as far as it can be judged offline.
#[derive(Debug)]
pub(in super::super) struct Policy {
    /// Labels of the pods it is for.
    selector: Texts,
    /// Rules of a way it closes but for them.
    rules: [Option<Box<[Rule]>>; 2],
    /// Where they stand.
    at: [Origin; 2],
}

#[derive(Debug)]
struct Rule {
    /// None for everybody.
    peers: Box<[Peer]>,
    /// None for all ports.
    ports: Box<[Port]>,
}

#[derive(Debug)]
enum Peer {
    /// Pods of the namespace with these labels.
    Pods(Texts),
    /// Others, and maybe these.
    Unknown,
}

#[derive(Debug)]
struct Port {
    protocol: &'static str,
    /// From one to the other; none for all, or for a name.
    numbers: Option<(i64, i64)>,
    name: Option<Box<str>>,
}

/// A port of pods.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) number: i64,
    pub(super) name: Option<&'a str>,
    pub(super) protocol: &'a str,
}

impl Policy {
    /// None if it selects in a way that cannot be judged.
    pub(super) fn of(root: &Node<'_>) -> Option<Self> {
        let spec = root.get("spec")?;
        let selector = spec.get("podSelector")?;
        if has(selector, "matchExpressions") {
            return None;
        }
        let types: Vec<&str> = items(spec, "policyTypes").iter().filter_map(Node::as_text).collect();
        let rules = |way: Way, word: &str, otherwise: bool| {
            let closes = if types.is_empty() { otherwise } else { types.contains(&word) };
            closes.then(|| items(spec, way.field()).iter().map(|rule| Rule::of(rule, way)).collect())
        };
        Some(Self {
            selector: Texts::of(entries(selector, "matchLabels")),
            rules: [rules(Way::In, "Ingress", true), rules(Way::Out, "Egress", has(spec, "egress"))],
            at: [Way::In, Way::Out].map(|way| root.locate(&["spec".into(), way.field().into()])),
        })
    }

    /// True if it is for pods with these labels.
    pub(super) fn selects(&self, pods: &Texts) -> bool {
        self.selector.select(pods)
    }

    /// The value of a label it selects by.
    pub(super) fn label(&self, key: &str) -> Option<&str> {
        self.selector.get(key)
    }

    /// Where the rules of a way stand.
    pub(super) const fn origin(&self, way: Way) -> Origin {
        self.at[way as usize]
    }

    fn rules(&self, way: Way) -> Option<&[Rule]> {
        self.rules[way as usize].as_deref()
    }

    /// True if it closes a way.
    pub(super) fn closes(&self, way: Way) -> bool {
        self.rules(way).is_some()
    }

    /// True if a rule lets traffic with `peer` through to a port.
    pub(super) fn lets(&self, way: Way, peer: &Texts, target: Target<'_>) -> bool {
        let is_peer = |one: &Peer| match one {
            Peer::Unknown => true,
            Peer::Pods(selector) => selector.select(peer),
        };
        self.rules(way)
            .unwrap_or_default()
            .iter()
            .any(|rule| rule.has_port(target) && (rule.peers.is_empty() || rule.peers.iter().any(is_peer)))
    }

    /// Rules for others than the pods it is for.
    fn rules_of_others(&self, way: Way) -> impl Iterator<Item = &Rule> {
        let is_other = |peer: &Peer| match peer {
            Peer::Unknown => true,
            Peer::Pods(selector) => !self.selector.select(selector),
        };
        let rules = self.rules(way).unwrap_or_default().iter();
        rules.filter(move |rule| rule.peers.is_empty() || rule.peers.iter().any(is_other))
    }

    /// True if it lets others than the pods it is for through at all.
    pub(super) fn has_others(&self, way: Way) -> bool {
        self.rules_of_others(way).next().is_some()
    }

    /// True if it lets others than the pods it is for through to a port.
    pub(super) fn lets_others(&self, way: Way, target: Target<'_>) -> bool {
        self.rules_of_others(way).any(|rule| rule.has_port(target))
    }
}

impl Rule {
    fn of(rule: &Node<'_>, way: Way) -> Self {
        let peers = items(rule, if way == Way::In { "from" } else { "to" });
        Self { peers: peers.iter().map(Peer::of).collect(), ports: items(rule, "ports").iter().map(Port::of).collect() }
    }

    fn has_port(&self, target: Target<'_>) -> bool {
        self.ports.is_empty() || self.ports.iter().any(|port| port.is(target))
    }
}

impl Peer {
    fn of(peer: &Node<'_>) -> Self {
        match peer.get("podSelector") {
            Some(pods) if !has(peer, "namespaceSelector") && !has(pods, "matchExpressions") => {
                Self::Pods(Texts::of(entries(pods, "matchLabels")))
            }
            _ => Self::Unknown,
        }
    }
}

impl Port {
    fn of(port: &Node<'_>) -> Self {
        let first = number(port, "port");
        Self {
            protocol: protocol(port),
            numbers: first.map(|first| (first, number(port, "endPort").unwrap_or(first))),
            name: text(port, "port").filter(|_| first.is_none()).map(Box::from),
        }
    }

    fn is(&self, target: Target<'_>) -> bool {
        self.protocol == target.protocol
            && match (self.numbers, self.name.as_deref()) {
                (Some((first, last)), _) => (first..=last).contains(&target.number),
                (None, Some(name)) => target.name.is_none_or(|own| own == name),
                (None, None) => true,
            }
    }
}
