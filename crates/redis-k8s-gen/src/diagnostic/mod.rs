//! Problems as a user meets them: with file, line, column, the text in question, and what to do.

mod excerpt;
mod exchange;
mod print;
mod report;

pub use report::Report;

use redis_k8s::{FieldPath, Severity};

/// One problem, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// A stable name of the rule, in kebab case: `unknown-field`.
    pub rule: &'static str,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The field it is about; the root if it is about a whole document or file.
    pub path: FieldPath,
    /// Where it stands.
    pub place: Place,
    /// Other places that belong to it, each with a word on why.
    pub related: Vec<(Place, String)>,
}

/// Where a problem stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Bytes `start..end` of a source, by its number.
    Text {
        /// Which source, from 0.
        source: u32,
        /// The first byte.
        start: u32,
        /// The byte after the last.
        end: u32,
    },
    /// A value of the command line, as the user gave it: `--set spec.replicas=x`.
    Override(String),
}
