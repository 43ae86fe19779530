//! CPU and memory.

use super::document;
use crate::value::Quantity;

document! {
    /// What a container asks for and what it may use.
    pub struct Resources {
        /// What the scheduler sets aside.
        pub requests: Option<ResourceList>,
        /// What the container may not exceed.
        pub limits: Option<ResourceList>,
    }

    /// Amounts of the resources every cluster has.
    pub struct ResourceList {
        /// Cores: `500m` is half a core.
        pub cpu: Option<Quantity>,
        /// Bytes of memory: `256Mi`.
        pub memory: Option<Quantity>,
        /// Bytes on the node's disk: `1Gi`.
        #[serde(rename = "ephemeral-storage")]
        pub ephemeral_storage: Option<Quantity>,
    }
}
