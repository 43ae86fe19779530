//! What each kind of directive takes.

use super::arguments::{arguments, memory};
use super::commands;
use super::directives::{self, Directive, Kind};
use crate::check::image::Server;
use crate::value::ConfigValue;

/// Why a directive cannot take this value, and what it can take.
pub(super) fn fault(
    directive: &Directive,
    value: &ConfigValue,
    server: Option<Server>,
) -> Option<(&'static str, String)> {
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
        match (directive.kind, words.as_slice()) {
            (Kind::Words, _) => words_fault(directive.name, &words, server),
            (Kind::Flags(flags), _) => flags_fault(directive.name, flags, &words, server),
            (_, [word]) => word_fault(directive, word, server),
            _ => Some(("it takes one word", "put the value in double quotes if it holds blanks".to_owned())),
        }
    })
}

/// The words of a directive that a server takes, or any server if it is not known.
fn words_of(name: &str, words: &[&'static str], server: Option<Server>) -> Vec<&'static str> {
    let is_taken = |word: &&&str| server.is_none_or(|server| directives::since(name, word).is_in(server));
    words.iter().filter(is_taken).copied().collect()
}

fn word_fault(directive: &Directive, word: &str, server: Option<Server>) -> Option<(&'static str, String)> {
    match directive.kind {
        Kind::Int(least, _) if directive.name == "io-threads" => {
            let most = if server.is_none_or(|server| server.is_valkey && server.version > 80) { 256 } else { 128 };
            (!word.parse::<i64>().is_ok_and(|number| (least..=most).contains(&number)))
                .then(|| ("it is not a whole number in range", format!("use {least} to {most}, without a unit")))
        }
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
        Kind::Choice(choices) => {
            let choices = words_of(directive.name, choices, server);
            if choices.iter().any(|choice| choice.eq_ignore_ascii_case(word)) {
                return None;
            }
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
        Kind::Text => text_fault(directive.name, word, server),
        _ => None,
    }
}

/// Texts that the server looks at.
fn text_fault(name: &str, text: &str, server: Option<Server>) -> Option<(&'static str, String)> {
    match name {
        "notify-keyspace-events" => {
            // which ones came after 8.2 is not known here
            let is_class = |class: char| match server {
                Some(server) if server.is_valkey || server.version < 82 => EVENTS.contains(class),
                Some(server) if server.version == 82 => EVENTS.contains(class) || "co".contains(class),
                _ => class.is_ascii_alphabetic() || class == '$',
            };
            (!text.chars().all(is_class)).then(|| {
                (
                    "it is not a list of classes of events",
                    format!("use letters of {EVENTS}, as in KEA, or \"\" for none"),
                )
            })
        }
        "proc-title-template" => (!is_template(text)).then(|| {
            (
                "it is not a template",
                format!("use text and fields such as {{title}} and {{listen-addr}}, of {}", FIELDS.join(", ")),
            )
        }),
        _ => None,
    }
}

/// The classes of keyspace events that all servers know.
const EVENTS: &str = "AKEg$lshzxetdmn";
/// The fields of a title of a process.
const FIELDS: [&str; 7] = ["title", "listen-addr", "server-mode", "port", "tls-port", "unixsocket", "config-file"];

fn is_template(text: &str) -> bool {
    let mut parts = text.split('{');
    let has_first = parts.next().is_some_and(|first| !first.is_empty());
    let is_field = |part: &str| part.split_once('}').is_some_and(|(field, _)| FIELDS.contains(&field));
    let (mut count, mut is_good) = (0, true);
    for part in parts {
        count += 1;
        is_good &= is_field(part);
    }
    is_good && (has_first || count > 0)
}

fn flags_fault(
    name: &str,
    flags: &[&'static str],
    words: &[String],
    server: Option<Server>,
) -> Option<(&'static str, String)> {
    let flags = words_of(name, flags, server);
    // in quotes they are one
    let all: Vec<String> = words.iter().flat_map(|word| word.split(' ')).map(str::to_ascii_lowercase).collect();
    let has = |flag: &str| all.iter().any(|word| word == flag);
    if all.iter().any(|word| !flags.contains(&&**word)) {
        Some(("it is none of its words", format!("use {}", flags.join(", "))))
    } else {
        (has("save") && has("nosave")).then(|| ("save and nosave exclude each other", "keep one of the two".to_owned()))
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

fn words_fault(name: &str, words: &[String], server: Option<Server>) -> Option<(&'static str, String)> {
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
        "rename-command" => match words {
            [command, new] if !command.is_empty() => match (commands::has(server, command), commands::has(server, new))
            {
                (Some(false), _) => Some((
                    "the server has no such command",
                    "use the name of a command, without a subcommand".to_owned(),
                )),
                (_, Some(true)) => {
                    Some(("the new name is that of another command", "use a name no command has, or \"\"".to_owned()))
                }
                _ => None,
            },
            _ => Some(("it is not a command and its new name", "use lines like FLUSHALL \"\"".to_owned())),
        },
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
