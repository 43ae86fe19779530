//! Names and labels of the tutorial's objects.
//!
//! For the instance `redis` they are the tutorial's own. For another they follow its name, labels and selectors
//! included, so that two instances in one namespace never select each other's pods.

use crate::model::{Labels, Redis};
use crate::object::metadata::Marks;

/// The name of the tutorial's own instance, which its image was made for.
pub(crate) const ORIGINAL: &str = "redis";

/// The bootstrap pod: `redis-master`.
pub(crate) fn master_pod(redis: &Redis) -> String {
    format!("{}-master", redis.metadata.name)
}

/// The sentinels' Service and their controller: `redis-sentinel`; also the key of the label both select by.
pub(crate) fn sentinel(redis: &Redis) -> String {
    format!("{}-sentinel", redis.metadata.name)
}

/// The servers' controller: `redis`; also the value of the label it selects by.
pub(crate) fn servers(redis: &Redis) -> String {
    redis.metadata.name.to_string()
}

/// The ConfigMap of the start logic.
pub(crate) fn config(redis: &Redis) -> String {
    format!("{}-config", redis.metadata.name)
}

/// What the servers' controller selects.
pub(crate) fn server_selector(redis: &Redis) -> Marks {
    [("name".to_owned(), servers(redis))].into()
}

/// What the sentinels' Service and controller select.
pub(crate) fn sentinel_selector(redis: &Redis) -> Marks {
    [(sentinel(redis), "true".to_owned())].into()
}

/// Labels of the bootstrap pod: both controllers and the Service select it.
pub(crate) fn master_labels(redis: &Redis) -> Marks {
    let own = [("name".to_owned(), servers(redis)), ("role".to_owned(), "master".to_owned())];
    pod_labels(redis).into_iter().chain(sentinel_selector(redis)).chain(own).collect()
}

/// Labels of the servers the controller makes.
pub(crate) fn server_labels(redis: &Redis) -> Marks {
    pod_labels(redis).into_iter().chain(server_selector(redis)).collect()
}

/// Labels of the sentinels the controller makes.
pub(crate) fn sentinel_labels(redis: &Redis) -> Marks {
    let own = [("name".to_owned(), sentinel(redis)), ("role".to_owned(), "sentinel".to_owned())];
    pod_labels(redis).into_iter().chain(sentinel_selector(redis)).chain(own).collect()
}

/// Labels of the Service.
pub(crate) fn service_labels(redis: &Redis) -> Marks {
    let own = [("name".to_owned(), "sentinel".to_owned()), ("role".to_owned(), "service".to_owned())];
    let asked = redis.spec.services.as_ref().and_then(|services| services.sentinel.as_ref()?.labels.as_ref());
    object_labels(redis).into_iter().chain(asked.into_iter().flat_map(strings)).chain(own).collect()
}

/// Labels the document gives every object.
pub(crate) fn object_labels(redis: &Redis) -> Marks {
    strings(&redis.metadata.labels).collect()
}

/// Annotations the document gives every object.
pub(crate) fn object_annotations(redis: &Redis) -> Marks {
    redis.metadata.annotations.iter().map(|(key, value)| (key.to_string(), value.clone())).collect()
}

/// Annotations the document gives the pods alone.
pub(crate) fn pod_annotations(redis: &Redis) -> Marks {
    let asked = redis.spec.pod_annotations.iter().flatten();
    asked.map(|(key, value)| (key.to_string(), value.clone())).collect()
}

/// Annotations of the bootstrap pod, which is object and pod in one.
pub(crate) fn master_annotations(redis: &Redis) -> Marks {
    object_annotations(redis).into_iter().chain(pod_annotations(redis)).collect()
}

/// Annotations of the Service.
pub(crate) fn service_annotations(redis: &Redis) -> Marks {
    let asked = redis.spec.services.as_ref().and_then(|services| services.sentinel.as_ref()?.annotations.as_ref());
    let asked = asked.into_iter().flatten().map(|(key, value)| (key.to_string(), value.clone()));
    object_annotations(redis).into_iter().chain(asked).collect()
}

/// Labels of nodes the pods ask for.
pub(crate) fn node_selector(redis: &Redis) -> Marks {
    let asked = redis.spec.scheduling.as_ref().and_then(|scheduling| scheduling.node_selector.as_ref());
    asked.into_iter().flat_map(strings).collect()
}

fn pod_labels(redis: &Redis) -> Marks {
    let asked = redis.spec.pod_labels.iter().flat_map(strings);
    object_labels(redis).into_iter().chain(asked).collect()
}

fn strings(labels: &Labels) -> impl Iterator<Item = (String, String)> + use<'_> {
    labels.iter().map(|(key, value)| (key.to_string(), value.to_string()))
}
