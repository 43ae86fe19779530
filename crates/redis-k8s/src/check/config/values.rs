//! What each kind of directive takes.

use super::arguments::{arguments, memory};
use super::directives::{Directive, Kind};
use crate::value::ConfigValue;

/// Why a directive cannot take this value, and what it can take.
pub(super) fn fault(directive: &Directive, value: &ConfigValue) -> Option<(&'static str, String)> {
    let count = value.lines().count();
    if count == 0 {
        return Some(("the list is empty", "leave the directive out, or give it a value".to_owned()));
    }
    if count > 1 && !matches!(directive.kind, Kind::Words) {
        return Some(("it stands once", "give one value, not a list".to_owned()));
    }
    value.lines().find_map(|line| {
        if line.contains(['\n', '\r', '\0']) {
            return Some(("it is not one line", "remove line breaks and NUL".to_owned()));
        }
        let Some(words) = arguments(line) else {
            return Some(("its quotes do not close", "close each quote, and put a blank behind it".to_owned()));
        };
        if matches!(directive.kind, Kind::Words) {
            return words_fault(directive.name, &words);
        }
        match words.as_slice() {
            [word] => word_fault(directive.kind, word),
            _ => Some(("it takes one word", "put the value in double quotes if it holds blanks".to_owned())),
        }
    })
}

fn word_fault(kind: Kind, word: &str) -> Option<(&'static str, String)> {
    match kind {
        Kind::Bool if !word.eq_ignore_ascii_case("yes") && !word.eq_ignore_ascii_case("no") => {
            Some(("it is neither yes nor no", "use yes or no".to_owned()))
        }
        Kind::Int(least, most) if !word.parse::<i64>().is_ok_and(|number| (least..=most).contains(&number)) => {
            Some(("it is not a whole number in range", format!("use {least} to {most}, without a unit")))
        }
        Kind::Memory(least) if memory(word).is_none_or(|bytes| bytes < least) => {
            Some(("it is not a size as Redis writes it", size_help(word, least)))
        }
        Kind::MemoryOrPercent => {
            let percent = word.strip_suffix('%').and_then(|number| number.parse::<u8>().ok());
            (percent.is_none_or(|percent| percent > 100) && memory(word).is_none()).then(|| {
                (
                    "it is neither a size nor a share",
                    "use a size like 100mb, or a share of maxmemory like 5%".to_owned(),
                )
            })
        }
        Kind::Choice(choices) if !choices.iter().any(|choice| choice.eq_ignore_ascii_case(word)) => {
            let near = choices
                .iter()
                .map(|choice| (strsim::osa_distance(word, choice), choice))
                .filter(|(distance, choice)| *distance <= 1 + choice.len() / 4)
                .min();
            Some((
                "it is none of its words",
                match near {
                    Some((_, near)) => format!("did you mean {near}? It takes {}", choices.join(", ")),
                    None => format!("use {}", choices.join(", ")),
                },
            ))
        }
        _ => None,
    }
}

/// Redis and Kubernetes write sizes in different ways; mixing them up is the common mistake.
fn size_help(word: &str, least: u64) -> String {
    let redis = [("Ki", "kb"), ("Mi", "mb"), ("Gi", "gb")]
        .iter()
        .find_map(|(theirs, ours)| word.strip_suffix(theirs).map(|number| format!("{number}{ours}")));
    match redis.filter(|text| memory(text).is_some()) {
        Some(redis) => format!("Redis writes it {redis}"),
        None if least > 1 => format!("use a number with kb, mb or gb, {least} bytes or more"),
        None => "use a number with kb, mb or gb, as in 100mb".to_owned(),
    }
}

fn words_fault(name: &str, words: &[String]) -> Option<(&'static str, String)> {
    let number = |word: &String| word.parse::<u32>().ok();
    match name {
        "save" => {
            let empty = words.len() == 1 && words[0].is_empty();
            let pairs = words.len().is_multiple_of(2)
                && words.chunks(2).all(|pair| number(&pair[0]).is_some_and(|s| s > 0) && number(&pair[1]).is_some());
            (!empty && !pairs)
                .then(|| ("it is not pairs of seconds and changes", "use pairs like 3600 1 300 100".to_owned()))
        }
        "client-output-buffer-limit" => {
            let quads = words.len().is_multiple_of(4)
                && words.chunks(4).all(|quad| {
                    ["normal", "replica", "slave", "pubsub"].iter().any(|class| class.eq_ignore_ascii_case(&quad[0]))
                        && memory(&quad[1]).is_some()
                        && memory(&quad[2]).is_some()
                        && number(&quad[3]).is_some()
                });
            (!quads).then(|| {
                ("it is not a class with two sizes and seconds", "use lines like replica 256mb 64mb 60".to_owned())
            })
        }
        "rename-command" => (words.len() != 2 || words[0].is_empty())
            .then(|| ("it is not a command and its new name", "use lines like FLUSHALL \"\"".to_owned())),
        "loadmodule" => (!words[0].starts_with('/')).then(|| {
            ("it is not the path of a module", "use the whole path inside the image, beginning with /".to_owned())
        }),
        "oom-score-adj-values" => {
            let three = words.len() == 3
                && words.iter().all(|word| word.parse::<i32>().is_ok_and(|value| (-2000..=2000).contains(&value)));
            (!three)
                .then(|| ("it is not three numbers", "use three numbers of -2000 to 2000, as in 0 200 800".to_owned()))
        }
        "latency-tracking-info-percentiles" => {
            let shares = words
                .iter()
                .all(|word| word.is_empty() || word.parse::<f64>().is_ok_and(|share| (0.0..=100.0).contains(&share)));
            (!shares)
                .then(|| ("it is not a list of percentiles", "use numbers of 0 to 100, as in 50 99 99.9".to_owned()))
        }
        _ => None,
    }
}
