//! Who may reach the pods, and how many of them may be away.

use super::{Labels, document};

document! {
    /// Who may reach servers and sentinels. On by default: the namespace may, nobody else.
    pub struct NetworkPolicy {
        /// False to render no NetworkPolicy; default true.
        pub enabled: Option<bool>,
        /// Who may connect besides the instance's own pods; default: every pod of the namespace.
        pub clients: Option<Vec<Peer>>,
        /// Where the pods may ask for names; default: port 53 of anything, and 5353 as OpenShift has it.
        pub dns: Option<Vec<DnsPeer>>,
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

    /// How many pods of a set a drain may take at a time.
    pub struct DisruptionBudget {
        /// False to render no PodDisruptionBudget; default true.
        pub enabled: Option<bool>,
        /// Servers that may be away, 1 or more; default 1.
        pub max_unavailable: Option<u32>,
    }
}
