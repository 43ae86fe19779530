//! Who may reach the pods, and whom they may reach: nobody else than they need.

use std::ops::RangeInclusive;

use k8s_openapi::api::networking::v1::{
    IPBlock, NetworkPolicy, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort,
    NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::metadata::{instance_labels, marks_of, metadata};
use crate::instance::{Component, Instance};
use crate::model::{DnsPeer, Labels, Mesh, Peer, PolicyPort, PolicyRule, Protocol};

/// Ports of the name service: the standard one, and the one OpenShift's pods listen on.
const DNS_PORTS: [u16; 2] = [53, 5353];

/// One policy for all pods, since they talk to each other and to the same clients.
pub(super) fn build(instance: Instance<'_>) -> Option<NetworkPolicy> {
    if !instance.has_network_policy() {
        return None;
    }
    let asked = instance.redis.spec.network_policy.as_deref();
    let selector = LabelSelector { match_labels: Some(instance_labels(instance)), ..Default::default() };
    let own = || NetworkPolicyPeer { pod_selector: Some(selector.clone()), ..Default::default() };
    let proxy = instance.master_service().map(|_| Component::Proxy);
    let mut ports: Vec<_> =
        Component::ALL.into_iter().chain(proxy).map(|component| port(instance.port(component).get(), "TCP")).collect();
    if proxy.is_some() {
        let own = ports.pop();
        ports.extend(own.filter(|own| !ports.contains(own)));
    }
    let mesh = asked.and_then(|policy| policy.mesh);
    let tunnel = mesh.map(|mesh| port(tunnel(mesh), "TCP"));
    let served = ports.clone();
    ports.extend(tunnel.clone());
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
    let rules = |asked: Option<&Vec<PolicyRule>>| -> Vec<_> {
        asked.into_iter().flatten().map(|asked| rule(asked, tunnel.as_ref())).collect()
    };
    let more = rules(asked.and_then(|policy| policy.ingress.as_ref())).into_iter();
    ingress.extend(more.map(|(peers, ports)| NetworkPolicyIngressRule { from: peers, ports }));
    if mesh == Some(Mesh::IstioAmbient) {
        let from = AMBIENT_PROBES.map(block).into();
        let health = proxy.map(|_| port(instance.health_port(), "TCP"));
        let ports = Some(served.into_iter().chain(health).collect());
        ingress.push(NetworkPolicyIngressRule { from: Some(from), ports });
    }
    let scrapers: Vec<_> = instance.metrics().and_then(|metrics| metrics.from.as_ref()).into_iter().flatten().collect();
    if !scrapers.is_empty() {
        ingress.push(NetworkPolicyIngressRule {
            from: Some(scrapers.into_iter().map(peer).collect()),
            ports: Some([port(instance.metrics_port().get(), "TCP")].into_iter().chain(tunnel.clone()).collect()),
        });
    }
    let mut egress = vec![NetworkPolicyEgressRule { ports: None, to: Some(vec![own()]) }];
    if let Some(external) = instance.external() {
        let outside = || Component::ALL.into_iter().filter(|component| external.addresses(*component).is_some());
        let own = |component| port(instance.port(component).get(), "TCP");
        let announced = |component| match instance.announced_ports(component) {
            Some(ports) => node_ports(&ports),
            None => own(component),
        };
        let blocks = |ranges: &Vec<String>| ranges.iter().map(|range| block(range)).collect();
        let from = external.load_balancer_source_ranges.as_ref().map(blocks);
        ingress.push(NetworkPolicyIngressRule { from, ports: Some(outside().map(own).collect()) });
        // Where the nodes do not lead straight to the pod, a pod's way to another leads out of the cluster.
        egress.push(NetworkPolicyEgressRule { ports: Some(outside().map(announced).collect()), to: None });
    }
    egress.extend(dns(asked.and_then(|policy| policy.dns.as_deref())));
    let more = rules(asked.and_then(|policy| policy.egress.as_ref())).into_iter();
    egress.extend(more.map(|(peers, ports)| NetworkPolicyEgressRule { ports, to: peers }));
    egress.extend(mesh.and_then(control_plane));
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
        ip_block: peer.cidr.as_ref().map(|cidr| IPBlock {
            cidr: cidr.clone(),
            except: peer.except.clone().filter(|except| !except.is_empty()),
        }),
        namespace_selector: peer.namespaces.as_ref().map(select),
        pod_selector: peer.pods.as_ref().map(select),
    }
}

