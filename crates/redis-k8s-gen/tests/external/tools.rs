//! Finding and running the tools of others.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use crate::renderings::repository;

/// What a test may need.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Tool {
    /// Python with the packages of `tools/requirements.txt`.
    Python,
    Shellcheck,
    Haproxy,
    Promtool,
}

impl Tool {
    /// Where it is. Not having it is a note on a developer's machine and a failure where everything must run.
    pub(crate) fn find(self) -> Option<PathBuf> {
        let found = match self {
            Self::Python => in_venv("python"),
            Self::Shellcheck => on_path("shellcheck"),
            Self::Promtool => in_venv("promtool").or_else(|| on_path("promtool")),
            // Debian has it where only root looks.
            Self::Haproxy => {
                on_path("haproxy").or_else(|| Some(PathBuf::from("/usr/sbin/haproxy")).filter(|it| it.is_file()))
            }
        };
        if found.is_none() {
            missing(&format!("{self:?}"));
        }
        found
    }
}

/// The kubectl of `tools/requirements.txt`, and the machine's own, which is usually older.
pub(crate) fn kubectls() -> Vec<PathBuf> {
    let found: Vec<_> = in_venv("kubectl").into_iter().chain(on_path("kubectl")).collect();
    if found.is_empty() {
        missing("kubectl");
    }
    found
}

fn missing(what: &str) {
    assert!(std::env::var_os("CI").is_none(), "{what} is missing, and CI runs every test: see tools/install");
    // Past what the harness holds back of tests that pass.
    let _ = writeln!(std::io::stderr(), "skipped: {what} is missing; tools/install gets it");
}

fn in_venv(name: &str) -> Option<PathBuf> {
    Some(repository().join(".venv/bin").join(name)).filter(|path| path.exists())
}

/// The program of this name on PATH, the virtual environment's left aside.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter(|dir| !dir.ends_with(".venv/bin"))
        .map(|dir| dir.join(name))
        .find(|path| path.is_file())
}

/// Standard output of a command that must succeed without a word on standard error.
pub(crate) fn run(command: &mut Command) -> Vec<u8> {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{stdout}\n{stderr}");
    assert!(stderr.is_empty(), "{command:?} warned: {stderr}");
    output.stdout
}
