//! Every document in `examples/`, rendered for every target, byte for byte as pinned in `snapshots/`.
//!
//! `snapshots/<target>/<example>.yaml` is what the command writes; where a target refuses the document,
//! `snapshots/<target>/<example>.stderr` is what it says instead. One document is pinned as JSON too. After a change
//! that is meant, `just snapshots` writes them anew, and `CHANGELOG.md` says why under "Rendered output".
//!
//! The scripts and the checksums over them are pinned once, by `minimal`. Elsewhere a script that is a file of `templates/`, byte for
//! byte, stands as the name of that file, so that a change of one does not move them all.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod pinned;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pinned::Snapshots;
use redis_k8s::ApiVersion;
use redis_k8s_gen::document::{Source, validate};

/// The targets, and the directory of each.
const TARGETS: [(&str, &str); 3] = [("v1beta3", "v1beta3"), ("v1", "v1"), ("apps/v1", "apps-v1")];

/// The document that is pinned as JSON too: the one with the most fields.
const JSON_EXAMPLE: &str = "production";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Runs the command at the root of the repository, so that messages name files as a reader of it would.
fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_redis-k8s-gen"))
        .args(args)
        .current_dir(repository())
        .env("NO_COLOR", "1")
        .output()
        .expect("the command runs")
}

fn examples() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(repository().join("examples"))
        .expect("examples/ is there")
        .filter_map(|entry| entry.expect("a directory entry").file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned))
        .collect();
    names.sort();
    names
}

/// File name below `snapshots/` and content of everything that is pinned.
fn renderings() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut pin = |directory: &str, example: &str, format: &str, args: &[&str]| {
        let output = run(args);
        let (extension, content) = match output.status.code() {
            Some(0) => (format, output.stdout),
            Some(1) => {
                assert!(output.stdout.is_empty(), "{args:?} failed and wrote to stdout all the same");
                ("stderr", output.stderr)
            }
            code => panic!("{args:?} ended with {code:?}: {}", String::from_utf8_lossy(&output.stderr)),
        };
        files.insert(format!("{directory}/{example}.{extension}"), content);
    };
    for (target, directory) in TARGETS {
        for example in examples() {
            let document = format!("examples/{example}.yaml");
            pin(directory, &example, "yaml", &["render", "--api-version", target, &document]);
        }
    }
    let document = format!("examples/{JSON_EXAMPLE}.yaml");
    pin("apps-v1", JSON_EXAMPLE, "json", &["render", "--output", "json", &document]);
    for (target, directory) in TARGETS {
        pin(directory, "no-document", "yaml", &["render", "--api-version", target]);
    }
    files
}

/// The example whose renderings are pinned whole.
const WHOLE: &str = "minimal";

/// A script as YAML and as JSON have it, and what stands for it.
fn scripts() -> Vec<(String, String)> {
    let mut scripts = Vec::new();
    for folder in ["templates", "templates/tutorial"] {
        for entry in std::fs::read_dir(repository().join(folder)).expect("templates/ is there") {
            let entry = entry.expect("a directory entry");
            let name = entry.file_name().into_string().expect("a name");
            // A folder is no script.
            let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
            let indented =
                text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") });
            let block = format!("  {name}: |\n{}", indented.collect::<String>());
            scripts.push((block, format!("  {name}: ({folder}/{name})\n")));
            scripts.push((serde_json::to_string(&text).expect("JSON"), format!("\"({folder}/{name})\"")));
        }
    }
    scripts
}

/// A rendering without what `minimal` pins.
fn shortened(content: &[u8], scripts: &[(String, String)]) -> Vec<u8> {
    const CHECKSUM: &str = "config-checksum";
    let text = String::from_utf8(content.to_vec()).expect("UTF-8");
    let text = scripts.iter().fold(text, |text, (script, name)| text.replace(script, name));
    let checksum = |line: &str| match line.split_once(CHECKSUM) {
        // YAML quotes it if it looks like a number.
        Some((key, _)) if !key.contains('"') => format!("{key}{CHECKSUM}: (checksum)\n"),
        Some((_, value)) => line.replace(value.trim_matches([' ', ':', '"', ',', '\n']), "(checksum)"),
        None => line.to_owned(),
    };
    text.split_inclusive('\n').map(checksum).collect::<String>().into_bytes()
}

#[test]
fn renderings_are_as_pinned() {
    let (snapshots, scripts) = (Snapshots::at(repository().join("snapshots")), scripts());
    let mut renderings = renderings();
    for (name, content) in &mut renderings {
        if !name.contains(WHOLE) && !name.ends_with(".stderr") {
            *content = shortened(content, &scripts);
        }
    }
    let differences = snapshots.compare(&renderings);
    assert!(
        differences.is_empty(),
        "{} renderings are not as pinned; `just snapshots` accepts them\n\n{}",
        differences.len(),
        differences.join("\n")
    );
}

#[test]
fn two_runs_give_the_same_bytes() {
    let first = renderings();
    assert!(first.len() > TARGETS.len(), "examples/ holds no document");
    let second = renderings();
    let changed: Vec<_> = first.iter().filter(|(name, content)| second.get(*name) != Some(*content)).collect();
    assert!(changed.is_empty(), "other bytes at the second run: {:?}", changed.iter().map(|(name, _)| name));
}

#[test]
fn validate_has_nothing_to_say_of_a_rendering() {
    let mut count = 0;
    for (name, content) in renderings().into_iter().filter(|(name, _)| !name.ends_with(".stderr")) {
        let sources = vec![Source::new(name.as_str(), content)];
        let report = validate(sources, &[], ApiVersion::AppsV1, &"1.33".parse().expect("a release")).report;
        // But for kinds that are not Kubernetes' own.
        let said = report.to_json();
        let is_of_operator = |problem: &serde_json::Value| {
            problem["rule"] == "kind-not-checked"
                && ["cert-manager.io/v1", "monitoring.coreos.com/v1"]
                    .iter()
                    .any(|group| problem["message"].to_string().contains(group))
        };
        assert!(said.as_array().is_some_and(|said| said.iter().all(is_of_operator)), "{name}: {said:#}");
        assert_eq!(report.documents(), 0, "{name}");
        count += report.objects();
    }
    assert!(count > 100, "{count} objects");
}

#[test]
fn the_default_target_takes_every_example() {
    let refused: Vec<_> = renderings()
        .into_iter()
        .filter(|(name, _)| name.starts_with("apps-v1/") && name.ends_with(".stderr"))
        .map(|(name, message)| format!("{name}:\n{}", String::from_utf8_lossy(&message)))
        .collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}
