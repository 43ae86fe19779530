//! The command `redis-k8s-gen`: reads documents, says what is wrong with them, and writes manifests.

pub mod diagnostic;
pub mod document;
