//! Holds a tree against the fields of its kind.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use redis_k8s::{PathStep, Rule};

use super::amount::Amount;
use super::rules::{FIELD_DROPPED, FIELD_NOT_IN_RELEASE, NULL_VALUE};
use super::types::{Field, Gate, Known, Shape, Type, Types, Unique};
use super::{part, rules, types, values, words};
use crate::document::fault::Fault;
use crate::document::node::{Entry, Kind, Node, Style, shorten};
use crate::document::scalar::{Meaning, older_boolean, older_meaning};
use crate::document::suggest::{choices, nearest};

/// Problems told of one object: a list of a million wrong items is one mistake.
const MAX_FAULTS: usize = 1000;
/// Fields that a message names; the others are for `kubectl explain` to tell.
const FEW_FIELDS: usize = 12;

/// Everything that is wrong with an object of a known kind, for a cluster of Kubernetes 1.`minor`.
pub(super) fn check(root: &Node<'_>, known: &Known, minor: u8) -> Vec<Fault> {
    let mut form = Form { root, kind: &known.kind, minor, is_dropped: false, path: Vec::new(), faults: Vec::new() };
    form.value(root, &known.shape);
    form.faults
}

/// A step of the way to what is examined: the names of most are in the table already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Field(Cow<'static, str>),
    Index(usize),
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl From<&Step> for PathStep {
    fn from(step: &Step) -> Self {
        match step {
            Step::Field(name) => Self::Field(name.to_string()),
            Step::Index(index) => Self::Index(*index),
        }
    }
}

/// An object under examination, and where the examination stands.
pub(super) struct Form<'a, 't> {
    root: &'a Node<'t>,
    kind: &'a str,
    minor: u8,
    /// What is examined is dropped by the API server once it has understood it.
    is_dropped: bool,
    path: Vec<Step>,
    faults: Vec<Fault>,
}

impl<'a, 't> Form<'a, 't> {
    /// Takes a fault of the node that is examined; its path starts there.
    pub(super) fn report(&mut self, fault: Fault) {
        if self.faults.len() < MAX_FAULTS {
            let fault = fault.under_all(&self.steps());
            let origin = self.root.locate(&fault.path());
            self.faults.push(fault.at(origin));
        }
    }

    /// Reports that what stands at a path below the node that is examined breaks a rule.
    pub(super) fn broken(&mut self, rule: &Rule, path: &[&str], message: impl Into<String>, help: impl Into<String>) {
        let steps: Vec<PathStep> = path.iter().map(|step| (*step).into()).collect();
        self.report(rules::broken(rule, message).under_all(&steps).help(help));
    }

    /// The whole object.
    pub(super) fn root(&self) -> &'a Node<'t> {
        self.root
    }

