//! What a scalar without quotes means: the core schema of YAML 1.2 (chapter 10.3.2).

/// The meaning of a plain scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Meaning {
    /// Nothing: no text at all, `~`, `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number; `None` if it is beyond 128 bits.
    Int(Option<i128>),
    /// A number with a fraction, an exponent, infinity or no number.
    Float,
    /// Any other text.
    Text,
}

impl Meaning {
    /// Reads a plain scalar.
    pub(super) fn of(text: &str) -> Self {
        match text.as_bytes().first() {
            None => Self::Null,
            Some(b'~' | b'n' | b'N') if matches!(text, "~" | "null" | "Null" | "NULL") => Self::Null,
            Some(b't' | b'T') if matches!(text, "true" | "True" | "TRUE") => Self::Bool(true),
            Some(b'f' | b'F') if matches!(text, "false" | "False" | "FALSE") => Self::Bool(false),
            Some(b'0'..=b'9' | b'+' | b'-' | b'.') => number(text),
            Some(_) => Self::Text,
        }
    }
}

/// What kubectl, which reads YAML 1.1, takes a plain scalar for that is a text by YAML 1.2; none if for a text, too.
pub(super) fn older_meaning(text: &str) -> Option<&'static str> {
    if older_boolean(text).is_some() {
        return Some("a boolean");
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let digits = unsigned.replace('_', "");
    let is_number = match digits.strip_prefix("0b") {
        Some(bits) => !bits.is_empty() && bits.bytes().all(|bit| matches!(bit, b'0' | b'1')),
        None => Meaning::of(&digits) != Meaning::Text,
    };
    is_number.then_some("a number")
}

/// The words of YAML 1.1 beside `true` and `false`.
pub(super) fn older_boolean(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Meaning {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            let all_digits = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
            return if all_digits { Meaning::Int(i128::from_str_radix(digits, radix).ok()) } else { Meaning::Text };
        }
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(unsigned);
    if whole > 0 && whole == unsigned.len() {
        return Meaning::Int(text.parse().ok());
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Meaning::Float;
    }
    let mut rest = &unsigned[whole..];
    let mut fraction = 0;
    if let Some(after_point) = rest.strip_prefix('.') {
        fraction = digits(after_point);
        rest = &after_point[fraction..];
    }
    if whole + fraction == 0 {
        return Meaning::Text;
    }
    let exponent_ok = match rest.strip_prefix(['e', 'E']) {
        Some(exponent) => {
            let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            !exponent.is_empty() && digits(exponent) == exponent.len()
        }
        None => rest.is_empty(),
    };
    if exponent_ok { Meaning::Float } else { Meaning::Text }
}

#[cfg(test)]
mod tests {
    use super::Meaning::{self, Bool, Float, Int, Null, Text};
    use super::older_meaning;

    #[test]
    fn older_readers_see_more_than_texts() {
        for text in ["yes", "No", "ON", "y", "n"] {
            assert_eq!(older_meaning(text), Some("a boolean"), "{text}");
        }
        for text in ["1_000", "-1_0.5", ".1_0", "0b101", "-0x1f", "+0o7"] {
            assert_eq!(older_meaning(text), Some("a number"), "{text}");
        }
        for text in ["yEs", "12:30:45", "8Gi", "_1", "a_1", "0bx", "0b12", "-a", "5s", "2015-04-01", "1_a"] {
            assert_eq!(older_meaning(text), None, "{text}");
        }
    }

    #[test]
    fn plain_scalars_mean_what_yaml_1_2_says() {
        for (text, meaning) in [
            ("", Null),
            ("~", Null),
            ("null", Null),
            ("nULL", Text),
            ("none", Text),
            ("true", Bool(true)),
            ("FALSE", Bool(false)),
            ("tRUE", Text),
            ("yes", Text),
            ("no", Text),
            ("on", Text),
            ("0", Int(Some(0))),
            ("-12", Int(Some(-12))),
            ("+7", Int(Some(7))),
            ("010", Int(Some(10))),
            ("0o17", Int(Some(15))),
            ("0xFf", Int(Some(255))),
            ("0x", Text),
            ("0o8", Text),
            ("-0x1", Text),
            ("1_000", Text),
            ("1:30", Text),
            ("1.", Float),
            (".5", Float),
            ("1e3", Float),
            ("1.5E-3", Float),
            ("1e", Text),
            (".", Text),
            ("-", Text),
            ("--1", Text),
            ("1.33", Float),
            ("1.2.3", Text),
            (".inf", Float),
            ("-.INF", Float),
            (".nan", Float),
            ("-.nan", Text),
            ("5s", Text),
            ("8Gi", Text),
            ("2015-04-01", Text),
            ("999999999999999999999999999999999999999999", Int(None)),
        ] {
            assert_eq!(Meaning::of(text), meaning, "{text}");
        }
    }
}
