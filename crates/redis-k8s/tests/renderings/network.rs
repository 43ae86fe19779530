//! Rules on network policies: they are evaluated as a network plugin would, after the Service's address was rewritten.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use redis_k8s::Manifest;
use serde_json::Value;

use crate::tree::{Workload, containers, list, text, workloads};

type Labels = BTreeMap<String, String>;

/// One end of a connection: a pod of the instance's namespace or of another.
struct Pod {
    labels: Labels,
    same_namespace: bool,
}

fn matches(selector: &LabelSelector, labels: &Labels) -> bool {
    assert!(selector.match_expressions.is_none(), "the evaluation here knows plain labels only");
    selector.match_labels.iter().flatten().all(|(key, value)| labels.get(key) == Some(value))
}

fn peer_is(peer: &NetworkPolicyPeer, pod: &Pod) -> bool {
    if peer.ip_block.is_some() {
        return false;
    }
    let namespace = match &peer.namespace_selector {
        None => pod.same_namespace,
        // Namespaces carry labels of their own; only the empty selector means ours for certain.
        Some(selector) => selector.match_labels.as_ref().is_none_or(BTreeMap::is_empty),
    };
    namespace && peer.pod_selector.as_ref().is_none_or(|selector| matches(selector, &pod.labels))
}

fn port_is(port: &NetworkPolicyPort, number: i32, protocol: &str, names: &BTreeMap<String, i32>) -> bool {
    port.protocol.as_deref().unwrap_or("TCP") == protocol
        && match &port.port {
            None => true,
            Some(IntOrString::Int(first)) => (*first..=port.end_port.unwrap_or(*first)).contains(&number),
            Some(IntOrString::String(name)) => names.get(name) == Some(&number),
        }
}

struct Set {
    name: String,
    pod: Pod,
    ports: BTreeMap<String, i32>,
}

fn sets(manifest: &Manifest) -> Vec<Set> {
    let number = |port: &Value| port["containerPort"].as_i64().and_then(|port| port.try_into().ok()).unwrap_or(0);
    let set = |workload: Workload| Set {
        ports: containers(&workload.spec)
            .flat_map(|container| list(container, "ports"))
            .map(|port| (text(port, "name").to_owned(), number(port)))
            .collect(),
        name: workload.owner,
        pod: Pod { labels: workload.labels, same_namespace: true },
    };
    workloads(manifest).into_iter().map(set).collect()
}

fn policies<'a>(manifest: &'a Manifest, pod: &'a Pod) -> impl Iterator<Item = &'a NetworkPolicy> {
    manifest.all::<NetworkPolicy>().filter(|policy| {
        let selector = policy.spec.as_ref().and_then(|spec| spec.pod_selector.as_ref());
        pod.same_namespace && selector.is_some_and(|selector| matches(selector, &pod.labels))
    })
}

fn has_type(policy: &NetworkPolicy, name: &str) -> bool {
    policy.spec.iter().flat_map(|spec| spec.policy_types.iter().flatten()).any(|kind| kind == name)
}

fn may_enter(manifest: &Manifest, from: &Pod, to: &Set, port: i32) -> bool {
    let mut policies = policies(manifest, &to.pod).filter(|policy| has_type(policy, "Ingress")).peekable();
    policies.peek().is_none()
        || policies.flat_map(|policy| policy.spec.iter().flat_map(|spec| spec.ingress.iter().flatten())).any(|rule| {
            rule.from.as_ref().is_none_or(|peers| peers.iter().any(|peer| peer_is(peer, from)))
                && rule
                    .ports
                    .as_ref()
                    .is_none_or(|ports| ports.iter().any(|open| port_is(open, port, "TCP", &to.ports)))
        })
}

fn may_leave(manifest: &Manifest, from: &Pod, to: Option<&Set>, port: i32, protocol: &str) -> bool {
    let none = BTreeMap::new();
    let names = to.map_or(&none, |to| &to.ports);
    let mut policies = policies(manifest, from).filter(|policy| has_type(policy, "Egress")).peekable();
    policies.peek().is_none()
        || policies.flat_map(|policy| policy.spec.iter().flat_map(|spec| spec.egress.iter().flatten())).any(|rule| {
            rule.to.as_ref().is_none_or(|peers| to.is_some_and(|to| peers.iter().any(|peer| peer_is(peer, &to.pod))))
                && rule.ports.as_ref().is_none_or(|ports| ports.iter().any(|open| port_is(open, port, protocol, names)))
        })
}

