//! From the model to typed objects: a builder for each Kubernetes object of a target.
#![allow(clippy::needless_update, reason = "newer versions of Kubernetes add fields")]

mod builder;
mod config_map;
mod container;
mod disruption_budget;
mod master_pod;
mod metadata;
mod network_policy;
mod pod_template;
mod probe;
pub(crate) mod production;
mod redis_controller;
mod sentinel_controller;
mod sentinel_service;
mod service;
mod service_account;
mod stateful_set;
pub(crate) mod tutorial;
mod volume;

pub use master_pod::MasterPod;
pub use redis_controller::RedisController;
pub use sentinel_controller::SentinelController;
pub use sentinel_service::SentinelService;
