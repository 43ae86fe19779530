//! Who may reach the pods, and whom they may reach: nobody else than they need.

use k8s_openapi::api::networking::v1::{
    IPBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
    NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::metadata::{instance_labels, marks_of, metadata};
use crate::instance::{Component, Instance};
use crate::model::{DnsPeer, Labels, Peer};

/// Ports of the name service: the standard one, and the one OpenShift's pods listen on.
const DNS_PORTS: [u16; 2] = [53, 5353];

/// One policy for all pods, since they talk to each other and to the same clients.
pub(super) fn build(instance: Instance<'_>) -> Option<NetworkPolicy> {
    let asked = instance.redis.spec.network_policy.as_deref();
    if asked.and_then(|policy| policy.enabled) == Some(false) {
        return None;
    }
    let selector = LabelSelector { match_labels: Some(instance_labels(instance)), ..Default::default() };
    let own = || NetworkPolicyPeer { pod_selector: Some(selector.clone()), ..Default::default() };
    let proxy = instance.master_service().map(|_| Component::Proxy);
    let mut ports: Vec<_> =
        Component::ALL.into_iter().chain(proxy).map(|component| port(instance.port(component).get(), "TCP")).collect();
    if proxy.is_some() {
        let own = ports.pop();
        ports.extend(own.filter(|own| !ports.contains(own)));
    }
    let clients = match asked.and_then(|policy| policy.clients.as_ref()) {
        Some(clients) => clients.iter().map(peer).collect(),
        // Every pod of the namespace.
        None => vec![NetworkPolicyPeer { pod_selector: Some(LabelSelector::default()), ..Default::default() }],
    };
    // Own pods on any port: while it changes, those of before are reached at theirs.
    let mut ingress = vec![NetworkPolicyIngressRule { from: Some(vec![own()]), ports: None }];
    // No peers would be everybody.
    if !clients.is_empty() {
        ingress.push(NetworkPolicyIngressRule { from: Some(clients), ports: Some(ports) });
    }
    let mut egress = vec![NetworkPolicyEgressRule { ports: None, to: Some(vec![own()]) }];
    egress.extend(dns(asked.and_then(|policy| policy.dns.as_deref())));
    Some(NetworkPolicy {
        metadata: metadata(instance, instance.name(), None),
        spec: Some(NetworkPolicySpec {
            egress: Some(egress),
            ingress: Some(ingress),
            pod_selector: Some(selector),
            policy_types: Some(vec!["Ingress".to_owned(), "Egress".to_owned()]),
        }),
    })
}

fn peer(peer: &Peer) -> NetworkPolicyPeer {
    // the API server drops an empty map; a selector without one selects everything, too
    let select = |labels: &Labels| LabelSelector {
        match_labels: Some(marks_of(labels)).filter(|labels| !labels.is_empty()),
        ..Default::default()
    };
    NetworkPolicyPeer {
        ip_block: peer.cidr.as_ref().map(|cidr| IPBlock { cidr: cidr.clone(), except: None }),
        namespace_selector: peer.namespaces.as_ref().map(select),
        pod_selector: peer.pods.as_ref().map(select),
    }
}

fn port(port: u16, protocol: &str) -> NetworkPolicyPort {
    NetworkPolicyPort {
        port: Some(IntOrString::Int(port.into())),
        protocol: Some(protocol.to_owned()),
        ..Default::default()
    }
}

fn dns(asked: Option<&[DnsPeer]>) -> Vec<NetworkPolicyEgressRule> {
    let both = |number: u16| ["UDP", "TCP"].map(|protocol| port(number, protocol));
    match asked {
        None => vec![NetworkPolicyEgressRule { ports: Some(DNS_PORTS.into_iter().flat_map(both).collect()), to: None }],
        Some(peers) => peers
            .iter()
            .map(|dns| NetworkPolicyEgressRule {
                ports: Some(both(dns.port.map_or(DNS_PORTS[0], Into::into)).into()),
                to: dns.to.as_ref().map(|to| vec![peer(to)]),
            })
            .collect(),
    }
}
