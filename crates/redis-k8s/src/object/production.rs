//! The production rendering: StatefulSets and everything around them.

use k8s_openapi::api::core::v1::ConfigMap;
use serde::Serialize;

use super::config_map::{self, Scripts};
use crate::emit::{self, Text};
use crate::instance::{Component, Instance};
use crate::manifest::Object;
use crate::model::Redis;
use crate::runtime::Texts;

use super::{disruption_budget, network_policy, service, service_account, stateful_set};

/// An object, or what becomes one.
pub(crate) trait Part: Serialize + Into<Object> {}

impl<T: Serialize + Into<Object>> Part for T {}

/// Takes the parts of a rendering, in the order of a manifest. Each is made just before it is taken: who only writes them
/// keeps none, and the next finds the memory of the last in the cache.
pub(crate) trait Sink {
    /// Takes a part.
    fn take(&mut self, part: impl Part);

    /// Takes a copy of a part that its maker goes on with.
    fn copy(&mut self, part: &(impl Part + Clone));
}

impl Sink for Vec<Object> {
    fn take(&mut self, part: impl Part) {
        self.push(part.into());
    }

    fn copy(&mut self, part: &(impl Part + Clone)) {
        self.take(part.clone());
    }
}

/// The parts as a stream of YAML documents.
pub(crate) struct Stream<'t>(pub(crate) &'t mut Text);

impl Sink for Stream<'_> {
    fn take(&mut self, part: impl Part) {
        emit::yaml_document(&part, self.0);
    }

    fn copy(&mut self, part: &(impl Part + Clone)) {
        emit::yaml_document(part, self.0);
    }
}

impl From<Scripts> for Object {
    fn from(scripts: Scripts) -> Self {
        ConfigMap::from(scripts).into()
    }
}

/// Hands over everything a document becomes on apps/v1.
pub(crate) fn render(redis: &Redis, sink: &mut impl Sink) {
    let instance = Instance::new(redis);
    let texts = Texts::new(instance);
    let checksums = Component::ALL.map(|component| (component, texts.checksum(component)));

    if let Some(account) = service_account::build(instance) {
        sink.take(account);
    }
    sink.take(config_map::scripts(instance));
    sink.take(config_map::configuration(instance, texts));
    service::of_pods(instance, Component::Server, sink);
    if let Some(read) = service::read(instance) {
        sink.take(read);
    }
    sink.take(service::sentinel(instance));
    service::of_pods(instance, Component::Sentinel, sink);
    for (component, checksum) in checksums {
        sink.take(stateful_set::build(instance, component, checksum));
    }
    for budget in Component::ALL.into_iter().filter_map(|component| disruption_budget::build(instance, component)) {
        sink.take(budget);
    }
    if let Some(policy) = network_policy::build(instance) {
        sink.take(policy);
    }
}
