//! The volumes of a pod.

use super::form::Form;
use super::name::is_dns_label;
use super::part::text;
use super::rules::{INVALID_NAME, INVALID_PATH, NOT_EXACTLY_ONE, broken};
use crate::document::node::{Kind, Node, shorten};

/// A name and a source; none at all is an emptyDir, as Kubernetes has it by default.
pub(super) fn check(volume: &Node<'_>, form: &mut Form<'_, '_>) {
    if let Some(name) = text(volume, "name").filter(|name| !is_dns_label(name)) {
        let message = format!(
            "\"{}\" is not a name of a volume: 1 to 63 lower-case letters, digits or '-', with a letter or digit at both ends",
            shorten(name)
        );
        form.report(broken(&INVALID_NAME, message).under("name".into()));
    }
    let Kind::Mapping(entries) = &volume.kind else { return };
    let mut sources = entries.iter().filter(|entry| entry.key != "name" && !entry.value.is_null());
    if let (Some(first), Some(second)) = (sources.next(), sources.next()) {
        let message =
            format!("{} and {} exclude each other: a volume has one source", shorten(&first.key), shorten(&second.key));
        form.report(
            broken(&NOT_EXACTLY_ONE, message)
                .help("keep one of the two")
                .at(second.key_origin)
                .under((&*second.key).into()),
        );
    }
}

/// A key of a ConfigMap or Secret, and the file it becomes.
pub(super) fn check_key(item: &Node<'_>, form: &mut Form<'_, '_>) {
    if let Some(path) =
        text(item, "path").filter(|path| path.starts_with('/') || path.split('/').any(|part| part == ".."))
    {
        let message = format!("\"{}\" is not a path below the volume", shorten(path));
        form.report(
            broken(&INVALID_PATH, message)
                .under("path".into())
                .help("write it without `/` at its start and without `..`"),
        );
    }
}
