//! Names, labels and annotations.

use redis_k8s::{InvalidValue, LabelKey, LabelValue, PathStep};

use super::form::Form;
use super::name::{is_dns_label, is_dns_label_of_letter, is_dns_subdomain};
use super::part::{in_range, is_true, items, text};
use super::rules::{
    ANNOTATIONS_TOO_LARGE, FIELDS_CONTRADICT, INVALID_LABEL, INVALID_NAME, INVALID_OWNER, NAME_MISSING,
    NAME_NOT_OF_HOST, POD_NAMES_TOO_LONG, broken,
};
use super::values::LABEL;
use crate::document::fault::Fault;
use crate::document::node::{Entry, Kind, Node, shorten};

/// `TotalAnnotationSizeLimitB` of the API server.
const MAX_ANNOTATIONS: usize = 256 << 10;
/// A label holds 63 characters, and the revision of a pod is the name, a hyphen and up to ten digits of a hash.
const MAX_STATEFUL_SET: usize = 52;

/// Finalizers without a prefix, which Kubernetes has itself.
const OWN_FINALIZERS: [&str; 3] = ["foregroundDeletion", "kubernetes", "orphan"];

/// What an owner says of itself.
const OWNER: [&str; 6] = ["apiVersion", "blockOwnerDeletion", "controller", "kind", "name", "uid"];

/// What the name of a kind may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameForm {
    /// Whatever is one step of a path.
    Step,
    Subdomain,
    Service,
    StatefulSet,
}

/// The name of an object.
pub(super) fn check_name(object: &Node<'_>, wanted: NameForm, form: &mut Form<'_, '_>) {
    let (is_good, rule): (fn(&str) -> bool, _) = match wanted {
        NameForm::Step => (
            |name| !matches!(name, "." | "..") && !name.contains(['/', '%']),
            "neither `.` nor `..`, without '/' and '%'",
        ),
        // RelaxedServiceNameValidation
        NameForm::Service if form.minor() >= 36 => (is_dns_label, LABEL),
        NameForm::Service => (
            is_dns_label_of_letter,
            "1 to 63 lower-case letters, digits or '-', starting with a letter and ending with a letter or digit",
        ),
        // its pods have it in their host names
        NameForm::StatefulSet => (is_dns_label, LABEL),
        NameForm::Subdomain => (
            is_dns_subdomain,
            "1 to 253 lower-case letters, digits, '-' or '.', with a letter or digit at both ends of every part",
        ),
    };
    let metadata = object.get("metadata");
    let said = |field: &str| metadata.and_then(|metadata| text(metadata, field));
    let begun = said("generateName").filter(|begun| !begun.is_empty());
    // what comes behind it makes it whole: the API server puts a letter in the place of a hyphen and what is before it
    let masked = |begun: &str| match begun.strip_suffix('-').and_then(|rest| rest.char_indices().next_back()) {
        Some((place, _)) => format!("{}a", &begun[..place]),
        None => begun.to_owned(),
    };
    if let Some(begun) = begun.filter(|begun| !is_good(&masked(begun))) {
        let message = format!("\"{}\" is not the beginning of a name for this kind: {rule}", shorten(begun));
        form.report(broken(&INVALID_NAME, message).under("generateName".into()).under("metadata".into()));
    }
    let name = said("name");
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        let has_name = name.is_none() && metadata.is_some_and(|metadata| metadata.get("name").is_some());
        if !has_name && begun.is_none() {
            let fault = broken(&NAME_MISSING, "the object has no name").help("add `name` to metadata");
            form.report(fault.under("name".into()).under("metadata".into()));
        }
        return;
    };
    let fault = if !is_good(name) {
        broken(&INVALID_NAME, format!("\"{}\" is not a name for this kind: {rule}", shorten(name)))
    } else if wanted == NameForm::StatefulSet && name.len() > MAX_STATEFUL_SET {
        let message = format!(
            "the name has {} characters: the API server takes it, and no pod could carry its revision as a label",
            name.len()
        );
        broken(&POD_NAMES_TOO_LONG, message).help(format!("use at most {MAX_STATEFUL_SET} characters"))
    } else if matches!(form.kind(), "Pod" | "ReplicationController" | "Deployment") && !is_dns_label(name) {
        let message = format!("\"{}\" is not a name of a host, and pods have it in theirs", shorten(name));
        broken(&NAME_NOT_OF_HOST, message).help("use at most 63 characters, and no dots")
    } else {
        return;
    };
    form.report(fault.under("name".into()).under("metadata".into()));
}

/// The metadata of an object, or of the pods or claims of a set, of which the API server reads labels and annotations alone.
pub(super) fn check(metadata: &Node<'_>, form: &mut Form<'_, '_>) {
    if form.path().len() == 1 {
        check_own(metadata, form);
    }
    for entry in entries(metadata, "labels") {
        check_label(entry, &["labels"], form);
    }
    let annotations = entries(metadata, "annotations");
    for entry in annotations {
        // The API server does not look at the case of the keys of annotations.
        check_key(entry, &entry.key.to_ascii_lowercase(), &["annotations"], form);
    }
    let size: usize = annotations.iter().map(|entry| entry.key.len() + entry.value.as_text().map_or(0, str::len)).sum();
    if size > MAX_ANNOTATIONS {
        let message =
            format!("the annotations have {size} bytes, and {MAX_ANNOTATIONS} is the most an object may have");
        form.report(broken(&ANNOTATIONS_TOO_LARGE, message).under("annotations".into()));
    }
}

