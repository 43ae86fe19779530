//! What begins as JSON: which parts can be read on their own, and whether it is JSON to the end.
//!
//! kubectl takes a text whose first character is `{` for JSON, one value after another.

use std::collections::HashSet;
use std::ops::Range;

use serde::de::IgnoredAny;
use serde_json::{Deserializer, Error};

use super::fault::Fault;
use super::node::Origin;

/// A value of a stream of JSON.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) range: Range<usize>,
    /// Its place, if it is an item of a `List` that was taken apart.
    pub(super) item: Option<usize>,
}

/// Where a text stops being JSON, and why.
#[derive(Debug)]
pub(super) struct NoJson {
    pub(super) at: usize,
    pub(super) why: String,
}

impl NoJson {
    /// As a fault of a manifest that starts at byte `base` of its source.
    pub(super) fn fault(&self, base: usize) -> Fault {
        let start = base + self.at;
        let message =
            format!("what begins with `{{` is JSON to the API server and older kubectl, and this is not: {}", self.why);
        Fault::new("not-json", message)
            .at(Origin::text(start, start + 1))
            .help("write `---` in a line before it, or JSON")
    }
}

/// The values of a stream; none if it does not begin as JSON.
///
/// A stream that goes on with `---` is YAML: JSON is, too.
pub(super) fn parts(text: &str) -> Option<Result<Vec<Part>, NoJson>> {
    let mut at = skip_space(text, 0);
    if !text[at..].starts_with('{') {
        return None;
    }
    let mut parts = Vec::new();
    while at < text.len() {
        if !parts.is_empty() && text[at..].starts_with("---") {
            return None;
        }
        let end = if let Some((ranges, end)) = items(text, at) {
            parts.extend(ranges.into_iter().enumerate().map(|(index, range)| Part { range, item: Some(index) }));
            end
        } else {
            let end = match value_end(text, at) {
                Ok(end) => end,
                Err(error) => return Some(Err(no_json(text, at, &error))),
            };
            parts.push(Part { range: at..end, item: None });
            end
        };
        at = skip_space(text, end);
    }
    Some(Ok(parts))
}

fn skip_space(text: &str, at: usize) -> usize {
    let space = text.as_bytes()[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    at + space.count()
}

/// The byte after the value that starts at `at`.
fn value_end(text: &str, at: usize) -> Result<usize, Error> {
    let mut values = Deserializer::from_str(&text[at..]).into_iter::<IgnoredAny>();
    values.next().transpose()?;
    Ok(at + values.byte_offset())
}

fn no_json(text: &str, start: usize, error: &Error) -> NoJson {
    let rest = &text[start..];
    let line = rest.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    let mut at = (start + line + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let why = error.to_string();
    let why = why.split(" at line ").next().unwrap_or_default().to_owned();
    NoJson { at, why }
}

/// The items of a `List` of objects and the byte after it; none if it is anything else, or says something twice.
fn items(text: &str, start: usize) -> Option<(Vec<Range<usize>>, usize)> {
    let (mut found, mut seen) = (None, HashSet::new());
    let (mut has_kind, mut has_version) = (false, false);
    let mut at = skip_space(text, start + text[start..].strip_prefix('{').map(|_| 1)?);
    while text[at..].starts_with('"') {
        let end = value_end(text, at).ok()?;
        let key: String = serde_json::from_str(&text[at..end]).ok()?;
        let colon = skip_space(text, end);
        let value = skip_space(text, colon + text[colon..].strip_prefix(':').map(|_| 1)?);
        let end = if key == "items" && text[value..].starts_with('[') {
            let (ranges, end) = elements(text, value)?;
            found = Some(ranges);
            end
        } else {
            value_end(text, value).ok()?
        };
        has_kind |= key == "kind" && &text[value..end] == "\"List\"";
        has_version |= key == "apiVersion" && &text[value..end] == "\"v1\"";
        if !seen.insert(key) {
            return None;
        }
        at = next(text, end)?;
    }
    let is_list = has_kind && has_version && text[at..].starts_with('}');
    found.filter(|_| is_list).map(|ranges| (ranges, at + 1))
}

/// The start of what follows an entry that ends at `at`: another one, or the closing bracket.
fn next(text: &str, at: usize) -> Option<usize> {
    let at = skip_space(text, at);
    match text.as_bytes().get(at)? {
        b',' => {
            let next = skip_space(text, at + 1);
            // a closing bracket cannot follow
            text[next..].starts_with(['"', '{']).then_some(next)
        }
        b'}' | b']' => Some(at),
        _ => None,
    }
}

/// The elements of an array that are all objects, and the byte after it.
fn elements(text: &str, start: usize) -> Option<(Vec<Range<usize>>, usize)> {
    let mut ranges = Vec::new();
    let mut at = skip_space(text, start + 1);
    while text[at..].starts_with('{') {
        let end = value_end(text, at).ok()?;
        ranges.push(at..end);
        at = next(text, end)?;
    }
    text[at..].starts_with(']').then_some((ranges, at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Cut<'t> = Result<Vec<(&'t str, Option<usize>)>, (usize, String)>;

    fn cut(text: &str) -> Option<Cut<'_>> {
        let parts = parts(text)?;
        Some(match parts {
            Ok(parts) => Ok(parts.into_iter().map(|part| (&text[part.range], part.item)).collect()),
            Err(NoJson { at, why }) => Err((at, why)),
        })
    }

    #[test]
    fn values_follow_each_other() {
        assert_eq!(cut("a: b"), None);
        assert_eq!(cut("[1]"), None);
        assert_eq!(cut(" {}\n{\"a\": 1} "), Some(Ok(vec![("{}", None), ("{\"a\": 1}", None)])));
        assert_eq!(cut("{}\n---\na: b"), None);
        assert!(matches!(cut("{}\u{1db3a}"), Some(Err(_))));
    }

    #[test]
    fn lists_are_taken_apart() {
        let list = r#"{"kind": "List", "items": [ {"a": "]"} , {}], "apiVersion":"v1"}"#;
        assert_eq!(cut(list), Some(Ok(vec![(r#"{"a": "]"}"#, Some(0)), ("{}", Some(1))])));
        for whole in [
            r#"{"kind": "List", "items": [{}]}"#,
            r#"{"kind": "List", "apiVersion": "v1", "items": [{}, 1]}"#,
            r#"{"kind": "List", "apiVersion": "v1", "items": [1, {}]}"#,
            r#"{"kind": "List", "apiVersion": "v1", "items": [{}], "items": [{}]}"#,
        ] {
            assert_eq!(cut(whole), Some(Ok(vec![(whole, None)])));
        }
    }

    #[test]
    fn what_only_begins_as_json_is_found() {
        assert_eq!(cut("{a: b}"), Some(Err((1, "key must be a string".to_owned()))));
        assert_eq!(cut("{\"é\": 1,\n\"b\": 2,}"), Some(Err((17, "key must be a string".to_owned()))));
        assert_eq!(cut("{\"a\": 1"), Some(Err((6, "EOF while parsing an object".to_owned()))));
        for list in [
            r#"{"kind" "List", "items": [{}]}"#,
            r#"{"kind": "List" "items": [{}], "apiVersion": "v1"}"#,
            r#"{"kind": "List", "items": [{},]}"#,
        ] {
            assert!(matches!(cut(list), Some(Err(_))), "{list}");
        }
        assert_eq!(cut("{} # c"), Some(Err((3, "expected value".to_owned()))));
    }
}
