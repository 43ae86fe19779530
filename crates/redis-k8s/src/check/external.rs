//! Addresses by which clients outside reach each server and each sentinel.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;

use super::rule::rules;
use super::services::SERVICE_SETTING_REFUSED;
use super::{Check, counted, services};
use crate::check::at::At;
use crate::instance::Component;
use crate::model::{External, ExternalType, INDEX, ServiceType, TrafficPolicy};
use crate::value::ObjectName;

rules! { RULES;
    EXTERNAL_SERVERS_MISSING = Error "external-servers-missing", "`spec.services.external` is there without `servers`",
        "sentinels would answer addresses inside the cluster, whoever asks";
    EXTERNAL_SENTINELS_UNREACHABLE = Warning "external-sentinels-unreachable", "`spec.services.external` names no sentinels, and `spec.services.sentinel` is reached from inside alone",
        "clients outside learn from sentinels who is master";
    EXTERNAL_ADDRESS_INVALID = Error "external-address-invalid", "an address outside is neither an IP address as sentinels write it nor a DNS name, or holds `{index}` more than once or beside others",
        "servers announce it, and sentinels and clients connect to it";
    EXTERNAL_ADDRESSES_TOO_FEW = Error "external-addresses-too-few", "there are less addresses outside than pods",
        "a pod without one would announce an address inside, which clients cannot reach once it is master";
    EXTERNAL_ADDRESS_TWICE = Error "external-address-twice", "two servers or two sentinels have the same address outside",
        "sentinels take them for one";
    EXTERNAL_HIDES_CLIENTS = Warning "external-hides-clients", "`spec.services.external.externalTrafficPolicy` is Cluster, and no block of addresses is in `spec.networkPolicy.clients`",
        "nodes forward clients' and pods' connections under their own addresses, which the NetworkPolicy then judges";
    EXTERNAL_NODE_PORT_MISSING = Error "external-node-port-missing", "`spec.services.external.type` is NodePort, and `serverNodePort` or, with `sentinels`, `sentinelNodePort` is not there",
        "pods announce the port with their address, and cannot know what the cluster would choose";
    EXTERNAL_NODE_WITHOUT_POD = Warning "external-node-without-pod", "`spec.services.external` has type NodePort and `externalTrafficPolicy: Local`",
        "a node leads to its own pods alone, so a pod is lost once it runs on another than that to which its address leads";
}

pub(super) fn check(check: &mut Check) {
    let Some(external) = check.instance.external() else { return };
    let path = At::root("spec.services.external");
    if external.servers.is_none() {
        check.report(
            EXTERNAL_SERVERS_MISSING
                .at(path, "there is no address by which clients outside reach the master")
                .help("name the servers' addresses in servers, as in [redis-{index}.example.com]"),
        );
    }
    let sets = [(Component::Server, check.servers, "servers"), (Component::Sentinel, check.sentinels, "sentinels")];
    for (component, pods, field) in sets {
        if let Some(all) = external.addresses(component) {
            addresses(check, &path.field(field), all, pods, component.as_str());
        }
    }
    let service = check.spec.services.as_deref().and_then(|services| services.sentinel.as_ref()?.r#type);
    if external.sentinels.is_none() && matches!(service, None | Some(ServiceType::ClusterIp)) {
        check.report(
            EXTERNAL_SENTINELS_UNREACHABLE
                .at(path, "clients outside find no sentinel to ask who is master")
                .help("name the sentinels' addresses in sentinels, or set spec.services.sentinel.type to LoadBalancer"),
        );
    }
    if external.sentinels.is_none() && external.sentinel_node_port.is_some() {
        check.report(
            SERVICE_SETTING_REFUSED
                .at(
                    path.field("sentinelNodePort"),
                    "the sentinels' Services are of type ClusterIP, and have no node port",
                )
                .help("name the sentinels' addresses in sentinels, or leave it out"),
        );
    }
    if external.r#type == Some(ExternalType::NodePort) {
        node_ports(check, &path, external);
    }
    services::source_ranges(check, &path, external.load_balancer_source_ranges.as_deref());
    if external.load_balancer_source_ranges.is_none() && !check.is_guarded() {
        services::exposed_without_password(check, path, "an address outside");
    }
    let policy = check.spec.network_policy.as_deref();
    let has_block = policy.is_some_and(|policy| policy.clients.iter().flatten().any(|peer| peer.cidr.is_some()));
    // Without ranges everybody is let in anyway.
    let judges = check.instance.has_network_policy() && external.load_balancer_source_ranges.is_some() && !has_block;
    if external.external_traffic_policy == Some(TrafficPolicy::Cluster) && judges {
        check.report(
            EXTERNAL_HIDES_CLIENTS
                .at(
                    path.field("externalTrafficPolicy"),
                    "connections come from nodes, which the NetworkPolicy keeps out",
                )
                .help("leave it out, or add the nodes' block of addresses to spec.networkPolicy.clients"),
        );
    }
}

