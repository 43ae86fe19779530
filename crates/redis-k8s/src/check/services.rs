//! Services and ports.

use std::ops::RangeInclusive;

use super::rule::rules;
use super::{Check, network_policy};
use crate::check::at::At;
use crate::instance::Component;
use crate::model::{External, IpFamilyPolicy, MasterService, ServiceOptions, ServiceType};

/// Ports of nodes, unless the API server was told of others (`--service-node-port-range`).
const NODE_PORTS: RangeInclusive<u32> = 30000..=32767;

rules! { RULES;
    SENTINEL_SERVICE_NEEDED = Error "sentinel-service-needed", "`spec.services.sentinel.enabled` is false",
        "clients find the sentinels, and through them the master, by this Service alone";
    SETTINGS_OF_DISABLED = Warning "settings-of-disabled", "something is switched off with `enabled: false`, or not switched on where that is the default, and described all the same",
        "the description has no effect";
    SENTINEL_SERVICE_EXPOSED = Warning "sentinel-service-exposed", "`spec.services.sentinel.type` is NodePort or LoadBalancer, without `spec.services.external`",
        "sentinels answer with addresses of Services inside the cluster, which clients outside cannot reach";
    EXPOSED_WITHOUT_PASSWORD = Warning "exposed-without-password", "a Service is reachable from outside the cluster, or a client block is the whole network, without a password or client certificates",
        "everybody who reaches the address may read, change and delete everything";
    IP_FAMILIES_INVALID = Error "ip-families-invalid", "`spec.services.ipFamilies` is empty, or names a family twice",
        "the API server refuses such a Service";
    IP_FAMILIES_AGAINST_POLICY = Error "ip-families-against-policy", "two families are named with the policy SingleStack or none, or one with a policy of two",
        "the API server refuses a second family unless the policy allows two; where it can it adds the second, and refuses the next apply, which would take it away";
    SERVICE_SETTING_REFUSED = Error "service-setting-refused", "`loadBalancerClass` or `loadBalancerSourceRanges` of a Service that is no LoadBalancer, or `nodePort` or `externalTrafficPolicy` of one of type ClusterIP",
        "the API server refuses it";
    NODE_PORT_OUT_OF_RANGE = Error "node-port-out-of-range", "`nodePort` of a Service, or one counted from `serverNodePort` or `sentinelNodePort`, is not 30000 to 32767",
        "the API server refuses it, unless it was told of another range";
    NODE_PORT_TWICE = Error "node-port-twice", "two Services have the same `nodePort`",
        "the API server refuses the second";
    SOURCE_RANGES_EMPTY = Error "source-ranges-empty", "`loadBalancerSourceRanges` of a Service is an empty list",
        "the API server drops it, and everybody may connect";
    PORTS_EQUAL = Error "ports-equal", "`spec.port` and `spec.sentinel.port` are the same on v1beta3 or v1",
        "the bootstrap pod holds a server and a sentinel, which share one network: only one of them could listen";
    PORT_PRIVILEGED = Warning "port-privileged", "a port is less than 1024",
        "the containers run without root and without capabilities; not every container runtime lets them listen there";
}

