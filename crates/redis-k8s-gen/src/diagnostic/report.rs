//! Everything that was found in a run.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;

use redis_k8s::Severity;

use super::excerpt::Lines;
use super::exchange::{self, Finding};
use super::print::{self, Shown};
use super::{Diagnostic, Place};
use crate::source::Source;

/// Everything that was found in a run, in the order of the sources.
#[derive(Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    /// Kept only if there is something to show.
    sources: Vec<Source>,
    found: BTreeMap<(Severity, &'static str), Found>,
    /// True if somewhere so much is wrong that the rest was not looked for.
    is_cut: bool,
    documents: usize,
    objects: usize,
    /// Problems of the command line, which every document of a run has alike: told once.
    from_overrides: HashSet<(&'static str, String, String)>,
}

/// How many were found of one rule.
#[derive(Debug, Default)]
struct Found {
    kept: usize,
    hidden: usize,
}

impl Report {
    /// Problems of each rule that are kept to be shown; all are counted.
    pub const KEPT: usize = 20;

    /// True if anything stops the rendering.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    /// True if nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many errors were found, shown or not.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }

    /// How many warnings were found, shown or not.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning)
    }

    fn count(&self, severity: Severity) -> usize {
        self.found.iter().filter(|((of, _), _)| *of == severity).map(|(_, found)| found.kept + found.hidden).sum()
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

    /// The problems, at most [`Report::KEPT`] of each rule.
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
        for (_, rule, hidden) in self.hidden() {
            writeln!(out, "and {hidden} more of {rule}\n")?;
        }
        writeln!(out, "{}", self.summary())
    }

    /// The problems for programs: a list of objects with severity, rule, message, help, path, file, line and column.
    ///
    /// One from the command line has `override` instead of file, line and column; the last ones say of a rule how many more there are,
    /// as `more`.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        exchange::json(&self.findings(&self.shown()))
    }

    /// The problems in SARIF 2.1.0, which code scanning and editors read.
    #[must_use]
    pub fn to_sarif(&self) -> serde_json::Value {
        exchange::sarif(&self.findings(&self.shown()))
    }

    /// The problems as commands of a GitHub workflow, a line each, which show them beside the lines in question.
    #[must_use]
    pub fn to_github(&self) -> String {
        exchange::github(&self.findings(&self.shown()))
    }

    /// The problems as tests that failed, in the XML of `JUnit`; warnings fail if `is_strict`.
    #[must_use]
    pub fn to_junit(&self, is_strict: bool) -> String {
        exchange::junit(&self.findings(&self.shown()), &self.read(), is_strict)
    }

    fn findings<'r>(&'r self, sources: &[Option<Shown<'r>>]) -> Vec<Finding<'r>> {
        let shown = self.diagnostics.iter().map(|diagnostic| Finding::new(diagnostic, sources));
        shown.chain(self.hidden().map(|(severity, rule, hidden)| Finding::more(severity, rule, hidden))).collect()
    }

    /// The rules of which more was found than is kept, and how much more.
    fn hidden(&self) -> impl Iterator<Item = (Severity, &'static str, usize)> {
        let found = self.found.iter().filter(|(_, found)| found.hidden > 0);
        found.map(|((severity, rule), found)| (*severity, *rule, found.hidden))
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
        let found = self.found.entry((diagnostic.severity, diagnostic.rule)).or_default();
        if found.kept < Self::KEPT {
            found.kept += 1;
            self.diagnostics.push(diagnostic);
        } else {
            found.hidden += 1;
        }
    }

    /// Counts problems that are not worth a message each.
    pub(crate) fn add_hidden(&mut self, severity: Severity, rule: &'static str, count: usize) {
        if count > 0 {
            self.found.entry((severity, rule)).or_default().hidden += count;
        }
    }

    /// Says that there may be more than was looked for.
    pub(crate) fn cut(&mut self) {
        self.is_cut = true;
    }

    /// Adds what was found in later pieces.
    pub(crate) fn append(&mut self, other: Self) {
        self.documents += other.documents;
        self.objects += other.objects;
        self.is_cut |= other.is_cut;
        for diagnostic in other.diagnostics {
            self.add(diagnostic);
        }
        for ((severity, rule), found) in other.found {
            self.add_hidden(severity, rule, found.hidden);
        }
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
        let mut needed = vec![BTreeSet::new(); self.sources.len()];
        let places =
            self.diagnostics.iter().flat_map(|d| std::iter::once(&d.place).chain(d.related.iter().map(|(p, _)| p)));
        for place in places {
            if let Place::Text { source, start, .. } = place
                && let Some(needed) = usize::try_from(*source).ok().and_then(|source| needed.get_mut(source))
            {
                needed.insert(*start);
            }
        }
        self.sources
            .iter()
            .zip(needed)
            .map(|(source, needed)| {
                (!needed.is_empty()).then(|| Shown { name: &source.name, lines: Lines::of(source, &needed) })
            })
            .collect()
    }

    fn summary(&self) -> String {
        let level = if self.has_errors() { "error" } else { "warning" };
        let counts = [(self.errors(), "error"), (self.warnings(), "warning")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| counted(count, what))
            .collect::<Vec<_>>()
            .join(", ");
        let counts = if self.is_cut { format!("at least {counts}") } else { counts };
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
