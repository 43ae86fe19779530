//! Volumes of the servers.

use super::{Annotations, Labels, choice, document};
use crate::value::{ObjectName, Quantity};

document! {
    /// Where a server writes: a claim (with `size`), or an emptyDir.
    pub struct Storage {
        /// Size of the claim of each server, for instance `8Gi`; absent: an emptyDir.
        pub size: Option<Quantity>,
        /// Storage class of the claims; default: the cluster's default class.
        pub class: Option<ObjectName>,
        /// Access modes of the claims; default `[ReadWriteOnce]`.
        pub access_modes: Option<Vec<AccessMode>>,
        /// Labels of the claims.
        pub labels: Option<Labels>,
        /// Annotations of the claims.
        pub annotations: Option<Annotations>,
        /// What happens to the claims when the StatefulSet is deleted; default `Retain`.
        pub when_deleted: Option<RetentionPolicy>,
        /// What happens to the claims of servers that are scaled away; default `Retain`.
        pub when_scaled: Option<RetentionPolicy>,
        /// Medium and limit of the emptyDir; not together with `size`.
        pub empty_dir: Option<EmptyDir>,
    }

    /// A volume that lives as long as the pod.
    pub struct EmptyDir {
        /// `Memory` for a tmpfs that counts against the memory limit; default: the node's disk.
        pub medium: Option<EmptyDirMedium>,
        /// The most it may hold; default: no limit.
        pub size_limit: Option<Quantity>,
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
