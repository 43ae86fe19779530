//! The cluster network: an address per pod, virtual addresses per Service, policies, cuts and names.

pub(crate) mod dns;
pub(crate) mod fabric;
pub(crate) mod lookup;
pub(crate) mod policy;
pub(crate) mod rules;
