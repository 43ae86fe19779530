//! The two sets of pods. Their lives do not hang on each other, and their pods start in any order.

use k8s_openapi::api::apps::v1::{
    RollingUpdateStatefulSetStrategy, StatefulSet, StatefulSetPersistentVolumeClaimRetentionPolicy, StatefulSetSpec,
    StatefulSetUpdateStrategy,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::metadata::{metadata, selector};
use super::{pod_template, volume};
use crate::instance::{Component, Instance};
use crate::model::{RetentionPolicy, UpdateStrategy, UpdateType};

pub(crate) fn build(instance: Instance<'_>, component: Component, checksum: String) -> StatefulSet {
    let claim = volume::claim(instance, component);
    let storage = instance.redis.spec.storage.as_deref().filter(|_| claim.is_some());
    let omits_replicas = component == Component::Server && instance.redis.spec.omit_replicas == Some(true);
    let retention = |policy: Option<RetentionPolicy>| policy.map(RetentionPolicy::as_str).map(str::to_owned);
    let policy = StatefulSetPersistentVolumeClaimRetentionPolicy {
        when_deleted: storage.and_then(|storage| retention(storage.when_deleted)),
        when_scaled: storage.and_then(|storage| retention(storage.when_scaled)),
    };
    StatefulSet {
        metadata: metadata(instance, instance.set_name(component), Some(component)),
        // Optional in the types of older versions, required in those of 1.37.
        spec: StatefulSetSpec {
            persistent_volume_claim_retention_policy: (policy
                != StatefulSetPersistentVolumeClaimRetentionPolicy::default())
            .then_some(policy),
            // One pod that cannot start must not hold back the others.
            pod_management_policy: Some("Parallel".to_owned()),
            replicas: (!omits_replicas).then(|| i32::try_from(instance.running(component)).unwrap_or(i32::MAX)),
            selector: selector(instance, component),
            service_name: Some(instance.headless_name(component)),
            template: pod_template::build(instance, component, checksum),
            update_strategy: update_strategy(match component {
                Component::Sentinel => instance.sentinel().and_then(|sentinel| sentinel.update_strategy.as_ref()),
                Component::Server | Component::Proxy => instance.redis.spec.update_strategy.as_ref(),
            }),
            volume_claim_templates: claim.map(|claim| vec![claim]),
            ..Default::default()
        }
        .into(),
        ..Default::default()
    }
}

fn update_strategy(asked: Option<&UpdateStrategy>) -> Option<StatefulSetUpdateStrategy> {
    let number = |number: Option<u32>| number.and_then(|number| i32::try_from(number).ok());
    let asked = asked.filter(|asked| **asked != UpdateStrategy::default())?;
    let rolling = RollingUpdateStatefulSetStrategy {
        max_unavailable: number(asked.max_unavailable).map(IntOrString::Int),
        partition: number(asked.partition),
    };
    Some(StatefulSetUpdateStrategy {
        rolling_update: (rolling != RollingUpdateStatefulSetStrategy::default()).then_some(rolling),
        type_: Some(asked.r#type.unwrap_or(UpdateType::RollingUpdate).as_str().to_owned()),
    })
}
