//! The outside of a run: three streams and what the process found around it.

use std::fmt;
use std::io::{self, Empty, Read, StdinLock, Write};

/// Everything a run reads from and writes to, besides the files it is told of.
pub struct Io<'a> {
    /// Where documents come from when `-` is asked for.
    pub stdin: &'a mut dyn Input,
    /// Data, and nothing else.
    pub stdout: &'a mut dyn Write,
    /// Messages.
    pub stderr: &'a mut dyn Write,
    /// What the process found around it.
    pub environment: Environment,
}

/// Standard input.
pub trait Input: Read {
    /// True if a document may wait here, or may still come: asked when none is named, and takes nothing away.
    fn may_hold_documents(&self) -> bool;
}

impl Input for Empty {
    fn may_hold_documents(&self) -> bool {
        false
    }
}

impl Input for &[u8] {
    fn may_hold_documents(&self) -> bool {
        !self.is_empty()
    }
}

impl Input for StdinLock<'_> {
    /// A file with something left, and a pipe in which something comes within a moment: its writer may only be slow. Not a
    /// terminal, `/dev/null`, a pipe whose writer has gone, or one that stays silent, as ssh and build servers leave it open.
    #[cfg(unix)]
    fn may_hold_documents(&self) -> bool {
        use std::fs::File;
        use std::io::Seek;
        use std::os::fd::AsFd;
        use std::os::unix::fs::FileTypeExt;

        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        use rustix::io::{ioctl_fionread, retry_on_intr};

        const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 300_000_000 };
        let Ok(mut file) = self.as_fd().try_clone_to_owned().map(File::from) else { return false };
        let Ok(metadata) = file.metadata() else { return false };
        let kind = metadata.file_type();
        if kind.is_file() {
            return file.stream_position().is_ok_and(|at| at < metadata.len());
        }
        if !kind.is_fifo() && !kind.is_socket() {
            return false;
        }
        let mut waiting = [PollFd::new(&file, PollFlags::IN)];
        // What is ready and holds nothing is at its end.
        match retry_on_intr(|| poll(&mut waiting, Some(&PATIENCE))) {
            Ok(0) | Err(_) => false,
            Ok(_) => ioctl_fionread(&file).is_ok_and(|bytes| bytes > 0),
        }
    }

    #[cfg(not(unix))]
    fn may_hold_documents(&self) -> bool {
        false
    }
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

/// Why the system refused, in words that are the same everywhere.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory, not a file".to_owned(),
        io::ErrorKind::NotADirectory => "a part of the path is a file, not a directory".to_owned(),
        _ => error.to_string(),
    }
}
