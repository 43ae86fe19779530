//! The packet rules of the node, as text for `nft`.
//!
//! What kube-proxy does for Services, what a network plugin does for policies, and the cuts a scenario makes.
//! The chains are emptied and filled again in one transaction; connections that exist are not touched by it.

use std::collections::BTreeSet;
use std::io;
use std::net::Ipv4Addr;
use std::process::Command;

use super::fabric::feed;
use super::policy::{Policed, addresses, line};

/// A Service's virtual address and where it leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Virtual {
    /// The Service's address.
    pub(crate) ip: Ipv4Addr,
    /// `tcp` or `udp`.
    pub(crate) protocol: &'static str,
    /// The Service's port.
    pub(crate) port: u16,
    /// Pod addresses and ports.
    pub(crate) backends: Vec<(Ipv4Addr, u16)>,
    /// Who may come, if not everybody: kube-proxy holds pods to the source ranges of a load balancer as well.
    pub(crate) sources: Vec<String>,
    /// What comes goes on under the node's address: kube-proxy's `externalTrafficPolicy: Cluster`, for pods as well.
    pub(crate) masquerade: bool,
}

/// Which pods are cut off, each way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cuts {
    /// What these send reaches nobody but each other.
    pub(crate) sending: BTreeSet<Ipv4Addr>,
    /// What is sent to these reaches them only from each other.
    pub(crate) receiving: BTreeSet<Ipv4Addr>,
}

/// Everything the rules depend on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) virtuals: Vec<Virtual>,
    pub(crate) policed: Policed,
    pub(crate) cuts: Cuts,
    pub(crate) pods: BTreeSet<Ipv4Addr>,
    /// Clients outside, which no route leads to Services inside or to pods.
    pub(crate) outside: BTreeSet<Ipv4Addr>,
}

/// The table, its chains and the set that remembers refused connections.
const FRAME: &str = "\
table ip ground {
	set denied { type ipv4_addr . ipv4_addr . inet_service; flags dynamic; size 65535; }
	chain services_filter { type filter hook prerouting priority -110; policy accept; }
	chain services { type nat hook prerouting priority -100; policy accept; }
	chain hairpin { type nat hook postrouting priority 100; policy accept; }
	chain cuts { type filter hook forward priority -10; policy accept; }
	chain egress { type filter hook forward priority 10; policy accept; }
	chain ingress { type filter hook forward priority 20; policy accept; }
}
flush chain ip ground services_filter
flush chain ip ground services
flush chain ip ground hairpin
flush chain ip ground cuts
flush chain ip ground egress
flush chain ip ground ingress
";

impl Rules {
    /// Puts them in force.
    pub(crate) fn install(&self) -> io::Result<()> {
        feed("nft", &["-f", "-"], &self.text())
    }

    fn text(&self) -> String {
        let mut text = FRAME.to_owned();
        if let Some(set) = addresses(&self.outside) {
            // The name service stands for the one of the world as well.
            line(&mut text, &format!("services_filter ip saddr {set} ip daddr 10.96.0.0/16 th dport != 53 drop"));
            line(&mut text, &format!("cuts ip saddr {set} ct status & dnat != dnat drop"));
        }
        for service in &self.virtuals {
            service.write(&mut text);
        }
        // kube-proxy answers what no Service expects, so that clients notice at once.
        line(&mut text, "services_filter ip daddr 10.96.0.0/16 ct state new reject");
        for ip in &self.pods {
            line(&mut text, &format!("hairpin ip saddr {ip} ip daddr {ip} masquerade"));
        }
        let Cuts { sending, receiving } = &self.cuts;
        if let Some(set) = addresses(sending) {
            line(&mut text, &format!("cuts ip saddr {set} ip daddr != {set} drop"));
        }
        if let Some(set) = addresses(receiving) {
            line(&mut text, &format!("cuts ip daddr {set} ip saddr != {set} drop"));
        }
        self.policed.write(&mut text);
        text
    }
}

impl Virtual {
    fn write(&self, text: &mut String) {
        let Self { ip, protocol, port, backends, sources, masquerade } = self;
        let matching = format!("ip daddr {ip} {protocol} dport {port}");
        if !sources.is_empty() {
            line(text, &format!("services_filter {matching} ip saddr != {{ {} }} drop", sources.join(", ")));
        }
        if *masquerade {
            line(text, &format!("hairpin ct original ip daddr {ip} masquerade"));
        }
        if backends.is_empty() {
            line(text, &format!("services_filter {matching} ct state new reject"));
            return;
        }
        line(text, &format!("services_filter {matching} accept"));
        for (index, (address, target)) in backends.iter().enumerate() {
            let left = backends.len() - index;
            let chance = if left > 1 { format!("numgen random mod {left} 0 ") } else { String::new() };
            line(text, &format!("services {matching} {chance}dnat to {address}:{target}"));
        }
    }
}

/// Connections the policies refused so far: sender, receiver, port.
pub(crate) fn denied() -> io::Result<Vec<(Ipv4Addr, Ipv4Addr, u16)>> {
    let output = Command::new("nft").args(["list", "set", "ip", "ground", "denied"]).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let Some((_, elements)) = text.split_once("elements = {") else { return Ok(Vec::new()) };
    let elements = elements.split('}').next().unwrap_or_default();
    Ok(elements
        .split(',')
        .filter_map(|element| {
            let mut parts = element.split(" . ").map(str::trim);
            Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
        })
        .collect())
}

/// Forgets the refused connections.
pub(crate) fn forget_denied() -> io::Result<()> {
    feed("nft", &["-f", "-"], "flush set ip ground denied\n")
}
