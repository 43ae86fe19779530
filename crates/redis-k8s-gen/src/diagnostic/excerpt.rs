//! The line of a source in which a problem stands.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::ops::Range;

use memchr::memchr2_iter;

use crate::source::{BYTE_ORDER_MARK, Source};

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

/// The lines of a source in which something stands.
#[derive(Debug)]
pub(super) struct Lines<'s> {
    /// In their order, at least one.
    lines: Vec<Line<'s>>,
}

#[derive(Debug, Default)]
struct Line<'s> {
    /// From 1.
    number: usize,
    /// The byte of the source it starts at.
    start: usize,
    /// Without the line break.
    bytes: Cow<'s, [u8]>,
    /// Characters before each block, counted when a column is wanted first.
    blocks: OnceCell<Vec<usize>>,
}

impl<'s> Lines<'s> {
    /// The lines in which these bytes of a source stand.
    pub(super) fn of(source: &'s Source, bytes: &BTreeSet<u32>) -> Self {
        let (mut lines, mut number) = (Vec::new(), 1);
        let mut wanted = bytes.iter().map(|at| usize::try_from(*at).unwrap_or(usize::MAX)).peekable();
        let mut rest = Line { number, ..Line::default() };
        // what could be read before may be gone
        for part in source.parts().map_while(Result::ok) {
            let text = &*part.bytes;
            // The mark belongs to the file, not to its first line.
            let mut start =
                if part.start == 0 && text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
            let line = |number, range: Range<usize>| {
                let start = part.start + range.start;
                let bytes = match &part.bytes {
                    Cow::Borrowed(text) => Cow::Borrowed(&text[range]),
                    Cow::Owned(text) => Cow::Owned(text[range].to_vec()),
                };
                Line { number, start, bytes, blocks: OnceCell::new() }
            };
            for at in memchr2_iter(b'\n', b'\r', text) {
                if text[at] == b'\r' && text.get(at + 1) == Some(&b'\n') {
                    continue;
                }
                if wanted.peek().is_some_and(|wanted| *wanted <= part.start + at) {
                    let end = if text[..at].ends_with(b"\r") && text[at] == b'\n' { at - 1 } else { at };
                    lines.push(line(number, start..end.max(start)));
                    while wanted.next_if(|wanted| *wanted <= part.start + at).is_some() {}
                }
                number += 1;
                start = at + 1;
            }
            rest = line(number, start..text.len());
            if wanted.peek().is_none() {
                break;
            }
        }
        if lines.is_empty() || wanted.peek().is_some() {
            lines.push(rest);
        }
        Self { lines }
    }

    /// Line and column of a byte.
    pub(super) fn position(&self, at: u32) -> (usize, usize) {
        let line = self.line_at(at);
        (line.number, line.column(line.index(at)))
    }

    fn line_at(&self, at: u32) -> &Line<'s> {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        &self.lines[self.lines.partition_point(|line| line.start <= at).max(1) - 1]
    }

    /// What stands at `start..end`, up to the end of the line.
    pub(super) fn excerpt(&self, start: u32, end: u32) -> Excerpt {
        self.line_at(start).excerpt(start, end)
    }
}

impl Line<'_> {
    /// The byte of the line that is this byte of the source.
    fn index(&self, at: u32) -> usize {
        usize::try_from(at).unwrap_or(usize::MAX).saturating_sub(self.start).min(self.bytes.len())
    }

    fn column(&self, at: usize) -> usize {
        self.characters_before(at) + 1
    }

    fn excerpt(&self, start: u32, end: u32) -> Excerpt {
        let start = self.index(start);
        let end = self.index(end).max(start);
        let before = shown(self.window(start.saturating_sub(WINDOW)..start));
        let problem = shown(self.window(start..end.min(start + WINDOW)));
        let after = shown(self.window(end..self.bytes.len().min(end + WINDOW)));
        let column = self.column(start);
        let (before, problem) = (last(&before), first(&problem, AFTER));
        let after = match AFTER.saturating_sub(problem.chars().count()) {
            0 if matches!(problem, Cow::Owned(_)) => Cow::Borrowed(""),
            room => first(&after, room),
        };
        let is_whole = [&before, &problem, &after].iter().all(|part| matches!(part, Cow::Borrowed(_)));
        let span = before.len()..before.len() + problem.len();
        let text = format!("{before}{problem}{after}");
        Excerpt { line: self.number, column, text, span, is_whole }
    }

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
            // the end of a line whose last block is full
            _ => characters(&self.bytes),
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
        let source = Source::new("a", text);
        let Excerpt { line, column, text, span, .. } = Lines::of(&source, &[start].into()).excerpt(start, end);
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
        let column = |byte: usize| at(&text, u32::try_from(byte).unwrap(), 0).1;
        assert_eq!([0, 2, 4, text.len() - 1, text.len()].map(column), [1, 1, 2, BLOCK + 1, BLOCK + 2]);
        let full = "x".repeat(BLOCK);
        assert_eq!(at(&full, u32::try_from(BLOCK).unwrap(), 0).1, BLOCK + 1);
    }

    /// Lines are taken from a file as from a text, whatever of it is read at once.
    #[test]
    fn lines_of_a_file_are_those_of_its_text() {
        let text = "a: 1\r\nb: 2\n---\nc: 3\n".repeat(Source::PART / 16);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &text).unwrap();
        let wanted: BTreeSet<u32> = [0, 7, 8, 12, 21, 8 << 20, (8 << 20) + 1, 10 << 20, u32::MAX].into();
        let (held, read) = (Source::new("a", text), Source::file(file.path()));
        let (held, read) = (Lines::of(&held, &wanted), Lines::of(&read, &wanted));
        for at in wanted {
            assert_eq!(held.excerpt(at, at + 1.min(u32::MAX - at)), read.excerpt(at, at + 1.min(u32::MAX - at)));
            assert_eq!(held.position(at), read.position(at));
        }
        assert_eq!(read.position(u32::MAX), (Source::PART / 16 * 4 + 1, 1));
    }

    #[test]
    fn shows_a_part_of_a_long_line() {
        let text = "x".repeat(1000);
        let (line, column, shown, problem) = at(&text, 500, 505);
        assert_eq!((line, column, problem.as_str()), (1, 501, "xxxxx"));
        assert_eq!(shown.chars().count(), 1 + BEFORE + AFTER + 1);
    }
}
