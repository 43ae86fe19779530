//! What objects have to do with each other.
//!
//! References are judged only where the set holds others of the kind that is named, in the same namespace: somebody who
//! validates one file alone is not told of everything that is in the others.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use redis_k8s::PathStep;

use super::instance::{self, POD_NAME};
use super::metadata::entries;
use super::part::{items, text};
use super::rules::{DUPLICATE_OBJECT, NOT_HEADLESS, NOT_IN_SET, SELECTS_NOTHING, broken};
use super::service::is_headless;
use super::types::Known;
use super::workload::selected;
use crate::document::fault::Fault;
use crate::document::node::{Entry, Node, Origin, shorten};
use crate::document::suggest::nearest;

/// An object as the others need it.
#[derive(Debug)]
pub(in crate::document) struct Object {
    /// True if only its name is known.
    pub(in crate::document) is_foreign: bool,
    /// With its group, if it is a kind that was given.
    kind: Cow<'static, str>,
    pub(super) namespace: Box<str>,
    pub(super) name: Box<str>,
    name_origin: Origin,
    /// The labels of the pods it is or makes.
    pub(super) pods: Option<Texts>,
    /// The labels it selects pods by, and where they stand.
    selector: Option<(Texts, Origin)>,
    references: Box<[Reference]>,
    is_headless: bool,
    /// What it is to an instance.
    pub(super) part: Option<instance::Part>,
}

/// Labels or variables in one text, since a fleet has many: `KEY=VALUE`, each ended by a NUL, which is in none that is valid.
#[derive(Debug)]
pub(super) struct Texts(Box<str>);

impl Texts {
    pub(super) fn of(labels: &[Entry<'_>]) -> Self {
        labels.iter().filter_map(|entry| Some((&*entry.key, entry.value.as_text()?))).collect()
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.split_terminator('\0').filter_map(|pair| pair.split_once('='))
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        // of variables of one name the last counts
        self.0.split_terminator('\0').rev().find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))
    }

    /// True if pods with these labels are selected by them.
    pub(super) fn select(&self, labels: &Self) -> bool {
        self.pairs().all(|(key, value)| labels.get(key) == Some(value))
    }
}

impl<'t> FromIterator<(&'t str, &'t str)> for Texts {
    fn from_iter<I: IntoIterator<Item = (&'t str, &'t str)>>(pairs: I) -> Self {
        let parts: Vec<&str> = pairs.into_iter().flat_map(|(key, value)| [key, "=", value, "\0"]).collect();
        Self(parts.concat().into())
    }
}

/// Where something stands in an object.
#[derive(Debug)]
pub(super) struct Place {
    /// Its path, with a space between steps and `#` for an index.
    steps: &'static str,
    indexes: [usize; 2],
    pub(super) origin: Origin,
}

impl Place {
    pub(super) fn of(root: &Node<'_>, steps: &'static str, index: usize) -> Self {
        let mut place = Self { steps, indexes: [index, 0], origin: root.origin };
        place.origin = root.locate(&place.path());
        place
    }

    fn path(&self) -> Vec<PathStep> {
        let mut indexes = self.indexes.into_iter();
        let step = |step| if step == "#" { indexes.next().unwrap_or_default().into() } else { PathStep::from(step) };
        self.steps.split(' ').map(step).collect()
    }
}

#[derive(Debug)]
struct Reference {
    kind: &'static str,
    name: Box<str>,
    place: Place,
}

/// A fault of one object of a set, by its number, and the place of another that belongs to it.
pub(in crate::document) struct Faulty {
    pub(in crate::document) object: usize,
    pub(in crate::document) fault: Fault,
    pub(in crate::document) other: Option<(usize, Origin)>,
}

impl Object {
    pub(super) fn of(root: &Node<'_>, known: &Known) -> Self {
        let metadata = root.get("metadata");
        let said = |field| metadata.and_then(|metadata| text(metadata, field)).unwrap_or_default().into();
        let is_foreign = known.is_given();
        let kind = if is_foreign { known.full_name().into() } else { known.kind.clone() };
        let spec = root.get("spec").filter(|_| !is_foreign);
        let template = spec.and_then(|spec| spec.get("template"));
        let pods = match &*kind {
            "Pod" => Some(root),
            _ => template,
        };
        let pod_metadata = pods.map(|pods| pods.get("metadata"));
        Self {
            is_foreign,
            namespace: said("namespace"),
            name: said("name"),
            name_origin: root.locate(&["metadata".into(), "name".into()]),
            pods: pod_metadata
                .map(|metadata| Texts::of(metadata.map(|metadata| entries(metadata, "labels")).unwrap_or_default())),
            selector: spec.and_then(|spec| selector_of(root, spec, &kind)),
            references: references(spec, &kind, pods.and_then(|pods| pods.get("spec"))),
            is_headless: spec.is_some_and(is_headless),
            part: instance::Part::of(root, &kind),
            kind,
        }
    }
}

