//! The volumes of a pod.

use std::collections::BTreeSet;
use std::ops::Bound;

use super::container::check_source;
use super::form::Form;
use super::name::{is_dns_label, is_dns_subdomain};
use super::part::{exactly_one, has, is_empty, is_true, items, number, text};
use super::rules::{
    DEPRECATED, FIELD_IGNORED, FIELDS_CONTRADICT, INVALID_NAME, INVALID_VALUE, NOT_EXACTLY_ONE, OBJECT_OUT_OF_RANGE,
    PATHS_OVERLAP, TWICE_IN_LIST, broken,
};
use super::values::LABEL;
use crate::document::fault::Fault;
use crate::document::node::{Kind, Node, shorten};

/// Sources that the API server warns of.
const GIVEN_UP: [&str; 9] =
    ["cephfs", "flocker", "gitRepo", "glusterfs", "photonPersistentDisk", "quobyte", "rbd", "scaleIO", "storageos"];

/// A name and a source; none at all is an emptyDir, as Kubernetes has it by default.
pub(super) fn check(volume: &Node<'_>, form: &mut Form<'_, '_>) {
    if let Some(name) = text(volume, "name").filter(|name| !name.is_empty() && !is_dns_label(name)) {
        form.report(broken(&INVALID_NAME, format!("\"{}\" is not {LABEL}", shorten(name))).under("name".into()));
    }
    one_of(volume, "volume", &["name"], form);
    for field in GIVEN_UP.into_iter().filter(|field| has(volume, field)) {
        let message = format!("Kubernetes has given up volumes of {field}, and mounts none");
        form.broken(&DEPRECATED, &[field], message, "use a driver of CSI");
    }
    for field in ["configMap", "downwardAPI", "secret"] {
        check_paths(volume, field, form);
    }
    if let Some(image) = volume.get("image").filter(|_| form.is_pod())
        && text(image, "reference").unwrap_or_default().is_empty()
    {
        form.report(Fault::missing("reference").under_all(&["image".into(), "reference".into()]));
    }
    for (source, reference) in [("cinder", "secretRef"), ("csi", "nodePublishSecretRef"), ("storageos", "secretRef")] {
        let Some(secret) = volume.get(source).and_then(|source| source.get(reference)) else { continue };
        let name = text(secret, "name").unwrap_or_default();
        if name.is_empty() || (source == "csi" && !is_dns_subdomain(name)) {
            let message = format!("\"{}\" is not a name of a Secret", shorten(name));
            form.broken(
                &INVALID_NAME,
                &[source, reference, "name"],
                message,
                "write the name of a Secret of the namespace",
            );
        }
    }
    let metadata = volume.get("ephemeral").and_then(|source| source.get("volumeClaimTemplate")?.get("metadata"));
    if let Some(Kind::Mapping(entries)) = metadata.map(|metadata| &metadata.kind) {
        for entry in
            entries.iter().filter(|entry| !matches!(&*entry.key, "annotations" | "labels") && !entry.value.is_null())
        {
            let steps = ["ephemeral", "volumeClaimTemplate", "metadata", &entry.key];
            form.broken(
                &FIELDS_CONTRADICT,
                &steps,
                "the claims have labels and annotations of their own alone",
                "remove it",
            );
        }
    }
}

/// Reports a second source.
fn one_of(node: &Node<'_>, what: &str, others: &[&str], form: &mut Form<'_, '_>) {
    let Kind::Mapping(entries) = &node.kind else { return };
    let mut sources = entries.iter().filter(|entry| !others.contains(&&*entry.key) && !entry.value.is_null());
    if let (Some(first), Some(second)) = (sources.next(), sources.next()) {
        let message =
            format!("{} and {} exclude each other: a {what} has one source", shorten(&first.key), shorten(&second.key));
        form.report(
            broken(&NOT_EXACTLY_ONE, message)
                .help("keep one of the two")
                .at(second.key_origin)
                .under((&*second.key).into()),
        );
    }
}

