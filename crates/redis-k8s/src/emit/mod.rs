//! Text: the last step, from typed objects to bytes.
//!
//! YAML is written by this crate's own serializer, because no other writes every string so that kubectl reads it back
//! unchanged. JSON is `serde_json`'s.

mod error;
mod yaml;

pub use error::Error;

use serde::Serialize;

use crate::manifest::{Manifest, Object};

/// Any serializable value as one YAML document in block style, with a final newline and no document marker.
///
/// It is read back as what was written by readers of YAML 1.1 and 1.2 alike, kubectl among them. Map keys that are
/// numbers or booleans are written as strings, since Kubernetes knows no others.
///
/// ```
/// use std::collections::BTreeMap;
/// let data = BTreeMap::from([("answer", "no"), ("script", "set -e\nexit 0\n")]);
/// let text = redis_k8s::emit::to_yaml(&BTreeMap::from([("data", data)]))?;
/// assert_eq!(text, "data:\n  answer: \"no\"\n  script: |\n    set -e\n    exit 0\n");
/// # Ok::<(), redis_k8s::emit::Error>(())
/// ```
///
/// # Errors
///
/// [`Error`] if a map key is not a scalar, or if the value's own `Serialize` fails. Types of `k8s-openapi` and
/// `serde_json` values do neither.
pub fn to_yaml<T: Serialize + ?Sized>(value: &T) -> Result<String, Error> {
    let mut text = String::new();
    yaml::write(value, &mut text)?;
    Ok(text)
}

/// Appends an object as block YAML with a final newline and no document marker.
pub(crate) fn yaml<T: Serialize + ?Sized>(object: &T, text: &mut String) {
    let written = yaml::write(object, text);
    debug_assert!(written.is_ok(), "Kubernetes types have string keys and do not fail: {written:?}");
}

/// Appends an object as a document of a stream: block YAML after a `---` line.
pub(crate) fn yaml_document<T: Serialize + ?Sized>(object: &T, text: &mut String) {
    text.push_str("---\n");
    yaml(object, text);
}

/// An object as a JSON value.
pub(crate) fn value(object: &Object) -> serde_json::Value {
    serde_json::to_value(object).unwrap_or_default()
}

/// A manifest as one JSON `List`, indented, with a final newline.
pub(crate) fn json_list(manifest: &Manifest) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct List<'m> {
        api_version: &'static str,
        kind: &'static str,
        items: Vec<&'m Object>,
    }

    let list = List { api_version: "v1", kind: "List", items: manifest.iter().collect() };
    let mut text = serde_json::to_string_pretty(&list).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{ConfigMap, ServiceAccount};
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

    use super::*;

    fn named(name: &str) -> ObjectMeta {
        ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() }
    }

    fn manifest() -> Manifest {
        let config = ConfigMap {
            metadata: named("cache-config"),
            data: Some([("redis.conf".to_owned(), "save \"\"\nport 6379\n".to_owned())].into()),
            ..ConfigMap::default()
        };
        let account = ServiceAccount { metadata: named("cache"), ..ServiceAccount::default() };
        [config.into(), account.into()].into_iter().collect()
    }

    #[test]
    fn yaml_of_a_manifest_marks_each_document() {
        assert_eq!(
            manifest().to_yaml(),
            concat!(
                "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: cache\n",
                "---\napiVersion: v1\nkind: ConfigMap\ndata:\n  redis.conf: |\n    save \"\"\n    port 6379\n",
                "metadata:\n  name: cache-config\n",
            )
        );
    }

    #[test]
    fn json_is_one_list_in_the_order_of_the_manifest() {
        let text = manifest().to_json();
        assert!(text.starts_with(
            "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"List\",\n  \"items\": [\n    {\n      \"apiVersion\""
        ));
        assert!(text.ends_with("  ]\n}\n"));
        let list: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(list["items"].as_array(), Some(&manifest().to_values()));
        assert_eq!(list["items"][0]["kind"], "ServiceAccount");
        assert_eq!(list["items"][1]["data"]["redis.conf"], "save \"\"\nport 6379\n");
    }
}
