//! What Kubernetes asks of the parts of an object beyond their form: each module has a part, by the name of its type.

use std::collections::HashMap;

use redis_k8s::PathStep;

use super::form::Form;
use super::rules::{NOT_EXACTLY_ONE, OBJECT_OUT_OF_RANGE, PORTS_MISSING, PROTOCOL_MISSING, TWICE_IN_LIST, broken};
use super::types::{Shape, Unique};
use super::{
    annotation, budget, claim, container, data, metadata, network_policy, pod, probe, scheduling, security, service,
    volume, workload,
};
use crate::document::node::{Kind, Node, shorten};
use crate::document::scalar::Meaning;

/// The steps that lead to a value.
pub(super) type Way = Vec<PathStep>;

/// Examines one part.
pub(super) fn check(type_name: &str, node: &Node<'_>, form: &mut Form<'_, '_>) {
    use metadata::NameForm;
    match type_name {
        "ObjectMeta" => metadata::check(node, form),
        "ConfigMap" | "Secret" => {
            metadata::check_name(node, NameForm::Subdomain, form);
            annotation::check_other(node, form);
            data::check(node, form);
        }
        "Pod" => {
            metadata::check_name(node, NameForm::Subdomain, form);
            annotation::check_pod(node, form);
        }
        "PodTemplateSpec" => annotation::check_pod(node, form),
        "ReplicationController" | "Deployment" | "ServiceAccount" | "NetworkPolicy" | "PersistentVolumeClaim" => {
            // a claim of a set has its name from the set
            if form.path().is_empty() {
                metadata::check_name(node, NameForm::Subdomain, form);
            }
            annotation::check_other(node, form);
        }
        "CustomResource" => {
            metadata::check_name(node, NameForm::Subdomain, form);
            annotation::check_other(node, form);
        }
        "PodDisruptionBudget" => {
            metadata::check_name(node, NameForm::Step, form);
            annotation::check_other(node, form);
        }
        "Service" => {
            metadata::check_name(node, NameForm::Service, form);
            annotation::check_service(node, form);
            if !has(node, "spec") {
                form.report(broken(&PORTS_MISSING, "the Service has no ports").under("spec".into()));
            }
        }
        "StatefulSet" => {
            metadata::check_name(node, NameForm::StatefulSet, form);
            annotation::check_other(node, form);
        }
        "PodSpec" => pod::check(node, form),
        "Container" | "EphemeralContainer" => container::check(node, form),
        "ContainerPort" => container::check_port(node, form),
        "EnvVar" => container::check_variable(node, form),
        "EnvFromSource" => container::check_variables(node, form),
        "ResourceRequirements" | "Resources" => container::check_resources(node, form),
        "VolumeMount" => container::check_mount(node, form),
        "Volume" => volume::check(node, form),
        "VolumeProjection" => volume::check_projection(node, form),
        "ClusterTrustBundleProjection" => volume::check_bundle(node, form),
        "ProjectedVolumeSource" => volume::check_projected(node, form),
        "DownwardAPIVolumeFile" => volume::check_file(node, form),
        "ISCSIVolumeSource" => volume::check_iscsi(node, form),
        "FCVolumeSource" => volume::check_fibre_channel(node, form),
        "FlockerVolumeSource" => volume::check_flocker(node, form),
        "FlexVolumeSource" => volume::check_flex(node, form),
        "AzureDiskVolumeSource" => volume::check_azure(node, form),
        "QuobyteVolumeSource" => volume::check_quobyte(node, form),
        "PersistentVolumeClaimSpec" => claim::check(node, form),
        "PodResourceClaim" => {
            exactly_one(node, &["resourceClaimName", "resourceClaimTemplateName"], "which claim is meant", form);
        }
        "SecurityContext" => security::check_container(node, form),
        "SeccompProfile" => security::check_seccomp(node, form),
        "AppArmorProfile" => security::check_apparmor(node, form),
        "WindowsSecurityContextOptions" => security::check_windows_options(node, form),
        "Probe" => probe::check(node, form),
        "Lifecycle" => probe::check_lifecycle(node, form),
        "TCPSocketAction" | "TcpSocket" | "HTTPGetAction" | "HttpGet" | "GRPCAction" => probe::check_port(node, form),
        "Toleration" => scheduling::check_toleration(node, form),
        "LabelSelector" => scheduling::check_selector(node, form),
        "LabelSelectorRequirement" | "NodeSelectorRequirement" => scheduling::check_requirement(node, form),
        "NodeSelectorTerm" => scheduling::check_node_term(node, form),
        "WeightedPodAffinityTerm" | "PreferredSchedulingTerm" => in_range(node, "weight", 1..=100, form),
        "PodAffinityTerm" => scheduling::check_affinity(node, form),
        "TopologySpreadConstraint" => scheduling::check_spread(node, form),
        "ServiceSpec" => service::check(node, form),
        "ServicePort" => service::check_port(node, form),
        "ReplicationControllerSpec" => workload::check(node, form),
        "DeploymentSpec" | "StatefulSetSpec" => workload::check_of_apps(node, form),
        "DeploymentStrategy" => workload::check_strategy(node, "RollingUpdateDeployment", form),
        "StatefulSetUpdateStrategy" => workload::check_strategy(node, "RollingUpdateStatefulSetStrategy", form),
        "PodDisruptionBudgetSpec" => budget::check(node, form),
        "NetworkPolicySpec" => network_policy::check(node, form),
        "NetworkPolicyPeer" => network_policy::check_peer(node, form),
        "IPBlock" => network_policy::check_block(node, form),
        "NetworkPolicyPort" => network_policy::check_port(node, form),
        _ => {}
    }
}

