//! How pods are replaced.

use super::rule::rules;
use super::{Check, counted};
use crate::check::at::At;
use crate::check::kubernetes_version::NOT_IN_KUBERNETES;
use crate::instance::Component;
use crate::model::{UpdateStrategy, UpdateType};

rules! { RULES;
    UPDATE_TAKES_TOO_MANY = Error "update-takes-too-many", "`updateStrategy.maxUnavailable` is 0, or leaves fewer servers than a write needs or fewer sentinels than elect a master",
        "the API server refuses 0; with more away nobody accepts writes, or nobody can be elected, while the pods are replaced";
    UPDATE_SETTINGS_OF_ON_DELETE = Error "update-settings-of-on-delete", "`updateStrategy` has the type OnDelete and settings of RollingUpdate",
        "the API server refuses it: whoever deletes pods chooses them";
    UPDATE_LEAVES_ALL = Warning "update-leaves-all", "`updateStrategy.partition` is not less than the number of pods",
        "no pod is ever replaced: a new image, a new limit or a new certificate path reaches none";
}

pub(super) fn check(check: &mut Check) {
    if let Some(asked) = &check.spec.update_strategy {
        let needed = check.instance.min_replicas_to_write().saturating_add(1);
        let pods = (check.servers, "server", needed);
        updated(check, &At::root("spec.updateStrategy"), asked, pods);
    }
    if let Some(asked) = check.sentinel().and_then(|sentinel| sentinel.update_strategy.as_ref()) {
        let needed = check.instance.quorum().max(crate::model::defaults::majority(check.sentinels));
        let pods = (check.instance.replicas(Component::Sentinel), "sentinel", needed);
        updated(check, &At::root("spec.sentinel.updateStrategy"), asked, pods);
    }
}

/// How these pods are replaced; so many of them are needed all the while.
fn updated(check: &mut Check, path: &At, asked: &UpdateStrategy, (pods, noun, needed): (u32, &str, u32)) {
    if asked.r#type == Some(UpdateType::OnDelete) && (asked.partition.is_some() || asked.max_unavailable.is_some()) {
        check.report(
            UPDATE_SETTINGS_OF_ON_DELETE
                .at(
                    path.field("type"),
                    "with OnDelete somebody chooses the pods by deleting them, one by one or all at once",
                )
                .help("leave out partition and maxUnavailable, or the type"),
        );
    }
    if asked.partition.is_some_and(|partition| partition >= pods) {
        check.report(
            UPDATE_LEAVES_ALL
                .at(path.field("partition"), format!("of {} none is ever replaced", counted(pods, noun)))
                .help(
                    "set it to 0 or leave it out to replace all, or to the number of the lowest that may be replaced",
                ),
        );
    }
    let Some(most) = asked.max_unavailable else { return };
    let path = path.field("maxUnavailable");
    let minor = check.spec.minor();
    if minor < 37 {
        check.report(
            NOT_IN_KUBERNETES
                .at(path, format!("Kubernetes before 1.37 drops maxUnavailable of a StatefulSet, and kubernetesVersion is 1.{minor}"))
                .help("set spec.kubernetesVersion to \"1.37\" if no cluster is older, or leave it out for one at a time"),
        );
    }
    // One at a time is what there is anyway, with one pod or two as well.
    if most != 1 && (most == 0 || pods.saturating_sub(most) < needed) {
        check.report(
            UPDATE_TAKES_TOO_MANY
                .at(path, format!("{most} of {} may be away, and {needed} are needed", counted(pods, noun)))
                .help("leave it out for one at a time"),
        );
    }
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case(
            "update-takes-too-many",
            "spec.updateStrategy.maxUnavailable",
            "spec: {kubernetesVersion: '1.37', replicas: 5, updateStrategy: {maxUnavailable: 4}}",
            "spec: {kubernetesVersion: '1.37', replicas: 5, updateStrategy: {maxUnavailable: 3}}",
        ),
        case(
            "update-takes-too-many",
            "spec.sentinel.updateStrategy.maxUnavailable",
            "spec: {kubernetesVersion: '1.37', sentinel: {replicas: 5, updateStrategy: {maxUnavailable: 3}}}",
            "spec: {kubernetesVersion: '1.37', sentinel: {replicas: 5, updateStrategy: {maxUnavailable: 2}}}",
        ),
        case(
            "not-in-kubernetes",
            "spec.updateStrategy.maxUnavailable",
            "spec: {replicas: 5, updateStrategy: {maxUnavailable: 2}}",
            "spec: {kubernetesVersion: '1.37', replicas: 5, updateStrategy: {maxUnavailable: 2}}",
        ),
        case(
            "update-settings-of-on-delete",
            "spec.updateStrategy.type",
            "spec: {updateStrategy: {type: OnDelete, partition: 1}}",
            "spec: {updateStrategy: {type: RollingUpdate, partition: 1}}",
        ),
        case(
            "update-leaves-all",
            "spec.updateStrategy.partition",
            "spec: {updateStrategy: {partition: 3}}",
            "spec: {updateStrategy: {partition: 2}}",
        ),
        case(
            "update-leaves-all",
            "spec.sentinel.updateStrategy.partition",
            "spec: {sentinel: {updateStrategy: {partition: 3}}}",
            "spec: {sentinel: {updateStrategy: {partition: 0}}}",
        ),
    ]
};
