//! Literal blocks that are laid out while compiling: texts that are the same in every rendering.

use serde::{Serialize, Serializer};

/// Where the lines of a value in the `data` of a ConfigMap begin.
const INDENT: usize = 4;

/// The length of [`lay_out`].
pub(crate) const fn laid_out_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut len = "|\n".len();
    let mut place = 0;
    while place < bytes.len() {
        if begins_line(bytes, place) {
            len += INDENT;
        }
        len += 1;
        place += 1;
    }
    len
}

/// A text as the value of a key in the `data` of a ConfigMap: what the writer makes of a text that ends with one newline and
/// may be a literal block, which a test compares.
pub(crate) const fn lay_out<const LEN: usize>(text: &str) -> [u8; LEN] {
    let bytes = text.as_bytes();
    let mut block = [b' '; LEN];
    block[0] = b'|';
    block[1] = b'\n';
    let mut end = 2;
    let mut place = 0;
    while place < bytes.len() {
        if begins_line(bytes, place) {
            end += INDENT;
        }
        block[end] = bytes[place];
        end += 1;
        place += 1;
    }
    block
}

/// True if a line with something on it begins here; empty ones are not indented.
const fn begins_line(bytes: &[u8], place: usize) -> bool {
    bytes[place] != b'\n' && (place == 0 || bytes[place - 1] == b'\n')
}

/// A text that is laid out already, and is not copied. For this writer only: to another serializer it is a string with spaces
/// too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block(pub(crate) &'static str);

/// How the writer knows it. The name of a variant is the only text that serde hands on for as long as it lives.
pub(super) const TOKEN: &str = "redis_k8s::emit::yaml::Block";

impl Serialize for Block {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit_variant(TOKEN, 0, self.0)
    }
}
