//! One side of a comparison: documents as what they render, and objects as a file or a cluster has them.

use std::collections::HashMap;

use redis_k8s::{Checked, Redis};
use serde_json::{Map, Value};

use super::compare::pruned;
use crate::document::Loaded;

/// Where `kubectl apply` keeps what was applied.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// What the API server adds to metadata.
const SERVED_METADATA: [&str; 8] = [
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
];

/// An object, and how it was come by.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) value: Value,
    /// True if it is as a cluster has it, defaults of the API server included.
    pub(super) is_live: bool,
    /// What `kubectl apply` sent last.
    pub(super) applied: Option<Value>,
    /// True if this tool rendered it, and nobody else made it.
    pub(super) is_ours: bool,
}

/// Everything one side has.
#[derive(Debug, Default)]
pub(super) struct Side {
    pub(super) documents: Vec<Redis>,
    pub(super) items: Vec<Item>,
    /// Where the items of a kind, group and name are.
    places: HashMap<[String; 3], Vec<usize>>,
    instances: HashMap<String, Vec<(String, Vec<&'static str>)>>,
}

/// Where the label stands that says which instance an object is of.
pub(super) const INSTANCE: &str = "/metadata/labels/app.kubernetes.io~1instance";
/// Kinds of which every instance of `apps/v1` has an object.
const KINDS: [&str; 3] = ["ConfigMap", "Service", "StatefulSet"];

impl Side {
    pub(super) fn new(loaded: Loaded) -> Self {
        let rendered = loaded.documents.iter().flat_map(Checked::manifest).map(Value::from);
        let rendered = rendered.map(|value| Item { value, is_live: false, applied: None, is_ours: true });
        let read: Vec<_> = loaded.objects.into_iter().map(Item::read).collect();
        let mut side = Self { instances: instances(&read), ..Self::default() };
        for item in rendered.chain(read) {
            let places = side.places.entry(item.key()).or_default();
            // Of two of one name kubectl applies the last one last.
            if let Some(place) = places.iter().find(|place| side.items[**place].namespace() == item.namespace()) {
                side.items[*place] = item;
            } else {
                places.push(side.items.len());
                side.items.push(item);
            }
        }
        side.documents = loaded.documents.into_iter().map(Redis::from).collect();
        side
    }

    /// What this side has of an object; who says no namespace may be in any.
    pub(super) fn find(&self, item: &Item) -> Option<&Item> {
        let places = self.places.get(&item.key())?;
        let mut same = places.iter().map(|place| &self.items[*place]);
        same.find(|other| may_be_one(other.namespace(), item.namespace()))
    }

    /// Kinds that are missing of the instance of an object, if this side has only a part of it.
    pub(super) fn missing(&self, item: &Item) -> &[&'static str] {
        let known = self.instances.get(item.text(INSTANCE));
        let mut same = known.into_iter().flatten().filter(|(namespace, _)| may_be_one(namespace, item.namespace()));
        same.next().map_or(&[], |(_, missing)| missing)
    }
}

/// Of each instance whose objects these are, its namespace and which of the kinds are missing that every instance has.
fn instances(items: &[Item]) -> HashMap<String, Vec<(String, Vec<&'static str>)>> {
    let mut found: HashMap<_, Vec<(String, Vec<&'static str>)>> = HashMap::new();
    for item in items.iter().filter(|item| item.is_ours) {
        let all = found.entry(item.text(INSTANCE).to_owned()).or_default();
        let place = all.iter().position(|(namespace, _)| namespace == item.namespace()).unwrap_or(all.len());
        if place == all.len() {
            all.push((item.namespace().to_owned(), KINDS.to_vec()));
        }
        // The tutorial has others.
        all[place].1.retain(|kind| ![*kind, "ReplicationController"].contains(&item.kind()));
    }
    found
}

impl Item {
    fn read(mut value: Value) -> Self {
        let annotations = value.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut);
        let applied = annotations.and_then(|annotations| annotations.remove(LAST_APPLIED));
        let applied = applied.and_then(|text| serde_json::from_str(text.as_str()?).ok()).map(tidied);
        let metadata = value.get("metadata").and_then(Value::as_object);
        let has = |key: &str| metadata.is_some_and(|metadata| metadata.contains_key(key));
        let is_live = SERVED_METADATA.iter().any(|key| has(key));
        let is_owned = has("ownerReferences");
        let mut item = Self { value: tidied(value), is_live, applied, is_ours: false };
        item.is_ours = !is_owned
            && item.text("/metadata/labels/app.kubernetes.io~1managed-by") == "redis-k8s-gen"
            && !["Secret", "PersistentVolumeClaim", "Pod"].contains(&item.kind());
        item
    }

    pub(super) fn text(&self, pointer: &str) -> &str {
        self.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn kind(&self) -> &str {
        self.text("/kind")
    }

    pub(super) fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    pub(super) fn namespace(&self) -> &str {
        self.text("/metadata/namespace")
    }

    fn group(&self) -> &str {
        self.text("/apiVersion").split_once('/').map_or("", |(group, _)| group)
    }

    /// What it is, wherever it is.
    fn key(&self) -> [String; 3] {
        [self.kind(), self.group(), self.name()].map(str::to_owned)
    }
}

/// True if two namespaces are one, or one of them is not said.
pub(super) fn may_be_one(namespace: &str, other: &str) -> bool {
    namespace == other || namespace.is_empty() || other.is_empty()
}

/// Without what the API server adds, and without an empty mapping of annotations that leaves.
fn tidied(value: Value) -> Value {
    let mut value = pruned(value);
    let Some(object) = value.as_object_mut() else { return value };
    object.remove("status");
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|key, _| !SERVED_METADATA.contains(&key.as_str()));
        if metadata.get("annotations").and_then(Value::as_object).is_some_and(Map::is_empty) {
            metadata.remove("annotations");
        }
    }
    value
}
