//! The production rendering: StatefulSets and everything around them.

use std::iter::once_with;

use k8s_openapi::api::core::v1::ConfigMap;
use serde::Serialize;

use super::config_map::{self, Config};
use crate::instance::{Component, Instance};
use crate::manifest::Object;
use crate::model::Redis;
use crate::runtime::Texts;

use super::{disruption_budget, network_policy, service, service_account, stateful_set};

/// Part of a rendering: an object, or what becomes one.
#[derive(Debug, Serialize)]
#[serde(untagged)]
#[allow(clippy::large_enum_variant, reason = "most are objects, and each is used at once")]
pub(crate) enum Part {
    Object(Object),
    Config(Config),
}

impl From<Part> for Object {
    fn from(part: Part) -> Self {
        match part {
            Part::Object(object) => object,
            Part::Config(config) => ConfigMap::from(config).into(),
        }
    }
}

/// Everything a document becomes on apps/v1, in the order of a manifest. Each is made when it is asked for: who only writes
/// them keeps none, and the next finds the memory of the last in the cache.
pub(crate) fn parts(redis: &Redis) -> impl Iterator<Item = Part> {
    let instance = Instance::new(redis);
    let texts = Texts::new(instance);
    let checksums = Component::ALL.map(|component| (component, texts.checksum(component)));
    let services = move |component| {
        service::announced(instance, component).chain(once_with(move || service::headless(instance, component)))
    };
    let for_clients = once_with(move || [service::read(instance), Some(service::sentinel(instance))]);
    let sets = checksums.into_iter().map(move |(set, checksum)| stateful_set::build(instance, set, checksum));
    let all = Component::ALL.into_iter();
    let around = all.clone().filter_map(move |component| disruption_budget::build(instance, component));
    let policies = all.filter_map(move |component| network_policy::build(instance, component));

    let account = service_account::build(instance).map(Object::from).map(Part::Object);
    let config = once_with(move || Part::Config(config_map::build(instance, texts)));
    let services =
        services(Component::Server).chain(for_clients.flatten().flatten()).chain(services(Component::Sentinel));
    let rest = services.map(Object::from).chain(sets.map(Object::from)).chain(around.map(Object::from));
    account.into_iter().chain(config).chain(rest.chain(policies.map(Object::from)).map(Part::Object))
}
