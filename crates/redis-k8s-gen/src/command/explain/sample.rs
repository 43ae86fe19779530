//! A document with a field, to show how it is written and to see what it renders.

use redis_k8s::model::Field as DocumentField;
use serde_json::{Map, Value, json};

/// A document without a field, and the same document with it.
pub(super) struct Sample {
    pub(super) without: Value,
    pub(super) with: Value,
    /// What a user would write, without the lines every document has.
    pub(super) excerpt: Value,
}

/// A sample of the field of this path; of the list it stands in, for a field of items.
pub(super) fn of(path: &str) -> Option<Sample> {
    let mut field = path;
    loop {
        match super::known(field).and_then(DocumentField::sample_value) {
            Some(value) => return with(field, value),
            None => field = field.rsplit_once('.')?.0,
        }
    }
}

/// The field of this path with this value.
pub(super) fn with(path: &str, value: Value) -> Option<Sample> {
    let mut without = json!({"metadata": {"name": "redis"}, "spec": beside(path)?});
    let ends = path.match_indices('.').map(|(end, _)| end).chain([path.len()]);
    if ends.filter_map(|end| super::known(&path[..end])).any(DocumentField::is_namespaced) {
        put(&mut without, "metadata.namespace", json!("shop"));
    }
    let mut with = without.clone();
    put(&mut with, path, value);
    Some(Sample { excerpt: excerpt(&with, path), without: complete(without), with: complete(with) })
}

/// What else the spec must say: what the field asks for, or the nearest around it that asks for something.
fn beside(path: &str) -> Option<Value> {
    let asked = super::known(path)?.beside_value();
    let around = || beside(path.rsplit_once('.')?.0);
    Some(if asked == json!({}) { around().unwrap_or(asked) } else { asked })
}

fn complete(mut document: Value) -> Value {
    put(&mut document, "apiVersion", json!("redis-k8s-gen.dev/v1alpha1"));
    put(&mut document, "kind", json!("Redis"));
    document
}

/// The half of the document the field stands in.
fn excerpt(document: &Value, path: &str) -> Value {
    let half = path.split('.').next().unwrap_or_default();
    json!({half: document.get(half)})
}

/// Sets a field, with the mappings around it.
fn put(document: &mut Value, path: &str, value: Value) {
    let mut place = document;
    for key in path.split('.') {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(fields) = place else { return };
        place = fields.entry(key).or_insert(Value::Null);
    }
    *place = value;
}
