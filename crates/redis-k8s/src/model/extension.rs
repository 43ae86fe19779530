//! Containers and volumes of the user's own, as Kubernetes writes them.

use k8s_openapi::api::core::v1::{Container, Volume, VolumeMount};

use super::document;

document! {
    /// What is added to the pods of the servers, as Kubernetes writes it in a pod; a field it does not have is refused.
    pub struct Extension {
        /// Volumes.
        #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<serde_json::Map<String, serde_json::Value>>>"))]
        pub volumes: Option<Vec<Volume>> => sample(r#"[{"name": "scratch", "emptyDir": {"sizeLimit": "64Mi"}}]"#),
        /// Where the server container mounts them, beside its own.
        #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<serde_json::Map<String, serde_json::Value>>>"))]
        pub volume_mounts: Option<Vec<VolumeMount>> => sample(r#"[{"name": "data", "mountPath": "/var/lib/redis", "readOnly": true}]"#),
        /// Containers that run to their end before the server starts, or beside it (`restartPolicy: Always`).
        #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<serde_json::Map<String, serde_json::Value>>>"))]
        pub init_containers: Option<Vec<Container>> => sample(r#"[{"name": "wait", "image": "busybox:1.37", "command": ["sh", "-c", "sleep 1"], "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "16Mi"}}}]"#),
        /// Containers beside the server.
        #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<serde_json::Map<String, serde_json::Value>>>"))]
        pub containers: Option<Vec<Container>> => sample(r#"[{"name": "watch", "image": "busybox:1.37", "command": ["sleep", "infinity"], "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "16Mi"}}}]"#),
    }
}
