//! The document itself.

use serde::{Deserialize, Serialize};

use super::field::why::IMAGE;
use super::{
    Annotations, Auth, Config, DisruptionBudget, EnvFrom, EnvVar, Extension, Field, Fields, ImagePullPolicy, Labels,
    Metadata, Metrics, NetworkPolicy, Probes, Resources, Scheduling, Security, Sentinel, ServiceAccount, Services,
    Storage, Tls, UpdateStrategy, choice, document,
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

impl Fields for Redis {
    const FIELDS: &'static [Field] = &[
        Field::of::<DocumentApiVersion>("api_version"),
        Field::of::<DocumentKind>("kind"),
        Field::of::<Metadata>("metadata").sample(r#"{"name": "cache"}"#),
        Field::of::<RedisSpec>("spec").sample(r#"{"replicas": 5}"#),
    ];
}

impl Redis {
    /// What is known of each field of a document: its default, a sample, and its own fields.
    ///
    /// ```
    /// let spec = redis_k8s::Redis::fields().iter().find(|field| field.key() == "spec").unwrap();
    /// let replicas = spec.fields().iter().find(|field| field.key() == "replicas").unwrap();
    /// assert_eq!(replicas.default_text(), Some("3"));
    /// ```
    #[must_use]
    pub const fn fields() -> &'static [Field] {
        Self::FIELDS
    }

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

choice! {
    /// Which modules of an image are loaded.
    pub enum Modules {
        /// Those the entry point of the image loads.
        Image = "image",
        /// None.
        None = "none",
    }
}

document! {
    /// What to run.
    pub struct RedisSpec {
        /// The oldest Kubernetes the objects are applied to, `"1.33"` to `"1.37"`. What a document asks for and
        /// this version does not have is an error; what has got another name since is rendered under the one it knows.
        pub kubernetes_version: Option<KubernetesVersion> = "\"1.33\"" => sample(r#""1.37""#).not_in_v1beta3("no Kubernetes of these versions serves it"),
        /// Redis servers, one of them master; 1 to 64. Where nothing is said v1beta3 and v1 start with one, as the tutorial.
        pub replicas: Option<u32> = "3" => sample("5").between(1, 64),
        /// Image of servers and sentinels: an official Redis or Valkey image. Where nothing is said v1beta3 has the
        /// tutorial's, `kubernetes/redis:v1`.
        pub image: Option<Image> = "redis:8.2" => sample(r#""valkey/valkey:9.0""#),
        /// A registry, with or without a path, put before each image that names none, as written: `redis:8.2` becomes `REGISTRY/redis:8.2`.
        pub image_registry: Option<String> => sample(r#""registry.example.com/mirror""#).not_in_v1beta3("its images are named in full"),
        /// Modules of the image that servers load: `image` for those its own entry point loads, which is not run here. Others, and what they are
        /// to be told, stand in `config` as `loadmodule`. All data of a module's types is lost to a server without it.
        pub modules: Option<Modules> = "none" => sample(r#""image""#).not_in_v1beta3(IMAGE),
        /// When the image is pulled.
        pub image_pull_policy: Option<ImagePullPolicy> else "left to Kubernetes: `IfNotPresent` unless the tag is `latest`" => sample(r#""Always""#),
        /// Secrets with credentials for the registry.
        pub image_pull_secrets: Option<Vec<ObjectName>> => sample(r#"["registry"]"#).not_in_v1beta3("its pods have no imagePullSecrets"),
        /// True to stop all pods and keep everything else: claims with their data, Services with their addresses, the numbers of servers and
        /// sentinels. Without it they come back with what they had.
        pub suspend: Option<bool> = "false" => sample("true").not_in_tutorial("its first pod belongs to no controller"),
        /// True to leave `replicas` out of the servers' StatefulSet, for who scales it by hand or with an autoscaler: what is applied leaves their
        /// number alone. `replicas` is then the least there should be. A set that is new begins with one server, which takes no writes before
        /// it is scaled.
        pub omit_replicas: Option<bool> = "false" => sample("true").not_in_tutorial("its controllers begin with one pod, and are scaled by hand"),
        /// Port of the servers, 1 to 65535.
        pub port: Option<std::num::NonZeroU16> = "6379" => sample("6380"),
        /// Directives of redis.conf, over the defaults; those this tool owns are refused with the field to use. A new value is applied
        /// without a restart where a running server takes it, as `maxmemory-policy`; another one, as `io-threads`, restarts the servers,
        /// and so does a directive that comes or goes.
        pub config: Option<Config> => sample(r#"{"maxmemory-policy": "allkeys-lru"}"#).not_in_v1beta3(IMAGE),
        /// What a server writes to its volume: `aof`, `rdb`, `both` or `none`.
        pub persistence: Option<Persistence> = "aof" => sample(r#""rdb""#).not_in_v1beta3(IMAGE),
        /// Where a server writes: a claim per server, or an emptyDir that dies with the pod.
        pub storage: Option<Box<Storage>> else "an emptyDir" => sample(r#"{"size": "8Gi"}"#),
        /// CPU and memory of a server.
        pub resources: Option<Box<Resources>> else "requests 100m and 128Mi, limit 256Mi of memory" => sample(r#"{"requests": {"memory": "2Gi"}, "limits": {"memory": "2Gi"}}"#),
        /// Replicas that must be in sync for the master to accept a write, 0 to replicas - 2. Changes without a restart.
        pub min_replicas_to_write: Option<u32> else "1 with three or more servers, else 0" => sample("2").between(0, 62).beside(r#"{"replicas": 5}"#).not_in_v1beta3(IMAGE),
        /// How old the last word of a replica may be to count as in sync, in whole seconds. Redis closes an
        /// isolated master one to two seconds after that, its script after half of it. Changes without a restart.
        pub min_replicas_max_lag: Option<Duration> = "4s" => sample(r#""10s""#).not_in_v1beta3(IMAGE),
        /// The sentinels.
        pub sentinel: Option<Box<Sentinel>> => sample(r#"{"replicas": 5, "downAfter": "4s"}"#),
        /// Passwords, from an existing Secret; absent: no password is asked.
        pub auth: Option<Box<Auth>> => sample(r#"{"secret": "redis-auth"}"#).not_in_v1beta3("its image asks for no password").not_in_v1("its start logic hands no password on"),
        /// Certificates, from an existing Secret; absent: no TLS.
        pub tls: Option<Box<Tls>> => sample(r#"{"secret": "redis-tls"}"#).not_in_v1beta3("its image has no certificates").not_in_v1("its start logic has no certificates"),
        /// The Services clients use.
        pub services: Option<Box<Services>> => sample(r#"{"read": {"type": "LoadBalancer"}}"#),
        /// Who may reach servers and sentinels.
        pub network_policy: Option<Box<NetworkPolicy>> => sample(r#"{"clients": [{"pods": {"app": "checkout"}}]}"#).not_in_tutorial("it has no NetworkPolicy"),
        /// Metrics for Prometheus: exporters, and who may scrape them.
        pub metrics: Option<Box<Metrics>> else "there are none" => sample(r#"{"enabled": true}"#).not_in_tutorial("it has no exporters"),
        /// How many pods a drain may take at a time.
        pub disruption_budget: Option<Box<DisruptionBudget>> => sample(r#"{"maxUnavailable": 2}"#).beside(r#"{"replicas": 5}"#).not_in_tutorial("it has no PodDisruptionBudget"),
        /// Where the pods run: servers, sentinels and proxies.
        pub scheduling: Option<Box<Scheduling>> => sample(r#"{"spreadNodes": "required"}"#),
        /// How servers are replaced when something changes that a running one does not take up.
        pub update_strategy: Option<UpdateStrategy> => sample(r#"{"partition": 2}"#).not_in_tutorial("a ReplicationController replaces no pods"),
        /// Times and thresholds of the server's probes.
        pub probes: Option<Box<Probes>> => sample(r#"{"startup": {"failureThreshold": 3600}}"#),
        /// Ids of the pods, and what the kernel lets them do.
        pub security: Option<Box<Security>> => sample(r#"{"runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 1000}"#).not_in_v1beta3("its pods have no security context"),
        /// The ServiceAccount of the pods.
        pub service_account: Option<Box<ServiceAccount>> => sample(r#"{"annotations": {"example.com/role": "redis"}}"#).not_in_v1beta3("its pods name no ServiceAccount"),
        /// More environment variables of the server container.
        pub env: Option<Vec<EnvVar>> => sample(r#"[{"name": "TZ", "value": "Europe/Paris"}, {"name": "ZONE", "valueFrom": {"configMapKeyRef": {"name": "site", "key": "zone", "optional": true}}}]"#),
        /// Secrets and ConfigMaps of which every key becomes a variable of the server container; those in `env` and the scripts' own win.
        pub env_from: Option<Vec<EnvFrom>> => sample(r#"[{"prefix": "APP_", "secretRef": {"name": "app", "optional": true}}, {"configMapRef": {"name": "app"}}]"#).not_in_v1beta3("it has no such variables"),
        /// Containers and volumes of your own in the pods of the servers.
        pub extension: Option<Box<Extension>> => sample(r#"{"volumeMounts": [{"name": "data", "mountPath": "/var/lib/redis", "readOnly": true}]}"#).not_in_tutorial("its pods are those of the tutorial"),
        /// Labels of the pods alone: servers, sentinels and proxies.
        pub pod_labels: Option<Labels> => sample(r#"{"tier": "data"}"#),
        /// Annotations of the pods alone: servers, sentinels and proxies.
        pub pod_annotations: Option<Annotations> => sample(r#"{"sidecar.istio.io/inject": "false"}"#),
        /// How long a server may take to hand over, save and stop, in whole seconds, 10s to 1h.
        pub termination_grace_period: Option<Duration> = "60s" => sample(r#""2m""#).not_in_v1beta3("its pods have no grace period"),
    }
}

impl RedisSpec {
    /// The minor version of the oldest Kubernetes the objects are applied to.
    pub(crate) fn minor(&self) -> u8 {
        self.kubernetes_version.as_ref().map_or_else(|| KubernetesVersion::oldest().minor(), KubernetesVersion::minor)
    }
}
