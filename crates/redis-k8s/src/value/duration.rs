//! Spans of time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::InvalidValue;

const WHAT: &str = "duration";
const RULE: &str = "whole numbers with the units h, m, s or ms, largest first, as in 5s, 1m30s or 500ms, at most 8760h";
/// A year: longer spans are mistakes, and every sum of two still fits everywhere.
const MAX_MILLIS: u64 = 8760 * 3_600_000;

/// A span of time in whole milliseconds, written like `5s`, `1m30s` or `500ms`; 0 to 8760 h.
///
/// ```
/// use redis_k8s::Duration;
/// let down_after: Duration = "1m30s".parse()?;
/// assert_eq!(down_after.as_millis(), 90_000);
/// # Ok::<(), redis_k8s::InvalidValue>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

impl Duration {
    /// A span of whole seconds, at most the longest there is.
    #[must_use]
    pub const fn from_secs(seconds: u32) -> Self {
        Self(1000).times(seconds)
    }

    /// The span `times` over, at most the longest there is.
    #[must_use]
    pub const fn times(self, times: u32) -> Self {
        let millis = self.0.saturating_mul(times as u64);
        Self(if millis > MAX_MILLIS { MAX_MILLIS } else { millis })
    }

    /// The span in milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The span in seconds, rounded up: a Kubernetes field in seconds must not be shorter than what was asked for.
    #[must_use]
    pub const fn as_secs_rounded_up(self) -> u64 {
        self.0.div_ceil(1000)
    }
}

impl From<Duration> for std::time::Duration {
    fn from(duration: Duration) -> Self {
        Self::from_millis(duration.0)
    }
}

/// Whole milliseconds, a year at most.
///
/// ```
/// use redis_k8s::Duration;
/// assert_eq!(Duration::try_from(std::time::Duration::from_secs(5))?, Duration::from_secs(5));
/// assert!(Duration::try_from(std::time::Duration::from_micros(1)).is_err());
/// # Ok::<(), redis_k8s::InvalidValue>(())
/// ```
impl TryFrom<std::time::Duration> for Duration {
    type Error = InvalidValue;

    fn try_from(span: std::time::Duration) -> Result<Self, Self::Error> {
        let millis = u64::try_from(span.as_millis()).ok().filter(|millis| *millis <= MAX_MILLIS);
        let exact = millis.filter(|millis| std::time::Duration::from_millis(*millis) == span);
        exact.map(Self).ok_or_else(|| InvalidValue::new(WHAT, &format!("{span:?}"), RULE))
    }
}

impl FromStr for Duration {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidValue::new(WHAT, text, RULE);
        let units = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];
        let mut next_unit = 0;
        let mut rest = text;
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, tail) = rest.split_at(digits);
            let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
            let (unit, tail) = tail.split_at(letters);
            let place = units.iter().position(|(name, _)| *name == unit).ok_or_else(invalid)?;
            if place < next_unit {
                return Err(invalid());
            }
            next_unit = place + 1;
            let number: u64 = number.parse().map_err(|_| invalid())?;
            total = number
                .checked_mul(units[place].1)
                .and_then(|millis| total.checked_add(millis))
                .filter(|millis| *millis <= MAX_MILLIS)
                .ok_or_else(invalid)?;
            rest = tail;
        }
        if next_unit == 0 { Err(invalid()) } else { Ok(Self(total)) }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.0;
        for (unit, millis) in [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)] {
            if rest >= millis {
                write!(f, "{}{unit}", rest / millis)?;
                rest %= millis;
            }
        }
        Ok(())
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = Duration;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as 5s, 1m30s or 500ms")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Duration, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Duration {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "title": WHAT,
            "pattern": "^(?=[0-9])([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$",
            "examples": ["5s"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_the_same_spans() {
        for text in ["0s", "5s", "1m30s", "500ms", "2h", "1h1m1s1ms"] {
            assert_eq!(text.parse::<Duration>().map(|d| d.to_string()).as_deref(), Ok(text));
        }
        assert_eq!("90s".parse::<Duration>().map(|d| d.to_string()).as_deref(), Ok("1m30s"));
    }

    #[test]
    fn refuses_what_has_no_clear_meaning() {
        for text in ["", "5", "s", "5 s", "-5s", "1.5s", "5s1m", "5s5s", "5d", "9999h", "99999999999999999999s"] {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
    }

    #[test]
    fn seconds_are_rounded_up() {
        assert_eq!("1500ms".parse::<Duration>().map(Duration::as_secs_rounded_up), Ok(2));
    }
}
