//! Which level of the [Pod Security Standards](https://kubernetes.io/docs/concepts/security/pod-security-standards/) pods reach.

use super::super::part::{has, is_false, is_true, items, number, text};
use super::super::pod::containers;
use crate::document::node::{Kind, Node, shorten};

/// Volumes that pods of the level restricted may have.
const VOLUMES: [&str; 8] =
    ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];

/// Capabilities that pods of the level baseline may add.
const CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// The level of pods that do not reach restricted, and what keeps them from it or, if it is that, from baseline.
pub(super) fn below_restricted(pods: &Node<'_>) -> Option<(&'static str, Vec<String>)> {
    let privileged = above_baseline(pods);
    if !privileged.is_empty() {
        return Some(("privileged", privileged));
    }
    let reasons = above_restricted(pods);
    (!reasons.is_empty()).then_some(("baseline", reasons))
}

fn name<'n>(container: &'n Node<'_>) -> &'n str {
    text(container, "name").unwrap_or_default()
}

/// The capabilities a container adds or drops.
fn capabilities<'n>(context: Option<&'n Node<'_>>, field: &str) -> Vec<&'n str> {
    let capabilities = context.and_then(|context| context.get("capabilities"));
    capabilities
        .map(|capabilities| items(capabilities, field))
        .unwrap_or_default()
        .iter()
        .filter_map(Node::as_text)
        .collect()
}

fn profile<'n>(context: Option<&'n Node<'_>>, field: &str) -> Option<&'n str> {
    text(context?.get(field)?, "type")
}

fn above_baseline(pods: &Node<'_>) -> Vec<String> {
    let mut reasons = Vec::new();
    let of_node = ["hostNetwork", "hostPID", "hostIPC"].into_iter().filter(|field| is_true(pods, field));
    reasons.extend(of_node.map(|field| format!("they have {field}")));
    if items(pods, "volumes").iter().any(|volume| has(volume, "hostPath")) {
        reasons.push("they mount a path of the node".to_owned());
    }
    let is_unconfined = |context| {
        ["seccompProfile", "appArmorProfile"].iter().any(|field| profile(context, field) == Some("Unconfined"))
    };
    if is_unconfined(pods.get("securityContext")) {
        reasons.push("they are unconfined".to_owned());
    }
    for (.., container) in containers(pods) {
        let context = container.get("securityContext");
        let added = capabilities(context, "add");
        let faults = [
            (context.is_some_and(|context| is_true(context, "privileged")), "is privileged"),
            (added.iter().any(|added| !CAPABILITIES.contains(added)), "adds capabilities"),
            (is_unconfined(context), "is unconfined"),
            (
                items(container, "ports").iter().any(|port| number(port, "hostPort").is_some_and(|port| port != 0)),
                "takes a port of the node",
            ),
            (
                context.and_then(|context| text(context, "procMount")).is_some_and(|mount| mount != "Default"),
                "sees all of /proc",
            ),
        ];
        let told = faults.iter().filter(|(is_one, _)| *is_one);
        reasons.extend(told.map(|(_, what)| format!("{} {what}", shorten(name(container)))));
    }
    reasons
}

fn above_restricted(pods: &Node<'_>) -> Vec<String> {
    let mut reasons = Vec::new();
    let is_other = |volume: &&Node<'_>| match &volume.kind {
        Kind::Mapping(entries) => {
            entries.iter().any(|entry| entry.key != "name" && !entry.value.is_null() && !VOLUMES.contains(&&*entry.key))
        }
        _ => false,
    };
    if let Some(volume) = items(pods, "volumes").iter().find(is_other) {
        reasons.push(format!("the volume {} is not of a kind pods share with nobody", shorten(name(volume))));
    }
    let whole = pods.get("securityContext");
    for (.., container) in containers(pods) {
        let own = container.get("securityContext");
        // what the container says goes before what the pod says
        let of = |field: &str| own.filter(|own| has(own, field)).or(whole);
        let is_root = |context: &Node<'_>| number(context, "runAsUser") == Some(0);
        let faults = [
            (!own.is_some_and(|own| is_false(own, "allowPrivilegeEscalation")), "may gain privileges"),
            (!capabilities(own, "drop").contains(&"ALL"), "does not drop all capabilities"),
            (capabilities(own, "add").iter().any(|added| *added != "NET_BIND_SERVICE"), "adds capabilities"),
            (
                !of("runAsNonRoot").is_some_and(|context| is_true(context, "runAsNonRoot"))
                    || of("runAsUser").is_some_and(is_root),
                "may run as root",
            ),
            (
                !matches!(profile(of("seccompProfile"), "seccompProfile"), Some("RuntimeDefault" | "Localhost")),
                "has no seccomp profile",
            ),
        ];
        let told = faults.iter().filter(|(is_one, _)| *is_one);
        reasons.extend(told.map(|(_, what)| format!("{} {what}", shorten(name(container)))));
    }
    reasons
}
