//! From text to trees.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, Tag, options};

use redis_k8s::PathStep;

use super::fault::Fault;
use super::node::{Entry, Kind, Node, Origin, Style, shorten};
use super::scalar::{Meaning, older_boolean, older_meaning};
use super::{older, syntax};

/// Collections inside collections. The deepest document of this tool has 7 levels.
const MAX_DEPTH: usize = 64;
/// What aliases may copy in one document, in bytes as [`cost`] counts them: a few lines must not become gigabytes.
const MAX_COPIED: usize = 4 << 20;
/// From here on a mapping's keys are found by hash.
const MANY_KEYS: usize = 16;

/// What a piece of a stream holds.
#[derive(Debug, Default)]
pub(super) struct Parsed<'t> {
    /// The documents, empty ones left out.
    pub(super) documents: Vec<Document<'t>>,
    /// What stopped the parser, if anything did: documents after it are lost.
    pub(super) stopped: Option<Fault>,
    /// What is no mistake, but not for kubectl.
    pub(super) older: Vec<Fault>,
}

#[derive(Debug)]
pub(super) struct Document<'t> {
    pub(super) root: Node<'t>,
    /// Problems that leave a tree to look at: duplicate keys, unknown tags.
    pub(super) faults: Vec<Fault>,
}

/// Parses a piece of a source that starts at byte `base` of it.
pub(super) fn parse(text: &str, base: usize) -> Parsed<'_> {
    let mut parsed = Parsed::default();
    let older = older::head(text, base).into_iter().collect();
    let mut builder = Builder { base, text, older, breaks: older::breaks(text), ..Builder::default() };
    let mut parser = Parser::new_from_str_with_options(text, parser_options());
    while let Some(next) = parser.next_event() {
        let event = match next {
            Ok((event, span)) => builder.event(event, &span),
            Err(error) => Err(syntax::fault(&error, text, base)),
        };
        match event {
            Ok(None) => {}
            Ok(Some(document)) => {
                if !document.root.is_null() || !document.faults.is_empty() {
                    parsed.documents.push(document);
                }
            }
            Err(fault) => {
                parsed.stopped = Some(fault);
                break;
            }
        }
    }
    parsed.older = builder.older;
    let outside_quotes = builder.breaks.first();
    parsed.older.extend(outside_quotes.and_then(|at| older::of_break(text, base, *at)));
    parsed
}

fn parser_options() -> Options {
    options! {
        emit_comments: false,
        emit_anchor_events: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    }
}

#[derive(Default)]
struct Builder<'t> {
    base: usize,
    text: &'t str,
    older: Vec<Fault>,
    /// Places of characters that end a line for kubectl alone.
    breaks: Vec<usize>,
    documents: usize,
    open: Vec<Open<'t>>,
    root: Option<Node<'t>>,
    faults: Vec<Fault>,
    anchors: HashMap<usize, Node<'t>>,
    copied: usize,
}

/// A collection whose end was not seen yet.
struct Open<'t> {
    start: u32,
    anchor: usize,
    items: Items<'t>,
}

enum Items<'t> {
    Sequence(Vec<Node<'t>>),
    Mapping { entries: Vec<Entry<'t>>, key: Option<Key<'t>>, merged: Vec<Node<'t>>, seen: HashSet<Cow<'t, str>> },
}

struct Key<'t> {
    text: Cow<'t, str>,
    origin: Origin,
    fate: Fate,
}

/// What becomes of the value of a key.
#[derive(Clone, Copy)]
enum Fate {
    Kept,
    Merged,
    /// The key was there already, which was reported.
    Passed,
}

