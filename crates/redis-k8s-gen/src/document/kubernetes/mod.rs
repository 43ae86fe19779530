//! Checks manifests of Kubernetes: what `render` prints, and what people, kustomize or Helm made of it.
//!
//! The way of an object: `kinds` says what it is, `form` holds it against the fields of its kind (`types`, `words`, `values`, `schema`) and
//! asks for each of its parts what Kubernetes asks beyond its form (`part` and the modules it names), `set` looks at all
//! objects together, and `instance` at what `render` made. docs/adr-005-validating-manifests.md says why.

mod amount;
mod annotation;
mod budget;
mod claim;
mod container;
mod data;
mod form;
mod instance;
mod kinds;
mod metadata;
mod name;
mod network_policy;
mod part;
mod pod;
mod probe;
mod rules;
mod scheduling;
mod schema;
mod security;
mod service;
mod set;
mod types;
mod values;
mod volume;
mod words;
mod workload;

pub(super) use kinds::is_manifest;
pub use rules::{INSTANCE_RULES, OBJECT_RULES};
pub use schema::Schemas;
pub(super) use set::{Faulty, Object, judge};

use redis_k8s::KubernetesVersion;

use super::fault::Fault;
use super::node::Node;

/// Everything that is wrong with one object; and the object as the others of its set need it, if it is of a known kind.
pub(super) fn check(root: &Node<'_>, release: &KubernetesVersion, schemas: &Schemas) -> (Vec<Fault>, Option<Object>) {
    let (mut faults, known) = kinds::recognise(root, schemas);
    let Some(known) = known else { return (faults, None) };
    let mut object = Object::of(root, known);
    faults.extend(object.keep_back(form::check(root, known, release.minor())));
    (faults, Some(object))
}
