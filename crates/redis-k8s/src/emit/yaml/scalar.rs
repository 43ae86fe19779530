//! How a string is written so that every reader of YAML, 1.1 or 1.2, reads the same string.
//!
//! The rules come from measurement, not from the grammar: `docs/yaml.md` has both.

/// Appends `text` on one line: as it stands where that is safe, else in double quotes.
pub(super) fn write_inline(text: &str, out: &mut String) {
    if is_plain(text) {
        out.push_str(text);
    } else {
        write_quoted(text, out);
    }
}

/// How a string is written.
pub(super) enum Style {
    /// As it stands.
    Plain,
    /// In double quotes, on one line.
    Quoted,
    /// As a block of lines.
    Literal,
}

/// The style of a value.
pub(super) fn style(text: &str) -> Style {
    // Most are plain, and that a script is not shows in its first bytes.
    if is_plain(text) {
        Style::Plain
    } else if is_literal(text) {
        Style::Literal
    } else {
        Style::Quoted
    }
}

/// True if `text` can be a literal block: lines as they are, each indented.
///
/// A first line that is empty or indented would need an indentation indicator, and kubectl's reader refuses a TAB there.
fn is_literal(text: &str) -> bool {
    !matches!(text.as_bytes().first(), None | Some(b'\n' | b' ' | b'\t')) && text.contains('\n') && is_printable(text)
}

/// Appends `text` as a literal block with its lines at column `indent`: the header, then lines with their newlines.
pub(super) fn write_literal(text: &str, indent: &str, out: &mut String) {
    let body = text.trim_end_matches('\n');
    out.push_str(match text.len() - body.len() {
        0 => "|-\n",
        1 => "|\n",
        _ => "|+\n",
    });
    // Lines of scripts are about 30 bytes: one allocation for most texts, and little to spare.
    out.reserve(text.len() + text.len() / 30 * indent.len() + indent.len() + 1);
    let mut start = 0;
    for newline in memchr::memchr_iter(b'\n', text.as_bytes()) {
        if start < newline {
            out.push_str(indent);
        }
        out.push_str(&text[start..=newline]);
        start = newline + 1;
    }
    if start < text.len() {
        out.push_str(indent);
        out.push_str(&text[start..]);
        out.push('\n');
    }
}

/// True if `text` without quotes is this string to every reader.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    // Most names are.
    if is_word(bytes) {
        return true;
    }
    if !starts_plain(bytes) {
        return false;
    }
    let (chunks, rest) = bytes.as_chunks::<8>();
    let mut seen = kinds(rest);
    // A long text is mostly one of many lines: its first newline tells, and need not be looked for behind every byte.
    for chunk in chunks {
        seen |= kinds(chunk);
        if seen & NOT_PLAIN != 0 {
            return false;
        }
    }
    seen & NOT_PLAIN == 0
        && bytes.last() != Some(&b' ')
        && (seen & MARK == 0 || !has_mark(bytes))
        && (seen & NOT_NUMBER != 0 || !matches!(bytes.first(), Some(b'0'..=b'9' | b'.')))
        && !is_keyword(bytes)
}

/// True for a letter and at least three more of the bytes that names are made of, if they are no keyword: eight bytes are
/// looked at at once, some of the last twice.
fn is_word(bytes: &[u8]) -> bool {
    let named = match (bytes.last_chunk::<8>(), bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(last), ..) => {
            bytes.as_chunks::<8>().0.iter().chain([last]).all(|eight| are_named(u64::from_ne_bytes(*eight)))
        }
        (None, Some(first), Some(last)) => {
            are_named(u64::from(u32::from_ne_bytes(*first)) << 32 | u64::from(u32::from_ne_bytes(*last)))
        }
        _ => false,
    };
    named && bytes[0].is_ascii_alphabetic() && !is_keyword(bytes)
}

