//! Cuts a stream into pieces that can be read on their own.

use std::ops::Range;

use memchr::{memchr_iter, memmem};

use super::decode::decode;
use super::fault::Fault;
use super::json::{self, NoJson};
use crate::source::Source;

/// A part of a source that is read on its own.
pub(super) struct Piece<'t> {
    pub(super) source: u32,
    pub(super) text: &'t str,
    /// The byte of the source its text starts at.
    pub(super) base: usize,
    /// Its place, if it is an item of a `List`.
    pub(super) item: Option<usize>,
    pub(super) is_json: bool,
    /// Set if it begins as JSON and does not go on so.
    pub(super) no_json: Option<NoJson>,
}

/// The pieces of a source of this number.
pub(super) fn pieces(number: u32, source: &Source) -> Result<Vec<Piece<'_>>, Fault> {
    let (text, start) = decode(&source.bytes)?;
    let piece = |Range { start: from, end }| Piece {
        source: number,
        text: &text[from..end],
        base: start + from,
        item: None,
        is_json: false,
        no_json: None,
    };
    let no_json = match json::parts(text) {
        Some(Ok(parts)) => {
            let of_json = |part: json::Part| Piece { item: part.item, is_json: true, ..piece(part.range) };
            return Ok(parts.into_iter().map(of_json).collect());
        }
        Some(Err(no_json)) => Some(no_json),
        None => None,
    };
    let mut pieces: Vec<Piece<'_>> = cut(text).into_iter().map(piece).collect();
    if let Some(first) = pieces.first_mut() {
        first.no_json = no_json;
    }
    Ok(pieces)
}

const MARKER: &[u8] = b"---";

/// The pieces of a stream, each beginning at a `---` line but the first.
///
/// YAML makes this cut exact: a line that starts with `---` and white space is a document marker wherever it stands, even
/// inside quotes and block scalars (production 206, `c-forbidden`). Only directives reach over a marker, so that a stream with
/// a line that starts with `%` stays whole. An unclosed quote spoils its own piece and no other.
fn cut(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let starts_line = |at: usize| at == 0 || matches!(bytes[at - 1], b'\n' | b'\r');
    let mut pieces = Vec::new();
    let mut start = 0;
    if memchr_iter(b'%', bytes).any(starts_line) {
        pieces.push(0..text.len());
        return pieces;
    }
    for at in memmem::find_iter(bytes, MARKER) {
        let marker_ends = matches!(bytes.get(at + MARKER.len()), None | Some(b' ' | b'\t' | b'\n' | b'\r'));
        if at > start && marker_ends && starts_line(at) {
            pieces.push(start..at);
            start = at;
        }
    }
    pieces.push(start..text.len());
    pieces
}

#[cfg(test)]
mod tests {

    fn cut(text: &str) -> Vec<&str> {
        super::cut(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn cuts_at_markers_only() {
        assert_eq!(cut(""), [""]);
        assert_eq!(cut("a: 1\n"), ["a: 1\n"]);
        assert_eq!(cut("---\na: 1\n---\nb: 2\n"), ["---\na: 1\n", "---\nb: 2\n"]);
        assert_eq!(cut("a: 1\r\n--- b\r---\tc"), ["a: 1\r\n", "--- b\r", "---\tc"]);
        assert_eq!(cut("a: |\n  ---\n  x\n ---\n---x\nb: ----\n"), ["a: |\n  ---\n  x\n ---\n---x\nb: ----\n"]);
        assert_eq!(cut("-----\n---"), ["-----\n", "---"]);
    }

    #[test]
    fn directives_keep_the_stream_whole() {
        let text = "a: 1\n...\n%TAG ! tag:example.com,2026:\n---\nb: 2\n";
        assert_eq!(cut(text), [text]);
        assert_eq!(cut("a: 50%\n---\nb: 1\n").len(), 2);
    }
}
