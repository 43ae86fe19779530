//! What is known of a field besides its type. It stands in the row of the field; who explains, checks or tries fields reads it
//! from there.

use serde_json::Value;

/// A field of the document, as [`Redis::fields`](super::Redis::fields) lists them.
#[derive(Debug)]
pub struct Field {
    rust_name: &'static str,
    renamed: Option<&'static str>,
    default: Option<&'static str>,
    sample: Option<&'static str>,
    beside: Option<&'static str>,
    namespaced: bool,
    range: Option<(u32, u32)>,
    #[cfg_attr(not(feature = "tutorial"), expect(dead_code, reason = "only the tutorial lacks fields"))]
    v1beta3: Can,
    #[cfg_attr(not(feature = "tutorial"), expect(dead_code, reason = "only the tutorial lacks fields"))]
    v1: Can,
    fields: &'static [Self],
}

/// Whether a target has a field.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "tutorial"), expect(dead_code, reason = "only the tutorial lacks fields"))]
pub(crate) enum Can {
    /// It has.
    Yes,
    /// It has not, for this reason.
    No(&'static str),
    /// It has no such field, but does what these values ask for anyway.
    Only(&'static [&'static str], &'static str),
}

/// The fields of a type: none, unless it is a part of the document with fields of its own.
pub(crate) trait Fields {
    const FIELDS: &'static [Field] = &[];
}

impl<T: Fields> Fields for Box<T> {
    const FIELDS: &'static [Field] = T::FIELDS;
}

impl<T: Fields> Fields for Vec<T> {
    const FIELDS: &'static [Field] = T::FIELDS;
}

impl<K, V> Fields for std::collections::BTreeMap<K, V> {}

/// Types without fields.
macro_rules! leaves {
    ($($ty:ty),* $(,)?) => { $(impl Fields for $ty {})* };
}

leaves!(
    bool,
    u32,
    std::num::NonZeroU16,
    String,
    crate::value::AclRules,
    crate::value::Duration,
    crate::value::EnvName,
    crate::value::Image,
    crate::value::InstanceName,
    crate::value::KubernetesVersion,
    crate::value::LabelKey,
    crate::value::LabelValue,
    crate::value::MasterName,
    crate::value::Namespace,
    crate::value::ClassName,
    crate::value::ObjectName,
    crate::value::PasswordHash,
    crate::value::Quantity,
    crate::value::SecretKey,
    crate::value::UserName,
    k8s_openapi::api::core::v1::Container,
    k8s_openapi::api::core::v1::Volume,
    k8s_openapi::api::core::v1::VolumeMount,
);

/// What a row says of its field, one method a fact.
impl Field {
    pub(crate) const fn of<T: Fields>(rust_name: &'static str) -> Self {
        let (default, sample, beside, renamed) = (None, None, None, None);
        let (v1beta3, v1) = (Can::Yes, Can::Yes);
        Self {
            rust_name,
            renamed,
            default,
            sample,
            beside,
            namespaced: false,
            range: None,
            v1beta3,
            v1,
            fields: T::FIELDS,
        }
    }

    pub(crate) const fn named(self, key: &'static str) -> Self {
        Self { renamed: Some(key), ..self }
    }

    pub(crate) const fn default(self, value: &'static str) -> Self {
        Self { default: Some(value), ..self }
    }

    /// A value that is not the default, as JSON.
    pub(crate) const fn sample(self, value: &'static str) -> Self {
        Self { sample: Some(value), ..self }
    }

    /// What else the spec must say for the sample to mean anything, as JSON.
    pub(crate) const fn beside(self, spec: &'static str) -> Self {
        Self { beside: Some(spec), ..self }
    }

    /// It means nothing unless the document says its namespace.
    pub(crate) const fn namespaced(self) -> Self {
        Self { namespaced: true, ..self }
    }

    /// The least and the most it can be, whatever else the document says.
    pub(crate) const fn between(self, least: u32, most: u32) -> Self {
        Self { range: Some((least, most)), ..self }
    }

    /// The least it can be.
    pub(crate) const fn at_least(self, least: u32) -> Self {
        self.between(least, u32::MAX)
    }

    pub(crate) const fn not_in_v1beta3(self, reason: &'static str) -> Self {
        Self { v1beta3: Can::No(reason), ..self }
    }

