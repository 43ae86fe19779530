//! Scripts without one of their functions: what breaks then is what the function is for.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use redis_k8s::{ApiVersion, Redis};
use serde_json::json;

use crate::kube::objects::Objects;

/// Replaces what these functions do by nothing.
pub(crate) fn empty(objects: &mut Objects, names: &[String]) {
    for (_, script) in scripts(objects) {
        for name in names {
            if let Some(emptied) = without(script, name) {
                *script = emptied;
            }
        }
    }
}

/// An error that lists the functions there are, if one of these is unknown.
pub(crate) fn check(names: &[String]) -> io::Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let document = json!({
        "apiVersion": "redis-k8s-gen.dev/v1alpha1", "kind": "Redis", "metadata": {"name": "redis"}, "spec": {}
    });
    let redis: Redis = serde_json::from_value(document)?;
    let manifest = redis.render(ApiVersion::AppsV1).map_err(io::Error::other)?;
    let mut objects = Objects::read(&manifest.to_json())?;
    let known: BTreeSet<String> = scripts(&mut objects).flat_map(|(_, script)| functions(script)).collect();
    match names.iter().find(|name| !known.contains(*name)) {
        Some(unknown) => {
            let known: Vec<String> = known.into_iter().collect();
            Err(io::Error::other(format!("no script has a function {unknown}; they have {}", known.join(" "))))
        }
        None => Ok(()),
    }
}

fn scripts(objects: &mut Objects) -> impl Iterator<Item = (&String, &mut String)> {
    let files = objects.config_maps.values_mut().flat_map(|map| map.data.iter_mut().flatten());
    files.filter(|(name, _)| Path::new(name).extension().is_some_and(|end| end == "sh"))
}

fn functions(script: &str) -> Vec<String> {
    let heads = script.lines().filter_map(|line| Some(line.split_once("() {")?.0));
    heads.filter(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')).map(str::to_owned).collect()
}

/// The script with an empty function of this name; nothing if it has none.
fn without(script: &str, name: &str) -> Option<String> {
    let head = format!("{name}() {{");
    let start = if script.starts_with(&head) { 0 } else { script.find(&format!("\n{head}"))? + 1 };
    let body = start + head.len();
    // In lines of its own, or in one line with its braces.
    let end = if script[body..].starts_with('\n') { "\n}\n" } else { " }\n" };
    let end = body + script[body..].find(end)?;
    Some(format!("{} :;{}", &script[..body], &script[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "a() {\n    one\n    {\n        two\n    }\n}\n\nba() { a; }\na; ba\n";

    #[test]
    fn only_this_function_becomes_empty() {
        assert_eq!(functions(SCRIPT), ["a", "ba"]);
        assert_eq!(without(SCRIPT, "a").unwrap(), "a() { :;\n}\n\nba() { a; }\na; ba\n");
        assert_eq!(without(SCRIPT, "ba").unwrap(), SCRIPT.replace("{ a; }", "{ :; }"));
        assert_eq!(without(SCRIPT, "c"), None);
    }

    #[test]
    fn an_unknown_function_is_told_with_those_there_are() {
        check(&["say".to_owned()]).unwrap();
        let error = check(&["say".to_owned(), "nothing".to_owned()]).unwrap_err().to_string();
        assert!(
            error.starts_with("no script has a function nothing; they have ") && error.contains(" say "),
            "{error}"
        );
    }
}
