//! From the model to typed objects: a builder for each Kubernetes object of a target.
#![allow(clippy::needless_update, reason = "newer versions of Kubernetes add fields")]

mod builder;
mod config_map;
pub(crate) mod container;
mod disruption_budget;
#[cfg(feature = "tutorial")]
mod master_pod;
pub(crate) mod metadata;
mod network_policy;
pub(crate) mod pod_template;
pub(crate) mod probe;
pub(crate) mod production;
mod redis_controller;
mod sentinel_controller;
mod sentinel_service;
pub(crate) mod service;
mod service_account;
mod stateful_set;
mod volume;

#[cfg(feature = "tutorial")]
pub use master_pod::MasterPod;
pub use redis_controller::RedisController;
pub use sentinel_controller::SentinelController;
pub use sentinel_service::SentinelService;
