//! From the model to typed objects of apps/v1, a file each.
#![allow(clippy::needless_update, reason = "newer versions of Kubernetes add fields")]

mod alerts;
mod certificate;
mod config_map;
pub(crate) mod container;
mod dashboard;
mod deployment;
mod disruption_budget;
mod exporter;
pub(crate) mod metadata;
mod monitor;
mod network_policy;
pub(crate) mod pod_template;
pub(crate) mod probe;
pub(crate) mod production;
pub(crate) mod service;
mod service_account;
pub(crate) mod stateful_set;
mod volume;
