//! Durations keep their length whatever the units they are written in.

use proptest::prelude::*;
use redis_k8s::Duration;

const YEAR: u64 = 8760 * 3_600_000;
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Some of the units, largest first, and the sum in milliseconds.
fn written() -> impl Strategy<Value = (String, u64)> {
    let number = prop_oneof![Just(0), 1_u64..100, 1_u64..100_000];
    proptest::array::uniform4(proptest::option::of(number)).prop_filter_map("no unit", |numbers| {
        let parts: Vec<_> = numbers.into_iter().zip(UNITS).filter_map(|(number, unit)| Some((number?, unit))).collect();
        let texts: Vec<String> = parts.iter().map(|(number, (unit, _))| format!("{number}{unit}")).collect();
        let text = texts.concat();
        let millis = parts.iter().map(|(number, (_, factor))| number * factor).sum();
        (!text.is_empty()).then_some((text, millis))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn spans_keep_their_length((text, millis) in written()) {
        match text.parse::<Duration>() {
            Ok(span) => {
                prop_assert!(millis <= YEAR);
                prop_assert_eq!(span.as_millis(), millis);
                prop_assert_eq!(span.as_secs_rounded_up(), millis.div_ceil(1000));
            }
            Err(error) => prop_assert!(millis > YEAR, "{}", error),
        }
    }

    #[test]
    fn printed_spans_are_read_as_the_same_span((text, millis) in written()) {
        prop_assume!(millis <= YEAR);
        let span: Duration = text.parse()?;
        let printed = span.to_string();
        prop_assert_eq!(printed.parse::<Duration>()?, span);
        prop_assert_eq!(serde_json::from_value::<Duration>(serde_json::to_value(span)?)?, span);
        // No unit is written that could be carried into the next larger one, or that counts nothing.
        for part in printed.split_inclusive(char::is_alphabetic).filter(|part| *part != "s" && printed != "0s") {
            prop_assert!(!part.starts_with('0'), "{}", printed);
        }
    }

    #[test]
    fn no_text_is_a_panic(text in "\\PC{0,20}|([0-9]{0,22}(h|m|s|ms)?){0,5}") {
        if let Ok(span) = text.parse::<Duration>() {
            prop_assert_eq!(span.to_string().parse::<Duration>()?, span);
        }
    }
}