/// One source of several that a volume is put together from.
pub(super) fn check_projection(projection: &Node<'_>, form: &mut Form<'_, '_>) {
    let dropped = dropped_parts(form);
    one_of(projection, "part", &dropped, form);
    if matches!(&projection.kind, Kind::Mapping(entries) if entries.iter().all(|entry| entry.value.is_null())) {
        form.broken(&FIELD_IGNORED, &[], "a part of the volume has no source", "add one, or remove the part");
    }
}

/// Parts of a projected volume that the API server drops.
fn dropped_parts(form: &Form<'_, '_>) -> Vec<&'static str> {
    ["clusterTrustBundle", "podCertificate"].into_iter().filter(|part| form.drops("VolumeProjection", part)).collect()
}

/// Certificates that a cluster trusts.
pub(super) fn check_bundle(bundle: &Node<'_>, form: &mut Form<'_, '_>) {
    exactly_one(bundle, &["name", "signerName"], "which certificates are meant", form);
    if has(bundle, "name") && has(bundle, "labelSelector") {
        let message = "labels select among the bundles of a signer, not by name";
        form.broken(&FIELDS_CONTRADICT, &["labelSelector"], message, "remove it, or name the signer");
    }
}

/// No file of a volume stands where another does, or has its folder.
fn check_paths(volume: &Node<'_>, field: &'static str, form: &mut Form<'_, '_>) {
    let files = volume.get(field).map(|source| items(source, "items")).unwrap_or_default();
    let mut seen = Paths::default();
    for (index, file) in files.iter().enumerate() {
        let Some(path) = text(file, "path").filter(|path| !path.is_empty()) else { continue };
        let message = if seen.0.contains(path) { Some(same_file(path)) } else { seen.in_the_way(path) };
        if let Some(message) = message {
            let steps = [field.into(), "items".into(), index.into(), "path".into()];
            form.report(broken(&PATHS_OVERLAP, message).under_all(&steps).help("give each a path of its own"));
        }
        seen.0.insert(path);
    }
}

/// The files of a volume.
#[derive(Default)]
struct Paths<'n>(BTreeSet<&'n str>);

impl Paths<'_> {
    /// Says which file has its folder where this path is, or is where this path has a folder.
    fn in_the_way(&self, path: &str) -> Option<String> {
        /// What Linux takes (`PATH_MAX`).
        const LONGEST: usize = 4096;
        let folder = format!("{path}/");
        let next = self.0.range::<str, _>((Bound::Included(&*folder), Bound::Unbounded)).next();
        let inside = next.filter(|other| other.starts_with(&folder));
        let mut folders = path.match_indices('/').take_while(|(end, _)| *end < LONGEST).map(|(end, _)| &path[..end]);
        let other = inside.or_else(|| folders.find_map(|folder| self.0.get(folder)))?;
        Some(format!("{} of the volume is a file, and {} another", shorten(other), shorten(path)))
    }
}

fn same_file(path: &str) -> String {
    format!("another file of the volume is {}", shorten(path))
}

/// No two of its files have one path.
pub(super) fn check_projected(projected: &Node<'_>, form: &mut Form<'_, '_>) {
    let dropped = dropped_parts(form);
    let mut seen = Paths::default();
    for (index, source) in items(projected, "sources").iter().enumerate() {
        let own = ["clusterTrustBundle", "serviceAccountToken"]
            .into_iter()
            .filter(|kind| !dropped.contains(kind))
            .filter_map(|kind| Some((kind, None, source.get(kind)?)));
        let files = ["configMap", "downwardAPI", "secret"].into_iter().flat_map(|kind| {
            let files = source.get(kind).map(|source| items(source, "items")).unwrap_or_default();
            files.iter().enumerate().map(move |(place, file)| (kind, Some(place), file))
        });
        for (kind, place, file) in own.chain(files) {
            let Some(path) = text(file, "path").filter(|path| !path.is_empty()) else { continue };
            let fault = if seen.0.contains(path) && kind != "serviceAccountToken" {
                broken(&TWICE_IN_LIST, same_file(path))
            } else if let Some(message) = seen.in_the_way(path) {
                broken(&PATHS_OVERLAP, message)
            } else {
                seen.0.insert(path);
                continue;
            };
            let mut steps = vec!["sources".into(), index.into(), kind.into()];
            steps.extend(place.into_iter().flat_map(|place| ["items".into(), place.into()]));
            steps.push("path".into());
            form.report(fault.under_all(&steps).help("give each a path of its own"));
        }
    }
}

