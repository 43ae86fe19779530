//! What objects have to do with each other.
//!
//! References are judged only where the set holds others of the kind that is named, in the same namespace: somebody who
//! validates one file alone is not told of everything that is in the others.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

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
    pub(super) namespace: String,
    pub(super) name: String,
    name_origin: Origin,
    /// The labels of the pods it is or makes.
    pub(super) pods: Option<BTreeMap<String, String>>,
    /// The labels it selects pods by, and where they stand.
    selector: Option<(BTreeMap<String, String>, Place)>,
    references: Vec<Reference>,
    is_headless: bool,
    /// What it is to an instance.
    pub(super) part: Option<instance::Part>,
}

/// Where something stands in an object.
#[derive(Debug, Clone)]
pub(super) struct Place {
    path: Vec<PathStep>,
    pub(super) origin: Origin,
}

impl Place {
    pub(super) fn of(root: &Node<'_>, path: &[PathStep]) -> Self {
        Self { path: path.to_vec(), origin: root.locate(path) }
    }
}

#[derive(Debug)]
struct Reference {
    kind: &'static str,
    name: String,
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
        let said = |field| metadata.and_then(|metadata| text(metadata, field)).unwrap_or_default().to_owned();
        let is_foreign = known.is_given();
        let kind = if is_foreign { known.full_name().into() } else { known.kind.clone() };
        let spec = root.get("spec").filter(|_| !is_foreign);
        let template = spec.and_then(|spec| spec.get("template"));
        let pods = match &*kind {
            "Pod" => Some(root),
            _ => template,
        };
        let pod_metadata = pods.map(|pods| pods.get("metadata"));
        let mut references = References { root, found: Vec::new() };
        if kind == "StatefulSet" {
            references.add("Service", &["spec".into(), "serviceName".into()]);
        }
        if let Some(pod_spec) = pods.and_then(|pods| pods.get("spec")) {
            let path: &[PathStep] =
                if kind == "Pod" { &["spec".into()] } else { &["spec".into(), "template".into(), "spec".into()] };
            references.of_pod(pod_spec, path);
        }
        Self {
            is_foreign,
            namespace: said("namespace"),
            name: said("name"),
            name_origin: root.locate(&["metadata".into(), "name".into()]),
            pods: pod_metadata
                .map(|metadata| to_map(metadata.map(|metadata| entries(metadata, "labels")).unwrap_or_default())),
            selector: spec.and_then(|spec| selector_of(root, spec, &kind)),
            references: references.found,
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
        let (kept, rest) = found.into_iter().partition(instance::is_of_instance);
        pods.faults = kept;
        rest
    }
}

pub(super) fn to_map(labels: &[Entry<'_>]) -> BTreeMap<String, String> {
    let text = |entry: &Entry<'_>| Some((entry.key.to_string(), entry.value.as_text()?.to_owned()));
    labels.iter().filter_map(text).collect()
}

/// The labels by which a Service, a budget or a policy selects; none if it selects in another way, or everything.
fn selector_of(root: &Node<'_>, spec: &Node<'_>, kind: &str) -> Option<(BTreeMap<String, String>, Place)> {
    let (labels, steps): (_, Vec<&str>) = match kind {
        "Service" => (entries(spec, "selector"), vec!["spec", "selector"]),
        "PodDisruptionBudget" => (selected(spec).0, vec!["spec", "selector"]),
        "NetworkPolicy" => (entries(spec.get("podSelector")?, "matchLabels"), vec!["spec", "podSelector"]),
        _ => return None,
    };
    let field = steps.last().copied().unwrap_or_default();
    let has_expressions = spec.get(field).is_some_and(|selector| selector.get("matchExpressions").is_some());
    let path: Vec<PathStep> = steps.into_iter().map(PathStep::from).collect();
    (!labels.is_empty() && !has_expressions).then(|| (to_map(labels), Place::of(root, &path)))
}

/// The names of the `ConfigMaps` a volume cannot do without, and the steps that lead there; but that with the authority's
/// certificates (`spec.tls.authority`), which no rendering makes.
pub(super) fn config_maps<'n>(volume: &'n Node<'_>) -> Vec<(Vec<PathStep>, &'n str)> {
    if text(volume, "name") == Some("tls") {
        return Vec::new();
    }
    let sources = volume.get("projected").map(|projected| items(projected, "sources")).unwrap_or_default();
    let projected = sources
        .iter()
        .enumerate()
        .map(|(index, source)| (vec!["projected".into(), "sources".into(), index.into(), "configMap".into()], source));
    std::iter::once((vec!["configMap".into()], volume))
        .chain(projected)
        .filter_map(|(steps, source)| {
            let map = source.get("configMap").filter(|map| text(map, "optional") != Some("true"))?;
            Some(([steps, vec!["name".into()]].concat(), text(map, "name")?))
        })
        .collect()
}

/// Collects the names of other objects in one.
struct References<'a, 't> {
    root: &'a Node<'t>,
    found: Vec<Reference>,
}

impl References<'_, '_> {
    fn add(&mut self, kind: &'static str, path: &[PathStep]) {
        let node = path.iter().try_fold(self.root, |node, step| match step {
            PathStep::Field(key) => node.get(key),
            PathStep::Index(index) => match &node.kind {
                crate::document::node::Kind::Sequence(items) => items.get(*index),
                _ => None,
            },
        });
        if let Some(name) = node.and_then(Node::as_text).filter(|name| !name.is_empty()) {
            self.found.push(Reference { kind, name: name.to_owned(), place: Place::of(self.root, path) });
        }
    }

