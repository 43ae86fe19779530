//! From a tree to the model: a serde deserializer that says what it expected in the user's terms.

use std::fmt::Display;

use redis_k8s::PathStep;
use serde::de::value::StrDeserializer;
use serde::de::{Deserializer, Expected, IntoDeserializer, Unexpected, Visitor};

use super::fault::{Fault, Part};
use super::fields::{self, short_form};
use super::node::{Entry, Kind, Node, Origin, Style, shorten};
use super::scalar::Meaning;
use super::suggest::{choices, nearest};

/// Reads one node.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a, 't> {
    node: &'a Node<'t>,
}

impl<'a, 't> Reader<'a, 't> {
    pub(super) fn new(node: &'a Node<'t>) -> Self {
        Self { node }
    }

    fn expected(self, what: impl Display) -> Fault {
        Fault::new("wrong-type", format!("expected {what}, found {}", self.node.description()))
    }

    /// A whole number, `wanted` in the user's terms.
    fn integer(self, wanted: &str, min: i128, max: i128) -> Result<i128, Fault> {
        let Kind::Scalar(text, style) = &self.node.kind else { return Err(self.expected(wanted)) };
        match Meaning::of(text) {
            Meaning::Int(_) if *style == Style::Quoted => Err(self.expected(wanted).help(self.bare())),
            Meaning::Int(_) if is_octal_to_some(text) => Err(Fault::new(
                "ambiguous-number",
                format!("{} is another number in YAML 1.1 than in YAML 1.2", shorten(text)),
            )
            .help("remove the leading zeros, or write 0o before an octal number")),
            Meaning::Int(Some(number)) if (min..=max).contains(&number) => Ok(number),
            Meaning::Int(_) => Err(Fault::new("out-of-range", format!("expected {wanted}, found {}", shorten(text)))),
            _ => Err(self.expected(wanted)),
        }
    }

    /// What to do with a text that should be none: it is one by its quotes, or by a tag.
    fn bare(self) -> &'static str {
        match (self.node.origin, &self.node.kind) {
            (Origin::Text { start, end }, Kind::Scalar(text, _)) if (end - start) as usize == text.len() => {
                "remove the tag"
            }
            _ => "remove the quotes",
        }
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let Kind::Scalar(text, style) = &self.node.kind else { return Err(self.expected(&visitor as &dyn Expected)) };
        match (style, Meaning::of(text)) {
            (Style::Quoted | Style::Bare, _) | (Style::Plain, Meaning::Text) => visitor.visit_str(text),
            (Style::Plain, meaning) => {
                let wanted = (&visitor as &dyn Expected).to_string();
                let help = match meaning {
                    Meaning::Null => "write \"\" for an empty text".to_owned(),
                    Meaning::Int(_) if wanted.contains("duration") => format!("write the unit: {}s", shorten(text)),
                    _ => {
                        // What is wrong in quotes as well is not mended by them.
                        visitor.visit_str::<Fault>(text)?;
                        format!("put it in quotes: \"{}\"", shorten(text))
                    }
                };
                Err(self.expected(wanted).help(help))
            }
        }
    }
}

/// YAML 1.1, which kubectl speaks, reads `010` as eight.
fn is_octal_to_some(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
}

