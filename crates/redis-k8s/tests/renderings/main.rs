//! What must hold for every rendering, whatever the document says: tried with thousands of documents.
//!
//! Each rule takes one rendering and names what breaks it. The strict schemas of each Kubernetes version are checked
//! beside these, by an independent validator, on the pinned renderings.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod documents;
mod immutable;
mod names;
mod network;
mod pod_security;
mod pods;
mod references;
mod tree;

use proptest::prelude::*;
use redis_k8s::{ApiVersion, Manifest, Redis};

/// A rule gives a line for everything in a rendering that breaks it.
type Rule = fn(&Manifest) -> Vec<String>;

/// Rules of every target.
const RULES: &[(&str, Rule)] = &[
    ("nothing is null, empty or the API server's", tree::nothing_idle),
    ("quantities are canonical", tree::canonical_quantities),
    ("a name is used once", names::unique),
    ("names are those Kubernetes takes", names::valid),
    ("every object has the namespace of the document or none", names::one_namespace),
    ("files have names of their own", names::own_files),
    ("the order is kustomize's", names::order),
    ("a selector matches its template", references::selectors_match_templates),
    ("Services find pods", references::services_find_pods),
    ("named ports exist", references::named_ports_exist),
    ("budgets and policies find pods", references::budgets_and_policies_find_pods),
    ("what is mounted is a volume", references::mounts_have_volumes),
    ("what is run is mounted, and what is in a ConfigMap is mounted by somebody", references::files_are_there),
    ("ConfigMaps and ServiceAccounts are rendered with what names them", references::rendered_together),
    ("a StatefulSet's Service is headless", references::governing_services),
    ("containers and ports have names of their own", pods::unique_names),
    ("variables are defined once and before use", pods::variables),
];

/// Rules of the production rendering.
const PRODUCTION_RULES: &[(&str, Rule)] = &[
    ("Pod Security restricted", pod_security::restricted),
    ("containers are hardened and sized", pods::hardened),
    ("every container is probed", pods::probed),
    ("network policies open the ports in use and no others", network::policies_fit_ports),
    ("two sets never share a pod", references::sets_are_disjoint),
];

fn broken_rules(manifest: &Manifest, rules: &[(&str, Rule)]) -> Vec<String> {
    rules
        .iter()
        .flat_map(|(name, rule)| rule(manifest).into_iter().map(move |line| format!("{name}: {line}")))
        .collect()
}