    /// The kind of the object.
    pub(super) fn kind(&self) -> &'a str {
        self.kind
    }

    /// True for a Pod itself, which is judged more strictly than a template of pods.
    pub(super) fn is_pod(&self) -> bool {
        self.kind == "Pod"
    }

    /// The minor release of the cluster.
    pub(super) fn minor(&self) -> u8 {
        self.minor
    }

    /// The steps that lead to the node that is examined.
    pub(super) fn path(&self) -> &[Step] {
        &self.path
    }

    /// True if the node that is examined is below a field of this name.
    pub(super) fn is_inside(&self, field: &str) -> bool {
        self.path.iter().any(|step| matches!(step, Step::Field(name) if name == field))
    }

    /// What would be the first thing wrong with what is examined; nothing is reported.
    pub(super) fn first_fault(&mut self, examine: impl FnOnce(&mut Self)) -> Option<Fault> {
        let faults = std::mem::take(&mut self.faults);
        examine(self);
        std::mem::replace(&mut self.faults, faults).into_iter().next()
    }

    /// How much is wrong so far.
    pub(super) fn count(&self) -> usize {
        self.faults.len()
    }

    fn steps(&self) -> Vec<PathStep> {
        self.path.iter().map(PathStep::from).collect()
    }

    /// Examines the value at a field.
    pub(super) fn inside(&mut self, field: &'static str, examine: impl FnOnce(&mut Self)) {
        self.within(Step::Field(Cow::Borrowed(field)), examine);
    }

    fn expected(&mut self, what: impl std::fmt::Display, node: &Node<'_>) {
        self.report(unexpected(what, node));
    }

    /// Examines what a step leads to.
    pub(super) fn within(&mut self, step: Step, examine: impl FnOnce(&mut Self)) {
        self.path.push(step);
        examine(self);
        self.path.pop();
    }

    fn typed(&mut self, node: &Node<'_>, known: &Type) {
        let Kind::Mapping(entries) = &node.kind else {
            let some: Vec<&str> = known.fields.iter().map(|field| &*field.name).take(3).collect();
            return match &*some {
                [] => self.expected("a mapping", node),
                some => self.expected(format_args!("a mapping with fields such as {}", choices(some)), node),
            };
        };
        for entry in entries {
            match (known.field(&entry.key), &known.others) {
                (Some(field), _) => self.field(field, entry),
                (None, Some(shape)) if !entry.value.is_null() => {
                    self.within(Step::Field(Cow::Owned(entry.key.to_string())), |form| form.value(&entry.value, shape));
                }
                (None, Some(_)) => {}
                (None, None) => self.unknown(known, entry),
            }
        }
        let is_read = self.is_read();
        for field in known.fields.iter().filter(|field| field.is_required && is_read) {
            let is_there = node.entry(&field.name).is_some_and(|entry| is_filled(&entry.value, field));
            if !is_there {
                let fault = Fault::required(&field.name).of_field(&field.name);
                let fault = match self.steps().as_slice() {
                    [] => fault.ending(" at the top of the object"),
                    path => fault.ending(&format!(" in {}", shown(path))),
                };
                self.report(fault);
            }
        }
        if is_read {
            part::check(types::of_today(known.name), node, self);
        }
    }

    /// What a server says of an object it says itself: it reads nothing of what others send, but must understand it.
    fn is_read(&self) -> bool {
        !self.is_dropped && !matches!(self.path.first(), Some(Step::Field(field)) if field == "status")
    }

    /// True if the API server drops a field of a type.
    pub(super) fn drops(&self, type_name: &str, field: &str) -> bool {
        let field = Types::get().named(type_name).and_then(|known| known.field(field));
        field.is_some_and(|field| field.closed(self.minor).is_some())
    }

    /// True for a mapping of which the API server drops every field, and then itself.
    pub(super) fn is_dropped_whole(&self, type_name: &str, node: &Node<'_>) -> bool {
        matches!(&node.kind, Kind::Mapping(entries)
            if !entries.is_empty() && entries.iter().all(|entry| self.drops(type_name, &entry.key)))
    }

    fn unknown(&mut self, known: &Type, entry: &Entry<'_>) {
        let message = match self.path.last() {
            None => format!("unknown field `{}` at the top of the object", shorten(&entry.key)),
            Some(_) => format!("unknown field `{}` in {}", shorten(&entry.key), shown(&self.steps())),
        };
        let names = || known.fields.iter().map(|field| &*field.name);
        let help = match nearest(&entry.key, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.fields.is_empty() => "there are no fields here".to_owned(),
            None if known.fields.len() <= FEW_FIELDS => {
                format!("the fields here are {}", names().collect::<Vec<_>>().join(", "))
            }
            None => format!("`kubectl explain {}` lists the fields", self.explained()),
        };
        let step = PathStep::from(&*entry.key);
        self.report(Fault::new("unknown-field", message).at(entry.key_origin).under(step).help(help));
    }

    /// The place as `kubectl explain` wants it.
    fn explained(&self) -> String {
        let fields = self.path.iter().filter_map(|step| match step {
            Step::Field(name) => Some(&**name),
            Step::Index(_) => None,
        });
        std::iter::once(&*self.kind.to_ascii_lowercase()).chain(fields).collect::<Vec<_>>().join(".")
    }

    fn field(&mut self, field: &Field, entry: &Entry<'_>) {
        // Kubernetes takes null for absent
        if entry.value.is_null() || matches!(entry.value.kind, Kind::Dropped) {
            return;
        }
        self.within(Step::Field(field.name.clone()), |form| {
            if let Some(minors) = &field.minors
                && !minors.contains(&form.minor)
            {
                let what = format!("the field `{}`", field.name);
                form.report(not_in_release(&what, minors, form.minor).at(entry.key_origin));
                // what it holds is not in the release either
                return;
            }
            if let Some(gate) = field.closed(form.minor) {
                form.dropped(&field.name, gate, entry);
                let is_dropped = std::mem::replace(&mut form.is_dropped, true);
                form.value(&entry.value, &field.shape);
                form.is_dropped = is_dropped;
                return;
            }
            form.value(&entry.value, &field.shape);
            if !form.is_read() {
                return;
            }
            let minor = form.minor;
            if let Some(words) = &field.words {
                words::check(words, &entry.value, minor, &mut |fault| form.report(fault));
            }
            if let Some(value) = field.value {
                values::check(value, &field.name, &entry.value, minor, &mut |fault| form.report(fault));
            }
        });
    }

    fn dropped(&mut self, field: &str, Gate { name, since }: Gate, entry: &Entry<'_>) {
        let message = format!(
            "`{field}` is a part of {name}, which is off in Kubernetes 1.{} unless somebody turned it on: the API server drops it",
            self.minor
        );
        let help = match since {
            Some(since) => format!("leave it out, or say `--kubernetes-version 1.{since}` if no cluster is older"),
            None => "leave it out".to_owned(),
        };
        self.report(rules::broken(&FIELD_DROPPED, message).at(entry.key_origin).help(help));
    }

    /// Examines a value.
    pub(super) fn value(&mut self, node: &Node<'_>, shape: &Shape) {
        match shape {
            Shape::Any => {}
            Shape::Boolean => self.boolean(node),
            Shape::Integer(bits) => self.integer(node, *bits),
            Shape::Number => {
                if !matches!(node.meaning(), Some(Meaning::Int(_) | Meaning::Float)) {
                    self.expected("a number", node);
                }
            }
            Shape::Text => self.text("a string", node),
            Shape::Bytes => match &node.kind {
                Kind::Scalar(text, _) if is_base64(text) => {}
                Kind::Scalar(..) => {
                    self.report(unexpected("base64", node).help("a Secret takes plain text under `stringData`"));
                }
                _ => self.expected("base64", node),
            },
            Shape::Time => match node.as_text() {
                Some(text) if is_time(text) => {}
                _ => self.expected("a time such as 2026-01-31T12:00:00Z", node),
            },
            Shape::Quantity => self.quantity(node),
            Shape::IntOrString(bits) => match node.meaning() {
                Some(Meaning::Int(Some(number))) if range(*bits).contains(&number) => {}
                Some(Meaning::Int(_) | Meaning::Float) | None => self.expected("a whole number or a string", node),
                Some(Meaning::Null | Meaning::Bool(_) | Meaning::Text) => self.text("a whole number or a string", node),
            },
            Shape::Type(name) => {
                if let Some(known) = Types::get().named(name) {
                    self.typed(node, known);
                }
            }
            Shape::Own(known) => self.typed(node, known),
            Shape::Schema(schema) => schema.check(node, self),
            Shape::Map(values) => self.map(node, values),
            Shape::List(items, unique) => self.list(node, items, unique),
        }
    }

    fn map(&mut self, node: &Node<'_>, values: &Shape) {
        let Kind::Mapping(entries) = &node.kind else {
            return self.expected("a mapping of keys to values", node);
        };
        for entry in entries {
            // what most maps hold needs no way to it
            if matches!((values, entry.value.meaning()), (Shape::Text, Some(Meaning::Text)))
                && !matches!(&entry.value.kind, Kind::Scalar(text, Style::Plain) if older_meaning(text).is_some())
            {
                continue;
            }
            self.within(Step::Field(Cow::Owned(entry.key.to_string())), |form| {
                if entry.value.is_null() && matches!(values, Shape::Text | Shape::Quantity) {
                    form.null("an empty value");
                } else {
                    form.value(&entry.value, values);
                }
            });
        }
    }

    /// Nothing where something is wanted.
    fn null(&mut self, what: &str) {
        let message = format!("nothing stands here, and the API server takes it for {what}");
        self.broken(&NULL_VALUE, &[], message, "write it, or leave it out");
    }

    fn list(&mut self, node: &Node<'_>, items: &Shape, unique: &Unique) {
        let Kind::Sequence(nodes) = &node.kind else {
            let fault = unexpected("a list", node);
            return self.report(match node.as_text() {
                Some(text) => fault.help(format!("write it as a list of one: [{}]", shorten(text))),
                None => fault,
            });
        };
        for (index, node) in nodes.iter().enumerate() {
            self.within(index.into(), |form| match items {
                Shape::Type(_) if node.is_null() => {
                    form.null("an empty item");
                    form.value(&Node::mapping(node.origin), items);
                }
                Shape::Text if node.is_null() => form.null("an empty text"),
                _ => form.value(node, items),
            });
        }
        part::check_unique(nodes, items, unique, self);
    }

    fn boolean(&mut self, node: &Node<'_>) {
        match &node.kind {
            Kind::Scalar(text, Style::Plain)
                if matches!(Meaning::of(text), Meaning::Bool(_)) || older_boolean(text).is_some() => {}
            Kind::Scalar(text, Style::Quoted) if matches!(Meaning::of(text), Meaning::Bool(_)) => {
                self.report(unexpected("true or false", node).help("remove the quotes"));
            }
            _ => self.expected("true or false", node),
        }
    }

    fn integer(&mut self, node: &Node<'_>, bits: u8) {
        let wanted = match bits {
            32 => "a whole number from -2147483648 to 2147483647",
            _ => "a whole number from -2^63 to 2^63-1",
        };
        match (node.meaning(), &node.kind) {
            (Some(Meaning::Int(Some(number))), _) if range(bits).contains(&number) => {}
            (Some(Meaning::Int(_)), _) => {
                let found = node.as_text().map(shorten).unwrap_or_default();
                self.report(Fault::new("out-of-range", format!("expected {wanted}, found {found}")));
            }
            (_, Kind::Scalar(text, Style::Quoted)) if matches!(Meaning::of(text), Meaning::Int(_)) => {
                self.report(unexpected(wanted, node).help("remove the quotes"));
            }
            _ => self.expected(wanted, node),
        }
    }

    fn text(&mut self, wanted: &str, node: &Node<'_>) {
        match &node.kind {
            Kind::Scalar(_, Style::Quoted | Style::Bare) => {}
            Kind::Scalar(text, Style::Plain) => match (Meaning::of(text), older_meaning(text)) {
                (Meaning::Text, None) => {}
                (Meaning::Text, Some(older)) => {
                    let message = format!("expected {wanted}, found {}, which kubectl reads as {older}", shorten(text));
                    self.report(
                        Fault::new("wrong-type", message).help(format!("put it in quotes: \"{}\"", shorten(text))),
                    );
                }
                (Meaning::Null, _) => {
                    self.report(unexpected(wanted, node).help("write \"\" for an empty text"));
                }
                _ => {
                    self.report(unexpected(wanted, node).help(format!("put it in quotes: \"{}\"", shorten(text))));
                }
            },
            _ => self.expected(wanted, node),
        }
    }

    fn quantity(&mut self, node: &Node<'_>) {
        let Kind::Scalar(text, _) = &node.kind else { return self.expected("a quantity", node) };
        if node.is_null() {
            self.expected("a quantity", node);
        } else if Amount::parse(text).is_none_or(Amount::is_negative)
            && let Err(invalid) = text.parse::<redis_k8s::Quantity>()
        {
            self.report(Fault::new("invalid-value", invalid.to_string()));
        }
    }
}

