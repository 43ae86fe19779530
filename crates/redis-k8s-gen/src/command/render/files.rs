//! `--output-dir`: a file for each object, all of them or none.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use redis_k8s::{Checked, Redis};

use super::interrupt::HeldSignals;
use super::progress::{Progress, grouped};
use super::{Failure, Selection, Session, selection};
use crate::io::reason;

/// Writes the objects of all documents into `dir`.
///
/// The files are written to a directory inside `dir` first and moved when all of them are there, so that a full
/// disk, Ctrl-C or two objects of one name leave the files of the last run as they were.
pub(super) fn write(
    documents: &[Checked],
    selection: &Selection,
    dir: &Path,
    session: &mut Session<'_, '_>,
) -> Result<(), Failure> {
    // Dropped last: a signal that came ends the process once everything is cleaned up.
    let signals = HeldSignals::new().map_err(|error| Failure::Usage(format!("cannot hold signals: {error}")))?;
    let names = {
        let staging = Staging::new(dir)?;
        let names = stage(documents, selection, &staging.path, &signals, session)?;
        put(&staging.path, dir, &names)?;
        names
    };
    let plural = if names.len() == 1 { "" } else { "s" };
    session.verbose(&format!("wrote {} file{plural} to {}", grouped(names.len()), dir.display()));
    // Of a selection nobody knows what else there should be.
    if selection.selectors().is_empty() {
        let left = left_over(dir, &names, documents);
        if !left.is_empty() {
            session.note(&format!(
                "no longer rendered, but still in {}: {}; delete their objects, if they are applied, and then the files",
                dir.display(),
                left.join(", ")
            ));
        }
    }
    Ok(())
}

/// Writes all files to `staging`, and gives their names.
fn stage(
    documents: &[Checked],
    selection: &Selection,
    staging: &Path,
    signals: &HeldSignals,
    session: &mut Session<'_, '_>,
) -> Result<BTreeSet<String>, Failure> {
    let mut names = BTreeSet::new();
    let mut progress = Progress::new(documents.len(), session);
    for document in documents {
        for (name, content) in selection.manifest(document).files() {
            if signals.came() {
                progress.erase(session);
                return Err(Failure::Usage("interrupted: nothing was written".to_owned()));
            }
            let path = staging.join(&name);
            if !names.insert(name.clone()) {
                progress.erase(session);
                return Err(Failure::Input(format!(
                    "two objects would be written to the file {name}, the second one of {}: write each namespace to \
                     a directory of its own",
                    instance(document.redis())
                )));
            }
            fs::write(&path, content).map_err(|error| cannot_write(&staging.with_file_name(&name), &error))?;
        }
        progress.advance(session);
    }
    progress.erase(session);
    Ok(names)
}

/// Puts the files of `staging` in place, or leaves everything as it was.
fn put(staging: &Path, dir: &Path, names: &BTreeSet<String>) -> Result<(), Failure> {
    let before = staging.join("before");
    fs::create_dir(&before).map_err(|error| cannot_write(&before, &error))?;
    for name in names {
        let to = dir.join(name);
        keep(&to, &before.join(name)).map_err(|error| cannot_write(&to, &error))?;
    }
    for (place, name) in names.iter().enumerate() {
        let to = dir.join(name);
        if let Err(error) = fs::rename(staging.join(name), &to) {
            for name in names.iter().take(place) {
                let to = dir.join(name);
                // What was not there before has nothing to come back.
                let _ = fs::rename(before.join(name), &to).or_else(|_| fs::remove_file(&to));
            }
            return Err(cannot_write(&to, &error));
        }
    }
    Ok(())
}

/// Keeps a file that is to be replaced, if it is there: as a second name of it, or as a copy where a file has but one.
fn keep(file: &Path, copy: &Path) -> io::Result<()> {
    if file.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !file.exists() {
        return Ok(());
    }
    fs::hard_link(file, copy).or_else(|_| fs::copy(file, copy).map(drop))
}

/// Files in `dir` as earlier runs wrote them for these instances, which this run has not.
///
/// They are told, not removed: what bears our labels may have been written, or changed, by somebody else.
fn left_over(dir: &Path, names: &BTreeSet<String>, documents: &[Checked]) -> Vec<String> {
    let instances: BTreeSet<&str> = documents.iter().map(|it| it.redis().metadata.name.as_str()).collect();
    let is_of_ours = |name: &str| {
        let text = fs::read_to_string(dir.join(name)).unwrap_or_default();
        let label = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix("    app.kubernetes.io/")?.strip_prefix(key));
            line.map(|value| value.trim_matches('"').to_owned())
        };
        label("managed-by: ").is_some_and(|manager| manager == "redis-k8s-gen")
            && label("instance: ").is_some_and(|instance| instances.contains(&*instance))
    };
    let mut left: Vec<String> = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !names.contains(name) && selection::is_file_of_a_kind(name) && is_of_ours(name))
        .collect();
    left.sort();
    left
}

fn instance(document: &Redis) -> String {
    let metadata = &document.metadata;
    match &metadata.namespace {
        Some(namespace) => format!("instance {} in namespace {namespace}", metadata.name),
        None => format!("instance {}", metadata.name),
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Usage(format!("cannot write {}: {}", path.display(), reason(error)))
}

/// A directory for files that are not complete yet; it goes, with whatever is in it, when the run ends.
struct Staging<'d> {
    path: PathBuf,
    /// The directory it is in, if this run made it: it goes, too, if nothing came of it.
    made: Option<&'d Path>,
}

impl<'d> Staging<'d> {
    fn new(dir: &'d Path) -> Result<Self, Failure> {
        if dir.exists() && !dir.is_dir() {
            return Err(Failure::Usage(format!("{} is a file, not a directory", dir.display())));
        }
        let made = (!dir.exists()).then_some(dir);
        fs::create_dir_all(dir).map_err(|error| cannot_write(dir, &error))?;
        let path = dir.join(format!(".redis-k8s-gen-{}", std::process::id()));
        fs::create_dir(&path).map_err(|error| cannot_write(&path, &error))?;
        Ok(Self { path, made })
    }
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        // It holds nothing a user would miss, and there is nothing better to do if it cannot be removed.
        let _ = fs::remove_dir_all(&self.path);
        if let Some(dir) = self.made {
            // which is refused when there are files in it
            let _ = fs::remove_dir(dir);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_moved_comes_back_if_the_rest_cannot_be() {
        let dir = tempfile::tempdir().unwrap();
        let staging = dir.path().join("staging");
        fs::create_dir(&staging).unwrap();
        fs::write(dir.path().join("a"), "old").unwrap();
        for name in ["a", "b"] {
            fs::write(staging.join(name), "new").unwrap();
        }
        let names = ["a", "b", "nowhere"].map(str::to_owned).into();
        assert!(put(&staging, dir.path(), &names).is_err());
        assert_eq!(fs::read_to_string(dir.path().join("a")).unwrap(), "old");
        assert!(!dir.path().join("b").exists());
    }
}