pub(super) fn check(check: &mut Check) {
    ports(check);
    let Some(services) = check.spec.services.as_deref() else { return };
    let master = services.followed().map(MasterService::service);
    let read = services.read.as_ref().filter(|read| read.enabled != Some(false));
    let mut taken = Vec::new();
    for (path, service) in [
        ("spec.services.sentinel", services.sentinel.as_ref()),
        ("spec.services.read", read),
        ("spec.services.master", master.as_ref()),
    ] {
        if let Some(service) = service {
            outside(check, &At::root(path), service, &mut taken);
        }
    }
    if let Some(external) = services.external.as_deref() {
        for (field, component) in [("serverNodePort", Component::Server), ("sentinelNodePort", Component::Sentinel)] {
            if let Some(first) = external.node_port(component) {
                let pods = check.instance.replicas(component);
                node_ports(check, At::root("spec.services.external").field(field), first, pods, &mut taken);
            }
        }
    }
    if let Some(sentinel) = &services.sentinel {
        let path = At::root("spec.services.sentinel");
        if sentinel.enabled == Some(false) {
            check.report(
                SENTINEL_SERVICE_NEEDED
                    .at(path.field("enabled"), "without this Service clients cannot find the sentinels, nor the master")
                    .help("leave it out; to keep clients away, use spec.networkPolicy.clients"),
            );
        }
        let inside = check.instance.external().is_none();
        if let Some(kind) = sentinel.r#type.filter(|kind| inside && *kind != ServiceType::ClusterIp) {
            check.report(
                SENTINEL_SERVICE_EXPOSED
                    .at(
                        path.field("type"),
                        format!("{} lets clients outside ask the sentinels, but the answers are addresses inside the cluster", kind.as_str()),
                    )
                    .help("name the servers' addresses outside in spec.services.external, or run clients where Service addresses are routed"),
            );
        }
        exposed(check, &path, sentinel);
    }
    if let Some(read) = &services.read {
        let path = At::root("spec.services.read");
        if read.enabled == Some(false) {
            let described = ServiceOptions { enabled: None, ..read.clone() } != ServiceOptions::default();
            settings_of_disabled(check, &path, described);
        } else {
            exposed(check, &path, read);
        }
    }
    if let Some(families) = &services.ip_families {
        let path = "spec.services.ipFamilies";
        let dual = matches!(
            services.ip_family_policy,
            Some(IpFamilyPolicy::PreferDualStack | IpFamilyPolicy::RequireDualStack)
        );
        match families.as_slice() {
            [] => check.report(
                IP_FAMILIES_INVALID
                    .at(path, "a Service needs a family")
                    .help("leave it out for the cluster's default, or name IPv4, IPv6 or both"),
            ),
            [one] => {
                if dual {
                    check.report(
                        IP_FAMILIES_AGAINST_POLICY
                            .at(path, format!("with two families in the cluster, the second apply would take away the one beside {}, and be refused", one.as_str()))
                            .help("name both families, the preferred one first, or leave them or the policy out"),
                    );
                }
            }
            [one, other] if one != other => {
                if !dual {
                    let policy = services.ip_family_policy.map_or("absent", IpFamilyPolicy::as_str);
                    check.report(
                        IP_FAMILIES_AGAINST_POLICY
                            .at(
                                path,
                                format!("two families need a policy that allows two, and ipFamilyPolicy is {policy}"),
                            )
                            .help("set ipFamilyPolicy to PreferDualStack, or name one family"),
                    );
                }
            }
            _ => check.report(
                IP_FAMILIES_INVALID
                    .at(path, "a family stands twice: there are IPv4 and IPv6")
                    .help("name each once, the preferred one first"),
            ),
        }
    }
}

/// How a Service is reached from outside; node ports that are `taken` by others.
fn outside(check: &mut Check, path: &At, service: &ServiceOptions, taken: &mut Vec<u32>) {
    let kind = service.r#type.unwrap_or(ServiceType::ClusterIp);
    let (inside, balanced) = (kind == ServiceType::ClusterIp, kind == ServiceType::LoadBalancer);
    for (field, is_set, fits) in [
        ("loadBalancerClass", service.load_balancer_class.is_some(), balanced),
        ("loadBalancerSourceRanges", service.load_balancer_source_ranges.is_some(), balanced),
        ("nodePort", service.node_port.is_some(), !inside),
        ("externalTrafficPolicy", service.external_traffic_policy.is_some(), !inside),
    ] {
        if is_set && !fits {
            setting_refused(check, path, field, kind.as_str(), "leave it out, or set type: LoadBalancer");
        }
    }
    source_ranges(check, path, service.load_balancer_source_ranges.as_deref());
    if let Some(port) = service.node_port {
        node_ports(check, path.field("nodePort"), port, 1, taken);
    }
}

/// Reports a setting that a Service of this type has not.
pub(super) fn setting_refused(check: &mut Check, path: &At, field: &'static str, kind: &str, help: &'static str) {
    let message = format!("a Service of type {kind} has no {field}");
    check.report(SERVICE_SETTING_REFUSED.at(path.field(field), message).help(help));
}

/// Ports of nodes from this one on that others may have `taken`.
fn node_ports(check: &mut Check, at: At, first: u32, count: u32, taken: &mut Vec<u32>) {
    let all = External::node_ports(first, count);
    if let Some(port) = [*all.start(), *all.end()].iter().find(|port| !NODE_PORTS.contains(port)) {
        let which = if *port == first { String::new() } else { format!(", the last of {count},") };
        check.report(
            NODE_PORT_OUT_OF_RANGE
                .at(at, format!("{port}{which} is no port of nodes: 30000 to 32767"))
                .help("use one of these, or leave it out for the cluster's choice"),
        );
        return;
    }
    if let Some(port) = all.clone().find(|port| taken.contains(port)) {
        check.report(
            NODE_PORT_TWICE
                .at(at, format!("{port} is another Service's already"))
                .help("give each Service a port of its own, or leave it out for the cluster's choice"),
        );
    }
    taken.extend(all);
}