    pub(crate) const fn only_in_v1beta3(self, values: &'static [&'static str], reason: &'static str) -> Self {
        Self { v1beta3: Can::Only(values, reason), ..self }
    }

    pub(crate) const fn not_in_v1(self, reason: &'static str) -> Self {
        Self { v1: Can::No(reason), ..self }
    }

    /// Neither `v1beta3` nor `v1` has it.
    pub(crate) const fn not_in_tutorial(self, reason: &'static str) -> Self {
        self.not_in_v1beta3(reason).not_in_v1(reason)
    }
}

/// What is said of it.
impl Field {
    /// Its key in a document.
    #[must_use]
    pub fn key(&self) -> String {
        let words = self.rust_name.trim_start_matches("r#").split('_').enumerate();
        let camel = words.map(|(place, word)| match word.split_at_checked(1) {
            Some((first, rest)) if place > 0 => first.to_uppercase() + rest,
            _ => word.to_owned(),
        });
        self.renamed.map_or_else(|| camel.collect(), str::to_owned)
    }

    /// What it is when it is absent: a value as a document writes it, or words.
    #[must_use]
    pub const fn default_text(&self) -> Option<&'static str> {
        self.default
    }

    /// The least and the most it can be, whatever else the document says; without an upper bound of its own `u32::MAX`.
    #[must_use]
    pub const fn range(&self) -> Option<(u32, u32)> {
        self.range
    }

    /// A value that is not the default.
    #[must_use]
    pub fn sample_value(&self) -> Option<Value> {
        self.sample.and_then(|sample| serde_json::from_str(sample).ok())
    }

    /// What else the spec must say for the sample to mean anything.
    #[must_use]
    pub fn beside_value(&self) -> Value {
        self.beside.and_then(|spec| serde_json::from_str(spec).ok()).unwrap_or_else(|| serde_json::json!({}))
    }

    /// True if the document must say its namespace for the sample to mean anything.
    #[must_use]
    pub const fn is_namespaced(&self) -> bool {
        self.namespaced
    }

    /// The fields it has itself, or its items have.
    #[must_use]
    pub const fn fields(&self) -> &'static [Self] {
        self.fields
    }

    #[cfg(feature = "tutorial")]
    pub(crate) const fn can(&self, target: crate::ApiVersion) -> Can {
        match target {
            crate::ApiVersion::V1Beta3 => self.v1beta3,
            crate::ApiVersion::V1 => self.v1,
            crate::ApiVersion::AppsV1 => Can::Yes,
        }
    }
}

/// A default as a document has it: a number, a truth value, or text.
#[cfg(feature = "schema")]
pub(crate) fn default_value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

/// What a field of passwords needs beside it.
pub(crate) const AUTH: &str = r#"{"auth": {"secret": "redis-auth"}}"#;

/// What a field of the Service that follows the master needs beside it.
pub(crate) const MASTER: &str = r#"{"services": {"master": {"enabled": true}}}"#;

/// What a field of a Service that is a load balancer needs beside it.
pub(crate) const BALANCED: &str = r#"{"services": {"sentinel": {"type": "LoadBalancer"}, "read": {"type": "LoadBalancer"}, "master": {"enabled": true, "type": "LoadBalancer"}}}"#;

/// What a field of the addresses outside needs beside it.
pub(crate) const OUTSIDE: &str = r#"{"services": {"external": {"servers": ["redis-{index}.example.com"]}}}"#;

/// What a field of the exporters needs beside it.
pub(crate) const METRICS: &str = r#"{"metrics": {"enabled": true}}"#;

/// What a field of what tells of them needs beside it.
pub(crate) const MONITOR: &str = r#"{"metrics": {"enabled": true, "monitor": {"kind": "PodMonitor"}}}"#;

/// Why a target has no such field, where more than one field is concerned.
pub(crate) mod why {
    pub(crate) const IMAGE: &str = "the configuration of the servers is in its image";
    pub(crate) const SCRIPT: &str = "the start script in its image fixes it";
    pub(crate) const CLAIMS: &str =
        "a ReplicationController has no volume claim templates, all its pods share one template";
    pub(crate) const PROBE: &str = "its probes have a delay and a timeout, no period and no thresholds";
    pub(crate) const BALANCER: &str = "its load balancers are made as the cluster has it";
    pub(crate) const ADDRESS: &str = "its Services have one address";
}
