//! `--output-dir`: a file for each object, all of them or none.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use redis_k8s::{Checked, Redis};

use super::progress::{Progress, grouped};
use super::{Failure, Selection, Session};
use crate::command::documents::reason;

/// Writes the objects of all documents into `dir`.
///
/// The files are written to a directory inside `dir` first and moved when all of them are there, so that a full
/// disk or two objects of one name leave the files of the last run as they were.
pub(super) fn write(
    documents: &[Checked],
    selection: &Selection,
    dir: &Path,
    session: &mut Session<'_, '_>,
) -> Result<(), Failure> {
    let staging = Staging::new(dir)?;
    let mut names = HashSet::new();
    let mut progress = Progress::new(documents.len(), session);
    for document in documents {
        for (name, content) in selection.manifest(document).files() {
            let path = staging.path.join(&name);
            if !names.insert(name.clone()) {
                progress.erase(session);
                return Err(Failure::Input(format!(
                    "two objects would be written to the file {name}, the second one of {}: write each namespace to \
                     a directory of its own",
                    instance(document.redis())
                )));
            }
            fs::write(&path, content).map_err(|error| cannot_write(&dir.join(&name), &error))?;
        }
        progress.advance(session);
    }
    progress.erase(session);
    for name in &names {
        let to = dir.join(name);
        fs::rename(staging.path.join(name), &to).map_err(|error| cannot_write(&to, &error))?;
    }
    let plural = if names.len() == 1 { "" } else { "s" };
    session.verbose(&format!("wrote {} file{plural} to {}", grouped(names.len()), dir.display()));
    Ok(())
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
