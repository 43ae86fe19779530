//! What the containers of a pod have in common.

use std::collections::HashMap;

use redis_k8s::PathStep;

use super::amount::Amount;
use super::container::check_resource;
use super::form::Form;
use super::metadata::{check_label, entries};
use super::name::is_dns_label;
use super::part::{Way, has, is_true, items, number, protocol_of, text};
use super::rules::{
    DNS_CONFIG, FIELD_DROPPED, FIELD_IGNORED, FIELDS_CONTRADICT, GRACE_NEGATIVE, HOST_PORT, INVALID_NAME,
    MOUNT_WITHOUT_VOLUME, NOT_IN_POD, OBJECT_OUT_OF_RANGE, PORT_IN_POD_TWICE, REQUEST_EXCEEDS_LIMIT, TWICE_IN_LIST,
    broken,
};
use super::scheduling::check_node_label;
use super::security;
use super::values::LABEL;
use super::workload::name_of;
use crate::document::fault::Fault;
use crate::document::node::{Entry, Node, shorten};
use crate::document::suggest::nearest;

/// The lists of containers; those of a list are told apart by the list itself.
const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];
/// Fields of containers that must not stand in one that ends before the others start.
const OF_RUNNING: [&str; 4] = ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"];
/// What a resolver of libc takes, after `MaxDNSNameservers` and its like.
const MAX_NAMESERVERS: usize = 3;
const MAX_SEARCHES: usize = 32;
const MAX_SEARCH_LENGTH: usize = 2048;
/// Seconds to stop in, if nothing is said.
const GRACE: i128 = 30;

/// All containers of a pod, each with its list and place.
pub(super) fn containers<'n, 't>(spec: &'n Node<'t>) -> impl Iterator<Item = (&'static str, usize, &'n Node<'t>)> {
    CONTAINERS.into_iter().flat_map(move |list| {
        items(spec, list).iter().enumerate().map(move |(index, container)| (list, index, container))
    })
}

pub(super) fn check(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    let mut seen = HashMap::new();
    for (list, index, container) in containers(spec) {
        let Some(name) = text(container, "name") else { continue };
        let (first, origin) = *seen.entry(name).or_insert((list, container.origin));
        if first != list {
            let fault = broken(&TWICE_IN_LIST, format!("a container of {first} is named {}, too", shorten(name)))
                .and_at(origin, "first given here");
            form.report(fault.under_all(&[list.into(), index.into(), "name".into()]));
        }
    }
    if !items(spec, "ephemeralContainers").is_empty() {
        let message = "ephemeral containers are put into pods that run, not into new ones";
        form.broken(&FIELDS_CONTRADICT, &["ephemeralContainers"], message, "leave them out, and use `kubectl debug`");
    }
    for (index, container) in items(spec, "initContainers").iter().enumerate() {
        let is_sidecar = text(container, "restartPolicy") == Some("Always");
        let is_set = |field: &str| container.get(field).is_some_and(|value| !form.is_dropped_whole("Lifecycle", value));
        let fields: Vec<_> = OF_RUNNING.into_iter().filter(|field| !is_sidecar && is_set(field)).collect();
        for field in fields {
            let message = format!("an init container that ends before the others start has no {field}");
            let fault = broken(&FIELDS_CONTRADICT, message).help("remove it, or write `restartPolicy: Always`");
            form.report(fault.under_all(&["initContainers".into(), index.into(), field.into()]));
        }
    }
    if let Some(seconds) = number(spec, "terminationGracePeriodSeconds").filter(|seconds| *seconds < 0) {
        let message = format!("the pods have {seconds} seconds to stop: the API server takes it, and means one second");
        form.broken(&GRACE_NEGATIVE, &["terminationGracePeriodSeconds"], message, "write how long a stop may take");
    }
    if is_true(spec, "hostNetwork") && has(spec, "hostnameOverride") {
        let message = "with `hostNetwork` a pod has the host name of its node";
        form.broken(&FIELDS_CONTRADICT, &["hostnameOverride"], message, "remove one of the two");
    }
    if form.is_pod() && has(spec, "nodeName") && !items(spec, "schedulingGates").is_empty() {
        let message = "a pod that is on a node waits for nothing";
        form.broken(&FIELDS_CONTRADICT, &["nodeName"], message, "remove it, or the schedulingGates");
    }
    for (index, secret) in items(spec, "imagePullSecrets").iter().enumerate() {
        if text(secret, "name").is_none_or(str::is_empty) {
            let fault = broken(&FIELD_IGNORED, "a Secret without a name gives no credentials").help("add its name");
            form.report(fault.under_all(&["imagePullSecrets".into(), index.into(), "name".into()]));
        }
    }
    if form.is_pod() && !entries(spec, "overhead").is_empty() && !has(spec, "runtimeClassName") {
        let message = "the overhead of a pod is that of its RuntimeClass, and there is none";
        form.broken(&FIELDS_CONTRADICT, &["overhead"], message, "remove it");
    }
    for entry in entries(spec, "overhead") {
        check_resource(entry, "overhead", form);
    }
    for entry in entries(spec, "nodeSelector") {
        check_label(entry, &["nodeSelector"], form);
        check_node_label(&entry.key, &["nodeSelector".into(), (&*entry.key).into()], form);
    }
    for field in ["hostname", "subdomain"] {
        let Some(name) = text(spec, field).filter(|name| !name.is_empty()) else { continue };
        if form.kind() == "StatefulSet" {
            let message = format!(
                "the pods of a StatefulSet have a {field} of their own: the API server takes it, and it does nothing"
            );
            form.broken(&FIELD_DROPPED, &[field], message, "remove it");
        } else if !is_dns_label(name) {
            let message = format!("\"{}\" is not {LABEL}", shorten(name));
            form.broken(&INVALID_NAME, &[field], message, "write it without a domain");
        }
    }
    check_limits(spec, form);
    check_mounts(spec, form);
    check_references(spec, form);
    check_host_ports(spec, form);
    check_ports(spec, form);
    check_sleep(spec, form);
    check_dns(spec, form);
    security::check_pod(spec, form);
}

