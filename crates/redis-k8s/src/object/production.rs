//! The production rendering: StatefulSets and everything around them.

use crate::instance::{Component, Instance};
use crate::manifest::Object;
use crate::model::Redis;
use crate::runtime::Texts;

use super::{config_map, disruption_budget, network_policy, service, service_account, stateful_set};

/// Everything a document becomes on apps/v1.
pub(crate) fn build(redis: &Redis) -> Vec<Object> {
    let instance = Instance::new(redis);
    let mut objects: Vec<Object> = Vec::with_capacity(16);
    objects.extend(service_account::build(instance).map(Object::from));
    let texts = Texts::new(instance);
    for component in Component::ALL {
        objects.push(stateful_set::build(instance, component, &texts).into());
        objects.push(service::headless(instance, component).into());
        for ordinal in 0..instance.replicas(component) {
            objects.push(service::announce(instance, component, ordinal).into());
        }
        objects.extend(disruption_budget::build(instance, component).map(Object::from));
        objects.extend(network_policy::build(instance, component).map(Object::from));
    }
    objects.push(config_map::build(instance, texts).into());
    objects.push(service::sentinel(instance).into());
    objects.extend(service::read(instance).map(Object::from));
    objects
}
