//! From the model to typed objects: a builder for each Kubernetes object of a target.

mod master_pod;
mod redis_controller;
mod sentinel_controller;
mod sentinel_service;
pub(crate) mod tutorial;

pub use master_pod::MasterPod;
pub use redis_controller::RedisController;
pub use sentinel_controller::SentinelController;
pub use sentinel_service::SentinelService;
