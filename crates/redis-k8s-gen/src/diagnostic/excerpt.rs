//! The line of a source in which a problem stands.

use std::borrow::Cow;
use std::ops::Range;

/// Characters of a longer line that are shown before and after the start of the problem.
const BEFORE: usize = 40;
const AFTER: usize = 80;

/// A line, or the part of a long one around the problem.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Excerpt {
    /// From 1.
    pub(super) line: usize,
    /// In characters, from 1.
    pub(super) column: usize,
    /// The text, without the line break.
    pub(super) text: String,
    /// The bytes of `text` the problem is about; empty at the end of the line or file.
    pub(super) span: Range<usize>,
    /// True if `text` is the line as it stands.
    pub(super) is_whole: bool,
}

/// The starts of a source's lines.
#[derive(Debug)]
pub(super) struct Lines<'s> {
    bytes: &'s [u8],
    starts: Vec<usize>,
}

impl<'s> Lines<'s> {
    pub(super) fn of(bytes: &'s [u8]) -> Self {
        // The mark belongs to the file, not to its first line.
        let first = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let mut starts = vec![first];
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                starts.push(at + 1);
            }
        }
        Self { bytes, starts }
    }

    /// What stands at `start..end`, up to the end of the line.
    pub(super) fn excerpt(&self, start: u32, end: u32) -> Excerpt {
        let index = |at: u32| usize::try_from(at).unwrap_or(usize::MAX).min(self.bytes.len());
        let line = self.starts.partition_point(|line| *line <= index(start)).max(1);
        let line_start = self.starts[line - 1];
        let next = self.starts.get(line).copied().unwrap_or(self.bytes.len());
        let whole = &self.bytes[line_start..next];
        let line_end =
            line_start + whole.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |at| at + 1);
        let start = index(start).clamp(line_start, line_end);
        let end = index(end).clamp(start, line_end);
        let before = shown(&self.bytes[line_start..start]);
        let problem = shown(&self.bytes[start..end]);
        let after = shown(&self.bytes[end..line_end]);
        let column = before.chars().count() + 1;
        let (before, problem) = (last(&before), first(&problem, AFTER));
        let after = match AFTER.saturating_sub(problem.chars().count()) {
            0 if matches!(problem, Cow::Owned(_)) => Cow::Borrowed(""),
            room => first(&after, room),
        };
        let is_whole = [&before, &problem, &after].iter().all(|part| matches!(part, Cow::Borrowed(_)));
        let span = before.len()..before.len() + problem.len();
        let text = format!("{before}{problem}{after}");
        Excerpt { line, column, text, span, is_whole }
    }
}

/// The renderer makes the controls of ASCII visible; those above it, which terminals obey as well, are for us.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.replace(|c: char| c.is_control() && !c.is_ascii(), "\u{fffd}")
}

fn last(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth_back(BEFORE) {
        Some((at, c)) => Cow::Owned(format!("…{}", &text[at + c.len_utf8()..])),
        None => Cow::Borrowed(text),
    }
}

fn first(text: &str, count: usize) -> Cow<'_, str> {
    match text.char_indices().nth(count) {
        Some((at, _)) => Cow::Owned(format!("{}…", &text[..at])),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, start: u32, end: u32) -> (usize, usize, String, String) {
        let Excerpt { line, column, text, span, .. } = Lines::of(text.as_bytes()).excerpt(start, end);
        let problem = text[span].to_owned();
        (line, column, text, problem)
    }

    #[test]
    fn counts_lines_and_characters_from_one() {
        let s = str::to_owned;
        assert_eq!(at("", 0, 0), (1, 1, s(""), s("")));
        assert_eq!(at("a: b", 3, 4), (1, 4, s("a: b"), s("b")));
        assert_eq!(at("a: b\nc: dd\n", 8, 10), (2, 4, s("c: dd"), s("dd")));
        assert_eq!(at("a: b\r\nc: d\re: f", 14, 15), (3, 4, s("e: f"), s("f")));
        assert_eq!(at("é: ü", 4, 6), (1, 4, s("é: ü"), s("ü")));
        assert_eq!(at("\u{feff}a: b", 6, 7), (1, 4, s("a: b"), s("b")));
    }

    #[test]
    fn stays_in_the_line_and_in_the_text() {
        let s = str::to_owned;
        assert_eq!(at("a:\n  b: c\n  d: e\n", 5, 17), (2, 3, s("  b: c"), s("b: c")));
        assert_eq!(at("a: b\n", 5, 5), (2, 1, s(""), s("")));
        assert_eq!(at("a: b", 90, 99), (1, 5, s("a: b"), s("")));
    }

    #[test]
    fn shows_a_part_of_a_long_line() {
        let text = "x".repeat(1000);
        let (line, column, shown, problem) = at(&text, 500, 505);
        assert_eq!((line, column, problem.as_str()), (1, 501, "xxxxx"));
        assert_eq!(shown.chars().count(), 1 + BEFORE + AFTER + 1);
    }
}
