//! The sentinels.

use super::{Config, Probes, Resources, document};
use crate::value::{Duration, MasterName, ObjectName, Quantity};

document! {
    /// The sentinels: how many, how fast, and where they keep what they know.
    pub struct Sentinel {
        /// Sentinels, 1 to 63, best odd; default 3 (v1beta3 and v1: 1, as in the tutorial).
        pub replicas: Option<u32>,
        /// Sentinels that must agree that the master is down, a majority or more. Changes without a restart; default: a majority.
        pub quorum: Option<u32>,
        /// Silence after which a sentinel holds a server for down, 3s to 10m. Changes without a restart; default 4s.
        pub down_after: Option<Duration>,
        /// Time for one attempt at a failover, twice downAfter to 1h. Changes without a restart; default 30s.
        pub failover_timeout: Option<Duration>,
        /// Replicas that sync with a new master at the same time, 1 or more. Changes without a restart; default: all
        /// there are.
        pub parallel_syncs: Option<u32>,
        /// The name clients ask for; default: the name of the instance.
        pub master_name: Option<MasterName>,
        /// Port of the sentinels, 1 to 65535, default 26379.
        pub port: Option<std::num::NonZeroU16>,
        /// CPU and memory of a sentinel; default requests 50m and 32Mi, limit 64Mi of memory.
        pub resources: Option<Box<Resources>>,
        /// Directives of sentinel.conf, over the defaults; those this tool owns are refused with the field to use.
        pub config: Option<Config>,
        /// The claim of a sentinel; default: a claim when the servers have claims, else an emptyDir.
        pub storage: Option<Box<SentinelStorage>>,
        /// Times and thresholds of the sentinel's probes.
        pub probes: Option<Box<Probes>>,
    }

    /// The volume on which a sentinel keeps its configuration: a few kilobytes.
    pub struct SentinelStorage {
        /// True for a claim, false for an emptyDir; default: as the servers.
        pub enabled: Option<bool>,
        /// Size of the claim; default 64Mi.
        pub size: Option<Quantity>,
        /// Storage class; default: that of the servers, else the cluster's default.
        pub class: Option<ObjectName>,
    }
}
