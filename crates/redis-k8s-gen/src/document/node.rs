//! A document as a tree whose every part knows where it was written.

use std::borrow::Cow;

use redis_k8s::PathStep;
use serde_json::Value;

use super::scalar::Meaning;

/// Where a part of a document was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Bytes `start..end` of the source being read.
    Text {
        /// The first byte.
        start: u32,
        /// The byte after the last.
        end: u32,
    },
    /// A value of the command line, by its number.
    Override(u32),
}

impl Origin {
    /// Bytes of the source being read, which has at most 4 GiB.
    pub(super) fn text(start: usize, end: usize) -> Self {
        let offset = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Self::Text { start: offset(start), end: offset(end) }
    }

    /// From where this begins to where `last` ends.
    pub(super) fn up_to(self, last: Self) -> Self {
        match (self, last) {
            (Self::Text { start, .. }, Self::Text { end, .. }) => Self::Text { start, end: end.max(start) },
            _ => self,
        }
    }
}

/// One part of a document.
#[derive(Debug, Clone)]
pub(super) struct Node<'t> {
    pub(super) origin: Origin,
    pub(super) kind: Kind<'t>,
}

#[derive(Debug, Clone)]
pub(super) enum Kind<'t> {
    Scalar(Cow<'t, str>, Style),
    Sequence(Vec<Node<'t>>),
    Mapping(Vec<Entry<'t>>),
    /// What stood here was reported and is read over, so that the rest can be judged.
    Dropped,
}

/// How a scalar was written, which decides what it can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Without quotes: its [`Meaning`] decides.
    Plain,
    /// In quotes or as a block: a text.
    Quoted,
    /// On the command line, where the shell eats the quotes: a text where a text is wanted.
    Bare,
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry<'t> {
    pub(super) key: Cow<'t, str>,
    pub(super) key_origin: Origin,
    pub(super) value: Node<'t>,
}

impl<'t> Node<'t> {
    pub(super) fn mapping(origin: Origin) -> Self {
        Self { origin, kind: Kind::Mapping(Vec::new()) }
    }

    pub(super) fn text(text: impl Into<Cow<'t, str>>, origin: Origin) -> Self {
        Self { origin, kind: Kind::Scalar(text.into(), Style::Quoted) }
    }

    pub(super) fn is_null(&self) -> bool {
        self.meaning() == Some(Meaning::Null)
    }

    /// What the scalar is, if it is one: in quotes a text, whatever it looks like.
    pub(super) fn meaning(&self) -> Option<Meaning> {
        match &self.kind {
            Kind::Scalar(_, Style::Quoted) => Some(Meaning::Text),
            Kind::Scalar(text, Style::Plain | Style::Bare) => Some(Meaning::of(text)),
            Kind::Sequence(_) | Kind::Mapping(_) | Kind::Dropped => None,
        }
    }

    /// The scalar's text, if it is one that is not null.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(text, _) if !self.is_null() => Some(text),
            _ => None,
        }
    }

    pub(super) fn entry(&self, key: &str) -> Option<&Entry<'t>> {
        match &self.kind {
            Kind::Mapping(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    /// The value at a key; absent if it is null or was dropped.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let value = &self.entry(key)?.value;
        (!value.is_null() && !matches!(value.kind, Kind::Dropped)).then_some(value)
    }

    pub(super) fn step_mut(&mut self, step: &PathStep) -> Option<&mut Self> {
        match (&mut self.kind, step) {
            (Kind::Mapping(entries), PathStep::Field(key)) => {
                entries.iter_mut().find(|entry| entry.key == *key).map(|entry| &mut entry.value)
            }
            (Kind::Sequence(items), PathStep::Index(index)) => items.get_mut(*index),
            _ => None,
        }
    }

    pub(super) fn at_mut(&mut self, path: &[PathStep]) -> Option<&mut Self> {
        path.iter().try_fold(self, |node, step| node.step_mut(step))
    }

    /// Where a message about `path` points: the value, or the key of one that spans lines or is not there.
    pub(super) fn locate(&self, path: &[PathStep]) -> Origin {
        let mut node = self;
        let mut origin = self.origin;
        for step in path {
            match (&node.kind, step) {
                (Kind::Mapping(_), PathStep::Field(key)) => {
                    let Some(entry) = node.entry(key) else { return origin };
                    node = &entry.value;
                    origin = match node.kind {
                        Kind::Scalar(..) if !node.is_null() => node.origin,
                        _ => entry.key_origin,
                    };
                }
                (Kind::Sequence(items), PathStep::Index(index)) => {
                    let Some(item) = items.get(*index) else { return origin };
                    node = item;
                    origin = node.origin;
                }
                _ => return origin,
            }
        }
        origin
    }

    /// Where the key at the end of `path` was written.
    pub(super) fn locate_key(&self, path: &[PathStep]) -> Origin {
        let Some((PathStep::Field(key), parent)) = path.split_last() else { return self.locate(path) };
        let parent = parent.iter().try_fold(self, |node, step| match (&node.kind, step) {
            (Kind::Mapping(_), PathStep::Field(key)) => node.entry(key).map(|entry| &entry.value),
            (Kind::Sequence(items), PathStep::Index(index)) => items.get(*index),
            _ => None,
        });
        parent.and_then(|parent| parent.entry(key)).map_or_else(|| self.locate(path), |entry| entry.key_origin)
    }

    /// What a reader of JSON sees.
    pub(super) fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(text, Style::Quoted) => Value::from(text.as_ref()),
            Kind::Scalar(text, Style::Plain | Style::Bare) => match Meaning::of(text) {
                Meaning::Null => Value::Null,
                Meaning::Bool(value) => Value::from(value),
                Meaning::Int(value) => {
                    let value = value.and_then(|value| i64::try_from(value).ok());
                    value.map_or_else(|| Value::from(text.as_ref()), Value::from)
                }
                Meaning::Float => text.parse::<f64>().map_or_else(|_| Value::from(text.as_ref()), Value::from),
                Meaning::Text => Value::from(text.as_ref()),
            },
            Kind::Sequence(items) => items.iter().map(Self::to_value).collect(),
            Kind::Mapping(entries) => {
                entries.iter().map(|entry| (entry.key.to_string(), entry.value.to_value())).collect()
            }
            Kind::Dropped => Value::Null,
        }
    }

    /// What a message calls it: `the number 5`, `the string "x"`, `a list`.
    pub(super) fn description(&self) -> String {
        match &self.kind {
            Kind::Scalar(text, Style::Quoted) => format!("the string \"{}\"", shorten(text)),
            Kind::Scalar(text, Style::Plain | Style::Bare) => match Meaning::of(text) {
                Meaning::Null => "nothing".to_owned(),
                Meaning::Bool(value) => format!("the boolean {value}"),
                Meaning::Int(_) | Meaning::Float => format!("the number {}", shorten(text)),
                Meaning::Text => format!("the string \"{}\"", shorten(text)),
            },
            Kind::Sequence(_) => "a list".to_owned(),
            Kind::Mapping(_) => "a mapping".to_owned(),
            Kind::Dropped => "nothing that can be read".to_owned(),
        }
    }
}

/// A text as messages show it: a megabyte of base64 helps nobody, and an escape sequence harms the terminal.
pub(crate) fn shorten(text: &str) -> Cow<'_, str> {
    const SHOWN: usize = 60;
    let end = text.char_indices().nth(SHOWN).map(|(end, _)| end);
    if end.is_none() && !text.chars().any(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for c in text[..end.unwrap_or(text.len())].chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    if end.is_some() {
        shown.push('…');
    }
    Cow::Owned(shown)
}
