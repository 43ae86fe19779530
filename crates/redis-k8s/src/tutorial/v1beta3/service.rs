//! Services. v1beta3 has neither types nor a choice of address families.

use std::num::NonZeroU16;

use super::{ObjectMeta, PortRef, Protocol, StringMap, Version, api, words};

words! {
    /// The `kind` of a Service.
    #[derive(Default)]
    pub enum ServiceKind {
        /// `Service`.
        #[default]
        Service = "Service",
    }

    /// Whether a client keeps its endpoint.
    pub enum SessionAffinity {
        /// By the client's address.
        ClientIp = "ClientIP",
        /// Not; the default.
        None = "None",
    }
}

api! {
    /// A standing query for pods, behind one address.
    pub struct Service {
        /// `v1beta3`.
        pub api_version: Version,
        /// `Service`.
        pub kind: ServiceKind,
        /// Name, namespace and marks.
        pub metadata: ObjectMeta,
        /// What it offers and whom it asks.
        pub spec: ServiceSpec,
    }

    /// What a Service offers and whom it asks.
    pub struct ServiceSpec {
        /// The ports, one at least.
        pub ports: Vec<ServicePort>,
        ; optional
        /// Labels of the pods.
        pub selector: StringMap,
        /// The address; `None` for none.
        #[serde(rename = "portalIP")]
        pub portal_ip: Option<String>,
        /// True to have the provider put a load balancer before it.
        pub create_external_load_balancer: bool,
        /// Addresses from outside that reach it too.
        #[serde(rename = "publicIPs")]
        pub public_ips: Vec<String>,
        /// Whether a client keeps its endpoint.
        pub session_affinity: Option<SessionAffinity>,
    }

    /// A port of a Service.
    pub struct ServicePort {
        /// The port clients use.
        pub port: NonZeroU16,
        ; optional
        /// Its name.
        pub name: Option<String>,
        /// TCP or UDP.
        pub protocol: Option<Protocol>,
        /// The port of the pods; absent: the same.
        pub target_port: Option<PortRef>,
    }
}

impl Service {
    /// A Service of this name.
    #[must_use]
    pub fn new(name: impl Into<String>, spec: ServiceSpec) -> Self {
        Self { api_version: Version::default(), kind: ServiceKind::default(), metadata: ObjectMeta::named(name), spec }
    }
}

impl ServiceSpec {
    /// These ports over the pods of this selector.
    #[must_use]
    pub fn new(ports: Vec<ServicePort>, selector: StringMap) -> Self {
        Self {
            ports,
            selector,
            portal_ip: None,
            create_external_load_balancer: false,
            public_ips: Vec::new(),
            session_affinity: None,
        }
    }
}
