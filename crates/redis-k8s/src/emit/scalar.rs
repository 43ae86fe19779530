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

/// True if `text` can be a literal block: lines as they are, each indented.
///
/// A first line that is empty or indented would need an indentation indicator, and kubectl's reader refuses a TAB there.
pub(super) fn is_literal(text: &str) -> bool {
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
    // Lines of scripts are about 30 bytes: one allocation for most texts, and no more than an eighth to spare.
    out.reserve(text.len() + text.len() / 32 * indent.len() + indent.len() + 1);
    for line in text.split_inclusive('\n') {
        if line != "\n" {
            out.push_str(indent);
        }
        out.push_str(line);
    }
    if !text.ends_with('\n') {
        out.push('\n');
    }
}

/// True if `text` without quotes is this string to every reader.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    starts_plain(bytes)
        && bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
        && !bytes.ends_with(b" ")
        && !bytes.ends_with(b":")
        && !bytes.windows(2).any(|pair| pair == b": " || pair == b" #")
        && !bytes.starts_with(b"...")
        && !is_number_like(bytes)
        && !is_keyword(text)
}

/// True for a start that begins nothing but a plain scalar. A dash only as in options: `-c`, `--save`.
fn starts_plain(bytes: &[u8]) -> bool {
    match bytes.strip_prefix(b"--").or_else(|| bytes.strip_prefix(b"-")) {
        Some(option) => option.first().is_some_and(u8::is_ascii_alphabetic),
        None => bytes.first().is_some_and(|first| first.is_ascii_alphanumeric() || b"/_.$(".contains(first)),
    }
}

/// True for words that some version of YAML, or some reader, takes for null, a boolean, a number or a merge key.
fn is_keyword(text: &str) -> bool {
    const WORDS: [&str; 10] = ["y", "n", "no", "on", "yes", "off", "true", "null", "false", "nan"];
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let bare = unsigned.strip_prefix('.').unwrap_or(unsigned);
    bare.len() <= 5 && (bare.eq_ignore_ascii_case("inf") || WORDS.iter().any(|word| bare.eq_ignore_ascii_case(word)))
}

/// True for what could be an integer in any base, a float, a sexagesimal, a date or a time.
fn is_number_like(bytes: &[u8]) -> bool {
    let is_digit_first = matches!(bytes.first(), Some(b'0'..=b'9' | b'.'));
    is_digit_first && bytes.iter().all(|byte| {
        matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' | b'x' | b'X' | b'o' | b'O' | b't' | b'T' | b'z' | b'Z')
            || b"+-._:, ".contains(byte)
    })
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
fn write_quoted(text: &str, out: &mut String) {
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
