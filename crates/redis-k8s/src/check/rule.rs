//! The table of rules: what is checked, how much it weighs, and why.
//!
//! `docs/rules.md` is this table; a test keeps the two the same.

use crate::error::{FieldPath, Problem, Severity};

/// One rule of [`Redis::check`](crate::Redis::check).
///
/// ```
/// let rule = redis_k8s::RULES.iter().find(|rule| rule.id == "down-after-too-short");
/// assert!(rule.is_some_and(|rule| rule.reason.contains("2.3 s")));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The stable name, in kebab case, that stands in [`Problem::rule`].
    pub id: &'static str,
    /// Whether breaking it stops the rendering.
    pub severity: Severity,
    /// What breaks it.
    pub summary: &'static str,
    /// Why it is there, with the figure behind it where one was measured.
    pub reason: &'static str,
}

impl Rule {
    /// A document that breaks this rule at `path`.
    pub(crate) fn at(&self, path: impl Into<FieldPath>, message: impl Into<String>) -> Problem {
        Problem { severity: self.severity, ..Problem::error(self.id, path, message) }
    }
}

/// Declares the rules of one topic, each once, and the slice of them.
macro_rules! rules {
    ($table:ident; $($name:ident = $severity:ident $id:literal, $summary:literal, $reason:literal;)*) => {
        $(pub(in crate::check) const $name: crate::check::rule::Rule = crate::check::rule::Rule {
            id: $id,
            severity: crate::error::Severity::$severity,
            summary: $summary,
            reason: $reason,
        };)*
        pub(in crate::check) const $table: &[crate::check::rule::Rule] = &[$($name),*];
    };
}
pub(super) use rules;