/// The rendering, or none where the target cannot express the document.
fn render(document: &Redis, target: ApiVersion) -> Option<Manifest> {
    let errors = document.check(target).into_iter().filter(redis_k8s::Problem::is_error).count();
    match document.render(target) {
        Ok(manifest) => {
            assert_eq!(errors, 0, "rendered in spite of errors");
            Some(manifest)
        }
        Err(refused) => {
            assert!(errors > 0, "refused without an error: {refused}");
            None
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_production_rendering_keeps_the_rules(document in documents::production()) {
        if let Some(manifest) = render(&document, ApiVersion::AppsV1) {
            let broken = [broken_rules(&manifest, RULES), broken_rules(&manifest, PRODUCTION_RULES)].concat();
            prop_assert!(broken.is_empty(), "{}\n{}", broken.join("\n"), serde_json::to_string_pretty(&document).unwrap());
        }
    }

    #[test]
    fn every_tutorial_rendering_keeps_the_rules(document in documents::simple()) {
        for target in [ApiVersion::V1Beta3, ApiVersion::V1] {
            if let Some(manifest) = render(&document, target) {
                let broken = broken_rules(&manifest, RULES);
                prop_assert!(broken.is_empty(), "{target}: {}\n{}", broken.join("\n"), serde_json::to_string_pretty(&document).unwrap());
            }
        }
    }

    #[test]
    fn a_document_survives_being_written_and_read(document in documents::production()) {
        let text = serde_json::to_string(&document).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Redis>(&text).unwrap(), &document);
    }

    #[test]
    fn yaml_and_json_say_the_same(document in documents::production()) {
        if let Some(manifest) = render(&document, ApiVersion::AppsV1) {
            prop_assert_eq!(&document.render(ApiVersion::AppsV1).unwrap(), &manifest);
            for (object, value) in manifest.iter().zip(manifest.to_values()) {
                let read: serde_json::Value = serde_saphyr::from_str(&object.to_yaml()).unwrap();
                prop_assert_eq!(read, value);
            }
            let list: serde_json::Value = serde_json::from_str(&manifest.to_json()).unwrap();
            prop_assert_eq!(&list["items"], &serde_json::Value::from(manifest.to_values()));
            let mut text = String::new();
            document.checked(ApiVersion::AppsV1).unwrap().write_yaml(&mut text);
            prop_assert_eq!(text, manifest.to_yaml(), "written without keeping objects");
        }
    }

    #[test]
    fn nothing_immutable_changes(document in documents::production(), change in documents::mutable_setting()) {
        let changed = documents::with(&document, &[change]);
        if let (Some(before), Some(after)) = (render(&document, ApiVersion::AppsV1), render(&changed, ApiVersion::AppsV1)) {
            let lines = immutable::changes(&before, &after);
            prop_assert!(lines.is_empty(), "{}", lines.join("\n"));
        }
    }
}

#[test]
fn many_servers_are_in_one_order_however_they_are_written() {
    let mut document = Redis::new("redis".parse().unwrap());
    document.spec.replicas = Some(12);
    let checked = document.checked(ApiVersion::AppsV1).unwrap();
    let mut text = String::new();
    checked.write_yaml(&mut text);
    assert_eq!(text, checked.manifest().to_yaml());
    assert_eq!(checked.manifest(), checked.manifest().into_iter().collect(), "in the order of a manifest");
}

#[test]
fn most_documents_are_accepted() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut problems = std::collections::BTreeMap::<String, usize>::new();
    let mut accepted = 0;
    for _ in 0..200 {
        let document = documents::production().new_tree(&mut runner).unwrap().current();
        match document.render(ApiVersion::AppsV1) {
            Ok(_) => accepted += 1,
            Err(refused) => {
                for problem in refused.problems {
                    *problems.entry(format!("{} at {}", problem.rule, problem.path)).or_default() += 1;
                }
            }
        }
    }
    // Otherwise the properties above hold for want of renderings.
    assert!(accepted >= 100, "{accepted} of 200 accepted: {problems:#?}");
}

/// A field that no document has is a field that no rule above was ever tried with.
#[test]
fn every_field_of_the_model_is_in_some_document() {
    use proptest::strategy::ValueTree;
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/redis-k8s-gen.schema.json");
    // The published crate has no schemas/ beside it.
    let Ok(schema) = std::fs::read_to_string(path) else { return };
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    let mut wanted = std::collections::BTreeSet::new();
    documents::fields_of_schema(&schema, &schema, "", &mut wanted);
    assert!(wanted.len() > 120, "{} fields", wanted.len());
    // Terms are weighed where they are preferred: a rule refuses it here.
    wanted.retain(|path| !path.ends_with("/required/weight"));
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    for _ in 0..3000 {
        let document = documents::production().new_tree(&mut runner).unwrap().current();
        documents::strike_fields(&serde_json::to_value(&document).unwrap(), "", &mut wanted);
        if wanted.is_empty() {
            return;
        }
    }
    panic!("no document has {wanted:#?}");
}

#[test]
fn defaults_keep_the_rules() {
    let document = Redis::new("cache".parse().unwrap());
    for &target in ApiVersion::ALL {
        let manifest = document.render(target).unwrap();
        assert!(!manifest.is_empty());
        assert_eq!(broken_rules(&manifest, RULES), Vec::<String>::new(), "{target}");
    }
    let manifest = document.render(ApiVersion::AppsV1).unwrap();
    assert_eq!(broken_rules(&manifest, PRODUCTION_RULES), Vec::<String>::new());
}
