//! The subcommands, a file each, and what ends them.

pub(crate) mod completions;
pub(crate) mod documents;
pub(crate) mod explain;
pub(crate) mod init;
pub(crate) mod man;
pub(crate) mod render;
pub(crate) mod schema;
pub(crate) mod secret;
pub(crate) mod steps;
pub(crate) mod validate;

use std::ffi::OsString;
use std::io;

use crate::Io;
use crate::cli::{self, Subcommand, Verbosity};
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

    fn exit_code(&self) -> u8 {
        match self {
            Self::Closed => 0,
            Self::Reported | Self::Input(_) => 1,
            Self::Usage(_) => 2,
        }
    }
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

    fn say(&mut self, label: &str, text: &str) {
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

/// Runs the command with `args`, the program's name first, and gives its exit code.
///
/// 0: fine. 1: the input is wrong or a check failed. 2: wrong usage or environment. A closed standard output is
/// fine: its reader has read enough.
pub fn run<I, T>(args: I, io: &mut Io<'_>) -> u8
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let (subcommand, verbosity) = match cli::parse(args) {
        Ok(parsed) => parsed,
        Err(error) => return usage(&error, io),
    };
    let mut session = Session { io, verbosity };
    let result = match subcommand {
        Subcommand::Render(args) => render::run(&args, &mut session),
        Subcommand::Init(args) => init::run(&args, &mut session),
        Subcommand::Validate(args) => validate::run(&args, &mut session),
        Subcommand::Explain(args) => explain::run(&args, &mut session),
        Subcommand::Steps(args) => steps::run(&args, &mut session),
        Subcommand::Secret(args) => secret::run(&args, &mut session),
        Subcommand::Schema(args) => schema::run(&args, &mut session),
        Subcommand::Completions(args) => completions::run(&args, &mut session),
        Subcommand::Man(args) => man::run(&args, &mut session),
    };
    // A full disk may only show when the last bytes are written out.
    let result = result.and_then(|()| session.io.stdout.flush().map_err(|error| Failure::output(&error)));
    match result {
        Ok(()) => 0,
        Err(failure) => {
            if matches!(failure, Failure::Input(_) | Failure::Usage(_)) {
                session.say("error", &failure.to_string());
            }
            failure.exit_code()
        }
    }
}

/// Help and the version are data and fine; anything else is a message and wrong usage.
fn usage(error: &clap::Error, io: &mut Io<'_>) -> u8 {
    let text = error.render().to_string();
    if error.use_stderr() {
        let _ = io.stderr.write_all(text.as_bytes());
        return 2;
    }
    match io.stdout.write_all(text.as_bytes()).and_then(|()| io.stdout.flush()) {
        Ok(()) => 0,
        Err(error) => Failure::output(&error).exit_code(),
    }
}
