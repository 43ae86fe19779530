//! The pods of a set: where they run, as whom, and what restarts them.

use k8s_openapi::api::core::v1::{
    Affinity, AppArmorProfile, LocalObjectReference, NodeAffinity, NodeSelector, NodeSelectorRequirement,
    NodeSelectorTerm, PodAffinity, PodAffinityTerm, PodAntiAffinity, PodDNSConfig, PodDNSConfigOption,
    PodSecurityContext, PodSpec, PodTemplateSpec, PreferredSchedulingTerm, SeccompProfile, Sysctl, Toleration,
    TopologySpreadConstraint, WeightedPodAffinityTerm,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::metadata::{labels, marks_of, selector, some};
use super::{container, exporter, monitor, volume};
use crate::instance::{Component, Instance};
use crate::model::{
    self, FsGroupChangePolicy, Labels, NodeExpression, NodeOperator, NodeTerm, PodTerm, ProfileType, RedisSpec,
    Scheduling, SecurityProfile, Spread, SpreadPolicy, TolerationEffect, TolerationOperator, defaults,
};
use crate::value::{LabelKey, ObjectName};

/// Changes when a configuration does that a running process would not take up, and so restarts the pods once.
const CHECKSUM: &str = "redis-k8s-gen.dev/config-checksum";
/// Sentinels and proxies have nothing to hand over.
const SHORT_GRACE_PERIOD: i64 = 10;

pub(super) fn build(instance: Instance<'_>, component: Component, checksum: String) -> PodTemplateSpec {
    let spec = &instance.redis.spec;
    let extension = spec.extension.as_deref().filter(|_| component == Component::Server);
    let mut pod_labels = spec.pod_labels.as_ref().map(marks_of).unwrap_or_default();
    pod_labels.extend(labels(instance, Some(component)));
    let mut annotations = marks_of(&instance.redis.metadata.annotations);
    annotations.extend(monitor::annotations(instance, component));
    annotations.retain(|key, _| !is_of_a_deployer(key));
    annotations.extend(spec.pod_annotations.as_ref().map(marks_of).unwrap_or_default());
    annotations.insert(CHECKSUM.to_owned(), checksum);
    if extension.is_some_and(|asked| asked.containers.as_ref().is_some_and(|list| !list.is_empty())) {
        // Whose logs and shell kubectl means.
        annotations.insert("kubectl.kubernetes.io/default-container".to_owned(), "redis".to_owned());
    }
    let mut init_containers: Vec<_> = exporter::build(instance, component).into_iter().collect();
    let more = extension.and_then(|asked| asked.init_containers.as_deref());
    init_containers.extend(more.map(container::hardened).unwrap_or_default());
    let scheduling = instance.scheduling(component);
    let mut volumes = volume::volumes(instance, component);
    volumes.extend(extension.and_then(|asked| asked.volumes.clone()).unwrap_or_default());
    PodTemplateSpec {
        metadata: Some(ObjectMeta { annotations: Some(annotations), labels: Some(pod_labels), ..Default::default() }),
        spec: Some(PodSpec {
            affinity: affinity(selector(instance, component), scheduling, Spread::Preferred),
            automount_service_account_token: Some(false),
            containers: std::iter::once(container::build(instance, component))
                .chain(
                    extension
                        .and_then(|asked| asked.containers.as_deref())
                        .map(container::hardened)
                        .unwrap_or_default(),
                )
                .collect(),
            dns_config: Some(dns_config()),
            // The variables of every Service of the namespace are none of ours.
            enable_service_links: Some(false),
            host_users: host_users(spec),
            image_pull_secrets: image_pull_secrets(spec),
            init_containers: Some(init_containers).filter(|all| !all.is_empty()),
            node_selector: scheduling
                .and_then(|scheduling| scheduling.node_selector.as_ref())
                .filter(|labels| !labels.is_empty())
                .map(marks_of),
            priority_class_name: name(scheduling, |scheduling| scheduling.priority_class.as_ref()),
            runtime_class_name: name(scheduling, |scheduling| scheduling.runtime_class.as_ref()),
            scheduler_name: name(scheduling, |scheduling| scheduling.scheduler.as_ref()),
            security_context: Some(security_context(instance)),
            service_account_name: Some(instance.service_account_name().to_owned()),
            termination_grace_period_seconds: Some(match component {
                Component::Server => {
                    i64::try_from(instance.termination_grace_period().as_secs_rounded_up()).unwrap_or(i64::MAX)
                }
                Component::Sentinel | Component::Proxy => SHORT_GRACE_PERIOD,
            }),
            tolerations: tolerations(scheduling),
            topology_spread_constraints: spread_zones(selector(instance, component), scheduling, Spread::Preferred),
            volumes: Some(volumes),
            ..Default::default()
        }),
    }
}

/// True for annotations by which who deploys objects keeps book of them. They say nothing of pods, and change without a reason to
/// restart any: Helm's post-renderers write the name of a file.
fn is_of_a_deployer(key: &str) -> bool {
    const DEPLOYERS: &[&str] = &[
        "argocd.argoproj.io",
        "config.kubernetes.io",
        "helm.sh",
        "internal.config.kubernetes.io",
        "kustomize.toolkit.fluxcd.io",
        "meta.helm.sh",
        "postrenderer.helm.sh",
    ];
    key.split_once('/').is_some_and(|(prefix, _)| DEPLOYERS.contains(&prefix))
}

/// A look-up that gets no answer is repeated after 1 s, not after the 5 s of the C library: longer than 2 s in its event loop
/// puts a sentinel into TILT for 30 s (<https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/#tilt-mode>).
pub(super) fn dns_config() -> PodDNSConfig {
    let option = |name: &str, value: Option<&str>| PodDNSConfigOption {
        name: Some(name.to_owned()),
        value: value.map(str::to_owned),
    };
    PodDNSConfig {
        options: Some(vec![
            option("timeout", Some("1")),
            // Two questions from one port at once are what kernels lose answers to.
            option("single-request-reopen", None),
        ]),
        ..Default::default()
    }
}

pub(crate) fn name(scheduling: Option<&Scheduling>, field: fn(&Scheduling) -> Option<&ObjectName>) -> Option<String> {
    scheduling.and_then(field).map(ToString::to_string)
}

/// On which nodes, and with which pods.
pub(crate) fn affinity(selector: LabelSelector, scheduling: Option<&Scheduling>, spread: Spread) -> Option<Affinity> {
    let near = scheduling.and_then(|scheduling| scheduling.pod_affinity.as_deref());
    let affinity = Affinity {
        node_affinity: scheduling.and_then(|scheduling| scheduling.node_affinity.as_deref()).and_then(node_affinity),
        pod_affinity: near
            .map(pod_terms)
            .filter(|(required, preferred)| required.is_some() || preferred.is_some())
            .map(|(required, preferred)| PodAffinity {
                preferred_during_scheduling_ignored_during_execution: preferred,
                required_during_scheduling_ignored_during_execution: required,
            }),
        pod_anti_affinity: anti_affinity(selector, scheduling, spread),
    };
    (affinity != Affinity::default()).then_some(affinity)
}

fn node_affinity(asked: &model::NodeAffinity) -> Option<NodeAffinity> {
    let expression = |asked: &NodeExpression| NodeSelectorRequirement {
        key: asked.key.as_ref().map(ToString::to_string).unwrap_or_default(),
        operator: asked.operator.map(NodeOperator::as_str).unwrap_or_default().to_owned(),
        values: asked
            .values
            .as_ref()
            .filter(|values| !values.is_empty())
            .map(|values| values.iter().map(ToString::to_string).collect()),
    };
    let term = |asked: &NodeTerm| NodeSelectorTerm {
        match_expressions: asked.match_expressions.as_ref().map(|asked| asked.iter().map(expression).collect()),
        ..Default::default()
    };
    let preferred =
        |asked: &NodeTerm| PreferredSchedulingTerm { preference: term(asked), weight: weight(asked.weight) };
    let affinity = NodeAffinity {
        preferred_during_scheduling_ignored_during_execution: asked
            .preferred
            .as_ref()
            .filter(|terms| !terms.is_empty())
            .map(|terms| terms.iter().map(preferred).collect()),
        required_during_scheduling_ignored_during_execution: asked
            .required
            .as_ref()
            .map(|terms| NodeSelector { node_selector_terms: terms.iter().map(term).collect() }),
    };
    (affinity != NodeAffinity::default()).then_some(affinity)
}

fn weight(asked: Option<u32>) -> i32 {
    asked.and_then(|weight| i32::try_from(weight).ok()).unwrap_or_default()
}

/// A topology key, or the one there is without a word.
fn topology_key(asked: Option<&LabelKey>, default: &str) -> String {
    asked.map_or(default, LabelKey::as_str).to_owned()
}

type PodTerms = (Option<Vec<PodAffinityTerm>>, Option<Vec<WeightedPodAffinityTerm>>);

/// Pods to be near to, or away from: those required, and those preferred.
fn pod_terms(asked: &model::PodAffinity) -> PodTerms {
    let select = |labels: &Labels| LabelSelector { match_labels: some(marks_of(labels)), ..Default::default() };
    let term = |asked: &PodTerm| PodAffinityTerm {
        label_selector: Some(asked.pods.as_ref().map(select).unwrap_or_default()),
        namespace_selector: asked.namespaces.as_ref().map(select),
        topology_key: topology_key(asked.topology_key.as_ref(), defaults::NODE_TOPOLOGY_KEY),
        ..Default::default()
    };
    let weighted =
        |asked: &PodTerm| WeightedPodAffinityTerm { pod_affinity_term: term(asked), weight: weight(asked.weight) };
    (
        asked
            .required
            .as_ref()
            .map(|terms| terms.iter().map(term).collect::<Vec<_>>())
            .filter(|terms| !terms.is_empty()),
        asked
            .preferred
            .as_ref()
            .map(|terms| terms.iter().map(weighted).collect::<Vec<_>>())
            .filter(|terms| !terms.is_empty()),
    )
}

/// Two pods of a set do not share a node where that can be had.
fn anti_affinity(selector: LabelSelector, scheduling: Option<&Scheduling>, spread: Spread) -> Option<PodAntiAffinity> {
    let asked = scheduling.and_then(|scheduling| scheduling.pod_anti_affinity.as_deref());
    let (mut required, mut preferred) = asked.map(pod_terms).unwrap_or_default();
    let term = PodAffinityTerm {
        label_selector: Some(selector),
        topology_key: topology_key(
            scheduling.and_then(|scheduling| scheduling.node_topology_key.as_ref()),
            defaults::NODE_TOPOLOGY_KEY,
        ),
        ..Default::default()
    };
    match scheduling.and_then(|scheduling| scheduling.spread_nodes).unwrap_or(spread) {
        Spread::None => {}
        Spread::Preferred => {
            preferred
                .get_or_insert_default()
                .insert(0, WeightedPodAffinityTerm { pod_affinity_term: term, weight: 100 });
        }
        Spread::Required => required.get_or_insert_default().insert(0, term),
    }
    let affinity = PodAntiAffinity {
        preferred_during_scheduling_ignored_during_execution: preferred,
        required_during_scheduling_ignored_during_execution: required,
    };
    (affinity != PodAntiAffinity::default()).then_some(affinity)
}

/// Pods of a set are spread over zones where that can be had.
pub(crate) fn spread_zones(
    selector: LabelSelector,
    scheduling: Option<&Scheduling>,
    spread: Spread,
) -> Option<Vec<TopologySpreadConstraint>> {
    let when_unsatisfiable = match scheduling.and_then(|scheduling| scheduling.spread_zones).unwrap_or(spread) {
        Spread::None => return None,
        Spread::Preferred => "ScheduleAnyway",
        Spread::Required => "DoNotSchedule",
    };
    let policy = |field: fn(&Scheduling) -> Option<SpreadPolicy>| {
        scheduling.and_then(field).map(SpreadPolicy::as_str).map(str::to_owned)
    };
    Some(vec![TopologySpreadConstraint {
        label_selector: Some(selector),
        max_skew: 1,
        node_affinity_policy: policy(|scheduling| scheduling.node_affinity_policy),
        node_taints_policy: policy(|scheduling| scheduling.node_taints_policy),
        topology_key: topology_key(
            scheduling.and_then(|scheduling| scheduling.zone_topology_key.as_ref()),
            defaults::ZONE_TOPOLOGY_KEY,
        ),
        when_unsatisfiable: when_unsatisfiable.to_owned(),
        ..Default::default()
    }])
}

pub(crate) fn image_pull_secrets(spec: &RedisSpec) -> Option<Vec<LocalObjectReference>> {
    let secrets = spec.image_pull_secrets.as_ref().filter(|secrets| !secrets.is_empty())?;
    Some(secrets.iter().map(|name| LocalObjectReference { name: name.to_string() }).collect())
}

pub(crate) fn tolerations(scheduling: Option<&Scheduling>) -> Option<Vec<Toleration>> {
    let tolerations = scheduling?.tolerations.as_ref().filter(|tolerations| !tolerations.is_empty())?;
    Some(tolerations.iter().map(toleration).collect())
}

fn toleration(toleration: &model::Toleration) -> Toleration {
    Toleration {
        effect: toleration.effect.map(TolerationEffect::as_str).map(str::to_owned),
        key: toleration.key.as_ref().map(ToString::to_string),
        operator: toleration.operator.map(TolerationOperator::as_str).map(str::to_owned),
        toleration_seconds: toleration
            .toleration_period
            .map(|period| i64::try_from(period.as_secs_rounded_up()).unwrap_or(i64::MAX)),
        // the API server drops an empty one
        value: toleration.value.as_ref().map(ToString::to_string).filter(|value| !value.is_empty()),
    }
}

/// Pod Security "restricted"; on OpenShift the namespace chooses the ids.
pub(crate) fn security_context(instance: Instance<'_>) -> PodSecurityContext {
    let asked = instance.redis.spec.security.as_deref();
    let id = |asked: Option<u32>| (!instance.is_openshift()).then(|| i64::from(asked.unwrap_or(defaults::RUN_AS_ID)));
    PodSecurityContext {
        app_armor_profile: asked.and_then(|security| security.app_armor_profile.as_ref()).map(|asked| {
            AppArmorProfile { localhost_profile: asked.localhost_profile.clone(), type_: profile_type(asked) }
        }),
        fs_group: id(asked.and_then(|security| security.fs_group)),
        // Of a claim with millions of files each start would change the owner of all.
        fs_group_change_policy: asked
            .and_then(|security| security.fs_group_change_policy)
            .or_else(|| {
                let has_claims = Component::ALL.into_iter().any(|component| instance.claim_size(component).is_some());
                has_claims.then_some(FsGroupChangePolicy::OnRootMismatch)
            })
            .map(|policy| policy.as_str().to_owned()),
        run_as_group: id(asked.and_then(|security| security.run_as_group)),
        run_as_non_root: Some(true),
        run_as_user: id(asked.and_then(|security| security.run_as_user)),
        seccomp_profile: Some(asked.and_then(|security| security.seccomp_profile.as_ref()).map_or_else(
            || SeccompProfile { type_: ProfileType::RuntimeDefault.as_str().to_owned(), ..Default::default() },
            |asked| SeccompProfile { localhost_profile: asked.localhost_profile.clone(), type_: profile_type(asked) },
        )),
        supplemental_groups: asked
            .and_then(|security| security.supplemental_groups.as_ref())
            .filter(|groups| !groups.is_empty())
            .map(|groups| groups.iter().copied().map(i64::from).collect()),
        supplemental_groups_policy: asked
            .and_then(|security| security.supplemental_groups_policy)
            .map(|policy| policy.as_str().to_owned()),
        sysctls: asked.and_then(|security| security.sysctls.as_ref()).filter(|asked| !asked.is_empty()).map(|asked| {
            asked.iter().map(|(name, value)| Sysctl { name: name.clone(), value: value.clone() }).collect()
        }),
        ..Default::default()
    }
}

fn profile_type(asked: &SecurityProfile) -> String {
    asked.r#type.unwrap_or(ProfileType::RuntimeDefault).as_str().to_owned()
}

/// Whether the pods have users of the node.
pub(crate) fn host_users(spec: &RedisSpec) -> Option<bool> {
    spec.security.as_deref().and_then(|security| security.host_users)
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::StatefulSet;

    use crate::{ApiVersion, Redis};

    #[test]
    fn annotations_of_deployers_stay_off_the_pods() {
        let mut redis = Redis::new("redis".parse().unwrap());
        for key in ["postrenderer.helm.sh/postrender-filename", "argocd.argoproj.io/sync-wave", "example.com/owner"] {
            redis.metadata.annotations.insert(key.parse().unwrap(), "x".to_owned());
        }
        let manifest = redis.render(ApiVersion::AppsV1).unwrap();
        let set: &StatefulSet = manifest.get("redis").unwrap();
        assert_eq!(set.metadata.annotations.as_ref().unwrap().len(), 3);
        let pods = set.spec.as_ref().unwrap().template.metadata.as_ref().unwrap();
        let keys: Vec<&String> = pods.annotations.as_ref().unwrap().keys().collect();
        assert_eq!(keys, ["example.com/owner", super::CHECKSUM]);
    }
}
