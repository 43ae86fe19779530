//! From text to trees.

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, Tag, options};

use super::fault::Fault;
use super::node::{Kind, Node, Origin, Style, shorten};
use super::scalar::{Meaning, older_boolean, older_meaning};
use super::tree::{Document, MAX_DEPTH, Tree};
use super::{block, older, syntax};

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

/// Parses a piece of a source that starts at byte `base` of it.
pub(super) fn parse(text: &str, base: usize) -> Parsed<'_> {
    match block::read(text, base) {
        Some(document) => Parsed { documents: vec![document], ..Parsed::default() },
        None => parse_any(text, base),
    }
}

/// Parses any YAML.
pub(super) fn parse_any(text: &str, base: usize) -> Parsed<'_> {
    let mut parsed = Parsed::default();
    let mut events = Events { base, text, breaks: older::breaks(text), ..Events::default() };
    events.tree.older.extend(older::head(text, base));
    let mut parser = Parser::new_from_str_with_options(text, parser_options());
    while let Some(next) = parser.next_event() {
        let event = match next {
            Ok((event, span)) => events.take(event, &span),
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
    parsed.older = events.tree.older;
    let outside_quotes = events.breaks.first();
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

/// Makes trees of the events of the parser.
#[derive(Default)]
struct Events<'t> {
    base: usize,
    text: &'t str,
    tree: Tree<'t>,
    /// Places of characters that end a line for kubectl alone.
    breaks: Vec<usize>,
    documents: usize,
}

impl<'t> Events<'t> {
    /// Takes an event in; gives the document that ends with it.
    fn take(&mut self, event: Event<'t>, span: &Span) -> Result<Option<Document<'t>>, Fault> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let origin = self.origin(span);
                self.scalar_of_kubectl(&text, style, tag.as_deref(), span);
                let style = self.scalar_style(style, tag.as_deref(), span);
                self.tree.add(Node { origin, kind: Kind::Scalar(text, style) }, anchor)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.collection_tag("seq", tag.as_deref(), span);
                self.tree.start_sequence(self.origin(span), anchor)?;
            }
            Event::MappingStart(_, anchor, tag) => {
                self.collection_tag("map", tag.as_deref(), span);
                self.tree.start_mapping(self.origin(span), anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.tree.end(self.origin(span))?,
            Event::Alias(id) => self.tree.add_alias(id, self.origin(span))?,
            Event::Anchor(_, name) => {
                let (start, end) = self.bytes(span);
                self.tree.older.extend(older::anchor(&name, start, end));
            }
            Event::DocumentStart(is_explicit, _) => {
                if !is_explicit && self.documents > 0 {
                    let (start, end) = self.bytes(span);
                    let message = "kubectl reads nothing of what follows `...` up to the next `---`";
                    self.tree.older.push(older::fault(start, end, message, "write `---` before it"));
                }
                self.documents += 1;
            }
            Event::DocumentEnd => return Ok(self.tree.take()),
            _ => {}
        }
        Ok(None)
    }

    fn origin(&self, span: &Span) -> Origin {
        let (start, end) = self.bytes(span);
        Origin::text(start, end)
    }

    fn bytes(&self, span: &Span) -> (usize, usize) {
        let range = span.byte_range().unwrap_or_default();
        (self.base + range.start, self.base + range.end)
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
            self.tree.older.push(older::fault(start + at - 1, start + at + 1, message, "write a slash as it is"));
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
                self.tree.older.push(older::fault(start, end, message, "remove the tag"));
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
        self.tree
            .faults
            .push(Fault::new("unknown-tag", message).at(origin).under_all(&self.tree.path()).help("remove the tag"));
    }
}