fn resources_of<'n, 't>(node: &'n Node<'t>, list: &str) -> &'n [Entry<'t>] {
    node.get("resources").map(|resources| entries(resources, list)).unwrap_or_default()
}

/// No container has a higher limit than all of them together, and they request no more than the pod.
fn check_limits(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    for request in resources_of(spec, "requests") {
        let together = containers(spec)
            .filter(|(list, _, container)| *list == "containers" || text(container, "restartPolicy") == Some("Always"))
            .flat_map(|(.., container)| resources_of(container, "requests"))
            .filter(|own| own.key == request.key)
            .filter_map(|own| Amount::of(&own.value));
        if Amount::of(&request.value).is_some_and(|whole| Amount::sum(together) > whole) {
            let message = format!("the containers together request more {} than the whole pod", shorten(&request.key));
            let help = "raise the request of the pod, or lower theirs";
            form.broken(&REQUEST_EXCEEDS_LIMIT, &["resources", "requests", &request.key], message, help);
        }
    }
    for (list, index, container) in containers(spec).filter(|(list, ..)| *list == "containers") {
        for limit in resources_of(container, "limits") {
            let whole = resources_of(spec, "limits").iter().find(|whole| whole.key == limit.key);
            let (Some(most), Some(own)) = (whole.and_then(|whole| Amount::of(&whole.value)), Amount::of(&limit.value))
            else {
                continue;
            };
            if own > most {
                let message = format!("the limit of {} is more than that of the whole pod", shorten(&limit.key));
                let steps = [list.into(), index.into(), "resources".into(), "limits".into(), (&*limit.key).into()];
                let fault = broken(&REQUEST_EXCEEDS_LIMIT, message).help("raise that of the pod, or lower this one");
                form.report(fault.under_all(&steps));
            }
        }
    }
}

/// What is mounted is a volume of the pod, or a claim of its set.
fn check_mounts(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    let own = items(spec, "volumes").iter().filter_map(|volume| text(volume, "name"));
    let claims = form.root().get("spec").map(|set| items(set, "volumeClaimTemplates")).unwrap_or_default();
    let volumes: Vec<&str> = own.chain(claims.iter().filter_map(name_of)).collect();
    for (list, index, container) in containers(spec) {
        for (mounts, what) in [("volumeMounts", "mounted"), ("volumeDevices", "used")] {
            for (place, mount) in items(container, mounts).iter().enumerate() {
                let Some(name) = text(mount, "name") else { continue };
                if volumes.contains(&name) {
                    let own = || items(spec, "volumes").iter().find(|volume| text(volume, "name") == Some(name));
                    let is_claim = |own: &Node<'_>| has(own, "persistentVolumeClaim") || has(own, "ephemeral");
                    if mounts == "volumeDevices" && !own().is_none_or(is_claim) {
                        let fault = broken(&FIELDS_CONTRADICT, "only a volume of a claim can be a device");
                        let steps = [list.into(), index.into(), mounts.into(), place.into(), "name".into()];
                        form.report(fault.under_all(&steps).help("mount it, or name a claim"));
                    }
                    continue;
                }
                let fault = broken(
                    &MOUNT_WITHOUT_VOLUME,
                    format!("the volume {} is {what}, but the pod has none of this name", shorten(name)),
                );
                let steps = [list.into(), index.into(), mounts.into(), place.into(), "name".into()];
                form.report(among(fault, name, &volumes, "volumes").under_all(&steps));
            }
        }
    }
}

