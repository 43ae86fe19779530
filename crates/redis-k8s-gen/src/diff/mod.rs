//! What changes from one side to another, and what happens when it is applied.
//!
//! A side is documents, renderings or what a cluster has, in any mix (`side`); `compare` finds where objects differ, `effect` what
//! becomes of it, `print` says it.

mod compare;
mod effect;
mod print;
mod side;

use std::borrow::Cow;
use std::collections::BTreeMap;

use redis_k8s::ApiVersion;
use serde_json::{Value, json};

pub use compare::{Difference, Path};
pub(crate) use compare::{differences, text_of};
pub use effect::{Effect, Outcome};

use self::side::{INSTANCE, Item, Side, may_be_one};
use crate::document::{self, Loaded, Source};

/// What changes from one side to another.
#[derive(Debug)]
pub struct Diff {
    documents: Vec<(String, Vec<Difference>)>,
    objects: Vec<Printed>,
    effects: Vec<Effect>,
    is_blind: bool,
    unseen: Vec<String>,
}

/// An object that changes, as it is told.
#[derive(Debug)]
struct Printed {
    title: String,
    api_version: String,
    kind: String,
    namespace: String,
    name: String,
    change: Change,
}

/// How an object changes.
#[derive(Debug, Clone, PartialEq)]
enum Change {
    Added,
    Removed,
    Changed(Vec<Difference>),
}

/// An object that changes.
#[derive(Debug)]
struct ObjectChange<'a> {
    old: Option<&'a Item>,
    new: Option<&'a Item>,
    change: Change,
}

impl ObjectChange<'_> {
    fn item(&self) -> Option<&Item> {
        self.new.or(self.old)
    }

    fn text(&self, pointer: &str) -> &str {
        self.item().map_or("", |item| item.text(pointer))
    }

    fn kind(&self) -> &str {
        self.text("/kind")
    }

    fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// The one that is said by either side.
    fn namespace(&self) -> &str {
        [self.new, self.old].into_iter().flatten().map(Item::namespace).find(|it| !it.is_empty()).unwrap_or_default()
    }

    fn title(&self) -> String {
        format!("{} {}", self.kind(), self.name())
    }

    /// As kubectl takes it.
    fn id(&self) -> String {
        format!("{} {}", self.kind().to_ascii_lowercase(), self.name())
    }

    /// The change without values that nobody should see.
    fn masked(self) -> Change {
        let is_secret = self.kind() == "Secret";
        let mut change = self.change;
        if let Change::Changed(found) = &mut change {
            let hide = |value: &mut Option<Value>| *value = value.take().map(|_| "(hidden)".into());
            found.iter_mut().filter(|_| is_secret).for_each(|it| {
                hide(&mut it.old);
                hide(&mut it.new);
            });
        }
        change
    }

    fn differences(&self) -> &[Difference] {
        match &self.change {
            Change::Changed(differences) => differences,
            Change::Added | Change::Removed => &[],
        }
    }

    /// True if something at or below this path differs.
    fn changes(&self, path: &str) -> bool {
        self.differences().iter().any(|it| it.path.is_below(path))
    }

    /// True if a difference is about this key.
    fn has_key(&self, key: &str) -> bool {
        self.differences().iter().any(|it| it.path.keys().any(|found| found == key))
    }
}

impl Diff {
    /// What changes from `old` to `new`, whose file has this name and whose documents are rendered for `target`.
    #[must_use]
    pub fn new(old: Loaded, new: Loaded, name: &str, target: ApiVersion) -> Self {
        // A run book is pasted into a shell, where standard input is not there any more.
        let name =
            if name == "-" { Cow::Borrowed("FILE") } else { shlex::try_quote(name).unwrap_or(Cow::Borrowed("FILE")) };
        let apply = if new.objects.is_empty() {
            let option = if target == ApiVersion::AppsV1 { String::new() } else { format!("--api-version {target} ") };
            format!("redis-k8s-gen render {option}{name} | kubectl apply -f -")
        } else {
            format!("kubectl apply -f {name}")
        };
        let (old, new) = (Side::new(old), Side::new(new));
        let (changes, unseen): (Vec<_>, Vec<_>) =
            changes(&old, &new).into_iter().partition(|change| missing(change, &old, &new).1.is_empty());
        let unseen = not_compared(&unseen, &old, &new);
        let effects = effect::of(&changes, &apply);
        let mut unsaid = old.items.iter().filter(|item| item.is_live && item.applied.is_none());
        let is_blind = unsaid.any(|item| new.find(item).is_some());
        let printed = |change: ObjectChange<'_>| Printed {
            title: change.title(),
            api_version: change.text("/apiVersion").to_owned(),
            kind: change.kind().to_owned(),
            namespace: change.namespace().to_owned(),
            name: change.name().to_owned(),
            change: change.masked(),
        };
        let documents = if changes.is_empty() { Vec::new() } else { documents(&old, &new) };
        Self { documents, objects: changes.into_iter().map(printed).collect(), effects, is_blind, unseen }
    }

    /// What changes from one document for `apps/v1` to another; nothing where one of them has an error.
    #[must_use]
    pub fn of_documents(old: &Value, new: &Value) -> Self {
        let side = |document: &Value| {
            let source = Source::new("document", document.to_string());
            document::load_with_objects(vec![source], &[], ApiVersion::AppsV1)
        };
        Self::new(side(old), side(new), "NEW", ApiVersion::AppsV1)
    }

    /// True if nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// True if a cluster's objects do not say what was applied last, so that fields that are no longer rendered may not be seen.
    #[must_use]
    pub fn is_blind(&self) -> bool {
        self.is_blind
    }

    /// What is not compared, a sentence for each instance of which a side has only a part.
    #[must_use]
    pub fn unseen(&self) -> &[String] {
        &self.unseen
    }

    /// True if sets of pods come that the old side has not.
    #[must_use]
    pub fn is_another_instance(&self) -> bool {
        self.objects.iter().any(|object| object.kind == "StatefulSet" && object.change == Change::Added)
    }

    /// What happens when the new side is applied, worst first.
    #[must_use]
    pub fn effects(&self) -> &[Effect] {
        &self.effects
    }

    /// For machines.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let fields = |differences: &[Difference]| -> Vec<Value> {
            differences.iter().map(|it| json!({"path": it.path, "old": it.old, "new": it.new})).collect()
        };
        let documents = self.documents.iter().map(|(name, found)| json!({"name": name, "fields": fields(found)}));
        let objects = self.objects.iter().map(|object| {
            let (change, found) = match &object.change {
                Change::Added => ("added", Vec::new()),
                Change::Removed => ("removed", Vec::new()),
                Change::Changed(found) => ("changed", fields(found)),
            };
            json!({
                "apiVersion": object.api_version, "kind": object.kind, "namespace": object.namespace, "name": object.name,
                "change": change, "fields": found,
            })
        });
        json!({
            "documents": documents.collect::<Vec<_>>(), "objects": objects.collect::<Vec<_>>(), "effects": self.effects,
            "unseen": self.unseen,
        })
    }
}

