//! Canonical quantities, against exact arithmetic that knows nothing of the parser's.

use proptest::prelude::*;
use proptest::sample::select;
use redis_k8s::Quantity;

const NANO: u128 = 1_000_000_000;
const LIMIT: u128 = (u64::MAX >> 1) as u128 * NANO;

/// Suffixes and what they multiply by, in nanos of a unit.
const DECIMAL: &[(&str, u128)] = &[
    ("n", 1),
    ("u", 1000),
    ("m", 1_000_000),
    ("", NANO),
    ("k", 1000 * NANO),
    ("M", 1_000_000 * NANO),
    ("G", NANO * NANO),
    ("T", 1000 * NANO * NANO),
    ("P", 1_000_000 * NANO * NANO),
    ("E", NANO * NANO * NANO),
];
const BINARY: &[(&str, u128)] = &[
    ("Ki", NANO << 10),
    ("Mi", NANO << 20),
    ("Gi", NANO << 30),
    ("Ti", NANO << 40),
    ("Pi", NANO << 50),
    ("Ei", NANO << 60),
];
const EXPONENTS: &[(&str, u128)] = &[
    ("e-9", 1),
    ("E-3", 1_000_000),
    ("e-2", 10_000_000),
    ("e0", NANO),
    ("e1", 10 * NANO),
    ("E+3", 1000 * NANO),
    ("e05", 100_000 * NANO),
    ("e9", NANO * NANO),
    ("E18", NANO * NANO * NANO),
];

/// A number of up to nine digits, with leading and trailing zeros and a point anywhere.
#[derive(Debug, Clone)]
struct Number {
    text: String,
    digits: u128,
    /// How many of the digits stand behind the point, as a power of ten.
    divisor: u128,
}

fn number() -> impl Strategy<Value = Number> {
    let whole = prop_oneof![
        (0_u32..100_000).prop_map(|n| n.to_string()),
        Just("1024".into()),
        Just("007".into()),
        Just(String::new())
    ];
    let fraction = prop_oneof![3 => Just(None), 1 => "[0-9]{0,4}".prop_map(Some), 1 => select(&["5", "25", "0", "000"]).prop_map(|text| Some(text.to_owned()))];
    (whole, fraction).prop_filter_map("no digit", |(whole, fraction)| {
        let behind = fraction.as_deref().unwrap_or_default();
        let digits = format!("{whole}{behind}").parse().ok()?;
        let divisor = 10_u128.pow(u32::try_from(behind.len()).ok()?);
        let text = fraction.as_ref().map_or_else(|| whole.clone(), |fraction| format!("{whole}.{fraction}"));
        Some(Number { text, digits, divisor })
    })
}

/// The text of a quantity, its exact value in nanos rounded up, and whether its suffix is a binary one.
fn quantity() -> impl Strategy<Value = (String, u128, bool)> {
    let suffix = prop_oneof![select(DECIMAL), select(BINARY), select(EXPONENTS)];
    (number(), suffix).prop_map(|(number, (suffix, factor))| {
        let nanos = (number.digits * factor).div_ceil(number.divisor);
        (format!("{}{suffix}", number.text), nanos, suffix.ends_with('i'))
    })
}

/// The exact value in nanos of a canonical text: a whole number, then a suffix.
fn nanos(text: &str) -> Option<(u128, u128)> {
    let (number, suffix) = text.split_at(text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len()));
    let number: u128 = number.parse().ok()?;
    let known = DECIMAL.iter().chain(BINARY).find(|(name, _)| *name == suffix).map(|(_, factor)| *factor);
    let factor = known.or_else(|| {
        let exponent: i32 = suffix.strip_prefix('e')?.parse().ok()?;
        (exponent % 3 == 0 && exponent != 0).then(|| 10_u128.checked_pow((exponent + 9).try_into().ok()?))?
    })?;
    Some((number, number * factor))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn canonical_quantities_have_the_value_that_was_given((text, exact, binary) in quantity()) {
        let parsed = text.parse::<Quantity>();
        if exact > LIMIT {
            prop_assert!(parsed.is_err(), "{text} is beyond 2^63-1");
            return Ok(());
        }
        let canonical = parsed?;
        let (number, value) = nanos(canonical.as_str()).ok_or_else(|| TestCaseError::fail(format!("{text} gave {canonical}")))?;
        // Kubernetes keeps no fractions of bytes once a binary amount has reached a Ki.
        let expected = if binary && exact >= 1024 * NANO { exact.div_ceil(NANO) * NANO } else { exact };
        prop_assert_eq!(value, expected, "{} gave {}", text, canonical);
        prop_assert_eq!(u128::from(canonical.units()), expected.div_ceil(NANO));

        let suffix = canonical.as_str().trim_start_matches(|char: char| char.is_ascii_digit());
        let step = if suffix.ends_with('i') { 1024 } else { 1000 };
        let largest = matches!(suffix, "E" | "Ei" | "e18");
        prop_assert!(largest || number == 0 || number % step != 0, "{canonical} has a larger suffix");
        prop_assert!(number != 0 || suffix.is_empty(), "{canonical}");
    }

    #[test]
    fn canonical_quantities_stay_as_they_are((text, exact, _) in quantity()) {
        prop_assume!(exact <= LIMIT);
        let canonical: Quantity = text.parse()?;
        prop_assert_eq!(&canonical.as_str().parse::<Quantity>()?, &canonical);
    }

    #[test]
    fn no_text_is_a_panic(text in "\\PC{0,40}|[0-9.+eE-]{0,50}[numkMGTPEi]{0,3}") {
        if let Ok(quantity) = text.parse::<Quantity>() {
            prop_assert_eq!(&quantity.as_str().parse::<Quantity>()?, &quantity);
        }
    }
}
