//! Replication controllers.

use super::{ObjectMeta, PodTemplate, StringMap, Version, api, words};

words! {
    /// The `kind` of a replication controller.
    #[derive(Default)]
    pub enum ReplicationControllerKind {
        /// `ReplicationController`.
        #[default]
        ReplicationController = "ReplicationController",
    }
}

api! {
    /// Keeps as many pods of a template running as were asked for.
    pub struct ReplicationController {
        /// `v1beta3`.
        pub api_version: Version,
        /// `ReplicationController`.
        pub kind: ReplicationControllerKind,
        /// Name, namespace and marks.
        pub metadata: ObjectMeta,
        /// How many of what.
        pub spec: ReplicationControllerSpec,
    }

    /// How many pods of what, and by which labels they count.
    pub struct ReplicationControllerSpec {
        /// How many.
        pub replicas: u32,
        /// Labels by which pods count, whoever made them.
        pub selector: StringMap,
        /// What they are made from; its labels hold the selector's.
        pub template: PodTemplate,
    }
}

impl ReplicationController {
    /// A replication controller of this name.
    #[must_use]
    pub fn new(name: impl Into<String>, spec: ReplicationControllerSpec) -> Self {
        Self {
            api_version: Version::default(),
            kind: ReplicationControllerKind::default(),
            metadata: ObjectMeta::named(name),
            spec,
        }
    }
}
