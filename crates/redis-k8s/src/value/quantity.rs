//! Quantities of CPU, memory and storage.

use std::borrow::Cow;

use super::validated;

validated! {
    /// An amount of a resource, not negative: `500m`, `1.5`, `8Gi`, `1e3`.
    ///
    /// Kept in the canonical form the API server stores, so that applying a rendering twice changes nothing:
    /// the largest suffix that leaves a whole number
    /// ([quantity.go](https://github.com/kubernetes/apimachinery/blob/master/pkg/api/resource/quantity.go)).
    ///
    /// ```
    /// use redis_k8s::Quantity;
    /// let size: Quantity = "1024Mi".parse()?;
    /// assert_eq!(size.as_str(), "1Gi");
    /// # Ok::<(), redis_k8s::InvalidValue>(())
    /// ```
    Quantity, "quantity", or number,
    pattern "^[0-9]*\\.?[0-9]*([numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?$", example "8Gi",
    |text| parse(text).map(|amount| amount.canonical()).ok_or(RULE)
}

const RULE: &str = "a number that is not negative, at most 2^63-1, with an optional suffix: n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent as in 1e3";

/// Sub-nano amounts do not exist in Kubernetes; it rounds them up.
const NANOS: u128 = 1_000_000_000;
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

#[derive(Clone, Copy)]
enum Format {
    Binary,
    Decimal,
    Exponent,
}

struct Amount {
    nanos: u128,
    format: Format,
}

impl Quantity {
    /// The amount in whole units, rounded up: bytes of memory, or cores.
    #[must_use]
    pub fn units(&self) -> u64 {
        parse(self.as_str()).map_or(0, |amount| u64::try_from(amount.nanos.div_ceil(NANOS)).unwrap_or(u64::MAX))
    }

    /// The amount in thousandths, rounded up: millicores, or enough to compare two amounts.
    #[must_use]
    pub fn milli_units(&self) -> u128 {
        parse(self.as_str()).map_or(0, |amount| amount.nanos.div_ceil(NANOS / 1000))
    }
}

impl Quantity {
    /// True if the amount is a whole number of units.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.is_multiple_of(NANOS)
    }

    /// True if the amount is a whole number of thousandths of a unit: Kubernetes rounds up what is finer.
    #[must_use]
    pub fn is_whole_thousandths(&self) -> bool {
        self.is_multiple_of(NANOS / 1000)
    }

    fn is_multiple_of(&self, step: u128) -> bool {
        parse(self.as_str()).is_none_or(|amount| amount.nanos.is_multiple_of(step))
    }
}

impl From<u32> for Quantity {
    /// A whole number of units: cores, or bytes.
    fn from(units: u32) -> Self {
        Self(Amount { nanos: u128::from(units) * NANOS, format: Format::Decimal }.canonical())
    }
}

fn parse(text: &str) -> Option<Amount> {
    let number_len = text.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
    let (number, suffix) = text.split_at(number_len);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.len() + fraction.len() == 0 || fraction.contains('.') {
        return None;
    }
    let (numerator, ten_power, format) = if let Some(power) = BINARY.iter().position(|s| *s == suffix && !s.is_empty())
    {
        (1024_u128.pow(u32::try_from(power).ok()?), 0, Format::Binary)
    } else if let Some(place) = DECIMAL.iter().position(|s| *s == suffix) {
        (1, 3 * (i32::try_from(place).ok()? - 3), Format::Decimal)
    } else {
        let exponent = suffix.strip_prefix(['e', 'E'])?;
        (1, exponent.strip_prefix('+').unwrap_or(exponent).parse().ok()?, Format::Exponent)
    };
    let digits = if fraction.is_empty() { Cow::Borrowed(whole) } else { Cow::Owned(format!("{whole}{fraction}")) };
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Some(Amount { nanos: 0, format });
    }
    // value in nanos = digits * numerator * 10^(9 + ten_power - fraction digits), rounded up.
    let power = 9_i32.checked_add(ten_power)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let mantissa = digits.parse::<u128>().ok()?.checked_mul(numerator)?;
    let nanos = if power >= 0 {
        mantissa.checked_mul(10_u128.checked_pow(power.unsigned_abs())?)?
    } else {
        10_u128.checked_pow(power.unsigned_abs()).map_or(1, |divisor| mantissa.div_ceil(divisor))
    };
    (nanos <= u128::from(i64::MAX.unsigned_abs()) * NANOS).then_some(Amount { nanos, format })
}

