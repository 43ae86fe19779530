//! A problem on its way from where it was found to the report.

use std::fmt;

use redis_k8s::{PathStep, Problem, Rule, Severity};

use super::node::{Origin, shorten};
use crate::diagnostic::{Diagnostic, Place};

/// A problem of one document, its places still relative to the source.
///
/// Boxed: it is the error of every function that reads, and nearly never there.
#[derive(Debug, Clone)]
pub(super) struct Fault(Box<Detail>);

#[derive(Debug, Clone)]
struct Detail {
    severity: Severity,
    rule: &'static str,
    message: String,
    help: Option<String>,
    /// Innermost step first, as the deserializer unwinds.
    steps: Vec<PathStep>,
    origin: Option<Origin>,
    related: Vec<(Origin, String)>,
    missing: Option<&'static str>,
    unknown_in: Option<Part>,
}

/// A part of the document: its name, and the fields it has.
pub(super) type Part = (&'static str, &'static [&'static str]);

impl Fault {
    pub(super) fn new(rule: &'static str, message: impl Into<String>) -> Self {
        debug_assert!(super::rules().any(|known| known.id == rule), "{rule} is in no table of rules");
        Self(Box::new(Detail {
            severity: Severity::Error,
            rule,
            message: message.into(),
            help: None,
            steps: Vec::new(),
            origin: None,
            related: Vec::new(),
            missing: None,
            unknown_in: None,
        }))
    }

    /// Something that breaks a rule of a table.
    pub(super) fn of_rule(rule: &Rule, message: impl Into<String>) -> Self {
        let mut fault = Self::new(rule.id, message);
        fault.0.severity = rule.severity;
        fault
    }

    /// A required field that is not there.
    pub(super) fn missing(field: &'static str) -> Self {
        let mut fault = Self::required(field);
        fault.0.missing = Some(field);
        fault
    }

    /// The same of a field that only a schema names.
    pub(super) fn required(field: &str) -> Self {
        Self::new("missing-field", format!("the field `{field}` is required"))
    }

    /// A field that a part of the document does not have.
    pub(super) fn unknown(key: &str, part: Part) -> Self {
        let mut fault = Self::new("unknown-field", format!("unknown field `{}`", shorten(key)));
        fault.0.unknown_in = Some(part);
        fault
    }

    /// Ends the message with more words.
    pub(super) fn ending(mut self, words: &str) -> Self {
        self.0.message.push_str(words);
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    pub(super) fn help_if(self, help: Option<impl Into<String>>) -> Self {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }

    /// Says a part of the message in other words.
    pub(super) fn rewording(mut self, words: &str, better: &str) -> Self {
        self.0.message = self.0.message.replace(words, better);
        self
    }

    pub(super) fn message(&self) -> &str {
        &self.0.message
    }

    /// Says where, unless something closer to the place already did.
    pub(super) fn at(mut self, origin: Origin) -> Self {
        self.0.origin.get_or_insert(origin);
        self
    }

    /// One more place that belongs to it.
    pub(super) fn and_at(mut self, origin: Origin, why: impl Into<String>) -> Self {
        self.0.related.push((origin, why.into()));
        self
    }

    /// Puts a field behind the path.
    pub(super) fn of_field(mut self, field: &str) -> Self {
        self.0.steps.insert(0, PathStep::Field(field.to_owned()));
        self
    }

    /// Puts a step before the path.
    pub(super) fn under(mut self, step: PathStep) -> Self {
        self.0.steps.push(step);
        self
    }

    /// Puts steps before the path.
    pub(super) fn under_all(mut self, steps: &[PathStep]) -> Self {
        self.0.steps.extend(steps.iter().rev().cloned());
        self
    }

    pub(super) fn is_error(&self) -> bool {
        self.0.severity == Severity::Error
    }

    pub(super) fn origin(&self) -> Option<Origin> {
        self.0.origin
    }

    pub(super) fn rule(&self) -> &'static str {
        self.0.rule
    }

    pub(super) fn missing_field(&self) -> Option<&'static str> {
        self.0.missing
    }

    pub(super) fn unknown_in(&self) -> Option<Part> {
        self.0.unknown_in
    }

    /// The path, outermost step first.
    pub(super) fn path(&self) -> Vec<PathStep> {
        self.0.steps.iter().rev().cloned().collect()
    }

    /// As a user meets it. `place` says where an origin is; without one it stands at `otherwise`.
    pub(super) fn into_diagnostic(self, otherwise: Origin, place: impl Fn(Origin) -> Place) -> Diagnostic {
        let Detail { severity, rule, message, help, steps, origin, related, .. } = *self.0;
        Diagnostic {
            severity,
            rule,
            message,
            help,
            path: steps.into_iter().rev().collect(),
            place: place(origin.unwrap_or(otherwise)),
            related: related.into_iter().map(|(origin, why)| (place(origin), why)).collect(),
        }
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        let mut fault = Self::new(problem.rule, problem.message).under_all(problem.path.steps());
        fault.0.severity = problem.severity;
        fault.0.help = problem.help;
        fault
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Fault {}
