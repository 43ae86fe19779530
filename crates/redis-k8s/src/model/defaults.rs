//! What an absent field means, in one place for the builders, the checks and the messages.
//!
//! These are the values of `apps/v1`; where the tutorial's targets differ, their constants say so.

use std::num::NonZeroU16;

use crate::value::Duration;

/// Servers.
pub const REPLICAS: u32 = 3;
/// Servers of `v1beta3` and `v1`: the tutorial starts with one and resizes.
pub const TUTORIAL_REPLICAS: u32 = 1;
/// Sentinels.
pub const SENTINEL_REPLICAS: u32 = 3;
/// Sentinels of `v1beta3` and `v1`.
pub const TUTORIAL_SENTINEL_REPLICAS: u32 = 1;
/// Sentinels that must agree on `v1beta3` and `v1`, whatever their count is at first: the tutorial's `quorum 2`.
pub const TUTORIAL_QUORUM: u32 = 2;

/// Port of the servers.
pub const PORT: NonZeroU16 = NonZeroU16::new(6379).unwrap();
/// Port of the sentinels.
pub const SENTINEL_PORT: NonZeroU16 = NonZeroU16::new(26379).unwrap();

/// Image of servers and sentinels.
pub const IMAGE: &str = "redis:8.2";
/// Image of `v1beta3`: the tutorial's, start logic included.
pub const TUTORIAL_IMAGE: &str = "kubernetes/redis:v1";

/// Silence after which a sentinel holds a server for down. At 5 s a client whose own time-out is 1 s waited for up to 7.5 s.
pub const DOWN_AFTER: Duration = Duration::from_secs(4);
/// Time for one attempt at a failover.
pub const FAILOVER_TIMEOUT: Duration = Duration::from_secs(30);
/// How old the last word of a replica may be to count as in sync.
pub const MIN_REPLICAS_MAX_LAG: Duration = Duration::from_secs(4);
/// Time a pod has to hand over and stop.
pub const TERMINATION_GRACE_PERIOD: Duration = Duration::from_secs(60);
/// Time between two runs of a liveness probe.
pub const LIVENESS_PERIOD: Duration = Duration::from_secs(60);
/// Runs of a liveness probe that fail in a row before a process is restarted.
pub const LIVENESS_FAILURE_THRESHOLD: u32 = 2;
/// Time between two runs of a liveness probe on `v1`.
pub const TUTORIAL_LIVENESS_PERIOD: Duration = Duration::from_secs(10);
/// Runs of a liveness probe that fail in a row before a process is restarted on `v1`.
pub const TUTORIAL_LIVENESS_FAILURE_THRESHOLD: u32 = 6;
/// Time between two runs of a startup probe.
pub const STARTUP_PERIOD: Duration = Duration::from_secs(1);
/// Runs of a startup probe that fail in a row before a container is started anew: eleven days, so none in practice.
pub const STARTUP_FAILURE_THRESHOLD: u32 = 1_000_000;
/// Pods of a set that may be away at a time.
pub const MAX_UNAVAILABLE: u32 = 1;

/// Key of the Secret with the password.
pub const AUTH_KEY: &str = "password";
/// Key of the Secret with the password that was valid before.
pub const AUTH_PREVIOUS_KEY: &str = "previous-password";
/// Name of the user that servers, sentinels and scripts are where there are more users than `default`.
pub const OWN_USER: &str = "redis-k8s";
/// What a user of the sentinels may whose rules are not said: what the libraries of docs/clients.md send, which take a refused
/// `CLIENT SETINFO` for an older server.
pub const SENTINEL_RULES: &str = "&* +client|setname +info +ping +psubscribe +punsubscribe +role +subscribe +unsubscribe \
    +sentinel|get-master-addr-by-name +sentinel|master +sentinel|masters +sentinel|replicas +sentinel|sentinels +sentinel|slaves";
/// Key of the Secret with the ACL file.
pub const ACL_FILE_KEY: &str = "users.acl";
/// Key of the Secret with the certificate.
pub const TLS_CERTIFICATE_KEY: &str = "tls.crt";
/// Key of the Secret with the private key.
pub const TLS_PRIVATE_KEY: &str = "tls.key";
/// Key of the Secret with the certificate of the authority.
pub const TLS_AUTHORITY_KEY: &str = "ca.crt";

