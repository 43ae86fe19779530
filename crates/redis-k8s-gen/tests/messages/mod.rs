//! Messages about the files of a folder, pinned together.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// The files of a folder of tests, by name.
pub(crate) fn files(folder: &str) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(tests().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Compares what is printed of each file of the folder with FOLDER.stderr; with `SNAPSHOTS=overwrite` writes it there.
pub(crate) fn assert_pinned(folder: &str, printed: impl Fn(&Path) -> String) {
    let mut text = String::new();
    for path in files(folder) {
        let found = printed(&path);
        assert!(!found.is_empty(), "{}: nothing was found wrong", path.display());
        write!(text, "== {}\n\n{found}\n", path.file_name().unwrap().display()).unwrap();
    }
    let pinned = tests().join(folder).with_extension("stderr");
    if std::env::var("SNAPSHOTS").as_deref() == Ok("overwrite") {
        fs::write(&pinned, &text).unwrap();
    }
    let known = fs::read_to_string(&pinned).unwrap_or_default();
    let known: Vec<_> = known.split("\n== ").collect();
    let differing: Vec<_> = text.split("\n== ").filter(|message| !known.contains(message)).collect();
    assert!(differing.is_empty(), "messages that are not the pinned ones:\n{}", differing.join("\n"));
    assert_eq!(known.len(), files(folder).len(), "{} has messages of files that are gone", pinned.display());
}
