//! Services: which pods stand behind each, and under which names they are found.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::Arc;

use k8s_openapi::api::core::v1::{Service, ServicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::pod::Pod;
use crate::net::dns::Names;
use crate::net::fabric::NODES;
use crate::net::rules::Virtual;

/// Virtual addresses by the name of their Service; headless ones have none.
pub(crate) type Addresses = BTreeMap<String, Ipv4Addr>;

/// What the cluster's parts know of Services at one time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Endpoints {
    pub(crate) virtuals: Vec<Virtual>,
    pub(crate) names: Names,
}

/// The name that a load balancer's address is published by.
const HOSTNAME: &str = "external-dns.alpha.kubernetes.io/hostname";

/// A pod as a Service sees it.
struct Candidate<'a> {
    pod: &'a Pod,
    ip: Ipv4Addr,
    ready: bool,
    terminating: bool,
}

/// Works out all Services of a namespace.
pub(crate) fn work_out(
    namespace: &str,
    services: &BTreeMap<String, Service>,
    (addresses, balancers): (&Addresses, &Addresses),
    pods: &BTreeMap<String, Arc<Pod>>,
) -> Endpoints {
    let mut endpoints = Endpoints::default();
    let candidates: Vec<Candidate<'_>> = pods
        .values()
        .filter_map(|pod| {
            let ip = pod.ip()?;
            Some(Candidate { pod, ip, ready: pod.ready(), terminating: pod.terminating() })
        })
        .collect();
    for (name, service) in services {
        let Some(spec) = &service.spec else { continue };
        let full = format!("{name}.{namespace}.svc.cluster.local");
        let selector = spec.selector.clone().unwrap_or_default();
        let publish = spec.publish_not_ready_addresses == Some(true);
        let selected: Vec<&Candidate<'_>> = candidates
            .iter()
            .filter(|one| {
                !selector.is_empty() && selector.iter().all(|(key, value)| one.pod.labels.get(key) == Some(value))
            })
            .collect();
        let mut chosen: Vec<&Candidate<'_>> =
            selected.iter().copied().filter(|one| publish || one.ready && !one.terminating).collect();
        if let Some(ip) = addresses.get(name) {
            if chosen.is_empty() {
                // kube-proxy's last resort: pods that end but still serve.
                chosen = selected.iter().copied().filter(|one| one.ready && one.terminating).collect();
            }
            endpoints.names.insert(full, vec![*ip]);
            for port in spec.ports.iter().flatten() {
                let backends = chosen.iter().filter_map(|one| Some((one.ip, target(port, one.pod)?))).collect();
                let protocol = if port.protocol.as_deref() == Some("UDP") { "udp" } else { "tcp" };
                let node_port = port.node_port.and_then(|port| u16::try_from(port).ok());
                let Ok(port) = u16::try_from(port.port) else { continue };
                let inside = Virtual { ip: *ip, protocol, port, backends, sources: Vec::new(), masquerade: false };
                // kube-proxy leads pods that ask for the load balancer's address straight to the endpoints.
                let balancer = balancers.get(name).map(|ip| (*ip, port));
                let nodes = node_port.into_iter().flat_map(|port| NODES.map(|ip| (ip, port)));
                let outside = balancer.into_iter().chain(nodes).map(|(ip, port)| Virtual {
                    ip,
                    port,
                    sources: spec.load_balancer_source_ranges.clone().unwrap_or_default(),
                    masquerade: spec.external_traffic_policy.as_deref() != Some("Local"),
                    ..inside.clone()
                });
                endpoints.virtuals.extend(outside);
                endpoints.virtuals.push(inside);
            }
            // As external-dns has it; of the nodes, one.
            let asked = service.metadata.annotations.as_ref().and_then(|all| all.get(HOSTNAME));
            let node = (spec.type_.as_deref() == Some("NodePort")).then_some(&NODES[0]);
            if let (Some(asked), Some(ip)) = (asked, balancers.get(name).or(node)) {
                endpoints.names.insert(asked.clone(), vec![*ip]);
            }
        } else {
            for one in &chosen {
                if one.pod.spec.subdomain.as_ref() == Some(name) {
                    endpoints.names.insert(format!("{}.{full}", one.pod.host_name()), vec![one.ip]);
                }
            }
            if !chosen.is_empty() {
                endpoints.names.insert(full, chosen.iter().map(|one| one.ip).collect());
            }
        }
    }
    endpoints
}

/// The container port a Service port leads to.
fn target(port: &ServicePort, pod: &Pod) -> Option<u16> {
    match &port.target_port {
        None => u16::try_from(port.port).ok(),
        Some(IntOrString::Int(number)) => u16::try_from(*number).ok(),
        Some(IntOrString::String(name)) => pod.ports().get(name).copied(),
    }
}
