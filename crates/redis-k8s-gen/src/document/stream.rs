//! Cuts a stream into pieces that can be read on their own.

use std::io;
use std::ops::Range;

use super::decode::decode;
use super::fault::Fault;
use super::json::{self, NoJson};
use crate::io::reason;
use crate::source::{Part, markers};

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

/// What to say of a source that could be read when the run began, and cannot any more.
pub(super) fn unreadable(error: &io::Error) -> Fault {
    Fault::new("unreadable", format!("it cannot be read: {}", reason(error)))
}

/// The pieces of a part of the source of this number.
pub(super) fn pieces<'p>(number: u32, part: &'p Part<'_>) -> Result<Vec<Piece<'p>>, Fault> {
    let (text, start) = decode(&part.bytes, part.start)?;
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

/// The documents of a stream, each beginning at a marker but the first.
fn cut(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let ends = markers(text.as_bytes()).into_iter().flatten().chain([text.len()]);
    ends.map(|end| std::mem::replace(&mut start, end)..end).collect()
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
