//! Reads the arguments of a directive as Redis reads a line of redis.conf.

/// The arguments in `line`, or `None` if its quotes do not close.
///
/// Words are separated by blanks; a word in double quotes may hold `\xHH`, `\n` and the like, one in single quotes `\'`;
/// a closing quote must be followed by a blank. A line without any word is one empty argument: it is rendered as `""`.
pub(super) fn arguments(line: &str) -> Option<Vec<String>> {
    let mut arguments = Vec::new();
    let mut rest = line.trim_start_matches(is_blank);
    while !rest.is_empty() {
        let (argument, tail) = word(rest)?;
        arguments.push(argument);
        rest = tail.trim_start_matches(is_blank);
    }
    if arguments.is_empty() {
        arguments.push(String::new());
    }
    Some(arguments)
}

fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace() || c == '\u{b}'
}

/// The first word of `text`, which starts with one, and what follows it.
fn word(text: &str) -> Option<(String, &str)> {
    let mut word = String::new();
    let mut chars = text.char_indices();
    let mut quote = None;
    while let Some((place, c)) = chars.next() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (None, c) if is_blank(c) => return Some((word, &text[place..])),
            (Some('"'), '\\') => word.push(match chars.next()?.1 {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' => '\u{8}',
                'a' => '\u{7}',
                c => c,
            }),
            (Some('\''), '\\') if text[place + 1..].starts_with('\'') => {
                chars.next();
                word.push('\'');
            }
            (Some(open), c) if open == c => {
                let tail = &text[place + 1..];
                return tail.chars().next().is_none_or(is_blank).then_some((word, tail));
            }
            (_, c) => word.push(c),
        }
    }
    quote.is_none().then_some((word, ""))
}

/// Bytes of a size as Redis writes it: `100mb`, `1g`, `512`; `None` if it is none.
pub(super) fn memory(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" => 1000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Vec<String>> {
        arguments(line)
    }

    #[test]
    fn words_and_quotes_are_those_of_redis() {
        let read = |line: &str| read(line).map(|words| words.join("|"));
        assert_eq!(read("3600 1  300 100").as_deref(), Some("3600|1|300|100"));
        assert_eq!(read("").as_deref(), Some(""));
        assert_eq!(read("\"\"").as_deref(), Some(""));
        assert_eq!(read("FLUSHALL \"\"").as_deref(), Some("FLUSHALL|"));
        assert_eq!(read(r#""a \"b\" c" d"#).as_deref(), Some(r#"a "b" c|d"#));
        assert_eq!(read(r"'it\'s' x").as_deref(), Some("it's|x"));
        for open in ["\"", "'a", "\"a\"b", r#""a\"#] {
            assert_eq!(read(open), None, "{open}");
        }
    }

    #[test]
    fn sizes_have_the_units_of_redis() {
        assert_eq!(memory("1kb"), Some(1024));
        assert_eq!(memory("1K"), Some(1000));
        assert_eq!(memory("2GB"), Some(2 << 30));
        assert_eq!(memory("0"), Some(0));
        for bad in ["", "1Mi", "1.5gb", "-1", "1 gb", "gb", "99999999999999999999", "18446744073709551615kb"] {
            assert_eq!(memory(bad), None, "{bad}");
        }
    }
}
