//! What kubectl, which reads YAML 1.1 and cuts streams at `---` alone, refuses or takes for something else.
//!
//! Only manifests go to kubectl: of documents of this tool nothing of this is said.

use super::fault::Fault;
use super::node::{Origin, shorten};

/// Characters that end a line in YAML 1.1: next line, line separator, paragraph separator.
pub(super) const BREAKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// What is wrong from byte `start` to `end` of the source, and what to do.
pub(super) fn fault(start: usize, end: usize, message: impl Into<String>, help: &'static str) -> Fault {
    Fault::new("not-yaml-1-1", message).at(Origin::text(start, end)).help(help)
}

/// A directive, or the end of a document, before any document begins.
pub(super) fn head(text: &str, base: usize) -> Option<Fault> {
    let mut start = base;
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end().len();
        if line.starts_with('%') {
            let message = "kubectl cuts the text at `---` and finds a directive without a document";
            return Some(fault(start, end, message, "remove the line: YAML needs none"));
        }
        if line.trim_end() == "..." {
            return Some(fault(start, end, "kubectl finds an end without a document", "remove the line"));
        }
        if !(line.trim().is_empty() || line.trim_start().starts_with('#')) {
            return None;
        }
        start += line.len();
    }
    None
}

/// The places of characters that end a line for kubectl alone.
pub(super) fn breaks(text: &str) -> Vec<usize> {
    if text.is_ascii() { Vec::new() } else { text.match_indices(BREAKS).map(|(at, _)| at).collect() }
}

/// A character that ends a line for kubectl alone, at byte `at` of a text that begins at `base`.
pub(super) fn of_break(text: &str, base: usize, at: usize) -> Option<Fault> {
    let character = text.get(at..)?.chars().next()?;
    let message = format!("the character U+{:04X} ends the line for kubectl", u32::from(character));
    let end = base + at + character.len_utf8();
    Some(fault(base + at, end, message, "write it as an escape in double quotes, as in \"\\u2028\""))
}

/// The place of `\/` in what stands in double quotes.
pub(super) fn escaped_slash(quoted: &str) -> Option<usize> {
    let mut is_escaped = false;
    quoted.bytes().position(|byte| {
        let found = is_escaped && byte == b'/';
        is_escaped = byte == b'\\' && !is_escaped;
        found
    })
}

/// An anchor of a name that is not letters, digits, `-` and `_`.
pub(super) fn anchor(name: &str, start: usize, end: usize) -> Option<Fault> {
    let is_good = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let message =
        || format!("kubectl takes letters, digits, `-` and `_` in the name of an anchor, not {}", shorten(name));
    (!is_good).then(|| fault(start, end, message(), "name it otherwise"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_first_document_is_found() {
        let found = |text| head(text, 0).map(|fault| fault.to_string());
        for text in ["a: b\n...\n", "---\n%a\n", "# %\n\n--- a\n...\n", " ...\n", ""] {
            assert_eq!(found(text), None, "{text}");
        }
        for text in ["%YAML 1.2\n---\n", "\n# a\n%TAG ! b\n", "...\na: b\n", "# a\n... \n---\n"] {
            assert!(found(text).is_some(), "{text}");
        }
    }

    #[test]
    fn escapes_are_told_from_backslashes() {
        for (quoted, at) in [("\"a\\/\"", Some(3)), ("\"\\\\/\"", None), ("\"\\\\\\/\"", Some(4)), ("\"/\"", None)] {
            assert_eq!(escaped_slash(quoted), at, "{quoted}");
        }
    }
}
