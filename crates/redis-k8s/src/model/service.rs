//! Services.

use std::ops::RangeInclusive;

use super::field::{BALANCED, MASTER, OUTSIDE, why::ADDRESS, why::BALANCER};
use super::{Annotations, Labels, Resources, choice, document};
use crate::instance::Component;
use crate::value::{Image, LabelKey};

/// What stands for the number of a pod.
pub(crate) const INDEX: &str = "{index}";

document! {
    /// The Services of the instance.
    pub struct Services {
        /// `NAME-sentinel`, where clients ask who is master.
        pub sentinel: Option<ServiceOptions> => sample(r#"{"type": "NodePort"}"#),
        /// `NAME-read`, over all servers that are in sync.
        pub read: Option<ServiceOptions> => sample(r#"{"type": "LoadBalancer"}"#).not_in_tutorial("the tutorial has no Service for reading"),
        /// `NAME-master`, over the server that is master, for clients without Sentinel: proxies that follow it.
        pub master: Option<Box<MasterService>> else "there is none" => sample(r#"{"enabled": true}"#).not_in_tutorial("the tutorial has no Service that follows the master"),
        /// Addresses by which clients outside the cluster reach each server and each sentinel, and which are what sentinels answer. Pods
        /// use them as well.
        pub external: Option<Box<External>> else "sentinels answer addresses inside the cluster" => sample(r#"{"servers": ["redis-{index}.example.com"]}"#).not_in_tutorial("the tutorial has no Service for each pod"),
        /// IP families of all Services, for dual-stack clusters: `[IPv4, IPv6]`.
        pub ip_families: Option<Vec<IpFamily>> => sample(r#"["IPv4", "IPv6"]"#).beside(r#"{"services": {"ipFamilyPolicy": "PreferDualStack"}}"#).not_in_v1beta3(ADDRESS),
        /// Whether Services have one address or two.
        pub ip_family_policy: Option<IpFamilyPolicy> else "the cluster's" => sample(r#""PreferDualStack""#).not_in_v1beta3(ADDRESS),
    }

    /// The Service that follows the master, and the proxies behind it.
    pub struct MasterService {
        /// True for the Service and its proxies.
        pub enabled: Option<bool> = "false" => sample("true"),
        /// Proxies, 1 to 16. Each holds connections of its own, which end when it stops.
        pub replicas: Option<u32> = "2" => sample("3").beside(MASTER),
        /// Image of the proxies: an official HAProxy image, 2.6 or newer.
        pub image: Option<Image> = "haproxy:3.2" => sample(r#""haproxy:3.2-alpine""#).beside(MASTER),
        /// CPU and memory of a proxy.
        pub resources: Option<Resources> else "requests 50m and 32Mi, limit 128Mi of memory" => sample(r#"{"limits": {"memory": "256Mi"}}"#).beside(MASTER),
        /// Port of the Service and its proxies, 1 to 65535.
        pub port: Option<std::num::NonZeroU16> else "that of the servers" => sample("6380").beside(MASTER),
        /// `ClusterIP`, `NodePort` or `LoadBalancer`.
        pub r#type: Option<ServiceType> = "ClusterIP" => sample(r#""NodePort""#).beside(MASTER),
        /// More labels of the Service.
        pub labels: Option<Labels> => sample(r#"{"tier": "data"}"#).beside(MASTER),
        /// More annotations of the Service, for instance for a load balancer.
        pub annotations: Option<Annotations> => sample(r#"{"example.com/dns": "redis"}"#).beside(MASTER),
        /// Whether a client keeps its proxy.
        pub session_affinity: Option<SessionAffinity> = "None" => sample(r#""ClientIP""#).beside(MASTER),
        /// Which proxies are preferred; Kubernetes 1.33 knows `PreferSameZone` as `PreferClose`, and gets that name.
        pub traffic_distribution: Option<TrafficDistribution> else "all are alike" => sample(r#""PreferSameZone""#).beside(MASTER),
        /// Who makes the load balancer, as `example.com/internal`; with type `LoadBalancer`.
        pub load_balancer_class: Option<LabelKey> else "the cluster's" => sample(r#""example.com/internal""#).beside(BALANCED),
        /// Who may connect through the load balancer, as blocks of addresses; with type `LoadBalancer`.
        pub load_balancer_source_ranges: Option<Vec<String>> else "any address" => sample(r#"["198.51.100.0/24"]"#).beside(BALANCED),
        /// The port of every node, 30000 to 32767; with type `NodePort` or `LoadBalancer`.
        pub node_port: Option<u32> else "the cluster's choice" => sample("30379").between(30000, 32767).beside(BALANCED),
        /// `Local` keeps clients' addresses and leads to endpoints of the node that is asked alone; with type `NodePort` or `LoadBalancer`.
        pub external_traffic_policy: Option<TrafficPolicy> = "Cluster" => sample(r#""Local""#).beside(BALANCED),
    }

    /// How each server and each sentinel is reached from outside: the Services `NAME-announce-I` and `NAME-sentinel-announce-I` are load
    /// balancers, or ports of the nodes.
    pub struct External {
        /// `LoadBalancer`, or `NodePort`: pods announce their addresses with ports of the nodes, and every address leads to these.
        pub r#type: Option<ExternalType> = "LoadBalancer" => sample(r#""NodePort""#).beside(r#"{"services": {"external": {"servers": ["redis-{index}.example.com"], "serverNodePort": 30379}}}"#),
        /// Addresses of the servers: a name in which `{index}` stands for the number of the pod, or a name or IP address for each.
        /// A Service asks for its IP address (`loadBalancerIP`).
        pub servers: Option<Vec<String>> => sample(r#"["redis-{index}.example.com"]"#),
        /// Addresses of the sentinels.
        pub sentinels: Option<Vec<String>> else "addresses inside the cluster" => sample(r#"["192.0.2.20", "192.0.2.21", "192.0.2.22"]"#).beside(OUTSIDE),
        /// The port of every node that leads to the first server, 30000 to 32767; those of the next servers follow it. Type `NodePort`
        /// needs it.
        pub server_node_port: Option<u32> else "the cluster's choice" => sample("30379").between(30000, 32767).beside(OUTSIDE),
        /// The same of the sentinels, if they have addresses.
        pub sentinel_node_port: Option<u32> else "the cluster's choice" => sample("30479").between(30000, 32767).beside(r#"{"services": {"external": {"servers": ["redis-{index}.example.com"], "sentinels": ["redis-sentinel-{index}.example.com"]}}}"#),
        /// Who makes the load balancers, as `example.com/internal`.
        pub load_balancer_class: Option<LabelKey> else "the cluster's" => sample(r#""example.com/internal""#).beside(OUTSIDE),
        /// Who may connect through them, as blocks of addresses. The pods' own must be among them.
        pub load_balancer_source_ranges: Option<Vec<String>> else "any address" => sample(r#"["198.51.100.0/24", "10.244.0.0/16"]"#).beside(OUTSIDE),
        /// `Local` keeps clients' addresses, which the NetworkPolicy judges; with `Cluster` a node forwards under its own, and to pods
        /// of others.
        pub external_traffic_policy: Option<TrafficPolicy> else "`Local`; with type `NodePort` `Cluster`" => sample(r#""Cluster""#).beside(OUTSIDE),
        /// Annotations of these Services. `{index}` stands for the number of the pod, `{hostname}` for its name outside; one with
        /// `{hostname}` is left out where that is an IP address.
        pub annotations: Option<Annotations> => sample(r#"{"external-dns.alpha.kubernetes.io/hostname": "{hostname}"}"#).beside(OUTSIDE),
    }

    /// How one Service is made.
    pub struct ServiceOptions {
        /// False to leave the Service out (`read` only).
        pub enabled: Option<bool> = "true" => sample("false"),
        /// `ClusterIP`, `NodePort` or `LoadBalancer`.
        pub r#type: Option<ServiceType> = "ClusterIP" => sample(r#""NodePort""#).only_in_v1beta3(&["ClusterIP", "LoadBalancer"], "its Services are inside or behind a load balancer"),
        /// More labels.
        pub labels: Option<Labels> => sample(r#"{"tier": "data"}"#),
        /// More annotations, for instance for a load balancer.
        pub annotations: Option<Annotations> => sample(r#"{"example.com/dns": "redis"}"#),
        /// Whether a client keeps its endpoint.
        pub session_affinity: Option<SessionAffinity> = "None" => sample(r#""ClientIP""#),
        /// Which endpoints are preferred; Kubernetes 1.33 knows `PreferSameZone` as `PreferClose`, and gets that name.
        pub traffic_distribution: Option<TrafficDistribution> else "all are alike" => sample(r#""PreferSameZone""#).not_in_v1beta3("its Services treat all endpoints alike"),
        /// Who makes the load balancer, as `example.com/internal`; with type `LoadBalancer`.
        pub load_balancer_class: Option<LabelKey> else "the cluster's" => sample(r#""example.com/internal""#).beside(BALANCED).not_in_v1beta3(BALANCER),
        /// Who may connect through the load balancer, as blocks of addresses; with type `LoadBalancer`.
        pub load_balancer_source_ranges: Option<Vec<String>> else "any address" => sample(r#"["198.51.100.0/24"]"#).beside(BALANCED).not_in_v1beta3(BALANCER),
        /// The port of every node, 30000 to 32767; with type `NodePort` or `LoadBalancer`.
        pub node_port: Option<u32> else "the cluster's choice" => sample("30379").between(30000, 32767).beside(BALANCED).not_in_v1beta3(BALANCER),
        /// `Local` keeps clients' addresses and leads to endpoints of the node that is asked alone; with type `NodePort` or `LoadBalancer`.
        pub external_traffic_policy: Option<TrafficPolicy> = "Cluster" => sample(r#""Local""#).beside(BALANCED).not_in_v1beta3(BALANCER),
    }
}

choice! {
    /// How a Service is reached.
    pub enum ServiceType {
        /// From inside the cluster.
        ClusterIp = "ClusterIP",
        /// On a port of every node.
        NodePort = "NodePort",
        /// Through a load balancer of the provider.
        LoadBalancer = "LoadBalancer",
    }
}

choice! {
    /// How each pod is reached from outside.
    pub enum ExternalType {
        /// Through a load balancer of its own.
        LoadBalancer = "LoadBalancer",
        /// On a port of every node.
        NodePort = "NodePort",
    }
}

choice! {
    /// How what comes from outside reaches a pod.
    pub enum TrafficPolicy {
        /// Through any node, under that node's address.
        Cluster = "Cluster",
        /// Through the pod's node alone, under the client's address.
        Local = "Local",
    }
}

choice! {
    /// Whether a client keeps its endpoint.
    pub enum SessionAffinity {
        /// Every connection is spread anew.
        None = "None",
        /// By the client's address.
        ClientIp = "ClientIP",
    }
}

choice! {
    /// Which endpoints of a Service are preferred.
    pub enum TrafficDistribution {
        /// Those of the client's zone.
        PreferSameZone = "PreferSameZone",
        /// Those of the client's node; Kubernetes 1.34 and newer.
        PreferSameNode = "PreferSameNode",
    }
}

choice! {
    /// A version of IP.
    pub enum IpFamily {
        /// IPv4.
        V4 = "IPv4",
        /// IPv6.
        V6 = "IPv6",
    }
}

choice! {
    /// How many addresses a Service has.
    pub enum IpFamilyPolicy {
        /// One.
        SingleStack = "SingleStack",
        /// Two where the cluster can.
        PreferDualStack = "PreferDualStack",
        /// Two, or the Service is refused.
        RequireDualStack = "RequireDualStack",
    }
}

impl External {
    /// The addresses of a set, as the scripts take them.
    pub(crate) fn addresses(&self, component: Component) -> Option<&[String]> {
        match component {
            Component::Server => self.servers.as_deref(),
            Component::Sentinel => self.sentinels.as_deref(),
            Component::Proxy => None,
        }
    }

    /// The node port of the first pod of a set.
    pub(crate) fn node_port(&self, component: Component) -> Option<u32> {
        match component {
            Component::Server => self.server_node_port,
            Component::Sentinel => self.sentinel_node_port,
            Component::Proxy => None,
        }
    }

    /// The ports of so many pods, from that of the first on.
    pub(crate) const fn node_ports(first: u32, pods: u32) -> RangeInclusive<u32> {
        first..=first.saturating_add(pods).saturating_sub(1)
    }

    /// The port a pod announces with its address, if that is one of the nodes.
    pub(crate) fn announced_port(&self, component: Component) -> Option<u32> {
        self.node_port(component).filter(|_| self.r#type == Some(ExternalType::NodePort))
    }

    /// The addresses of a set, with their ports where those are announced: `outside` and `at` in topology.env read them.
    pub(crate) fn words(&self, component: Component) -> Option<String> {
        let all = self.addresses(component)?;
        let Some(first) = self.announced_port(component) else { return Some(all.join(" ")) };
        let words: Vec<_> = all.iter().zip(first..).map(|(address, port)| format!("{address}={port}")).collect();
        Some(words.join(" "))
    }

    /// The address of a pod; the scripts find it alike (`outside` in topology.env).
    pub(crate) fn address(addresses: &[String], ordinal: u32) -> Option<String> {
        match addresses {
            [name] if name.contains(INDEX) => Some(name.replace(INDEX, &ordinal.to_string())),
            all => all.get(usize::try_from(ordinal).ok()?).cloned(),
        }
    }
}

impl Services {
    /// The Service that follows the master, if it is wanted.
    pub(crate) fn followed(&self) -> Option<&MasterService> {
        self.master.as_deref().filter(|master| master.enabled == Some(true))
    }
}

impl MasterService {
    /// How the Service itself is made.
    pub(crate) fn service(&self) -> ServiceOptions {
        ServiceOptions {
            enabled: self.enabled,
            r#type: self.r#type,
            labels: self.labels.clone(),
            annotations: self.annotations.clone(),
            session_affinity: self.session_affinity,
            traffic_distribution: self.traffic_distribution,
            load_balancer_class: self.load_balancer_class.clone(),
            load_balancer_source_ranges: self.load_balancer_source_ranges.clone(),
            node_port: self.node_port,
            external_traffic_policy: self.external_traffic_policy,
        }
    }
}