    fn of_pod(&mut self, spec: &Node<'_>, path: &[PathStep]) {
        let below = |steps: &[PathStep]| [path, steps].concat();
        if text(spec, "serviceAccountName") != Some("default") {
            self.add("ServiceAccount", &below(&["serviceAccountName".into()]));
        }
        for (index, volume) in items(spec, "volumes").iter().enumerate() {
            for (steps, _) in config_maps(volume) {
                self.add("ConfigMap", &below(&[&["volumes".into(), index.into()], &steps[..]].concat()));
            }
        }
        for list in ["initContainers", "containers"] {
            for (index, container) in items(spec, list).iter().enumerate() {
                for (place, variable) in items(container, "env").iter().enumerate() {
                    let source = variable.get("valueFrom").and_then(|source| source.get("configMapKeyRef"));
                    if source.is_some_and(|source| text(source, "optional") != Some("true")) {
                        let steps =
                            ["env".into(), place.into(), "valueFrom".into(), "configMapKeyRef".into(), "name".into()];
                        self.add("ConfigMap", &below(&[&[list.into(), index.into()], &steps[..]].concat()));
                    }
                }
                for (place, source) in items(container, "envFrom").iter().enumerate() {
                    if source.get("configMapRef").is_some_and(|source| text(source, "optional") != Some("true")) {
                        let steps = ["envFrom".into(), place.into(), "configMapRef".into(), "name".into()];
                        self.add("ConfigMap", &below(&[&[list.into(), index.into()], &steps[..]].concat()));
                    }
                }
            }
        }
    }
}

/// Judges all objects of a run; `is_whole` is false if there were others that could not be read.
pub(in crate::document) fn judge(objects: &[&Object], is_whole: bool) -> Vec<Faulty> {
    let mut faults = duplicates(objects);
    let mut by_kind: HashMap<(&str, &str), HashMap<&str, usize>> = HashMap::new();
    for (number, object) in objects.iter().enumerate() {
        by_kind.entry((&object.namespace, &object.kind)).or_default().entry(&object.name).or_insert(number);
    }
    for (number, object) in objects.iter().enumerate() {
        for reference in &object.references {
            let Some(present) = by_kind.get(&(object.namespace.as_str(), reference.kind)) else {
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
            match present.get(reference.name.as_str()) {
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
        faults.extend(selecting_nothing(objects).into_iter().filter(|faulty| !told.contains(&faulty.object)));
    }
    faults
}

pub(super) fn alone(object: usize, fault: Fault) -> Faulty {
    Faulty { object, fault, other: None }
}

pub(super) fn placed(fault: Fault, place: &Place) -> Fault {
    fault.at(place.origin).under_all(&place.path)
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

fn duplicates(objects: &[&Object]) -> Vec<Faulty> {
    let mut faults = Vec::new();
    let mut seen: HashMap<_, usize> = HashMap::with_capacity(objects.len());
    for (number, object) in objects.iter().enumerate().filter(|(_, object)| !object.name.is_empty()) {
        let first = *seen.entry((&object.kind, &object.namespace, &object.name)).or_insert(number);
        if first != number {
            let whose = if object.namespace.is_empty() {
                String::new()
            } else {
                format!(" in namespace {}", shorten(&object.namespace))
            };
            let message = format!("the {} {} is there a second time{whose}", object.kind, shorten(&object.name));
            let path = ["metadata".into(), "name".into()];
            let fault = broken(&DUPLICATE_OBJECT, message).at(object.name_origin).under_all(&path);
            let other = Some((first, objects[first].name_origin));
            faults.push(Faulty { object: number, fault: fault.help("keep one of the two"), other });
        }
    }
    faults
}

fn selecting_nothing(objects: &[&Object]) -> Vec<Faulty> {
    let mut pods: HashMap<&str, Vec<&BTreeMap<String, String>>> = HashMap::new();
    let mut sets: HashMap<(&str, &str), &BTreeMap<String, String>> = HashMap::new();
    for object in objects {
        if let Some(labels) = &object.pods {
            pods.entry(&object.namespace).or_default().push(labels);
            if object.kind == "StatefulSet" {
                sets.insert((&object.namespace, &object.name), labels);
            }
        }
    }
    // many Services of a fleet have the same selector
    let mut answered: HashSet<(&str, &BTreeMap<String, String>)> = HashSet::new();
    let mut faults = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        let (Some((selector, place)), Some(pods)) = (&object.selector, pods.get(object.namespace.as_str())) else {
            continue;
        };
        if answered.contains(&(object.namespace.as_str(), selector)) {
            continue;
        }
        let matches = |labels: &BTreeMap<String, String>| {
            // the index of a pod is its own: a set has as many as it has pods
            selector.iter().all(|(key, value)| key == POD_NAME || key == POD_INDEX || labels.get(key) == Some(value))
        };
        let is_found = match selector.get(POD_NAME) {
            Some(pod) => {
                let set = pod.rsplit_once('-').and_then(|(set, _)| sets.get(&(object.namespace.as_str(), set)));
                set.is_some_and(|labels| matches(labels))
            }
            None => pods.iter().any(|labels| matches(labels)),
        };
        if is_found {
            answered.insert((&object.namespace, selector));
        } else {
            let fault = broken(
                &SELECTS_NOTHING,
                format!("no pods of the objects given have the labels the {} selects", object.kind),
            );
            faults.push(alone(number, placed(fault.help("compare it with the labels of the pod templates"), place)));
        }
    }
    faults
}

/// A label the StatefulSet controller gives to its pods.
const POD_INDEX: &str = "apps.kubernetes.io/pod-index";
