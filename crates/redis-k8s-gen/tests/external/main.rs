//! What others make of our output: kubectl, kustomize, the strict schemas of every supported Kubernetes, PyYAML, shellcheck, HAProxy and Prometheus.
//!
//! The tools come from `tools/install`. A test whose tool is missing passes with a note, but fails when `CI` is set.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests say why they fail"
)]

// The strings that writers of YAML get wrong are kept in one place, for both crates.
#[allow(dead_code, reason = "the other crate makes trees of them")]
#[path = "../../../redis-k8s/tests/yaml_awkward/mod.rs"]
mod awkward;
mod haproxy;
mod mutants;
mod overlays;
mod pipeline;
mod prometheus;
mod renderings;
mod tools;

use std::collections::BTreeSet;
use std::process::Command;

use renderings::{Rendering, repository};
use serde_json::Value;
use tools::{Tool, run};

#[test]
fn kubectl_reads_what_was_meant() {
    for kubectl in tools::kubectls() {
        for rendering in Rendering::all() {
            let mut command = Command::new(&kubectl);
            command.args(["label", "--local", "--overwrite", "x=1", "-o", "json", "-f"]).arg(rendering.yaml());
            let read: Vec<Value> = serde_json::Deserializer::from_slice(&run(command.env("KUBECONFIG", "/dev/null")))
                .into_iter()
                .collect::<Result<_, _>>()
                .unwrap();
            let mut meant = rendering.objects();
            for object in &mut meant {
                object["metadata"]["labels"]["x"] = "1".into();
            }
            assert_same(&meant, &read, &format!("{} read by {}", rendering.title(), kubectl.display()));
        }
    }
}

/// A scalar that kubectl takes for something else than a text must not pass for one in a manifest, and the other way round.
#[test]
fn validate_reads_plain_scalars_as_kubectl_does() {
    let words = [
        "y",
        "Y",
        "yes",
        "on",
        "Off",
        "n",
        "yEs",
        "true",
        "1_000",
        "0b101",
        "0b12",
        "+0o7",
        "-0x1f",
        "0o17",
        "0x_1f",
        "1e3",
        "12:30:45",
        "2015-04-01",
        "_1",
        ".5",
        ".1_0",
        "+5",
        "010",
        "1.",
        "1_0.5",
        "=",
        "+yes",
        "8Gi",
        "5s",
        "1.2.3",
    ];
    for kubectl in tools::kubectls() {
        for word in words {
            let directory = tempfile::tempdir().unwrap();
            let file = directory.path().join("a.yaml");
            std::fs::write(
                &file,
                format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{a: {word}}}\n"),
            )
            .unwrap();
            let mut command = Command::new(&kubectl);
            command.args(["label", "--local", "x=1", "-o", "json", "-f"]).arg(&file).env("KUBECONFIG", "/dev/null");
            let read: Value = serde_json::from_slice(&run(&mut command)).unwrap();
            let output = Command::new(env!("CARGO_BIN_EXE_redis-k8s-gen")).arg("validate").arg(&file).output().unwrap();
            assert_eq!(output.status.success(), read["data"]["a"].is_string(), "{word}: {read}");
        }
    }
}

