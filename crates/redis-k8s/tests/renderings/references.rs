//! Rules on what points from one object to another.

use std::collections::BTreeSet;

use redis_k8s::{Manifest, Object};
use serde_json::Value;

use crate::tree::{Labels, Workload, containers, labels, list, selects, text, title, value, workloads};

pub(crate) fn selectors_match_templates(manifest: &Manifest) -> Vec<String> {
    let misses = |workload: &Workload| {
        let selector = workload.selector.as_ref()?;
        let ok = !selector.is_empty() && selects(selector, &workload.labels);
        (!ok).then(|| format!("{}: {selector:?} on {:?}", workload.owner, workload.labels))
    };
    workloads(manifest).iter().filter_map(misses).collect()
}

/// No selector means the pods of another workload: two controllers would fight over them.
pub(crate) fn sets_are_disjoint(manifest: &Manifest) -> Vec<String> {
    let workloads = workloads(manifest);
    let mut lines = Vec::new();
    for one in &workloads {
        for other in &workloads {
            if one.owner != other.owner
                && one.selector.as_ref().is_some_and(|selector| selects(selector, &other.labels))
            {
                lines.push(format!("{} selects the pods of {}", one.owner, other.owner));
            }
        }
    }
    lines
}

/// The labels the API server puts on the pods of a StatefulSet.
const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";

/// The pods a plain selector means, by the workloads that make them.
fn selected<'a>(workloads: &'a [Workload], selector: &Labels) -> Vec<&'a Workload> {
    let mut selector = selector.clone();
    let pod = selector.remove(POD_NAME);
    selector.remove(POD_INDEX);
    workloads
        .iter()
        .filter(|workload| selects(&selector, &workload.labels))
        .filter(|workload| {
            let own = workload.owner.strip_prefix("StatefulSet ");
            pod.as_ref().is_none_or(|pod| pod.rsplit_once('-').map(|(set, _)| set) == own && own.is_some())
        })
        .collect()
}

pub(crate) fn services_find_pods(manifest: &Manifest) -> Vec<String> {
    let workloads = workloads(manifest);
    let services = manifest.iter().filter(|object| object.kind() == "Service");
    services
        .filter(|object| {
            let selector = labels(&value(object)["spec"]["selector"]);
            selector.is_empty() || selected(&workloads, &selector).is_empty()
        })
        .map(title)
        .collect()
}

/// Every target port is a port of every container the Service means, by number or by name.
pub(crate) fn named_ports_exist(manifest: &Manifest) -> Vec<String> {
    let workloads = workloads(manifest);
    let mut lines = Vec::new();
    for object in manifest.iter().filter(|object| object.kind() == "Service") {
        let value = value(object);
        for target in selected(&workloads, &labels(&value["spec"]["selector"])) {
            let open: Vec<_> = containers(&target.spec).flat_map(|container| list(container, "ports")).collect();
            for port in list(&value["spec"], "ports") {
                let wanted = if port["targetPort"].is_null() { &port["port"] } else { &port["targetPort"] };
                if !open.iter().any(|port| port["containerPort"] == *wanted || port["name"] == *wanted) {
                    lines.push(format!("{}: no port {wanted} in {}", title(object), target.owner));
                }
            }
        }
    }
    for workload in &workloads {
        for container in containers(&workload.spec) {
            let ports = list(container, "ports");
            for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
                for action in ["tcpSocket", "httpGet"] {
                    let port = &container[probe][action]["port"];
                    if !port.is_null()
                        && !ports.iter().any(|open| open["containerPort"] == *port || open["name"] == *port)
                    {
                        lines.push(format!("{}: {probe} asks {port}", workload.owner));
                    }
                }
            }
        }
    }
    lines
}

pub(crate) fn budgets_and_policies_find_pods(manifest: &Manifest) -> Vec<String> {
    let workloads = workloads(manifest);
    manifest
        .iter()
        .filter(|object| {
            let spec = &value(object)["spec"];
            let selector = match object.kind() {
                "PodDisruptionBudget" => labels(&spec["selector"]["matchLabels"]),
                "NetworkPolicy" => labels(&spec["podSelector"]["matchLabels"]),
                _ => return false,
            };
            // The API server refuses evictions of pods with two budgets; one policy is for all pods.
            let sets = if object.kind() == "NetworkPolicy" { workloads.len() } else { 1 };
            selector.is_empty() || selected(&workloads, &selector).len() != sets
        })
        .map(title)
        .collect()
}

pub(crate) fn mounts_have_volumes(manifest: &Manifest) -> Vec<String> {
    let mut lines = Vec::new();
    for workload in workloads(manifest) {
        let mut volumes: Vec<&str> =
            list(&workload.spec, "volumes").iter().map(|volume| text(volume, "name")).collect();
        volumes.extend(workload.claims.iter().map(String::as_str));
        // Those of a document may wait for a container that comes later.
        let mut unused = volumes.clone();
        unused.retain(|volume| ["config", "run", "data", "auth", "tls"].contains(volume));
        for container in containers(&workload.spec) {
            let mut places = Vec::new();
            for mount in list(container, "volumeMounts") {
                let (name, place) = (text(mount, "name"), text(mount, "mountPath"));
                unused.retain(|volume| *volume != name);
                if !volumes.contains(&name) || !place.starts_with('/') || places.contains(&place) {
                    lines.push(format!("{}: {mount}", workload.owner));
                }
                places.push(place);
            }
        }
        lines.extend(unused.into_iter().map(|volume| format!("{}: nothing mounts {volume}", workload.owner)));
        volumes.sort_unstable();
        if volumes.windows(2).any(|pair| pair[0] == pair[1]) {
            lines.push(format!("{}: two volumes of one name in {volumes:?}", workload.owner));
        }
    }
    lines
}