/// What an object says of itself: where it is, who may delete it, and whose it is.
fn check_own(metadata: &Node<'_>, form: &mut Form<'_, '_>) {
    // budgets are looked at less closely than all other kinds
    let is_budget = form.kind() == "PodDisruptionBudget";
    if let Some(namespace) = text(metadata, "namespace").filter(|name| !name.is_empty() && !is_dns_label(name)) {
        let message = format!("\"{}\" is not a namespace: {LABEL}", shorten(namespace));
        form.report(broken(&INVALID_NAME, message).under("namespace".into()));
    }
    // of the others the API server sets it
    if matches!(form.kind(), "ConfigMap" | "PersistentVolumeClaim" | "Secret" | "Service" | "ServiceAccount") {
        in_range(metadata, "generation", 0..=i64::MAX.into(), form);
    }
    let finalizers = items(metadata, "finalizers");
    for (index, node) in finalizers.iter().enumerate() {
        let Some(name) = node.as_text().or(node.is_null().then_some("")) else { continue };
        let is_own = name.contains('/') || OWN_FINALIZERS.contains(&name) || is_budget;
        if name.parse::<LabelKey>().is_err() || !is_own {
            let message = format!(
                "\"{}\" is not a finalizer: PREFIX/NAME, or one of {}",
                shorten(name),
                OWN_FINALIZERS.join(", ")
            );
            form.report(broken(&INVALID_NAME, message).under(index.into()).under("finalizers".into()));
        }
    }
    let has = |wanted| finalizers.iter().any(|name| name.as_text() == Some(wanted));
    if has("orphan") && has("foregroundDeletion") {
        let message = "what depends on the object is kept, or deleted before it, not both";
        form.broken(&FIELDS_CONTRADICT, &["finalizers"], message, "keep one of the two");
    }
    let mut controller = None;
    let owners = items(metadata, "ownerReferences");
    for (index, owner) in owners.iter().enumerate() {
        let way = |field: &str| -> [PathStep; 3] { ["ownerReferences".into(), index.into(), field.into()] };
        for field in ["apiVersion", "kind", "name", "uid"] {
            if text(owner, field).unwrap_or_default().is_empty() {
                form.report(Fault::missing(field).under_all(&way(field)));
            }
        }
        let version = text(owner, "apiVersion").unwrap_or_default();
        if version.matches('/').count() > 1 {
            let message = format!("\"{}\" is not GROUP/VERSION", shorten(version));
            form.report(broken(&INVALID_OWNER, message).under_all(&way("apiVersion")));
        }
        if (version, text(owner, "kind")) == ("v1", Some("Event")) {
            form.report(broken(&INVALID_OWNER, "an Event owns nothing").under_all(&way("kind")));
        }
        // the API server keeps the first of two that are the same
        let is_again =
            || owners[..index].iter().any(|other| OWNER.iter().all(|field| text(other, field) == text(owner, field)));
        if is_true(owner, "controller") && !is_again() {
            if let Some(first) = controller {
                let fault =
                    broken(&INVALID_OWNER, "another owner is the controller already").and_at(first, "the other one");
                form.report(fault.under_all(&way("controller")).help("write `controller: true` once"));
            }
            controller = Some(owner.origin);
        }
    }
}

/// The entries of the mapping at a field.
pub(super) fn entries<'n, 't>(node: &'n Node<'t>, field: &str) -> &'n [Entry<'t>] {
    match node.get(field).map(|node| &node.kind) {
        Some(Kind::Mapping(entries)) => entries,
        _ => &[],
    }
}

/// One label, in a mapping at `path`.
pub(super) fn check_label(entry: &Entry<'_>, path: &[&str], form: &mut Form<'_, '_>) {
    check_key(entry, &entry.key, path, form);
    if let Some(Err(invalid)) = entry.value.as_text().map(str::parse::<LabelValue>) {
        form.report(no_label(&invalid, form).under((&*entry.key).into()).under_all(&steps(path)));
    }
}

/// The key of an entry at `path`, in the form the API server looks at.
fn check_key(entry: &Entry<'_>, key: &str, path: &[&str], form: &mut Form<'_, '_>) {
    if let Err(invalid) = key.parse::<LabelKey>() {
        let fault = no_label(&invalid, form).at(entry.key_origin);
        form.report(fault.under((&*entry.key).into()).under_all(&steps(path)));
    }
}

fn no_label(invalid: &InvalidValue, form: &Form<'_, '_>) -> Fault {
    let is_of_claim = form.is_inside("volumeClaimTemplates") && form.is_inside("metadata");
    let words = if is_of_claim { ": the API server takes the set, and refuses its claims" } else { "" };
    broken(&INVALID_LABEL, format!("{invalid}{words}"))
}

fn steps(path: &[&str]) -> Vec<PathStep> {
    path.iter().map(|key| (*key).into()).collect()
}
