//! The subcommands, a file each, and what ends them.

pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod documents;
pub(crate) mod explain;
pub(crate) mod init;
pub(crate) mod man;
pub(crate) mod render;
pub(crate) mod schema;
pub(crate) mod secret;
pub(crate) mod steps;
pub(crate) mod validate;

use std::io;

use crate::Io;
use crate::diagnostic::Report;

/// What ends a run before its end.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Failure {
    /// The input is wrong, and the report on standard error says how.
    #[error("the input is wrong")]
    Reported,
    /// The input is wrong, in one sentence.
    #[error("{0}")]
    Input(String),
    /// The input is wrong, the report on standard error says how, and there is nothing to compare.
    #[error("the input is wrong")]
    Unusable,
    /// Two sides differ, as standard output says.
    #[error("there are differences")]
    Different,
    /// The request or the environment is wrong.
    #[error("{0}")]
    Usage(String),
    /// Who read standard output has read enough.
    #[error("closed pipe")]
    Closed,
}

impl Failure {
    /// A write to standard output that did not work.
    pub(crate) fn output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::Closed
        } else {
            Self::Usage(format!("cannot write to standard output: {error}"))
        }
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Closed => 0,
            Self::Reported | Self::Input(_) | Self::Different => 1,
            Self::Usage(_) | Self::Unusable => 2,
        }
    }
}

/// How much is said on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Errors.
    Quiet,
    /// Errors, warnings and notes.
    Normal,
    /// What was done, too.
    Verbose,
}

/// A run: its streams, and how much it says.
pub(crate) struct Session<'a, 'io> {
    pub(crate) io: &'a mut Io<'io>,
    pub(crate) verbosity: Verbosity,
}

impl Session<'_, '_> {
    /// Writes data.
    pub(crate) fn data(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.io.stdout.write_all(bytes).map_err(|error| Failure::output(&error))
    }

    /// Shows what was found in the documents; the errors alone, if told to be quiet and there are any.
    pub(crate) fn report(&mut self, report: &Report) {
        if self.verbosity > Verbosity::Quiet || report.has_errors() {
            let _ = report.print(&mut self.io.stderr, self.io.environment.color());
        }
    }

    /// Says something a user should know, unless told to be quiet.
    pub(crate) fn note(&mut self, text: &str) {
        if self.verbosity > Verbosity::Quiet {
            self.say("note", text);
        }
    }

    /// Says what was done, if asked to.
    pub(crate) fn verbose(&mut self, text: &str) {
        if self.verbosity == Verbosity::Verbose {
            self.message(format_args!("{text}\n"));
        }
    }

    pub(crate) fn say(&mut self, label: &str, text: &str) {
        if self.io.environment.color() {
            let color = if label == "error" { 31 } else { 36 };
            self.message(format_args!("\x1b[1;{color}m{label}\x1b[0m: {text}\n"));
        } else {
            self.message(format_args!("{label}: {text}\n"));
        }
    }

    /// Writes a message. Where messages cannot be written there is nobody to tell.
    pub(crate) fn message(&mut self, text: std::fmt::Arguments<'_>) {
        let _ = self.io.stderr.write_fmt(text);
    }
}
