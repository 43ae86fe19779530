//! The line of a source in which a problem stands.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

/// Characters of a longer line that are shown before and after the start of the problem.
const BEFORE: usize = 40;
const AFTER: usize = 80;
/// Bytes that are looked at on either side: more than those characters can have.
const WINDOW: usize = 4 * (BEFORE + AFTER);
/// Bytes whose characters are counted together, so that no column is counted from the start of a line of megabytes.
const BLOCK: usize = 1 << 14;

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
    /// Characters before each block, counted when a column is wanted first.
    blocks: OnceCell<Vec<usize>>,
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
        Self { bytes, starts, blocks: OnceCell::new() }
    }

    /// Line and column of a byte.
    pub(super) fn position(&self, at: u32) -> (usize, usize) {
        let (line, Range { start, end }) = self.line_at(at);
        (line, self.column(start, self.index(at).clamp(start, end)))
    }

    fn index(&self, at: u32) -> usize {
        usize::try_from(at).unwrap_or(usize::MAX).min(self.bytes.len())
    }

    /// The number of the line in which a byte stands, and its bytes without the line break.
    fn line_at(&self, at: u32) -> (usize, Range<usize>) {
        let line = self.starts.partition_point(|line| *line <= self.index(at)).max(1);
        let start = self.starts[line - 1];
        let next = self.starts.get(line).copied().unwrap_or(self.bytes.len());
        let text = &self.bytes[start..next];
        (line, start..start + text.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |at| at + 1))
    }

    fn column(&self, line_start: usize, at: usize) -> usize {
        self.characters_before(at) - self.characters_before(line_start) + 1
    }

    /// What stands at `start..end`, up to the end of the line.
    pub(super) fn excerpt(&self, start: u32, end: u32) -> Excerpt {
        let (line, Range { start: line_start, end: line_end }) = self.line_at(start);
        let start = self.index(start).clamp(line_start, line_end);
        let end = self.index(end).clamp(start, line_end);
        let before = shown(self.window(line_start.max(start.saturating_sub(WINDOW))..start));
        let problem = shown(self.window(start..end.min(start + WINDOW)));
        let after = shown(self.window(end..line_end.min(end + WINDOW)));
        let column = self.column(line_start, start);
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

impl Lines<'_> {
    /// A range without the parts of characters at its ends.
    fn window(&self, range: Range<usize>) -> &[u8] {
        let is_inside = |at: usize| self.bytes.get(at).is_some_and(|byte| is_continuation(*byte));
        let start = (range.start..range.end).find(|at| !is_inside(*at)).unwrap_or(range.end);
        let end = (start..range.end).rev().find(|at| !is_inside(at + 1)).map_or(start, |at| at + 1);
        &self.bytes[start..end]
    }

    fn characters_before(&self, at: usize) -> usize {
        let blocks = self.blocks.get_or_init(|| {
            let counts = self.bytes.chunks(BLOCK).scan(0, |before, block| {
                let all = *before;
                *before += characters(block);
                Some(all)
            });
            counts.collect()
        });
        let block = at / BLOCK;
        match blocks.get(block) {
            Some(before) if block * BLOCK < self.bytes.len() => before + characters(&self.bytes[block * BLOCK..at]),
            // the end of a source whose last block is full
            _ => characters(self.bytes),
        }
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| !is_continuation(**byte)).count()
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
    fn columns_of_a_line_of_megabytes_are_counted_in_blocks() {
        let text = format!("a\n{}b", "é".repeat(BLOCK));
        let lines = Lines::of(text.as_bytes());
        let column = |at: usize| lines.excerpt(u32::try_from(at).unwrap(), u32::try_from(at + 1).unwrap()).column;
        assert_eq!([0, 2, 4, text.len() - 1, text.len()].map(column), [1, 1, 2, BLOCK + 1, BLOCK + 2]);
        let full = "x".repeat(BLOCK);
        let end = u32::try_from(BLOCK).unwrap();
        assert_eq!(Lines::of(full.as_bytes()).excerpt(end, end).column, BLOCK + 1);
    }

    #[test]
    fn shows_a_part_of_a_long_line() {
        let text = "x".repeat(1000);
        let (line, column, shown, problem) = at(&text, 500, 505);
        assert_eq!((line, column, problem.as_str()), (1, 501, "xxxxx"));
        assert_eq!(shown.chars().count(), 1 + BEFORE + AFTER + 1);
    }
}
