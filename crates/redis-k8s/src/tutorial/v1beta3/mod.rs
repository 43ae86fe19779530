//! Types of the API version v1beta3: Kubernetes dropped it in 1.0, and no crate has them any more.
//!
//! They hold what the API had and nothing else, so an impossible object cannot be built: `kind` and `apiVersion`
//! have one value each, a volume has one source, a probe one action, a port is not 0. Reading refuses unknown fields.
//!
//! ```
//! use redis_k8s::tutorial::v1beta3::{Container, Pod, PodSpec};
//!
//! let pod = Pod::new("redis-master", PodSpec::new(vec![Container::new("master", "kubernetes/redis:v1")]));
//! let json = serde_json::to_value(&pod)?;
//! assert_eq!(json["kind"], "Pod");
//! assert_eq!(serde_json::from_value::<Pod>(json)?, pod);
//! assert!(serde_json::from_str::<Pod>(r#"{"kind": "Pod", "apiVersion": "v1"}"#).is_err());
//! # Ok::<(), serde_json::Error>(())
//! ```

mod container;
mod handler;
mod metadata;
mod pod;
mod replication_controller;
mod service;
mod volume;

pub use container::{
    Capabilities, Container, ContainerPort, EnvValue, EnvVar, Field, Protocol, PullPolicy, Resource, ResourceList,
    ResourceRequirements, VolumeMount,
};
pub use handler::{Action, Handler, HttpGet, Lifecycle, PortRef, Probe};
pub use metadata::ObjectMeta;
pub use pod::{DnsPolicy, Pod, PodSpec, PodTemplate, RestartPolicy};
pub use replication_controller::{ReplicationController, ReplicationControllerSpec};
pub use service::{Service, ServicePort, ServiceSpec, SessionAffinity};
pub use volume::{
    AwsElasticBlockStore, EmptyDir, GcePersistentDisk, GitRepo, GlusterFs, HostPath, Iscsi, Medium, Nfs,
    PersistentVolumeClaim, SecretVolume, Volume, VolumeSource,
};

/// Labels, annotations, selectors.
pub type StringMap = std::collections::BTreeMap<String, String>;

/// What leaves no trace in the text: Kubernetes objects hold no nulls, no empty lists, no empty maps, no plain `false`.
trait Absent {
    fn is_absent(&self) -> bool;
}

impl<T> Absent for Option<T> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T> Absent for Vec<T> {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl<K, V> Absent for std::collections::BTreeMap<K, V> {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl Absent for bool {
    fn is_absent(&self) -> bool {
        !self
    }
}

/// Makes structs in camel case with strict keys; the fields after `optional` may be left out and are not written then.
macro_rules! api {
    ($(
        $(#[$attr:meta])*
        pub struct $name:ident {
            $($(#[$required_attr:meta])* pub $required:ident: $required_ty:ty,)*
            $(; optional $($(#[$field_attr:meta])* pub $field:ident: $ty:ty,)*)?
        }
    )*) => {$(
        $(#[$attr])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            $($(#[$required_attr])* pub $required: $required_ty,)*
            $($(
                $(#[$field_attr])*
                #[serde(default, skip_serializing_if = "crate::tutorial::v1beta3::Absent::is_absent")]
                pub $field: $ty,
            )*)?
        }
    )*};
}
use api;

/// Makes enums of words, each written as Kubernetes has it.
macro_rules! words {
    ($($(#[$attr:meta])* pub enum $name:ident { $($(#[$variant_attr:meta])* $variant:ident = $text:literal,)* })*) => {$(
        $(#[$attr])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_attr])* #[serde(rename = $text)] $variant,)*
        }
    )*};
}
use words;

words! {
    /// The one `apiVersion` these types have.
    #[derive(Default)]
    pub enum Version {
        /// `v1beta3`.
        #[default]
        V1Beta3 = "v1beta3",
    }
}
