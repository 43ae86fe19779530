//! What a schema says of a value beyond its shape.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

use ipnet::IpNet;
use regex_lite::Regex;
use serde_json::Value;

use super::Schema;
use crate::document::fault::Fault;
use crate::document::kubernetes::form::{Form, is_base64, is_time};
use crate::document::kubernetes::rules::{
    CONDITION_NOT_MET, INVALID_VALUE, OBJECT_OUT_OF_RANGE, SIZE_OUT_OF_RANGE, broken,
};
use crate::document::kubernetes::types::Shape;
use crate::document::kubernetes::words;
use crate::document::node::{Kind, Node, shorten};
use crate::document::scalar::Meaning;
use crate::document::suggest::choices;

/// Alternatives that a message tells of.
const FEW: usize = 4;

/// One thing a schema says.
#[derive(Debug)]
pub(super) enum Limit {
    Choices(Vec<Value>),
    Pattern(Regex),
    Format(Format),
    Bound { bound: f64, is_exclusive: bool, is_least: bool },
    Multiple(f64),
    Size(Measure, RangeInclusive<usize>),
    All(Vec<Schema>),
    Any(Vec<Schema>),
    One(Vec<Schema>),
    Not(Box<Schema>),
}

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Measure {
    Characters,
    Items,
    Fields,
}

/// A form of texts that the API server knows by name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    name: &'static str,
    /// What a text must be.
    what: &'static str,
    takes: fn(&str) -> bool,
}

const FORMATS: [Format; 8] = [
    Format { name: "byte", what: "base64", takes: is_base64 },
    Format {
        name: "cidr",
        what: "a block of addresses such as 192.0.2.0/24",
        takes: |text| text.parse::<IpNet>().is_ok(),
    },
    Format { name: "date", what: "a date such as 2026-01-31", takes: |text| is_time(&format!("{text}T00:00:00Z")) },
    Format { name: "date-time", what: "a time such as 2026-01-31T12:00:00Z", takes: is_time },
    Format { name: "duration", what: "a duration such as 1h30m", takes: is_duration },
    Format { name: "ipv4", what: "an address such as 192.0.2.1", takes: |text| text.parse::<Ipv4Addr>().is_ok() },
    Format { name: "ipv6", what: "an address such as 2001:db8::1", takes: |text| text.parse::<Ipv6Addr>().is_ok() },
    Format { name: "uuid", what: "a UUID", takes: is_uuid },
];

impl Format {
    /// The format of this name, if it is one that is looked at.
    pub(super) fn named(name: &str) -> Option<Self> {
        FORMATS.into_iter().find(|format| format.name == name)
    }
}

impl Limit {
    /// Reports a value that is not within it.
    pub(super) fn check(&self, node: &Node<'_>, form: &mut Form<'_, '_>) {
        if let Some(fault) = self.fault(node, form) {
            form.report(fault);
        }
    }

