//! Where pods run.

use super::rule::rules;
use super::{Check, seconds};
use crate::check::at::At;
use crate::legacy;
use crate::model::{
    NodeAffinity, NodeExpression, NodeOperator, NodeTerm, PodAffinity, PodTerm, Scheduling, Spread, Toleration,
    TolerationEffect, TolerationOperator,
};
use crate::value::{LabelKey, LabelValue};

rules! { RULES;
    NODE_AFFINITY_INCOMPLETE = Error "node-affinity-incomplete", "`spec.scheduling.nodeAffinity` has a term or an expression that lacks something",
        "the API server refuses it, or no node fits: an empty term fits none";
    POD_AFFINITY_INCOMPLETE = Error "pod-affinity-incomplete", "a term of `podAffinity` or `podAntiAffinity` names no pods",
        "without labels the API server takes it and it means no pod at all; `pods: {}` means every one";
    SPREAD_SETTINGS_WITHOUT = Error "spread-settings-without", "a topology key or policy is set for a spread that is none",
        "it has no effect: the pods are not spread";
    SELECTOR_REQUIREMENT = Error "selector-requirement", "an expression of `spec.scheduling.nodeAffinity` has values its operator does not compare",
        "the API server refuses it: In and NotIn take one or more, Gt and Lt one number, Exists and DoesNotExist none";
    AFFINITY_WEIGHT = Error "affinity-weight", "a weight of `nodeAffinity`, `podAffinity` or `podAntiAffinity` is missing, not 1 to 100, or on a term that is required",
        "the API server refuses it: what is preferred is weighed, and what is required is not";
    TOLERATION_VALUE_WITH_EXISTS = Error "toleration-value-with-exists", "a toleration with operator Exists has a value",
        "the API server refuses it: Exists asks only for the key";
    TOLERATION_KEY_MISSING = Error "toleration-key-missing", "a toleration with operator Equal, the default, has no key",
        "the API server refuses it: without a key the operator must be Exists";
    TOLERATION_PERIOD_WITHOUT_EFFECT = Error "toleration-period-without-effect", "a toleration has `tolerationPeriod`, but its effect is not NoExecute",
        "the API server refuses it: only NoExecute evicts pods";
    TOLERATES_DEAD_NODES = Warning "tolerates-dead-nodes", "the taints of lost nodes are tolerated for ever",
        "pods of a lost node are never evicted, so their replacements never start";
    SPREAD_OFF = Warning "spread-off", "`spec.scheduling.spreadNodes` is none",
        "all servers and sentinels may run on one node, and are lost with it";
    NODE_LABEL_DEPRECATED = Warning "node-label-deprecated", "nodes are selected by a label that has a new name",
        "the API server warns of it at every apply, and nodes will not carry it for ever";
    PINNED_TO_ONE_NODE = Warning "pinned-to-one-node", "`spec.scheduling.nodeSelector` asks for one host name",
        "all servers and sentinels run on that node, and are lost with it";
    PINNED_AND_SPREAD = Error "pinned-and-spread", "the pods are pinned to one node, and may not share one",
        "all pods but one would stay pending for ever";
}

pub(super) fn check(check: &mut Check) {
    let own = check.sentinel().and_then(|sentinel| sentinel.scheduling.as_deref());
    if let Some(scheduling) = check.spec.scheduling.as_deref() {
        let who = if own.is_some() { "servers" } else { "servers and sentinels" };
        scheduled(check, &At::root("spec.scheduling"), scheduling, who);
    }
    if let Some(scheduling) = own {
        scheduled(check, &At::root("spec.sentinel.scheduling"), scheduling, "sentinels");
    }
}

