//! Where pods run.

use super::{Labels, choice, document};
use crate::value::{Duration, LabelKey, LabelValue, ObjectName};

document! {
    /// Where pods run.
    pub struct Scheduling {
        /// Labels a node must have.
        pub node_selector: Option<Labels> => sample(r#"{"workload": "data"}"#),
        /// Nodes the pods need, and those they would rather have.
        pub node_affinity: Option<Box<NodeAffinity>>
            => sample(r#"{"preferred": [{"weight": 50, "matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}]}"#)
            .not_in_v1beta3("it has no affinity"),
        /// Pods on whose nodes or in whose zones the pods run.
        pub pod_affinity: Option<Box<PodAffinity>>
            => sample(r#"{"preferred": [{"weight": 10, "pods": {"app": "shop"}, "topologyKey": "topology.kubernetes.io/zone"}]}"#)
            .not_in_v1beta3("it has no affinity"),
        /// Pods from whose nodes or zones the pods stay away, besides what `spreadNodes` says.
        pub pod_anti_affinity: Option<Box<PodAffinity>>
            => sample(r#"{"required": [{"pods": {"workload": "batch"}, "namespaces": {}}]}"#)
            .not_in_v1beta3("it has no affinity"),
        /// Taints the pods bear.
        pub tolerations: Option<Vec<Toleration>> => sample(r#"[{"key": "workload", "operator": "Equal", "value": "data", "effect": "NoExecute", "tolerationPeriod": "5m"}]"#).not_in_v1beta3("its pods bear no taints"),
        /// Whether two servers, or two sentinels, may share a node: `preferred`, `required` or `none`.
        pub spread_nodes: Option<Spread> = "preferred" => sample(r#""required""#).only_in_v1beta3(&["none"], "it has no affinity"),
        /// Whether they are spread over zones: `preferred`, `required` or `none`.
        pub spread_zones: Option<Spread> = "preferred" => sample(r#""required""#).only_in_v1beta3(&["none"], "it has no topology spread"),
        /// The label of nodes by which `spreadNodes` tells one from another.
        pub node_topology_key: Option<LabelKey> = "kubernetes.io/hostname" => sample(r#""example.com/rack""#).not_in_v1beta3("it has no affinity"),
        /// The label of nodes by which `spreadZones` tells one zone from another.
        pub zone_topology_key: Option<LabelKey> = "topology.kubernetes.io/zone" => sample(r#""example.com/room""#).not_in_v1beta3("it has no topology spread"),
        /// Whether zones count for `spreadZones` in which only nodes with taints are that the pods do not bear: `Honor` or `Ignore`. With
        /// `spreadZones: required` and `Ignore` pods stay pending for the sake of such a zone.
        pub node_taints_policy: Option<SpreadPolicy> = "Ignore" => sample(r#""Honor""#).not_in_v1beta3("it has no topology spread"),
        /// Whether zones count in which only nodes are that `nodeSelector` and `nodeAffinity` rule out.
        pub node_affinity_policy: Option<SpreadPolicy> = "Honor" => sample(r#""Ignore""#).not_in_v1beta3("it has no topology spread"),
        /// The priority class.
        pub priority_class: Option<ObjectName> => sample(r#""data""#).not_in_v1beta3("it has no priority classes"),
        /// The scheduler, if not the cluster's default.
        pub scheduler: Option<ObjectName> => sample(r#""topology""#).not_in_v1beta3("it has one scheduler"),
        /// The runtime class.
        pub runtime_class: Option<ObjectName> => sample(r#""gvisor""#).not_in_v1beta3("it has no runtime classes"),
    }

    /// Nodes the pods need, and those they would rather have.
    pub struct NodeAffinity {
        /// The pods run on no other nodes than those that fit one of these.
        pub required: Option<Vec<NodeTerm>>
            => sample(r#"[{"matchExpressions": [{"key": "pool", "operator": "In", "values": ["data", "cache"]}]}]"#),
        /// The scheduler adds the weights of those a node fits, and takes the node with the highest sum.
        pub preferred: Option<Vec<NodeTerm>>
            => sample(r#"[{"weight": 50, "matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}]"#),
    }

    /// Labels of nodes: a node fits if all of it holds.
    pub struct NodeTerm {
        /// What it counts, 1 to 100; in `preferred` alone, where it must be said.
        pub weight: Option<u32> => between(1, 100),
        /// What holds for the labels of the node.
        pub match_expressions: Option<Vec<NodeExpression>>,
    }

    /// What holds for a label of a node.
    pub struct NodeExpression {
        /// The label's key.
        pub key: Option<LabelKey>,
        /// How its value is compared: `In`, `NotIn`, `Exists`, `DoesNotExist`, `Gt` or `Lt`.
        pub operator: Option<NodeOperator>,
        /// What it is compared with: one or more for `In` and `NotIn`, one number for `Gt` and `Lt`.
        pub values: Option<Vec<LabelValue>>,
    }

    /// Pods by whose company nodes are chosen.
    pub struct PodAffinity {
        /// The pods run nowhere else.
        pub required: Option<Vec<PodTerm>>
            => sample(r#"[{"pods": {"app": "shop"}, "namespaces": {}, "topologyKey": "topology.kubernetes.io/zone"}]"#),
        /// The scheduler adds the weights of those that hold for a node, and takes the node with the highest sum.
        pub preferred: Option<Vec<PodTerm>>
            => sample(r#"[{"weight": 10, "pods": {"app": "shop"}, "namespaces": {}, "topologyKey": "topology.kubernetes.io/zone"}]"#),
    }

    /// Pods on a node, or on any node with the same label.
    pub struct PodTerm {
        /// What it counts, 1 to 100; in `preferred` alone, where it must be said.
        pub weight: Option<u32> => between(1, 100),
        /// Labels of the pods; `{}` is all of them.
        pub pods: Option<Labels>,
        /// Labels of their namespaces, `{}` is all of them; absent: the instance's own.
        pub namespaces: Option<Labels>,
        /// The label that is the same on nodes that count as one.
        pub topology_key: Option<LabelKey> = "kubernetes.io/hostname",
    }

    /// A taint the pods bear.
    pub struct Toleration {
        /// The taint's key; absent, with operator `Exists`: every taint.
        pub key: Option<LabelKey>,
        /// `Equal` or `Exists`.
        pub operator: Option<TolerationOperator> = "Equal",
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
    /// Whether what keeps pods from nodes keeps the nodes out of the count.
    pub enum SpreadPolicy {
        /// It does.
        Honor = "Honor",
        /// All nodes count.
        Ignore = "Ignore",
    }
}

choice! {
    /// How a label of a node is compared.
    pub enum NodeOperator {
        /// It has one of the values.
        In = "In",
        /// It has none of the values, or is not there.
        NotIn = "NotIn",
        /// It is there.
        Exists = "Exists",
        /// It is not there.
        DoesNotExist = "DoesNotExist",
        /// It is a greater number.
        Gt = "Gt",
        /// It is a smaller number.
        Lt = "Lt",
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
