//! Who may reach the pods.

use super::{Labels, choice, document};

document! {
    /// Who may reach servers, sentinels and proxies. On by default: the namespace may, nobody else.
    pub struct NetworkPolicy {
        /// False to render no NetworkPolicy.
        pub enabled: Option<bool> = "true" => sample("false"),
        /// Who may connect besides the instance's own pods.
        pub clients: Option<Vec<Peer>> else "every pod of the namespace" => sample(r#"[{"namespaces": {"team": "a"}, "pods": {"app": "b"}}, {"cidr": "10.0.0.0/8"}]"#),
        /// Where the pods may ask for names.
        pub dns: Option<Vec<DnsPeer>> else "port 53 of anything, and 5353 as OpenShift has it" => sample(r#"[{"port": 53, "to": {"pods": {"k8s-app": "kube-dns"}, "namespaces": {}}}]"#),
        /// More that may connect: to containers of your own, or with `clients: []` all there is.
        pub ingress: Option<Vec<PolicyRule>> => sample(r#"[{"peers": [{"namespaces": {"team": "monitoring"}}], "ports": [{"port": 9121}]}]"#),
        /// More that servers, sentinels and proxies may connect to; without it the name service and each other.
        pub egress: Option<Vec<PolicyRule>> => sample(r#"[{"peers": [{"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}], "ports": [{"port": 8000, "endPort": 8080, "protocol": "TCP"}]}]"#),
        /// The service mesh the pods are in: its port is opened beside each other one, and the way to its control plane.
        pub mesh: Option<Mesh> else "there is none" => sample(r#""istio-ambient""#),
    }

    /// Peers and ports between which connections are made.
    pub struct PolicyRule {
        /// The other side; absent: anything.
        pub peers: Option<Vec<Peer>>,
        /// The ports; absent: every one.
        pub ports: Option<Vec<PolicyPort>>,
    }

    /// A port, or a range of them.
    pub struct PolicyPort {
        /// The port, or the first of the range.
        pub port: Option<std::num::NonZeroU16>,
        /// The last of the range.
        pub end_port: Option<std::num::NonZeroU16>,
        /// `TCP`, `UDP` or `SCTP`.
        pub protocol: Option<Protocol> = "TCP",
    }

    /// A set of clients: pods by labels, or addresses.
    pub struct Peer {
        /// Labels of the pods; absent: all pods of the namespaces named.
        pub pods: Option<Labels>,
        /// Labels of the namespaces; absent: the instance's own.
        pub namespaces: Option<Labels>,
        /// A block of addresses, for instance `10.0.0.0/8`; alone.
        pub cidr: Option<String>,
        /// Blocks within it that are not meant.
        pub except: Option<Vec<String>>,
    }

    /// A port of the name service.
    pub struct DnsPeer {
        /// The port, both UDP and TCP.
        pub port: Option<std::num::NonZeroU16>,
        /// The peer; absent: anything.
        pub to: Option<Peer>,
    }
}

choice! {
    /// What a port is for.
    pub enum Protocol {
        /// TCP.
        Tcp = "TCP",
        /// UDP.
        Udp = "UDP",
        /// SCTP.
        Sctp = "SCTP",
    }
}

choice! {
    /// A service mesh.
    pub enum Mesh {
        /// Istio without sidecars: connections arrive at 15008, probes from addresses of its own.
        IstioAmbient = "istio-ambient",
        /// Istio with a sidecar in each pod: connections from pods without one arrive at 15008; the sidecar asks `istiod` in
        /// `istio-system` at 15012.
        IstioSidecar = "istio-sidecar",
        /// Linkerd: connections arrive at 4143; its proxies ask the namespace `linkerd` at 8080, 8086 and 8090.
        Linkerd = "linkerd",
    }
}
