//! What an object is.

use redis_k8s::PathStep;

use super::rules::{KIND_NOT_CHECKED, WRONG_API_VERSION, broken};
use super::types::{Known, Types};
use crate::document::fault::Fault;
use crate::document::node::{Kind, Node, shorten};
use crate::document::suggest::{choices, nearest};

/// API groups of Kubernetes itself; a kind of the same name in another group is another kind.
const OWN_GROUPS: [&str; 5] = ["apps", "extensions", "networking.k8s.io", "policy", ""];

/// True if this seems to be an object of Kubernetes rather than a document of this tool.
pub(in crate::document) fn is_manifest(root: &Node<'_>) -> bool {
    let text = |name: &str| root.get(name).and_then(Node::as_text);
    match (text("apiVersion"), text("kind")) {
        (Some(api_version), kind) => {
            !api_version.starts_with("redis-k8s-gen") && kind.is_none_or(|kind| !kind.eq_ignore_ascii_case("Redis"))
        }
        (None, Some(kind)) => Types::get().kinds().iter().any(|known| known.kind == kind),
        (None, None) => false,
    }
}

/// The kind of an object, if it is one that can be checked, and what is wrong with the way it is said.
pub(super) fn recognise(root: &Node<'_>) -> (Vec<Fault>, Option<Known>) {
    let mut faults = Vec::new();
    let mut text = |name: &'static str| match root.get(name) {
        Some(node) if matches!(node.kind, Kind::Scalar(..)) => node.as_text(),
        Some(node) => {
            let message = format!("expected a string, found {}", node.description());
            faults.push(Fault::new("wrong-type", message).at(root.locate(&[name.into()])).under(name.into()));
            None
        }
        None => {
            let fault = Fault::missing(name).ending(" at the top of the object").at(root.origin).under(name.into());
            faults.push(match (name, root.get("kind").and_then(Node::as_text)) {
                ("apiVersion", Some(kind)) => match versions_of(kind).first() {
                    Some(version) => fault.help(format!("add `apiVersion: {version}`")),
                    None => fault,
                },
                _ => fault,
            });
            None
        }
    };
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let (Some(api_version), Some(kind)) = (api_version, kind) else {
        // one is enough to go on with, if it is the right one
        let known = kind.and_then(|kind| known_of(kind, |_| true)).filter(|_| api_version.is_none());
        return (faults, known);
    };
    if let Some(known) = known_of(kind, |known| known.api_version == api_version) {
        return (faults, Some(known));
    }
    let (step, fault, meant) = unknown(api_version, kind);
    faults.push(fault.at(root.locate(std::slice::from_ref(&step))).under(step));
    (faults, meant)
}

fn known_of(kind: &str, is_meant: impl Fn(&Known) -> bool) -> Option<Known> {
    Types::get().kinds().iter().find(|known| known.kind == kind && is_meant(known)).copied()
}

/// The field that is wrong, why, and the kind that was meant; or a word that nothing can be said.
fn unknown(api_version: &str, kind: &str) -> (PathStep, Fault, Option<Known>) {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let is_own = OWN_GROUPS.contains(&group);
    let versions = versions_of(kind);
    let message = format!("there is no {} of {}", shorten(kind), shorten(api_version));
    if is_own && !versions.is_empty() {
        let fault = broken(&WRONG_API_VERSION, message).help(format!("write `apiVersion: {}`", choices(&versions)));
        return ("apiVersion".into(), fault, known_of(kind, |_| true));
    }
    let kinds = Types::get().kinds().iter().filter(|known| known.api_version == api_version).map(|known| known.kind);
    if let Some(near) = nearest(kind, kinds).filter(|_| is_own) {
        let fault = Fault::new("unknown-kind", message).help(format!("did you mean `{near}`?"));
        return ("kind".into(), fault, known_of(near, |known| known.api_version == api_version));
    }
    let message = format!("{} of {} was not checked", shorten(kind), shorten(api_version));
    let mut kinds: Vec<&str> = Types::get().kinds().iter().map(|known| known.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let fault = broken(&KIND_NOT_CHECKED, message).help(format!("the kinds that are: {}", kinds.join(", ")));
    ("kind".into(), fault, None)
}

/// The API versions that have a kind, the one to use first.
fn versions_of(kind: &str) -> Vec<&'static str> {
    Types::get().kinds().iter().filter(|known| known.kind == kind).map(|known| known.api_version).collect()
}
