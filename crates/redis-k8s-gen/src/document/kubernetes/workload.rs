//! Sets of pods: StatefulSet, Deployment and ReplicationController.

use super::form::Form;
use super::metadata::entries;
use super::name::is_dns_label;
use super::part::{has, items, number, text};
use super::rules::{
    BUDGET_OF_NOTHING, FIELD_IGNORED, FIELDS_CONTRADICT, INVALID_NAME, RESTART_POLICY, SELECTOR_EMPTY,
    SELECTOR_MISMATCH, broken,
};
use super::values::LABEL;
use super::{budget, instance};
use crate::document::node::{Entry, Node, shorten};

/// Seconds a Deployment has to make progress, if nothing is said.
const DEADLINE: i128 = 600;

pub(super) fn check(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    check_selector(spec, form);
    let has_labels = spec
        .get("template")
        .and_then(|template| template.get("metadata"))
        .is_some_and(|metadata| !entries(metadata, "labels").is_empty());
    if form.kind() == "ReplicationController" && selected(spec).0.is_empty() && !has_labels {
        let message = "there is no selector, and the pods have no labels it could be made of";
        form.broken(&SELECTOR_EMPTY, &["selector"], message, "add labels to the template");
    }
    let Some(pods) = spec.get("template").and_then(|template| template.get("spec")) else { return };
    form.inside("template", |form| {
        form.inside("spec", |form| {
            instance::check(pods, form);
            if let Some(policy) = text(pods, "restartPolicy").filter(|policy| !matches!(*policy, "" | "Always")) {
                let message = format!("the pods of a set are restarted always, not {}", shorten(policy));
                form.report(broken(&RESTART_POLICY, message).under("restartPolicy".into()).help("remove it"));
            }
            if has(pods, "activeDeadlineSeconds") {
                let message = "the pods of a set have no end, and so no deadline";
                form.broken(&FIELDS_CONTRADICT, &["activeDeadlineSeconds"], message, "remove it");
            }
        });
    });
}

/// A set of the group apps; the selector of a ReplicationController may be empty, since that means the labels of its pods.
pub(super) fn check_of_apps(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    let has_expressions = spec.get("selector").is_some_and(|selector| !items(selector, "matchExpressions").is_empty());
    if spec.get("selector").is_some() && selected(spec).0.is_empty() && !has_expressions {
        form.report(broken(&SELECTOR_EMPTY, "the selector is empty").under("selector".into()));
    }
    if let Some(name) = text(spec, "serviceName").filter(|name| !name.is_empty() && !is_dns_label(name)) {
        let message = format!("\"{}\" is not the name of a Service, and pods could not be named by it", shorten(name));
        form.report(broken(&INVALID_NAME, message).under("serviceName".into()));
    }
    for (index, claim) in items(spec, "volumeClaimTemplates").iter().enumerate() {
        let name = name_of(claim).unwrap_or_default();
        if !is_dns_label(name) {
            let message = format!("\"{}\" is not {LABEL}, as the name of the volume it becomes", shorten(name));
            let steps = ["volumeClaimTemplates".into(), index.into(), "metadata".into(), "name".into()];
            form.report(broken(&INVALID_NAME, message).under_all(&steps).help("name it as containers mount it"));
        }
    }
    if form.kind() == "StatefulSet" {
        instance::check_set(spec, form);
        if number(spec, "revisionHistoryLimit").is_some_and(|limit| limit < 0) {
            let message = "no revision is ever removed";
            form.broken(&FIELD_IGNORED, &["revisionHistoryLimit"], message, "write how many are kept");
        }
    } else {
        let deadline = number(spec, "progressDeadlineSeconds").unwrap_or(DEADLINE);
        let ready = number(spec, "minReadySeconds").unwrap_or(0);
        if deadline <= ready {
            let message = format!("a roll has failed after {deadline} seconds, and a pod counts after {ready}");
            let help = "raise progressDeadlineSeconds above minReadySeconds";
            form.broken(&FIELDS_CONTRADICT, &["progressDeadlineSeconds"], message, help);
        }
    }
    check(spec, form);
}

/// The name in the metadata of an object.
pub(super) fn name_of<'n>(object: &'n Node<'_>) -> Option<&'n str> {
    text(object.get("metadata")?, "name")
}

