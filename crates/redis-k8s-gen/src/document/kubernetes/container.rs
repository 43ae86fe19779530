//! Containers: their images, ports, variables, resources and mounts.

use std::collections::HashMap;

use redis_k8s::{LabelKey, Quantity};

use super::form::Form;
use super::metadata::entries;
use super::name::{is_dns_label, is_port_name};
use super::part::{exactly_one, has, items, number, text};
use super::rules::{
    GRACE_OF_READINESS, IMAGE_MISSING, INVALID_NAME, INVALID_PATH, INVALID_PORT, INVALID_VARIABLE, NOT_EXACTLY_ONE,
    PROBE_SUCCESS_THRESHOLD, REQUEST_EXCEEDS_LIMIT, TWICE_IN_LIST, UNKNOWN_RESOURCE, broken,
};
use crate::document::node::{Node, shorten};

/// Fields of a pod that a variable may take its value from, besides `metadata.labels['KEY']` and `metadata.annotations['KEY']`
/// (<https://kubernetes.io/docs/concepts/workloads/pods/downward-api/>).
const POD_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

fn is_field_of_pod(field: &str) -> bool {
    let is_entry = |map: &str| field.strip_prefix(map).is_some_and(|key| key.starts_with("['") && key.ends_with("']"));
    POD_FIELDS.contains(&field) || is_entry("metadata.labels") || is_entry("metadata.annotations")
}

pub(super) fn check(container: &Node<'_>, form: &mut Form<'_, '_>) {
    if let Some(name) = text(container, "name").filter(|name| !is_dns_label(name)) {
        let message = format!(
            "\"{}\" is not a name of a container: 1 to 63 lower-case letters, digits or '-', with a letter or digit at both ends",
            shorten(name)
        );
        form.report(broken(&INVALID_NAME, message).under("name".into()));
    }
    match text(container, "image") {
        Some(image) if image.trim() == image && !image.is_empty() => {}
        Some(_) => form
            .report(broken(&IMAGE_MISSING, "the image is empty, or has white space around it").under("image".into())),
        None if has(container, "image") => {}
        None => {
            form.report(broken(&IMAGE_MISSING, "the container has no image").help("add `image`").under("image".into()));
        }
    }
    check_port_names(container, form);
    for field in ["livenessProbe", "startupProbe"] {
        if let Some(successes) = container.get(field).and_then(|probe| number(probe, "successThreshold"))
            && successes > 1
        {
            let message = format!("one success is all a {field} may wait for, not {successes}");
            form.report(
                broken(&PROBE_SUCCESS_THRESHOLD, message)
                    .under("successThreshold".into())
                    .under(field.into())
                    .help("remove it"),
            );
        }
    }
    if container.get("readinessProbe").is_some_and(|probe| has(probe, "terminationGracePeriodSeconds")) {
        let fault = broken(&GRACE_OF_READINESS, "a readiness probe ends no container").help("remove it");
        form.report(fault.under("terminationGracePeriodSeconds".into()).under("readinessProbe".into()));
    }
}

/// Ports of one name: a Service could not tell them apart.
fn check_port_names(container: &Node<'_>, form: &mut Form<'_, '_>) {
    let mut seen = HashMap::new();
    for (index, port) in items(container, "ports").iter().enumerate() {
        let Some(name) = text(port, "name") else { continue };
        if let Some(first) = seen.insert(name, port.origin) {
            let fault = broken(&TWICE_IN_LIST, format!("another port of the container is named {}", shorten(name)));
            form.report(
                fault.and_at(first, "first given here").under("name".into()).under(index.into()).under("ports".into()),
            );
        }
    }
}

pub(super) fn check_port(port: &Node<'_>, form: &mut Form<'_, '_>) {
    for (field, range) in [("containerPort", 1..=65535), ("hostPort", 0..=65535)] {
        if let Some(number) = number(port, field).filter(|number| !range.contains(number)) {
            form.report(broken(&INVALID_PORT, format!("{number} is not a port from 1 to 65535")).under(field.into()));
        }
    }
    if let Some(name) = text(port, "name").filter(|name| !is_port_name(name)) {
        let message = format!(
            "\"{}\" is not a name of a port: 1 to 15 lower-case letters, digits or '-', a letter among them, no '-' at an end or beside another",
            shorten(name)
        );
        form.report(broken(&INVALID_PORT, message).under("name".into()));
    }
}

