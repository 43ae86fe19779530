//! The StatefulSet controller.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaimVolumeSource, PodTemplateSpec, Volume};

use super::pod::{Birth, Pod};

/// A template and its hash.
#[derive(Debug, Clone)]
pub(crate) struct Revision {
    pub(crate) hash: String,
    pub(super) template: PodTemplateSpec,
}

/// Where a set stands between two templates.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    current: Revision,
    update: Revision,
    /// Pods from this ordinal on are made from the new template; the roll lowers it pod by pod.
    front: u32,
}

/// What the controller wants done.
#[derive(Debug)]
pub(crate) enum Action {
    Create(Box<Birth>),
    Delete(String),
    LoseClaims(String),
}

impl Revision {
    pub(super) fn of(template: PodTemplateSpec) -> Self {
        let mut hasher = DefaultHasher::new();
        serde_json::to_string(&template).unwrap_or_default().hash(&mut hasher);
        Self { hash: format!("{:010x}", hasher.finish() & 0xff_ffff_ffff), template }
    }
}

/// One look at a set: what is to be done now.
pub(crate) fn reconcile(
    set: &StatefulSet,
    progress: &mut Option<Progress>,
    pods: &BTreeMap<String, Arc<Pod>>,
) -> Vec<Action> {
    let Some(spec) = &set.spec else { return Vec::new() };
    let name = set.metadata.name.clone().unwrap_or_default();
    let wanted = u32::try_from(spec.replicas.unwrap_or(1)).unwrap_or(0);
    let latest = Revision::of(spec.template.clone());
    let progress =
        progress.get_or_insert_with(|| Progress { current: latest.clone(), update: latest.clone(), front: 0 });
    let owner = format!("StatefulSet/{name}");
    let ordinal = |pod: &Pod| pod.name.strip_prefix(&format!("{name}-")).and_then(|tail| tail.parse::<u32>().ok());
    let own: BTreeMap<u32, &Arc<Pod>> = pods
        .values()
        .filter(|pod| pod.owner().as_ref() == Some(&owner))
        .filter_map(|pod| Some((ordinal(pod)?, pod)))
        .collect();
    if progress.update.hash != latest.hash {
        progress.update = latest;
        // As `newVersionedStatefulSetPod` has it: whoever comes beyond the pods there are is new.
        progress.front = u32::try_from(own.len()).unwrap_or(u32::MAX);
    }
    let parallel = spec.pod_management_policy.as_deref() == Some("Parallel");
    let settle = Duration::from_secs(u64::try_from(spec.min_ready_seconds.unwrap_or(0)).unwrap_or(0));
    let available = |pod: &Pod| {
        let state = pod.state();
        state.deletion.is_none() && state.ready_since.is_some_and(|since| since.elapsed() >= settle)
    };

    let mut actions = Vec::new();
    // Missing pods, lowest first.
    for ordinal in 0..wanted {
        match own.get(&ordinal) {
            Some(pod) if parallel || available(pod) => {}
            Some(_) => return actions,
            None => {
                let revision = if ordinal < progress.front { &progress.current } else { &progress.update };
                actions.push(Action::Create(Box::new(birth(set, &name, ordinal, revision))));
                if !parallel {
                    return actions;
                }
            }
        }
    }
    // Pods too many, highest first.
    let retention =
        spec.persistent_volume_claim_retention_policy.as_ref().and_then(|policy| policy.when_scaled.as_deref());
    for (ordinal, pod) in own.range(wanted..).rev() {
        if !pod.terminating() {
            actions.push(Action::Delete(pod.name.clone()));
            if retention == Some("Delete") {
                actions.push(Action::LoseClaims(format!("{name}-{ordinal}")));
            }
        }
        if !parallel {
            return actions;
        }
    }
    if !actions.is_empty()
        || spec.update_strategy.as_ref().and_then(|update| update.type_.as_deref()) == Some("OnDelete")
    {
        return actions;
    }
    // The roll: highest first, and the next only when this one is ready.
    let partition = spec.update_strategy.as_ref().and_then(|update| update.rolling_update.as_ref()?.partition);
    let lowest = u32::try_from(partition.unwrap_or(0)).unwrap_or(0);
    for (ordinal, pod) in own.range(lowest..wanted).rev() {
        if pod.revision != progress.update.hash && !pod.terminating() {
            progress.front = *ordinal;
            actions.push(Action::Delete(pod.name.clone()));
            return actions;
        }
        if !available(pod) {
            return actions;
        }
    }
    if lowest == 0 && own.len() == wanted as usize {
        progress.current = progress.update.clone();
        progress.front = 0;
    }
    actions
}

fn birth(set: &StatefulSet, set_name: &str, ordinal: u32, revision: &Revision) -> Birth {
    let template = revision.template.clone();
    let metadata = template.metadata.unwrap_or_default();
    let name = format!("{set_name}-{ordinal}");
    let mut labels = metadata.labels.unwrap_or_default();
    labels.insert("statefulset.kubernetes.io/pod-name".to_owned(), name.clone());
    labels.insert("apps.kubernetes.io/pod-index".to_owned(), ordinal.to_string());
    labels.insert("controller-revision-hash".to_owned(), format!("{set_name}-{}", revision.hash));
    let mut spec = template.spec.unwrap_or_default();
    spec.hostname = Some(name.clone());
    spec.subdomain = set.spec.as_ref().and_then(|spec| spec.service_name.clone());
    for claim in set.spec.iter().flat_map(|spec| spec.volume_claim_templates.iter().flatten()) {
        let claim_template = claim.metadata.name.clone().unwrap_or_default();
        let claim_name = format!("{claim_template}-{name}");
        let source = PersistentVolumeClaimVolumeSource { claim_name, read_only: None };
        let volume = Volume { name: claim_template, persistent_volume_claim: Some(source), ..Volume::default() };
        spec.volumes.get_or_insert_default().push(volume);
    }
    Birth {
        name,
        namespace: set.metadata.namespace.clone().unwrap_or_else(|| "default".to_owned()),
        uid: 0,
        labels,
        annotations: metadata.annotations.unwrap_or_default(),
        spec,
        owner: Some(format!("StatefulSet/{set_name}")),
        revision: revision.hash.clone(),
    }
}
