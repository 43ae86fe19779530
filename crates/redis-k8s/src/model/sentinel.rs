//! The sentinels.

use super::field::why::{CLAIMS, SCRIPT};
use super::{Annotations, Config, Labels, Probes, Resources, Scheduling, UpdateStrategy, document};
use crate::value::{ClassName, Duration, Image, MasterName, Quantity};

document! {
    /// The sentinels: how many, how fast, and where they keep what they know.
    pub struct Sentinel {
        /// Sentinels, 1 to 63, best odd. Where nothing is said v1beta3 and v1 start with one, as the tutorial.
        pub replicas: Option<u32> = "3" => sample("5").between(1, 63),
        /// Sentinels that must agree that the master is down, a majority or more. Changes without a restart.
        pub quorum: Option<u32> else "a majority" => sample("3").between(1, 63).not_in_v1beta3(SCRIPT),
        /// Silence after which a sentinel holds a server for down, 3s to 10m. Changes without a restart.
        pub down_after: Option<Duration> = "4s" => sample(r#""6s""#).not_in_v1beta3(SCRIPT),
        /// Time for one attempt at a failover, twice downAfter to 1h. Changes without a restart.
        pub failover_timeout: Option<Duration> = "30s" => sample(r#""1m""#).not_in_v1beta3(SCRIPT),
        /// Replicas that sync with a new master at the same time, 1 or more. Changes without a restart.
        pub parallel_syncs: Option<u32> else "all there are" => sample("1").between(1, 63).not_in_v1beta3(SCRIPT),
        /// The name clients ask for.
        pub master_name: Option<MasterName> else "the name of the instance" => sample(r#""mymaster""#).not_in_v1beta3(SCRIPT),
        /// Image of the sentinels.
        pub image: Option<Image> else "that of the servers" => sample(r#""redis:8.2-alpine""#).not_in_v1beta3("one image has both"),
        /// Port of the sentinels, 1 to 65535.
        pub port: Option<std::num::NonZeroU16> = "26379" => sample("26380"),
        /// CPU and memory of a sentinel.
        pub resources: Option<Box<Resources>> else "requests 50m and 32Mi, limit 64Mi of memory" => sample(r#"{"limits": {"memory": "128Mi"}}"#),
        /// Directives of sentinel.conf, over the defaults; those this tool owns are refused with the field to use.
        pub config: Option<Config> => sample(r#"{"loglevel": "verbose"}"#).not_in_v1beta3(SCRIPT),
        /// The claim of a sentinel.
        pub storage: Option<Box<SentinelStorage>> else "a claim when the servers have claims, else an emptyDir" => sample(r#"{"enabled": true}"#).not_in_tutorial(CLAIMS),
        /// Where the sentinels run, in place of all that `spec.scheduling` says.
        pub scheduling: Option<Box<Scheduling>> else "as the servers" => sample(r#"{"tolerations": [{"operator": "Exists", "effect": "NoSchedule"}]}"#).not_in_tutorial("the first server and the first sentinel share a pod"),
        /// How sentinels are replaced when something changes that a running one does not take up.
        pub update_strategy: Option<UpdateStrategy> => sample(r#"{"type": "OnDelete"}"#).not_in_tutorial("a ReplicationController replaces no pods"),
        /// Times and thresholds of the sentinel's probes.
        pub probes: Option<Box<Probes>> => sample(r#"{"liveness": {"period": "20s"}}"#),
    }

    /// The volume on which a sentinel keeps its configuration: a few kilobytes.
    pub struct SentinelStorage {
        /// True for a claim, false for an emptyDir.
        pub enabled: Option<bool> else "as the servers" => sample("true"),
        /// Size of the claim.
        pub size: Option<Quantity> = "64Mi" => sample(r#""1Gi""#).beside(r#"{"storage": {"size": "8Gi"}}"#),
        /// Storage class.
        pub class: Option<ClassName> else "that of the servers, else the cluster's default" => sample(r#""fast""#).beside(r#"{"storage": {"size": "8Gi"}}"#),
        /// Labels of the claim.
        pub labels: Option<Labels> => sample(r#"{"team": "checkout"}"#).beside(r#"{"storage": {"size": "8Gi"}}"#),
        /// Annotations of the claim.
        pub annotations: Option<Annotations> => sample(r#"{"example.com/backup": "none"}"#).beside(r#"{"storage": {"size": "8Gi"}}"#),
    }
}
