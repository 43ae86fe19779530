//! What the containers of a pod have in common.

use std::collections::HashMap;

use super::form::Form;
use super::name::is_dns_subdomain;
use super::part::{in_range, is_empty, items, text};
use super::rules::{INVALID_NAME, MOUNT_WITHOUT_VOLUME, NOT_EXACTLY_ONE, TWICE_IN_LIST, broken};
use crate::document::node::{Node, shorten};
use crate::document::suggest::nearest;

/// The lists of containers; those of a list are told apart by the list itself.
const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

pub(super) fn check(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    if spec.get("containers").is_some_and(is_empty) {
        form.report(broken(&NOT_EXACTLY_ONE, "a pod has one container at least").under("containers".into()));
    }
    let mut seen = HashMap::new();
    for list in CONTAINERS {
        for (index, container) in items(spec, list).iter().enumerate() {
            let Some(name) = text(container, "name") else { continue };
            let (first, origin) = *seen.entry(name).or_insert((list, container.origin));
            if first != list {
                let fault = broken(&TWICE_IN_LIST, format!("a container of {first} is named {}, too", shorten(name)))
                    .and_at(origin, "first given here");
                form.report(fault.under("name".into()).under(index.into()).under(list.into()));
            }
        }
    }
    in_range(spec, "terminationGracePeriodSeconds", 0..=i128::from(i64::MAX), form);
    for field in ["serviceAccountName", "priorityClassName", "schedulerName", "runtimeClassName"] {
        if let Some(name) = text(spec, field).filter(|name| !name.is_empty() && !is_dns_subdomain(name)) {
            form.report(
                broken(&INVALID_NAME, format!("\"{}\" is not a name of an object", shorten(name))).under(field.into()),
            );
        }
    }
}

/// The ids a pod or container runs with.
pub(super) fn check_ids(context: &Node<'_>, form: &mut Form<'_, '_>) {
    for field in ["runAsUser", "runAsGroup", "fsGroup"] {
        in_range(context, field, 0..=i128::from(i32::MAX), form);
    }
}

/// What is mounted is a volume of the pod, or one of `claims`.
pub(super) fn check_mounts(spec: &Node<'_>, claims: &[&str], form: &mut Form<'_, '_>) {
    let own = items(spec, "volumes").iter().filter_map(|volume| text(volume, "name"));
    let volumes: Vec<&str> = own.chain(claims.iter().copied()).collect();
    for list in CONTAINERS {
        for (index, container) in items(spec, list).iter().enumerate() {
            for (mounts, what) in [("volumeMounts", "mounted"), ("volumeDevices", "used")] {
                for (place, mount) in items(container, mounts).iter().enumerate() {
                    let Some(name) = text(mount, "name").filter(|name| !volumes.contains(name)) else { continue };
                    let fault = broken(
                        &MOUNT_WITHOUT_VOLUME,
                        format!("the volume {} is {what}, but the pod has none of this name", shorten(name)),
                    );
                    let fault = match nearest(name, volumes.iter().copied()) {
                        Some(near) => fault.help(format!("did you mean `{near}`?")),
                        None if volumes.is_empty() => fault.help("add it to `volumes`"),
                        None => fault.help(format!("add it to `volumes`, which has {}", volumes.join(", "))),
                    };
                    let steps = [list.into(), index.into(), mounts.into(), place.into(), "name".into()];
                    form.report(fault.under_all(&steps));
                }
            }
        }
    }
}
