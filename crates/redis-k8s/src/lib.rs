//! Typed Kubernetes manifests for a reliable, scalable Redis: master, replicas and Sentinel.
//!
//! A [`Redis`] is a document: what a user asks for, every field optional but the name. It is checked for a target, the
//! [`ApiVersion`], and becomes a [`Manifest`]: typed objects of [`k8s_openapi`], in the order they are applied in.
//!
//! # Build
//!
//! In Rust, or with serde from any form it reads:
//!
//! ```
//! use redis_k8s::Redis;
//! use redis_k8s::model::{Auth, Storage};
//!
//! let mut cache = Redis::new("cache".parse()?);
//! cache.metadata.namespace = Some("shop".parse()?);
//! cache.spec.storage = Some(Box::new(Storage { size: Some("8Gi".parse()?), ..Storage::default() }));
//! cache.spec.auth = Some(Box::new(Auth { secret: Some("cache-auth".parse()?), ..Auth::default() }));
//!
//! let read: Redis = serde_yaml::from_str(
//!     "apiVersion: redis-k8s-gen.dev/v1alpha1
//! kind: Redis
//! metadata: {name: cache, namespace: shop}
//! spec: {storage: {size: 8Gi}, auth: {secret: cache-auth}}",
//! )?;
//! assert_eq!(read, cache);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A value is checked where it enters: `"8Gib".parse()` is an [`InvalidValue`] that says what a quantity is.
//!
//! # Check
//!
//! ```
//! # use redis_k8s::{ApiVersion, Redis};
//! let mut cache = Redis::new("cache".parse()?);
//! cache.spec.min_replicas_to_write = Some(3);
//! let problems = cache.check(ApiVersion::AppsV1);
//! assert_eq!(problems[0].path.to_string(), "spec.minReplicasToWrite");
//! assert!(problems[0].is_error() && problems[0].help.is_some());
//! assert!(cache.render(ApiVersion::AppsV1).is_err());
//! # Ok::<(), redis_k8s::InvalidValue>(())
//! ```
//!
//! # Render, change, apply
//!
//! ```
//! # use redis_k8s::{ApiVersion, Redis};
//! use redis_k8s::k8s_openapi::api::apps::v1::StatefulSet;
//! use redis_k8s::k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
//!
//! let mut manifest = Redis::new("cache".parse()?).render(ApiVersion::AppsV1)?;
//! let servers: &StatefulSet = manifest.get("cache").ok_or("no servers")?;
//! assert_eq!(servers.spec.as_ref().and_then(|spec| spec.replicas), Some(3));
//!
//! let owner = OwnerReference { kind: "Shop".to_owned(), name: "shop".to_owned(), ..OwnerReference::default() };
//! for metadata in manifest.iter_mut().filter_map(|object| object.metadata_mut()) {
//!     metadata.owner_references.get_or_insert_default().push(owner.clone());
//! }
//! // For kubectl, as text; for kube's server-side apply, as `Patch::Apply(value)`, each in its turn.
//! let text = manifest.to_yaml();
//! let values: Vec<serde_json::Value> = manifest.into_iter().map(Into::into).collect();
//! assert!(text.contains("ownerReferences:") && values.len() > 10);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A program picks the version of Kubernetes' types itself, by a feature of `k8s-openapi`, as this library picks none.

#![forbid(unsafe_code)]

pub mod api_version;
pub mod builder;
pub mod cert_manager;
mod check;
mod checked;
mod custom_resource;
pub mod emit;
mod error;
mod instance;
pub mod legacy;
mod manifest;
pub mod model;
pub mod monitoring;
mod object;
mod runtime;
mod template;
#[cfg(feature = "tutorial")]
pub mod tutorial;
pub mod value;

/// The types of the objects, in the version this library was built with.
pub use k8s_openapi;

pub use api_version::ApiVersion;
pub use check::{RULES, Rule, directive};
pub use checked::Checked;
pub use error::{FieldPath, PathStep, Problem, Refused, Severity};
pub use manifest::{Manifest, Object, TypedObject};
pub use model::Redis;
pub use runtime::{config_checksum, scripts_fingerprint};
pub use value::{
    AclRules, ClassName, ConfigKey, ConfigValue, Duration, EnvName, Image, InstanceName, InvalidValue,
    KubernetesVersion, LabelKey, LabelValue, MasterName, Namespace, ObjectName, PasswordHash, Quantity, SecretKey,
    UserName,
};

/// Documents, problems and renderings may be sent to other threads.
const _: () = {
    const fn assert_send_sync<T: Send + Sync>() {}
    assert_send_sync::<(Redis, Checked, Problem, Refused, Manifest, InvalidValue)>();
};