/// A file with a field of the pod, or a resource of a container.
pub(super) fn check_file(file: &Node<'_>, form: &mut Form<'_, '_>) {
    exactly_one(file, &["fieldRef", "resourceFieldRef"], "what stands in the file", form);
    check_source(file, true, form);
}

/// A disk that is reached by iSCSI.
pub(super) fn check_iscsi(disk: &Node<'_>, form: &mut Form<'_, '_>) {
    let has_login = is_true(disk, "chapAuthDiscovery") || is_true(disk, "chapAuthSession");
    if has_login && !has(disk, "secretRef") {
        form.report(Fault::missing("secretRef").ending(" for a login").under("secretRef".into()));
    }
}

/// A disk that is reached by Fibre Channel.
pub(super) fn check_fibre_channel(disk: &Node<'_>, form: &mut Form<'_, '_>) {
    let has_items = |field: &str| disk.get(field).is_some_and(|list| !is_empty(list));
    match (has_items("targetWWNs"), has_items("wwids")) {
        (true, false) => match number(disk, "lun") {
            None => form.report(Fault::missing("lun").ending(" with targetWWNs").under("lun".into())),
            Some(lun) if !(0..=255).contains(&lun) => {
                form.broken(
                    &OBJECT_OUT_OF_RANGE,
                    &["lun"],
                    format!("lun is {lun}, but takes 0 to 255"),
                    "write its number",
                );
            }
            Some(_) => {}
        },
        (false, true) => {}
        _ => form.broken(
            &NOT_EXACTLY_ONE,
            &["targetWWNs"],
            "a disk is found by targetWWNs or by wwids",
            "set one of the two",
        ),
    }
}

/// A volume of Flocker.
pub(super) fn check_flocker(volume: &Node<'_>, form: &mut Form<'_, '_>) {
    exactly_one(volume, &["datasetName", "datasetUUID"], "which volume is meant", form);
    if let Some(name) = text(volume, "datasetName").filter(|name| name.contains('/')) {
        let message = format!("\"{}\" is not the name of a volume, which holds no '/'", shorten(name));
        form.broken(&INVALID_VALUE, &["datasetName"], message, "write the name alone");
    }
}

/// Options of a driver outside Kubernetes.
pub(super) fn check_flex(volume: &Node<'_>, form: &mut Form<'_, '_>) {
    for entry in super::metadata::entries(volume, "options") {
        let prefix =
            format!(".{}", entry.key.split_once('/').map_or(&*entry.key, |(prefix, _)| prefix).to_ascii_lowercase());
        if prefix.ends_with(".kubernetes.io") || prefix.ends_with(".k8s.io") {
            let message = format!("\"{}\" is a name that Kubernetes keeps for itself", shorten(&entry.key));
            form.broken(&INVALID_VALUE, &["options", &entry.key], message, "use a prefix of your own");
        }
    }
}

/// A disk of Azure.
pub(super) fn check_azure(disk: &Node<'_>, form: &mut Form<'_, '_>) {
    let Some(kind) = text(disk, "kind") else { return };
    let start = if kind == "Managed" { "/subscriptions/" } else { "https://" };
    if let Some(place) = text(disk, "diskURI").filter(|place| !place.is_empty() && !place.starts_with(start)) {
        let message = format!("\"{}\" is not where a disk of the kind {} is", shorten(place), shorten(kind));
        form.broken(&INVALID_VALUE, &["diskURI"], message, format!("write what begins with {start}"));
    }
}

/// A volume of Quobyte.
pub(super) fn check_quobyte(volume: &Node<'_>, form: &mut Form<'_, '_>) {
    let is_place =
        |place: &str| place.rsplit_once(':').is_some_and(|(host, _)| !host.contains(':') || host.ends_with(']'));
    if let Some(registry) = text(volume, "registry").filter(|registry| !registry.split(',').all(is_place)) {
        let message = format!("\"{}\" is not a list of HOST:PORT with commas between", shorten(registry));
        form.broken(&INVALID_VALUE, &["registry"], message, "write for instance registry.example.com:7861");
    }
}