/// What one kubectl of several refuses, or leaves out, must not be called fine.
#[test]
fn validate_takes_no_text_that_kubectl_refuses() {
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n";
    let json = r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}"#;
    let texts = [
        format!("# c\n\n{object}  a: b\n...\n"),
        format!("--- # c\n{object}  a: \"\u{2028}\"\n---\n"),
        format!("{object}  a: &a-b_1 x\n  b: *a-b_1\n"),
        format!("{object}  a: !!str 1\n"),
        format!("{object}  a: \"\\\\/\"\n"),
        format!("%YAML 1.1\n---\n{object}  a: b\n"),
        format!("%TAG ! tag:x,2020:\n---\n{object}  a: b\n"),
        format!("...\n{object}  a: b\n"),
        format!("{object}  a: b\n...\n{}  a: b\n", object.replace("name: a", "name: b")),
        format!("{object}  ~: b\n"),
        format!("{object}  ? \n  : b\n"),
        format!("{object}  a: \"\\/\"\n"),
        format!("{object}  a: x\u{85}y\n"),
        format!("{object}  a: x\u{2028}y\n"),
        format!("{object}  a: |\n    x\u{2029}y\n"),
        format!("# c\u{85}x\n{object}  a: b\n"),
        format!("{object}  a: &a.b x\n"),
        format!("{object}  a: &é x\n"),
        format!("{object}  a: b\nimmutable: !!bool maybe\n"),
        format!("{object}  a: b\nimmutable: !!null x\n"),
        json.to_owned(),
        format!("{json}\n{}", json.replace("\"a\"", "\"b\"")),
        json.replace('}', ",}"),
        format!("{} # c\n}}", json.trim_end_matches('}').to_owned() + "}"),
        json.replace('"', ""),
        "---\n{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n".to_owned(),
    ];
    let kubectls = tools::kubectls();
    let (mut taken, mut refused) = (0, 0);
    for text in &texts {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.yaml");
        std::fs::write(&file, text).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_redis-k8s-gen")).arg("validate").arg(&file).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        for kubectl in &kubectls {
            let mut command = Command::new(kubectl);
            command.args(["label", "--local", "x=1", "-o", "json", "-f"]).arg(&file).env("KUBECONFIG", "/dev/null");
            let read = command.output().unwrap();
            let objects = serde_json::Deserializer::from_slice(&read.stdout).into_iter::<Value>().count();
            let is_taken = read.status.success() && objects == text.matches("ConfigMap").count();
            taken += usize::from(is_taken && output.status.success());
            refused += usize::from(!is_taken);
            assert!(is_taken || !output.status.success(), "{text:?} by {}: {said}", kubectl.display());
        }
    }
    assert!(kubectls.is_empty() || (taken > 4 && refused > 9), "{taken} taken, {refused} refused");
}

#[test]
fn kustomize_takes_the_files() {
    for kubectl in tools::kubectls() {
        // kustomize knows no v1beta3, and gives two objects of one name in two namespaces back in an order of its own.
        for rendering in Rendering::all().into_iter().filter(|rendering| rendering.target != "v1beta3") {
            let files = rendering.files();
            let listed: Vec<_> =
                std::fs::read_dir(files.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(listed.len(), rendering.objects().len(), "{}: {listed:?}", rendering.title());
            let resources: Vec<_> = listed.iter().map(|name| name.to_str().unwrap()).collect();
            let kustomization = serde_json::json!({
                "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": resources,
            });
            std::fs::write(files.path().join("kustomization.yaml"), kustomization.to_string()).unwrap();
            let built = run(Command::new(&kubectl).arg("kustomize").arg(files.path()).env("KUBECONFIG", "/dev/null"));
            let built = String::from_utf8(built).unwrap();
            let mut read: Vec<Value> =
                serde_saphyr::from_multiple(&built).unwrap_or_else(|error| panic!("{}: {error}", rendering.title()));
            let mut meant = rendering.objects();
            for objects in [&mut read, &mut meant] {
                objects.sort_by_key(|object| format!("{} {}", object["kind"], object["metadata"]));
            }
            assert_same(&meant, &read, &format!("{} built by {}", rendering.title(), kubectl.display()));
        }
    }
}

#[test]
fn schemas_of_every_kubernetes_accept_every_rendering() {
    let Some(python) = Tool::Python.find() else { return };
    let mut command = Command::new(python);
    command.arg(repository().join("tools/validate_renderings.py")).arg("--repository").arg(repository());
    let renderings = Rendering::all();
    for rendering in &renderings {
        command.arg(rendering.yaml()).arg(rendering.json());
    }
    let report = String::from_utf8(run(&mut command)).unwrap();
    // The script says what it counted: a run that checked nothing must not pass.
    let objects: usize = renderings.iter().map(|rendering| rendering.objects().len()).sum();
    assert!(report.contains(&format!("{objects} objects in {} renderings", renderings.len())), "{report}");
    println!("{report}");
}

#[test]
fn the_schemas_refuse_what_is_wrong() {
    let Some(python) = Tool::Python.find() else { return };
    let directory = tempfile::tempdir().unwrap();
    let (yaml, json) = (directory.path().join("a.yaml"), directory.path().join("a.json"));
    for (object, expected) in [
        (
            serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "lables": {}}}),
            "'lables' was unexpected",
        ),
        (
            serde_json::json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"port": "x"}]}}),
            "Kubernetes 1.37",
        ),
        (
            serde_json::json!({
                "apiVersion": "monitoring.coreos.com/v1", "kind": "PodMonitor", "metadata": {"name": "a"},
                "spec": {"podMetricsEndpoint": [{"port": "metrics"}], "selector": {}},
            }),
            "('podMetricsEndpoint' was unexpected)",
        ),
        (serde_json::json!({"apiVersion": "v1", "kind": "Elephant", "metadata": {"name": "a"}}), "has no Elephant"),
        (
            serde_json::json!({
                "apiVersion": "v1beta3", "kind": "Pod", "metadata": {"name": "a"},
                "spec": {"containers": [{"name": "a", "image": "a"}], "affinity": {}},
            }),
            "('affinity' was unexpected)",
        ),
        (
            serde_json::json!({
                "apiVersion": "v1beta3", "kind": "Service", "metadata": {"name": "a"},
                "spec": {"ports": [{"port": 1}], "type": "NodePort"},
            }),
            "('type' was unexpected)",
        ),
    ] {
        std::fs::write(&yaml, format!("---\n{object}\n")).unwrap();
        std::fs::write(&json, object.to_string()).unwrap();
        let mut command = Command::new(&python);
        command.arg(repository().join("tools/validate_renderings.py")).arg("--repository").arg(repository());
        let output = command.arg(&yaml).arg(&json).output().unwrap();
        let report = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.code() == Some(1) && report.contains(expected), "{object}: {report}");
    }
}

