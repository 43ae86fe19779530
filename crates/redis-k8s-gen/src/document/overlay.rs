//! Values of the command line, laid over every document of a run.

/// One value of the command line: `--set path=value`, or a flag that stands for a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// As messages name it: `--set spec.replicas=5`, `--name cache`.
    shown: String,
    kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    /// `path=value`, read when documents are.
    Set(String),
    /// A path of plain keys and the text that stands there.
    Flag(&'static str, String),
}

impl Override {
    /// The argument of a `--set`: `spec.replicas=5`. Its syntax is judged with the documents.
    #[must_use]
    pub fn set(argument: impl Into<String>) -> Self {
        let argument = argument.into();
        Self { shown: format!("--set {argument}"), kind: Kind::Set(argument) }
    }

    /// A flag and the field it stands for: `Override::flag("--name", "metadata.name", "cache")`.
    #[must_use]
    pub fn flag(flag: &str, path: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        Self { shown: format!("{flag} {value}"), kind: Kind::Flag(path, value) }
    }
}
