//! What objects of Kubernetes are made of: the table `kubernetes.types`, read when the first object is checked.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::OnceLock;

use super::schema::Schema;
use super::values::{self, Presence, Value};
use super::words;

/// Made from the schemas of every supported release by `cargo xtask generate`.
const TABLE: &str = include_str!("kubernetes.types");

/// Kinds, and the types they are made of.
#[derive(Debug)]
pub(super) struct Types {
    kinds: Vec<Known>,
    by_name: HashMap<&'static str, Type>,
    /// The other kinds of the API versions that these are of.
    others: HashMap<&'static str, Vec<&'static str>>,
}

/// A kind that can be checked.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) api_version: Cow<'static, str>,
    pub(super) kind: Cow<'static, str>,
    /// True if its name is known in lower case alone.
    pub(super) is_folded: bool,
    pub(super) shape: Shape,
}

/// A mapping with fixed fields.
#[derive(Debug)]
pub(super) struct Type {
    /// Empty for a part of a schema that was given.
    pub(super) name: &'static str,
    /// Sorted by name.
    pub(super) fields: Vec<Field>,
    /// What other fields hold, if there may be some.
    pub(super) others: Option<Shape>,
}

/// A field of a type.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: Cow<'static, str>,
    pub(super) is_required: bool,
    /// The minor releases of Kubernetes 1 that have it, if not all do.
    pub(super) minors: Option<RangeInclusive<u8>>,
    pub(super) shape: Shape,
    /// The words it takes, if it takes but a few.
    pub(super) words: Option<Vec<&'static str>>,
    /// What it must hold beyond its shape.
    pub(super) value: Option<(Presence, Value)>,
    /// The feature it is a part of, if that is off in some releases.
    pub(super) gate: Option<Gate>,
}

/// A feature of Kubernetes, by its name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gate {
    pub(super) name: &'static str,
    /// The first release that has it on unless somebody turned it off.
    pub(super) since: Option<u8>,
}

/// What may stand as a value.
#[derive(Debug)]
pub(super) enum Shape {
    /// Whatever there is.
    Any,
    Boolean,
    /// A whole number of this many bits.
    Integer(u8),
    Number,
    Text,
    /// Base64.
    Bytes,
    /// A moment, as RFC 3339 writes it.
    Time,
    Quantity,
    /// A whole number of this many bits, or a text.
    IntOrString(u8),
    /// A mapping with the fields of the type of this name.
    Type(&'static str),
    /// A mapping with the fields of this type.
    Own(Box<Type>),
    /// What a schema says that was given.
    Schema(Box<Schema>),
    /// A mapping of strings to values.
    Map(Box<Shape>),
    List(Box<Shape>, Unique),
}

/// What no two items of a list have alike.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unique {
    /// Nothing.
    No,
    /// All of them.
    Item,
    /// These fields.
    Fields(Vec<Cow<'static, str>>),
}

impl Types {
    /// The table.
    pub(super) fn get() -> &'static Self {
        static TYPES: OnceLock<Types> = OnceLock::new();
        TYPES.get_or_init(|| Self::parse(TABLE))
    }

    /// The kinds, with their API versions.
    pub(super) fn kinds(&self) -> &[Known] {
        &self.kinds
    }

    /// True if an API version of Kubernetes has no such kind, not even one that is not checked.
    pub(super) fn has_no(&self, api_version: &str, kind: &str) -> bool {
        self.others.get(api_version).is_some_and(|others| !others.contains(&kind))
    }

    /// The type of this name.
    pub(super) fn named(&self, name: &str) -> Option<&Type> {
        self.by_name.get(name)
    }

    /// Lines that cannot be read are left out; a test makes sure that there are none.
    fn parse(table: &'static str) -> Self {
        let mut kinds = Vec::new();
        let mut types: HashMap<&str, Type> = HashMap::new();
        let mut others = HashMap::new();
        let mut current = "";
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            if let Some(known) = line.strip_prefix("= ") {
                let mut words = known.split(' ');
                if let (Some(api_version), Some(kind), Some(type_name)) = (words.next(), words.next(), words.next()) {
                    kinds.push(Known {
                        api_version: api_version.into(),
                        kind: kind.into(),
                        is_folded: false,
                        shape: Shape::Type(type_name),
                    });
                }
            } else if let Some((api_version, kinds)) = line.strip_prefix("- ").and_then(|line| line.split_once(' ')) {
                others.insert(api_version, kinds.split(' ').collect());
            } else if let Some(field) = line.strip_prefix(' ') {
                if let (Some(field), Some(owner)) = (Field::parse(current, field), types.get_mut(current)) {
                    owner.fields.push(field);
                }
            } else {
                current = line;
                types.insert(line, Type { name: line, fields: Vec::new(), others: None });
            }
        }
        Self { kinds, by_name: types, others }
    }
}

/// The name of a type without its API version: those of 2015 are checked for what they ask today.
pub(super) fn of_today(name: &str) -> &str {
    name.strip_prefix("v1beta3.").unwrap_or(name)
}

impl Type {
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.binary_search_by_key(&name, |field| &*field.name).ok().map(|place| &self.fields[place])
    }
}

