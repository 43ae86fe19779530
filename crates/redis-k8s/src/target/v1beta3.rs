//! Types of the API version v1beta3: no crate has them any more.

use serde::{Deserialize, Serialize};
/// Metadata.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ObjectMeta {
    /// Name.
    pub name: Option<String>,
    /// Namespace.
    pub namespace: Option<String>,
}
/// Pod.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Pod {
    /// Meta.
    pub metadata: ObjectMeta,
}
/// Service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Meta.
    pub metadata: ObjectMeta,
}
/// RC.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ReplicationController {
    /// Meta.
    pub metadata: ObjectMeta,
}