/// Where these pods run.
fn scheduled(check: &mut Check, path: &At, scheduling: &Scheduling, who: &str) {
    for (place, toleration) in scheduling.tolerations.iter().flatten().enumerate() {
        tolerated(check, &path.field("tolerations").index(place), toleration);
    }
    if let Some(affinity) = scheduling.node_affinity.as_deref() {
        node_affinity(check, &path.field("nodeAffinity"), affinity);
    }
    for (field, affinity) in
        [("podAffinity", &scheduling.pod_affinity), ("podAntiAffinity", &scheduling.pod_anti_affinity)]
    {
        if let Some(affinity) = affinity {
            pod_affinity(check, &path.field(field), affinity);
        }
    }
    for (spread, field, setting, is_set) in [
        (scheduling.spread_nodes, "spreadNodes", "nodeTopologyKey", scheduling.node_topology_key.is_some()),
        (scheduling.spread_zones, "spreadZones", "zoneTopologyKey", scheduling.zone_topology_key.is_some()),
        (scheduling.spread_zones, "spreadZones", "nodeTaintsPolicy", scheduling.node_taints_policy.is_some()),
        (scheduling.spread_zones, "spreadZones", "nodeAffinityPolicy", scheduling.node_affinity_policy.is_some()),
    ] {
        if spread == Some(Spread::None) && is_set {
            check.report(
                SPREAD_SETTINGS_WITHOUT
                    .at(path.field(setting), format!("{field} is none, so there is nothing this could be about"))
                    .help(format!("leave it out, or set {field} to preferred or required")),
            );
        }
    }
    if scheduling.spread_nodes == Some(Spread::None) {
        check.report(
            SPREAD_OFF
                .at(path.field("spreadNodes"), format!("all {who} may run on one node, and are lost with it"))
                .help("preferred, the default, spreads them where it can be done and blocks nothing"),
        );
    }
    for key in scheduling.node_selector.iter().flat_map(std::collections::BTreeMap::keys) {
        let selector = path.field("nodeSelector");
        node_label(check, selector.field(key.as_str()), key);
    }
    let host = scheduling.node_selector.iter().flatten().find(|(key, _)| key.as_str() == "kubernetes.io/hostname");
    if let Some((key, host)) = host {
        let selector = path.field("nodeSelector");
        let path = selector.field(key.as_str());
        // One server and one sentinel keep apart from nobody: each set spreads over nodes on its own.
        let several = check.servers > 1 && who != "sentinels" || check.sentinels > 1 && who != "servers";
        if scheduling.spread_nodes == Some(Spread::Required) && several {
            check.report(
                PINNED_AND_SPREAD
                    .at(path, format!("of the {who} one of each fits on {host}, since spreadNodes is required"))
                    .help("select nodes by a label that several have"),
            );
        } else {
            check.report(
                PINNED_TO_ONE_NODE
                    .at(path, format!("all {who} run on {host}, and are lost with it"))
                    .help("select nodes by a label that several have"),
            );
        }
    }
}

fn node_label(check: &mut Check, at: At, key: &LabelKey) {
    if let Some(new) = legacy::deprecated_node_label(key.as_str()) {
        check.report(
            NODE_LABEL_DEPRECATED
                .at(at, format!("the label {key} of nodes has a new name"))
                .help(format!("select nodes by {new}")),
        );
    }
}

fn node_affinity(check: &mut Check, path: &At, affinity: &NodeAffinity) {
    let required = path.field("required");
    if affinity.required.as_ref().is_some_and(Vec::is_empty) {
        check.report(
            NODE_AFFINITY_INCOMPLETE.at(required, "no node fits an empty list").help("name a term, or leave it out"),
        );
    }
    for (place, term) in affinity.required.iter().flatten().enumerate() {
        let path = required.index(place);
        not_weighed(check, &path, term.weight);
        node_term(check, &path, term);
    }
    let preferred = path.field("preferred");
    for (place, term) in affinity.preferred.iter().flatten().enumerate() {
        let path = preferred.index(place);
        weighed(check, &path, term.weight);
        node_term(check, &path, term);
    }
}

fn not_weighed(check: &mut Check, path: &At, weight: Option<u32>) {
    if weight.is_some() {
        check.report(
            AFFINITY_WEIGHT
                .at(path.field("weight"), "what is required is not weighed")
                .help("leave out the weight, or put the term under preferred"),
        );
    }
}

fn weighed(check: &mut Check, path: &At, weight: Option<u32>) {
    if !weight.is_some_and(|weight| (1..=100).contains(&weight)) {
        let found = weight.map_or_else(|| "no weight".to_owned(), |weight| format!("a weight of {weight}"));
        check.report(
            AFFINITY_WEIGHT
                .at(path.field("weight"), format!("{found}: it is 1 to 100"))
                .help("100 counts most; where nothing else is preferred any weight does"),
        );
    }
}

