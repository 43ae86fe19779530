//! Rules on containers.

use std::collections::BTreeSet;

use redis_k8s::Manifest;
use serde_json::Value;

use crate::tree::{containers, list, text, title, value, workloads};

pub(crate) fn unique_names(manifest: &Manifest) -> Vec<String> {
    let mut lines = Vec::new();
    for workload in workloads(manifest) {
        let mut names = BTreeSet::new();
        let mut ports = BTreeSet::new();
        for container in containers(&workload.spec) {
            if !names.insert(text(container, "name")) {
                lines.push(format!("{}: container {}", workload.owner, container["name"]));
            }
            for port in list(container, "ports") {
                let protocol = port["protocol"].as_str().unwrap_or("TCP");
                // Containers of a pod share its network: one port, one listener.
                if !ports.insert((protocol.to_owned(), port["containerPort"].as_u64())) {
                    lines.push(format!("{}: port {port}", workload.owner));
                }
            }
        }
    }
    lines
}

/// Kubernetes expands `$(NAME)` in values and arguments, and leaves alone what names nothing, silently.
pub(crate) fn variables(manifest: &Manifest) -> Vec<String> {
    let mut lines = Vec::new();
    for workload in workloads(manifest) {
        for container in containers(&workload.spec) {
            let mut known = BTreeSet::new();
            for variable in list(container, "env") {
                let name = text(variable, "name");
                let both = !variable["value"].is_null() && !variable["valueFrom"].is_null();
                let ahead =
                    references(text(variable, "value")).into_iter().filter(|used| !known.contains(used)).count();
                if both || ahead > 0 || !known.insert(name.to_owned()) {
                    lines.push(format!("{}: {variable}", workload.owner));
                }
            }
            for word in list(container, "command").iter().chain(list(container, "args")).filter_map(Value::as_str) {
                lines.extend(
                    references(word)
                        .into_iter()
                        .filter(|used| !known.contains(used))
                        .map(|used| format!("{}: {used} in {word:?}", workload.owner)),
                );
            }
        }
    }
    lines
}

/// The names in `$(NAME)`, without those escaped as `$$(NAME)`.
fn references(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        rest = &rest[at + 1..];
        if let Some(escaped) = rest.strip_prefix('$') {
            rest = escaped;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            found.push(name.to_owned());
            rest = after;
        }
    }
    found
}

/// Beyond what Pod Security asks for: a read-only root, no token, sizes, a name for every port.
pub(crate) fn hardened(manifest: &Manifest) -> Vec<String> {
    let mut lines = Vec::new();
    for workload in workloads(manifest) {
        let owner = &workload.owner;
        if workload.spec["automountServiceAccountToken"] != false {
            lines.push(format!("{owner}: mounts a token"));
        }
        if workload.spec["enableServiceLinks"] != false {
            lines.push(format!("{owner}: variables for every Service of the namespace"));
        }
        for container in containers(&workload.spec) {
            let name = text(container, "name");
            if container["securityContext"]["readOnlyRootFilesystem"] != true {
                lines.push(format!("{owner}: {name}: writable root"));
            }
            for amount in ["/requests/cpu", "/requests/memory", "/limits/memory"] {
                if container["resources"].pointer(amount).is_none() {
                    lines.push(format!("{owner}: {name}: no {amount}"));
                }
            }
        }
    }
    let services = manifest.iter().filter(|object| object.kind() == "Service");
    for (owner, port) in services
        .flat_map(|object| {
            list(&value(object)["spec"], "ports").iter().map(|port| (title(object), port.clone())).collect::<Vec<_>>()
        })
        .chain(workloads(manifest).iter().flat_map(|workload| {
            let ports = containers(&workload.spec).flat_map(|container| list(container, "ports"));
            ports.map(|port| (workload.owner.clone(), port.clone())).collect::<Vec<_>>()
        }))
    {
        // The protocol is TCP by default, in the API's schema too, by which server-side apply tells ports apart.
        if port["name"].is_null() {
            lines.push(format!("{owner}: port {port}"));
        }
    }
    lines
}

pub(crate) fn probed(manifest: &Manifest) -> Vec<String> {
    let mut lines = Vec::new();
    for workload in workloads(manifest) {
        // Those behind the first are the user's own.
        for container in list(&workload.spec, "containers").iter().take(1) {
            for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
                let (period, timeout) = (&container[probe]["periodSeconds"], &container[probe]["timeoutSeconds"]);
                if container[probe].is_null()
                    || period.as_u64().unwrap_or(10) == 0
                    || timeout.as_u64().unwrap_or(1) == 0
                {
                    lines.push(format!("{}: {}: {probe} is {}", workload.owner, container["name"], container[probe]));
                }
            }
            let hook = &container["lifecycle"]["preStop"];
            let grace = workload.spec["terminationGracePeriodSeconds"].as_u64().unwrap_or(30);
            if !hook.is_null() && grace < 10 {
                lines.push(format!("{}: {grace} s for {hook}", workload.owner));
            }
        }
    }
    lines
}

#[test]
fn finds_references() {
    assert_eq!(references("$(A) $$(B) $(C)$"), ["A", "C"]);
    assert_eq!(references("$$$(A)"), ["A"]);
    assert_eq!(references("$HOME $("), [""; 0]);
}