/// What shellcheck cannot know of them: what common.sh and topology.env set and the others use (1091, 2034, 2154), that names,
/// ordinals and paths have no blanks and some variables are several words (2012, 2013, 2046, 2086), that both shells have `local`
/// and `-nt` (3013, 3043), that a pipeline may keep what it sets to itself (2030, 2031) and a fallback be meant (2015).
const EXCLUDED: &str = "SC1091,SC2012,SC2013,SC2015,SC2030,SC2031,SC2034,SC2046,SC2086,SC2154,SC3013,SC3043";

#[test]
fn shellcheck_finds_nothing_in_the_scripts() {
    let Some(shellcheck) = Tool::Shellcheck.find() else { return };
    let directory = tempfile::tempdir().unwrap();
    let mut seen = BTreeSet::new();
    for object in Rendering::all().iter().flat_map(Rendering::objects).filter(|object| object["kind"] == "ConfigMap") {
        let scripts: Vec<(&String, &str)> = object["data"]
            .as_object()
            .unwrap()
            .iter()
            .filter_map(|(key, text)| is_script(key).then_some((key, text.as_str()?)))
            .collect();
        let mut set = Vec::new();
        for (key, text) in &scripts {
            // POSIX sh: both official images hold dash or busybox, not bash.
            assert!(text.starts_with('#'), "{key} says first what it does: {text:.40}");
            std::fs::write(directory.path().join(key), text).unwrap();
            set.push(key.as_str());
        }
        if scripts.is_empty() || !seen.insert(format!("{scripts:?}")) {
            continue;
        }
        // What runs beside a server bears no directives for us: every byte of it is in every rendering.
        let is_of_servers = ["supervise.sh", "users.sh"].iter().any(|name| set.contains(name));
        let excluded = if is_of_servers { EXCLUDED } else { "" };
        run(Command::new(&shellcheck)
            .args(["--external-sources", "--severity=style", "--shell=sh", &format!("--exclude={excluded}")])
            .args(&set)
            .current_dir(directory.path()));
        for key in set {
            for shell in [["dash", "-n"].as_slice(), ["busybox", "sh", "-n"].as_slice()] {
                if tools::on_path(shell[0]).is_some() {
                    run(Command::new(shell[0]).args(&shell[1..]).arg(directory.path().join(key)));
                }
            }
        }
    }
    assert!(!seen.is_empty(), "no rendering holds a script");
}

fn is_script(key: &str) -> bool {
    std::path::Path::new(key).extension().is_some_and(|extension| extension == "sh")
}

/// Same objects in the same order; names the first that differs.
fn assert_same(meant: &[Value], read: &[Value], title: &str) {
    assert_eq!(meant.len(), read.len(), "{title}");
    for (meant, read) in meant.iter().zip(read) {
        assert_eq!(meant, read, "{title}");
    }
}
