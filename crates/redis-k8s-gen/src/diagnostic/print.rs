//! Problems for people.

use annotate_snippets::{AnnotationKind, Element, Group, Level, Message, Origin, Renderer, Snippet};
use redis_k8s::Severity;

use super::excerpt::{Excerpt, Lines};
use super::{Diagnostic, Place};

/// A source as messages need it.
pub(super) struct Shown<'s> {
    pub(super) name: &'s str,
    pub(super) lines: Lines<'s>,
}

/// One problem as text: title, places with their lines, help.
pub(super) fn text(diagnostic: &Diagnostic, sources: &[Option<Shown<'_>>], color: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Warning => Level::WARNING,
        _ => Level::ERROR,
    };
    let path = printable(&diagnostic.path.to_string());
    let mut group = Group::with_title(level.primary_title(printable(&diagnostic.message)).id(diagnostic.rule));
    for element in at_place(&diagnostic.place, sources, AnnotationKind::Primary, path) {
        group = group.element(element);
    }
    for (place, why) in &diagnostic.related {
        for element in at_place(place, sources, AnnotationKind::Context, why.clone()) {
            group = group.element(element);
        }
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(help_message(help));
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group])
}

fn help_message(help: &str) -> Message<'_> {
    Level::HELP.message(printable(help))
}

fn at_place<'a>(
    place: &'a Place,
    sources: &[Option<Shown<'a>>],
    kind: AnnotationKind,
    label: String,
) -> Vec<Element<'a>> {
    match place {
        Place::Override(shown) => vec![Origin::path(printable(shown)).into()],
        Place::Text { source, start, end } => {
            let source = usize::try_from(*source).ok().and_then(|source| sources.get(source)?.as_ref());
            let Some(Shown { name, lines }) = source else { return Vec::new() };
            let Excerpt { line, column, text, span, is_whole } = lines.excerpt(*start, *end);
            let mut annotation = kind.span(span);
            if !label.is_empty() {
                annotation = annotation.label(label);
            }
            // Binary data tells nobody anything.
            let is_shown = !text.is_empty() && text.matches('\0').count() < 2;
            let snippet = Snippet::source(text).line_start(line).annotation(annotation);
            if is_shown && is_whole {
                return vec![snippet.path(printable(name)).into()];
            }
            // The renderer would count the column in what is left of the line.
            let origin = Origin::path(printable(name)).line(line).char_column(column);
            let mut elements = vec![origin.into()];
            elements.extend(is_shown.then(|| snippet.into()));
            elements
        }
    }
}

/// Text of a document may hold what steers a terminal.
fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, c| {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
        shown
    })
}
