//! Names, labels and counts of the tutorial's objects, for builders, checks and the run book.
//!
//! For the instance `redis` they are the tutorial's own. For another they follow its name, labels and selectors
//! included, so that two instances in one namespace never select each other's pods.

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use crate::model::{Labels, Redis, defaults};

/// Labels, annotations, selectors.
type StringMap = BTreeMap<String, String>;

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
pub(crate) fn server_selector(redis: &Redis) -> StringMap {
    [("name".to_owned(), servers(redis))].into()
}

/// What the sentinels' Service and controller select.
pub(crate) fn sentinel_selector(redis: &Redis) -> StringMap {
    [(sentinel(redis), "true".to_owned())].into()
}

/// Labels of the bootstrap pod: both controllers and the Service select it.
pub(crate) fn master_labels(redis: &Redis) -> StringMap {
    let own = [("name".to_owned(), servers(redis)), ("role".to_owned(), "master".to_owned())];
    pod_labels(redis).into_iter().chain(sentinel_selector(redis)).chain(own).collect()
}

/// Labels of the servers the controller makes.
pub(crate) fn server_labels(redis: &Redis) -> StringMap {
    pod_labels(redis).into_iter().chain(server_selector(redis)).collect()
}

/// Labels of the sentinels the controller makes.
pub(crate) fn sentinel_labels(redis: &Redis) -> StringMap {
    let own = [("name".to_owned(), sentinel(redis)), ("role".to_owned(), "sentinel".to_owned())];
    pod_labels(redis).into_iter().chain(sentinel_selector(redis)).chain(own).collect()
}

/// Labels of the Service.
pub(crate) fn service_labels(redis: &Redis) -> StringMap {
    let own = [("name".to_owned(), "sentinel".to_owned()), ("role".to_owned(), "service".to_owned())];
    let asked = redis.spec.services.as_ref().and_then(|services| services.sentinel.as_ref()?.labels.as_ref());
    object_labels(redis).into_iter().chain(asked.into_iter().flat_map(strings)).chain(own).collect()
}

/// Labels the document gives every object.
pub(crate) fn object_labels(redis: &Redis) -> StringMap {
    strings(&redis.metadata.labels).collect()
}

/// Annotations the document gives every object.
pub(crate) fn object_annotations(redis: &Redis) -> StringMap {
    redis.metadata.annotations.iter().map(|(key, value)| (key.to_string(), value.clone())).collect()
}

/// Annotations the document gives the pods alone.
pub(crate) fn pod_annotations(redis: &Redis) -> StringMap {
    let asked = redis.spec.pod_annotations.iter().flatten();
    asked.map(|(key, value)| (key.to_string(), value.clone())).collect()
}

/// Annotations of the bootstrap pod, which is object and pod in one.
pub(crate) fn master_annotations(redis: &Redis) -> StringMap {
    object_annotations(redis).into_iter().chain(pod_annotations(redis)).collect()
}

/// Annotations of the Service.
pub(crate) fn service_annotations(redis: &Redis) -> StringMap {
    let asked = redis.spec.services.as_ref().and_then(|services| services.sentinel.as_ref()?.annotations.as_ref());
    let asked = asked.into_iter().flatten().map(|(key, value)| (key.to_string(), value.clone()));
    object_annotations(redis).into_iter().chain(asked).collect()
}

/// Labels of nodes the pods ask for.
pub(crate) fn node_selector(redis: &Redis) -> StringMap {
    let asked = redis.spec.scheduling.as_ref().and_then(|scheduling| scheduling.node_selector.as_ref());
    asked.into_iter().flat_map(strings).collect()
}

/// Servers, the bootstrap pod included once it is adopted.
pub(crate) fn replicas(redis: &Redis) -> u32 {
    redis.spec.replicas.unwrap_or(defaults::TUTORIAL_REPLICAS)
}

/// Sentinels of the controller.
pub(crate) fn sentinel_replicas(redis: &Redis) -> u32 {
    let asked = redis.spec.sentinel.as_ref().and_then(|sentinel| sentinel.replicas);
    asked.unwrap_or(defaults::TUTORIAL_SENTINEL_REPLICAS)
}

/// Servers the run book resizes to: the tutorial's three, or more if the document asks for more.
pub(crate) fn resized_replicas(redis: &Redis) -> u32 {
    replicas(redis).max(defaults::REPLICAS)
}

/// Sentinels the run book resizes to.
pub(crate) fn resized_sentinels(redis: &Redis) -> u32 {
    sentinel_replicas(redis).max(defaults::SENTINEL_REPLICAS)
}

/// Sentinels that must agree that the master is down, once there are as many as the run book makes.
pub(crate) fn quorum(redis: &Redis) -> u32 {
    let asked = redis.spec.sentinel.as_ref().and_then(|sentinel| sentinel.quorum);
    asked.unwrap_or_else(|| defaults::majority(resized_sentinels(redis)))
}

/// Port of the servers.
pub(crate) fn port(redis: &Redis) -> NonZeroU16 {
    const DEFAULT: NonZeroU16 = NonZeroU16::new(defaults::PORT).unwrap();
    redis.spec.port.unwrap_or(DEFAULT)
}

/// Port of the sentinels and of their Service.
pub(crate) fn sentinel_port(redis: &Redis) -> NonZeroU16 {
    const DEFAULT: NonZeroU16 = NonZeroU16::new(defaults::SENTINEL_PORT).unwrap();
    redis.spec.sentinel.as_ref().and_then(|sentinel| sentinel.port).unwrap_or(DEFAULT)
}

fn pod_labels(redis: &Redis) -> StringMap {
    let asked = redis.spec.pod_labels.iter().flat_map(strings);
    object_labels(redis).into_iter().chain(asked).collect()
}

fn strings(labels: &Labels) -> impl Iterator<Item = (String, String)> + use<'_> {
    labels.iter().map(|(key, value)| (key.to_string(), value.to_string()))
}
