//! What an object is.

use redis_k8s::PathStep;

use super::rules::{KIND_NOT_CHECKED, WRONG_API_VERSION, broken};
use super::schema::Schemas;
use super::types::{Known, Shape, Types};
use crate::document::fault::Fault;
use crate::document::node::{Kind, Node, shorten};
use crate::document::suggest::{choices, nearest};

/// API groups of Kubernetes itself; a kind of the same name in another group is another kind.
const OWN_GROUPS: [&str; 5] = ["apps", "extensions", "networking.k8s.io", "policy", ""];

/// All groups of Kubernetes without a dot in their names.
const UNDOTTED_GROUPS: [&str; 6] = ["apps", "autoscaling", "batch", "extensions", "policy", ""];

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
pub(super) fn recognise<'s>(root: &Node<'_>, schemas: &'s Schemas) -> (Vec<Fault>, Option<&'s Known>) {
    let mut faults = Vec::new();
    let mut text = |name: &'static str| match root.get(name).filter(|node| node.as_text() != Some("")) {
        Some(node) if matches!(node.kind, Kind::Scalar(..)) => node.as_text(),
        Some(node) => {
            let message = format!("expected a string, found {}", node.description());
            faults.push(Fault::new("wrong-type", message).at(root.locate(&[name.into()])).under(name.into()));
            None
        }
        None => {
            let fault = Fault::missing(name).ending(" at the top of the object").at(root.origin).under(name.into());
            faults.push(match (name, root.get("kind").and_then(Node::as_text)) {
                ("apiVersion", Some(kind)) => match versions_of(kind, schemas, |_| true).first() {
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
        let known = kind.and_then(|kind| known_of(kind, schemas, |_| true)).filter(|_| api_version.is_none());
        return (faults, known);
    };
    if let Some(known) = known_of(kind, schemas, |known| known.api_version == api_version) {
        return (faults, Some(known));
    }
    let (step, fault, meant) = unknown(api_version, kind, schemas);
    faults.push(fault.at(root.locate(std::slice::from_ref(&step))).under(step));
    (faults, meant)
}

/// The kinds that can be checked, Kubernetes' own first.
fn kinds(schemas: &Schemas) -> impl Iterator<Item = &Known> {
    Types::get().kinds().iter().chain(schemas.kinds())
}

fn known_of<'s>(kind: &str, schemas: &'s Schemas, is_meant: impl Fn(&Known) -> bool) -> Option<&'s Known> {
    kinds(schemas).find(|known| known.is(kind) && is_meant(known))
}

/// The field that is wrong, why, and the kind that was meant; or a word that nothing can be said.
fn unknown<'s>(api_version: &str, kind: &str, schemas: &'s Schemas) -> (PathStep, Fault, Option<&'s Known>) {
    let group = group_of(api_version);
    // groups of others have a dot
    let is_no_group = !group.contains('.') && !UNDOTTED_GROUPS.contains(&group);
    let is_own = OWN_GROUPS.contains(&group) || is_no_group;
    let is_near = |known: &Known| {
        let other = group_of(&known.api_version);
        other == group || is_own && OWN_GROUPS.contains(&other)
    };
    let versions = versions_of(kind, schemas, is_near);
    let message = format!("there is no {} of {}", shorten(kind), shorten(api_version));
    if !versions.is_empty() {
        let fault = broken(&WRONG_API_VERSION, message).help(format!("write `apiVersion: {}`", choices(&versions)));
        // another version of a kind that was given may have other fields
        return ("apiVersion".into(), fault, known_of(kind, schemas, |known| is_near(known) && !known.is_given()));
    }
    let names = kinds(schemas).filter(|known| known.api_version == api_version).map(|known| &*known.kind);
    let near = nearest(kind, names);
    if let Some(near) = near.filter(|_| is_own) {
        let fault = Fault::new("unknown-kind", message).help(format!("did you mean `{near}`?"));
        return ("kind".into(), fault, known_of(near, schemas, |known| known.api_version == api_version));
    }
    if is_no_group || Types::get().has_no(api_version, kind) {
        return ("kind".into(), Fault::new("unknown-kind", message), None);
    }
    let message = format!("{} of {} was not checked", shorten(kind), shorten(api_version));
    // a group may have more kinds than were given
    let help = if let Some(near) = near {
        format!("did you mean `{near}`? If not, give the schema of this kind with `--schema`")
    } else {
        let mut names: Vec<&str> = kinds(schemas).map(|known| &*known.kind).collect();
        names.sort_unstable();
        names.dedup();
        format!("give its schema with `--schema`; without one, the kinds that are: {}", names.join(", "))
    };
    ("kind".into(), broken(&KIND_NOT_CHECKED, message).help(help), None)
}

/// The API versions that have a kind, the one to use first.
fn versions_of<'s>(kind: &str, schemas: &'s Schemas, is_meant: impl Fn(&Known) -> bool) -> Vec<&'s str> {
    kinds(schemas).filter(|known| known.is(kind) && is_meant(known)).map(|known| &*known.api_version).collect()
}

fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

impl Known {
    /// True if it is of this kind; the name of a file has it in lower case.
    fn is(&self, kind: &str) -> bool {
        self.kind == kind || self.is_folded && self.kind.eq_ignore_ascii_case(kind)
    }

    /// With its group, as kubectl writes it.
    pub(super) fn full_name(&self) -> String {
        format!("{}.{}", self.kind, group_of(&self.api_version))
    }

    /// True if it is known by a schema that was given.
    pub(super) fn is_given(&self) -> bool {
        matches!(self.shape, Shape::Schema(_))
    }
}