impl Amount {
    fn canonical(&self) -> String {
        match self.format {
            Format::Binary if self.nanos >= 1024 * NANOS => {
                let bytes = self.nanos.div_ceil(NANOS);
                let mut units = bytes;
                let mut power = 0;
                while units.is_multiple_of(1024) && power + 1 < BINARY.len() {
                    units /= 1024;
                    power += 1;
                }
                if power == 0 {
                    // Without a suffix it is decimal to whoever reads it next.
                    return Self { nanos: bytes * NANOS, format: Format::Decimal }.canonical();
                }
                format!("{units}{}", BINARY[power])
            }
            Format::Binary | Format::Decimal => {
                let (units, place) = self.thousands();
                format!("{units}{}", DECIMAL[place])
            }
            Format::Exponent => match self.thousands() {
                (units, 3) => units.to_string(),
                (units, place) => format!("{units}e{}{}", if place < 3 { "-" } else { "" }, place.abs_diff(3) * 3),
            },
        }
    }

    /// The whole number and the place in `DECIMAL` that write the amount with the largest suffix.
    fn thousands(&self) -> (u128, usize) {
        if self.nanos == 0 {
            return (0, 3);
        }
        let (mut units, mut place) = (self.nanos, 0);
        while units.is_multiple_of(1000) && place + 1 < DECIMAL.len() {
            units /= 1000;
            place += 1;
        }
        (units, place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_forms_are_those_of_the_api_server() {
        for (given, canonical) in [
            ("0", "0"),
            ("0Gi", "0"),
            ("1", "1"),
            ("1.0", "1"),
            (".5", "500m"),
            ("0.1", "100m"),
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("1000", "1k"),
            ("1024", "1024"),
            ("100000k", "100M"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("0.5Ki", "512"),
            ("1.953125Ki", "2k"),
            ("1.5Ki", "1536"),
            ("1023Ki", "1023Ki"),
            ("1Ki", "1Ki"),
            ("1e3", "1e3"),
            ("1e2", "100"),
            ("12E6", "12e6"),
            ("1E", "1E"),
            ("100e-3", "100e-3"),
            ("0.0000000001", "1n"),
            ("8Gi", "8Gi"),
            ("7Ei", "7Ei"),
        ] {
            let value = given.parse::<Quantity>();
            assert_eq!(value.as_ref().map(Quantity::as_str), Ok(canonical), "{given}");
        }
    }

    #[test]
    fn refuses_what_kubernetes_refuses() {
        for bad in ["", ".", "-1", "+1", "1 Gi", "1gi", "1Kb", "1.2.3", "e3", "1e", "8Ei", "1e99", "Gi", "1i"] {
            assert!(bad.parse::<Quantity>().is_err(), "{bad}");
        }
    }

    #[test]
    fn whole_numbers_are_canonical_too() {
        assert_eq!([0, 1, 1000, 1024].map(|units| Quantity::from(units).as_str().to_owned()), ["0", "1", "1k", "1024"]);
    }

    #[test]
    fn a_document_may_write_a_bare_number_as_kubernetes_allows() {
        for (json, quantity) in [("2", "2"), ("0.5", "500m"), ("\"2\"", "2"), ("1e3", "1k")] {
            assert_eq!(serde_json::from_str::<Quantity>(json).unwrap().as_str(), quantity);
        }
        for json in ["-1", "true", "null", "[1]"] {
            assert!(serde_json::from_str::<Quantity>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn fine_amounts_are_told() {
        for (text, whole, thousandths) in [
            ("1", true, true),
            ("1.5Gi", true, true),
            ("0.5", false, true),
            ("1e-3", false, true),
            ("1u", false, false),
        ] {
            let amount: Quantity = text.parse().unwrap();
            assert_eq!((amount.is_whole(), amount.is_whole_thousandths()), (whole, thousandths), "{text}");
        }
    }

    #[test]
    fn units_are_bytes_of_memory() {
        assert_eq!("1Mi".parse::<Quantity>().map(|q| q.units()), Ok(1_048_576));
        assert_eq!("100m".parse::<Quantity>().map(|q| q.units()), Ok(1));
        assert_eq!("1500m".parse::<Quantity>().map(|q| q.milli_units()), Ok(1500));
        assert_eq!("1u".parse::<Quantity>().map(|q| q.milli_units()), Ok(1));
    }
}
