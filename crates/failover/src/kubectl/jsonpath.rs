//! The `JSONPath` templates of `kubectl -o jsonpath=...`: text, fields, `[*]`, filters by equality, `range`.

use std::io;

use serde_json::Value;

/// Fills a template with an object.
pub(super) fn fill(template: &str, object: &Value) -> io::Result<String> {
    let mut out = String::new();
    let rest = section(template, object, &mut out)?;
    if rest.is_empty() { Ok(out) } else { Err(bad("end without range")) }
}

/// Fills up to the matching `{end}`, or the end of the text; what is left.
fn section<'a>(mut rest: &'a str, object: &Value, out: &mut String) -> io::Result<&'a str> {
    loop {
        let Some((text, after)) = rest.split_once('{') else {
            out.push_str(rest);
            return Ok("");
        };
        out.push_str(text);
        let (expression, after) = after.split_once('}').ok_or_else(|| bad("unclosed brace"))?;
        rest = after;
        if expression == "end" {
            return Ok(rest);
        } else if let Some(path) = expression.strip_prefix("range ") {
            let items = select(path, object)?;
            let mut left = skip(rest)?;
            for item in items {
                left = section(rest, item, out)?;
            }
            rest = left;
        } else if let Some(quoted) = expression.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            out.push_str(&quoted.replace("\\n", "\n").replace("\\t", "\t"));
        } else {
            let found: Vec<String> = select(expression, object)?.into_iter().map(plain).collect();
            out.push_str(&found.join(" "));
        }
    }
}

/// What follows the matching `{end}`.
fn skip(mut rest: &str) -> io::Result<&str> {
    let mut depth = 1;
    while depth > 0 {
        let (_, after) = rest.split_once('{').ok_or_else(|| bad("range without end"))?;
        let (expression, after) = after.split_once('}').ok_or_else(|| bad("unclosed brace"))?;
        depth = match expression {
            "end" => depth - 1,
            _ if expression.starts_with("range ") => depth + 1,
            _ => depth,
        };
        rest = after;
    }
    Ok(rest)
}

/// The values a path leads to.
fn select<'a>(path: &str, object: &'a Value) -> io::Result<Vec<&'a Value>> {
    let mut found = vec![object];
    let mut rest = path.trim();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[*]") {
            found = found.into_iter().flat_map(|value| value.as_array().into_iter().flatten()).collect();
            rest = after;
        } else if let Some(after) = rest.strip_prefix("[?(@.") {
            let (test, after) = after.split_once(")]").ok_or_else(|| bad(path))?;
            let (field, wanted) = test.split_once("==").ok_or_else(|| bad(path))?;
            let wanted = wanted.trim().trim_matches('"');
            let all = found.into_iter().flat_map(|value| value.as_array().into_iter().flatten());
            found = all.filter(|item| item.get(field.trim()).and_then(Value::as_str) == Some(wanted)).collect();
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let (index, after) = after.split_once(']').ok_or_else(|| bad(path))?;
            let index: usize = index.parse().map_err(|_| bad(path))?;
            found = found.into_iter().filter_map(|value| value.get(index)).collect();
            rest = after;
        } else if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (field, after) = after.split_at(end);
            if !field.is_empty() {
                found = found.into_iter().filter_map(|value| value.get(field)).collect();
            }
            rest = after;
        } else {
            return Err(bad(path));
        }
    }
    Ok(found)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn bad(what: &str) -> io::Error {
    io::Error::other(format!("not a template the proving ground knows: {what}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ranges_filters_and_text_are_filled() {
        let template =
            r#"{range .items[*]}{.metadata.name}|{.status.conditions[?(@.type=="Ready")].status}|{.gone}{"\n"}{end}."#;
        let pods = json!({"items": [
            {"metadata": {"name": "a"}, "status": {"conditions": [{"type": "X", "status": "1"}, {"type": "Ready", "status": "True"}]}},
            {"metadata": {"name": "b"}},
        ]});
        assert_eq!(fill(template, &pods).unwrap(), "a|True|\nb||\n.");
        assert_eq!(fill(template, &json!({"items": []})).unwrap(), ".");
        assert!(fill("{.a", &pods).is_err());
    }
}
