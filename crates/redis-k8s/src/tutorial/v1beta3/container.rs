//! Containers.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use serde::{Deserialize, Serialize};

use super::{Lifecycle, Probe, api, words};
use crate::value::Quantity;

words! {
    /// A transport protocol.
    pub enum Protocol {
        /// TCP, the default.
        Tcp = "TCP",
        /// UDP.
        Udp = "UDP",
    }

    /// When an image is pulled.
    pub enum PullPolicy {
        /// At every start.
        Always = "Always",
        /// Never.
        Never = "Never",
        /// If the node does not have it.
        IfNotPresent = "IfNotPresent",
    }

    /// What can be asked for and limited.
    pub enum Resource {
        /// Cores.
        Cpu = "cpu",
        /// Bytes of memory.
        Memory = "memory",
    }
}

/// Amounts of resources.
pub type ResourceList = BTreeMap<Resource, Quantity>;

api! {
    /// One process of a pod and what it needs.
    pub struct Container {
        /// Its name, unique in the pod.
        pub name: String,
        /// Its image.
        pub image: String,
        ; optional
        /// What runs instead of the image's entry point.
        pub command: Vec<String>,
        /// Arguments instead of the image's.
        pub args: Vec<String>,
        /// Where it runs, if not where the image says.
        pub working_dir: Option<String>,
        /// Ports it listens on.
        pub ports: Vec<ContainerPort>,
        /// Its environment.
        pub env: Vec<EnvVar>,
        /// CPU and memory.
        pub resources: Option<ResourceRequirements>,
        /// Volumes it sees.
        pub volume_mounts: Vec<VolumeMount>,
        /// Tells when it has to be killed.
        pub liveness_probe: Option<Probe>,
        /// Tells when Services may send clients to it.
        pub readiness_probe: Option<Probe>,
        /// What happens after its start and before its end.
        pub lifecycle: Option<Lifecycle>,
        /// The file whose text tells why it ended.
        pub termination_message_path: Option<String>,
        /// True to give it all rights on the node.
        pub privileged: bool,
        /// When the image is pulled.
        pub image_pull_policy: Option<PullPolicy>,
        /// Rights of the kernel it gets or loses.
        pub capabilities: Option<Capabilities>,
    }

    /// A port of a container.
    pub struct ContainerPort {
        /// The port it listens on.
        pub container_port: NonZeroU16,
        ; optional
        /// A name Services can use.
        pub name: Option<String>,
        /// The port of the node it takes.
        pub host_port: Option<NonZeroU16>,
        /// TCP or UDP.
        pub protocol: Option<Protocol>,
        /// The address of the node it takes.
        #[serde(rename = "hostIP")]
        pub host_ip: Option<String>,
    }

    /// CPU and memory of a container.
    #[derive(Default)]
    pub struct ResourceRequirements {
        ; optional
        /// The most it may use.
        pub limits: ResourceList,
        /// What the scheduler sets aside.
        pub requests: ResourceList,
    }

    /// A volume as a container sees it.
    pub struct VolumeMount {
        /// The volume.
        pub name: String,
        /// Where it is.
        pub mount_path: String,
        ; optional
        /// True to forbid writing.
        pub read_only: bool,
    }

    /// Rights of the kernel, as in `NET_ADMIN`.
    #[derive(Default)]
    pub struct Capabilities {
        ; optional
        /// Those it gets.
        pub add: Vec<String>,
        /// Those it loses.
        pub drop: Vec<String>,
    }
}

impl Container {
    /// A container of this name and image.
    #[must_use]
    pub fn new(name: impl Into<String>, image: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            image: image.into(),
            command: Vec::new(),
            args: Vec::new(),
            working_dir: None,
            ports: Vec::new(),
            env: Vec::new(),
            resources: None,
            volume_mounts: Vec::new(),
            liveness_probe: None,
            readiness_probe: None,
            lifecycle: None,
            termination_message_path: None,
            privileged: false,
            image_pull_policy: None,
            capabilities: None,
        }
    }
}

impl ContainerPort {
    /// A TCP port without a name.
    #[must_use]
    pub fn new(container_port: NonZeroU16) -> Self {
        Self { container_port, name: None, host_port: None, protocol: None, host_ip: None }
    }
}

/// An environment variable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "EnvVarText", into = "EnvVarText")]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// Where its value comes from.
    pub value: EnvValue,
}

/// Where the value of an environment variable comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum EnvValue {
    /// The text itself.
    Text(String),
    /// A field of the pod; the last servers of v1beta3 knew it.
    Field(Field),
}

api! {
    /// A field of the pod.
    pub struct Field {
        /// Its path, as in `status.podIP`.
        pub field_path: String,
        ; optional
        /// The API version the path is of.
        pub api_version: Option<String>,
    }
}

impl EnvVar {
    /// A variable with this text.
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: EnvValue::Text(value.into()) }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EnvVarText {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value_from: Option<ValueFrom>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ValueFrom {
    field_ref: Field,
}

impl From<EnvVar> for EnvVarText {
    fn from(variable: EnvVar) -> Self {
        match variable.value {
            // an empty text is none: servers drop it
            EnvValue::Text(value) => {
                Self { name: variable.name, value: Some(value).filter(|value| !value.is_empty()), value_from: None }
            }
            EnvValue::Field(field_ref) => {
                Self { name: variable.name, value: None, value_from: Some(ValueFrom { field_ref }) }
            }
        }
    }
}

impl TryFrom<EnvVarText> for EnvVar {
    type Error = String;

    fn try_from(text: EnvVarText) -> Result<Self, String> {
        match (text.value, text.value_from) {
            (value, None) => Ok(Self::new(text.name, value.unwrap_or_default())),
            (None, Some(from)) => Ok(Self { name: text.name, value: EnvValue::Field(from.field_ref) }),
            (Some(_), Some(_)) => Err(format!("variable {:?} has both a value and a valueFrom", text.name)),
        }
    }
}
