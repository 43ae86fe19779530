//! What pods carry besides the containers' own.

use serde::{Deserialize, Serialize};

use super::{Annotations, Field, Fields, choice, document};
use crate::value::{EnvName, ObjectName, SecretKey};

/// An environment variable: a fixed value, or one from elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnvVar {
    /// Its name.
    pub name: EnvName,
    /// Its value: the container sees exactly this text, `$(NAME)` and `$$` as well.
    #[serde(default)]
    pub value: String,
    /// Where its value comes from, in place of `value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_from: Option<Box<EnvSource>>,
}

impl Fields for EnvVar {
    const FIELDS: &'static [Field] = &[
        Field::of::<EnvName>("name"),
        Field::of::<String>("value"),
        Field::of::<EnvSource>("value_from").not_in_v1beta3("its variables have fixed values"),
    ];
}

impl EnvVar {
    /// The value as an object has to carry it for the container to see what the document says.
    ///
    /// Kubernetes expands `$(NAME)` and halves `$$`, so a `$` before either is doubled
    /// ([expand.go](https://github.com/kubernetes/kubernetes/blob/master/third_party/forked/golang/expansion/expand.go)).
    ///
    /// ```
    /// use redis_k8s::model::EnvVar;
    /// let variable = EnvVar { name: "MOTTO".parse()?, value: "$(a) costs $5, not $$5".to_owned(), value_from: None };
    /// assert_eq!(variable.literal(), "$$(a) costs $5, not $$$5");
    /// # Ok::<(), redis_k8s::InvalidValue>(())
    /// ```
    #[must_use]
    pub fn literal(&self) -> String {
        let mut literal = String::with_capacity(self.value.len());
        let mut rest = self.value.chars().peekable();
        while let Some(char) = rest.next() {
            literal.push(char);
            if char == '$' && matches!(rest.peek(), Some('$' | '(')) {
                literal.push('$');
            }
        }
        literal
    }
}

choice! {
    /// When an image is pulled.
    pub enum ImagePullPolicy {
        /// At every start.
        Always = "Always",
        /// If the node does not have it.
        IfNotPresent = "IfNotPresent",
        /// Never.
        Never = "Never",
    }
}

choice! {
    /// When a volume is given to its group.
    pub enum FsGroupChangePolicy {
        /// At each start, file by file.
        Always = "Always",
        /// If its top directory is not the group's.
        OnRootMismatch = "OnRootMismatch",
    }
}

choice! {
    /// Whose groups a process has.
    pub enum SupplementalGroupsPolicy {
        /// Those of the pod and of its user in the image.
        Merge = "Merge",
        /// Those of the pod.
        Strict = "Strict",
    }
}

choice! {
    /// Where a profile comes from.
    pub enum ProfileType {
        /// The container runtime.
        RuntimeDefault = "RuntimeDefault",
        /// The node.
        Localhost = "Localhost",
    }
}

/// Fields of a pod that a variable may take its value from, besides `metadata.labels['KEY']` and `metadata.annotations['KEY']`
/// (<https://kubernetes.io/docs/concepts/workloads/pods/downward-api/>).
pub const POD_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

