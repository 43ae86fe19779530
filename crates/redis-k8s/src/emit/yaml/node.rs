//! One value: where it goes, and how it is written there.

use std::fmt::{Display, Write as _};

use serde::{Serialize, Serializer};

use super::collection::Collection;
use super::scalar::{self, Style};
use super::spaces;
use crate::emit::Error;

/// What stands before a value on its line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing.
    Document,
    /// A key, which needs its colon.
    Entry,
    /// Nothing, which needs a dash.
    Item,
}

impl Place {
    /// Leads to what begins on the same line.
    pub(super) fn lead(self, out: &mut String) {
        match self {
            Self::Document => {}
            Self::Entry => out.push_str(": "),
            Self::Item => out.push_str("- "),
        }
    }
}

/// Where the next value goes.
pub(super) struct Node<'o> {
    pub(super) out: &'o mut String,
    /// Where the collection around it begins its lines.
    pub(super) column: usize,
    pub(super) place: Place,
}

impl<'o> Node<'o> {
    pub(super) fn document(out: &'o mut String) -> Self {
        Self { out, column: 0, place: Place::Document }
    }

    /// Ends the line with a value that takes no more than that.
    pub(super) fn inline(self, write: impl FnOnce(&mut String)) {
        let out = self.out;
        self.place.lead(out);
        write(out);
        out.push('\n');
    }

    fn display(self, value: impl Display) {
        // Writing to a string cannot fail.
        self.inline(|out| _ = write!(out, "{value}"));
    }

    /// A map begins two columns further in; in an item, on the line of the dash.
    fn map(self) -> Collection<'o> {
        let column = if self.place == Place::Document { 0 } else { self.column + 2 };
        Collection { out: self.out, column, place: self.place, is_empty: true }
    }

    /// A sequence begins at its parent's column, as kubectl prints it; in an item, on the line of the dash.
    fn sequence(self) -> Collection<'o> {
        let column = if self.place == Place::Item { self.column + 2 } else { self.column };
        Collection { out: self.out, column, place: self.place, is_empty: true }
    }

    /// A map of one key, which is how JSON writes a variant with content. Gives the place of the value.
    fn variant(self, name: &str) -> Self {
        let mut map = self.map();
        map.key(name);
        Node { out: map.out, column: map.column, place: Place::Entry }
    }
}

/// Appends a float as Rust's `{:?}` gives it, with what readers of YAML 1.1 want: a point, and a sign in the exponent.
fn write_float(text: &str, out: &mut String) {
    match (text, text.split_once('e')) {
        ("NaN", _) => out.push_str(".nan"),
        ("inf", _) => out.push_str(".inf"),
        ("-inf", _) => out.push_str("-.inf"),
        (_, None) => out.push_str(text),
        (_, Some((mantissa, exponent))) => {
            out.push_str(mantissa);
            out.push_str(if mantissa.contains('.') { "e" } else { ".0e" });
            out.push_str(if exponent.starts_with('-') { "" } else { "+" });
            out.push_str(exponent);
        }
    }
}

impl<'o> Serializer for Node<'o> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Collection<'o>;
    type SerializeTuple = Collection<'o>;
    type SerializeTupleStruct = Collection<'o>;
    type SerializeTupleVariant = Collection<'o>;
    type SerializeMap = Collection<'o>;
    type SerializeStruct = Collection<'o>;
    type SerializeStructVariant = Collection<'o>;

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.inline(|out| out.push_str(if value { "true" } else { "false" }));
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), Error> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Error> {
        self.display(value);
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Result<(), Error> {
        self.display(value);
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Result<(), Error> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), Error> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), Error> {
        self.display(value);
        Ok(())
    }

    fn serialize_u128(self, value: u128) -> Result<(), Error> {
        self.display(value);
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.inline(|out| write_float(&format!("{value:?}"), out));
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.inline(|out| write_float(&format!("{value:?}"), out));
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        match scalar::style(text) {
            Style::Plain => self.inline(|out| out.push_str(text)),
            Style::Quoted => self.inline(|out| scalar::write_quoted(text, out)),
            Style::Literal => {
                let out = self.out;
                self.place.lead(out);
                scalar::write_literal(text, &spaces(self.column + 2), out);
            }
        }
        Ok(())
    }

    /// A list of numbers, as in JSON. Kubernetes' own bytes are base64 text and never come here.
    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Error> {
        self.collect_seq(bytes)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.inline(|out| out.push_str("null"));
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self.variant(variant))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Collection<'o>, Error> {
        Ok(self.sequence())
    }

    fn serialize_tuple(self, _: usize) -> Result<Collection<'o>, Error> {
        Ok(self.sequence())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Collection<'o>, Error> {
        Ok(self.sequence())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Collection<'o>, Error> {
        Ok(self.variant(variant).sequence())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Collection<'o>, Error> {
        Ok(self.map())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Collection<'o>, Error> {
        Ok(self.map())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Collection<'o>, Error> {
        Ok(self.variant(variant).map())
    }
}
