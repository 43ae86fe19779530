//! Amounts as the API server reads them: it takes more than documents may say.
//!
//! After [quantity.go](https://github.com/kubernetes/apimachinery/blob/master/pkg/api/resource/quantity.go): a sign, spaces
//! around it and no digits at all are fine, and what is more than 2^63-1 is that.

use crate::document::node::Node;

/// Billionths of a unit; Kubernetes knows no smaller amount and rounds up to them.
const NANOS: i128 = 1_000_000_000;
const MOST: i128 = i64::MAX as i128 * NANOS;
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

/// An amount of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Amount(i128);

impl Amount {
    pub(super) fn parse(text: &str) -> Option<Self> {
        // it sees what JSON escapes, line breaks for instance, as the escape
        let text = text.trim_matches(|c: char| c.is_whitespace() && !c.is_control());
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, rest) = unsigned.split_at(digits(unsigned));
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at(digits(rest)),
            None => ("", rest),
        };
        let (factor, power) = if let Some(power) = BINARY.iter().skip(1).position(|known| *known == suffix) {
            (1_i128 << (10 * (power + 1)), 0)
        } else if let Some(place) = DECIMAL.iter().position(|known| *known == suffix) {
            (1, 3 * (i64::try_from(place).ok()? - 3))
        } else {
            (1, suffix.strip_prefix(['e', 'E'])?.parse::<i64>().ok()?)
        };
        if text.is_empty() {
            return None;
        }
        let digits = format!("{whole}{fraction}");
        let digits = digits.trim_start_matches('0');
        let nanos =
            if digits.is_empty() { 0 } else { nanos(digits, factor, power, fraction.len()).unwrap_or(MOST).min(MOST) };
        Some(Self(if text.starts_with('-') { -nanos } else { nanos }))
    }

    /// The amount that stands somewhere, if it is one; null is none at all.
    pub(super) fn of(node: &Node<'_>) -> Option<Self> {
        if node.is_null() { Some(Self(0)) } else { node.as_text().and_then(Self::parse) }
    }

    /// What several come to.
    pub(super) fn sum(amounts: impl Iterator<Item = Self>) -> Self {
        Self(amounts.fold(0, |sum: i128, amount| sum.saturating_add(amount.0)))
    }

    pub(super) fn is_negative(self) -> bool {
        self.0 < 0
    }

    pub(super) fn is_positive(self) -> bool {
        self.0 > 0
    }

    /// True for a whole number of units, in the thousandths that the API server looks at.
    pub(super) fn is_whole(self) -> bool {
        self.thousandths() % 1000 == 0
    }

    /// True for a whole number of this amount.
    pub(super) fn is_multiple_of(self, other: Self) -> bool {
        other.0 > 0 && self.0 % other.0 == 0
    }

    /// Rounded up.
    fn thousandths(self) -> i128 {
        self.0.div_euclid(NANOS / 1000) + i128::from(self.0 % (NANOS / 1000) != 0)
    }
}

/// `digits * factor * 10^(9 + power - fraction)`, rounded up; nothing if it is beyond all numbers.
fn nanos(digits: &str, factor: i128, power: i64, fraction: usize) -> Option<i128> {
    let power = power.checked_add(9)?.checked_sub(i64::try_from(fraction).ok()?)?;
    let ten = |power: i64| 10_i128.checked_pow(u32::try_from(power).ok()?);
    let mantissa = digits.parse::<i128>().ok().and_then(|mantissa| mantissa.checked_mul(factor));
    if power >= 0 {
        mantissa?.checked_mul(ten(power)?)
    } else {
        // too small to tell from the smallest, or too many digits to matter
        let Some(divisor) = ten(-power) else { return Some(1) };
        Some(mantissa? / divisor + i128::from(mantissa? % divisor != 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_those_of_the_api_server() {
        let nanos = |text| Amount::parse(text).map(|amount| amount.0);
        for (text, wanted) in [
            ("1", NANOS),
            ("+1", NANOS),
            (" 1Gi ", NANOS << 30),
            ("-5m", -5_000_000),
            ("1.5Ki", 1536 * NANOS),
            ("1.5e1", 15 * NANOS),
            (".", 0),
            ("-", 0),
            ("Gi", 0),
            ("0e9999", 0),
            ("0.0000000001", 1),
            ("1e-99", 1),
            ("9Ei", MOST),
            ("1e99", MOST),
            ("9223372036854775808", MOST),
        ] {
            assert_eq!(nanos(text), Some(wanted), "{text}");
        }
        for bad in ["", " ", "1 Gi", "1gi", "1Kb", "1.2.3", "1e", "e", "1i", "--1", "x", "1e1.5"] {
            assert_eq!(nanos(bad), None, "{bad}");
        }
    }

    #[test]
    fn parts_are_told() {
        let amount = |text| Amount::parse(text).unwrap();
        assert!(
            amount("1").is_whole() && amount("1e3").is_whole() && !amount("1m").is_whole() && !amount("1n").is_whole()
        );
        assert!(amount("6Mi").is_multiple_of(amount("2Mi")) && !amount("5Mi").is_multiple_of(amount("2Mi")));
        assert!(amount("-1").is_negative() && !amount("-").is_negative() && amount("1n").is_positive());
    }
}
