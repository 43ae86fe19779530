//! What can be wrong with a document, told so that it can be mended.

use std::fmt;

use serde::Serialize;

/// How much a [`Problem`] weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// It works, but hurts: nothing is refused.
    Warning,
    /// It cannot work: nothing is rendered.
    Error,
}

/// Where in a document a value stands: `spec.sentinel.quorum`, `spec.env[2].name`.
///
/// ```
/// use redis_k8s::FieldPath;
/// let path = FieldPath::from("spec").field("env").index(2).field("name");
/// assert_eq!(path.to_string(), "spec.env[2].name");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath(Vec<PathStep>);

/// One step of a [`FieldPath`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathStep {
    /// A key of a mapping.
    Field(String),
    /// A place in a list, from 0.
    Index(usize),
}

impl From<&str> for PathStep {
    fn from(key: &str) -> Self {
        Self::Field(key.to_owned())
    }
}

impl From<usize> for PathStep {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

impl FieldPath {
    /// This path and one key further.
    #[must_use]
    pub fn field(&self, name: impl Into<String>) -> Self {
        self.step(PathStep::Field(name.into()))
    }

    /// This path and one list item further.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.step(PathStep::Index(index))
    }

    /// The steps from the document's root.
    #[must_use]
    pub fn steps(&self) -> &[PathStep] {
        &self.0
    }

    fn step(&self, step: PathStep) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl FromIterator<PathStep> for FieldPath {
    fn from_iter<I: IntoIterator<Item = PathStep>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl From<&str> for FieldPath {
    /// Reads a dotted path of plain keys, as the checks of this crate write them.
    fn from(path: &str) -> Self {
        Self(path.split('.').filter(|key| !key.is_empty()).map(|key| PathStep::Field(key.to_owned())).collect())
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.0.iter().enumerate() {
            match step {
                PathStep::Field(name) if name.contains(['.', '[', '/']) || name.is_empty() => write!(f, "[{name:?}]")?,
                PathStep::Field(name) if place == 0 => f.write_str(name)?,
                PathStep::Field(name) => write!(f, ".{name}")?,
                PathStep::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

impl Serialize for FieldPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One thing that is wrong, or that hurts: where, what, why and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// Error or warning.
    pub severity: Severity,
    /// A stable name of the rule, in kebab case: `quorum-exceeds-sentinels`. Documented in docs/rules.md.
    pub rule: &'static str,
    /// The field it is about.
    pub path: FieldPath,
    /// What is wrong, with the value and the reason: lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Problem {
    /// An error at `path`.
    #[must_use]
    pub fn error(rule: &'static str, path: impl Into<FieldPath>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, rule, path: path.into(), message: message.into(), help: None }
    }

    /// A warning at `path`.
    #[must_use]
    pub fn warning(rule: &'static str, path: impl Into<FieldPath>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(rule, path, message) }
    }

    /// The same problem with a word on what to do.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// True if it stops the rendering.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.is_error() { "error" } else { "warning" };
        write!(f, "{severity}[{}]: {}: {}", self.rule, self.path, self.message)?;
        if let Some(help) = &self.help {
            write!(f, " (help: {help})")?;
        }
        Ok(())
    }
}

/// A document that cannot be rendered, with every problem found in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refused {
    /// Errors and warnings, errors at least one, in the order of the checks.
    pub problems: Vec<Problem>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, problem) in self.problems.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}