pub(super) fn check_variable(variable: &Node<'_>, form: &mut Form<'_, '_>) {
    // since Kubernetes 1.34 any printable ASCII but `=`
    if let Some(name) = text(variable, "name")
        .filter(|name| name.is_empty() || !name.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'='))
    {
        let message = format!("\"{}\" is not a name of a variable: printable ASCII characters but '='", shorten(name));
        form.report(broken(&INVALID_VARIABLE, message).under("name".into()));
    }
    let Some(source) = variable.get("valueFrom") else { return };
    if text(variable, "value").is_some_and(|value| !value.is_empty()) {
        form.report(broken(&INVALID_VARIABLE, "a variable has either value or valueFrom").under("valueFrom".into()));
    }
    form.inside("valueFrom", |form| {
        let sources = ["configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef"];
        exactly_one(source, &sources, "where the value comes from", form);
        let field = source.get("fieldRef").and_then(|selector| text(selector, "fieldPath"));
        if let Some(field) = field.filter(|field| !is_field_of_pod(field)) {
            let message = format!("\"{}\" is no field of a pod that a variable can have", shorten(field));
            let fault = broken(&INVALID_VARIABLE, message).help(format!("use one of {}", POD_FIELDS.join(", ")));
            form.report(fault.under("fieldPath".into()).under("fieldRef".into()));
        }
    });
}

pub(super) fn check_resources(resources: &Node<'_>, form: &mut Form<'_, '_>) {
    for list in ["limits", "requests"] {
        for entry in entries(resources, list).iter().filter(|entry| !is_resource(&entry.key)) {
            let message = format!("there is no resource {}", shorten(&entry.key));
            let fault = broken(&UNKNOWN_RESOURCE, message)
                .help("use cpu, memory, ephemeral-storage, or PREFIX/NAME of a device");
            form.report(fault.at(entry.key_origin).under((&*entry.key).into()).under(list.into()));
        }
    }
    let amount = |text: &str| text.parse::<Quantity>().ok().map(|amount| amount.milli_units());
    let limits = entries(resources, "limits");
    for request in entries(resources, "requests") {
        let Some(limit) = limits.iter().find(|limit| limit.key == request.key) else { continue };
        let (Some(requested), Some(allowed)) = (request.value.as_text(), limit.value.as_text()) else { continue };
        if let (Some(wanted), Some(most)) = (amount(requested), amount(allowed))
            && wanted > most
        {
            let message = format!("{requested} of {} is requested, and {allowed} is the limit", shorten(&request.key));
            let fault = broken(&REQUEST_EXCEEDS_LIMIT, message)
                .and_at(limit.value.origin, "the limit")
                .help("raise the limit, or request less");
            form.report(fault.under((&*request.key).into()).under("requests".into()));
        }
    }
}

/// What a container can have some of: a resource of Kubernetes, or of somebody else with their name before it.
fn is_resource(name: &str) -> bool {
    match name {
        "cpu" | "memory" | "ephemeral-storage" => true,
        name if name.starts_with("hugepages-") => name.parse::<LabelKey>().is_ok(),
        name => name.contains('/') && name.parse::<LabelKey>().is_ok(),
    }
}

pub(super) fn check_mount(mount: &Node<'_>, form: &mut Form<'_, '_>) {
    if text(mount, "mountPath").is_some_and(|path| path.is_empty() || path.contains(':')) {
        form.report(broken(&INVALID_PATH, "a mount path is not empty and holds no ':'").under("mountPath".into()));
    }
    if text(mount, "subPath").is_some_and(|path| path.starts_with('/') || path.split('/').any(|part| part == "..")) {
        form.report(broken(&INVALID_PATH, "a sub-path is relative and holds no `..`").under("subPath".into()));
    }
    if has(mount, "subPath") && has(mount, "subPathExpr") {
        form.report(broken(&NOT_EXACTLY_ONE, "subPath and subPathExpr exclude each other").under("subPathExpr".into()));
    }
}
