//! Where pods run: tolerations, selectors and spreading.

use redis_k8s::LabelKey;

use super::form::Form;
use super::metadata::{check_label, entries};
use super::part::{has, in_range, items, number, required, text};
use super::rules::{INVALID_LABEL, SELECTOR_REQUIREMENT, TOLERATION, broken};
use crate::document::node::Node;

pub(super) fn check_toleration(toleration: &Node<'_>, form: &mut Form<'_, '_>) {
    let operator = text(toleration, "operator").unwrap_or("Equal");
    let value = text(toleration, "value").filter(|value| !value.is_empty());
    let key = text(toleration, "key").filter(|key| !key.is_empty());
    if operator == "Exists" && value.is_some() {
        form.report(
            broken(&TOLERATION, "the operator Exists takes no value")
                .under("value".into())
                .help("remove the value, or write `operator: Equal`"),
        );
    }
    if key.is_none() && operator != "Exists" && !has(toleration, "key") {
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

/// The label of nodes that tells one place from another.
pub(super) fn check_topology(term: &Node<'_>, form: &mut Form<'_, '_>) {
    required(term, "topologyKey", form);
    if let Some(key) = text(term, "topologyKey").filter(|key| !key.is_empty())
        && let Err(invalid) = key.parse::<LabelKey>()
    {
        form.report(broken(&INVALID_LABEL, invalid.to_string()).under("topologyKey".into()));
    }
}

pub(super) fn check_spread(constraint: &Node<'_>, form: &mut Form<'_, '_>) {
    check_topology(constraint, form);
    in_range(constraint, "maxSkew", 1..=i128::from(i32::MAX), form);
    in_range(constraint, "minDomains", 1..=i128::from(i32::MAX), form);
    if number(constraint, "minDomains").is_some() && text(constraint, "whenUnsatisfiable") == Some("ScheduleAnyway") {
        form.report(
            broken(&SELECTOR_REQUIREMENT, "minDomains goes with whenUnsatisfiable: DoNotSchedule alone")
                .under("minDomains".into()),
        );
    }
}
