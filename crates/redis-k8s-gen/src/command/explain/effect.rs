//! What a field renders: the difference between a rendering with it and one without.

use redis_k8s::{ApiVersion, Manifest, Problem, Redis, Refused};
use serde_json::Value;

use super::sample::Sample;
use crate::diff::differences;

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
                let found = differences(&value(old), &new, &|_| false);
                lines.extend(found.into_iter().map(|it| format!("{name}: {}", it.path)));
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
