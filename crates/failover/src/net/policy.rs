//! Network policies, worked out to addresses.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::Ipv4Addr;

use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// What a policy needs to know of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) ip: Ipv4Addr,
    pub(crate) namespace: String,
    pub(crate) labels: BTreeMap<String, String>,
    /// Named container ports.
    pub(crate) ports: BTreeMap<String, u16>,
}

/// One way a connection may take: an `nft` match, empty for any.
type Allowed = Vec<String>;

/// For each pod some policy selects: what may come in, what may go out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Policed {
    ingress: BTreeMap<Ipv4Addr, Allowed>,
    egress: BTreeMap<Ipv4Addr, Allowed>,
}

impl Policed {
    /// Works the policies out for the pods that exist.
    pub(crate) fn work_out<'a>(policies: impl IntoIterator<Item = &'a NetworkPolicy>, pods: &[Subject]) -> Self {
        let mut policed = Self::default();
        for policy in policies {
            let namespace = policy.metadata.namespace.as_deref().unwrap_or("default");
            let Some(spec) = &policy.spec else { continue };
            let types = spec.policy_types.clone().unwrap_or_else(|| {
                let egress = spec.egress.as_ref().map(|_| "Egress".to_owned());
                std::iter::once("Ingress".to_owned()).chain(egress).collect()
            });
            let selected =
                |pod: &&Subject| pod.namespace == namespace && matches(spec.pod_selector.as_ref(), &pod.labels);
            for pod in pods.iter().filter(selected) {
                if types.iter().any(|kind| kind == "Ingress") {
                    let ways = policed.ingress.entry(pod.ip).or_default();
                    for rule in spec.ingress.iter().flatten() {
                        for from in senders(&peers(rule.from.as_deref(), namespace, pods)) {
                            let ports = ports(rule.ports.as_deref(), pod);
                            ways.extend(ports.into_iter().map(|port| format!("{from}{port}")));
                        }
                    }
                }
                if types.iter().any(|kind| kind == "Egress") {
                    let ways = policed.egress.entry(pod.ip).or_default();
                    for rule in spec.egress.iter().flatten() {
                        let to = peers(rule.to.as_deref(), namespace, pods);
                        // A port's name means the receiver's port of that name, so receivers are taken one by one.
                        match &to {
                            Peers::Any => ways.extend(ports(rule.ports.as_deref(), pod)),
                            Peers::Some { pods: receivers, blocks } => {
                                for receiver in pods.iter().filter(|pod| receivers.contains(&pod.ip)) {
                                    let to = format!("ip daddr {} ", receiver.ip);
                                    let ports = ports(rule.ports.as_deref(), receiver);
                                    ways.extend(ports.into_iter().map(|port| format!("{to}{port}")));
                                }
                                for block in blocks {
                                    let ports = ports(rule.ports.as_deref(), pod);
                                    ways.extend(
                                        ports
                                            .into_iter()
                                            .map(|port| format!("{} {port}", block.replace("DIR", "daddr"))),
                                    );
                                }
                            }
                        }
                    }
                }
            }
        }
        policed
    }

    /// Appends the rules: replies and allowed ways pass, anything else is remembered and dropped.
    pub(crate) fn write(&self, text: &mut String) {
        for (chain, own, pods) in [("egress", "saddr", &self.egress), ("ingress", "daddr", &self.ingress)] {
            line(text, &format!("{chain} ct state established,related accept"));
            for (ip, ways) in pods {
                for way in ways {
                    line(text, &format!("{chain} ip {own} {ip} {way} accept"));
                }
                // The last packets of a connection whose pod is gone are none that somebody wants to make.
                for opening in ["tcp flags & (syn | ack) == syn", "meta l4proto udp ct state new"] {
                    let noted = "update @denied { ip saddr . ip daddr . th dport }";
                    line(text, &format!("{chain} ip {own} {ip} {opening} {noted}"));
                }
                line(text, &format!("{chain} ip {own} {ip} drop"));
            }
        }
    }
}

