//! Messages about the files of a folder, pinned together.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// The files of a folder of tests, by name.
#[allow(dead_code, reason = "not every test has a folder")]
pub(crate) fn files(folder: &str) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(tests().join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Compares what is printed of each file of the folder with FOLDER.stderr; with `SNAPSHOTS=overwrite` writes it there.
#[allow(dead_code, reason = "not every test has a folder")]
pub(crate) fn assert_pinned(folder: &str, printed: impl Fn(&Path) -> String) {
    let files = files(folder);
    let name = |path: &Path| path.file_name().unwrap().display().to_string();
    assert_all_pinned(folder, files.iter().map(|path| (name(path), printed(path))));
}

/// Compares what is printed, each with its name, with FILE.stderr; with `SNAPSHOTS=overwrite` writes it there.
pub(crate) fn assert_all_pinned(file: &str, all: impl Iterator<Item = (String, String)>) {
    let mut text = String::new();
    let mut count = 0;
    for (name, printed) in all {
        assert!(!printed.is_empty(), "{name}: nothing was found wrong");
        write!(text, "== {name}\n\n{printed}\n").unwrap();
        count += 1;
    }
    let pinned = tests().join(file).with_extension("stderr");
    if std::env::var("SNAPSHOTS").as_deref() == Ok("overwrite") {
        fs::write(&pinned, &text).unwrap();
    }
    let known = fs::read_to_string(&pinned).unwrap_or_default();
    let known: Vec<_> = known.split("\n== ").collect();
    let differing: Vec<_> = text.split("\n== ").filter(|message| !known.contains(message)).collect();
    assert!(differing.is_empty(), "messages that are not the pinned ones:\n{}", differing.join("\n"));
    assert_eq!(known.len(), count, "{} has messages of what is gone", pinned.display());
}
