//! Names and marks that every object carries.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use crate::instance::{Component, Instance};
use crate::model::Annotations;
use crate::value::LabelKey;

/// The value of `app.kubernetes.io/name`, whatever the image: Valkey is a Redis, too.
const APP: &str = "redis";
const MANAGED_BY: &str = "redis-k8s-gen";

/// Labels or annotations as Kubernetes objects carry them.
pub(crate) type Marks = BTreeMap<String, String>;

/// Labels that select all pods.
pub(super) fn instance_labels(instance: Instance<'_>) -> Marks {
    BTreeMap::from([
        ("app.kubernetes.io/instance".to_owned(), instance.name().to_owned()),
        ("app.kubernetes.io/name".to_owned(), APP.to_owned()),
    ])
}

/// Labels that select the pods of a set; they never change.
pub(super) fn selector_labels(instance: Instance<'_>, component: Component) -> Marks {
    let mut labels = instance_labels(instance);
    labels.insert("app.kubernetes.io/component".to_owned(), component.as_str().to_owned());
    labels
}

pub(super) fn selector(instance: Instance<'_>, component: Component) -> LabelSelector {
    LabelSelector { match_labels: Some(selector_labels(instance, component)), ..Default::default() }
}

/// All recommended labels, over those of the document.
pub(super) fn labels(instance: Instance<'_>, component: Option<Component>) -> Marks {
    let mut labels = marks_of(&instance.redis.metadata.labels);
    labels.insert("app.kubernetes.io/managed-by".to_owned(), MANAGED_BY.to_owned());
    labels.extend(match component {
        Some(component) => selector_labels(instance, component),
        None => instance_labels(instance),
    });
    labels
}

/// Metadata of an object of this instance.
pub(super) fn metadata(instance: Instance<'_>, name: impl Into<String>, component: Option<Component>) -> ObjectMeta {
    let metadata = &instance.redis.metadata;
    ObjectMeta {
        name: Some(name.into()),
        namespace: metadata.namespace.as_ref().map(|namespace| namespace.as_str().to_owned()),
        labels: Some(labels(instance, component)),
        annotations: some(marks_of(&metadata.annotations)),
        ..Default::default()
    }
}

/// Labels or annotations of the document, as objects carry them.
pub(crate) fn marks_of<V: AsRef<str>>(marks: &BTreeMap<LabelKey, V>) -> Marks {
    marks.iter().map(|(key, value)| (key.as_str().to_owned(), value.as_ref().to_owned())).collect()
}

/// Puts annotations over those the object has.
pub(super) fn annotate(metadata: &mut ObjectMeta, annotations: Option<&Annotations>) {
    if let Some(annotations) = annotations.filter(|annotations| !annotations.is_empty()) {
        metadata.annotations.get_or_insert_default().extend(marks_of(annotations));
    }
}

/// Marks, or none: Kubernetes keeps no empty map.
pub(crate) fn some(marks: Marks) -> Option<Marks> {
    (!marks.is_empty()).then_some(marks)
}
