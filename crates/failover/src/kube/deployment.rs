//! The Deployment controller and its `ReplicaSets`, as far as a rolling update with `maxSurge` 0 and `maxUnavailable` 1 goes.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::apps::v1::Deployment;

use super::pod::{Birth, Pod};
use super::replication_controller::generated;
use super::settings::Random;
use super::stateful_set::{Action, Revision};

/// One look at a Deployment: makes what is missing, takes away what is too much, then replaces old pods one at a time.
pub(crate) fn reconcile(deployment: &Deployment, pods: &BTreeMap<String, Arc<Pod>>, random: &Random) -> Vec<Action> {
    let Some(spec) = &deployment.spec else { return Vec::new() };
    let name = deployment.metadata.name.clone().unwrap_or_default();
    let owner = format!("Deployment/{name}");
    let latest = Revision::of(spec.template.clone());
    let wanted = usize::try_from(spec.replicas.unwrap_or(1)).unwrap_or(0);
    let mut own: Vec<_> =
        pods.values().filter(|pod| pod.owner().as_ref() == Some(&owner) && !pod.terminating()).collect();
    // Old ones first, and of those the ones that are not ready.
    own.sort_by_key(|pod| (pod.revision == latest.hash, pod.ready(), pod.uid));
    let delete = |pod: &&Arc<Pod>| Action::Delete(pod.name.clone());
    if own.len() < wanted {
        let birth = |_| {
            let metadata = latest.template.metadata.clone().unwrap_or_default();
            Action::Create(Box::new(Birth {
                name: generated(&name, random),
                namespace: deployment.metadata.namespace.clone().unwrap_or_else(|| "default".to_owned()),
                uid: 0,
                labels: metadata.labels.unwrap_or_default(),
                annotations: metadata.annotations.unwrap_or_default(),
                spec: latest.template.spec.clone().unwrap_or_default(),
                owner: Some(owner.clone()),
                revision: latest.hash.clone(),
            }))
        };
        return (own.len()..wanted).map(birth).collect();
    }
    if own.len() > wanted {
        return own.iter().take(own.len() - wanted).map(delete).collect();
    }
    let others_serve = own.iter().skip(1).all(|pod| pod.ready());
    own.first().filter(|pod| pod.revision != latest.hash && others_serve).map(delete).into_iter().collect()
}
