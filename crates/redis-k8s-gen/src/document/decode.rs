//! From bytes to text.

use super::fault::Fault;
use super::node::Origin;
use crate::source::{BYTE_ORDER_MARK, Source};

/// The text of a part of a source, and the byte it starts at: a byte order mark is passed over.
pub(super) fn decode(bytes: &[u8], start: usize) -> Result<(&str, usize), Fault> {
    if start + bytes.len() > Source::MOST {
        return Err(fault("too-large", "the input is larger than 256 MiB", start, 0).help("split it into several runs"));
    }
    let (mut bytes, mut start) = (bytes, start);
    if start == 0 {
        if let Some(encoding) = wide_encoding(bytes) {
            return Err(fault("not-utf-8", format!("the text is {encoding}, expected UTF-8"), 0, 0)
                .help(format!("save it as UTF-8, for instance with `iconv -f {encoding} -t UTF-8`")));
        }
        if let Some(rest) = bytes.strip_prefix(BYTE_ORDER_MARK) {
            (bytes, start) = (rest, BYTE_ORDER_MARK.len());
        }
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        fault("not-utf-8", format!("the byte 0x{:02x} is not UTF-8", bytes[at]), start + at, 1)
            .help("save the text as UTF-8; binary data belongs in a Secret")
    })?;
    match control_character(text.as_bytes()) {
        Some(at) => {
            let code = bytes[at];
            Err(fault("control-character", format!("the control character U+{code:04X} is not allowed"), start + at, 1)
                .help(format!("remove it, or write it as \"\\x{code:02x}\" in double quotes")))
        }
        None => Ok((text, start)),
    }
}

/// The place of the first character that is none of a text.
fn control_character(bytes: &[u8]) -> Option<usize> {
    /// Bytes that are looked at together: the compiler does that many at a time if none of them ends the search.
    const BLOCK: usize = 256;
    let is_control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    let block =
        bytes.chunks(BLOCK).position(|block| block.iter().fold(false, |found, byte| found | is_control(byte)))?;
    bytes[block * BLOCK..].iter().position(is_control).map(|at| block * BLOCK + at)
}

fn fault(rule: &'static str, message: impl Into<String>, at: usize, length: usize) -> Fault {
    Fault::new(rule, message).at(Origin::text(at, at + length))
}

/// UTF-16 and UTF-32 by their marks, or by the zero bytes that their ASCII characters have.
fn wide_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [_, 0, 0, 0, ..] => Some("UTF-32LE"),
        [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, _, ..] => Some("UTF-32BE"),
        [0xff, 0xfe, ..] => Some("UTF-16LE"),
        [0xfe, 0xff, ..] => Some("UTF-16BE"),
        [low, 0, _, 0, ..] if *low != 0 => Some("UTF-16LE"),
        [0, low, 0, _, ..] if *low != 0 => Some("UTF-16BE"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(bytes: &[u8]) -> Result<(&str, usize), &'static str> {
        decode(bytes, 0).map_err(|fault| fault.rule())
    }

    #[test]
    fn takes_utf_8_with_or_without_a_mark() {
        assert_eq!(rule(b""), Ok(("", 0)));
        assert_eq!(rule(b"\xef\xbb\xbfa: \xc3\xa9"), Ok(("a: é", 3)));
    }

    #[test]
    fn refuses_what_is_no_text() {
        assert_eq!(rule(b"\xff\xfea\0"), Err("not-utf-8"));
        assert_eq!(rule(b"a\0:\0"), Err("not-utf-8"));
        assert_eq!(rule(b"\0a\0:"), Err("not-utf-8"));
        assert_eq!(rule(b"a\0\0\0"), Err("not-utf-8"));
        assert_eq!(rule(b"a: \xe9"), Err("not-utf-8"));
        assert_eq!(rule(b"a: \0"), Err("control-character"));
        assert_eq!(rule(b"a: \x1b[0m"), Err("control-character"));
        assert_eq!(control_character(&[&[b'a'; 700][..], b"\n\x01\x02"].concat()), Some(701));
        assert_eq!(rule(&vec![b' '; Source::MOST + 1]), Err("too-large"));
    }
}
