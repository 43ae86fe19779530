//! Text in pieces: what is made for one document, and what is the same for all of them.

use std::fmt;
use std::io::{self, IoSlice, Write};

/// YAML of any number of documents, which takes no copy of the scripts that are the same in every manifest: it knows where
/// they stand. They are four fifths of a rendering.
#[derive(Debug, Clone, Default)]
pub struct Text {
    /// The pieces that were made, one after the other.
    pub(super) made: String,
    /// The pieces that are the same for all, and how much was made before each.
    shared: Vec<(usize, &'static str)>,
}

impl Text {
    /// Appends a piece.
    pub fn push_str(&mut self, piece: &str) {
        self.made.push_str(piece);
    }

    /// Finds room for as many more bytes, beside those that are not copied.
    pub fn reserve(&mut self, additional: usize) {
        self.made.reserve(additional);
    }

    /// Appends a piece that is not copied.
    pub(super) fn share(&mut self, piece: &'static str) {
        self.shared.push((self.made.len(), piece));
    }

    /// Its pieces, in order; some may be empty.
    pub fn pieces(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.shared.iter().copied().chain([(self.made.len(), "")]).flat_map(move |(place, shared)| {
            let made = &self.made[start..place];
            start = place;
            [made, shared]
        })
    }

    /// How many bytes it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.made.len() + self.shared.iter().map(|(_, piece)| piece.len()).sum::<usize>()
    }

    /// True if it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.made.is_empty() && self.shared.is_empty()
    }

    /// Takes everything out, and keeps the memory.
    pub fn clear(&mut self) {
        self.made.clear();
        self.shared.clear();
    }

    /// Writes all of it, in as few calls as the writer takes.
    ///
    /// # Errors
    ///
    /// What the writer answers; [`WriteZero`](io::ErrorKind::WriteZero) if it takes no more.
    pub fn write_to(&self, writer: &mut (impl Write + ?Sized)) -> io::Result<()> {
        let mut slices: Vec<_> =
            self.pieces().filter(|piece| !piece.is_empty()).map(|piece| IoSlice::new(piece.as_bytes())).collect();
        let mut left = slices.as_mut_slice();
        while !left.is_empty() {
            match writer.write_vectored(left) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => IoSlice::advance_slices(&mut left, count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces().try_for_each(|piece| f.write_str(piece))
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        if text.shared.is_empty() { text.made } else { text.pieces().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes a few bytes at a time, and now and then none.
    #[derive(Default)]
    struct Slow {
        taken: Vec<u8>,
        calls: usize,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.calls += 1;
            if self.calls.is_multiple_of(2) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let count = bytes.len().min(3);
            self.taken.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn text() -> Text {
        let mut text = Text::default();
        text.share("shared\n");
        text.push_str("made");
        text.push_str(" here\n");
        text.share("twice\n");
        text.share("twice\n");
        text
    }

    #[test]
    fn pieces_are_in_the_order_they_came() {
        let whole = "shared\nmade here\ntwice\ntwice\n";
        assert_eq!(text().to_string(), whole);
        assert_eq!(String::from(text()), whole);
        assert_eq!(text().len(), whole.len());
        assert!(!text().is_empty() && Text::default().is_empty());
        assert_eq!(Text::default().to_string(), "");
    }

    #[test]
    fn what_was_cleared_is_not_written() {
        let mut text = text();
        text.clear();
        text.push_str("new");
        assert_eq!(String::from(text), "new");
    }

    #[test]
    fn a_writer_that_takes_little_gets_all() {
        let mut slow = Slow::default();
        text().write_to(&mut slow).unwrap();
        assert_eq!(slow.taken, text().to_string().as_bytes());
    }

    #[test]
    fn a_writer_that_takes_no_more_is_an_error() {
        let mut small = [0; 4];
        let error = text().write_to(&mut small.as_mut_slice()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WriteZero);
    }
}
