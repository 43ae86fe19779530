//! Annotations that the API server reads, on pods and Services; those of documents have the same rules.
//!
//! After `ValidatePodSpecificAnnotations` and `ValidateService` of
//! [validation.go](https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go).

use redis_k8s::legacy;

use super::form::Form;
use super::metadata::entries;
use super::network_policy::Block;
use super::part::{has, text};
use super::pod::containers;
use super::rules::{ANNOTATION_DEPRECATED, ANNOTATION_REFUSED};
use crate::document::node::{Node, shorten};

/// Why an annotation is refused, and what to do.
type Verdict = Option<(&'static str, &'static str)>;

/// Annotations of a pod, or of the template of pods.
pub(super) fn check_pod(pod: &Node<'_>, form: &mut Form<'_, '_>) {
    let Some(spec) = pod.get("spec") else { return };
    check(pod, form, |key, value| refused_on_pod(key, value, spec));
}

/// Annotations of a Service.
pub(super) fn check_service(service: &Node<'_>, form: &mut Form<'_, '_>) {
    let Some(spec) = service.get("spec") else { return };
    let minor = form.minor();
    check(service, form, |key, value| {
        if key != "service.beta.kubernetes.io/load-balancer-source-ranges" || has(spec, "loadBalancerSourceRanges") {
            None
        } else if text(spec, "type") != Some("LoadBalancer") {
            Some(("it is for a Service of type LoadBalancer", "remove it, or change the type"))
        } else {
            let is_good =
                value.trim().is_empty() || value.split(',').all(|block| Block::parse(block.trim(), minor).is_some());
            (!is_good).then_some(("it is a list of blocks of addresses", "write for instance 10.0.0.0/8,192.0.2.0/24"))
        }
    });
}

/// Annotations of an object that reads none.
pub(super) fn check_other(object: &Node<'_>, form: &mut Form<'_, '_>) {
    check(object, form, |_, _| None);
}

fn check(object: &Node<'_>, form: &mut Form<'_, '_>, refused: impl Fn(&str, &str) -> Verdict) {
    let Some(metadata) = object.get("metadata") else { return };
    for entry in entries(metadata, "annotations") {
        let (key, Some(value)) = (&*entry.key, entry.value.as_text()) else { continue };
        let steps = ["metadata", "annotations", key];
        if let Some((why, help)) = refused(key, value) {
            let message = format!("the API server refuses the annotation {} here: {why}", shorten(key));
            form.broken(&ANNOTATION_REFUSED, &steps, message, help);
        } else if let Some(instead) = legacy::deprecated_annotation(key) {
            let message = format!("Kubernetes no longer wants the annotation {}", shorten(key));
            form.broken(&ANNOTATION_DEPRECATED, &steps, message, format!("leave it out: {instead}"));
        }
    }
}

fn refused_on_pod(key: &str, value: &str, spec: &Node<'_>) -> Verdict {
    let of_container = |name: &str| containers(spec).find(|(_, _, container)| text(container, "name") == Some(name));
    if let Some(name) = legacy::apparmor_container(key) {
        let is_profile = matches!(value, "" | "runtime/default" | "unconfined") || value.starts_with("localhost/");
        return if of_container(name).is_none() {
            Some(("the pod has no container of this name", "use the field appArmorProfile"))
        } else {
            (!is_profile).then_some(("its value is no profile", "use the field appArmorProfile"))
        };
    }
    if legacy::is_seccomp_annotation(key) {
        let container =
            key.rsplit_once('/').and_then(|(prefix, name)| prefix.starts_with("container.").then_some(name));
        let owner = container.map_or(Some(spec), |name| of_container(name).map(|(_, _, container)| container));
        let profile = owner.and_then(|owner| owner.get("securityContext")?.get("seccompProfile"));
        return if legacy::is_seccomp_profile(value) {
            let says_else = profile.is_some_and(|profile| !is_same_profile(value, profile));
            says_else.then_some(("the field seccompProfile says something else", "leave it out"))
        } else {
            Some(("its value is no profile", "use the field seccompProfile"))
        };
    }
    match key {
        "kubernetes.io/config.mirror" if !has(spec, "nodeName") => {
            Some(("only a kubelet makes pods with it", "leave it out"))
        }
        "scheduler.alpha.kubernetes.io/tolerations" if !legacy::is_toleration_list(value) => {
            Some(("it is a list of tolerations in JSON", "use the field tolerations"))
        }
        "controller.kubernetes.io/pod-deletion-cost" if !legacy::is_deletion_cost(value) => {
            Some(("it is a whole number of 32 bits", "write it as a number in quotes"))
        }
        _ => None,
    }
}

/// True if the value of an annotation is what a profile says.
fn is_same_profile(value: &str, profile: &Node<'_>) -> bool {
    match text(profile, "type") {
        Some("Unconfined") => value == "unconfined",
        Some("RuntimeDefault") => matches!(value, "runtime/default" | "docker/default"),
        Some("Localhost") => value.strip_prefix("localhost/") == text(profile, "localhostProfile"),
        _ => true,
    }
}
