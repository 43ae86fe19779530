//! Where pods run: tolerations, selectors and spreading.

use redis_k8s::legacy::deprecated_node_label;
use redis_k8s::{LabelKey, LabelValue, PathStep};

use super::form::Form;
use super::metadata::{check_label, entries};
use super::name::is_dns_subdomain;
use super::part::{has, in_range, items, number, text};
use super::rules::{
    FIELDS_CONTRADICT, INVALID_LABEL, INVALID_NAME, NODE_LABEL_DEPRECATED, SELECTOR_MISSING, SELECTOR_REQUIREMENT,
    TOLERATION, broken,
};
use crate::document::node::{Node, shorten};

pub(super) fn check_toleration(toleration: &Node<'_>, form: &mut Form<'_, '_>) {
    let operator = text(toleration, "operator").filter(|operator| !operator.is_empty()).unwrap_or("Equal");
    let value = text(toleration, "value").filter(|value| !value.is_empty());
    let key = text(toleration, "key").filter(|key| !key.is_empty());
    if operator == "Exists" && value.is_some() {
        form.report(
            broken(&TOLERATION, "the operator Exists takes no value")
                .under("value".into())
                .help("remove the value, or write `operator: Equal`"),
        );
    }
    if let Some(Err(invalid)) = value.filter(|_| operator == "Equal").map(str::parse::<LabelValue>) {
        form.broken(&INVALID_LABEL, &["value"], invalid.to_string(), "write the value of the taint");
    }
    if key.is_none() && operator != "Exists" {
        form.report(
            broken(&TOLERATION, "a toleration without a key takes the operator Exists")
                .under("key".into())
                .help("add the key, or write `operator: Exists`"),
        );
    }
    if has(toleration, "tolerationSeconds") && text(toleration, "effect") != Some("NoExecute") {
        form.report(
            broken(&TOLERATION, "only the effect NoExecute ends after a time")
                .under("tolerationSeconds".into())
                .help("write `effect: NoExecute`, or remove the time"),
        );
    }
}

pub(super) fn check_selector(selector: &Node<'_>, form: &mut Form<'_, '_>) {
    for entry in entries(selector, "matchLabels") {
        check_label(entry, &["matchLabels"], form);
    }
}

/// One line of `matchExpressions`.
pub(super) fn check_requirement(requirement: &Node<'_>, form: &mut Form<'_, '_>) {
    let values = items(requirement, "values").len();
    let message = match text(requirement, "operator") {
        Some("In" | "NotIn") if values == 0 => "the operators In and NotIn take values",
        Some("Exists" | "DoesNotExist") if values > 0 => "the operators Exists and DoesNotExist take no values",
        Some("Gt" | "Lt") if values != 1 => "the operators Gt and Lt take one value",
        _ => return,
    };
    form.report(broken(&SELECTOR_REQUIREMENT, message).under("values".into()));
}

/// Warns of a label that nodes will not have for ever.
pub(super) fn check_node_label(key: &str, path: &[PathStep], form: &mut Form<'_, '_>) {
    if let Some(new) = deprecated_node_label(key) {
        let fault = broken(&NODE_LABEL_DEPRECATED, format!("the label {key} of nodes has a new name"));
        form.report(fault.under_all(path).help(format!("use {new}")));
    }
}

/// What nodes must have: labels, or a name.
pub(super) fn check_node_term(term: &Node<'_>, form: &mut Form<'_, '_>) {
    // what is only preferred may ask for what no node can have
    let is_preferred = form.is_inside("preference");
    for (index, requirement) in items(term, "matchExpressions").iter().enumerate() {
        let way: [PathStep; 2] = ["matchExpressions".into(), index.into()];
        check_node_label(text(requirement, "key").unwrap_or_default(), &[&way[..], &["key".into()]].concat(), form);
        if let Some(Err(invalid)) = text(requirement, "key").filter(|key| !key.is_empty()).map(str::parse::<LabelKey>) {
            form.report(broken(&INVALID_LABEL, invalid.to_string()).under("key".into()).under_all(&way));
        }
        for (place, value) in items(requirement, "values").iter().enumerate().filter(|_| !is_preferred) {
            if let Some(Err(invalid)) = value.as_text().map(str::parse::<LabelValue>) {
                form.report(
                    broken(&INVALID_LABEL, invalid.to_string())
                        .under(place.into())
                        .under("values".into())
                        .under_all(&way),
                );
            }
        }
    }
    for (index, requirement) in items(term, "matchFields").iter().enumerate() {
        let way = |field: &str| -> [PathStep; 3] { ["matchFields".into(), index.into(), field.into()] };
        let values = items(requirement, "values");
        if matches!(text(requirement, "operator"), Some("Exists" | "DoesNotExist" | "Gt" | "Lt")) {
            let fault = broken(&SELECTOR_REQUIREMENT, "the name of a node is compared by In and NotIn alone");
            form.report(fault.under_all(&way("operator")).help("write `operator: In` and one value"));
        } else if values.len() > 1 {
            let fault = broken(&SELECTOR_REQUIREMENT, "a node has one name, and it is compared with one");
            form.report(fault.under_all(&way("values")).help("write one term for each node"));
        }
        if let Some(key) = text(requirement, "key").filter(|key| !matches!(*key, "" | "metadata.name")) {
            let fault =
                broken(&SELECTOR_REQUIREMENT, format!("\"{}\" is no field nodes are selected by", shorten(key)));
            form.report(fault.under_all(&way("key")).help("write metadata.name, or select labels by matchExpressions"));
        }
        for (place, value) in values.iter().enumerate() {
            if let Some(name) = value.as_text().filter(|name| !is_dns_subdomain(name)) {
                let fault = broken(&INVALID_NAME, format!("\"{}\" is not the name of a node", shorten(name)));
                form.report(fault.under(place.into()).under_all(&way("values")));
            }
        }
    }
}

