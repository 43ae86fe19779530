//! The parts of Kubernetes a rendering relies on: API objects, controllers, kubelet, containers.

pub(crate) mod cluster;
pub(crate) mod container;
pub(crate) mod deployment;
pub(crate) mod endpoints;
pub(crate) mod environment;
pub(crate) mod journal;
pub(crate) mod kubelet;
pub(crate) mod meter;
pub(crate) mod objects;
pub(crate) mod pod;
pub(crate) mod probe;
pub(crate) mod replication_controller;
pub(crate) mod settings;
pub(crate) mod stateful_set;
pub(crate) mod volume;
