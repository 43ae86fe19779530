//! The fields that take one of a few words: the schemas call them strings, the API server knows better.
//!
//! Most are in the table of fields, where their Go types say so (`+enum`). These are the others, from the constants of [types.go](https://github.com/kubernetes/kubernetes/blob/master/staging/src/k8s.io/api/core/v1/types.go)
//! and its siblings; `Word@35` came with Kubernetes 1.35, and `""` stands for the default. Fields with words of extensions (`medium: HugePages-2Mi`) are not here.

use super::form::not_in_release;
use crate::document::fault::Fault;
use crate::document::node::{Kind, Node, shorten};
use crate::document::suggest::{choices, nearest};

/// Type, field, words; sorted by type and field.
const WORDS: &[(&str, &str, &[&str])] = &[
    ("Container", "restartPolicy", &["Always", "Never@34", "OnFailure@34"]),
    ("ContainerResizePolicy", "resourceName", &["cpu", "memory"]),
    ("ContainerResizePolicy", "restartPolicy", &["NotRequired", "RestartContainer"]),
    ("LabelSelectorRequirement", "operator", &["DoesNotExist", "Exists", "In", "NotIn"]),
    ("PodOS", "name", &["linux", "windows"]),
    ("PodSecurityContext", "seLinuxChangePolicy", &["MountOption@37", "Recursive"]),
    ("ServiceSpec", "trafficDistribution", &["PreferClose", "PreferSameNode@34", "PreferSameZone@34"]),
    ("StatefulSetPersistentVolumeClaimRetentionPolicy", "whenDeleted", RETENTION),
    ("StatefulSetPersistentVolumeClaimRetentionPolicy", "whenScaled", RETENTION),
    ("VolumeMount", "recursiveReadOnly", &["Disabled", "Enabled", "IfPossible"]),
];

const RETENTION: &[&str] = &["", "Delete", "Retain"];

/// The words that the field of a type takes, if it takes but a few.
pub(super) fn of(type_name: &str, field: &str) -> Option<&'static [&'static str]> {
    let place = WORDS.binary_search_by_key(&(type_name, field), |(name, field, _)| (*name, *field)).ok()?;
    Some(WORDS[place].2)
}

/// Holds a value, or the items of a list, against the words of its field.
pub(super) fn check(words: &[&str], node: &Node<'_>, minor: u8, report: &mut dyn FnMut(Fault)) {
    match &node.kind {
        Kind::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                if let Some(text) = item.as_text().or(item.is_null().then_some("")) {
                    judge(text, words, minor, &mut |fault| report(fault.under(index.into())));
                }
            }
        }
        _ => {
            if let Some(text) = node.as_text() {
                judge(text, words, minor, report);
            }
        }
    }
}

fn judge(text: &str, words: &[&str], minor: u8, report: &mut dyn FnMut(Fault)) {
    let since = |word: &str| word.split_once('@').and_then(|(_, since)| since.parse::<u8>().ok());
    let all: Vec<&str> = words.iter().map(|word| word.split('@').next().unwrap_or(word)).collect();
    match words.iter().zip(&all).find(|(_, bare)| **bare == text) {
        None => report(unknown(text, &all)),
        Some((word, _)) => {
            if let Some(since) = since(word).filter(|since| *since > minor) {
                report(not_in_release(&format!("`{text}`"), &(since..=u8::MAX), minor));
            }
        }
    }
}

/// A word that is none of those a field takes.
pub(super) fn unknown(text: &str, words: &[&str]) -> Fault {
    // nobody needs to write the empty one
    let shown: Vec<&str> = words.iter().copied().filter(|word| !word.is_empty()).collect();
    let message = format!("expected {}, found \"{}\"", choices(&shown), shorten(text));
    let fault = Fault::new("unknown-choice", message);
    match nearest(text, words.iter().copied()) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::super::types::{Shape, Types};
    use super::*;

    #[test]
    fn the_fields_are_there_and_hold_texts() {
        assert!(WORDS.is_sorted_by_key(|(name, field, _)| (*name, *field)));
        for (name, field, words) in WORDS {
            let known = Types::get().named(name).unwrap_or_else(|| panic!("no type {name}"));
            let shape = &known.field(field).unwrap_or_else(|| panic!("no field {name}.{field}")).shape;
            let is_text = match shape {
                Shape::List(item, _) => matches!(**item, Shape::Text),
                shape => matches!(shape, Shape::Text),
            };
            assert!(is_text, "{name}.{field}: {shape:?}");
            assert!(words.is_sorted(), "{name}.{field}");
        }
    }

    #[test]
    fn words_of_later_releases_are_named() {
        let found = |text: &str, minor| {
            let mut rules = Vec::new();
            let node = Node::text(text.to_owned(), crate::document::node::Origin::Override(0));
            let words = of("ServiceSpec", "trafficDistribution").unwrap();
            check(words, &node, minor, &mut |fault| rules.push(fault.to_string()));
            rules
        };
        assert_eq!(found("PreferClose", 33), Vec::<String>::new());
        assert_eq!(found("PreferSameZone", 34), Vec::<String>::new());
        assert_eq!(
            found("PreferSameZone", 33),
            ["`PreferSameZone` came with Kubernetes 1.34, and the objects are for 1.33"]
        );
        assert_eq!(found("Nearest", 37), ["expected PreferClose, PreferSameNode or PreferSameZone, found \"Nearest\""]);
    }
}