/// Where the kubelet's probes come from in Istio's ambient mode
/// (<https://istio.io/latest/docs/ambient/usage/networkpolicy/>).
const AMBIENT_PROBES: [&str; 2] = ["169.254.7.127/32", "fd16:9254:7127:1337:ffff:ffff:ffff:ffff/128"];

fn block(cidr: &str) -> NetworkPolicyPeer {
    NetworkPolicyPeer { ip_block: Some(IPBlock { cidr: cidr.to_owned(), except: None }), ..Default::default() }
}

/// Where connections between pods of a mesh arrive, whatever port they are for
/// (<https://istio.io/latest/docs/ambient/usage/networkpolicy/>, <https://linkerd.io/2/common-errors/network-policy/>).
const fn tunnel(mesh: Mesh) -> u16 {
    match mesh {
        Mesh::IstioAmbient | Mesh::IstioSidecar => 15008,
        Mesh::Linkerd => 4143,
    }
}

/// What the proxies in the pods ask: who they are, where others are, and what is allowed.
fn control_plane(mesh: Mesh) -> Option<NetworkPolicyEgressRule> {
    let (namespace, ports): (_, &[u16]) = match mesh {
        // Its proxy is one of the node.
        Mesh::IstioAmbient => return None,
        Mesh::IstioSidecar => ("istio-system", &[15012]),
        Mesh::Linkerd => ("linkerd", &[8080, 8086, 8090]),
    };
    let labels = [("kubernetes.io/metadata.name".to_owned(), namespace.to_owned())].into();
    let selector = LabelSelector { match_labels: Some(labels), ..Default::default() };
    Some(NetworkPolicyEgressRule {
        ports: Some(ports.iter().map(|number| port(*number, "TCP")).collect()),
        to: Some(vec![NetworkPolicyPeer { namespace_selector: Some(selector), ..Default::default() }]),
    })
}

/// The peers and ports of a rule; to ports the mesh's is added.
fn rule(
    asked: &PolicyRule,
    tunnel: Option<&NetworkPolicyPort>,
) -> (Option<Vec<NetworkPolicyPeer>>, Option<Vec<NetworkPolicyPort>>) {
    let ports = asked.ports.as_ref().map(|ports| ports.iter().map(asked_port).chain(tunnel.cloned()).collect());
    (asked.peers.as_ref().map(|peers| peers.iter().map(peer).collect()), ports)
}

fn asked_port(asked: &PolicyPort) -> NetworkPolicyPort {
    NetworkPolicyPort {
        end_port: asked.end_port.map(|port| port.get().into()),
        ..port(asked.port.map_or(0, Into::into), asked.protocol.unwrap_or(Protocol::Tcp).as_str())
    }
}

fn port(port: u16, protocol: &str) -> NetworkPolicyPort {
    NetworkPolicyPort {
        port: Some(IntOrString::Int(port.into())),
        protocol: Some(protocol.to_owned()),
        ..Default::default()
    }
}

fn node_ports(ports: &RangeInclusive<u32>) -> NetworkPolicyPort {
    let number = |port: u32| i32::try_from(port).unwrap_or_default();
    NetworkPolicyPort {
        port: Some(IntOrString::Int(number(*ports.start()))),
        end_port: Some(number(*ports.end())),
        protocol: Some("TCP".to_owned()),
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
