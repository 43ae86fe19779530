//! Whatever is written is read back unchanged, by two readers that share no code with the writer or with each other.

mod yaml_awkward;

use std::collections::BTreeMap;

use proptest::prelude::*;
use redis_k8s::emit::to_yaml;
use serde_json::{Value, json};
use yaml_awkward::{STRINGS, string, tree};

/// Writes and reads back.
fn check(value: &Value) -> Result<(), TestCaseError> {
    let text = to_yaml(value)?;
    prop_assert!(text.ends_with('\n'));
    let read: Value =
        serde_yaml::from_str(&text).map_err(|error| TestCaseError::fail(format!("{error} in\n{text}")))?;
    prop_assert_eq!(&read, value, "serde_yaml read\n{}", text);
    let read: Value =
        serde_saphyr::from_str(&text).map_err(|error| TestCaseError::fail(format!("{error} in\n{text}")))?;
    prop_assert_eq!(&read, value, "serde-saphyr read\n{}", text);
    Ok(())
}

/// A string at every place a string can have.
fn everywhere(text: &str) -> Value {
    json!({
        "value": text,
        "item": [text, [text, [text]], {"first": text, "second": text}],
        "key": {text: text},
        "keys": [{text: {text: [text]}}, {text: []}, {text: {}}],
        "last": text,
    })
}

#[test]
fn known_strings_come_back() {
    for text in STRINGS {
        if let Err(error) = check(&json!(text)).and_then(|()| check(&everywhere(text))) {
            panic!("{text:?}: {error}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn strings_come_back(text in string()) {
        check(&json!(text))?;
        check(&everywhere(&text))?;
    }

    #[test]
    fn trees_come_back(value in tree()) {
        check(&value)?;
    }

    #[test]
    fn floats_come_back(value in any::<f64>()) {
        check(&json!({"value": value}))?;
    }

    #[test]
    fn strings_come_back_as_strings(text in string()) {
        // Asked for strings, a reader may still refuse, unescape or fold what it was not given well.
        let map = BTreeMap::from([(text.clone(), text)]);
        let written = to_yaml(&map)?;
        prop_assert_eq!(&serde_saphyr::from_str::<BTreeMap<String, String>>(&written)?, &map);
        prop_assert_eq!(&serde_yaml::from_str::<BTreeMap<String, String>>(&written)?, &map);
    }
}