impl Object {
    /// Keeps what is wrong with the pods of an instance until their configuration is known, and gives back the rest: who validates a
    /// set alone may have made another of it.
    pub(super) fn keep_back(&mut self, found: Vec<Fault>) -> Vec<Fault> {
        let Some(instance::Part::Pods(pods)) = &mut self.part else { return found };
        let (kept, rest): (Vec<_>, _) = found.into_iter().partition(instance::is_of_instance);
        pods.faults = kept.into();
        rest
    }

    /// The `ConfigMaps` in a volume of the pods it makes.
    pub(super) fn config_maps(&self, volume: usize) -> impl Iterator<Item = &str> {
        let is_in =
            move |place: &Place| place.steps.starts_with("spec template spec volumes") && place.indexes[0] == volume;
        self.references.iter().filter(move |reference| is_in(&reference.place)).map(|reference| &*reference.name)
    }
}

/// The labels by which a Service, a budget or a policy selects; none if it selects in another way, or everything.
fn selector_of(root: &Node<'_>, spec: &Node<'_>, kind: &str) -> Option<(Texts, Origin)> {
    let selector = spec.get(selector_field(kind))?;
    let labels = match kind {
        "Service" => entries(spec, "selector"),
        "PodDisruptionBudget" => selected(spec).0,
        "NetworkPolicy" => entries(selector, "matchLabels"),
        _ => return None,
    };
    let is_judged = !labels.is_empty() && selector.get("matchExpressions").is_none();
    is_judged.then(|| (Texts::of(labels), root.locate(&["spec".into(), selector_field(kind).into()])))
}

/// The field a kind has its selector at.
fn selector_field(kind: &str) -> &'static str {
    if kind == "NetworkPolicy" { "podSelector" } else { "selector" }
}

/// The name in a reference to what must be there.
fn needed<'n, 't>(reference: Option<&'n Node<'t>>) -> Option<&'n Node<'t>> {
    reference.filter(|reference| text(reference, "optional") != Some("true"))?.get("name")
}

/// The names of other objects in one.
fn references(spec: Option<&Node<'_>>, kind: &str, pods: Option<&Node<'_>>) -> Box<[Reference]> {
    let mut found = Vec::new();
    let mut add = |of: &'static str, name: Option<&Node<'_>>, steps: &'static str, indexes: [usize; 2]| {
        if let Some((name, origin)) = name.and_then(|node| Some((node.as_text()?, node.origin)))
            && !name.is_empty()
        {
            // what is in a template is at the top of a pod
            let steps = steps.strip_prefix("spec template ").filter(|_| kind == "Pod").unwrap_or(steps);
            found.push(Reference { kind: of, name: name.into(), place: Place { steps, indexes, origin } });
        }
    };
    if kind == "StatefulSet" {
        add("Service", spec.and_then(|spec| spec.get("serviceName")), "spec serviceName", [0; 2]);
    }
    let Some(pods) = pods else { return found.into() };
    let account = pods.get("serviceAccountName").filter(|account| account.as_text() != Some("default"));
    add("ServiceAccount", account, "spec template spec serviceAccountName", [0; 2]);
    for (index, volume) in items(pods, "volumes").iter().enumerate() {
        // that with the authority's certificates (`spec.tls.authority`) no rendering makes
        if text(volume, "name") == Some("tls") {
            continue;
        }
        let map = needed(volume.get("configMap"));
        add("ConfigMap", map, "spec template spec volumes # configMap name", [index, 0]);
        let sources = volume.get("projected").map(|projected| items(projected, "sources")).unwrap_or_default();
        for (place, source) in sources.iter().enumerate() {
            let steps = "spec template spec volumes # projected sources # configMap name";
            add("ConfigMap", needed(source.get("configMap")), steps, [index, place]);
        }
    }
    for (list, of_variable, of_source) in [
        (
            "initContainers",
            "spec template spec initContainers # env # valueFrom configMapKeyRef name",
            "spec template spec initContainers # envFrom # configMapRef name",
        ),
        (
            "containers",
            "spec template spec containers # env # valueFrom configMapKeyRef name",
            "spec template spec containers # envFrom # configMapRef name",
        ),
    ] {
        for (index, container) in items(pods, list).iter().enumerate() {
            for (place, variable) in items(container, "env").iter().enumerate() {
                let source = variable.get("valueFrom").and_then(|source| source.get("configMapKeyRef"));
                add("ConfigMap", needed(source), of_variable, [index, place]);
            }
            for (place, source) in items(container, "envFrom").iter().enumerate() {
                add("ConfigMap", needed(source.get("configMapRef")), of_source, [index, place]);
            }
        }
    }
    found.into()
}

/// Numbers of objects by namespace, kind and name.
type ByKind<'a> = HashMap<(&'a str, &'a str), HashMap<&'a str, usize>>;