/// Types of which the API server itself takes no two that are the same; of the others server-side apply takes none.
const REFUSED_TWICE: [&str; 10] = [
    "Container",
    "EphemeralContainer",
    "PodResourceClaim",
    "PodSchedulingGate",
    "ResourceClaim",
    "ServicePort",
    "TopologySpreadConstraint",
    "Volume",
    "VolumeDevice",
    "VolumeMount",
];

/// Finds items of a list that are the same to Kubernetes.
pub(super) fn check_unique(items: &[Node<'_>], shape: &Shape, unique: &Unique, form: &mut Form<'_, '_>) {
    if items.len() < 2 || *unique == Unique::No {
        return;
    }
    let mut seen: HashMap<Vec<&str>, usize> = HashMap::with_capacity(items.len());
    // keys but for a protocol that was left out, and where
    let mut without: HashMap<Vec<&str>, usize> = HashMap::new();
    let mut with_udp: HashMap<Vec<&str>, usize> = HashMap::new();
    for (index, item) in items.iter().enumerate() {
        let key: Option<Vec<&str>> = match unique {
            Unique::No => None,
            Unique::Item => item.as_text().map(|text| vec![text]),
            Unique::Fields(fields) => fields
                .iter()
                .map(|field| match item.get(field) {
                    Some(value) => value.as_text(),
                    // the one key that has a default
                    None if field == "protocol" => Some("TCP"),
                    None if matches!(item.kind, Kind::Mapping(_)) && field == "hostIP" => Some(""),
                    None => None,
                })
                .collect(),
        };
        let Some(key) = key else { continue };
        if let Unique::Fields(fields) = unique
            && !matches!(shape, Shape::Schema(_))
            && let Some(place) = fields.iter().position(|field| field == "protocol")
        {
            let mut rest = key.clone();
            let protocol = rest.remove(place);
            match item.get("protocol") {
                None => without.insert(rest, index),
                Some(_) if protocol != "TCP" => with_udp.insert(rest, index),
                Some(_) => None,
            };
        }
        if let Some(first) = seen.get(&key) {
            let shown = key.iter().map(|part| shorten(part)).collect::<Vec<_>>().join(" ");
            let is_taken = match shape {
                Shape::Type(name) => !(name.starts_with("v1beta3.") || REFUSED_TWICE.contains(name)),
                Shape::Schema(_) => false,
                _ => true,
            };
            let words = if is_taken { ": the API server takes it, server-side apply does not" } else { "" };
            let fault = broken(&TWICE_IN_LIST, format!("{shown} stands here a second time{words}"))
                .and_at(items[*first].origin, "first given here")
                .help("keep one of the two");
            form.report(fault.at(item.origin).under(index.into()));
        } else {
            seen.insert(key, index);
        }
    }
    for (key, index) in without {
        if with_udp.contains_key(&key) {
            let fault =
                broken(&PROTOCOL_MISSING, format!("the port {} is listed for another protocol, too", key.join(" ")))
                    .help("add `protocol: TCP`");
            form.report(fault.under(index.into()));
        }
    }
}

/// A whole number at a field, if there is one.
pub(super) fn number(node: &Node<'_>, field: &str) -> Option<i128> {
    match node.get(field)?.meaning()? {
        Meaning::Int(number) => number,
        _ => None,
    }
}

/// A text at a field, if there is one.
pub(super) fn text<'n>(node: &'n Node<'_>, field: &str) -> Option<&'n str> {
    node.get(field)?.as_text()
}

/// The protocol of a port.
pub(super) fn protocol_of<'n>(port: &'n Node<'_>) -> &'n str {
    text(port, "protocol").filter(|protocol| !protocol.is_empty()).unwrap_or("TCP")
}

/// True if `true` stands at a field.
pub(super) fn is_true(node: &Node<'_>, field: &str) -> bool {
    node.get(field).and_then(Node::meaning) == Some(Meaning::Bool(true))
}

/// True if `false` stands at a field.
pub(super) fn is_false(node: &Node<'_>, field: &str) -> bool {
    node.get(field).and_then(Node::meaning) == Some(Meaning::Bool(false))
}

/// The items of the list at a field.
pub(super) fn items<'n, 't>(node: &'n Node<'t>, field: &str) -> &'n [Node<'t>] {
    match node.get(field).map(|node| &node.kind) {
        Some(Kind::Sequence(items)) => items,
        _ => &[],
    }
}

