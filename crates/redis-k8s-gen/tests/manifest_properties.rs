//! What must hold for `validate` and every rendering, whatever the document says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

// Documents of every shape are made in one place, for both crates.
#[allow(dead_code, reason = "the other crate needs more of it")]
#[path = "../../redis-k8s/tests/renderings/documents.rs"]
mod documents;

use proptest::prelude::*;
use proptest::sample::Index;
use redis_k8s::{ApiVersion, KubernetesVersion, Redis};
use redis_k8s_gen::diagnostic::Report;
use redis_k8s_gen::document::{Source, validate};
use serde_json::{Value, json};

/// The report on a rendering, for the release its document is for.
fn validated(document: &Redis, text: impl Into<Vec<u8>>) -> Report {
    let release = document.spec.kubernetes_version.clone().unwrap_or_else(KubernetesVersion::oldest);
    validate(vec![Source::new("rendering", text)], &[], ApiVersion::AppsV1, &release).report
}

/// What the document renders, without the kinds of operators, whose fields nobody here knows.
fn objects(document: &Redis) -> Option<Vec<Value>> {
    let is_known = |object: &Value| {
        let version = object["apiVersion"].as_str().unwrap();
        !version.contains('.') || version.contains(".k8s.io/")
    };
    let manifest = document.render(ApiVersion::AppsV1).ok()?;
    Some(manifest.to_values().into_iter().filter(is_known).collect())
}

fn list(items: &[Value]) -> String {
    json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

/// JSON pointers of all mappings, and of the entries of each that names its fields.
fn places(value: &Value, here: &str, mappings: &mut Vec<String>, entries: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            // any key may stand in these
            let is_free =
                ["labels", "annotations", "data", "matchLabels", "selector", "nodeSelector", "requests", "limits"]
                    .iter()
                    .any(|name| here.ends_with(&format!("/{name}")));
            if !is_free {
                mappings.push(here.to_owned());
            }
            for (key, value) in map {
                let below = format!("{here}/{}", key.replace('~', "~0").replace('/', "~1"));
                if !is_free && !matches!(key.as_str(), "apiVersion" | "kind") {
                    entries.push(below.clone());
                }
                places(value, &below, mappings, entries);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &format!("{here}/{index}"), mappings, entries);
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn nothing_is_said_of_a_rendering(document in documents::production(), simple in documents::simple()) {
        for (document, target) in
            [(&document, ApiVersion::AppsV1), (&simple, ApiVersion::V1), (&simple, ApiVersion::V1Beta3)]
        {
            let Ok(manifest) = document.render(target) else { continue };
            for text in [manifest.to_yaml(), manifest.to_json()] {
                let report = validated(document, text);
                // a document that was warned of something is rendered with it
                let warned: Vec<_> = document.clone().checked(target).unwrap().warnings().iter().map(|it| it.rule).collect();
                // nor does anybody know the kinds of operators
                let is_known = |rule: &str| warned.contains(&rule) || rule == "kind-not-checked";
                let is_news = report.diagnostics().iter().any(|found| !is_known(found.rule));
                prop_assert!(!is_news, "{target}: {:#}\n{}", report.to_json(), manifest.to_yaml());
                prop_assert_eq!(report.objects(), manifest.iter().count());
            }
        }
    }

    #[test]
    fn a_field_that_is_none_is_found_wherever_it_stands(document in documents::production(), place in any::<Index>()) {
        let Some(mut items) = objects(&document) else { return Ok(()) };
        let item = place.index(items.len());
        let mut mappings = Vec::new();
        places(&items[item], "", &mut mappings, &mut Vec::new());
        let mapping = &mappings[place.index(mappings.len())];
        items[item].pointer_mut(mapping).unwrap()["nosuchfield"] = json!("x");
        let report = validated(&document, list(&items));
        let found: Vec<_> = report.diagnostics().iter().map(|d| d.rule).collect();
        prop_assert!(found.contains(&"unknown-field"), "{mapping}: {:#}", report.to_json());
    }

    #[test]
    fn a_value_of_another_type_is_found_wherever_it_stands(document in documents::production(), place in any::<Index>()) {
        let Some(mut items) = objects(&document) else { return Ok(()) };
        let item = place.index(items.len());
        let mut entries = Vec::new();
        places(&items[item], "", &mut Vec::new(), &mut entries);
        let entry = &entries[place.index(entries.len())];
        let value = items[item].pointer_mut(entry).unwrap();
        *value = if value.is_array() { json!({"a": "b"}) } else { json!([["a"]]) };
        let report = validated(&document, list(&items));
        prop_assert!(report.has_errors(), "{entry}: {}", items[item]);
    }

    #[test]
    fn no_text_makes_it_panic(document in documents::production(), cut in any::<Index>(), insert in "[ -~\n]{0,8}") {
        let Ok(manifest) = document.render(ApiVersion::AppsV1) else { return Ok(()) };
        let mut text = manifest.to_yaml();
        let mut at = cut.index(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        text.insert_str(at, &insert);
        let mut out = Vec::new();
        validated(&document, text).print(&mut out, false).unwrap();
    }
}
