//! The objects a user applies, as the API server keeps them.

use std::collections::BTreeMap;
use std::io;

use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{ConfigMap, Pod, ReplicationController, Secret, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use serde_json::Value;

/// Everything that was applied, by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Objects {
    pub(crate) deployments: BTreeMap<String, Deployment>,
    pub(crate) stateful_sets: BTreeMap<String, StatefulSet>,
    pub(crate) replication_controllers: BTreeMap<String, ReplicationController>,
    pub(crate) pods: BTreeMap<String, Pod>,
    pub(crate) services: BTreeMap<String, Service>,
    pub(crate) config_maps: BTreeMap<String, ConfigMap>,
    pub(crate) secrets: BTreeMap<String, Secret>,
    pub(crate) policies: BTreeMap<String, NetworkPolicy>,
}

impl Objects {
    /// Reads what `render -o json` prints: a List, or one object.
    pub(crate) fn read(json: &str) -> io::Result<Self> {
        let value: Value = serde_json::from_str(json)?;
        let mut objects = Self::default();
        match value.get("items").and_then(Value::as_array) {
            Some(items) => items.iter().try_for_each(|item| objects.add(item.clone()))?,
            None => objects.add(value)?,
        }
        Ok(objects)
    }

    fn add(&mut self, value: Value) -> io::Result<()> {
        let text = |path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (kind, name) = (text("/kind"), text("/metadata/name"));
        match kind.as_str() {
            "Deployment" => self.deployments.insert(name, serde_json::from_value(value)?).map(drop),
            "StatefulSet" => self.stateful_sets.insert(name, serde_json::from_value(value)?).map(drop),
            "ReplicationController" => {
                self.replication_controllers.insert(name, serde_json::from_value(value)?).map(drop)
            }
            "Pod" => self.pods.insert(name, serde_json::from_value(value)?).map(drop),
            "Service" => self.services.insert(name, serde_json::from_value(value)?).map(drop),
            "ConfigMap" => self.config_maps.insert(name, serde_json::from_value(value)?).map(drop),
            "Secret" => self.secrets.insert(name, serde_json::from_value(value)?).map(drop),
            "NetworkPolicy" => self.policies.insert(name, serde_json::from_value(value)?).map(drop),
            // Nothing here evicts pods or asks the API server, so these have nothing to do.
            "PodDisruptionBudget" | "ServiceAccount" | "Namespace" => None,
            other => return Err(io::Error::other(format!("the proving ground does not know the kind {other}"))),
        };
        Ok(())
    }

    /// Takes over what another set of objects says, as `kubectl apply` does: nothing is deleted.
    pub(crate) fn apply(&mut self, other: Self) {
        self.deployments.extend(other.deployments);
        self.stateful_sets.extend(other.stateful_sets);
        self.replication_controllers.extend(other.replication_controllers);
        self.pods.extend(other.pods);
        self.services.extend(other.services);
        self.config_maps.extend(other.config_maps);
        self.secrets.extend(other.secrets);
        self.policies.extend(other.policies);
    }
}

/// A `ConfigMap` with these entries.
pub(crate) fn config_map(name: &str, data: BTreeMap<String, String>) -> Objects {
    let mut object = ConfigMap { data: Some(data), ..ConfigMap::default() };
    object.metadata.name = Some(name.to_owned());
    Objects { config_maps: BTreeMap::from([(name.to_owned(), object)]), ..Objects::default() }
}

/// A Secret with these entries.
pub(crate) fn secret(name: &str, entries: &[(&str, &[u8])]) -> Objects {
    let data =
        entries.iter().map(|(key, value)| ((*key).to_owned(), k8s_openapi::ByteString(value.to_vec()))).collect();
    let mut object = Secret { data: Some(data), ..Secret::default() };
    object.metadata.name = Some(name.to_owned());
    Objects { secrets: BTreeMap::from([(name.to_owned(), object)]), ..Objects::default() }
}
