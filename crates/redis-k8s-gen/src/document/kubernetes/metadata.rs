//! Names, labels and annotations.

use redis_k8s::{LabelKey, LabelValue};

use super::form::Form;
use super::name::{is_dns_label, is_dns_label_of_letter, is_dns_subdomain};
use super::part::text;
use super::rules::{ANNOTATIONS_TOO_LARGE, INVALID_LABEL, INVALID_NAME, NAME_MISSING, POD_NAMES_TOO_LONG, broken};
use crate::document::node::{Entry, Kind, Node, shorten};

/// `TotalAnnotationSizeLimitB` of the API server.
const MAX_ANNOTATIONS: usize = 256 << 10;
/// A label holds 63 characters, and the revision of a pod is the name, a hyphen and up to ten digits of a hash.
const MAX_STATEFUL_SET: usize = 52;

/// What the name of a kind may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameForm {
    Subdomain,
    Service,
    StatefulSet,
}

/// The name of an object.
pub(super) fn check_name(object: &Node<'_>, wanted: NameForm, form: &mut Form<'_, '_>) {
    let metadata = object.get("metadata");
    let Some(name) = metadata.and_then(|metadata| text(metadata, "name")) else {
        let has_name = metadata.is_some_and(|metadata| metadata.get("name").is_some());
        let is_generated = metadata.is_some_and(|metadata| metadata.get("generateName").is_some());
        if !has_name && !is_generated {
            let fault = broken(&NAME_MISSING, "the object has no name").help("add `name` to metadata");
            form.report(fault.under("name".into()).under("metadata".into()));
        }
        return;
    };
    let (good, rule) = match wanted {
        NameForm::Service => (
            is_dns_label_of_letter(name),
            "1 to 63 lower-case letters, digits or '-', starting with a letter and ending with a letter or digit",
        ),
        NameForm::Subdomain | NameForm::StatefulSet => (
            is_dns_subdomain(name),
            "1 to 253 lower-case letters, digits, '-' or '.', with a letter or digit at both ends of every part",
        ),
    };
    let fault = if !good {
        broken(&INVALID_NAME, format!("\"{}\" is not a name for this kind: {rule}", shorten(name)))
    } else if wanted == NameForm::StatefulSet && name.len() > MAX_STATEFUL_SET {
        let message = format!("the name has {} characters, and no pod could carry its revision as a label", name.len());
        broken(&POD_NAMES_TOO_LONG, message).help(format!("use at most {MAX_STATEFUL_SET} characters"))
    } else {
        return;
    };
    form.report(fault.under("name".into()).under("metadata".into()));
}

/// The metadata of an object, or of the pods of a template.
pub(super) fn check(metadata: &Node<'_>, form: &mut Form<'_, '_>) {
    if let Some(namespace) = text(metadata, "namespace").filter(|namespace| !is_dns_label(namespace)) {
        let message = format!(
            "\"{}\" is not a namespace: 1 to 63 lower-case letters, digits or '-', with a letter or digit at both ends",
            shorten(namespace)
        );
        form.report(broken(&INVALID_NAME, message).under("namespace".into()));
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
        let steps: Vec<_> = path.iter().map(|key| (*key).into()).chain([(&*entry.key).into()]).collect();
        form.report(broken(&INVALID_LABEL, invalid.to_string()).under_all(&steps));
    }
}

/// The key of an entry at `path`, in the form the API server looks at.
fn check_key(entry: &Entry<'_>, key: &str, path: &[&str], form: &mut Form<'_, '_>) {
    if let Err(invalid) = key.parse::<LabelKey>() {
        let steps: Vec<_> = path.iter().map(|key| (*key).into()).chain([(&*entry.key).into()]).collect();
        form.report(broken(&INVALID_LABEL, invalid.to_string()).at(entry.key_origin).under_all(&steps));
    }
}
