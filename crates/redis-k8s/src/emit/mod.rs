//! Text: the last step, from typed objects to bytes.

mod yaml;

use serde::Serialize;

use crate::manifest::{Manifest, Object};

/// Appends an object as block YAML with a final newline and no document marker.
///
/// What kubectl reads is what was meant: see `docs/yaml.md` for the rules and the measurements behind them.
pub(crate) fn yaml<T: Serialize + ?Sized>(value: &T, text: &mut String) {
    yaml::write(value, text);
}

/// An object as a JSON value.
pub(crate) fn value(object: &Object) -> serde_json::Value {
    serde_json::to_value(object).unwrap_or_default()
}

/// A manifest as one JSON `List`.
pub(crate) fn json_list(manifest: &Manifest) -> String {
    let list = serde_json::json!({"apiVersion": "v1", "kind": "List", "items": manifest.to_values()});
    format!("{list:#}\n")
}
