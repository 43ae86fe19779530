//! Services.

use super::field::{MASTER, why::ADDRESS};
use super::{Annotations, Labels, Resources, choice, document};
use crate::value::Image;

document! {
    /// The Services of the instance.
    pub struct Services {
        /// `NAME-sentinel`, where clients ask who is master.
        pub sentinel: Option<ServiceOptions> => sample(r#"{"type": "NodePort"}"#),
        /// `NAME-read`, over all servers that are in sync.
        pub read: Option<ServiceOptions> => sample(r#"{"type": "LoadBalancer"}"#).not_in_tutorial("the tutorial has no Service for reading"),
        /// `NAME-master`, over the server that is master, for clients without Sentinel: proxies that follow it.
        pub master: Option<Box<MasterService>> else "there is none" => sample(r#"{"enabled": true}"#).not_in_tutorial("the tutorial has no Service that follows the master"),
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
        }
    }
}
