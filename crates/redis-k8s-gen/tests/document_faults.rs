//! Every faulty document of tests/faults, with its message pinned to the byte.
//!
//! NAME.yaml (or .json) is read as the command would; NAME.stderr is what it says. A line `#! --set a=b`, `#! --name x` or
//! `#! -a v1` at the top stands for a flag. `SNAPSHOTS=overwrite cargo test -p redis-k8s-gen --test document_faults` writes
//! the messages anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod messages;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use redis_k8s::ApiVersion;
use redis_k8s_gen::document::{Override, Source, load};

use messages::assert_pinned;

/// The issue asks for sixty; fewer means that some got lost.
const AT_LEAST: usize = 60;

fn documents() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension != "stderr"))
        .collect();
    paths.sort();
    paths
}

fn flags(bytes: &[u8]) -> (Vec<Override>, ApiVersion) {
    let mut overrides = Vec::new();
    let mut target = ApiVersion::default();
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines().map_while(|line| line.strip_prefix("#! ")) {
        let (flag, value) = line.split_once(' ').unwrap();
        match flag {
            "--set" => overrides.push(Override::set(value)),
            "--name" => overrides.push(Override::flag("--name", "metadata.name", value)),
            "--namespace" => overrides.push(Override::flag("--namespace", "metadata.namespace", value)),
            "-a" => target = value.parse().unwrap(),
            _ => panic!("unknown flag {flag}"),
        }
    }
    (overrides, target)
}

fn messages(path: &Path) -> String {
    let bytes = fs::read(path).unwrap();
    let (overrides, target) = flags(&bytes);
    let name = path.file_name().unwrap().to_str().unwrap();
    let loaded = load(vec![Source::new(name, bytes)], &overrides, target);
    assert!(!loaded.report.is_empty(), "{name}: nothing was found wrong");
    let mut text = Vec::new();
    loaded.report.print(&mut text, false).unwrap();
    String::from_utf8(text).unwrap()
}

#[test]
fn every_message_is_the_pinned_one() {
    assert_pinned(documents(), |path| messages(path));
}

#[test]
fn the_documents_and_their_messages_are_distinct() {
    let mut seen = HashMap::new();
    for path in documents() {
        // The file's own name stands in its messages; without it, equal messages are equal.
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let document = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        for text in [document, messages(&path).replace(stem, "")] {
            if let Some(other) = seen.insert(text, path.clone()) {
                panic!("{} and {} are the same", path.display(), other.display());
            }
        }
    }
    let count = documents().len();
    assert!(count >= AT_LEAST, "{count} faulty documents, expected at least {AT_LEAST}");
}

#[test]
fn no_message_is_left_without_its_document() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults");
    let known: Vec<PathBuf> = documents().iter().map(|path| path.with_extension("stderr")).collect();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_message = path.extension().is_some_and(|extension| extension == "stderr");
        assert!(!is_message || known.contains(&path), "{} has no document", path.display());
    }
}