/// Ports for a container of the user's own, or for what a mesh has in between.
const OTHERS: [i32; 3] = [4143, 9121, 15008];

/// Own pods reach each other both ways, names can be asked for, and nothing else is open that is not served.
pub(crate) fn policies_fit_ports(manifest: &Manifest) -> Vec<String> {
    let sets = sets(manifest);
    let mut lines = Vec::new();
    for from in &sets {
        for to in &sets {
            // The health of a proxy is for the kubelet of its node, which no policy keeps away.
            for (name, port) in to.ports.iter().filter(|(name, _)| *name != "health") {
                if !may_enter(manifest, &from.pod, to, *port) || !may_leave(manifest, &from.pod, Some(to), *port, "TCP")
                {
                    lines.push(format!("{} cannot reach {} on {name} ({port})", from.name, to.name));
                }
            }
        }
    }
    for policy in manifest.all::<NetworkPolicy>() {
        let Some(spec) = &policy.spec else { continue };
        let title = policy.metadata.name.clone().unwrap_or_default();
        let selector = spec.pod_selector.clone().unwrap_or_default();
        // Own pods may use any port of each other: it may be about to change.
        let own = NetworkPolicyPeer { pod_selector: Some(selector.clone()), ..Default::default() };
        let served: BTreeSet<i32> = sets
            .iter()
            .filter(|set| matches(&selector, &set.pod.labels))
            .flat_map(|set| set.ports.values().copied())
            .collect();
        for rule in spec.ingress.iter().flatten() {
            let is_own = |peer: &NetworkPolicyPeer| *peer == own;
            if rule.from.as_ref().is_some_and(|peers| peers.iter().all(is_own)) {
                continue;
            }
            let is_others =
                |port: &&NetworkPolicyPort| matches!(port.port, Some(IntOrString::Int(port)) if OTHERS.contains(&port));
            let (others, ports): (Vec<_>, Vec<_>) = rule.ports.iter().flatten().partition(is_others);
            if ports.is_empty() && !others.is_empty() {
                continue;
            }
            // No list, or no number, would open every port.
            let open_to_all = ports.is_empty() || ports.iter().any(|port| port.port.is_none());
            let unserved =
                ports.iter().any(|port| matches!(port.port, Some(IntOrString::Int(port)) if !served.contains(&port)));
            if open_to_all || unserved {
                lines.push(format!("{title}: opens {ports:?}"));
            }
        }
        if spec.ingress.is_none() || !has_type(policy, "Ingress") || !has_type(policy, "Egress") {
            lines.push(format!("{title}: not both ways: {:?}", spec.policy_types));
        }
        let dns = spec.egress.iter().flatten().flat_map(|rule| rule.ports.iter().flatten());
        let udp = dns.filter(|port| port.protocol.as_deref() == Some("UDP")).count();
        if udp == 0 {
            lines.push(format!("{title}: no names can be asked for"));
        }
    }
    lines
}

#[test]
fn by_default_the_namespace_may_and_nobody_else() {
    let manifest = redis_k8s::Redis::new("cache".parse().unwrap()).render(redis_k8s::ApiVersion::AppsV1).unwrap();
    let sets = sets(&manifest);
    assert_eq!(
        sets.iter().map(|set| set.name.as_str()).collect::<Vec<_>>(),
        ["StatefulSet cache", "StatefulSet cache-sentinel"]
    );
    let neighbour = Pod { labels: BTreeMap::new(), same_namespace: true };
    let stranger = Pod { labels: sets[0].pod.labels.clone(), same_namespace: false };
    for set in &sets {
        for port in set.ports.values() {
            assert!(may_enter(&manifest, &neighbour, set, *port), "{} {port}", set.name);
            assert!(!may_enter(&manifest, &stranger, set, *port), "{} {port}", set.name);
        }
        assert!(!may_enter(&manifest, &neighbour, set, 22));
        assert!(may_leave(&manifest, &set.pod, None, 53, "UDP") && may_leave(&manifest, &set.pod, None, 53, "TCP"));
        assert!(!may_leave(&manifest, &set.pod, None, 443, "TCP"));
    }
}