/// The whole numbers of this many bits.
fn range(bits: u8) -> RangeInclusive<i128> {
    match bits {
        32 => i32::MIN.into()..=i32::MAX.into(),
        _ => i64::MIN.into()..=i64::MAX.into(),
    }
}

/// True if a value is more than nothing: of a text that is one of a few words, the words tell, and of what a schema asks for, the schema.
fn is_filled(value: &Node<'_>, field: &Field) -> bool {
    if let Shape::Schema(schema) = &field.shape {
        return !value.is_null() || schema.is_nullable;
    }
    match &value.kind {
        Kind::Scalar(text, _) => !value.is_null() && (!text.is_empty() || field.words.is_some()),
        Kind::Sequence(items) => !items.is_empty(),
        Kind::Mapping(_) | Kind::Dropped => true,
    }
}

fn unexpected(what: impl std::fmt::Display, node: &Node<'_>) -> Fault {
    Fault::new("wrong-type", format!("expected {what}, found {}", node.description()))
}

/// A field or a word that the release does not have.
pub(super) fn not_in_release(what: &str, minors: &RangeInclusive<u8>, minor: u8) -> Fault {
    let fault = rules::broken(
        &FIELD_NOT_IN_RELEASE,
        if minor < *minors.start() {
            format!("{what} came with Kubernetes 1.{}, and the objects are for 1.{minor}", minors.start())
        } else {
            format!("{what} went after Kubernetes 1.{}, and the objects are for 1.{minor}", minors.end())
        },
    );
    if minor < *minors.start() {
        fault.help(format!("leave it out, or say `--kubernetes-version 1.{}` if no cluster is older", minors.start()))
    } else {
        fault.help("leave it out")
    }
}

