//! How many pods a drain may take: one at a time, and an unhealthy pod never blocks it.

use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::metadata::{metadata, selector};
use crate::instance::{Component, Instance};
use crate::model::defaults;

pub(super) fn build(instance: Instance<'_>, component: Component) -> Option<PodDisruptionBudget> {
    let asked = instance.redis.spec.disruption_budget.as_deref();
    if asked.and_then(|budget| budget.enabled) == Some(false) {
        return None;
    }
    let max_unavailable = match component {
        Component::Server => asked.and_then(|budget| budget.max_unavailable).unwrap_or(defaults::MAX_UNAVAILABLE),
        // One is below a minority for three or more, and lets a drain go on with fewer.
        Component::Sentinel | Component::Proxy => 1,
    };
    Some(PodDisruptionBudget {
        metadata: metadata(instance, instance.set_name(component), Some(component)),
        spec: Some(PodDisruptionBudgetSpec {
            max_unavailable: Some(IntOrString::Int(i32::try_from(max_unavailable).unwrap_or(i32::MAX))),
            selector: Some(selector(instance, component)),
            unhealthy_pod_eviction_policy: Some("AlwaysAllow".to_owned()),
            ..Default::default()
        }),
        ..Default::default()
    })
}