document! {
    /// Ids, profiles and kernel settings of the pods. Everything else keeps to Pod Security "restricted".
    pub struct Security {
        /// User id, 1 to 2147483647. The official images have 999.
        pub run_as_user: Option<u32> = "999" => sample("1000").between(1, 2_147_483_647),
        /// Group id, 0 to 2147483647.
        pub run_as_group: Option<u32> = "999" => sample("1000").between(0, 2_147_483_647),
        /// Group id that owns the volumes, 0 to 2147483647.
        pub fs_group: Option<u32> = "999" => sample("1000").between(0, 2_147_483_647),
        /// When a volume is given to `fsGroup`: `Always`, file by file at each start, or `OnRootMismatch`, if its top directory is not.
        pub fs_group_change_policy: Option<FsGroupChangePolicy> else "`OnRootMismatch` with claims" => sample(r#""Always""#),
        /// More groups of the processes, 0 to 2147483647 each.
        pub supplemental_groups: Option<Vec<u32>> => sample("[2000]"),
        /// Whether the groups the image gives its user count as well (`Merge`) or not (`Strict`, which nodes with containerd 2.0 or CRI-O
        /// 1.31 and newer take: others refuse the pod).
        pub supplemental_groups_policy: Option<SupplementalGroupsPolicy> = "Merge" => sample(r#""Strict""#),
        /// The seccomp profile.
        pub seccomp_profile: Option<SecurityProfile> else "`type: RuntimeDefault`" => sample(r#"{"type": "Localhost", "localhostProfile": "profiles/redis.json"}"#),
        /// The AppArmor profile.
        pub app_armor_profile: Option<SecurityProfile> else "the container runtime's" => sample(r#"{"type": "RuntimeDefault"}"#),
        /// False for users of the pod's own: its ids are no ids of the node. Node, runtime and the file systems of its volumes must be able to.
        pub host_users: Option<bool> = "true" => sample("false"),
        /// Settings of the kernel for the pods alone: those Kubernetes calls safe, and those that `--allowed-unsafe-sysctls` of the kubelet names.
        pub sysctls: Option<std::collections::BTreeMap<String, String>> => sample(r#"{"net.ipv4.tcp_keepalive_time": "600"}"#),
        /// True to set no ids and let OpenShift choose them.
        pub openshift: Option<bool> = "false" => sample("true"),
    }

    /// A profile by which the kernel holds the containers.
    pub struct SecurityProfile {
        /// `RuntimeDefault`, that of the container runtime, or `Localhost`, one of the node.
        pub r#type: Option<ProfileType> => sample(r#""RuntimeDefault""#),
        /// What `Localhost` means: the path of a seccomp profile below the kubelet's, or the name of an AppArmor profile.
        pub localhost_profile: Option<String> => sample(r#""redis""#)
            .beside(r#"{"security": {"seccompProfile": {"type": "Localhost", "localhostProfile": "a"}, "appArmorProfile": {"type": "Localhost", "localhostProfile": "a"}}}"#),
    }

    /// Where the value of a variable comes from: one of these.
    pub struct EnvSource {
        /// A key of a Secret.
        pub secret_key_ref: Option<KeyRef>,
        /// A key of a ConfigMap.
        pub config_map_key_ref: Option<KeyRef>,
        /// A field of the pod.
        pub field_ref: Option<FieldRef>,
    }

    /// A key of a Secret or of a ConfigMap.
    pub struct KeyRef {
        /// The name of the Secret or ConfigMap.
        pub name: Option<ObjectName>,
        /// The key.
        pub key: Option<SecretKey>,
        /// True to start without it.
        pub optional: Option<bool>,
    }

    /// A field of the pod.
    pub struct FieldRef {
        /// Its path, as in `status.hostIP`.
        pub field_path: Option<String>,
    }

    /// A Secret or ConfigMap of which every key becomes a variable.
    pub struct EnvFrom {
        /// What is put before each key.
        pub prefix: Option<EnvName>,
        /// The Secret.
        pub secret_ref: Option<SourceRef>,
        /// The ConfigMap.
        pub config_map_ref: Option<SourceRef>,
    }

    /// A Secret or ConfigMap.
    pub struct SourceRef {
        /// Its name.
        pub name: Option<ObjectName>,
        /// True to start without it.
        pub optional: Option<bool>,
    }

    /// The ServiceAccount of the pods; its token is never mounted.
    pub struct ServiceAccount {
        /// False to use one that exists.
        pub create: Option<bool> = "true" => sample("false").beside(r#"{"serviceAccount": {"name": "shared"}}"#),
        /// Its name.
        pub name: Option<ObjectName> else "the name of the instance" => sample(r#""shared""#),
        /// Annotations of the one that is created.
        pub annotations: Option<Annotations> => sample(r#"{"example.com/role": "redis"}"#),
    }
}
