//! Where documents come from.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use memchr::{memchr_iter, memmem};

const MARKER: &[u8] = b"---";
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file or standard input: a stream of YAML documents, or JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name shown in messages: the path as the user gave it, `<stdin>` for `-`.
    pub name: String,
    text: Text,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Text {
    Held(Vec<u8>),
    /// Read whenever it is needed, a part at a time.
    File(PathBuf),
}

/// Some whole documents of a source.
#[derive(Debug)]
pub(crate) struct Part<'s> {
    /// The byte of the source it starts at.
    pub(crate) start: usize,
    pub(crate) bytes: Cow<'s, [u8]>,
}

impl Source {
    /// Bytes that are read of a file at once: many documents, so that several threads have something to do.
    pub(crate) const PART: usize = 8 << 20;

    /// A fleet of ten thousand documents is three megabytes; what is larger was not meant for this tool.
    pub(crate) const MOST: usize = 256 << 20;

    /// A source of this name.
    #[must_use]
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), text: Text::Held(bytes.into()) }
    }

    /// A file that stays as it is during the run. It is read whenever it is needed, so that no more of it is held than a few megabytes
    /// or its largest document.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self { name: path.display().to_string(), text: Text::File(path.to_owned()) }
    }

    /// The document of a run that names no file: an instance `redis` with every default.
    #[must_use]
    pub fn default_instance() -> Self {
        Self::new("<default>", "apiVersion: redis-k8s-gen.dev/v1alpha1\nkind: Redis\nmetadata:\n  name: redis\n")
    }

    /// Its text, in order; what follows an error is not read, nor more of a file than tells that it is too large.
    pub(crate) fn parts(&self) -> impl Iterator<Item = io::Result<Part<'_>>> {
        let (held, file) = match &self.text {
            Text::Held(bytes) => (Some(Ok(Part { start: 0, bytes: Cow::Borrowed(bytes) })), None),
            Text::File(path) => match File::open(path) {
                Ok(file) => (None, Some(Reader::of(file.take(Self::MOST as u64 + 1), Self::PART))),
                Err(error) => (Some(Err(error)), None),
            },
        };
        let owned = |(start, bytes)| Part { start, bytes: Cow::Owned(bytes) };
        held.into_iter().chain(file.into_iter().flatten().map(move |read| read.map(owned)))
    }
}

/// Reads a stream, and cuts it at markers.
struct Reader<R> {
    /// None at its end.
    stream: Option<R>,
    /// Bytes that are read at once.
    at_once: usize,
    /// What was read and not given yet.
    next: Vec<u8>,
    start: usize,
}

impl<R: Read> Reader<R> {
    fn of(stream: R, at_once: usize) -> Self {
        Self { stream: Some(stream), at_once, next: Vec::new(), start: 0 }
    }
}

impl<R: Read> Iterator for Reader<R> {
    /// The byte it starts at, and the text.
    type Item = io::Result<(usize, Vec<u8>)>;

    fn next(&mut self) -> Option<Self::Item> {
        let stream = self.stream.as_mut()?;
        let mut bytes = std::mem::take(&mut self.next);
        loop {
            let wanted = self.at_once.max(bytes.len());
            match stream.take(u64::try_from(wanted).unwrap_or(u64::MAX)).read_to_end(&mut bytes) {
                Err(error) => {
                    self.stream = None;
                    return Some(Err(error));
                }
                Ok(read) if read < wanted => self.stream = None,
                Ok(_) => match last_document(&bytes, self.start == 0) {
                    Some(at) => self.next = bytes.split_off(at),
                    None => continue,
                },
            }
            let start = self.start;
            self.start += bytes.len();
            return Some(Ok((start, bytes)));
        }
    }
}

/// Where the last document of a text begins, if those before can be read without it.
fn last_document(bytes: &[u8], is_first: bool) -> Option<usize> {
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let is_json = is_first && text.trim_ascii_start().starts_with(b"{");
    if is_json { None } else { markers(bytes)?.last() }
}

/// Where documents of a stream begin, but the first.
///
/// YAML makes this exact: a line that starts with `---` and white space is a document marker wherever it stands, even inside
/// quotes and block scalars (production 206, `c-forbidden`). Only directives reach over a marker: none if a line starts with `%`.
/// An unclosed quote spoils its own document and no other.
pub(crate) fn markers(bytes: &[u8]) -> Option<impl Iterator<Item = usize>> {
    let starts_line = move |at: usize| at == 0 || matches!(bytes[at - 1], b'\n' | b'\r');
    let is_marker = move |at: &usize| {
        let marker_ends = matches!(bytes.get(at + MARKER.len()), None | Some(b' ' | b'\t' | b'\n' | b'\r'));
        *at > 0 && marker_ends && starts_line(*at)
    };
    (!memchr_iter(b'%', bytes).any(starts_line)).then(|| memmem::find_iter(bytes, MARKER).filter(is_marker))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts of a text of which so much is read at once.
    fn parts(text: &str, at_once: usize) -> Vec<String> {
        let mut end = 0;
        let parts = Reader::of(text.as_bytes(), at_once).map(|part| {
            let (start, bytes) = part.unwrap();
            assert_eq!(std::mem::replace(&mut end, start + bytes.len()), start);
            String::from_utf8(bytes).unwrap()
        });
        parts.collect()
    }

    #[test]
    fn a_file_is_read_in_whole_documents() {
        let documents = ["a: 1\n", "---\nb: |\n  ---\n  x\n", "---\r\nc: '---x'\r", "--- é\n", "---\n", "---"];
        let text = documents.concat();
        for at_once in 1..=text.len() + 1 {
            let parts = parts(&text, at_once);
            assert_eq!(parts.concat(), text);
            let mut rest = documents.iter();
            for part in &parts {
                let mut length = 0;
                while length < part.len() {
                    length += rest.next().unwrap().len();
                }
                assert_eq!(length, part.len(), "{at_once}: {part:?} ends in a document");
            }
        }
        assert_eq!(
            parts(&text, 1).len(),
            documents.len() - 1,
            "no more is held than a document and the marker of the next"
        );
        assert_eq!(parts("", 1), [""]);
    }

    #[test]
    fn json_and_what_directives_reach_over_is_read_whole() {
        for text in ["{}\n---\na: 1\n---\n", "\u{feff} {}\n---\n{}\n---\n", "%TAG ! x\n---\na: 1\n---\nb: 1\n---\n"] {
            assert_eq!(parts(text, 12), [text]);
        }
    }

    #[test]
    fn a_file_that_is_gone_is_an_error() {
        let source = Source::file(Path::new("no/such/file"));
        assert!(source.parts().next().unwrap().is_err());
        assert_eq!(source.name, "no/such/file");
    }
}
