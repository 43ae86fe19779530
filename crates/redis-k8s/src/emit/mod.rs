//! Text: the last step, from typed objects to bytes.
//!
//! YAML is written by this crate's own serializer, because no other writes every string so that kubectl reads it back
//! unchanged. JSON is `serde_json`'s.

mod error;
mod yaml;

pub use error::Error;

use serde::Serialize;

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
