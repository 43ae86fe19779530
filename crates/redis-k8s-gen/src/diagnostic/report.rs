//! Everything that was found in a run.

use std::collections::HashSet;
use std::io;

use redis_k8s::Severity;
use serde_json::json;

use super::excerpt::Lines;
use super::print::{self, Shown};
use super::{Diagnostic, Place};
use crate::source::Source;

/// Everything that was found in a run, in the order of the sources.
#[derive(Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    /// Kept only if there is something to show.
    sources: Vec<Source>,
    errors: usize,
    warnings: usize,
    documents: usize,
    objects: usize,
    /// Problems of the command line, which every document of a run has alike: told once.
    from_overrides: HashSet<(&'static str, String, String)>,
}

impl Report {
    /// Problems of each severity that are kept to be shown; all are counted.
    pub const KEPT: usize = 100;

    /// True if anything stops the rendering.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// True if nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.errors + self.warnings == 0
    }

    /// How many errors were found, shown or not.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.errors
    }

    /// How many warnings were found, shown or not.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.warnings
    }

    /// How many documents were read, good and bad.
    #[must_use]
    pub fn documents(&self) -> usize {
        self.documents
    }

    /// How many objects of Kubernetes were read, good and bad.
    #[must_use]
    pub fn objects(&self) -> usize {
        self.objects
    }

    /// The problems, at most [`Report::KEPT`] of each severity.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Writes the problems for people, with the lines in question, and a summary; nothing if there is none.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn print(&self, out: &mut impl io::Write, color: bool) -> io::Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let sources = self.shown();
        for diagnostic in &self.diagnostics {
            writeln!(out, "{}\n", print::text(diagnostic, &sources, color))?;
        }
        let hidden = self.errors + self.warnings - self.diagnostics.len();
        if hidden > 0 {
            writeln!(out, "and {hidden} more\n")?;
        }
        writeln!(out, "{}", self.summary())
    }

    /// The problems for programs: a list of objects with severity, rule, message, help, path, file, line and column.
    ///
    /// One from the command line has `override` instead of file, line and column.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let sources = self.shown();
        self.diagnostics
            .iter()
            .map(|diagnostic| {
                let mut object = json!({
                    "severity": diagnostic.severity,
                    "rule": diagnostic.rule,
                    "message": diagnostic.message,
                    "path": diagnostic.path,
                });
                if let Some(help) = &diagnostic.help {
                    object["help"] = json!(help);
                }
                place_to_json(&diagnostic.place, &sources, &mut object);
                if !diagnostic.related.is_empty() {
                    object["related"] = diagnostic
                        .related
                        .iter()
                        .map(|(place, why)| {
                            let mut object = json!({"message": why});
                            place_to_json(place, &sources, &mut object);
                            object
                        })
                        .collect();
                }
                object
            })
            .collect()
    }

    pub(crate) fn count_document(&mut self) {
        self.documents += 1;
    }

    pub(crate) fn count_object(&mut self) {
        self.objects += 1;
    }

    pub(crate) fn add(&mut self, diagnostic: Diagnostic) {
        if let Place::Override(shown) = &diagnostic.place
            && !self.from_overrides.insert((diagnostic.rule, shown.clone(), diagnostic.message.clone()))
        {
            return;
        }
        let count = match diagnostic.severity {
            Severity::Warning => &mut self.warnings,
            _ => &mut self.errors,
        };
        *count += 1;
        if *count <= Self::KEPT {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Adds what was found in later pieces.
    pub(crate) fn append(&mut self, other: Self) {
        self.documents += other.documents;
        self.objects += other.objects;
        let kept = |report: &[Diagnostic], severity| report.iter().filter(|d| d.severity == severity).count();
        let hidden_errors = other.errors - kept(&other.diagnostics, Severity::Error);
        let hidden_warnings = other.warnings - kept(&other.diagnostics, Severity::Warning);
        for diagnostic in other.diagnostics {
            self.add(diagnostic);
        }
        self.errors += hidden_errors;
        self.warnings += hidden_warnings;
    }

    /// Puts the problems in the order of the sources, and keeps these to show the lines in question.
    pub(crate) fn finish(&mut self, sources: Vec<Source>) {
        self.diagnostics.sort_by_key(|diagnostic| match &diagnostic.place {
            Place::Override(_) => (0, 0, 0),
            Place::Text { source, start, .. } => (1, *source, *start),
        });
        if !self.diagnostics.is_empty() {
            self.sources = sources;
        }
    }

    fn shown(&self) -> Vec<Option<Shown<'_>>> {
        let mut needed = vec![false; self.sources.len()];
        let places =
            self.diagnostics.iter().flat_map(|d| std::iter::once(&d.place).chain(d.related.iter().map(|(p, _)| p)));
        for place in places {
            if let Place::Text { source, .. } = place
                && let Some(needed) = usize::try_from(*source).ok().and_then(|source| needed.get_mut(source))
            {
                *needed = true;
            }
        }
        self.sources
            .iter()
            .zip(needed)
            .map(|(source, needed)| needed.then(|| Shown { name: &source.name, lines: Lines::of(&source.bytes) }))
            .collect()
    }

    fn summary(&self) -> String {
        let level = if self.has_errors() { "error" } else { "warning" };
        let counts = [(self.errors, "error"), (self.warnings, "warning")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| counted(count, what))
            .collect::<Vec<_>>()
            .join(", ");
        match self.read() {
            read if read.is_empty() => format!("{level}: {counts}"),
            read => format!("{level}: {counts} in {read}"),
        }
    }

    /// What was read: `2 documents`, `1 document and 14 objects`.
    pub(crate) fn read(&self) -> String {
        [(self.documents, "document"), (self.objects, "object")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| counted(count, what))
            .collect::<Vec<_>>()
            .join(" and ")
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn place_to_json(place: &Place, sources: &[Option<Shown<'_>>], object: &mut serde_json::Value) {
    match place {
        Place::Override(shown) => object["override"] = json!(shown),
        Place::Text { source, start, end } => {
            if let Some(Shown { name, lines }) =
                usize::try_from(*source).ok().and_then(|source| sources.get(source)?.as_ref())
            {
                let excerpt = lines.excerpt(*start, *end);
                object["file"] = json!(name);
                object["line"] = json!(excerpt.line);
                object["column"] = json!(excerpt.column);
            }
        }
    }
}
