//! Finds every problem of a tree: reads it, drops what cannot be read, and reads it again.

use redis_k8s::model::Field;
use redis_k8s::{PathStep, Quantity, Redis};
use serde::Deserialize;

use super::fault::{Fault, Part};
use super::fields::field_at;
use super::node::{Entry, Kind, Node, shorten};
use super::overlay_path::display;
use super::reader::{Reader, is_dropped, unknown_field};
use crate::diagnostic::Report;

/// Problems looked for in one document: a list of a million wrong items is one mistake.
const MAX_FAULTS: usize = 1000;
/// Each problem costs a reading; a document of megabytes gets fewer.
const MAX_BYTES_READ: usize = 64 << 20;

/// What could be read of a document.
pub(super) struct Reading {
    /// The document; with faults, what is left of it when the wrong parts are taken for absent.
    pub(super) redis: Option<Redis>,
    pub(super) faults: Vec<Fault>,
    /// Unknown fields that are in no fault of their own.
    pub(super) more_unknown: usize,
    /// True if there may be more faults than were looked for.
    pub(super) is_cut: bool,
    /// The parts that were dropped.
    dropped: Vec<Vec<PathStep>>,
}

impl Reading {
    /// True if a problem at `path` may come only from a part that was dropped: one at the same place, around it, in it, or
    /// beside it, since a field is judged together with its neighbours.
    pub(super) fn is_doubtful(&self, path: &[PathStep]) -> bool {
        self.dropped.iter().any(|dropped| {
            let siblings = &dropped[..dropped.len().saturating_sub(1)];
            path.starts_with(dropped)
                || dropped.starts_with(path)
                || path.split_last().is_some_and(|(_, p)| p == siblings)
        })
    }

    /// Drops all unknown fields beside the one at `path`: thousands of them are found in one reading, and some are told.
    fn drop_unknown(&mut self, root: &mut Node<'_>, path: Vec<PathStep>, part: Part) {
        let Some((_, parent)) = path.split_last() else { return };
        let Some(Node { kind: Kind::Mapping(entries), .. }) = root.at_mut(parent) else { return };
        let unknown = entries.iter_mut().filter(|entry| !part.1.contains(&&*entry.key) && !is_dropped(entry));
        for (place, entry) in unknown.enumerate() {
            if place < Report::KEPT {
                let fault = unknown_field(entry, part).under_all(parent);
                self.faults.push(named(fault, &path));
            } else {
                self.more_unknown += 1;
            }
            entry.value.kind = Kind::Dropped;
        }
        self.dropped.push(path);
    }
}

/// Reads a tree. A good one is read once, and left as it was.
///
/// `length` is the length of its text.
pub(super) fn read(root: &mut Node<'_>, length: usize) -> Reading {
    let limit = (MAX_BYTES_READ / length.max(1)).clamp(10, MAX_FAULTS);
    let mut reading = Reading { redis: None, faults: Vec::new(), more_unknown: 0, is_cut: false, dropped: Vec::new() };
    loop {
        if reading.faults.len() >= limit {
            reading.is_cut = true;
            break;
        }
        match Redis::deserialize(Reader::new(root)) {
            Ok(redis) => {
                reading.redis = Some(redis);
                break;
            }
            Err(fault) => {
                let path = fault.path();
                if let Some(part) = fault.unknown_in() {
                    reading.drop_unknown(root, path, part);
                    continue;
                }
                let about = fault.missing_field().map_or_else(|| path.clone(), |field| child(&path, field));
                let is_consequence = fault.missing_field().is_some() && reading.dropped.contains(&about);
                let origin = root.locate(&about);
                let fault = better_told(fault, root, &path);
                let mended = mend(root, &path, fault.missing_field());
                if let Some(dropped) = &mended {
                    reading.dropped.push(dropped.clone());
                }
                if !is_consequence {
                    reading.faults.push(named(fault, &path).at(origin));
                }
                if mended.is_none() {
                    break;
                }
            }
        }
    }
    reading
}