/// True if all eight bytes are letters or digits of ASCII, dashes, dots or slashes.
const fn are_named(eight: u64) -> bool {
    /// A byte eight times.
    const fn all(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    const HIGH: u64 = all(0x80);
    /// The highest bit of each byte from `first` to `last`; without the highest bit no sum reaches into the next byte.
    const fn within(eight: u64, first: u8, last: u8) -> u64 {
        let low = eight & !HIGH;
        (low + all(0x80 - first)) & !(low + all(0x7f - last))
    }

    // Dash, dot, slash and the digits stand in a row.
    let named = within(eight | all(b' '), b'a', b'z') | within(eight, b'-', b'9');
    named & !eight & HIGH == HIGH
}

/// No printable ASCII.
const NOT_PLAIN: u8 = 1;
/// A colon or a `#`, which end a plain scalar beside a space.
const MARK: u8 = 2;
/// In no integer of any base, float, sexagesimal, date or time.
const NOT_NUMBER: u8 = 4;

/// May begin a plain scalar.
const START: u8 = 8;

/// What each byte is, so that one look at a string is enough.
const KINDS: [u8; 256] = {
    let mut kinds = [NOT_PLAIN | NOT_NUMBER; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        kinds[byte as usize] = match byte {
            b'0'..=b'9'
            | b'a'..=b'f'
            | b'A'..=b'F'
            | b' '
            | b'+'
            | b','
            | b'-'
            | b'.'
            | b'_'
            | b'x'
            | b'X'
            | b'o'
            | b'O'
            | b't'
            | b'T'
            | b'z'
            | b'Z' => 0,
            b':' => MARK,
            b'#' => MARK | NOT_NUMBER,
            _ => NOT_NUMBER,
        };
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'.' | b'$' | b'(') {
            kinds[byte as usize] |= START;
        }
        byte += 1;
    }
    kinds
};

/// What any of these bytes is.
fn kinds(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |seen, &byte| seen | KINDS[usize::from(byte)])
}

/// True if a colon ends the scalar, or a comment begins in it.
fn has_mark(bytes: &[u8]) -> bool {
    bytes.ends_with(b":") || bytes.windows(2).any(|pair| pair == b": " || pair == b" #")
}

/// True for a start that begins nothing but a plain scalar. A dash only as in options: `-c`, `--save`.
fn starts_plain(bytes: &[u8]) -> bool {
    match bytes {
        [b'-', b'-', option, ..] | [b'-', option, ..] => option.is_ascii_alphabetic(),
        [b'.', b'.', b'.', ..] | [] => false,
        [first, ..] => KINDS[usize::from(*first)] & START != 0,
    }
}

/// True for words that some version of YAML, or some reader, takes for null, a boolean or a number.
fn is_keyword(bytes: &[u8]) -> bool {
    let bare = match bytes {
        [b'-', b'.', bare @ ..] | [b'-' | b'.', bare @ ..] | bare => bare,
    };
    // By length, since this is asked of every key.
    let words: &[&[u8]] = match bare.len() {
        1 => &[b"y", b"n"],
        2 => &[b"no", b"on"],
        3 => &[b"yes", b"off", b"inf", b"nan"],
        4 => &[b"true", b"null"],
        5 => &[b"false"],
        _ => return false,
    };
    words.iter().any(|word| bare.eq_ignore_ascii_case(word))
}

/// True if no character of `text` is one that YAML wants escaped, or that a reader takes for a line break.
fn is_printable(text: &str) -> bool {
    // Without a branch per byte the compiler looks at 16 or 32 of them at once.
    let (mut control, mut wide) = (false, false);
    for &byte in text.as_bytes() {
        control |= (byte < b' ' && byte != b'\n' && byte != b'\t') || byte == 0x7f;
        wide |= byte >= 0x80;
    }
    !control && (!wide || text.chars().all(|char| char == '\n' || char == '\t' || !needs_escape(char)))
}

/// True for control characters, the line breaks of Unicode, the byte order mark and what is no character.
const fn needs_escape(char: char) -> bool {
    matches!(
        char,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
    )
}

