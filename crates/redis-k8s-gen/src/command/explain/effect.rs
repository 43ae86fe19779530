//! What a field renders: the difference between a rendering with it and one without.

use std::collections::BTreeSet;

use redis_k8s::{ApiVersion, Manifest, Problem, Redis, Refused};
use serde_json::Value;

use super::sample::Sample;

/// The parts of objects that a sample changes, a line each: `StatefulSet redis: spec.replicas`.
///
/// # Errors
///
/// Why the target refuses it, a text for each reason.
pub(super) fn of(sample: &Sample, target: ApiVersion) -> Result<Vec<String>, Vec<String>> {
    let before = render(&sample.without, target)?;
    let after = render(&sample.with, target)?;
    let mut lines = Vec::new();
    for (object, name) in after.iter().zip(names(&after)) {
        let new = value(object);
        match before.find(object.kind(), object.name()) {
            None => lines.push(name),
            Some(old) => {
                let mut paths = BTreeSet::new();
                differences("", &value(old), &new, &mut paths);
                lines.extend(paths.into_iter().map(|path| format!("{name}: {path}")));
            }
        }
    }
    let gone = before.iter().zip(names(&before)).filter(|(it, _)| after.find(it.kind(), it.name()).is_none());
    lines.extend(gone.map(|(_, name)| format!("{name}: not rendered")));
    Ok(lines)
}

fn render(document: &Value, target: ApiVersion) -> Result<Manifest, Vec<String>> {
    let document: Redis = serde_json::from_value(document.clone()).map_err(|error| vec![error.to_string()])?;
    let refused =
        |refused: Refused| refused.problems.into_iter().filter(Problem::is_error).map(|it| it.message).collect();
    document.render(target).map_err(refused)
}

fn names(manifest: &Manifest) -> impl Iterator<Item = String> {
    manifest.iter().map(|object| format!("{} {}", object.kind(), object.name()))
}

fn value(object: &redis_k8s::Object) -> Value {
    serde_json::to_value(object).unwrap_or_default()
}

/// Collects where two values differ, as far up as one of them has nothing.
fn differences(path: &str, old: &Value, new: &Value, paths: &mut BTreeSet<String>) {
    match (old, new) {
        _ if old == new => {}
        (Value::Object(old), Value::Object(new)) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                let path = below(path, key);
                match (old.get(key), new.get(key)) {
                    (Some(old), Some(new)) => differences(&path, old, new, paths),
                    _ => {
                        paths.insert(path);
                    }
                }
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            for (place, item) in new.iter().enumerate() {
                let label = item.get("name").and_then(Value::as_str).map_or_else(|| place.to_string(), str::to_owned);
                let same = |other: &&Value| item.get("name").is_some() && other.get("name") == item.get("name");
                match old.iter().find(same).or_else(|| old.get(place).filter(|_| item.get("name").is_none())) {
                    Some(before) => differences(&format!("{path}[{label}]"), before, item, paths),
                    None => {
                        paths.insert(format!("{path}[{label}]"));
                    }
                }
            }
            if old.len() > new.len() {
                paths.insert(path.to_owned());
            }
        }
        _ => {
            paths.insert(path.to_owned());
        }
    }
}

fn below(path: &str, key: &str) -> String {
    if key.contains(['.', '/']) {
        format!("{path}[{key}]")
    } else if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}