/// Cores the scheduler sets aside for a server.
pub const CPU_REQUEST: &str = "100m";
/// Memory the scheduler sets aside for a server.
pub const MEMORY_REQUEST: &str = "128Mi";
/// Memory a server may use.
pub const MEMORY_LIMIT: &str = "256Mi";
/// Cores the scheduler sets aside for a sentinel.
pub const SENTINEL_CPU_REQUEST: &str = "50m";
/// Memory the scheduler sets aside for a sentinel.
pub const SENTINEL_MEMORY_REQUEST: &str = "32Mi";
/// Memory a sentinel may use.
pub const SENTINEL_MEMORY_LIMIT: &str = "64Mi";
/// Proxies that follow the master.
pub const PROXY_REPLICAS: u32 = 2;
/// Image of the proxies.
pub const PROXY_IMAGE: &str = "haproxy:3.2";
/// Cores the scheduler sets aside for a proxy.
pub const PROXY_CPU_REQUEST: &str = "50m";
/// Memory the scheduler sets aside for a proxy.
pub const PROXY_MEMORY_REQUEST: &str = "32Mi";
/// Memory a proxy may use: its 4000 connections with a buffer in use each need about 80 MB.
pub const PROXY_MEMORY_LIMIT: &str = "128Mi";
/// Image of the exporters.
pub const METRICS_IMAGE: &str = "oliver006/redis_exporter:v1.88.0";
/// Port of the exporters.
pub const METRICS_PORT: NonZeroU16 = NonZeroU16::new(9121).unwrap();
/// Cores the scheduler sets aside for an exporter.
pub const METRICS_CPU_REQUEST: &str = "10m";
/// Memory the scheduler sets aside for an exporter.
pub const METRICS_MEMORY_REQUEST: &str = "32Mi";
/// Memory an exporter may use.
pub const METRICS_MEMORY_LIMIT: &str = "64Mi";
/// Size of the claim of a sentinel.
pub const SENTINEL_STORAGE_SIZE: &str = "64Mi";

/// User and group id of the containers, and the group that owns their volumes, as the official images have it.
pub const RUN_AS_ID: u32 = 999;
/// The label by which servers, or sentinels, are kept on different nodes.
pub const NODE_TOPOLOGY_KEY: &str = "kubernetes.io/hostname";
/// The label by which they are spread over zones.
pub const ZONE_TOPOLOGY_KEY: &str = "topology.kubernetes.io/zone";

/// Key of the Secret with the password of the sentinels or of a user that was valid before, where they have one of their own.
///
/// ```
/// use redis_k8s::model::defaults::previous_key;
/// assert_eq!(previous_key("sentinel-password"), "previous-sentinel-password");
/// ```
#[must_use]
pub fn previous_key(key: &str) -> String {
    ["previous-", key].concat()
}

/// Sentinels that must agree, and the votes a failover needs: more than half of `sentinels`.
///
/// ```
/// use redis_k8s::model::defaults::majority;
/// assert_eq!([1, 2, 3, 4, 5].map(majority), [1, 2, 2, 3, 3]);
/// ```
#[must_use]
pub const fn majority(sentinels: u32) -> u32 {
    sentinels / 2 + 1
}

/// Time for one attempt at a failover when the document does not say: [`FAILOVER_TIMEOUT`], and never less than
/// twice the time in which the next failure is noticed.
///
/// ```
/// use redis_k8s::{Duration, model::defaults::failover_timeout};
/// assert_eq!(failover_timeout(Duration::from_secs(5)), Duration::from_secs(30));
/// assert_eq!(failover_timeout(Duration::from_secs(20)), Duration::from_secs(40));
/// ```
#[must_use]
pub fn failover_timeout(down_after: Duration) -> Duration {
    FAILOVER_TIMEOUT.max(down_after.times(2))
}

/// Replicas that sync with a new master at the same time: all there are. Sentinel waits for the first ones before it tells the next,
/// for as long as `failoverTimeout` where one of the first was lost together with the master.
#[must_use]
pub const fn parallel_syncs(servers: u32) -> u32 {
    if servers > 2 { servers - 1 } else { 1 }
}

/// Replicas that must be in sync for a write when the document does not say: 1 as soon as one more may be away.
#[must_use]
pub const fn min_replicas_to_write(replicas: u32) -> u32 {
    if replicas >= 3 { 1 } else { 0 }
}