/// Appends `text` in double quotes, on one line.
pub(super) fn write_quoted(text: &str, out: &mut String) {
    use std::fmt::Write as _;

    out.push('"');
    let mut rest = text;
    while let Some(place) = rest.find(|char| matches!(char, '"' | '\\') || needs_escape(char)) {
        let (safe, tail) = rest.split_at(place);
        out.push_str(safe);
        let mut chars = tail.chars();
        match chars.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\t') => out.push_str("\\t"),
            Some('\r') => out.push_str("\\r"),
            // Writing to a string cannot fail.
            Some(char @ '\0'..='\u{ff}') => _ = write!(out, "\\x{:02X}", u32::from(char)),
            Some(char) => _ = write!(out, "\\u{:04X}", u32::from(char)),
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inline(text: &str) -> String {
        let mut out = String::new();
        write_inline(text, &mut out);
        out
    }

    fn literal(text: &str) -> String {
        let mut out = String::new();
        write_literal(text, "  ", &mut out);
        out
    }

    #[test]
    #[rustfmt::skip] // The lists would fill pages.
    fn safe_strings_stand_as_they_are() {
        for text in [
            "a", "redis", "Redis 8", "redis:8.2", "a,b", "a[0]", "x{y}", "/data", "_x", ".hidden", "$(POD_IP)",
            "(a)", "8Gi", "500m", "5s", "-c", "--save", "--maxmemory=1gb", "a:b", "a#b", "a :b", "it's",
            "say \"no\"", "back\\slash", "v1", "apps/v1", "app.kubernetes.io/name", "noo", "yes sir", "nullable",
            "7.2.4-alpine", "rw-r--r--", "a  b", "x=y", "a---", "info", "-info",
        ] {
            assert_eq!(inline(text), text);
        }
    }

    #[test]
    #[rustfmt::skip] // The lists would fill pages.
    fn what_could_be_another_type_is_quoted() {
        for text in [
            "", "~", "null", "NULL", "true", "False", "yes", "No", "ON", "off", "y", "N", "=", "<<", ".inf",
            "-.INF", "+.inf", ".NaN", "nan", "inf", "-inf", "0", "-1", "+1", "1.5", ".5", "1e3", "1_000", "0x1F",
            "0o17", "0b1", "12:30:45", "2001-01-01", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43.10 -5",
            "10.0.0.1", "1E", ".", "...", "1,000",
        ] {
            assert_eq!(inline(text), format!("\"{text}\""));
        }
    }

    #[test]
    #[rustfmt::skip] // The lists would fill pages.
    fn what_could_be_syntax_is_quoted() {
        for text in [
            " a", "a ", " ", "a:", "a: b", ": a", "# a", "a #b", "- a", "-", "--", "---", "--- a", "... a",
            "...quit", "? a", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a", "'a'", "[a]", "{a}", ",a", "+a", "^a",
            "=a", "<a", ";a", "é", "日本語", "naïve",
        ] {
            assert_eq!(inline(text), format!("\"{text}\""));
        }
    }

    #[test]
    fn escapes_are_those_every_reader_knows() {
        for (text, quoted) in [
            ("\"a\"", r#""\"a\"""#),
            ("\\\t", r#""\\\t""#),
            ("a\nb\r\n", r#""a\nb\r\n""#),
            ("\0\x1b\x7f", r#""\x00\x1B\x7F""#),
            ("\u{85}\u{9f}", r#""\x85\x9F""#),
            ("\u{2028}\u{2029}\u{feff}\u{ffff}", r#""\u2028\u2029\uFEFF\uFFFF""#),
            ("é\u{a0}🦀\t", "\"é\u{a0}🦀\\t\""),
        ] {
            assert_eq!(inline(text), quoted);
        }
    }

    #[test]
    fn a_word_is_made_of_what_names_are_made_of() {
        for len in 4..=40 {
            let word = &"azAZ-09./yBYnNxXapp.kubernetes.io/name-z"[..len];
            assert!(is_word(word.as_bytes()), "{word}");
            for place in 0..len {
                let named = |byte: &u8| byte.is_ascii_alphabetic() || place > 0 && matches!(byte, b'-'..=b'9');
                for byte in 0..=u8::MAX {
                    let mut bytes = word.as_bytes().to_owned();
                    bytes[place] = byte;
                    assert_eq!(is_word(&bytes), named(&byte), "{bytes:?}");
                }
            }
        }
        for other in ["", "a", "abc", "null", "True", "fALSE", "1234", "10.0.0.1", "-abc"] {
            assert!(!is_word(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn literal_blocks_keep_each_line() {
        assert_eq!(literal("a\nb"), "|-\n  a\n  b\n");
        assert_eq!(literal("a\nb\n"), "|\n  a\n  b\n");
        assert_eq!(literal("a\n\n"), "|+\n  a\n\n");
        assert_eq!(literal("a\nb\n\n\n"), "|+\n  a\n  b\n\n\n");
        assert_eq!(literal("a\n\n b\n\tc \n"), "|\n  a\n\n   b\n  \tc \n");
        assert_eq!(literal("a\n "), "|-\n  a\n   \n");
    }

    #[test]
    #[rustfmt::skip] // The lists would fill pages.
    fn only_safe_lines_become_a_literal_block() {
        for text in [
            "a\n", "a\nb", "#!/bin/sh\n", "- a\n", "日本語\n", "🦀\n\ta\n", "a\n\u{a0}",
        ] {
            assert!(is_literal(text), "{text:?}");
        }
        for text in [
            "", "a", "\n", "\na", " a\n", "\ta\n", "a\r\n", "a\n\0", "a\n\u{7f}", "a\n\u{85}", "a\n\u{2028}",
            "a\n\u{feff}", "a\n\u{ffff}", "é\n\x1b",
        ] {
            assert!(!is_literal(text), "{text:?}");
        }
    }
}