/// The fields of documents that both sides have.
fn documents(old: &Side, new: &Side) -> Vec<(String, Vec<Difference>)> {
    let value = |document: &redis_k8s::Redis| serde_json::to_value(document).unwrap_or_default();
    let pairs = new.documents.iter().filter_map(|document| {
        let same = |other: &&redis_k8s::Redis| {
            other.metadata.name == document.metadata.name && may_be_one(namespace_of(other), namespace_of(document))
        };
        let found = differences(&value(old.documents.iter().find(same)?), &value(document), &|_| false);
        (!found.is_empty()).then(|| (document.metadata.name.to_string(), found))
    });
    pairs.collect()
}

fn namespace_of(document: &redis_k8s::Redis) -> &str {
    document.metadata.namespace.as_ref().map_or("", AsRef::as_ref)
}

/// The objects that differ: those of the new side in its order, then what only the old one has.
fn changes<'a>(old: &'a Side, new: &'a Side) -> Vec<ObjectChange<'a>> {
    let mut changes = Vec::new();
    for item in &new.items {
        let before = old.find(item);
        let change = match before {
            None => Change::Added,
            Some(before) => Change::Changed(differ(before, item)),
        };
        if change != Change::Changed(Vec::new()) {
            changes.push(ObjectChange { old: before, new: Some(item), change });
        }
    }
    let gone = old.items.iter().filter(|item| item.is_ours && new.find(item).is_none());
    changes.extend(gone.map(|item| ObjectChange { old: Some(item), new: None, change: Change::Removed }));
    changes
}

/// The side without the object of a change, and the kinds it lacks if it has only a part of the instance.
fn missing<'a>(change: &ObjectChange<'a>, old: &'a Side, new: &'a Side) -> (&'static str, &'a [&'static str]) {
    match (change.old, change.new) {
        (None, Some(item)) => ("old", old.missing(item)),
        (Some(item), None) => ("new", new.missing(item)),
        _ => ("", &[]),
    }
}

fn not_compared(unseen: &[ObjectChange<'_>], old: &Side, new: &Side) -> Vec<String> {
    let mut parts: BTreeMap<_, usize> = BTreeMap::new();
    for change in unseen {
        *parts.entry((change.text(INSTANCE), missing(change, old, new))).or_default() += 1;
    }
    let told = parts.into_iter().map(|((instance, (side, kinds)), count)| {
        let objects = if count == 1 { "1 object is".to_owned() } else { format!("{count} objects are") };
        format!("the {side} side has no {} of {instance}: {objects} not compared", kinds.join(" and no "))
    });
    told.collect()
}

fn differ(old: &Item, new: &Item) -> Vec<Difference> {
    // Of what only a cluster has, kubectl takes away what it applied itself; else what people put into these mappings is told.
    let is_default = |path: &Path| {
        let parent = path.keys().rev().nth(1);
        !["data", "matchLabels", "nodeSelector", "limits", "requests"].into_iter().any(|key| parent == Some(key))
    };
    let applied = old.applied.as_ref().map(|applied| differences(applied, &new.value, &|_| false));
    let stays = |path: &Path| match &applied {
        Some(applied) => !applied.iter().any(|it| it.new.is_none() && it.path == *path),
        None => old.is_live && is_default(path),
    };
    let mut found = differences(&old.value, &new.value, &stays);
    if new.is_live {
        found.retain(|it| it.old.is_some() || !is_default(&it.path));
    }
    // Who says no namespace means that of the other.
    found.retain(|it| !it.path.is_below("metadata.namespace") && !it.path.is_below("apiVersion"));
    found
}
