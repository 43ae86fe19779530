//! The outside of a run: three streams and what the process found around it.

use std::fmt;
use std::io::{Read, Write};

/// Everything a run reads from and writes to, besides the files it is told of.
pub struct Io<'a> {
    /// Where documents come from when `-` is asked for.
    pub stdin: &'a mut dyn Read,
    /// Data, and nothing else.
    pub stdout: &'a mut dyn Write,
    /// Messages.
    pub stderr: &'a mut dyn Write,
    /// What the process found around it.
    pub environment: Environment,
}

/// What the process found around it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Environment {
    /// True if messages are read by a person: they are coloured, and long runs show progress.
    pub stderr_is_terminal: bool,
    /// True if data is read by a person.
    pub stdout_is_terminal: bool,
    /// True if the variable `NO_COLOR` is set and not empty (<https://no-color.org>).
    pub no_color: bool,
}

impl Environment {
    /// True if data for people may be coloured.
    #[must_use]
    pub fn colors_stdout(self) -> bool {
        self.stdout_is_terminal && !self.no_color
    }

    /// True if messages may be coloured.
    #[must_use]
    pub fn color(self) -> bool {
        self.stderr_is_terminal && !self.no_color
    }
}

impl fmt::Debug for Io<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Io").field("environment", &self.environment).finish_non_exhaustive()
    }
}
