//! Who may reach the pods.

use super::{Labels, document};

document! {
    /// Who may reach servers, sentinels and proxies. On by default: the namespace may, nobody else.
    pub struct NetworkPolicy {
        /// False to render no NetworkPolicy.
        pub enabled: Option<bool> = "true" => sample("false"),
        /// Who may connect besides the instance's own pods.
        pub clients: Option<Vec<Peer>> else "every pod of the namespace" => sample(r#"[{"namespaces": {"team": "a"}, "pods": {"app": "b"}}, {"cidr": "10.0.0.0/8"}]"#),
        /// Where the pods may ask for names.
        pub dns: Option<Vec<DnsPeer>> else "port 53 of anything, and 5353 as OpenShift has it" => sample(r#"[{"port": 53, "to": {"pods": {"k8s-app": "kube-dns"}, "namespaces": {}}}]"#),
    }

    /// A set of clients: pods by labels, or addresses.
    pub struct Peer {
        /// Labels of the pods; absent: all pods of the namespaces named.
        pub pods: Option<Labels>,
        /// Labels of the namespaces; absent: the instance's own.
        pub namespaces: Option<Labels>,
        /// A block of addresses, for instance `10.0.0.0/8`; alone.
        pub cidr: Option<String>,
    }

    /// A port of the name service.
    pub struct DnsPeer {
        /// The port, both UDP and TCP.
        pub port: Option<std::num::NonZeroU16>,
        /// The peer; absent: anything.
        pub to: Option<Peer>,
    }
}