/// Pods to be near to, or away from.
pub(super) fn check_affinity(term: &Node<'_>, form: &mut Form<'_, '_>) {
    check_topology(term, "", form);
    let missed = items(term, "mismatchLabelKeys");
    for (index, key) in items(term, "matchLabelKeys").iter().enumerate() {
        if key.as_text().is_some() && missed.iter().any(|other| other.as_text() == key.as_text()) {
            let fault = broken(&FIELDS_CONTRADICT, "no pod has the value of another and another value");
            let fault = fault.help("keep the key in one of the two lists");
            form.report(fault.under(index.into()).under("matchLabelKeys".into()));
        }
    }
    for field in ["matchLabelKeys", "mismatchLabelKeys"] {
        check_keys(term, field, form);
    }
}

/// The label of nodes that tells one place from another, and the pods that are counted there.
fn check_topology(term: &Node<'_>, consequence: &str, form: &mut Form<'_, '_>) {
    if !has(term, "labelSelector") {
        let fault = broken(&SELECTOR_MISSING, "without a labelSelector no pod is meant");
        form.report(fault.under("labelSelector".into()).help("add it: `{}` means every pod"));
    }
    check_node_label(text(term, "topologyKey").unwrap_or_default(), &["topologyKey".into()], form);
    if let Some(key) = text(term, "topologyKey").filter(|key| !key.is_empty())
        && let Err(invalid) = key.parse::<LabelKey>()
    {
        form.broken(&INVALID_LABEL, &["topologyKey"], format!("{invalid}{consequence}"), "use a label the nodes have");
    }
}

/// Keys whose values are those of the pod itself.
fn check_keys(term: &Node<'_>, field: &'static str, form: &mut Form<'_, '_>) {
    let keys = items(term, field);
    if !keys.is_empty() && !has(term, "labelSelector") {
        form.broken(
            &FIELDS_CONTRADICT,
            &[field],
            format!("{field} narrows a labelSelector, and there is none"),
            "add it",
        );
    }
    for (index, key) in keys.iter().enumerate() {
        let key = key.as_text().or(key.is_null().then_some(""));
        if let Some(Err(invalid)) = key.map(str::parse::<LabelKey>) {
            form.report(broken(&INVALID_LABEL, invalid.to_string()).under(index.into()).under(field.into()));
        }
    }
}

pub(super) fn check_spread(constraint: &Node<'_>, form: &mut Form<'_, '_>) {
    check_topology(constraint, ": the API server takes it, but no node can have such a label", form);
    check_keys(constraint, "matchLabelKeys", form);
    let selector = constraint.get("labelSelector");
    for (index, key) in items(constraint, "matchLabelKeys").iter().enumerate() {
        let is_selected = selector.is_some_and(|selector| {
            let expressions = items(selector, "matchExpressions").iter().filter_map(|line| text(line, "key"));
            let labels = entries(selector, "matchLabels").iter().map(|entry| &*entry.key);
            expressions.chain(labels).any(|other| key.as_text() == Some(other))
        });
        if is_selected {
            let fault = broken(&FIELDS_CONTRADICT, "the labelSelector has this key, too").help("keep one of the two");
            form.report(fault.under(index.into()).under("matchLabelKeys".into()));
        }
    }
    in_range(constraint, "maxSkew", 1..=i128::from(i32::MAX), form);
    in_range(constraint, "minDomains", 1..=i128::from(i32::MAX), form);
    if number(constraint, "minDomains").is_some() && text(constraint, "whenUnsatisfiable") == Some("ScheduleAnyway") {
        form.report(
            broken(&SELECTOR_REQUIREMENT, "minDomains goes with whenUnsatisfiable: DoNotSchedule alone")
                .under("minDomains".into()),
        );
    }
}
