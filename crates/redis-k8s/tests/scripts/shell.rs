//! The shells of the two official images, and the tools beside them.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A shell, with what comes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shell {
    /// Debian: dash, and the tools of GNU.
    Dash,
    /// Alpine: busybox, shell and tools alike.
    Busybox,
}

/// What the scripts may use besides redis-cli and redis-server: every program here is in `debian:bookworm-slim` (coreutils,
/// dash, grep, libc-bin, sed and util-linux are essential packages there, and one that has awk is needed by base-files) and in `alpine` (busybox; getent is of musl-utils).
pub(crate) const TOOLS: [&str; 25] = [
    "awk",
    "cat",
    "date",
    "getent",
    "grep",
    "ls",
    "mkdir",
    "mkfifo",
    "mv",
    "od",
    "rm",
    "sed",
    "seq",
    "setsid",
    "sha1sum",
    "sha256sum",
    "sh",
    "sleep",
    "sort",
    "stat",
    "timeout",
    "touch",
    "tr",
    "uniq",
    "wc",
];

impl Shell {
    /// Those this machine has. A missing one is a note on a developer's machine and a failure where everything must run.
    pub(crate) fn all() -> Vec<Self> {
        [Self::Dash, Self::Busybox].into_iter().filter(|shell| find(shell.program()).is_some()).collect()
    }

    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::Dash => "dash",
            Self::Busybox => "busybox",
        }
    }

    /// The command that runs a script.
    pub(crate) fn command(self) -> Vec<PathBuf> {
        let program = find(self.program()).expect("a shell");
        match self {
            Self::Dash => vec![program],
            Self::Busybox => vec![program, "sh".into()],
        }
    }

    /// Fills a directory with [`TOOLS`], and nothing else.
    pub(crate) fn install_tools(self, directory: &Path) {
        for tool in TOOLS {
            let program = match self {
                Self::Dash => on_path(tool),
                Self::Busybox => find("busybox"),
            };
            // getent is imitated in any case.
            if let Some(program) = program {
                std::os::unix::fs::symlink(program, directory.join(tool)).unwrap();
            }
        }
    }
}

/// A program of `tools/install`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let found = on_path(program);
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{program} is missing, and CI runs every test: see tools/install");
        // Past what the harness holds back of tests that pass.
        let _ = writeln!(std::io::stderr(), "skipped: {program} is missing; tools/install gets it");
    }
    found
}

fn on_path(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|dir| dir.join(program)).find(|path| path.is_file())
}
