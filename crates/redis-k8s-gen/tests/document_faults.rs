//! Every faulty document of tests/faults, with its message pinned to the byte.
//!
//! Each is read as the command would; faults.stderr is what it says of them. What rules say is pinned beside their cases, in the
//! library: here are mistakes of form, `--set`, and several problems at once. A line `#! --set a=b`, `#! --name x` or
//! `#! -a v1` at the top stands for a flag. `SNAPSHOTS=overwrite cargo test -p redis-k8s-gen --test document_faults` writes
//! the messages anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod messages;

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use redis_k8s::ApiVersion;
use redis_k8s_gen::document::{Override, Source, load};

use messages::{assert_pinned, files};

/// Fewer means that some got lost.
const AT_LEAST: usize = 140;

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
    assert_pinned("faults", messages);
}

#[test]
fn the_documents_and_their_messages_are_distinct() {
    let mut seen = HashMap::new();
    for path in files("faults") {
        // The file's own name stands in its messages; without it, equal messages are equal.
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let document = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        for text in [document, messages(&path).replace(stem, "")] {
            if let Some(other) = seen.insert(text, path.clone()) {
                panic!("{} and {} are the same", path.display(), other.display());
            }
        }
    }
    let count = files("faults").len();
    assert!(count >= AT_LEAST, "{count} faulty documents, expected at least {AT_LEAST}");
}
