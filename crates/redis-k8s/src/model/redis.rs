//! The document itself.

use serde::{Deserialize, Serialize};

use super::{
    Annotations, Auth, Config, DisruptionBudget, EnvVar, ImagePullPolicy, Labels, Metadata, NetworkPolicy, Probes,
    Resources, Scheduling, Security, Sentinel, ServiceAccount, Services, Storage, Tls, choice, document,
};
use crate::value::{Duration, Image, InstanceName, KubernetesVersion, ObjectName};

choice! {
    /// The version of the document's form.
    #[derive(Default)]
    pub enum DocumentApiVersion {
        /// The first version.
        #[default]
        V1Alpha1 = "redis-k8s-gen.dev/v1alpha1",
    }
}

choice! {
    /// The kind of the document.
    #[derive(Default)]
    pub enum DocumentKind {
        /// One Redis: servers, sentinels and what they need.
        #[default]
        Redis = "Redis",
    }
}

/// One Redis deployment, as a user describes it.
///
/// ```
/// use redis_k8s::{ApiVersion, Redis};
///
/// let mut cache = Redis::new("cache".parse()?);
/// cache.spec.replicas = Some(5);
/// let manifest = cache.render(ApiVersion::AppsV1)?;
/// assert!(manifest.to_yaml().starts_with("---\napiVersion: "));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Redis {
    /// `redis-k8s-gen.dev/v1alpha1`.
    pub api_version: DocumentApiVersion,
    /// `Redis`.
    pub kind: DocumentKind,
    /// Name, namespace, labels and annotations.
    pub metadata: Metadata,
    /// What to run; empty is a working cluster of three servers and three sentinels.
    #[serde(default)]
    pub spec: RedisSpec,
}

impl Redis {
    /// An instance with every default: three servers and three sentinels.
    #[must_use]
    pub fn new(name: InstanceName) -> Self {
        Self {
            api_version: DocumentApiVersion::default(),
            kind: DocumentKind::default(),
            metadata: Metadata::new(name),
            spec: RedisSpec::default(),
        }
    }
}

choice! {
    /// What a server writes to its volume.
    pub enum Persistence {
        /// Append-only file, flushed every second: a killed process loses nothing, a lost node at most a second.
        Aof = "aof",
        /// Snapshots on the schedule of the key `save`; a killed master waits until a replica was elected.
        Rdb = "rdb",
        /// Append-only file and snapshots.
        Both = "both",
        /// Nothing; a killed master waits until a replica was elected.
        None = "none",
    }
}

document! {
    /// What to run.
    pub struct RedisSpec {
        /// The oldest Kubernetes the objects are applied to, `"1.33"` (default) to `"1.37"`. What a document asks for and
        /// this version does not have is an error; what has got another name since is rendered under the one it knows.
        pub kubernetes_version: Option<KubernetesVersion>,
        /// Redis servers, one of them master; 1 to 64, default 3 (v1beta3 and v1: 1, as in the tutorial).
        pub replicas: Option<u32>,
        /// Image of servers and sentinels: an official Redis or Valkey image, default `redis:8.2`
        /// (v1beta3: `kubernetes/redis:v1`).
        pub image: Option<Image>,
        /// When the image is pulled; default: left to Kubernetes (`IfNotPresent` unless the tag is `latest`).
        pub image_pull_policy: Option<ImagePullPolicy>,
        /// Secrets with credentials for the registry.
        pub image_pull_secrets: Option<Vec<ObjectName>>,
        /// Port of the servers, 1 to 65535, default 6379.
        pub port: Option<std::num::NonZeroU16>,
        /// Directives of redis.conf, over the defaults; those this tool owns are refused with the field to use. A new value is applied
        /// without a restart where a running server takes it, as `maxmemory-policy`; another one, as `io-threads`, restarts the servers,
        /// and so does a directive that comes or goes.
        pub config: Option<Config>,
        /// What a server writes to its volume: `aof` (default), `rdb`, `both` or `none`.
        pub persistence: Option<Persistence>,
        /// Where a server writes: a claim per server, or (default) an emptyDir that dies with the pod.
        pub storage: Option<Box<Storage>>,
        /// CPU and memory of a server; default requests 100m and 128Mi, limit 256Mi of memory.
        pub resources: Option<Box<Resources>>,
        /// Replicas that must be in sync for the master to accept a write, 0 to replicas - 2. Changes without a restart;
        /// default 1 with three or more servers, else 0.
        pub min_replicas_to_write: Option<u32>,
        /// How old the last word of a replica may be to count as in sync, in whole seconds. Redis closes an
        /// isolated master one to two seconds after that, its script after half of it. Changes without a restart; default 4s.
        pub min_replicas_max_lag: Option<Duration>,
        /// The sentinels.
        pub sentinel: Option<Box<Sentinel>>,
        /// Passwords, from an existing Secret; absent: no password is asked.
        pub auth: Option<Box<Auth>>,
        /// Certificates, from an existing Secret; absent: no TLS.
        pub tls: Option<Box<Tls>>,
        /// The Services clients use.
        pub services: Option<Box<Services>>,
        /// Who may reach servers and sentinels.
        pub network_policy: Option<Box<NetworkPolicy>>,
        /// How many pods a drain may take at a time.
        pub disruption_budget: Option<Box<DisruptionBudget>>,
        /// Where the pods run.
        pub scheduling: Option<Box<Scheduling>>,
        /// Times and thresholds of the server's probes.
        pub probes: Option<Box<Probes>>,
        /// User and group ids of the pods.
        pub security: Option<Box<Security>>,
        /// The ServiceAccount of the pods.
        pub service_account: Option<Box<ServiceAccount>>,
        /// More environment variables of the server container.
        pub env: Option<Vec<EnvVar>>,
        /// Labels of the server and sentinel pods alone.
        pub pod_labels: Option<Labels>,
        /// Annotations of the server and sentinel pods alone.
        pub pod_annotations: Option<Annotations>,
        /// How long a server may take to hand over, save and stop, in whole seconds, 10s to 1h; default 60s.
        pub termination_grace_period: Option<Duration>,
    }
}

impl RedisSpec {
    /// The minor version of the oldest Kubernetes the objects are applied to.
    pub(crate) fn minor(&self) -> u8 {
        self.kubernetes_version.as_ref().map_or_else(|| KubernetesVersion::oldest().minor(), KubernetesVersion::minor)
    }
}