impl Field {
    /// Reads `name!@34-37 [Type/key] minimum=0` of a type.
    fn parse(owner: &str, line: &'static str) -> Option<Self> {
        let mut parts = line.split(' ');
        let (name, shape) = (parts.next()?, parts.next()?);
        let (name, minors) = match name.split_once('@') {
            Some((name, minors)) => {
                let (first, last) = minors.split_once('-')?;
                (name, Some(first.parse().ok()?..=last.parse().ok()?))
            }
            None => (name, None),
        };
        let (name, is_required) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
        let mut value = values::of(of_today(owner), name);
        let is_required = is_required || value.is_some_and(|(presence, _)| presence == Presence::Required);
        let mut gate = None;
        for said in parts {
            match said.split_once('=')? {
                ("gate", text) => gate = Some(Gate::parse(text)?),
                (tag, text) => value = Some((Presence::Optional, Value::tagged(value, tag, text)?)),
            }
        }
        let (words, shape) = Shape::parse_words(shape)?;
        let words = words.or_else(|| words::of(owner, name).map(<[_]>::to_vec));
        Some(Self { name: name.into(), is_required, minors, shape, words, value, gate })
    }

    /// The gate because of which the API server of 1.`minor` drops the field.
    pub(super) fn closed(&self, minor: u8) -> Option<Gate> {
        self.gate.filter(|gate| gate.since.is_none_or(|since| minor < since))
    }
}

impl Gate {
    /// Reads `Name@37`.
    fn parse(text: &'static str) -> Option<Self> {
        match text.split_once('@') {
            Some((name, since)) => Some(Self { name, since: Some(since.parse().ok()?) }),
            None => Some(Self { name: text, since: None }),
        }
    }
}

impl Shape {
    /// Reads `"Word|Word"`, a list of them, or anything else.
    fn parse_words(text: &'static str) -> Option<(Option<Vec<&'static str>>, Self)> {
        match text.split('"').collect::<Vec<_>>()[..] {
            ["", words, ""] => Some((Some(words.split('|').collect()), Self::Text)),
            ["[", words, "]"] => Some((Some(words.split('|').collect()), Self::List(Box::new(Self::Text), Unique::No))),
            _ => Some((None, Self::parse(text)?)),
        }
    }

    fn parse(text: &'static str) -> Option<Self> {
        if let Some(list) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            let (item, unique) = match list.rsplit_once('/') {
                None => (list, Unique::No),
                Some((item, "")) => (item, Unique::Item),
                Some((item, fields)) => (item, Unique::Fields(fields.split(',').map(Cow::from).collect())),
            };
            return Some(Self::List(Box::new(Self::parse(item)?), unique));
        }
        if let Some(values) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            return Some(Self::Map(Box::new(Self::parse(values)?)));
        }
        Some(match text {
            "any" => Self::Any,
            "boolean" => Self::Boolean,
            "int32" => Self::Integer(32),
            "int64" => Self::Integer(64),
            "number" => Self::Number,
            "string" => Self::Text,
            "bytes" => Self::Bytes,
            "time" => Self::Time,
            "quantity" => Self::Quantity,
            "intOrString" => Self::IntOrString(32),
            name if name.starts_with(|first: char| first.is_ascii_uppercase()) || name.contains('.') => {
                Self::Type(name)
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn referred(shape: &Shape) -> Option<&'static str> {
        match shape {
            Shape::Type(name) => Some(name),
            Shape::Map(inner) | Shape::List(inner, _) => referred(inner),
            _ => None,
        }
    }

    #[test]
    fn every_line_of_the_table_is_read() {
        let types = Types::get();
        let lines = TABLE.lines().filter(|line| !line.starts_with('#')).count();
        let fields: usize = types.by_name.values().map(|known| known.fields.len()).sum();
        assert_eq!(types.kinds.len() + types.others.len() + types.by_name.len() + fields, lines);
        assert!(fields > 900, "{fields} fields");
    }

    #[test]
    fn what_the_table_says_nobody_says_again() {
        let mut owner = "";
        for line in TABLE.lines() {
            let Some(line) = line.strip_prefix(' ') else {
                owner = line;
                continue;
            };
            let name = line.split(['!', '@', ' ']).next().unwrap();
            let has_value = line.split(' ').skip(2).any(|said| !said.starts_with("gate="));
            assert!(!(line.contains('"') && words::of(owner, name).is_some()), "{owner}.{name}");
            assert!(!(has_value && values::of(owner, name).is_some()), "{owner}.{name}");
        }
    }

    #[test]
    fn every_type_that_is_named_is_there() {
        let types = Types::get();
        let kinds = types.kinds.iter().map(|known| &known.shape);
        let fields = types.by_name.values().flat_map(|known| &known.fields).map(|field| &field.shape);
        for name in kinds.chain(fields).filter_map(referred) {
            assert!(types.named(name).is_some(), "{name}");
        }
    }

    #[test]
    fn fields_are_found() {
        for known in Types::get().by_name.values() {
            for field in &known.fields {
                let found = known.field(&field.name).map(|found| &found.name);
                assert_eq!(found, Some(&field.name), "{} is not sorted", known.name);
            }
        }
    }

    #[test]
    fn lists_know_what_makes_an_item_unique() {
        let container = Types::get().named("Container").unwrap();
        let unique = |name: &str| match &container.field(name).unwrap().shape {
            Shape::List(_, unique) => unique,
            other => panic!("{other:?}"),
        };
        assert_eq!(unique("ports"), &Unique::Fields(["containerPort", "protocol"].map(Cow::from).to_vec()));
        assert_eq!(unique("args"), &Unique::No);
    }
}