/// Who a rule speaks of.
enum Peers {
    Any,
    Some { pods: Vec<Ipv4Addr>, blocks: Vec<String> },
}

fn peers(list: Option<&[NetworkPolicyPeer]>, namespace: &str, pods: &[Subject]) -> Peers {
    let Some(list) = list.filter(|list| !list.is_empty()) else { return Peers::Any };
    let mut found = Vec::new();
    let mut blocks = Vec::new();
    for peer in list {
        if let Some(block) = &peer.ip_block {
            let except = block.except.as_deref().unwrap_or_default().iter();
            let except = except.fold(String::new(), |text, range| text + " ip DIR != " + range);
            blocks.push(format!("ip DIR {}{except}", block.cidr));
            continue;
        }
        let in_namespace = |pod: &&Subject| match &peer.namespace_selector {
            None => pod.namespace == namespace,
            // Every namespace carries its own name as a label.
            Some(selector) => {
                let own = ("kubernetes.io/metadata.name".to_owned(), pod.namespace.clone());
                matches(Some(selector), &BTreeMap::from([own]))
            }
        };
        let in_selector =
            |pod: &&Subject| peer.pod_selector.as_ref().is_none_or(|some| matches(Some(some), &pod.labels));
        found.extend(pods.iter().filter(in_namespace).filter(in_selector).map(|pod| pod.ip));
    }
    Peers::Some { pods: found, blocks }
}

/// The matches for the sender's side: none if nobody may, an empty one if everybody may.
fn senders(peers: &Peers) -> Vec<String> {
    match peers {
        Peers::Any => vec![String::new()],
        Peers::Some { pods, blocks } => {
            let set = addresses(pods).map(|set| format!("ip saddr {set} "));
            set.into_iter().chain(blocks.iter().map(|block| format!("{} ", block.replace("DIR", "saddr")))).collect()
        }
    }
}

/// The matches for the ports of a rule; one empty match for any port.
fn ports(list: Option<&[NetworkPolicyPort]>, receiver: &Subject) -> Vec<String> {
    let Some(list) = list.filter(|list| !list.is_empty()) else { return vec![String::new()] };
    list.iter()
        .filter_map(|port| {
            let protocol = port.protocol.as_deref().unwrap_or("TCP").to_lowercase();
            match (&port.port, port.end_port) {
                (None, _) => Some(format!("meta l4proto {protocol}")),
                (Some(IntOrString::Int(first)), Some(end)) => Some(format!("{protocol} dport {first}-{end}")),
                (Some(IntOrString::Int(number)), None) => Some(format!("{protocol} dport {number}")),
                (Some(IntOrString::String(name)), _) => {
                    receiver.ports.get(name).map(|number| format!("{protocol} dport {number}"))
                }
            }
        })
        .collect()
}

/// True if a label selector, absent meaning all, selects these labels.
pub(crate) fn matches(selector: Option<&LabelSelector>, labels: &BTreeMap<String, String>) -> bool {
    let Some(selector) = selector else { return true };
    let equal = selector.match_labels.iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
    equal
        && selector.match_expressions.iter().flatten().all(|wanted| {
            let value = labels.get(&wanted.key);
            let listed = value.is_some_and(|value| wanted.values.iter().flatten().any(|one| one == value));
            match wanted.operator.as_str() {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                _ => false,
            }
        })
}

/// Appends one rule; the first word names its chain.
pub(crate) fn line(text: &mut String, rule: &str) {
    let _ = writeln!(text, "add rule ip ground {rule}");
}

/// An anonymous set, unless there is nothing to put in it.
pub(crate) fn addresses<'a>(addresses: impl IntoIterator<Item = &'a Ipv4Addr>) -> Option<String> {
    let list: Vec<String> = addresses.into_iter().map(Ipv4Addr::to_string).collect();
    (!list.is_empty()).then(|| format!("{{ {} }}", list.join(", ")))
}