macro_rules! integers {
    ($($method:ident $visit:ident $ty:ty, $wanted:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            let number = self.integer($wanted, <$ty>::MIN.into(), <$ty>::MAX.into())?;
            match <$ty>::try_from(number) {
                Ok(number) => visitor.$visit(number),
                Err(error) => Err(serde::de::Error::custom(error)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'_, '_> {
    type Error = Fault;

    /// Asked for by values that take any scalar; numbers are given as they were written.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.kind {
            Kind::Scalar(text, Style::Quoted) => visitor.visit_str(text),
            Kind::Scalar(text, Style::Plain | Style::Bare) => match Meaning::of(text) {
                Meaning::Null => visitor.visit_unit(),
                Meaning::Bool(value) => visitor.visit_bool(value),
                // A port of Kubernetes: a text is the name of one.
                Meaning::Int(Some(number)) if (&visitor as &dyn Expected).to_string() == "IntOrString" => {
                    visitor.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
                }
                Meaning::Int(_) | Meaning::Float | Meaning::Text => visitor.visit_str(text),
            },
            Kind::Sequence(items) => visitor.visit_seq(Items { items: items.iter().enumerate() }),
            Kind::Mapping(entries) => visitor.visit_map(Entries::all(entries)),
            Kind::Dropped => visitor.visit_unit(),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let Kind::Scalar(text, style) = &self.node.kind else { return Err(self.expected("true or false")) };
        match (style, Meaning::of(text)) {
            (Style::Plain | Style::Bare, Meaning::Bool(value)) => visitor.visit_bool(value),
            (Style::Quoted, Meaning::Bool(_)) => Err(self.expected("true or false").help(self.bare())),
            _ => {
                let help = match text.to_ascii_lowercase().as_str() {
                    "yes" | "on" | "y" => Some("write true"),
                    "no" | "off" | "n" => Some("write false"),
                    _ => None,
                };
                Err(self.expected("true or false").help_if(help))
            }
        }
    }

    integers! {
        deserialize_i8 visit_i8 i8, "a whole number from -128 to 127";
        deserialize_i16 visit_i16 i16, "a whole number from -32768 to 32767";
        deserialize_i32 visit_i32 i32, "a whole number from -2147483648 to 2147483647";
        deserialize_i64 visit_i64 i64, "a whole number from -2^63 to 2^63-1";
        deserialize_u8 visit_u8 u8, "a whole number from 0 to 255";
        // Every field of 16 bits is a port.
        deserialize_u16 visit_u16 u16, "a port from 1 to 65535";
        deserialize_u32 visit_u32 u32, "a whole number from 0 to 2^32-1";
        deserialize_u64 visit_u64 u64, "a whole number from 0 to 2^64-1";
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let number = match &self.node.kind {
            Kind::Scalar(text, Style::Plain | Style::Bare) => {
                text.parse().ok().filter(|number: &f64| number.is_finite())
            }
            _ => None,
        };
        visitor.visit_f64(number.ok_or_else(|| self.expected("a number"))?)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.text(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.text(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.text(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.text(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.node.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.node.is_null() { visitor.visit_unit() } else { Err(self.expected("nothing")) }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.kind {
            Kind::Sequence(items) => visitor.visit_seq(Items { items: items.iter().enumerate() }),
            Kind::Scalar(text, _) if !self.node.is_null() => {
                Err(self.expected("a list").help(format!("write it as a list of one: [{}]", shorten(text))))
            }
            _ => Err(self.expected("a list")),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.kind {
            Kind::Mapping(entries) => visitor.visit_map(Entries::all(entries)),
            _ => Err(self.expected("a mapping of keys to values")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let Kind::Mapping(entries) = &self.node.kind else {
            let fault =
                self.expected(format_args!("a mapping with fields such as {}", choices(&known[..known.len().min(3)])));
            let is_boolean = matches!(self.node.meaning(), Some(Meaning::Bool(_)));
            let found = self.node.as_text();
            return Err(fault.help_if(found.and_then(|found| short_form(name, known, &shorten(found), is_boolean))));
        };
        if let Some(entry) = entries.iter().find(|entry| !known.contains(&&*entry.key) && !is_dropped(entry)) {
            return Err(unknown_field(entry, (name, known)));
        }
        visitor.visit_map(Entries::filled(entries))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let Some(text) = self.node.as_text() else {
            let is_claim = name == "Persistence" && matches!(self.node.kind, Kind::Mapping(_));
            let help =
                is_claim.then_some("it says what a server writes; where it writes is `spec.storage`: size and class");
            return Err(self.expected(choices(variants)).help_if(help));
        };
        if variants.contains(&text) {
            let variant: StrDeserializer<'_, Fault> = text.into_deserializer();
            return visitor.visit_enum(variant);
        }
        let fault = match self.node.description() {
            found if found.starts_with("the string") => {
                Fault::new("unknown-choice", format!("expected {}, found \"{}\"", choices(variants), shorten(text)))
            }
            _ => self.expected(choices(variants)),
        };
        Err(fault.help_if(nearest(text, variants.iter().copied()).map(|near| format!("did you mean `{near}`?"))))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.text(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }
}

pub(super) fn is_dropped(entry: &Entry<'_>) -> bool {
    matches!(entry.value.kind, Kind::Dropped)
}

/// An entry of a part of the document that has no such field.
pub(super) fn unknown_field(entry: &Entry<'_>, part: Part) -> Fault {
    let (name, known) = part;
    let key = &*entry.key;
    let help = if let Some(advice) = fields::advice(key, name) {
        advice
    } else if let Some(near) = nearest(key, known.iter().copied()) {
        format!("did you mean `{near}`?")
    } else if name == "RedisSpec" {
        "`redis-k8s-gen explain spec` lists the fields".to_owned()
    } else {
        format!("the fields here are {}", known.join(", "))
    };
    Fault::unknown(key, part).help(help).at(entry.key_origin).under(PathStep::Field(key.to_owned()))
}

/// The items of a list.
struct Items<'a, 't> {
    items: std::iter::Enumerate<std::slice::Iter<'a, Node<'t>>>,
}

impl<'de> serde::de::SeqAccess<'de> for Items<'_, '_> {
    type Error = Fault;

    fn next_element_seed<T: serde::de::DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((index, node)) = self.items.find(|(_, node)| !matches!(node.kind, Kind::Dropped)) else {
            return Ok(None);
        };
        seed.deserialize(Reader { node }).map(Some).map_err(|fault| fault.at(node.origin).under(PathStep::Index(index)))
    }
}

/// The entries of a mapping.
struct Entries<'a, 't> {
    rest: std::slice::Iter<'a, Entry<'t>>,
    /// True in a struct, where null is as good as absent; a map of texts has no such thing.
    skip_nulls: bool,
    value: Option<&'a Entry<'t>>,
}

impl<'a, 't> Entries<'a, 't> {
    fn all(entries: &'a [Entry<'t>]) -> Self {
        Self { rest: entries.iter(), skip_nulls: false, value: None }
    }

    fn filled(entries: &'a [Entry<'t>]) -> Self {
        Self { rest: entries.iter(), skip_nulls: true, value: None }
    }
}

impl<'de> serde::de::MapAccess<'de> for Entries<'_, '_> {
    type Error = Fault;

    fn next_key_seed<K: serde::de::DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let skip_nulls = self.skip_nulls;
        self.value = self.rest.find(|entry| !(is_dropped(entry) || skip_nulls && entry.value.is_null()));
        let Some(entry) = self.value else { return Ok(None) };
        let key: StrDeserializer<'_, Fault> = (&*entry.key).into_deserializer();
        seed.deserialize(key).map(Some).map_err(|fault| located(fault, entry, entry.key_origin))
    }

    fn next_value_seed<V: serde::de::DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some(entry) = self.value.take() else {
            return Err(serde::de::Error::custom("a value was asked for before its key"));
        };
        let origin = match entry.value.kind {
            Kind::Scalar(..) if !entry.value.is_null() => entry.value.origin,
            _ => entry.key_origin,
        };
        seed.deserialize(Reader { node: &entry.value }).map_err(|fault| located(fault, entry, origin))
    }
}

/// Where a missing field should stand is for the whole tree to say.
fn located(fault: Fault, entry: &Entry<'_>, origin: Origin) -> Fault {
    let fault = if fault.missing_field().is_some() { fault } else { fault.at(origin) };
    fault.under(PathStep::Field(entry.key.clone().into_owned()))
}

/// What visitors of the model say, in the words of this module.
pub(super) fn expectation(found: Unexpected<'_>, expected: &dyn Expected) -> Fault {
    let found = match found {
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Bool(value) => format!("the boolean {value}"),
        Unexpected::Unsigned(number) => format!("the number {number}"),
        Unexpected::Signed(number) => format!("the number {number}"),
        Unexpected::Float(number) => format!("the number {number}"),
        Unexpected::Str(text) => format!("the string \"{}\"", shorten(text)),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a mapping".to_owned(),
        other => other.to_string(),
    };
    let expected = match expected.to_string().as_str() {
        "a nonzero u16" => "a port from 1 to 65535".to_owned(),
        "a nonzero u32" => "a whole number from 1 to 2^32-1".to_owned(),
        other => other.to_owned(),
    };
    Fault::new("wrong-type", format!("expected {expected}, found {found}"))
}

impl serde::de::Error for Fault {
    fn custom<T: Display>(message: T) -> Self {
        Self::new("invalid-value", message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        expectation(found, expected)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        expectation(found, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::missing(field)
    }
}
