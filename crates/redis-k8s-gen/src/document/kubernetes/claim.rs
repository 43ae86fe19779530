//! What a claim asks for: storage of a size, to be mounted in some ways.

use super::amount::Amount;
use super::container::check_amount;
use super::form::Form;
use super::metadata::entries;
use super::name::{is_dns_label, is_dns_subdomain};
use super::part::{items, text};
use super::rules::{ACCESS_MODES_INVALID, FIELD_DROPPED, FIELDS_CONTRADICT, INVALID_NAME, OBJECT_OUT_OF_RANGE};
use crate::document::fault::Fault;
use crate::document::node::{Node, shorten};

pub(super) fn check(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    let modes = items(spec, "accessModes");
    let is_of_one_pod = |mode: &Node<'_>| mode.as_text() == Some("ReadWriteOncePod");
    if modes.iter().any(is_of_one_pod) && !modes.iter().all(is_of_one_pod) {
        let message = "ReadWriteOncePod stands beside other modes";
        form.broken(&ACCESS_MODES_INVALID, &["accessModes"], message, "keep it alone, or remove it");
    }
    let resources = spec.get("resources");
    let storage_of =
        |list| resources.and_then(|resources| entries(resources, list).iter().find(|entry| entry.key == "storage"));
    if let Some(entry) = storage_of("limits") {
        form.inside("resources", |form| check_amount(entry, "limits", form));
    }
    match storage_of("requests") {
        None => {
            let steps = ["resources", "requests", "storage"].map(Into::into);
            form.report(Fault::missing("storage").ending(": a claim asks for some").under_all(&steps));
        }
        Some(entry) => {
            form.inside("resources", |form| check_amount(entry, "requests", form));
            if Amount::of(&entry.value).is_some_and(|amount| !amount.is_positive() && !amount.is_negative()) {
                let steps = ["resources", "requests", "storage"];
                form.broken(
                    &OBJECT_OUT_OF_RANGE,
                    &steps,
                    "storage is 0, but takes more than 0",
                    "write a size such as 8Gi",
                );
            }
        }
    }
    check_sources(spec, form);
}

/// What the volume holds when it is new.
fn check_sources(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    let dropped = dropped_source(spec, form);
    for field in ["dataSource", "dataSourceRef"] {
        let Some(source) = spec.get(field).filter(|_| !dropped.contains(&field)) else { continue };
        for part in ["kind", "name"] {
            if text(source, part).unwrap_or_default().is_empty() {
                form.report(Fault::missing(part).under_all(&[field.into(), part.into()]));
            }
        }
        let group = text(source, "apiGroup").unwrap_or_default();
        if group.is_empty() && text(source, "kind").is_some_and(|kind| !matches!(kind, "" | "PersistentVolumeClaim")) {
            let message = "only claims are copied without a group of the API";
            form.broken(
                &FIELDS_CONTRADICT,
                &[field, "kind"],
                message,
                "add `apiGroup`, such as snapshot.storage.k8s.io",
            );
        }
        if !group.is_empty() && !is_dns_subdomain(group) {
            let message = format!("\"{}\" is not a group of the API", shorten(group));
            form.broken(&INVALID_NAME, &[field, "apiGroup"], message, "write it without a version");
        }
        if let Some(namespace) =
            text(source, "namespace").filter(|namespace| !namespace.is_empty() && !is_dns_label(namespace))
        {
            let message = format!("\"{}\" is not a namespace", shorten(namespace));
            form.broken(&INVALID_NAME, &[field, "namespace"], message, "write the name of a namespace");
        }
    }
    let (Some(old), Some(new)) = (spec.get("dataSource"), spec.get("dataSourceRef")) else { return };
    if !dropped.is_empty() {
        return;
    }
    let is_elsewhere = text(new, "namespace").is_some_and(|namespace| !namespace.is_empty());
    let is_same = ["apiGroup", "kind", "name"].iter().all(|field| text(old, field) == text(new, field));
    if is_elsewhere || !is_same {
        form.broken(
            &FIELDS_CONTRADICT,
            &["dataSource"],
            "dataSource and dataSourceRef name different things",
            "remove dataSource",
        );
    }
}

/// The sources of a claim that the API server drops; in the claims of sets and pods it judges them.
fn dropped_source(spec: &Node<'_>, form: &mut Form<'_, '_>) -> Vec<&'static str> {
    let mut dropped = Vec::new();
    if form.kind() != "PersistentVolumeClaim" {
        return dropped;
    }
    let said = |field, part| spec.get(field).and_then(|source| text(source, part)).unwrap_or_default();
    if !said("dataSourceRef", "namespace").is_empty() {
        let message =
            "another namespace as source is off unless somebody turned it on: the API server drops the source";
        form.broken(&FIELD_DROPPED, &["dataSourceRef"], message, "name something of the same namespace");
        dropped.push("dataSourceRef");
    }
    let has_other = dropped.is_empty() && spec.get("dataSourceRef").is_some();
    let is_copied = matches!(
        (said("dataSource", "apiGroup"), said("dataSource", "kind")),
        ("", "PersistentVolumeClaim") | ("snapshot.storage.k8s.io", "VolumeSnapshot")
    );
    if spec.get("dataSource").is_some() && !has_other && !is_copied {
        let message =
            "a dataSource is a claim or a VolumeSnapshot: the API server drops any other, and the volume is empty";
        let help = "add `apiGroup: snapshot.storage.k8s.io` to a VolumeSnapshot, or write dataSourceRef";
        form.broken(&FIELD_DROPPED, &["dataSource"], message, help);
        dropped.push("dataSource");
    }
    dropped
}