/// A selector: the map of a ReplicationController, or the labels of any other; and the fields that lead to it.
pub(super) fn selected<'n, 't>(spec: &'n Node<'t>) -> (&'n [Entry<'t>], &'static [&'static str]) {
    match spec.get("selector") {
        Some(selector) if selector.get("matchLabels").is_some() || selector.get("matchExpressions").is_some() => {
            (entries(selector, "matchLabels"), &["selector", "matchLabels"])
        }
        _ => (entries(spec, "selector"), &["selector"]),
    }
}

fn check_selector(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    let Some(template) = spec.get("template") else { return };
    let labels = template.get("metadata").map(|metadata| entries(metadata, "labels")).unwrap_or_default();
    let (wanted, path) = selected(spec);
    for entry in wanted {
        let label = labels.iter().find(|label| label.key == entry.key);
        let (Some(value), found) = (filled(&entry.value), label.and_then(|label| filled(&label.value))) else {
            continue;
        };
        if found == Some(value) {
            continue;
        }
        let mut fault = broken(
            &SELECTOR_MISMATCH,
            match found {
                None => format!("the pods have no label {}", shorten(&entry.key)),
                Some(found) => {
                    format!(
                        "the pods have \"{}\" for {}, not \"{}\"",
                        shorten(found),
                        shorten(&entry.key),
                        shorten(value)
                    )
                }
            },
        );
        if let Some(label) = label {
            fault = fault.and_at(label.value.origin, "the label of the pods");
        }
        let steps: Vec<_> = path.iter().map(|key| (*key).into()).chain([(&*entry.key).into()]).collect();
        form.report(fault.under_all(&steps).help("selector and labels of the template must be the same"));
    }
    let expressions = spec.get("selector").map(|selector| items(selector, "matchExpressions")).unwrap_or_default();
    for (index, line) in expressions.iter().enumerate() {
        let Some(key) = text(line, "key") else { continue };
        let found = labels.iter().find(|label| label.key == key).map(|label| label.value.as_text().unwrap_or_default());
        let is_listed = items(line, "values").iter().any(|value| value.as_text() == found);
        let is_matched = match text(line, "operator") {
            Some("In") => found.is_some() && is_listed,
            Some("NotIn") => found.is_none() || !is_listed,
            Some("Exists") => found.is_some(),
            Some("DoesNotExist") => found.is_none(),
            _ => true,
        };
        if !is_matched {
            let fault =
                broken(&SELECTOR_MISMATCH, format!("the label {} of the pods does not fit this line", shorten(key)));
            let fault = fault.help("selector and labels of the template must fit");
            form.report(fault.under_all(&["selector".into(), "matchExpressions".into(), index.into()]));
        }
    }
}

/// The text of a label: null is an empty one.
fn filled<'n>(value: &'n Node<'_>) -> Option<&'n str> {
    value.as_text().or(value.is_null().then_some(""))
}

/// How a set replaces its pods.
pub(super) fn check_strategy(strategy: &Node<'_>, type_of_rolling: &str, form: &mut Form<'_, '_>) {
    let Some(rolling) = strategy.get("rollingUpdate") else { return };
    if matches!(text(strategy, "type"), Some("OnDelete" | "Recreate")) {
        let message = "pods that are replaced all at once, or when somebody deletes them, do not roll";
        form.broken(&FIELDS_CONTRADICT, &["rollingUpdate"], message, "remove it, or change the type");
    }
    // no pod comes beside the others in a StatefulSet, so one at least must be missing
    let least = i128::from(type_of_rolling == "RollingUpdateStatefulSetStrategy");
    for (field, least, most_percent) in [("maxUnavailable", least, 100), ("maxSurge", 0, i128::MAX)] {
        let Some(amount) = text(rolling, field).filter(|_| !form.drops(type_of_rolling, field)) else { continue };
        if budget::is_amount(rolling, field, least, most_percent) {
            continue;
        }
        let message = format!("{field} is \"{}\", expected a number or percentage of pods", shorten(amount));
        let help = format!("write {least} or more");
        form.broken(&BUDGET_OF_NOTHING, &["rollingUpdate", field], message, &help);
    }
    if ["maxUnavailable", "maxSurge"].iter().all(|field| matches!(text(rolling, field), Some("0" | "0%"))) {
        let message = "no pod may be missing and none may be there beside the others, so none is replaced";
        form.broken(&FIELDS_CONTRADICT, &["rollingUpdate"], message, "let one of them be 1");
    }
}