impl<'t> Builder<'t> {
    /// Takes an event in; gives the document that ends with it.
    fn event(&mut self, event: Event<'t>, span: &Span) -> Result<Option<Document<'t>>, Fault> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let origin = self.origin(span);
                self.scalar_of_kubectl(&text, style, tag.as_deref(), span);
                let style = self.scalar_style(style, tag.as_deref(), span);
                let node = Node { origin, kind: Kind::Scalar(text, style) };
                self.remember(anchor, &node)?;
                self.add(node)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.collection_tag("seq", tag.as_deref(), span);
                self.start(span, anchor, Items::Sequence(Vec::new()))?;
            }
            Event::MappingStart(_, anchor, tag) => {
                self.collection_tag("map", tag.as_deref(), span);
                let entries = Vec::with_capacity(4);
                let items = Items::Mapping { entries, key: None, merged: Vec::new(), seen: HashSet::new() };
                self.start(span, anchor, items)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span)?,
            Event::Alias(id) => {
                let node = self.copy_of(id, span)?;
                self.add(node)?;
            }
            Event::Anchor(_, name) => {
                let (start, end) = self.bytes(span);
                self.older.extend(older::anchor(&name, start, end));
            }
            Event::DocumentStart(is_explicit, _) => {
                if !is_explicit && self.documents > 0 {
                    let (start, end) = self.bytes(span);
                    let message = "kubectl reads nothing of what follows `...` up to the next `---`";
                    self.older.push(older::fault(start, end, message, "write `---` before it"));
                }
                self.documents += 1;
            }
            Event::DocumentEnd => {
                let faults = std::mem::take(&mut self.faults);
                let root = self.root.take();
                self.anchors.clear();
                self.copied = 0;
                return Ok(root.map(|root| Document { root, faults }));
            }
            _ => {}
        }
        Ok(None)
    }

    fn origin(&self, span: &Span) -> Origin {
        let (start, end) = self.offsets(span);
        Origin::Text { start, end }
    }

    fn offsets(&self, span: &Span) -> (u32, u32) {
        let (start, end) = self.bytes(span);
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        (offset(start), offset(end))
    }

    fn bytes(&self, span: &Span) -> (usize, usize) {
        let range = span.byte_range().unwrap_or_default();
        (self.base + range.start, self.base + range.end)
    }

    fn start(&mut self, span: &Span, anchor: usize, items: Items<'t>) -> Result<(), Fault> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(self.origin(span)));
        }
        self.open.push(Open { start: self.offsets(span).0, anchor, items });
        Ok(())
    }

    fn end(&mut self, span: &Span) -> Result<(), Fault> {
        let Some(Open { start, anchor, items }) = self.open.pop() else { return Ok(()) };
        let kind = match items {
            Items::Sequence(items) => Kind::Sequence(items),
            Items::Mapping { mut entries, merged, seen, .. } => {
                for node in merged {
                    self.merge(&mut entries, &seen, node);
                }
                Kind::Mapping(entries)
            }
        };
        let node = Node { origin: Origin::Text { start, end: self.offsets(span).1.max(start) }, kind };
        self.remember(anchor, &node)?;
        self.add(node)
    }

    /// Puts a finished node where it belongs: the root, an item, a key or a value.
    fn add(&mut self, node: Node<'t>) -> Result<(), Fault> {
        match self.open.last_mut().map(|open| &mut open.items) {
            None => self.root = Some(node),
            Some(Items::Sequence(items)) => items.push(node),
            Some(Items::Mapping { key: None, .. }) => return self.add_key(node),
            Some(Items::Mapping { entries, key: pending, merged, seen }) => {
                let Some(Key { text, origin, fate }) = pending.take() else { return Ok(()) };
                match fate {
                    Fate::Passed => {}
                    Fate::Merged => merged.push(node),
                    Fate::Kept => {
                        if !seen.is_empty() {
                            seen.insert(text.clone());
                        }
                        entries.push(Entry { key: text, key_origin: origin, value: node });
                        if entries.len() == MANY_KEYS {
                            seen.extend(entries.iter().map(|entry| entry.key.clone()));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn add_key(&mut self, node: Node<'t>) -> Result<(), Fault> {
        let origin = node.origin;
        let (text, style) = match node.kind {
            Kind::Scalar(text, style) => (text, style),
            kind => {
                let found = Node { origin, kind };
                let message = format!("a key must be a text, found {}", found.description());
                let fault = Fault::new("invalid-key", message).at(origin);
                return Err(match found.kind {
                    Kind::Mapping(_) => fault.help("a text that starts with `{{` must be in quotes"),
                    _ => fault,
                });
            }
        };
        if style == Style::Plain
            && Meaning::of(&text) == Meaning::Null
            && let Origin::Text { start, end } = origin
        {
            let (start, end) = (start as usize, end as usize);
            self.older.push(older::fault(start, end, "kubectl takes no key that is null", "put it in quotes"));
        }
        let Some(Open { items: Items::Mapping { entries, key: pending, seen, .. }, .. }) = self.open.last_mut() else {
            return Ok(());
        };
        let mut fate = if style == Style::Plain && text == "<<" { Fate::Merged } else { Fate::Kept };
        let mut duplicate = None;
        if (seen.is_empty() || seen.contains(&text))
            && let Some(first) = entries.iter().find(|entry| entry.key == text)
        {
            fate = Fate::Passed;
            duplicate = Some(
                Fault::new("duplicate-key", format!("the key `{}` stands here a second time", shorten(&text)))
                    .at(origin)
                    .and_at(first.key_origin, "first given here")
                    .help("keep one of the two"),
            );
        }
        *pending = Some(Key { text, origin, fate });
        if let Some(duplicate) = duplicate {
            let path = self.path();
            self.faults.push(duplicate.under_all(&path));
        }
        Ok(())
    }

    /// Adds what `<<` brings: keys that are there already win (the merge key of YAML 1.1, which kubectl knows).
    fn merge(&mut self, entries: &mut Vec<Entry<'t>>, seen: &HashSet<Cow<'t, str>>, node: Node<'t>) {
        match node.kind {
            Kind::Mapping(brought) => {
                for entry in brought {
                    let there = seen.contains(&entry.key) || entries.iter().any(|own| own.key == entry.key);
                    if !there {
                        entries.push(entry);
                    }
                }
            }
            Kind::Sequence(nodes) if nodes.iter().all(|node| matches!(node.kind, Kind::Mapping(_))) => {
                for node in nodes {
                    self.merge(entries, seen, node);
                }
            }
            _ => self.faults.push(
                Fault::new(
                    "invalid-merge",
                    format!("`<<` takes a mapping or a list of them, found {}", node.description()),
                )
                .at(node.origin),
            ),
        }
    }

    fn remember(&mut self, anchor: usize, node: &Node<'t>) -> Result<(), Fault> {
        if anchor > 0 {
            self.spend(cost(node), node.origin)?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(())
    }

    fn copy_of(&mut self, anchor: usize, span: &Span) -> Result<Node<'t>, Fault> {
        let origin = self.origin(span);
        let Some(node) = self.anchors.get(&anchor) else {
            return Err(Fault::new("invalid-alias", "the alias stands inside what it names").at(origin));
        };
        if self.open.len() + depth(node) > MAX_DEPTH {
            return Err(too_deep(origin));
        }
        let copy = node.clone();
        self.spend(cost(&copy), origin)?;
        Ok(copy)
    }

    fn spend(&mut self, bytes: usize, origin: Origin) -> Result<(), Fault> {
        self.copied = self.copied.saturating_add(bytes);
        if self.copied <= MAX_COPIED {
            return Ok(());
        }
        Err(Fault::new("too-many-aliases", "the aliases of this document stand for more than 4 MiB").at(origin))
    }

    /// What kubectl makes of a scalar, where it is something else.
    fn scalar_of_kubectl(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: &Span) {
        let is_quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        let range = span.byte_range().unwrap_or_default();
        if is_quoted && !self.breaks.is_empty() {
            // kubectl makes a space of a next line there, and keeps the other two
            self.breaks.retain(|at| !range.contains(at) || self.text[*at..].starts_with('\u{85}'));
        }
        let (start, end) = self.bytes(span);
        if style == ScalarStyle::DoubleQuoted
            // shorter than what was written: something was escaped
            && range.len() != text.len() + 2
            && let Some(at) = self.text.get(range).and_then(older::escaped_slash)
        {
            let message = "kubectl knows no escape `\\/` outside JSON";
            self.older.push(older::fault(start + at - 1, start + at + 1, message, "write a slash as it is"));
        }
        if let Some(suffix) = tag.and_then(Tag::core_suffix) {
            let is_fit = match suffix {
                "null" => Meaning::of(text) == Meaning::Null,
                "bool" => matches!(Meaning::of(text), Meaning::Bool(_)) || older_boolean(text).is_some(),
                "int" => matches!(Meaning::of(text), Meaning::Int(_)) || older_meaning(text) == Some("a number"),
                "float" => {
                    matches!(Meaning::of(text), Meaning::Int(_) | Meaning::Float)
                        || older_meaning(text) == Some("a number")
                }
                _ => true,
            };
            if !is_fit {
                let message = format!("kubectl cannot read {} as `!!{suffix}`", shorten(text));
                self.older.push(older::fault(start, end, message, "remove the tag"));
            }
        }
    }

    /// The style after the tag had its say.
    fn scalar_style(&mut self, style: ScalarStyle, tag: Option<&Tag>, span: &Span) -> Style {
        let written = if style == ScalarStyle::Plain { Style::Plain } else { Style::Quoted };
        let Some(tag) = tag else { return written };
        match tag.core_suffix() {
            Some("str") => Style::Quoted,
            Some("null" | "bool" | "int" | "float") => Style::Plain,
            _ if tag.original() == "!" => Style::Quoted,
            _ => {
                self.report_tag(tag, span);
                written
            }
        }
    }

    fn collection_tag(&mut self, own: &str, tag: Option<&Tag>, span: &Span) {
        if let Some(tag) = tag
            && tag.core_suffix() != Some(own)
            && tag.original() != "!"
        {
            self.report_tag(tag, span);
        }
    }

    fn report_tag(&mut self, tag: &Tag, span: &Span) {
        let origin = span.tag_span().map_or_else(|| self.origin(span), |span| self.origin(&span));
        let message = format!("the tag `{}` means nothing here", shorten(&tag.original()));
        self.faults.push(Fault::new("unknown-tag", message).at(origin).under_all(&self.path()).help("remove the tag"));
    }

    /// The path of the node that comes next, or of the value whose key came last.
    fn path(&self) -> Vec<PathStep> {
        self.open
            .iter()
            .filter_map(|open| match &open.items {
                Items::Sequence(items) => Some(PathStep::Index(items.len())),
                Items::Mapping { key, .. } => key.as_ref().map(|key| PathStep::Field(key.text.clone().into_owned())),
            })
            .collect()
    }
}

fn too_deep(origin: Origin) -> Fault {
    Fault::new("too-deep", format!("collections are nested deeper than {MAX_DEPTH} levels")).at(origin)
}

/// The bytes a copy takes, roughly: texts count even if the tree borrows them, since the model will not.
fn cost(node: &Node<'_>) -> usize {
    const NODE: usize = 64;
    NODE + match &node.kind {
        Kind::Scalar(text, _) => text.len(),
        Kind::Sequence(items) => items.iter().map(cost).sum(),
        Kind::Mapping(entries) => entries.iter().map(|entry| NODE + entry.key.len() + cost(&entry.value)).sum(),
        Kind::Dropped => 0,
    }
}

fn depth(node: &Node<'_>) -> usize {
    match &node.kind {
        Kind::Scalar(..) | Kind::Dropped => 0,
        Kind::Sequence(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Kind::Mapping(entries) => 1 + entries.iter().map(|entry| depth(&entry.value)).max().unwrap_or(0),
    }
}
