//! What a user can ask for: plain data, one file per topic, serde on every field.
//!
//! Every field is optional but the name. What is absent takes the default of the target
//! ([`ApiVersion`](crate::ApiVersion)), so that the model says only what was asked for.

mod auth;
pub mod defaults;
mod disruption_budget;
mod extension;
mod field;
mod metadata;
mod metrics;
mod network_policy;
mod pod;
mod probe;
mod redis;
mod resources;
mod scheduling;
mod sentinel;
mod service;
mod storage;
mod tls;
mod update_strategy;

pub use auth::{AclFileSecret, Auth, User};
pub use disruption_budget::DisruptionBudget;
pub use extension::Extension;
#[cfg(feature = "tutorial")]
pub(crate) use field::Can;
pub use field::Field;
pub(crate) use field::Fields;
pub use metadata::Metadata;
pub use metrics::{Alerts, Dashboard, Metrics, Monitor, MonitorKind};
pub use network_policy::{DnsPeer, Mesh, NetworkPolicy, Peer, PolicyPort, PolicyRule, Protocol};
pub use pod::{
    EnvFrom, EnvSource, EnvVar, FieldRef, FsGroupChangePolicy, ImagePullPolicy, KeyRef, POD_FIELDS, ProfileType,
    Security, SecurityProfile, ServiceAccount, SourceRef, SupplementalGroupsPolicy,
};
pub use probe::{Probe, Probes};
pub use redis::{DocumentApiVersion, DocumentKind, Modules, Persistence, Redis, RedisSpec};
pub use resources::{ResourceList, Resources};
pub use scheduling::{
    NodeAffinity, NodeExpression, NodeOperator, NodeTerm, PodAffinity, PodTerm, Scheduling, Spread, SpreadPolicy,
    Toleration, TolerationEffect, TolerationOperator,
};
pub use sentinel::{Sentinel, SentinelStorage};
pub(crate) use service::INDEX;
pub use service::{
    External, ExternalType, IpFamily, IpFamilyPolicy, MasterService, ServiceOptions, ServiceType, Services,
    SessionAffinity, TrafficDistribution, TrafficPolicy,
};
pub use storage::{AccessMode, EmptyDir, EmptyDirMedium, RetentionPolicy, Storage};
pub use tls::{Authority, Certificate, ClientCertificates, IssuerKind, Tls};
pub use update_strategy::{UpdateStrategy, UpdateType};

/// Labels or annotations, in the order of their keys.
pub type Labels = std::collections::BTreeMap<crate::value::LabelKey, crate::value::LabelValue>;

/// Annotations: keys as labels have them, any text as value.
pub type Annotations = std::collections::BTreeMap<crate::value::LabelKey, String>;

/// Directives of redis.conf or sentinel.conf, in the order of their keys.
pub type Config = std::collections::BTreeMap<crate::value::ConfigKey, crate::value::ConfigValue>;

/// Derives what every part of the document has: strict keys in camel case, nothing written that is absent, and a row of the table of
/// fields for each.
///
/// A row says what an absent field is, as a value (`= "4s"`) or in words (`else "the cluster's"`), and after `=>` the facts of
/// [`field::Field`].
macro_rules! document {
    ($($(#[$attr:meta])* pub struct $name:ident { $(
        $(#[$field_attr:meta])*
        pub $field:ident: Option<$ty:ty> $(= $value:literal)? $(else $words:literal)?
            $(=> $($fact:ident($($arg:expr),*)).+)?,
    )* })*) => {$(
        $(#[$attr])*
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            $(
                $(#[$field_attr])*
                $(
                    #[doc = concat!("\n\nDefault: `", $value, "`.")]
                    #[cfg_attr(feature = "schema", schemars(extend("default" = $crate::model::field::default_value($value))))]
                )?
                $(#[doc = concat!("\n\nDefault: ", $words, ".")])?
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $field: Option<$ty>,
            )*
        }

        impl $crate::model::field::Fields for $name {
            const FIELDS: &'static [$crate::model::field::Field] = &[$(
                $crate::model::field::Field::of::<$ty>(stringify!($field))
                    $(.default($value))? $(.default($words))? $($(.$fact($($arg),*))+)?,
            )*];
        }
    )*};
}
pub(crate) use document;

/// Derives what every choice in the document has.
macro_rules! choice {
    ($(#[$attr:meta])* pub enum $name:ident { $($(#[$variant_attr:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$attr])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_attr])* #[serde(rename = $text)] $variant,)*
        }

        impl $crate::model::field::Fields for $name {}

        impl $name {
            /// The choice as a document and Kubernetes write it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}
pub(crate) use choice;
