//! What the tutorial's targets cannot express: an error that names the field, the target and the targets that can.

use serde_json::{Map, Value};

use super::ApiVersion;
use crate::error::{FieldPath, Problem};
use crate::model::{Can, Field, Redis};

/// The rule of every problem found here.
const RULE: &str = "not-in-target";

/// Everything the document asks for that the target cannot express; `apps/v1` can express all of it.
pub(crate) fn check(redis: &Redis, target: ApiVersion) -> Vec<Problem> {
    let mut problems = Vec::new();
    // A document always serialises: its keys are strings and its numbers whole.
    if target != ApiVersion::AppsV1
        && let Ok(Value::Object(document)) = serde_json::to_value(redis)
    {
        visit(&document, Redis::fields(), "", target, &mut problems);
    }
    problems
}

fn visit(part: &Map<String, Value>, fields: &[Field], path: &str, target: ApiVersion, problems: &mut Vec<Problem>) {
    for field in fields {
        let key = field.key();
        let Some(value) = part.get(&key).filter(|value| !asks_nothing(value)) else { continue };
        let path = if path.is_empty() { key } else { format!("{path}.{key}") };
        if let Some(reason) = refusal(field, value, target) {
            problems.push(problem(&path, field, value, target, reason));
            continue;
        }
        match value {
            Value::Object(part) => visit(part, field.fields(), &path, target, problems),
            Value::Array(items) => items.iter().filter_map(Value::as_object).for_each(|item| {
                visit(item, field.fields(), &path, target, problems);
            }),
            _ => {}
        }
    }
}

/// A group without a field: `spec: {}`, `auth: {}`.
fn asks_nothing(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty)
}

fn refusal(field: &Field, value: &Value, target: ApiVersion) -> Option<&'static str> {
    // To have a thing or not is a question about the thing: who does without may say so.
    let does_without =
        || value.as_object().is_some_and(|group| group.len() == 1 && group.get("enabled") == Some(&false.into()));
    match field.can(target) {
        Can::Yes => None,
        Can::No(reason) => (!does_without()).then_some(reason),
        Can::Only(values, reason) => (!value.as_str().is_some_and(|value| values.contains(&value))).then_some(reason),
    }
}

fn problem(path: &str, field: &Field, value: &Value, target: ApiVersion, reason: &str) -> Problem {
    let in_v1 = target == ApiVersion::V1Beta3 && refusal(field, value, ApiVersion::V1).is_none();
    let others = if in_v1 { "v1 or apps/v1" } else { "apps/v1" };
    let message = format!("{path} is not something {target} can express: {reason}");
    Problem::error(RULE, FieldPath::from(path), message).help(format!("leave it out, or render it for {others}"))
}

#[cfg(test)]
mod tests;
