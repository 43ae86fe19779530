//! Where pods run.

use super::{Labels, choice, document};
use crate::value::{Duration, LabelKey, LabelValue, ObjectName};

document! {
    /// Where pods run, servers and sentinels alike.
    pub struct Scheduling {
        /// Labels a node must have.
        pub node_selector: Option<Labels>,
        /// Taints the pods bear.
        pub tolerations: Option<Vec<Toleration>>,
        /// Whether two servers, or two sentinels, may share a node: `preferred` (default), `required` or `none`.
        pub spread_nodes: Option<Spread>,
        /// Whether they are spread over zones: `preferred` (default), `required` or `none`.
        pub spread_zones: Option<Spread>,
        /// The priority class.
        pub priority_class: Option<ObjectName>,
        /// The scheduler, if not the cluster's default.
        pub scheduler: Option<ObjectName>,
        /// The runtime class.
        pub runtime_class: Option<ObjectName>,
    }

    /// A taint the pods bear.
    pub struct Toleration {
        /// The taint's key; absent, with operator `Exists`: every taint.
        pub key: Option<LabelKey>,
        /// `Equal` (default) or `Exists`.
        pub operator: Option<TolerationOperator>,
        /// The taint's value, with operator `Equal`.
        pub value: Option<LabelValue>,
        /// The effect; absent: every effect.
        pub effect: Option<TolerationEffect>,
        /// How long a `NoExecute` taint is borne, in whole seconds; absent: for ever.
        pub toleration_period: Option<Duration>,
    }
}

choice! {
    /// How strictly pods are kept apart.
    pub enum Spread {
        /// Not at all.
        None = "none",
        /// Where it can be done.
        Preferred = "preferred",
        /// Or the pod stays pending.
        Required = "required",
    }
}

choice! {
    /// How a taint is matched.
    pub enum TolerationOperator {
        /// Key and value are equal.
        Equal = "Equal",
        /// The key is there.
        Exists = "Exists",
    }
}

choice! {
    /// What a taint does.
    pub enum TolerationEffect {
        /// No new pods.
        NoSchedule = "NoSchedule",
        /// No new pods if it can be avoided.
        PreferNoSchedule = "PreferNoSchedule",
        /// Pods are evicted.
        NoExecute = "NoExecute",
    }
}
