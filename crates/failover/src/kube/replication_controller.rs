//! The `ReplicationController` of a cluster of today: one owner for each pod.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::core::v1::ReplicationController;

use super::pod::{Birth, Pod};
use super::settings::Random;
use super::stateful_set::Action;

/// Letters and digits of generated names, as the API server picks them.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// A name that a controller makes for a pod.
pub(super) fn generated(owner: &str, random: &Random) -> String {
    let letters = (0..5).filter_map(|_| random.pick(LETTERS)).map(|letter| char::from(*letter));
    format!("{owner}-{}", letters.collect::<String>())
}

/// One look at a controller: adopts orphans its selector matches, then says what is missing or too much.
pub(crate) fn reconcile(
    controller: &ReplicationController,
    pods: &BTreeMap<String, Arc<Pod>>,
    random: &Random,
) -> Vec<Action> {
    let Some(spec) = &controller.spec else { return Vec::new() };
    let name = controller.metadata.name.clone().unwrap_or_default();
    let owner = format!("ReplicationController/{name}");
    let selector = spec.selector.clone().unwrap_or_default();
    let mut own = Vec::new();
    for pod in pods.values().filter(|pod| !pod.terminating()) {
        let matches = selector.iter().all(|(key, value)| pod.labels.get(key) == Some(value));
        // A pod somebody owns is left alone, whoever's selector matches it.
        if matches && !selector.is_empty() && pod.adopt(&owner) {
            own.push(pod);
        }
    }
    let wanted = usize::try_from(spec.replicas.unwrap_or(1)).unwrap_or(0);
    let mut actions: Vec<Action> = (own.len()..wanted)
        .filter_map(|_| {
            let template = spec.template.clone()?;
            let metadata = template.metadata.unwrap_or_default();
            Some(Action::Create(Box::new(Birth {
                name: generated(&name, random),
                namespace: controller.metadata.namespace.clone().unwrap_or_else(|| "default".to_owned()),
                uid: 0,
                labels: metadata.labels.unwrap_or_default(),
                annotations: metadata.annotations.unwrap_or_default(),
                spec: template.spec.unwrap_or_default(),
                owner: Some(owner.clone()),
                revision: String::new(),
            })))
        })
        .collect();
    // Too many: those that are not ready go first, then the youngest.
    own.sort_by_key(|pod| (pod.ready(), std::cmp::Reverse(pod.uid)));
    let excess = own.len().saturating_sub(wanted);
    actions.extend(own.into_iter().take(excess).map(|pod| Action::Delete(pod.name.clone())));
    actions
}