/// Says which names there are.
fn among(fault: Fault, name: &str, names: &[&str], field: &str) -> Fault {
    match nearest(name, names.iter().copied()) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None if names.is_empty() => fault.help(format!("add it to `{field}`")),
        None => fault.help(format!("add it to `{field}`, which has {}", names.join(", "))),
    }
}

/// Claims of devices and files of variables, which a container names and its pod must have.
fn check_references(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    let claims: Vec<&str> = items(spec, "resourceClaims").iter().filter_map(|claim| text(claim, "name")).collect();
    let volumes = items(spec, "volumes");
    let names: Vec<&str> = volumes.iter().filter_map(|volume| text(volume, "name")).collect();
    for (list, index, container) in containers(spec) {
        let wanted = container.get("resources").map(|resources| items(resources, "claims")).unwrap_or_default();
        for (place, claim) in wanted.iter().enumerate() {
            let Some(name) = text(claim, "name").filter(|name| !claims.contains(name)) else { continue };
            let fault = broken(&NOT_IN_POD, format!("the pod has no claim of devices named {}", shorten(name)));
            let steps = [list.into(), index.into(), "resources".into(), "claims".into(), place.into()];
            form.report(among(fault, name, &claims, "resourceClaims").under_all(&steps));
        }
        for (place, variable) in items(container, "env").iter().enumerate() {
            let file = variable.get("valueFrom").and_then(|source| source.get("fileKeyRef"));
            let Some(name) = file.and_then(|file| text(file, "volumeName")) else { continue };
            let volume = volumes.iter().find(|volume| text(volume, "name") == Some(name));
            let steps: Way = [list.into(), index.into(), "env".into(), place.into()]
                .into_iter()
                .chain(["valueFrom", "fileKeyRef", "volumeName"].map(Into::into))
                .collect();
            if volume.is_none() {
                let fault = broken(&NOT_IN_POD, format!("the pod has no volume named {}", shorten(name)));
                form.report(among(fault, name, &names, "volumes").under_all(&steps));
            } else if volume.is_some_and(|volume| !has(volume, "emptyDir")) {
                let message = format!("variables come from a file of an emptyDir, and {} is none", shorten(name));
                let fault = broken(&NOT_IN_POD, message).help("name an emptyDir that an init container writes to");
                form.report(fault.under_all(&steps));
            }
        }
    }
}

/// A port of the node is given once, and in its network it is the port of the container.
fn check_host_ports(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    let in_host = is_true(spec, "hostNetwork");
    let mut taken: HashMap<(&str, &str, i128), _> = HashMap::new();
    for (list, index, container) in containers(spec).filter(|(list, ..)| *list != "ephemeralContainers") {
        if list == "initContainers" {
            // they run one after the other
            taken.clear();
        }
        for (place, port) in items(container, "ports").iter().enumerate() {
            let own = number(port, "containerPort");
            let host = Some(host_port(port)).filter(|host| *host != 0);
            let way = [list.into(), index.into(), "ports".into(), place.into(), "hostPort".into()];
            if in_host && list == "containers" && host.is_some() && host != own {
                let fault = broken(&HOST_PORT, "with `hostNetwork` the port of the node is the port of the container");
                form.report(fault.under_all(&way).help("remove hostPort"));
            }
            // in a pod it is set where it is missing, in a template it is not
            let Some(host) = host.or(own.filter(|_| in_host && form.is_pod() && list == "containers")) else {
                continue;
            };
            let key = (protocol_of(port), host_address(port), host);
            if let Some(first) = taken.insert(key, port.origin) {
                let fault = broken(&HOST_PORT, format!("the port {host} of the node is taken twice"));
                form.report(fault.and_at(first, "first taken here").under_all(&way).help("keep one of the two"));
            }
        }
        if list == "initContainers" {
            taken.clear();
        }
    }
}

