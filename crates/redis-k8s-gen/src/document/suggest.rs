//! The nearest name to a misspelt one.

/// The known name that was most likely meant, if one is near enough.
///
/// Case and the marks between words do not count: `down-after` is `downAfter`.
pub(crate) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = fold(given);
    let allowed = match folded.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        6..=9 => 2,
        _ => 3,
    };
    known
        .into_iter()
        .map(|name| (distance(&folded, &fold(name)), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many letters were added, left out, changed or swapped.
fn distance(given: &str, name: &str) -> usize {
    /// Longer texts are no misspelt names, and the cost is their product.
    const LONGEST: usize = 64;
    if given.len() > LONGEST {
        return usize::MAX;
    }
    strsim::osa_distance(given, name)
}

fn fold(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_' | '.' | ' ')).flat_map(char::to_lowercase).collect()
}

/// `a, b or c`.
pub(super) fn choices(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let known = ["replicas", "image", "downAfter", "tls", "storage"];
        for (given, meant) in [
            ("replica", Some("replicas")),
            ("Replicas", Some("replicas")),
            ("repliacs", Some("replicas")),
            ("down-after", Some("downAfter")),
            ("down_after", Some("downAfter")),
            ("imgae", Some("image")),
            ("TLS", Some("tls")),
            ("tl", None),
            ("ssl", None),
            ("foo", None),
            ("", None),
        ] {
            assert_eq!(nearest(given, known), meant, "{given}");
        }
        assert_eq!(nearest(&"replicas".repeat(1000), known), None);
    }

    #[test]
    fn lists_choices_as_people_do() {
        assert_eq!(choices(&["a"]), "a");
        assert_eq!(choices(&["a", "b", "c"]), "a, b or c");
    }
}