/// Says what takes a look at the field and its value as a whole.
fn better_told(fault: Fault, root: &mut Node<'_>, path: &[PathStep]) -> Fault {
    let keys = path.iter().filter_map(|step| match step {
        PathStep::Field(key) => Some(&**key),
        PathStep::Index(_) => None,
    });
    if let Some((least, most)) = field_at(keys).and_then(Field::range) {
        let range = if most == u32::MAX { format!("from {least}") } else { format!("from {least} to {most}") };
        return fault.rewording("from 0 to 2^32-1", &range);
    }
    if path.last() == Some(&PathStep::Field("modules".to_owned())) && fault.message().ends_with("found a list") {
        return fault.help("modules by their path stand in spec.config.loadmodule");
    }
    if fault.message().contains("is not a valid quantity") {
        let near = root.at_mut(path).and_then(|node| near_quantity(node.as_text()?));
        return fault.help_if(near.map(|near| format!("did you mean `{near}`?")));
    }
    if fault.message().contains("image reference") {
        let image = root.at_mut(path).and_then(|node| image_of(node));
        return fault.help_if(image.map(|image| format!("write {image}")));
    }
    fault
}

/// The image of a mapping of registry, repository and tag, as charts have it.
fn image_of(node: &Node<'_>) -> Option<String> {
    let part = |key| node.get(key).and_then(Node::as_text);
    let registry = part("registry").map_or(String::new(), |registry| format!("{}/", shorten(registry)));
    let tag = part("tag").map_or(String::new(), |tag| format!(":{}", shorten(tag)));
    Some(format!("{registry}{}{tag}", shorten(part("repository")?)))
}

/// The quantity that was meant by `2GB`, `2 Gi`, `512mb` or `1gib`: those who write a byte mean no thousandths.
fn near_quantity(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase().replace(' ', "");
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(digits);
    let unit = unit.strip_suffix("ytes").or(unit.strip_suffix("yte")).unwrap_or(unit);
    let unit = match unit.strip_suffix('b').unwrap_or(unit) {
        "" => "",
        "k" => "k",
        "ki" => "Ki",
        "m" => "M",
        "mi" => "Mi",
        "g" => "G",
        "gi" => "Gi",
        "t" => "T",
        "ti" => "Ti",
        _ => return None,
    };
    let near = format!("{number}{unit}");
    near.parse::<Quantity>().is_ok().then_some(near)
}

fn child(path: &[PathStep], field: &str) -> Vec<PathStep> {
    let mut path = path.to_vec();
    path.push(PathStep::Field(field.to_owned()));
    path
}

/// Says in which part an unknown or missing field is unknown or missing.
fn named(fault: Fault, path: &[PathStep]) -> Fault {
    let (fault, parent) = match (fault.rule(), fault.missing_field(), path.split_last()) {
        (_, Some(field), _) => (fault.of_field(field), path),
        ("unknown-field", None, Some((_, parent))) => (fault, parent),
        _ => return fault,
    };
    match display(parent) {
        parent if parent.is_empty() => fault.ending(" at the top of the document"),
        parent => fault.ending(&format!(" in {parent}")),
    }
}

/// Takes the fault out of the tree; the path of what is no longer as it was written, or nothing if nothing can be done.
fn mend(root: &mut Node<'_>, path: &[PathStep], missing: Option<&'static str>) -> Option<Vec<PathStep>> {
    if let Some(field) = missing
        && let Some(stand_in) = stand_in(root, path, field)
    {
        let Kind::Mapping(entries) = &mut root.at_mut(path)?.kind else { return None };
        entries.retain(|entry| entry.key != field);
        entries.push(stand_in);
        return Some(child(path, field));
    }
    let node = root.at_mut(path)?;
    if path.is_empty() || matches!(node.kind, Kind::Dropped) {
        return None;
    }
    node.kind = Kind::Dropped;
    Some(path.to_vec())
}

/// A field that lets the rest of the document be read.
fn stand_in<'t>(root: &Node<'t>, path: &[PathStep], field: &'static str) -> Option<Entry<'t>> {
    let name = || Entry { key: "name".into(), key_origin: root.origin, value: Node::text("x", root.origin) };
    let in_metadata = matches!(path, [PathStep::Field(key)] if key == "metadata");
    match (field, path) {
        ("metadata", []) => {
            let value = Node { origin: root.origin, kind: Kind::Mapping(vec![name()]) };
            Some(Entry { key: field.into(), key_origin: root.origin, value })
        }
        ("name", _) if in_metadata => Some(name()),
        _ => None,
    }
}
