//! Everything that was found in a run.

use std::io;

use super::Diagnostic;

/// Everything that was found in a run, in the order of the sources.
#[derive(Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    errors: usize,
    warnings: usize,
    documents: usize,
}

impl Report {
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

    /// The problems, at most [`Report::KEPT`] of each severity.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Problems of each severity that are kept to be shown; all are counted.
    pub const KEPT: usize = 100;

    /// Writes the problems for people, with the lines in question, and a summary; nothing if there is none.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn print(&self, _out: &mut impl io::Write, _color: bool) -> io::Result<()> {
        Ok(())
    }

    /// The problems for programs: a list of objects with severity, rule, message, help, path, file, line and column.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::Value::Array(Vec::new())
    }
}