/// True if something stands at a field.
pub(super) fn has(node: &Node<'_>, field: &str) -> bool {
    node.get(field).is_some()
}

/// True if a list or mapping is empty.
pub(super) fn is_empty(node: &Node<'_>) -> bool {
    match &node.kind {
        Kind::Sequence(items) => items.is_empty(),
        Kind::Mapping(entries) => entries.is_empty(),
        _ => false,
    }
}

/// Reports a number that is out of range.
pub(super) fn in_range(node: &Node<'_>, field: &str, range: std::ops::RangeInclusive<i128>, form: &mut Form<'_, '_>) {
    if let Some(number) = number(node, field).filter(|number| !range.contains(number)) {
        let wanted = match *range.end() {
            end if end >= i128::from(i32::MAX) && number > end => format!("at most {end}"),
            end if end >= i128::from(i32::MAX) => format!("{} or more", range.start()),
            end => format!("{} to {end}", range.start()),
        };
        form.report(
            broken(&OBJECT_OUT_OF_RANGE, format!("{field} is {number}, but takes {wanted}")).under(field.into()),
        );
    }
}

/// Reports anything but one of these fields.
pub(super) fn exactly_one(node: &Node<'_>, fields: &[&str], what: &str, form: &mut Form<'_, '_>) {
    let set: Vec<&str> = fields.iter().copied().filter(|field| has(node, field)).collect();
    match set.as_slice() {
        [_] => {}
        [] => form.report(
            broken(&NOT_EXACTLY_ONE, format!("{what} is missing")).help(format!("set one of {}", fields.join(", "))),
        ),
        [first, .., last] => form.report(
            broken(&NOT_EXACTLY_ONE, format!("{first} and {last} exclude each other"))
                .help("keep one of the two")
                .under(PathStep::from(*last)),
        ),
    }
}