fn pod_affinity(check: &mut Check, path: &At, affinity: &PodAffinity) {
    let (required, preferred) = (path.field("required"), path.field("preferred"));
    for (place, term) in affinity.required.iter().flatten().enumerate() {
        let path = required.index(place);
        not_weighed(check, &path, term.weight);
        pod_term(check, &path, term);
    }
    for (place, term) in affinity.preferred.iter().flatten().enumerate() {
        let path = preferred.index(place);
        weighed(check, &path, term.weight);
        pod_term(check, &path, term);
    }
}

fn pod_term(check: &mut Check, path: &At, term: &PodTerm) {
    if term.pods.is_none() {
        check.report(
            POD_AFFINITY_INCOMPLETE
                .at(path.field("pods"), "a term without labels of pods means no pod at all")
                .help("write pods: {} for every pod, or name labels, as in pods: {app: shop}"),
        );
    }
}

fn node_term(check: &mut Check, path: &At, term: &NodeTerm) {
    let path = path.field("matchExpressions");
    if term.match_expressions.as_ref().is_none_or(Vec::is_empty) {
        check.report(
            NODE_AFFINITY_INCOMPLETE
                .at(path, "a term without expressions fits no node where it is required, and prefers none")
                .help("say what holds for its labels"),
        );
    }
    for (place, expression) in term.match_expressions.iter().flatten().enumerate() {
        node_expression(check, &path.index(place), expression);
    }
}

fn node_expression(check: &mut Check, path: &At, expression: &NodeExpression) {
    for (name, missing) in [("key", expression.key.is_none()), ("operator", expression.operator.is_none())] {
        if missing {
            check.report(
                NODE_AFFINITY_INCOMPLETE
                    .at(path.field(name), format!("an expression needs a {name}"))
                    .help("as in {key: disk, operator: In, values: [ssd]}"),
            );
        }
    }
    if let Some(key) = &expression.key {
        node_label(check, path.field("key"), key);
    }
    let values = expression.values.as_deref().unwrap_or_default();
    let number = |value: &LabelValue| value.as_str().parse::<i64>().is_ok();
    let (fits, takes) = match expression.operator {
        None => return,
        Some(NodeOperator::In | NodeOperator::NotIn) => (!values.is_empty(), "one value or more"),
        Some(NodeOperator::Gt | NodeOperator::Lt) => {
            (values.len() == 1 && values.iter().all(number), "one whole number")
        }
        Some(NodeOperator::Exists | NodeOperator::DoesNotExist) => (values.is_empty(), "no values"),
    };
    if !fits {
        let operator = expression.operator.map(NodeOperator::as_str).unwrap_or_default();
        check.report(
            SELECTOR_REQUIREMENT
                .at(path.field("values"), format!("operator {operator} takes {takes}"))
                .help("In and NotIn compare with values, Exists and DoesNotExist ask only for the key"),
        );
    }
}

