//! The readers that count: kubectl itself, and PyYAML for YAML 1.1.
//!
//! Tools are looked for in `.venv/bin` first. One that is not there is skipped, with a word on stderr; with `CI` set that
//! is a failure.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "this file is a test as a whole")]

mod yaml_awkward;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use proptest::prelude::Strategy;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use redis_k8s::emit::to_yaml;
use serde_json::{Map, Value, json};
use yaml_awkward::{STRINGS, string, tree};

/// How many strings, and half as many trees, besides those that are always tried.
const SAMPLES: usize = 4000;

/// One object with every sample as a value, a key and an item. The same on every run.
fn object() -> Value {
    let mut runner = TestRunner::deterministic();
    let mut strings: BTreeSet<String> = STRINGS.iter().map(|text| (*text).to_owned()).collect();
    strings.extend(samples(&mut runner, &string(), SAMPLES));
    let data: Map<String, Value> =
        strings.iter().enumerate().map(|(place, text)| (format!("k{place}"), json!(text))).collect();
    let keys: Map<String, Value> =
        strings.iter().enumerate().map(|(place, text)| (text.clone(), json!(place))).collect();
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "awkward", "labels": {"x": "1"}},
        "data": data,
        "keys": keys,
        "list": strings,
        "trees": samples(&mut runner, &tree(), SAMPLES / 2),
    })
}

fn samples<T>(runner: &mut TestRunner, strategy: &impl Strategy<Value = T>, count: usize) -> Vec<T> {
    (0..count).map(|_| strategy.new_tree(runner).unwrap().current()).collect()
}

/// Runs a reader on the object's YAML. `None` if there is no such program.
fn read_back(object: &Value, mut reader: impl FnMut(&Path) -> Command) -> Option<Output> {
    let mut file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    file.write_all(to_yaml(object).unwrap().as_bytes()).unwrap();
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(tools).chain(std::env::split_paths(&path))).unwrap();
    match reader(file.path()).env("PATH", path).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        output => Some(output.unwrap()),
    }
}

fn skip(tool: &str) {
    assert!(std::env::var_os("CI").is_none(), "{tool} is not installed");
    // Past what the harness holds back of tests that pass.
    let _ = writeln!(std::io::stderr(), "skipped: {tool} is missing; tools/install gets it");
}

/// Compares piece by piece: a message with one string in it, not with all of them.
fn compare(tool: &str, output: &Output, written: &Value) {
    assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
    let read: Value = serde_json::from_slice(&output.stdout).unwrap();
    for (field, pieces) in written.as_object().unwrap() {
        match pieces {
            Value::Object(map) => {
                for (key, piece) in map {
                    assert_eq!(read[field].get(key), Some(piece), "{tool} read {field} {key:?}");
                }
            }
            Value::Array(items) => {
                for (place, piece) in items.iter().enumerate() {
                    assert_eq!(read[field].get(place), Some(piece), "{tool} read {field} {place}");
                }
            }
            piece => assert_eq!(read.get(field), Some(piece)),
        }
    }
    assert_eq!(&read, written, "{tool} read more than was written");
}

#[test]
fn kubectl_reads_what_was_written() {
    let object = object();
    let output = read_back(&object, |file| {
        let mut command = Command::new("kubectl");
        command.env("KUBECONFIG", "/dev/null").args(["label", "--local", "x=1", "-o", "json", "-f"]).arg(file);
        command
    });
    match output {
        Some(output) => compare("kubectl", &output, &object),
        None => skip("kubectl"),
    }
}

#[test]
fn pyyaml_reads_what_was_written() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracles/read_yaml.py");
    let object = object();
    let output = read_back(&object, |file| {
        let mut command = Command::new("python3");
        command.arg(&script).stdin(std::fs::File::open(file).unwrap());
        command
    });
    match output {
        Some(output) if output.status.code() != Some(3) => compare("PyYAML", &output, &object),
        _ => skip("PyYAML"),
    }
}
