//! Who the instance is.

use serde::{Deserialize, Serialize};

use super::{Annotations, Field, Fields, Labels};
use crate::value::{InstanceName, Namespace};

/// Name, namespace and marks of an instance; they reach every object made for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// The name of the instance, 1 to 42 characters; the names of all objects are made from it.
    pub name: InstanceName,
    /// The namespace of every object. Absent: the objects carry none and kubectl's context decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Namespace>,
    /// Labels on every object and pod, never part of a selector.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// Annotations on every object and pod; those of Argo CD, Flux, Helm and kustomize on objects alone.
    #[serde(default, skip_serializing_if = "Annotations::is_empty")]
    pub annotations: Annotations,
}

impl Fields for Metadata {
    const FIELDS: &'static [Field] = &[
        Field::of::<InstanceName>("name").sample(r#""cache""#),
        Field::of::<Namespace>("namespace").sample(r#""shop""#),
        Field::of::<Labels>("labels").sample(r#"{"team": "checkout"}"#),
        Field::of::<Annotations>("annotations").sample(r#"{"example.com/owner": "checkout"}"#),
    ];
}

impl Metadata {
    /// An instance of this name, with nothing else said.
    #[must_use]
    pub fn new(name: InstanceName) -> Self {
        Self { name, namespace: None, labels: Labels::new(), annotations: Annotations::new() }
    }
}
