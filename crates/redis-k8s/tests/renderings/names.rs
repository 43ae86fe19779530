//! Rules on names.

use std::collections::BTreeSet;

use redis_k8s::{Manifest, Object};

use crate::tree::{containers, list, text, title, value, workloads};

pub(crate) fn unique(manifest: &Manifest) -> Vec<String> {
    let mut seen = BTreeSet::new();
    manifest.iter().filter(|object| !seen.insert((object.kind(), object.name()))).map(title).collect()
}

pub(crate) fn own_files(manifest: &Manifest) -> Vec<String> {
    let mut seen = BTreeSet::new();
    manifest.iter().map(Object::file_name).filter(|name| !seen.insert(name.clone())).collect()
}

pub(crate) fn one_namespace(manifest: &Manifest) -> Vec<String> {
    let namespaces: BTreeSet<_> = manifest.iter().map(Object::namespace).collect();
    if namespaces.len() > 1 { vec![format!("{namespaces:?}")] } else { Vec::new() }
}

/// kustomize's legacy order of the kinds we render, by name within a kind, from
/// <https://github.com/kubernetes-sigs/kustomize/blob/master/api/internal/builtins/SortOrderTransformer.go>.
pub(crate) fn order(manifest: &Manifest) -> Vec<String> {
    const FIRST: [&str; 6] =
        ["ServiceAccount", "ConfigMap", "Service", "Deployment", "StatefulSet", "PodDisruptionBudget"];
    let in_order = manifest.iter().is_sorted_by_key(|object| {
        let rank = FIRST.iter().position(|kind| *kind == object.kind()).unwrap_or(FIRST.len());
        (rank, object.kind(), object.name())
    });
    if in_order { Vec::new() } else { vec![format!("{:?}", manifest.iter().map(title).collect::<Vec<_>>())] }
}

fn dns_label(name: &str) -> bool {
    (1..=63).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
}

fn dns_subdomain(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(dns_label)
}

/// The rules of Kubernetes for the names of objects, containers, ports and volumes.
pub(crate) fn valid(manifest: &Manifest) -> Vec<String> {
    let mut lines = Vec::new();
    for object in manifest {
        let name = object.name();
        let replicas = value(object)["spec"]["replicas"].as_u64().unwrap_or(1);
        let ok = match object.kind() {
            // RFC 1035: the first character is a letter.
            "Service" => dns_label(name) && name.starts_with(|c: char| c.is_ascii_lowercase()),
            // Pods are named NAME-ORDINAL and must have a host name; the revision label adds a dash and ten characters.
            "StatefulSet" => dns_label(&format!("{name}-{replicas}")) && name.len() <= 52,
            _ => dns_subdomain(name),
        };
        if !ok {
            lines.push(title(object));
        }
        for port in list(&value(object)["spec"], "ports") {
            port_name(text(port, "name"), &title(object), &mut lines);
        }
    }
    for workload in workloads(manifest) {
        let volumes = list(&workload.spec, "volumes").iter();
        let names = containers(&workload.spec).chain(volumes).map(|named| text(named, "name").to_owned());
        lines.extend(
            names
                .chain(workload.claims.iter().cloned())
                .filter(|name| !dns_label(name))
                .map(|name| format!("{}: {name:?}", workload.owner)),
        );
        for port in containers(&workload.spec).flat_map(|container| list(container, "ports")) {
            port_name(text(port, "name"), &workload.owner, &mut lines);
        }
        for (key, value) in &workload.labels {
            let name = key.rsplit('/').next().unwrap_or(key);
            if value.len() > 63 || name.len() > 63 || key.len() > 253 + 1 + 63 {
                lines.push(format!("{}: label {key}: {value}", workload.owner));
            }
        }
    }
    lines
}

/// RFC 6335, as Kubernetes has it: at most 15 characters, one of them a letter.
fn port_name(name: &str, owner: &str, lines: &mut Vec<String>) {
    let ok = name.is_empty() || dns_label(name) && name.len() <= 15 && name.bytes().any(|b| b.is_ascii_lowercase());
    if !ok {
        lines.push(format!("{owner}: port {name:?}"));
    }
}

#[test]
fn rules_on_names_find_what_they_look_for() {
    use k8s_openapi::api::core::v1::{ConfigMap, Service};
    let object = |json| serde_json::from_value::<Service>(json).unwrap();
    let service =
        |name: &str, namespace: &str| object(serde_json::json!({"metadata": {"name": name, "namespace": namespace}}));
    let manifest: Manifest = [
        Object::from(service("a", "x")),
        service("a", "y").into(),
        service("1a", "x").into(),
        object(serde_json::json!({"metadata": {"name": "b"}, "spec": {"ports": [{"name": "sixteen-letters-", "port": 1}]}})).into(),
        ConfigMap::default().into(),
    ]
    .into_iter()
    .collect();
    assert_eq!(unique(&manifest), ["Service a"]);
    assert_eq!(own_files(&manifest), ["v1_service_a.yaml"]);
    assert_eq!(one_namespace(&manifest).len(), 1);
    assert_eq!(valid(&manifest), ["ConfigMap ", "Service 1a", "Service b: port \"sixteen-letters-\""]);
}