/// Judges all objects of a run; `is_whole` is false if there were others that could not be read.
pub(in crate::document) fn judge(objects: &[&Object], is_whole: bool) -> Vec<Faulty> {
    let mut faults = Vec::new();
    let mut by_kind = ByKind::new();
    for (number, object) in objects.iter().enumerate() {
        let named = by_kind.entry((&object.namespace, &object.kind)).or_default();
        let first = *named.entry(&object.name).or_insert(number);
        if first != number && !object.name.is_empty() {
            let other = Some((first, objects[first].name_origin));
            faults.push(Faulty { object: number, fault: duplicate(object), other });
        }
    }
    for (number, object) in objects.iter().enumerate() {
        for reference in &object.references {
            let Some(present) = by_kind.get(&(&*object.namespace, reference.kind)) else {
                // who gives the Services of an instance gives what comes with them
                if let Some(instance::Part::Pods(pods)) = &object.part
                    && by_kind.contains_key(&(&object.namespace, "Service"))
                {
                    faults.extend(
                        pods.not_given(reference.kind, &reference.name)
                            .map(|fault| alone(number, placed(fault, &reference.place))),
                    );
                }
                continue;
            };
            match present.get(&*reference.name) {
                None => faults.push(alone(number, not_in_set(reference, present.keys().copied()))),
                Some(service) if reference.kind == "Service" && !objects[*service].is_headless => {
                    let fault = broken(
                        &NOT_HEADLESS,
                        format!("the Service {} has an address of its own", shorten(&reference.name)),
                    )
                    .help("write `clusterIP: None` in its spec, or name another");
                    let fault = placed(fault, &reference.place);
                    let other = Some((*service, objects[*service].name_origin));
                    faults.push(Faulty { object: number, fault, other });
                }
                Some(_) => {}
            }
        }
    }
    faults.extend(instance::judge(objects));
    if is_whole {
        let told: HashSet<usize> = faults.iter().map(|faulty| faulty.object).collect();
        faults.extend(selecting_nothing(objects, &by_kind).into_iter().filter(|faulty| !told.contains(&faulty.object)));
    }
    faults
}

pub(super) fn alone(object: usize, fault: Fault) -> Faulty {
    Faulty { object, fault, other: None }
}

pub(super) fn placed(fault: Fault, place: &Place) -> Fault {
    fault.at(place.origin).under_all(&place.path())
}

fn not_in_set<'a>(reference: &Reference, names: impl Iterator<Item = &'a str>) -> Fault {
    let message = format!("there is no {} {} among the objects given", reference.kind, shorten(&reference.name));
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    let help = match nearest(&reference.name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => {
            "take over the one that was rendered, or make sure that it is in the cluster".to_owned()
        }
        None => format!("there are {}", names.iter().take(5).copied().collect::<Vec<_>>().join(", ")),
    };
    placed(broken(&NOT_IN_SET, message).help(help), &reference.place)
}

fn duplicate(object: &Object) -> Fault {
    let whose = if object.namespace.is_empty() {
        String::new()
    } else {
        format!(" in namespace {}", shorten(&object.namespace))
    };
    let message = format!("the {} {} is there a second time{whose}", object.kind, shorten(&object.name));
    let fault = broken(&DUPLICATE_OBJECT, message).at(object.name_origin).help("keep one of the two");
    fault.under_all(&["metadata".into(), "name".into()])
}

fn selecting_nothing(objects: &[&Object], by_kind: &ByKind<'_>) -> Vec<Faulty> {
    // by namespace and label, since many selectors of a fleet differ
    let mut pods: HashMap<&str, HashMap<(&str, &str), Vec<&Texts>>> = HashMap::new();
    for object in objects {
        if let Some(labels) = &object.pods {
            let by_label = pods.entry(&object.namespace).or_default();
            labels.pairs().for_each(|label| by_label.entry(label).or_default().push(labels));
        }
    }
    let mut faults = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        let (Some((selector, origin)), Some(pods)) = (&object.selector, pods.get(&*object.namespace)) else {
            continue;
        };
        // the index of a pod is its own: a set has as many as it has pods
        let asked = || selector.pairs().filter(|(key, _)| *key != POD_NAME && *key != POD_INDEX);
        let matches = |labels: &Texts| asked().all(|(key, value)| labels.get(key) == Some(value));
        let is_found = if let Some(pod) = selector.get(POD_NAME) {
            let sets = by_kind.get(&(&*object.namespace, "StatefulSet"));
            let set = pod.rsplit_once('-').and_then(|(set, _)| sets?.get(set));
            set.and_then(|set| objects[*set].pods.as_ref()).is_some_and(matches)
        } else {
            let having = asked().map(|label| pods.get(&label).map_or(&[][..], Vec::as_slice));
            having.min_by_key(|having| having.len()).is_none_or(|fewest| fewest.iter().copied().any(matches))
        };
        if !is_found {
            let fault = broken(
                &SELECTS_NOTHING,
                format!("no pods of the objects given have the labels the {} selects", object.kind),
            );
            let fault = fault.help("compare it with the labels of the pod templates").at(*origin);
            let path = ["spec".into(), selector_field(&object.kind).into()];
            faults.push(alone(number, fault.under_all(&path)));
        }
    }
    faults
}

/// A label the StatefulSet controller gives to its pods.
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";
