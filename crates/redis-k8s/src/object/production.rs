//! The production rendering: StatefulSets and everything around them.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::{
    alerts, certificate, config_map, dashboard, deployment, disruption_budget, monitor, network_policy, service,
    service_account, stateful_set,
};
use crate::api_version::ApiVersion;
use crate::emit;
use crate::instance::{Component, Instance};
use crate::manifest::Object;
use crate::model::Redis;
use crate::runtime::Texts;

/// An object, or what becomes the one that is the same for every instance but for its metadata.
#[allow(clippy::large_enum_variant, reason = "one at a time, handed on at once")]
pub(crate) enum Part {
    Object(Object),
    Scripts(ObjectMeta),
}

impl Part {
    pub(crate) fn into_object(self) -> Object {
        match self {
            Self::Object(object) => object,
            Self::Scripts(metadata) => config_map::scripts(metadata).into(),
        }
    }

    /// Appends it as a document of a stream.
    pub(crate) fn write_yaml(&self, text: &mut String) {
        match self {
            Self::Object(object) => emit::yaml_document(object, text),
            Self::Scripts(metadata) => config_map::write_scripts(metadata, text),
        }
    }
}

impl<T: Into<Object>> From<T> for Part {
    fn from(object: T) -> Self {
        Self::Object(object.into())
    }
}

/// Hands over everything a document becomes on apps/v1, in the order of a manifest.
///
/// Each object is made just before: who only writes it keeps none, and the next one finds the memory of the last in the cache.
pub(crate) fn each(redis: &Redis, mut take: impl FnMut(Part)) {
    let instance = Instance::new(redis, ApiVersion::AppsV1);
    let texts = Texts::new(instance);
    let checksums = Component::ALL.map(|component| (component, texts.checksum(component)));
    let proxies = instance.master_service().map(|_| deployment::build(instance, texts.checksum(Component::Proxy)));
    if let Some(account) = service_account::build(instance) {
        take(account.into());
    }
    if let Some(dashboard) = dashboard::build(instance) {
        take(dashboard.into());
    }
    take(Part::Scripts(config_map::scripts_metadata(instance)));
    take(config_map::configuration(instance, texts).into());
    service::of_pods(instance, Component::Server, |service| take(service.into()));
    for service in service::master(instance).into_iter().chain(service::read(instance)) {
        take(service.into());
    }
    take(service::sentinel(instance).into());
    service::of_pods(instance, Component::Sentinel, |service| take(service.into()));
    let proxy = proxies.as_ref().map(|_| Component::Proxy);
    if let Some(proxies) = proxies {
        take(proxies.into());
    }
    for (component, checksum) in checksums {
        take(stateful_set::build(instance, component, checksum).into());
    }
    // In the order of their names.
    let components = [Some(Component::Server), proxy, Some(Component::Sentinel)].into_iter().flatten();
    for budget in components.filter_map(|component| disruption_budget::build(instance, component)) {
        take(budget.into());
    }
    if let Some(certificate) = certificate::build(instance) {
        take(certificate.into());
    }
    if let Some(policy) = network_policy::build(instance) {
        take(policy.into());
    }
    if let Some(monitor) = monitor::of_pods(instance) {
        take(monitor.into());
    }
    if let Some(alerts) = alerts::build(instance) {
        take(alerts.into());
    }
    if let Some(monitor) = monitor::of_services(instance) {
        take(monitor.into());
    }
}
