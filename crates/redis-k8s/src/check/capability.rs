//! What the tutorial's targets cannot express: an error that names the target, the reason and the targets that can.

use serde_json::{Map, Value};

use super::Check;
use super::rule::rules;
use crate::api_version::ApiVersion;
use crate::error::Problem;
use crate::model::{Can, Field, Redis};

rules! { RULES;
    NOT_IN_TARGET = Error "not-in-target", "a field is set that the API version cannot express",
        "leaving it out silently would render something else than was asked for";
}

pub(super) fn check(check: &mut Check) {
    check.problems.extend(problems(check.redis, check.target));
}

/// Everything the document asks for that the target cannot express; `apps/v1` can express all of it.
fn problems(redis: &Redis, target: ApiVersion) -> Vec<Problem> {
    let mut problems = Vec::new();
    // A document always serialises: its keys are strings and its numbers whole.
    if target.is_tutorial()
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
    let can = |other: &&ApiVersion| **other > target && refusal(field, value, **other).is_none();
    let others: Vec<_> = ApiVersion::ALL.iter().filter(can).map(|other| other.as_str()).collect();
    NOT_IN_TARGET
        .at(path, format!("{target} cannot express this: {reason}"))
        .help(format!("leave it out, or render it for {}", others.join(" or ")))
}

#[cfg(test)]
pub(super) mod tests;

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    use crate::api_version::ApiVersion::{V1, V1Beta3};
    &[
        case("not-in-target", "spec.storage.size", "spec: {storage: {size: 1Gi}}", "spec: {storage: {emptyDir: {}}}")
            .on(V1),
        case("not-in-target", "spec.tls", "spec: {auth: {secret: b}, tls: {secret: a}}", "spec: {}").on(V1Beta3),
    ]
};