pub(super) fn is_base64(text: &str) -> bool {
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    let padding = digits.iter().rev().take_while(|byte| **byte == b'=').count();
    digits.len().is_multiple_of(4)
        && padding <= 2
        && digits[..digits.len() - padding].iter().all(|b| b.is_ascii_alphanumeric() || b"+/".contains(b))
}

/// RFC 3339, as far as its form goes.
pub(super) fn is_time(text: &str) -> bool {
    let form = |digits: &str| digits.bytes().map(|b| if b.is_ascii_digit() { b'0' } else { b }).collect::<Vec<u8>>();
    let Some((clock, zone)) = text.split_at_checked(19) else { return false };
    let zone = zone.strip_prefix('.').map_or(zone, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    form(clock) == b"0000-00-00T00:00:00" && (zone == "Z" || matches!(&*form(zone), b"+00:00" | b"-00:00"))
}

fn shown(path: &[PathStep]) -> String {
    crate::document::overlay_path::display(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_told_from_text() {
        for good in ["", "YQ==", "YWI=", "YWJj", "YWJj\nYWJj\n"] {
            assert!(is_base64(good), "{good}");
        }
        for bad in ["a", "YQ=", "YQ", "pass word", "===="] {
            assert!(!is_base64(bad), "{bad}");
        }
    }

    #[test]
    fn times_are_those_of_rfc_3339() {
        for good in ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00+01:00"] {
            assert!(is_time(good), "{good}");
        }
        for bad in ["", "2026-01-31", "2026-01-31 12:00:00Z", "2026-01-31T12:00:00", "today"] {
            assert!(!is_time(bad), "{bad}");
        }
    }
}
