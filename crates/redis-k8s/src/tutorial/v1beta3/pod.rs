//! Pods and the templates they are made from.

use super::{Container, ObjectMeta, StringMap, Version, Volume, api, words};

words! {
    /// The `kind` of a pod.
    #[derive(Default)]
    pub enum PodKind {
        /// `Pod`.
        #[default]
        Pod = "Pod",
    }

    /// When the containers of a pod are started again.
    pub enum RestartPolicy {
        /// Whenever they end; the default.
        Always = "Always",
        /// When they fail.
        OnFailure = "OnFailure",
        /// Not at all.
        Never = "Never",
    }

    /// Whom the containers ask for names.
    pub enum DnsPolicy {
        /// The cluster's name service first; the default.
        ClusterFirst = "ClusterFirst",
        /// Whom the node asks.
        Default = "Default",
    }
}

api! {
    /// Containers that share a node, a network address and volumes.
    pub struct Pod {
        /// `v1beta3`.
        pub api_version: Version,
        /// `Pod`.
        pub kind: PodKind,
        /// Name, namespace and marks.
        pub metadata: ObjectMeta,
        /// What runs.
        pub spec: PodSpec,
    }

    /// What runs in a pod.
    pub struct PodSpec {
        /// The containers, one at least.
        pub containers: Vec<Container>,
        ; optional
        /// The volumes they may mount.
        pub volumes: Vec<Volume>,
        /// When they are started again.
        pub restart_policy: Option<RestartPolicy>,
        /// Whom they ask for names.
        pub dns_policy: Option<DnsPolicy>,
        /// Labels the node must have.
        pub node_selector: StringMap,
        /// The node, if it is chosen by hand.
        pub host: Option<String>,
        /// True to use the node's own network.
        pub host_network: bool,
    }

    /// What a controller makes pods from.
    pub struct PodTemplate {
        /// Labels and annotations of the pods.
        pub metadata: ObjectMeta,
        /// What runs in them.
        pub spec: PodSpec,
    }
}

impl Pod {
    /// A pod of this name.
    #[must_use]
    pub fn new(name: impl Into<String>, spec: PodSpec) -> Self {
        Self { api_version: Version::default(), kind: PodKind::default(), metadata: ObjectMeta::named(name), spec }
    }
}

impl PodSpec {
    /// These containers and nothing else.
    #[must_use]
    pub fn new(containers: Vec<Container>) -> Self {
        Self {
            containers,
            volumes: Vec::new(),
            restart_policy: None,
            dns_policy: None,
            node_selector: StringMap::new(),
            host: None,
            host_network: false,
        }
    }
}