fn node_ports(check: &mut Check, path: &At, external: &External) {
    for (component, field) in [(Component::Server, "serverNodePort"), (Component::Sentinel, "sentinelNodePort")] {
        if external.addresses(component).is_some() && external.node_port(component).is_none() {
            check.report(
                EXTERNAL_NODE_PORT_MISSING
                    .at(path.field("type"), format!("there is no {field}, the first of the ports that are announced"))
                    .help(format!(
                        "set {field} to the first of as many free ports of 30000 to 32767 as there are pods"
                    )),
            );
        }
    }
    for (field, is_set) in [
        ("loadBalancerClass", external.load_balancer_class.is_some()),
        ("loadBalancerSourceRanges", external.load_balancer_source_ranges.is_some()),
    ] {
        if is_set {
            services::setting_refused(check, path, field, ExternalType::NodePort.as_str(), "leave it out, or the type");
        }
    }
    if external.external_traffic_policy == Some(TrafficPolicy::Local) {
        check.report(
            EXTERNAL_NODE_WITHOUT_POD
                .at(path.field("externalTrafficPolicy"), "nodes without the pod do not lead to it")
                .help("leave it out"),
        );
    }
}

fn addresses(check: &mut Check, path: &At, all: &[String], pods: u32, noun: &str) {
    let template = matches!(all, [only] if only.contains(INDEX));
    let mut seen = BTreeSet::new();
    for (place, address) in all.iter().enumerate() {
        let at = path.index(place);
        if let Err(help) = check_address(address, template) {
            let message = format!("{address:?} is no address by which one {noun} is reached");
            check.report(EXTERNAL_ADDRESS_INVALID.at(at, message).help(help));
        } else if !seen.insert(address) {
            check.report(
                EXTERNAL_ADDRESS_TWICE
                    .at(at, format!("{address} is another {noun}'s already"))
                    .help("give each an address of its own, or write one name with {index}"),
            );
        }
    }
    if !template && (all.len() as u64) < u64::from(pods) {
        let message = format!("{} for {}", counted_addresses(all.len()), counted(pods, noun));
        check.report(
            EXTERNAL_ADDRESSES_TOO_FEW.at(*path, message).help("name one for each, or one name with {index} for all"),
        );
    }
}

fn counted_addresses(count: usize) -> String {
    format!("{count} address{}", if count == 1 { "" } else { "es" })
}

