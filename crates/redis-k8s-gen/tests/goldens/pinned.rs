//! Files that hold what a rendering must be, compared byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Set to `overwrite`, the files are written instead of compared.
const ACCEPT: &str = "SNAPSHOTS";

/// A directory of pinned files and nothing else.
pub(crate) struct Snapshots {
    root: PathBuf,
    accept: bool,
}

impl Snapshots {
    pub(crate) fn at(root: PathBuf) -> Self {
        Self { root, accept: std::env::var(ACCEPT).is_ok_and(|value| value == "overwrite") }
    }

    /// One text per file that differs, is missing, or is pinned for nothing.
    pub(crate) fn compare(&self, actual: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
        let names: BTreeSet<String> = actual.keys().cloned().chain(self.pinned()).collect();
        names.iter().filter_map(|name| self.compare_one(name, actual.get(name).map(Vec::as_slice))).collect()
    }

    fn compare_one(&self, name: &str, actual: Option<&[u8]>) -> Option<String> {
        let path = self.root.join(name);
        let pinned = std::fs::read(&path).ok();
        if pinned.as_deref() == actual {
            return None;
        }
        if self.accept {
            match actual {
                Some(content) => {
                    std::fs::create_dir_all(path.parent().expect("a directory")).expect("snapshots/ can be written");
                    std::fs::write(&path, content).expect("a snapshot can be written");
                }
                None => std::fs::remove_file(&path).expect("a snapshot can be removed"),
            }
            return None;
        }
        Some(match (pinned, actual) {
            (Some(pinned), Some(actual)) => format!("{name}: {}", first_difference(&pinned, actual)),
            (None, _) => format!("{name}: not pinned yet"),
            (_, None) => format!("{name}: pinned, but nothing renders it any more"),
        })
    }

    fn pinned(&self) -> Vec<String> {
        fn walk(directory: &Path, root: &Path, names: &mut Vec<String>) {
            for entry in std::fs::read_dir(directory).into_iter().flatten() {
                let path = entry.expect("a directory entry").path();
                if path.is_dir() {
                    walk(&path, root, names);
                } else if path.parent() != Some(root) {
                    // What lies beside the targets' directories (a note for readers) is not a rendering.
                    let name = path.strip_prefix(root).expect("below the root");
                    names.push(name.to_str().expect("names are ASCII").to_owned());
                }
            }
        }
        let mut names = Vec::new();
        walk(&self.root, &self.root, &mut names);
        names
    }
}

/// Line number and both lines where two texts part.
fn first_difference(pinned: &[u8], actual: &[u8]) -> String {
    let (mut pinned, mut actual) = (pinned.split(|b| *b == b'\n'), actual.split(|b| *b == b'\n'));
    let mut number = 0;
    loop {
        number += 1;
        match (pinned.next(), actual.next()) {
            (a, b) if a == b && a.is_some() => {}
            (a, b) => {
                let show = |line: Option<&[u8]>| {
                    line.map_or("<end>".into(), |line| format!("{:?}", String::from_utf8_lossy(line)))
                };
                return format!("line {number}\n  pinned: {}\n  actual: {}", show(a), show(b));
            }
        }
    }
}

#[test]
fn names_the_first_line_that_differs() {
    assert_eq!(first_difference(b"a\nb\n", b"a\nc\n"), "line 2\n  pinned: \"b\"\n  actual: \"c\"");
    assert_eq!(first_difference(b"a", b"a\n"), "line 2\n  pinned: <end>\n  actual: \"\"");
}

#[test]
fn tells_what_is_missing_and_what_is_left_over() {
    let root = tempfile::tempdir().expect("a directory");
    let snapshots = |accept| Snapshots { root: root.path().to_owned(), accept };
    let rendering = |content: &[u8]| BTreeMap::from([("v1/a.yaml".to_owned(), content.to_owned())]);

    assert_eq!(snapshots(false).compare(&rendering(b"a: 1\n")), ["v1/a.yaml: not pinned yet"]);
    assert!(snapshots(true).compare(&rendering(b"a: 1\n")).is_empty());
    assert!(snapshots(false).compare(&rendering(b"a: 1\n")).is_empty());
    // A carriage return or a missing last line break is a difference.
    assert_eq!(snapshots(false).compare(&rendering(b"a: 1\r\n")).len(), 1);
    assert_eq!(snapshots(false).compare(&rendering(b"a: 1")).len(), 1);
    assert_eq!(snapshots(false).compare(&BTreeMap::new()), ["v1/a.yaml: pinned, but nothing renders it any more"]);
    assert!(snapshots(true).compare(&BTreeMap::new()).is_empty());
    assert!(snapshots(false).compare(&BTreeMap::new()).is_empty());
}