/// All containers of a pod have one network.
fn check_ports(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    let has_defaults = form.is_pod() && is_true(spec, "hostNetwork");
    let mut listed: HashMap<_, Vec<(usize, &Node<'_>)>> = HashMap::new();
    let mut named: HashMap<&str, (usize, &Node<'_>)> = HashMap::new();
    for (owner, (list, index, container)) in containers(spec).enumerate() {
        for (place, port) in items(container, "ports").iter().enumerate() {
            let way = |field: &str| -> [PathStep; 5] {
                [list.into(), index.into(), "ports".into(), place.into(), field.into()]
            };
            if !host_address(port).is_empty() && host_port(port) == 0 && !has_defaults {
                let fault = broken(&FIELD_IGNORED, "hostIP is the address of a hostPort, and there is none");
                form.report(fault.under_all(&way("hostIP")).help("remove it: a pod has its own address"));
            }
            let meets = |other: &Node<'_>| {
                host_port(port) == 0
                    || host_port(other) == 0
                    || host_port(port) == host_port(other)
                        && (host_address(port).is_empty() || host_address(other).is_empty())
            };
            let same = listed.entry((number(port, "containerPort"), protocol_of(port))).or_default();
            let other = same.iter().find(|(other, node)| *other != owner && meets(node));
            let name = text(port, "name").filter(|name| !name.is_empty());
            let namesake = name.and_then(|name| Some((name, named.get(name).filter(|(other, _)| *other != owner)?)));
            let (field, other, message) = if let Some((_, other)) = other {
                ("containerPort", other, "another container lists this port".to_owned())
            } else if let Some((name, (_, other))) = namesake {
                ("name", other, format!("a port of another container is named {}", shorten(name)))
            } else {
                if has(port, "containerPort") {
                    same.push((owner, port));
                }
                named.extend(name.map(|name| (name, (owner, port))));
                continue;
            };
            let fault = broken(&PORT_IN_POD_TWICE, message).and_at(other.origin, "first given here");
            form.report(fault.under_all(&way(field)).help("give each container ports and names of its own"));
        }
    }
}

fn host_port(port: &Node<'_>) -> i128 {
    number(port, "hostPort").unwrap_or(0)
}

fn host_address<'n>(port: &'n Node<'_>) -> &'n str {
    text(port, "hostIP").unwrap_or_default()
}

/// A hook that sleeps ends before its pod is killed.
fn check_sleep(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    let grace = number(spec, "terminationGracePeriodSeconds").unwrap_or(GRACE);
    for (list, index, container) in containers(spec) {
        let Some(lifecycle) = container.get("lifecycle") else { continue };
        for hook in ["postStart", "preStop"] {
            let sleep = lifecycle.get(hook).and_then(|hook| hook.get("sleep"));
            let Some(seconds) = sleep.and_then(|sleep| number(sleep, "seconds")) else { continue };
            if !(0..=grace).contains(&seconds) {
                let message = format!("the hook sleeps {seconds} seconds, and the pod has {grace} to stop");
                let steps =
                    [list.into(), index.into(), "lifecycle".into(), hook.into(), "sleep".into(), "seconds".into()];
                let fault =
                    broken(&OBJECT_OUT_OF_RANGE, message).help("raise terminationGracePeriodSeconds, or sleep less");
                form.report(fault.under_all(&steps));
            }
        }
    }
}

fn check_dns(spec: &Node<'_>, form: &mut Form<'_, '_>) {
    let config = spec.get("dnsConfig");
    let servers = config.map(|config| items(config, "nameservers")).unwrap_or_default();
    if text(spec, "dnsPolicy") == Some("None") && servers.is_empty() {
        let message = "with `dnsPolicy: None` the pod has no name server but those of dnsConfig, which has none";
        form.broken(&DNS_CONFIG, &["dnsConfig", "nameservers"], message, "add one to `dnsConfig.nameservers`");
    }
    let searches = config.map(|config| items(config, "searches")).unwrap_or_default();
    let length = searches.iter().filter_map(Node::as_text).map(|search| search.len() + 1).sum::<usize>();
    for (field, what, count, most) in [
        ("nameservers", "name servers", servers.len(), MAX_NAMESERVERS),
        ("searches", "domains to search", searches.len(), MAX_SEARCHES),
        ("searches", "characters in the domains to search", length.saturating_sub(1), MAX_SEARCH_LENGTH),
    ] {
        if count > most {
            let message = format!("{count} {what} are more than the {most} a pod can have");
            form.broken(&DNS_CONFIG, &["dnsConfig", field], message, "keep the first ones");
        }
    }
}
