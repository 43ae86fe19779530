//! CPU and memory.

use super::document;
use crate::value::Quantity;

document! {
    /// What a container asks for and what it may use.
    pub struct Resources {
        /// What the scheduler sets aside.
        pub requests: Option<ResourceList> => sample(r#"{"cpu": "20m"}"#),
        /// What the container may not exceed.
        pub limits: Option<ResourceList> => sample(r#"{"memory": "512Mi"}"#),
    }

    /// Amounts of the resources every cluster has.
    pub struct ResourceList {
        /// Cores: `500m` is half a core.
        pub cpu: Option<Quantity> => sample(r#""20m""#),
        /// Bytes of memory: `256Mi`.
        pub memory: Option<Quantity> => sample(r#""48Mi""#),
        /// Bytes on the node's disk: `1Gi`.
        #[serde(rename = "ephemeral-storage")]
        pub ephemeral_storage: Option<Quantity> => named("ephemeral-storage").sample(r#""1Gi""#).not_in_v1beta3("it knows cpu and memory alone"),
    }
}
