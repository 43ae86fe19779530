//! The production rendering: StatefulSets and everything around them.

use super::{config_map, disruption_budget, network_policy, service, service_account, stateful_set};
use crate::api_version::ApiVersion;
use crate::instance::{Component, Instance};
use crate::manifest::{Manifest, Object};
use crate::model::Redis;
use crate::runtime::Texts;

/// Everything a document becomes on apps/v1.
pub(crate) fn manifest(redis: &Redis) -> Manifest {
    let instance = Instance::new(redis, ApiVersion::AppsV1);
    let texts = Texts::new(instance);
    let sets = Component::ALL.map(|component| stateful_set::build(instance, component, texts.checksum(component)));
    let mut objects: Vec<Object> = vec![config_map::scripts(instance).into()];
    objects.push(config_map::configuration(instance, texts).into());
    objects.extend(service_account::build(instance).map(Into::into));
    objects
        .extend(Component::ALL.into_iter().flat_map(|component| service::of_pods(instance, component)).map(Into::into));
    objects.extend(service::read(instance).map(Into::into));
    objects.push(service::sentinel(instance).into());
    objects.extend(sets.map(Into::into));
    let budgets = Component::ALL.into_iter().filter_map(|component| disruption_budget::build(instance, component));
    objects.extend(budgets.map(Into::into));
    objects.extend(network_policy::build(instance).map(Into::into));
    objects.into_iter().collect()
}
