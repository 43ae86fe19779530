//! Volumes of the servers.

use super::field::why::CLAIMS;
use super::{Annotations, Labels, choice, document};
use crate::value::{ClassName, Quantity};

document! {
    /// Where a server writes: a claim (with `size`), or an emptyDir.
    pub struct Storage {
        /// Size of the claim of each server, for instance `8Gi`; absent: an emptyDir.
        pub size: Option<Quantity> => sample(r#""8Gi""#).not_in_tutorial(CLAIMS),
        /// Storage class of the claims; `""` for none, to claim volumes that are there already.
        pub class: Option<ClassName> else "the cluster's default class" => sample(r#""fast""#).beside(r#"{"storage": {"size": "8Gi"}}"#).not_in_tutorial(CLAIMS),
        /// Access modes of the claims.
        pub access_modes: Option<Vec<AccessMode>> = "[\"ReadWriteOnce\"]" => sample(r#"["ReadWriteOncePod"]"#).beside(r#"{"storage": {"size": "8Gi"}}"#).not_in_tutorial(CLAIMS),
        /// Labels of the claims.
        pub labels: Option<Labels> => sample(r#"{"team": "checkout"}"#).beside(r#"{"storage": {"size": "8Gi"}}"#).not_in_tutorial(CLAIMS),
        /// Annotations of the claims.
        pub annotations: Option<Annotations> => sample(r#"{"example.com/backup": "daily"}"#).beside(r#"{"storage": {"size": "8Gi"}}"#).not_in_tutorial(CLAIMS),
        /// What happens to the claims when the StatefulSet is deleted.
        pub when_deleted: Option<RetentionPolicy> = "Retain" => sample(r#""Delete""#).beside(r#"{"storage": {"size": "8Gi"}}"#).not_in_tutorial(CLAIMS),
        /// What happens to the claims of servers that are scaled away.
        pub when_scaled: Option<RetentionPolicy> = "Retain" => sample(r#""Delete""#).beside(r#"{"storage": {"size": "8Gi"}}"#).not_in_tutorial(CLAIMS),
        /// Medium and limit of the emptyDir; not together with `size`.
        pub empty_dir: Option<EmptyDir> => sample(r#"{"medium": "Memory", "sizeLimit": "128Mi"}"#),
    }

    /// A volume that lives as long as the pod.
    pub struct EmptyDir {
        /// `Memory` for a tmpfs that counts against the memory limit.
        pub medium: Option<EmptyDirMedium> else "the node's disk" => sample(r#""Memory""#),
        /// The most it may hold.
        pub size_limit: Option<Quantity> else "no limit" => sample(r#""128Mi""#).not_in_v1beta3("its emptyDir has no limit"),
    }
}

choice! {
    /// How many nodes may use a claim.
    pub enum AccessMode {
        /// One node.
        ReadWriteOnce = "ReadWriteOnce",
        /// One pod.
        ReadWriteOncePod = "ReadWriteOncePod",
        /// Many nodes.
        ReadWriteMany = "ReadWriteMany",
    }
}

choice! {
    /// What happens to a claim that is no longer used.
    pub enum RetentionPolicy {
        /// It stays.
        Retain = "Retain",
        /// It is deleted, and the data with it.
        Delete = "Delete",
    }
}

choice! {
    /// What an emptyDir is made of.
    pub enum EmptyDirMedium {
        /// tmpfs.
        Memory = "Memory",
    }
}