/// What an address should be, if it is none.
fn check_address(address: &str, template: bool) -> Result<(), Cow<'static, str>> {
    const EXAMPLE: &str = "write an IP address, or a DNS name in lower case, as redis-0.example.com";
    let found = address.matches(INDEX).count();
    if found > 1 || found == 1 && !template {
        return Err("write one name with one {index} for all, or an address without it for each".into());
    }
    if let Ok(parsed) = address.parse::<IpAddr>() {
        // Sentinels answer the usual form (RFC 5952), with which pods compare their own; the API server warns of others.
        let usual = parsed.to_canonical().to_string();
        return if usual == address { Ok(()) } else { Err(format!("write it as sentinels do: {usual}").into()) };
    }
    let name = address.replace(INDEX, "0");
    // What ends in a number is an address to every resolver, and no good one.
    let ends_in_number = name.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if ends_in_number || name.parse::<ObjectName>().is_err() { Err(EXAMPLE.into()) } else { Ok(()) }
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case(
            "external-servers-missing",
            "spec.services.external",
            "spec: {auth: {secret: a}, services: {external: {sentinels: ['s-{index}.example.com']}}}",
            "spec: {auth: {secret: a}, services: {external: {servers: ['r-{index}.example.com'], sentinels: ['s-{index}.example.com']}}}",
        ),
        case(
            "external-sentinels-unreachable",
            "spec.services.external",
            "spec: {auth: {secret: a}, services: {external: {servers: ['r-{index}.example.com']}}}",
            "spec: {auth: {secret: a}, services: {sentinel: {type: LoadBalancer}, external: {servers: ['r-{index}.example.com']}}}",
        ),
        case(
            "external-address-invalid",
            "spec.services.external.servers[0]",
            "spec: {auth: {secret: a}, services: {external: {servers: ['{index}.{index}.example.com'], sentinels: ['s-{index}.example.com']}}}",
            "spec: {auth: {secret: a}, services: {external: {servers: ['{index}.example.com'], sentinels: ['s-{index}.example.com']}}}",
        ),
        case(
            "external-address-invalid",
            "spec.services.external.servers[1]",
            "spec: {auth: {secret: a}, services: {external: {servers: [192.0.2.1, 192.0.2.2:6379, 192.0.2.3], sentinels: ['s-{index}.example.com']}}}",
            "spec: {auth: {secret: a}, services: {external: {servers: [192.0.2.1, '2001:db8::2', r-2.example.com], sentinels: ['s-{index}.example.com']}}}",
        ),
        case(
            "external-address-invalid",
            "spec.services.external.servers[1]",
            "spec: {auth: {secret: a}, services: {external: {servers: ['2001:db8::1', '2001:DB8:0::2', '2001:db8::3'], sentinels: ['s-{index}.example.com']}}}",
            "spec: {auth: {secret: a}, services: {external: {servers: ['2001:db8::1', '2001:db8::2', '2001:db8::3'], sentinels: ['s-{index}.example.com']}}}",
        ),
        case(
            "external-address-invalid",
            "spec.services.external.servers[0]",
            "spec: {auth: {secret: a}, services: {external: {servers: ['10.0.0.{index}'], sentinels: ['s-{index}.example.com']}}}",
            "spec: {auth: {secret: a}, services: {external: {servers: ['redis{index}'], sentinels: ['s-{index}.example.com']}}}",
        ),
        case(
            "external-address-invalid",
            "spec.services.external.sentinels[0]",
            "spec: {auth: {secret: a}, services: {external: {servers: ['r-{index}.example.com'], sentinels: ['s-{index}.example.com', s-1.example.com, s-2.example.com]}}}",
            "spec: {auth: {secret: a}, services: {external: {servers: ['r-{index}.example.com'], sentinels: [s-0.example.com, s-1.example.com, s-2.example.com]}}}",
        ),
        case(
            "external-addresses-too-few",
            "spec.services.external.servers",
            "spec: {auth: {secret: a}, services: {external: {servers: [redis.example.com], sentinels: ['s-{index}.example.com']}}}",
            "spec: {auth: {secret: a}, services: {external: {servers: [redis.example.com, b.example.com, c.example.com], sentinels: ['s-{index}.example.com']}}}",
        ),
        case(
            "external-addresses-too-few",
            "spec.services.external.sentinels",
            "spec: {auth: {secret: a}, sentinel: {replicas: 5}, services: {external: {servers: ['r-{index}.example.com'], sentinels: [192.0.2.1, 192.0.2.2, 192.0.2.3]}}}",
            "spec: {auth: {secret: a}, services: {external: {servers: ['r-{index}.example.com'], sentinels: [192.0.2.1, 192.0.2.2, 192.0.2.3]}}}",
        ),
        case(
            "external-address-twice",
            "spec.services.external.servers[2]",
            "spec: {auth: {secret: a}, services: {external: {servers: [192.0.2.1, 192.0.2.2, 192.0.2.1], sentinels: ['s-{index}.example.com']}}}",
            "spec: {auth: {secret: a}, services: {external: {servers: [192.0.2.1, 192.0.2.2, 192.0.2.3], sentinels: ['s-{index}.example.com']}}}",
        ),
        case(
            "external-hides-clients",
            "spec.services.external.externalTrafficPolicy",
            "spec: {services: {external: {servers: ['r-{index}.example.com'], sentinels: ['s-{index}.example.com'], externalTrafficPolicy: Cluster, loadBalancerSourceRanges: [10.0.0.0/8]}}}",
            "spec: {networkPolicy: {clients: [{cidr: 192.0.2.0/24}]}, services: {external: {servers: ['r-{index}.example.com'], sentinels: ['s-{index}.example.com'], externalTrafficPolicy: Cluster, loadBalancerSourceRanges: [10.0.0.0/8]}}}",
        ),
        case(
            "external-node-port-missing",
            "spec.services.external.type",
            "spec: {auth: {secret: a}, services: {external: {type: NodePort, servers: ['r-{index}.example.com'], sentinels: ['s-{index}.example.com'], serverNodePort: 30379}}}",
            "spec: {auth: {secret: a}, services: {sentinel: {type: NodePort}, external: {type: NodePort, servers: ['r-{index}.example.com'], serverNodePort: 30379}}}",
        ),
        case(
            "external-node-without-pod",
            "spec.services.external.externalTrafficPolicy",
            "spec: {auth: {secret: a}, services: {sentinel: {type: NodePort}, external: {type: NodePort, servers: ['r-{index}.example.com'], serverNodePort: 30379, externalTrafficPolicy: Local}}}",
            "spec: {auth: {secret: a}, services: {sentinel: {type: NodePort}, external: {type: NodePort, servers: ['r-{index}.example.com'], serverNodePort: 30379, externalTrafficPolicy: Cluster}}}",
        ),
        case(
            "service-setting-refused",
            "spec.services.external.loadBalancerSourceRanges",
            "spec: {auth: {secret: a}, services: {sentinel: {type: NodePort}, external: {type: NodePort, servers: ['r-{index}.example.com'], serverNodePort: 30379, loadBalancerSourceRanges: [10.0.0.0/8]}}}",
            "spec: {auth: {secret: a}, services: {sentinel: {type: NodePort}, external: {servers: ['r-{index}.example.com'], serverNodePort: 30379, loadBalancerSourceRanges: [10.0.0.0/8]}}}",
        ),
        case(
            "service-setting-refused",
            "spec.services.external.loadBalancerClass",
            "spec: {auth: {secret: a}, services: {sentinel: {type: NodePort}, external: {type: NodePort, servers: ['r-{index}.example.com'], serverNodePort: 30379, loadBalancerClass: example.com/a}}}",
            "spec: {auth: {secret: a}, services: {sentinel: {type: NodePort}, external: {type: LoadBalancer, servers: ['r-{index}.example.com'], serverNodePort: 30379, loadBalancerClass: example.com/a}}}",
        ),
        case(
            "service-setting-refused",
            "spec.services.external.sentinelNodePort",
            "spec: {auth: {secret: a}, services: {sentinel: {type: NodePort}, external: {servers: ['r-{index}.example.com'], sentinelNodePort: 30479}}}",
            "spec: {auth: {secret: a}, services: {sentinel: {type: NodePort}, external: {servers: ['r-{index}.example.com'], sentinels: ['s-{index}.example.com'], sentinelNodePort: 30479}}}",
        ),
        case(
            "node-port-out-of-range",
            "spec.services.external.sentinelNodePort",
            "spec: {auth: {secret: a}, services: {external: {servers: ['r-{index}.example.com'], sentinels: ['s-{index}.example.com'], sentinelNodePort: 32766}}}",
            "spec: {auth: {secret: a}, services: {external: {servers: ['r-{index}.example.com'], sentinels: ['s-{index}.example.com'], sentinelNodePort: 32765}}}",
        ),
        case(
            "node-port-twice",
            "spec.services.external.sentinelNodePort",
            "spec: {auth: {secret: a}, services: {external: {servers: ['r-{index}.example.com'], sentinels: ['s-{index}.example.com'], serverNodePort: 30379, sentinelNodePort: 30381}}}",
            "spec: {auth: {secret: a}, services: {external: {servers: ['r-{index}.example.com'], sentinels: ['s-{index}.example.com'], serverNodePort: 30379, sentinelNodePort: 30382}}}",
        ),
        case(
            "node-port-twice",
            "spec.services.external.serverNodePort",
            "spec: {auth: {secret: a}, services: {sentinel: {type: NodePort, nodePort: 30381}, external: {servers: ['r-{index}.example.com'], serverNodePort: 30379}}}",
            "spec: {auth: {secret: a}, services: {sentinel: {type: NodePort, nodePort: 30378}, external: {servers: ['r-{index}.example.com'], serverNodePort: 30379}}}",
        ),
        case(
            "exposed-without-password",
            "spec.services.external",
            "spec: {services: {external: {servers: ['r-{index}.example.com'], sentinels: ['s-{index}.example.com']}}}",
            "spec: {services: {external: {servers: ['r-{index}.example.com'], sentinels: ['s-{index}.example.com'], loadBalancerSourceRanges: [10.0.0.0/8]}}}",
        ),
        case(
            "cidr-invalid",
            "spec.services.external.loadBalancerSourceRanges[1]",
            "spec: {services: {external: {servers: ['r-{index}.example.com'], sentinels: ['s-{index}.example.com'], loadBalancerSourceRanges: [10.0.0.0/8, 10.0.0.1/8]}}}",
            "spec: {services: {external: {servers: ['r-{index}.example.com'], sentinels: ['s-{index}.example.com'], loadBalancerSourceRanges: [10.0.0.0/8, 10.0.0.1/32]}}}",
        ),
        case(
            "annotation-refused",
            "spec.services.external.annotations[\"service.beta.kubernetes.io/load-balancer-source-ranges\"]",
            "spec: {auth: {secret: a}, services: {external: {servers: ['r-{index}.example.com'], sentinels: ['s-{index}.example.com'], annotations: {service.beta.kubernetes.io/load-balancer-source-ranges: '{hostname}'}}}}",
            "spec: {auth: {secret: a}, services: {external: {servers: ['r-{index}.example.com'], sentinels: ['s-{index}.example.com'], annotations: {example.com/hostname: '{hostname}'}}}}",
        ),
    ]
};