/// A ConfigMap or claim that is named is rendered, but the authority's, which is the user's; so is the ServiceAccount, unless the document says it exists.
pub(crate) fn rendered_together(manifest: &Manifest) -> Vec<String> {
    let mut lines = Vec::new();
    for workload in workloads(manifest) {
        let mut need = |kind: &str, name: &str, keys: Vec<&str>| match manifest.find(kind, name) {
            None => lines.push(format!("{}: no {kind} {name}", workload.owner)),
            Some(object) => {
                let data = value(object)["data"].clone();
                lines.extend(
                    keys.iter().filter(|key| data[**key].is_null()).map(|key| format!("{kind} {name} has no {key}")),
                );
            }
        };
        for volume in list(&workload.spec, "volumes").iter().filter(|volume| text(volume, "name") != "tls") {
            let projected = list(&volume["projected"], "sources").iter().map(|source| &source["configMap"]);
            for config in std::iter::once(&volume["configMap"]).chain(projected).filter(|config| !config.is_null()) {
                need(
                    "ConfigMap",
                    text(config, "name"),
                    list(config, "items").iter().map(|item| text(item, "key")).collect(),
                );
            }
        }
        for container in containers(&workload.spec) {
            for variable in list(container, "env") {
                let from = &variable["valueFrom"]["configMapKeyRef"];
                if !from.is_null() && from["optional"] != true {
                    need("ConfigMap", text(from, "name"), vec![text(from, "key")]);
                }
            }
            for from in list(container, "envFrom").iter().map(|from| &from["configMapRef"]) {
                if !from.is_null() && from["optional"] != true {
                    need("ConfigMap", text(from, "name"), Vec::new());
                }
            }
        }
        // One that is rendered and not used is as wrong as one that is used and not rendered.
        let accounts: Vec<_> = manifest.iter().filter(|object| object.kind() == "ServiceAccount").collect();
        let used = text(&workload.spec, "serviceAccountName");
        if !accounts.is_empty() && !accounts.iter().any(|account| account.name() == used) {
            lines.push(format!("{}: uses ServiceAccount {used:?}, which is not rendered", workload.owner));
        }
    }
    lines
}

pub(crate) fn governing_services(manifest: &Manifest) -> Vec<String> {
    let mut lines = Vec::new();
    for object in manifest.iter().filter(|object| object.kind() == "StatefulSet") {
        let spec = value(object)["spec"].clone();
        let name = text(&spec, "serviceName");
        let found = manifest.find("Service", name).map(|service| value(service)["spec"].clone());
        let pods = labels(&spec["template"]["metadata"]["labels"]);
        let ok = found
            .is_some_and(|service| service["clusterIP"] == "None" && selects(&labels(&service["selector"]), &pods));
        if !ok {
            lines.push(format!("{}: Service {name:?}", title(object)));
        }
    }
    lines
}

/// What a container, a probe or a hook runs is among the files of its volumes, and none of the files is carried for nobody.
pub(crate) fn files_are_there(manifest: &Manifest) -> Vec<String> {
    let mut lines = Vec::new();
    let mut carried = BTreeSet::new();
    for workload in workloads(manifest) {
        let volumes = list(&workload.spec, "volumes");
        for container in containers(&workload.spec) {
            let hook = &container["lifecycle"]["preStop"]["exec"]["command"];
            let probes =
                ["livenessProbe", "readinessProbe", "startupProbe"].map(|probe| &container[probe]["exec"]["command"]);
            let commands = probes.into_iter().chain([&container["command"], hook]);
            let words: Vec<&str> = commands.filter_map(Value::as_array).flatten().filter_map(Value::as_str).collect();
            for mount in list(container, "volumeMounts") {
                let Some(volume) = volumes.iter().find(|volume| volume["name"] == mount["name"]) else { continue };
                let files = files(manifest, volume, &mut carried);
                let here = format!("{}/", text(mount, "mountPath"));
                let asked = words.iter().filter_map(|word| word.strip_prefix(&here));
                lines.extend(
                    asked
                        .filter(|file| !files.contains(*file))
                        .map(|file| format!("{}: no {here}{file}", workload.owner)),
                );
            }
        }
    }
    // A dashboard is for Grafana.
    let is_ours = |object: &&Object| object.kind() == "ConfigMap" && !object.name().ends_with("-dashboard");
    for object in manifest.iter().filter(is_ours) {
        for key in labels(&value(object)["data"]).into_keys() {
            if !carried.contains(&(object.name().to_owned(), key.clone())) {
                lines.push(format!("{}: nobody carries {key}", title(object)));
            }
        }
    }
    lines
}

/// The files of a volume's `ConfigMaps`; notes which keys of which ConfigMap they are.
fn files(manifest: &Manifest, volume: &Value, carried: &mut BTreeSet<(String, String)>) -> BTreeSet<String> {
    let mut files = BTreeSet::new();
    let projected = list(&volume["projected"], "sources").iter().map(|source| &source["configMap"]);
    for source in std::iter::once(&volume["configMap"]).chain(projected).filter(|source| !source.is_null()) {
        let name = text(source, "name");
        let data = manifest.find("ConfigMap", name).map(|object| labels(&value(object)["data"])).unwrap_or_default();
        let items = list(source, "items");
        let all = data.keys().filter(|_| items.is_empty()).map(|key| (key.clone(), key.clone()));
        let chosen = items.iter().map(|item| (text(item, "key").to_owned(), text(item, "path").to_owned()));
        for (key, path) in all.chain(chosen) {
            carried.insert((name.to_owned(), key));
            files.insert(path);
        }
    }
    files
}