    fn fault(&self, node: &Node<'_>, form: &mut Form<'_, '_>) -> Option<Fault> {
        let text = node.as_text().filter(|_| node.meaning() == Some(Meaning::Text));
        let number = || match node.meaning()? {
            Meaning::Int(_) | Meaning::Float => node.as_text()?.parse::<f64>().ok(),
            _ => None,
        };
        match self {
            Self::Choices(known) => (!known.contains(&node.to_value())).then(|| unknown(known, node)),
            Self::Pattern(pattern) => {
                let text = text.filter(|text| !pattern.is_match(text))?;
                Some(broken(&INVALID_VALUE, format!("\"{}\" does not match {pattern}", shorten(text))))
            }
            Self::Format(format) => {
                let text = text.filter(|text| !(format.takes)(text))?;
                Some(broken(&INVALID_VALUE, format!("\"{}\" is not {}", shorten(text), format.what)))
            }
            Self::Bound { bound, is_exclusive, is_least } => {
                let number = number()?;
                let is_good = match (is_least, is_exclusive) {
                    (true, false) => number >= *bound,
                    (true, true) => number > *bound,
                    (false, false) => number <= *bound,
                    (false, true) => number < *bound,
                };
                let words = match (is_least, is_exclusive) {
                    (true, false) => "at least",
                    (true, true) => "more than",
                    (false, false) => "at most",
                    (false, true) => "less than",
                };
                (!is_good).then(|| broken(&OBJECT_OUT_OF_RANGE, format!("expected {words} {bound}, found {number}")))
            }
            Self::Multiple(step) => {
                let number = number().filter(|number| {
                    let times = number / step;
                    // 0.3 is no whole number of times 0.1 to a processor
                    (times - times.round()).abs() > 1e-9
                })?;
                Some(broken(&OBJECT_OUT_OF_RANGE, format!("expected a multiple of {step}, found {number}")))
            }
            Self::Size(measure, range) => {
                let (count, rule, what) = match (measure, &node.kind) {
                    (Measure::Characters, _) => (text?.chars().count(), &INVALID_VALUE, "characters"),
                    (Measure::Items, Kind::Sequence(items)) => (items.len(), &SIZE_OUT_OF_RANGE, "items"),
                    (Measure::Fields, Kind::Mapping(entries)) => (entries.len(), &SIZE_OUT_OF_RANGE, "fields"),
                    _ => return None,
                };
                let (words, bound) = match range {
                    _ if range.contains(&count) => return None,
                    range if count < *range.start() => ("at least", *range.start()),
                    range => ("at most", *range.end()),
                };
                let what = if bound == 1 { what.trim_end_matches('s') } else { what };
                Some(broken(rule, format!("expected {words} {bound} {what}, found {count}")))
            }
            Self::All(schemas) => {
                for schema in schemas {
                    schema.check(node, form);
                }
                None
            }
            Self::Any(schemas) => {
                let faults = failing(schemas, node, form);
                (faults.len() == schemas.len()).then(|| none_of(&faults))
            }
            Self::One(schemas) => {
                let faults = failing(schemas, node, form);
                match schemas.len() - faults.len() {
                    0 => Some(none_of(&faults)),
                    1 => None,
                    several => Some(broken(
                        &CONDITION_NOT_MET,
                        format!("{several} of {} alternatives are met, and exactly one must be", schemas.len()),
                    )),
                }
            }
            Self::Not(schema) => {
                let is_met = form.first_fault(|form| schema.check(node, form)).is_none();
                let fields = match &schema.shape {
                    Shape::Own(known) => known.fields.as_slice(),
                    _ => &[],
                };
                let names: Vec<&str> =
                    fields.iter().filter(|field| field.is_required).map(|field| &*field.name).collect();
                let what = if names.is_empty() { "this".to_owned() } else { names.join(" together with ") };
                is_met.then(|| broken(&CONDITION_NOT_MET, format!("the schema excludes {what}")))
            }
        }
    }
}

/// The first thing wrong with each alternative that is not met.
fn failing(schemas: &[Schema], node: &Node<'_>, form: &mut Form<'_, '_>) -> Vec<Fault> {
    schemas.iter().filter_map(|schema| form.first_fault(|form| schema.check(node, form))).collect()
}

fn none_of(faults: &[Fault]) -> Fault {
    let mut reasons: Vec<&str> = faults.iter().map(Fault::message).collect();
    reasons.dedup();
    let rest = if reasons.len() > FEW { "; …" } else { "" };
    reasons.truncate(FEW);
    broken(&CONDITION_NOT_MET, format!("no alternative is met: {}{rest}", reasons.join("; ")))
}

fn unknown(known: &[Value], node: &Node<'_>) -> Fault {
    let words: Option<Vec<&str>> = known.iter().map(Value::as_str).collect();
    if let (Some(words), Some(text)) = (words, node.as_text()) {
        return words::unknown(text, &words);
    }
    let shown: Vec<String> = known.iter().map(Value::to_string).collect();
    let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
    Fault::new("unknown-choice", format!("expected {}, found {}", choices(&shown), node.description()))
}

/// As the API server has it: what Go reads, or a number with a unit in words anywhere.
fn is_duration(text: &str) -> bool {
    const UNITS: [&str; 11] = ["ns", "us", "µs", "ms", "s", "m", "h", "hr", "d", "w", "wk"];
    const BEGUN: [&str; 8] = ["nano", "micro", "milli", "sec", "min", "hour", "day", "week"];
    let is_unit = |behind: &str| {
        let behind = behind.trim_start().to_lowercase();
        let end = behind.find(|c: char| !c.is_ascii_alphabetic() && c != 'µ').unwrap_or(behind.len());
        UNITS.contains(&&behind[..end]) || BEGUN.iter().any(|unit| behind.starts_with(unit))
    };
    text.trim_start_matches(['+', '-']) == "0" || text.split(|c: char| c.is_ascii_digit()).skip(1).any(is_unit)
}

fn is_uuid(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        && text.bytes().filter(u8::is_ascii_hexdigit).count() == 32
}
