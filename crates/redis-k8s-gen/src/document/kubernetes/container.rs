//! Containers: their images, ports, variables, resources and mounts.

use std::collections::HashMap;

use redis_k8s::model::POD_FIELDS;
use redis_k8s::{LabelKey, PathStep};

use super::amount::Amount;
use super::form::{Form, Step};
use super::metadata::entries;
use super::name::{is_dns_label, is_port_name, is_variable};
use super::part::{exactly_one, has, is_true, items, number, text};
use super::rules::{
    FIELDS_CONTRADICT, FRACTION_OF_BYTE, GRACE_OF_READINESS, IMAGE_MISSING, INVALID_NAME, INVALID_PATH, INVALID_PORT,
    INVALID_VARIABLE, NOT_EXACTLY_ONE, PROBE_SUCCESS_THRESHOLD, REQUEST_EXCEEDS_LIMIT, RESOURCE_INDIVISIBLE,
    TWICE_IN_LIST, UNKNOWN_RESOURCE, broken,
};
use super::values;
use crate::document::fault::Fault;
use crate::document::node::{Entry, Node, shorten};

/// Those that a file may hold; all labels or annotations stand in one file.
const POD_FIELDS_OF_FILE: [&str; 5] =
    ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
/// Resources of a container, with `limits.` or `requests.` before them, that a variable or file may hold.
const CONTAINER_RESOURCES: [&str; 3] = ["cpu", "ephemeral-storage", "memory"];
/// Units a number of bytes may be divided by.
const DIVISORS_OF_BYTES: [&str; 13] =
    ["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

/// One label or annotation of a pod: `metadata.labels['KEY']`.
fn is_entry(field: &str) -> bool {
    let key = |map: &str| field.strip_prefix(map)?.strip_prefix("['")?.strip_suffix("']");
    key("metadata.labels").is_some_and(|key| key.parse::<LabelKey>().is_ok())
        || key("metadata.annotations").is_some_and(|key| key.to_ascii_lowercase().parse::<LabelKey>().is_ok())
}

/// What of a pod or container stands in a variable or file.
pub(super) fn check_source(source: &Node<'_>, is_file: bool, form: &mut Form<'_, '_>) {
    let known: &[&str] = if is_file { &POD_FIELDS_OF_FILE } else { &POD_FIELDS };
    if let Some(selector) = source.get("fieldRef") {
        if let Some(version) = text(selector, "apiVersion").filter(|version| !matches!(*version, "" | "v1")) {
            let message = format!("there are no fields of pods in {}", shorten(version));
            form.broken(&INVALID_VARIABLE, &["fieldRef", "apiVersion"], message, "write v1, or leave it out");
        }
        let is_known = |field: &str| field.is_empty() || known.contains(&field) || is_entry(field);
        if let Some(field) = text(selector, "fieldPath").filter(|field| !is_known(field)) {
            let what = if is_file { "file" } else { "variable" };
            let message = format!("\"{}\" is no field of a pod that a {what} can have", shorten(field));
            let help = format!("use one of {}", known.join(", "));
            form.broken(&INVALID_VARIABLE, &["fieldRef", "fieldPath"], message, help);
        }
    }
    let Some(selector) = source.get("resourceFieldRef") else { return };
    if is_file && text(selector, "containerName").unwrap_or_default().is_empty() {
        form.report(Fault::missing("containerName").under_all(&["resourceFieldRef".into(), "containerName".into()]));
    }
    let Some(resource) = text(selector, "resource") else { return };
    let name = resource.strip_prefix("limits.").or_else(|| resource.strip_prefix("requests.")).unwrap_or_default();
    if !CONTAINER_RESOURCES.contains(&name) && !name.starts_with("hugepages-") {
        let message = format!("\"{}\" is no resource of a container", shorten(resource));
        let help = "use limits or requests of cpu, memory, ephemeral-storage or hugepages, such as limits.memory";
        form.broken(&INVALID_VARIABLE, &["resourceFieldRef", "resource"], message, help);
    } else if let (Some(given), Some(divisor)) =
        (text(selector, "divisor"), selector.get("divisor").and_then(Amount::of))
    {
        let units: &[&str] = if name == "cpu" { &["1m", "1"] } else { &DIVISORS_OF_BYTES };
        if divisor.is_positive() && !units.iter().any(|unit| Amount::parse(unit) == Some(divisor)) {
            let message = format!("{name} is not divided by \"{}\"", shorten(given));
            let help = format!("use one of {}", units.join(", "));
            form.broken(&INVALID_VARIABLE, &["resourceFieldRef", "divisor"], message, help);
        }
    }
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
        Some(image) if !image.is_empty() && !form.is_pod() => form.broken(
            &IMAGE_MISSING,
            &["image"],
            "the image has white space around it: the API server takes the template, and refuses its pods",
            "remove the white space",
        ),
        Some(_) => form
            .report(broken(&IMAGE_MISSING, "the image is empty, or has white space around it").under("image".into())),
        None if has(container, "image") => {}
        None => {
            form.report(broken(&IMAGE_MISSING, "the container has no image").help("add `image`").under("image".into()));
        }
    }
    check_port_names(container, form);
    check_volumes(container, form);
    let resized = items(container, "resizePolicy");
    for (index, policy) in resized.iter().enumerate() {
        let name = text(policy, "resourceName");
        if name.is_some() && resized[..index].iter().any(|other| text(other, "resourceName") == name) {
            let message = format!("{} stands here a second time", shorten(name.unwrap_or_default()));
            let fault = broken(&TWICE_IN_LIST, message).help("keep one of the two");
            form.report(fault.under_all(&["resizePolicy".into(), index.into()]));
        }
    }
    if !items(container, "restartPolicyRules").is_empty() && !has(container, "restartPolicy") {
        let message = "rules of restarting go with a `restartPolicy` of the container";
        form.broken(&FIELDS_CONTRADICT, &["restartPolicyRules"], message, "add it, or remove the rules");
    }
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

/// What is mounted, and what is used as a device, side by side.
fn check_volumes(container: &Node<'_>, form: &mut Form<'_, '_>) {
    let is_privileged = container.get("securityContext").is_some_and(|context| is_true(context, "privileged"));
    let mounts = items(container, "volumeMounts");
    for (index, mount) in mounts.iter().enumerate() {
        let way = |field: &str| -> [PathStep; 3] { ["volumeMounts".into(), index.into(), field.into()] };
        if text(mount, "mountPropagation") == Some("Bidirectional") && !is_privileged {
            let fault = broken(&FIELDS_CONTRADICT, "only what is mounted by a privileged container shows on the node");
            form.report(fault.under_all(&way("mountPropagation")).help("remove it, or write HostToContainer"));
        }
        if matches!(text(mount, "recursiveReadOnly"), Some("Enabled" | "IfPossible")) {
            let propagates = text(mount, "mountPropagation").is_some_and(|propagation| propagation != "None");
            if !is_true(mount, "readOnly") || propagates {
                let message = "recursiveReadOnly goes with `readOnly: true`, and without mountPropagation";
                let fault = broken(&FIELDS_CONTRADICT, message).help("write `readOnly: true`, or remove it");
                form.report(fault.under_all(&way("recursiveReadOnly")));
            }
        }
    }
    let mut names = Vec::new();
    for (index, device) in items(container, "volumeDevices").iter().enumerate() {
        let name = text(device, "name");
        let is_mounted = name.is_some() && mounts.iter().any(|mount| text(mount, "name") == name);
        let path = text(device, "devicePath");
        if is_mounted || (path.is_some() && mounts.iter().any(|mount| text(mount, "mountPath") == path)) {
            let field = if is_mounted { "name" } else { "devicePath" };
            let fault = broken(&FIELDS_CONTRADICT, "a volume is mounted or used as a device, not both");
            let fault = fault.help("remove it here, or from volumeMounts");
            form.report(fault.under_all(&["volumeDevices".into(), index.into(), field.into()]));
        }
        if name.is_some() && names.contains(&name) {
            let message = format!("{} stands here a second time", shorten(name.unwrap_or_default()));
            let fault = broken(&TWICE_IN_LIST, message).help("keep one of the two");
            form.report(fault.under_all(&["volumeDevices".into(), index.into(), "name".into()]));
        }
        names.push(name);
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
    if let Some(name) = text(port, "name").filter(|name| !name.is_empty() && !is_port_name(name)) {
        let message = format!(
            "\"{}\" is not a name of a port: 1 to 15 lower-case letters, digits or '-', a letter among them, no '-' at an end or beside another",
            shorten(name)
        );
        form.report(broken(&INVALID_PORT, message).under("name".into()));
    }
}

pub(super) fn check_variable(variable: &Node<'_>, form: &mut Form<'_, '_>) {
    if let Some(name) = text(variable, "name").filter(|name| !name.is_empty() && !is_variable(name)) {
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
        check_source(source, false, form);
    });
}

/// Where all the variables of a ConfigMap or Secret come from.
pub(super) fn check_variables(source: &Node<'_>, form: &mut Form<'_, '_>) {
    exactly_one(source, &["configMapRef", "secretRef"], "where the variables come from", form);
}

/// Amounts that are counted in bytes.
const BYTES: [&str; 3] = ["ephemeral-storage", "memory", "storage"];

/// Resources of a container, or of a pod as a whole.
pub(super) fn check_resources(resources: &Node<'_>, form: &mut Form<'_, '_>) {
    let is_of_pod = matches!(form.path(), [.., Step::Field(spec), Step::Field(_)] if spec == "spec");
    if is_of_pod && has(resources, "claims") {
        let message = "claims of devices are used by containers, not by the pod as a whole";
        form.broken(&FIELDS_CONTRADICT, &["claims"], message, "move them to the containers");
    }
    let (limits, requests) = (entries(resources, "limits"), entries(resources, "requests"));
    for (list, entry) in
        limits.iter().map(|entry| ("limits", entry)).chain(requests.iter().map(|entry| ("requests", entry)))
    {
        if is_of_pod && !is_resource_of_pod(&entry.key) {
            let message = format!("there is no resource {} of a pod as a whole", shorten(&entry.key));
            let fault = broken(&UNKNOWN_RESOURCE, message).help("use cpu, memory or huge pages");
            form.report(fault.at(entry.key_origin).under((&*entry.key).into()).under(list.into()));
        } else {
            check_resource(entry, list, form);
        }
    }
    for request in requests {
        let limit = limits.iter().find(|limit| limit.key == request.key);
        check_request(request, limit, form);
    }
    let names = || limits.iter().chain(requests).map(|entry| &*entry.key);
    if names().any(|name| name.starts_with("hugepages-")) && !names().any(|name| matches!(name, "cpu" | "memory")) {
        let message = "huge pages are given to who asks for cpu or memory, too";
        form.broken(&RESOURCE_INDIVISIBLE, &[], message, "add a limit of memory");
    }
}

/// One resource of a container and its amount.
pub(super) fn check_resource(entry: &Entry<'_>, list: &str, form: &mut Form<'_, '_>) {
    if is_resource(&entry.key) {
        return check_amount(entry, list, form);
    }
    let message = format!("there is no resource {}", shorten(&entry.key));
    let fault =
        broken(&UNKNOWN_RESOURCE, message).help("use cpu, memory, ephemeral-storage, or PREFIX/NAME of a device");
    form.report(fault.at(entry.key_origin).under((&*entry.key).into()).under(list.into()));
}

/// Devices and huge pages are whole, bytes should be.
pub(super) fn check_amount(entry: &Entry<'_>, list: &str, form: &mut Form<'_, '_>) {
    let Some((given, amount)) = entry.value.as_text().and_then(|text| Some((text, Amount::parse(text)?))) else {
        return;
    };
    let name = &*entry.key;
    let (rule, message) = if let Some(size) = name.strip_prefix("hugepages-") {
        let is_fitting = Amount::parse(size)
            .is_some_and(|size| size.is_positive() && size.is_whole() && amount.is_multiple_of(size));
        if is_fitting {
            return;
        }
        (&RESOURCE_INDIVISIBLE, format!("{} is not a whole number of pages of {}", shorten(given), shorten(size)))
    } else if amount.is_whole() {
        return;
    } else if is_device(name) {
        (&RESOURCE_INDIVISIBLE, format!("{} is not a whole number of {}", shorten(given), shorten(name)))
    } else if BYTES.contains(&name) {
        let message =
            format!("{} is not a whole number of bytes: the API server takes it with a warning", shorten(given));
        (&FRACTION_OF_BYTE, message)
    } else {
        return;
    };
    form.broken(rule, &[list, name], message, "write a whole number; `m` is a thousandth, and M or Mi millions");
}

fn check_request(request: &Entry<'_>, limit: Option<&Entry<'_>>, form: &mut Form<'_, '_>) {
    let name = &*request.key;
    let is_whole = is_device(name) || name.starts_with("hugepages-");
    let Some(limit) = limit else {
        if is_whole {
            let message = format!("{} is not shared: who requests some has them as limit, too", shorten(name));
            form.broken(&RESOURCE_INDIVISIBLE, &["requests", name], message, "add the same limit");
        }
        return;
    };
    let (Some(wanted), Some(most)) = (Amount::of(&request.value), Amount::of(&limit.value)) else { return };
    let said = |entry: &Entry<'_>| shorten(entry.value.as_text().unwrap_or("0")).into_owned();
    let fault = if wanted > most {
        let message = format!("{} of {} is requested, and {} is the limit", said(request), shorten(name), said(limit));
        broken(&REQUEST_EXCEEDS_LIMIT, message).help("raise the limit, or request less")
    } else if wanted < most && is_whole {
        let message = format!(
            "{} is not shared: {} is requested, and {} is the limit",
            shorten(name),
            said(request),
            said(limit)
        );
        broken(&RESOURCE_INDIVISIBLE, message).help("make them the same")
    } else {
        return;
    };
    form.report(fault.and_at(limit.value.origin, "the limit").under(name.into()).under("requests".into()));
}

/// What a container can have some of: a resource of Kubernetes, or of somebody else with their name before it.
fn is_resource(name: &str) -> bool {
    match name {
        "cpu" | "memory" | "ephemeral-storage" => true,
        name if name.parse::<LabelKey>().is_err() => false,
        name if name.starts_with("hugepages-") => true,
        name => is_device(name) && !name.starts_with("requests.") || name.contains("kubernetes.io/"),
    }
}

fn is_resource_of_pod(name: &str) -> bool {
    matches!(name, "cpu" | "memory") || name.starts_with("hugepages-")
}

/// A resource that Kubernetes counts and does not share: one with a name before it that is not its own.
fn is_device(name: &str) -> bool {
    name.contains('/') && !name.contains("kubernetes.io/")
}

pub(super) fn check_mount(mount: &Node<'_>, form: &mut Form<'_, '_>) {
    for field in ["subPath", "subPathExpr"] {
        if text(mount, field).is_some_and(|path| !values::is_below(path)) {
            form.report(broken(&INVALID_PATH, "a sub-path is relative and holds no `..`").under(field.into()));
        }
    }
    if has(mount, "subPath") && has(mount, "subPathExpr") {
        form.report(broken(&NOT_EXACTLY_ONE, "subPath and subPathExpr exclude each other").under("subPathExpr".into()));
    }
}
