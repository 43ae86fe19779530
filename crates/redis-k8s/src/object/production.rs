//! The production rendering: StatefulSets and everything around them.

use crate::instance::{Component, Instance};
use crate::manifest::Object;
use crate::model::Redis;
use crate::runtime::Texts;

use super::{config_map, disruption_budget, network_policy, service, service_account, stateful_set};

/// Objects besides the Services that pods announce.
const AROUND: usize = 12;

/// Everything a document becomes on apps/v1.
///
/// The objects are made in the order of a manifest: each is 2.5 kB, and putting them in order later moves them several times.
pub(crate) fn build(redis: &Redis) -> Vec<Object> {
    let instance = Instance::new(redis);
    let texts = Texts::new(instance);
    let sets = Component::ALL.map(|component| stateful_set::build(instance, component, &texts));
    let pods: u32 = Component::ALL.into_iter().map(|component| instance.replicas(component)).sum();
    let mut objects: Vec<Object> = Vec::with_capacity(AROUND + pods as usize);
    objects.extend(service_account::build(instance).map(Object::from));
    objects.push(config_map::build(instance, texts).into());
    objects.extend(service::announced(instance, Component::Server).map(Object::from));
    objects.push(service::headless(instance, Component::Server).into());
    objects.extend(service::read(instance).map(Object::from));
    objects.push(service::sentinel(instance).into());
    objects.extend(service::announced(instance, Component::Sentinel).map(Object::from));
    objects.push(service::headless(instance, Component::Sentinel).into());
    objects.extend(sets.map(Object::from));
    let all = || Component::ALL.into_iter();
    objects.extend(all().filter_map(|component| disruption_budget::build(instance, component)).map(Object::from));
    objects.extend(all().filter_map(|component| network_policy::build(instance, component)).map(Object::from));
    objects
}