/// Reports a part that is switched off and described all the same.
pub(super) fn settings_of_disabled(check: &mut Check, path: &At, described: bool) {
    if described {
        check.report(
            SETTINGS_OF_DISABLED
                .at(path.field("enabled"), "it is switched off, so its other settings have no effect")
                .help("switch it on, or leave the settings out"),
        );
    }
}

/// Reports that everybody outside may connect to what stands at `path`.
pub(super) fn exposed_without_password(check: &mut Check, path: At, what: &str) {
    check.report(
        EXPOSED_WITHOUT_PASSWORD
            .at(
                path,
                format!("{what} lets everybody who reaches it in: there is no password and no client certificate"),
            )
            .help("add spec.auth, or spec.tls with clientCertificates: required"),
    );
}

pub(super) fn exposed(check: &mut Check, path: &At, service: &ServiceOptions) {
    if let Some(kind) = service.r#type.filter(|kind| *kind != ServiceType::ClusterIp)
        && !check.is_guarded()
    {
        exposed_without_password(check, path.field("type"), kind.as_str());
    }
}

/// Reports blocks that may connect to what stands at `path`: those that are none, and everybody.
pub(super) fn source_ranges(check: &mut Check, path: &At, ranges: Option<&[String]>) {
    let path = path.field("loadBalancerSourceRanges");
    for (place, block) in ranges.into_iter().flatten().enumerate() {
        let at = path.index(place);
        if network_policy::prefix(check, at, block) == Some(0) && !check.is_guarded() {
            exposed_without_password(check, at, block);
        }
    }
    if ranges.is_some_and(<[String]>::is_empty) {
        check.report(
            SOURCE_RANGES_EMPTY
                .at(path, "an empty list lets everybody in, not nobody")
                .help("leave it out, or name those who may connect, as in [10.0.0.0/8]"),
        );
    }
}

