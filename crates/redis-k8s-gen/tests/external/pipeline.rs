//! The whole way of a text: from the document through the command and the YAML it writes to what kubectl reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use redis_k8s::{ApiVersion, Redis};
use serde_json::{Map, Value, json};

use crate::awkward::STRINGS;
use crate::tools::{self, run};

/// What the kubelet makes of `$(NAME)` and `$$` where no variable is known.
fn expanded(value: &str) -> String {
    value.replace("$$", "$")
}

/// JSON that is YAML, too: YAML takes some characters only as escapes.
fn ascii(document: &Value) -> String {
    let mut text = String::new();
    for c in document.to_string().chars() {
        if c.is_ascii() && c != '\u{7f}' {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(text, "\\u{unit:04x}").unwrap();
            }
        }
    }
    text
}

/// Texts that annotations and variables may hold.
fn texts() -> Vec<&'static str> {
    let is_refused = |char| matches!(char, '\0' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    STRINGS.iter().copied().filter(|text| !text.contains(is_refused)).collect()
}

/// A document with every text wherever a text may stand.
fn document() -> Value {
    let annotations: Map<String, Value> =
        texts().iter().enumerate().map(|(place, text)| (format!("t{place}"), json!(text))).collect();
    let labels: Map<String, Value> = texts()
        .iter()
        .enumerate()
        .filter(|(_, text)| text.parse::<redis_k8s::LabelValue>().is_ok())
        .map(|(place, text)| (format!("l{place}"), json!(text)))
        .collect();
    assert!(labels.len() > 50, "{} labels", labels.len());
    let env: Vec<Value> =
        texts().iter().enumerate().map(|(place, text)| json!({"name": format!("T{place}"), "value": text})).collect();
    json!({
        "apiVersion": "redis-k8s-gen.dev/v1alpha1",
        "kind": "Redis",
        "metadata": {"name": "a", "labels": labels, "annotations": annotations},
        "spec": {
            "auth": {"secret": "a"},
            "env": env,
            "podAnnotations": annotations,
            "podLabels": labels,
            "scheduling": {"nodeSelector": labels},
            "serviceAccount": {"annotations": annotations},
            "services": {"read": {"annotations": annotations, "labels": labels}, "sentinel": {"annotations": annotations}},
            "storage": {"size": "1Gi", "annotations": annotations, "labels": labels},
        },
    })
}

/// What the command prints for documents on standard input.
fn rendered(documents: &str, args: &[&str]) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redis-k8s-gen"));
    command.args(["render", "--quiet"]).args(args).arg("-").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let documents = documents.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(documents.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The objects as kubectl reads them; a label is added by the way.
fn read_by(kubectl: &std::path::Path, yaml: &[u8]) -> Vec<Value> {
    let mut file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    file.write_all(yaml).unwrap();
    let mut command = Command::new(kubectl);
    command.args(["label", "--local", "--overwrite", "read=1", "-o", "json", "-f"]).arg(file.path());
    serde_json::Deserializer::from_slice(&run(command.env("KUBECONFIG", "/dev/null")))
        .into_iter()
        .collect::<Result<_, _>>()
        .unwrap()
}

fn assert_texts(found: &Value, prefix: &str, wanted: &[&str], place: &str) {
    for (number, text) in wanted.iter().enumerate() {
        assert_eq!(found[format!("{prefix}{number}")], json!(text), "{place} {number}");
    }
}

#[test]
fn every_text_of_a_document_reaches_kubectl_as_it_was_written() {
    let texts = texts();
    let document = document();
    let redis: Redis = serde_json::from_value(document.clone()).unwrap();
    for kubectl in tools::kubectls() {
        for (target, flag) in [(ApiVersion::AppsV1, "apps/v1"), (ApiVersion::V1, "v1")] {
            let mut document = document.clone();
            let mut redis = redis.clone();
            if target == ApiVersion::V1 {
                for topic in ["auth", "storage"] {
                    document["spec"].as_object_mut().unwrap().remove(topic);
                }
                document["spec"]["services"].as_object_mut().unwrap().remove("read");
                redis = serde_json::from_value(document.clone()).unwrap();
            }
            let read = read_by(&kubectl, &rendered(&ascii(&document), &["-a", flag]));
            let mut meant = redis.render(target).unwrap().to_values();
            for object in &mut meant {
                object["metadata"]["labels"]["read"] = json!("1");
            }
            crate::assert_same(&meant, &read, &format!("{flag} read by {}", kubectl.display()));
            for object in &read {
                assert_texts(&object["metadata"]["annotations"], "t", &texts, &object["metadata"]["name"].to_string());
            }
            let kind = if target == ApiVersion::V1 { "ReplicationController" } else { "StatefulSet" };
            let servers = read.iter().find(|it| it["kind"] == kind && it["metadata"]["name"] == "a").unwrap();
            let pods = &servers["spec"]["template"];
            assert_texts(&pods["metadata"]["annotations"], "t", &texts, "pods");
            let env: BTreeMap<&str, &str> = pods["spec"]["containers"][0]["env"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| (it["name"].as_str().unwrap(), it["value"].as_str().unwrap_or_default()))
                .collect();
            for (place, text) in texts.iter().enumerate() {
                assert_eq!(expanded(env[&*format!("T{place}")]), *text, "variable {place}");
            }
            for (label, value) in document["metadata"]["labels"].as_object().unwrap() {
                assert_eq!(&pods["metadata"]["labels"][label], value);
                assert_eq!(&pods["spec"]["nodeSelector"][label], value);
            }
        }
    }
}

/// What `redis.conf` holds is one text to kubectl; which lines it has is for the library's own tests to say.
#[test]
fn every_directive_reaches_kubectl_as_it_was_rendered() {
    let texts = texts().into_iter().filter(|text| !text.contains(['\n', '\r']));
    let mut stream = String::new();
    let mut meant = Vec::new();
    for (place, text) in texts.enumerate() {
        let document = json!({
            "apiVersion": "redis-k8s-gen.dev/v1alpha1",
            "kind": "Redis",
            "metadata": {"name": format!("a{place}")},
            "spec": {"config": {"proc-title-template": text}},
        });
        // some are refused: what Redis would not read as one template
        let Ok(manifest) = serde_json::from_value::<Redis>(document.clone()).unwrap().render(ApiVersion::AppsV1) else {
            continue;
        };
        writeln!(stream, "---\n{}", ascii(&document)).unwrap();
        meant.extend(manifest.to_values().into_iter().filter(|object| object["kind"] == "ConfigMap"));
    }
    assert!(meant.len() > 20, "{} texts are directives", meant.len());
    for object in &mut meant {
        object["metadata"]["labels"]["read"] = json!("1");
    }
    for kubectl in tools::kubectls() {
        let read = read_by(&kubectl, &rendered(&stream, &["--only", "ConfigMap"]));
        crate::assert_same(&meant, &read, &format!("ConfigMaps read by {}", kubectl.display()));
    }
}
