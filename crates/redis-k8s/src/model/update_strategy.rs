//! How a changed template reaches the pods.

use super::{choice, document};

document! {
    /// How pods are replaced when what is rendered for them changes.
    pub struct UpdateStrategy {
        /// `RollingUpdate`, one after another, or `OnDelete`, when somebody deletes them.
        pub r#type: Option<UpdateType> = "RollingUpdate" => sample(r#""OnDelete""#),
        /// Pods with this number and higher ones are replaced, those below stay as they are.
        pub partition: Option<u32> = "0" => sample("2"),
        /// Pods that may be away at a time, 1 or more; from Kubernetes 1.37 on.
        pub max_unavailable: Option<u32> = "1" => sample("2").at_least(1).beside(r#"{"kubernetesVersion": "1.37", "replicas": 5, "sentinel": {"replicas": 5}}"#),
    }
}

choice! {
    /// Who replaces pods.
    pub enum UpdateType {
        /// The controller, highest number first.
        RollingUpdate = "RollingUpdate",
        /// Whoever deletes them.
        OnDelete = "OnDelete",
    }
}