fn ports(check: &mut Check) {
    let services = check.spec.services.as_deref();
    for (path, port) in [
        ("spec.port", check.spec.port),
        ("spec.sentinel.port", check.sentinel().and_then(|sentinel| sentinel.port)),
        ("spec.services.master.port", services.and_then(|services| services.master.as_deref()?.port)),
        ("spec.metrics.port", check.spec.metrics.as_deref().and_then(|metrics| metrics.port)),
    ] {
        if let Some(port) = port.filter(|port| port.get() < 1024) {
            check.report(
                PORT_PRIVILEGED
                    .at(
                        path,
                        format!("port {port} is below 1024, and the containers run without root and capabilities"),
                    )
                    .help("use 1024 or more"),
            );
        }
    }
    let (server, sentinel) = (check.instance.port(Component::Server), check.instance.port(Component::Sentinel));
    if server == sentinel && check.target.is_tutorial() {
        let path = if check.spec.port.is_some() { "spec.port" } else { "spec.sentinel.port" };
        check.report(
            PORTS_EQUAL
                .at(
                    path,
                    format!(
                        "server and sentinel of the bootstrap pod share one network: both cannot listen on {server}"
                    ),
                )
                .help("use two ports; on apps/v1 they may be the same"),
        );
    }
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    use crate::api_version::ApiVersion;
    &[
        case(
            "sentinel-service-needed",
            "spec.services.sentinel.enabled",
            "spec: {services: {sentinel: {enabled: false}}}",
            "spec: {services: {sentinel: {enabled: true}}}",
        ),
        case(
            "settings-of-disabled",
            "spec.services.read.enabled",
            "spec: {services: {read: {enabled: false, sessionAffinity: ClientIP}}}",
            "spec: {services: {read: {enabled: false}}}",
        ),
        case(
            "sentinel-service-exposed",
            "spec.services.sentinel.type",
            "spec: {auth: {secret: a}, services: {sentinel: {type: LoadBalancer}}}",
            "spec: {auth: {secret: a}, services: {sentinel: {type: ClusterIP}}}",
        ),
        case(
            "exposed-without-password",
            "spec.services.read.type",
            "spec: {services: {read: {type: NodePort}}}",
            "spec: {auth: {secret: a}, services: {read: {type: NodePort}}}",
        ),
        case(
            "ip-families-invalid",
            "spec.services.ipFamilies",
            "spec: {services: {ipFamilies: []}}",
            "spec: {services: {ipFamilies: [IPv6]}}",
        ),
        case(
            "ip-families-invalid",
            "spec.services.ipFamilies",
            "spec: {services: {ipFamilies: [IPv4, IPv4], ipFamilyPolicy: PreferDualStack}}",
            "spec: {services: {ipFamilies: [IPv4, IPv6], ipFamilyPolicy: PreferDualStack}}",
        ),
        case(
            "ip-families-invalid",
            "spec.services.ipFamilies",
            "spec: {services: {ipFamilies: [IPv4, IPv6, IPv4], ipFamilyPolicy: RequireDualStack}}",
            "spec: {services: {ipFamilies: [IPv4, IPv6], ipFamilyPolicy: RequireDualStack}}",
        ),
        case(
            "ip-families-against-policy",
            "spec.services.ipFamilies",
            "spec: {services: {ipFamilies: [IPv6], ipFamilyPolicy: PreferDualStack}}",
            "spec: {services: {ipFamilyPolicy: PreferDualStack}}",
        ),
        case(
            "ip-families-against-policy",
            "spec.services.ipFamilies",
            "spec: {services: {ipFamilies: [IPv4, IPv6], ipFamilyPolicy: SingleStack}}",
            "spec: {services: {ipFamilies: [IPv4], ipFamilyPolicy: SingleStack}}",
        ),
        case(
            "ip-families-against-policy",
            "spec.services.ipFamilies",
            "spec: {services: {ipFamilies: [IPv6, IPv4]}}",
            "spec: {services: {ipFamilies: [IPv6, IPv4], ipFamilyPolicy: RequireDualStack}}",
        ),
        case(
            "service-setting-refused",
            "spec.services.sentinel.loadBalancerClass",
            "spec: {auth: {secret: a}, services: {read: {type: NodePort}, sentinel: {loadBalancerClass: example.com/a}}}",
            "spec: {auth: {secret: a}, services: {external: {servers: ['r-{index}.example.com']}, sentinel: {type: LoadBalancer, loadBalancerClass: example.com/a}}}",
        ),
        case(
            "service-setting-refused",
            "spec.services.read.loadBalancerSourceRanges",
            "spec: {auth: {secret: a}, services: {read: {type: NodePort, loadBalancerSourceRanges: [10.0.0.0/8]}}}",
            "spec: {auth: {secret: a}, services: {read: {type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8]}}}",
        ),
        case(
            "service-setting-refused",
            "spec.services.master.externalTrafficPolicy",
            "spec: {auth: {secret: a}, services: {master: {enabled: true, externalTrafficPolicy: Local}}}",
            "spec: {auth: {secret: a}, services: {master: {enabled: true, type: NodePort, externalTrafficPolicy: Local}}}",
        ),
        case(
            "node-port-out-of-range",
            "spec.services.read.nodePort",
            "spec: {auth: {secret: a}, services: {read: {type: NodePort, nodePort: 6379}}}",
            "spec: {auth: {secret: a}, services: {read: {type: NodePort, nodePort: 30379}}}",
        ),
        case(
            "node-port-out-of-range",
            "spec.services.sentinel.nodePort",
            "spec: {auth: {secret: a}, services: {external: {servers: ['r-{index}.example.com']}, sentinel: {type: NodePort, nodePort: 32768}}}",
            "spec: {auth: {secret: a}, services: {external: {servers: ['r-{index}.example.com']}, sentinel: {type: NodePort, nodePort: 32767}}}",
        ),
        case(
            "node-port-twice",
            "spec.services.master.nodePort",
            "spec: {auth: {secret: a}, services: {read: {type: NodePort, nodePort: 30379}, master: {enabled: true, type: NodePort, nodePort: 30379}}}",
            "spec: {auth: {secret: a}, services: {read: {type: NodePort, nodePort: 30379}, master: {enabled: true, type: NodePort, nodePort: 30380}}}",
        ),
        case(
            "cidr-invalid",
            "spec.services.read.loadBalancerSourceRanges[0]",
            "spec: {auth: {secret: a}, services: {read: {type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0]}}}",
            "spec: {auth: {secret: a}, services: {read: {type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/32]}}}",
        ),
        case(
            "source-ranges-empty",
            "spec.services.external.loadBalancerSourceRanges",
            "spec: {services: {external: {servers: ['r-{index}.example.com'], sentinels: ['s-{index}.example.com'], loadBalancerSourceRanges: []}}}",
            "spec: {services: {external: {servers: ['r-{index}.example.com'], sentinels: ['s-{index}.example.com'], loadBalancerSourceRanges: [10.0.0.0/8]}}}",
        ),
        case("ports-equal", "spec.port", "spec: {port: 26379}", "spec: {port: 26380}").on(ApiVersion::V1),
        case("ports-equal", "spec.sentinel.port", "spec: {sentinel: {port: 6379}}", "spec: {sentinel: {port: 6380}}")
            .on(ApiVersion::V1Beta3),
        case("port-privileged", "spec.port", "spec: {port: 1023}", "spec: {port: 26379}"),
    ]
};