fn tolerated(check: &mut Check, path: &At, toleration: &Toleration) {
    let exists = toleration.operator == Some(TolerationOperator::Exists);
    if let (true, Some(value)) = (exists, &toleration.value) {
        check.report(
            TOLERATION_VALUE_WITH_EXISTS
                .at(
                    path.field("value"),
                    format!("operator Exists asks only for the key, so {:?} cannot be compared", value.as_str()),
                )
                .help("leave out the value, or use operator Equal"),
        );
    }
    if !exists && toleration.key.is_none() {
        check.report(
            TOLERATION_KEY_MISSING
                .at(*path, "operator Equal needs a key to compare")
                .help("name the key, or use operator Exists to tolerate every taint"),
        );
    }
    let evicts = toleration.effect == Some(TolerationEffect::NoExecute);
    if let Some(period) = toleration.toleration_period {
        let path = path.field("tolerationPeriod");
        if evicts {
            seconds::whole(check, path, period);
        } else {
            check.report(
                TOLERATION_PERIOD_WITHOUT_EFFECT
                    .at(path, "a period is only for the effect NoExecute, which alone evicts pods")
                    .help("set effect to NoExecute, or leave out the period"),
            );
        }
    }
    let lost = ["node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready"];
    let every_taint = exists && toleration.key.is_none();
    let taint_of_lost = toleration.key.as_ref().is_some_and(|key| lost.contains(&key.as_str()));
    if (every_taint || taint_of_lost)
        && (evicts || toleration.effect.is_none())
        && toleration.toleration_period.is_none()
    {
        check.report(
            TOLERATES_DEAD_NODES
                .at(*path, "pods of a lost node are never evicted, so their replacements never start")
                .help("add effect: NoExecute and a tolerationPeriod, as in 30s, or name the taints that are meant"),
        );
    }
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case(
            "node-label-deprecated",
            "spec.scheduling.nodeSelector[\"beta.kubernetes.io/os\"]",
            "spec: {scheduling: {nodeSelector: {beta.kubernetes.io/os: linux}}}",
            "spec: {scheduling: {nodeSelector: {kubernetes.io/os: linux}}}",
        ),
        case(
            "node-label-deprecated",
            "spec.scheduling.nodeAffinity.required[0].matchExpressions[0].key",
            "spec: {scheduling: {nodeAffinity: {required: [{matchExpressions: [{key: beta.kubernetes.io/arch, operator: Exists}]}]}}}",
            "spec: {scheduling: {nodeAffinity: {required: [{matchExpressions: [{key: kubernetes.io/arch, operator: Exists}]}]}}}",
        ),
        case(
            "node-affinity-incomplete",
            "spec.scheduling.nodeAffinity.required",
            "spec: {scheduling: {nodeAffinity: {required: []}}}",
            "spec: {scheduling: {nodeAffinity: {preferred: []}}}",
        ),
        case(
            "node-affinity-incomplete",
            "spec.scheduling.nodeAffinity.required[0].matchExpressions",
            "spec: {scheduling: {nodeAffinity: {required: [{matchExpressions: []}]}}}",
            "spec: {scheduling: {nodeAffinity: {required: [{matchExpressions: [{key: a, operator: Exists}]}]}}}",
        ),
        case(
            "node-affinity-incomplete",
            "spec.scheduling.nodeAffinity.required[0].matchExpressions[0].operator",
            "spec: {scheduling: {nodeAffinity: {required: [{matchExpressions: [{key: a}]}]}}}",
            "spec: {scheduling: {nodeAffinity: {required: [{matchExpressions: [{key: a, operator: DoesNotExist}]}]}}}",
        ),
        case(
            "selector-requirement",
            "spec.scheduling.nodeAffinity.required[0].matchExpressions[0].values",
            "spec: {scheduling: {nodeAffinity: {required: [{matchExpressions: [{key: a, operator: In}]}]}}}",
            "spec: {scheduling: {nodeAffinity: {required: [{matchExpressions: [{key: a, operator: In, values: [b]}]}]}}}",
        ),
        case(
            "selector-requirement",
            "spec.scheduling.nodeAffinity.required[0].matchExpressions[0].values",
            "spec: {scheduling: {nodeAffinity: {required: [{matchExpressions: [{key: a, operator: Gt, values: [b]}]}]}}}",
            "spec: {scheduling: {nodeAffinity: {required: [{matchExpressions: [{key: a, operator: Gt, values: [\"2\"]}]}]}}}",
        ),
        case(
            "affinity-weight",
            "spec.scheduling.nodeAffinity.preferred[0].weight",
            "spec: {scheduling: {nodeAffinity: {preferred: [{weight: 101, matchExpressions: [{key: a, operator: Exists}]}]}}}",
            "spec: {scheduling: {nodeAffinity: {preferred: [{weight: 100, matchExpressions: [{key: a, operator: Exists}]}]}}}",
        ),
        case(
            "affinity-weight",
            "spec.scheduling.nodeAffinity.required[0].weight",
            "spec: {scheduling: {nodeAffinity: {required: [{weight: 1, matchExpressions: [{key: a, operator: Exists}]}]}}}",
            "spec: {scheduling: {nodeAffinity: {required: [{matchExpressions: [{key: a, operator: Exists}]}]}}}",
        ),
        case(
            "affinity-weight",
            "spec.scheduling.podAffinity.preferred[0].weight",
            "spec: {scheduling: {podAffinity: {preferred: [{weight: 0, pods: {}}]}}}",
            "spec: {scheduling: {podAffinity: {preferred: [{weight: 1, pods: {}}]}}}",
        ),
        case(
            "affinity-weight",
            "spec.scheduling.podAntiAffinity.required[0].weight",
            "spec: {scheduling: {podAntiAffinity: {required: [{weight: 1, pods: {a: b}}]}}}",
            "spec: {scheduling: {podAntiAffinity: {required: [{pods: {a: b}}]}}}",
        ),
        case(
            "pod-affinity-incomplete",
            "spec.scheduling.podAffinity.required[0].pods",
            "spec: {scheduling: {podAffinity: {required: [{namespaces: {}}]}}}",
            "spec: {scheduling: {podAffinity: {required: [{pods: {}, namespaces: {}}]}}}",
        ),
        case(
            "spread-settings-without",
            "spec.scheduling.nodeTaintsPolicy",
            "spec: {scheduling: {spreadZones: none, nodeTaintsPolicy: Honor}}",
            "spec: {scheduling: {spreadZones: required, nodeTaintsPolicy: Honor}}",
        ),
        case(
            "toleration-key-missing",
            "spec.sentinel.scheduling.tolerations[0]",
            "spec: {sentinel: {scheduling: {tolerations: [{value: b}]}}}",
            "spec: {sentinel: {scheduling: {tolerations: [{key: a, value: b}]}}}",
        ),
        case(
            "toleration-value-with-exists",
            "spec.scheduling.tolerations[0].value",
            "spec: {scheduling: {tolerations: [{key: a, operator: Exists, value: b}]}}",
            "spec: {scheduling: {tolerations: [{key: a, operator: Equal, value: b}]}}",
        ),
        case(
            "toleration-key-missing",
            "spec.scheduling.tolerations[0]",
            "spec: {scheduling: {tolerations: [{value: b}]}}",
            "spec: {scheduling: {tolerations: [{key: a, value: b}]}}",
        ),
        case(
            "toleration-period-without-effect",
            "spec.scheduling.tolerations[0].tolerationPeriod",
            "spec: {scheduling: {tolerations: [{key: a, effect: NoSchedule, tolerationPeriod: 30s}]}}",
            "spec: {scheduling: {tolerations: [{key: a, effect: NoExecute, tolerationPeriod: 30s}]}}",
        ),
        case(
            "tolerates-dead-nodes",
            "spec.scheduling.tolerations[0]",
            "spec: {scheduling: {tolerations: [{operator: Exists}]}}",
            "spec: {scheduling: {tolerations: [{operator: Exists, effect: NoSchedule}]}}",
        ),
        case(
            "tolerates-dead-nodes",
            "spec.scheduling.tolerations[0]",
            "spec: {scheduling: {tolerations: [{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute}]}}",
            "spec: {scheduling: {tolerations: [{key: node.kubernetes.io/unreachable, operator: Exists, effect: NoExecute, tolerationPeriod: 30s}]}}",
        ),
        case(
            "spread-off",
            "spec.scheduling.spreadNodes",
            "spec: {scheduling: {spreadNodes: none}}",
            "spec: {scheduling: {spreadNodes: required, spreadZones: none}}",
        ),
        case(
            "pinned-to-one-node",
            "spec.scheduling.nodeSelector[\"kubernetes.io/hostname\"]",
            "spec: {scheduling: {nodeSelector: {kubernetes.io/hostname: node-1}}}",
            "spec: {scheduling: {nodeSelector: {kubernetes.io/os: linux}}}",
        ),
        case(
            "pinned-and-spread",
            "spec.scheduling.nodeSelector[\"kubernetes.io/hostname\"]",
            "spec: {scheduling: {spreadNodes: required, nodeSelector: {kubernetes.io/hostname: node-1}}}",
            "spec: {scheduling: {spreadNodes: required, nodeSelector: {example.com/pool: redis}}}",
        ),
    ]
};
