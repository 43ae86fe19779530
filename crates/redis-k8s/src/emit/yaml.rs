//! A serde serializer that writes block YAML straight into the output, with no tree in between.

use std::fmt::{Display, Write as _};

use serde::ser::{self, Serialize, Serializer};

use super::error::Error;
use super::scalar;
use super::yaml_key::Key;

/// Readers of the libyaml family look for the `:` of a key within 1024 characters of its start. Longer keys need a `?`.
const LONGEST_SIMPLE_KEY: usize = 1000;

/// Appends `value` as one document with a final newline and no document marker.
pub(super) fn write<T: Serialize + ?Sized>(value: &T, out: &mut String) -> Result<(), Error> {
    value.serialize(Node { out, column: 0, place: Place::Document })
}

/// What stands before a value on its line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing.
    Document,
    /// `key:`
    Entry,
    /// `-`
    Item,
}

/// Where the next value goes.
struct Node<'o> {
    out: &'o mut String,
    /// Where the collection around it begins its lines.
    column: usize,
    place: Place,
}

impl<'o> Node<'o> {
    /// Ends the line with a value that takes no more than that.
    fn inline(self, write: impl FnOnce(&mut String)) {
        if self.place != Place::Document {
            self.out.push(' ');
        }
        write(self.out);
        self.out.push('\n');
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

/// A map or a sequence being written. Nothing is written before the first entry, since an empty one is `{}` or `[]`.
pub(super) struct Collection<'o> {
    out: &'o mut String,
    column: usize,
    place: Place,
    is_empty: bool,
}

impl Collection<'_> {
    /// Brings the output to where the next entry begins.
    fn begin_entry(&mut self) {
        match (self.is_empty, self.place) {
            (true, Place::Document) => {}
            (true, Place::Item) => self.out.push(' '),
            (true, Place::Entry) => {
                self.out.push('\n');
                indent(self.column, self.out);
            }
            (false, _) => indent(self.column, self.out),
        }
        self.is_empty = false;
    }

    fn key(&mut self, key: &str) {
        self.begin_entry();
        let start = self.out.len();
        scalar::write_inline(key, self.out);
        if self.out.len() - start > LONGEST_SIMPLE_KEY {
            self.out.insert_str(start, "? ");
            self.out.push('\n');
            indent(self.column, self.out);
        }
        self.out.push(':');
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(Node { out: self.out, column: self.column, place: Place::Entry })
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.begin_entry();
        self.out.push('-');
        value.serialize(Node { out: self.out, column: self.column, place: Place::Item })
    }

    fn end(self, empty: &str) {
        if self.is_empty {
            Node { out: self.out, column: self.column, place: self.place }.inline(|out| out.push_str(empty));
        }
    }
}

fn indent(column: usize, out: &mut String) {
    out.push_str(&spaces(column));
}

/// Spaces, without an allocation for any depth that occurs in Kubernetes.
fn spaces(count: usize) -> std::borrow::Cow<'static, str> {
    const SPACES: &str = "                                                                ";
    SPACES.get(..count).map_or_else(|| " ".repeat(count).into(), Into::into)
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
        if scalar::is_literal(text) {
            if self.place != Place::Document {
                self.out.push(' ');
            }
            scalar::write_literal(text, &spaces(self.column + 2), self.out);
        } else {
            self.inline(|out| scalar::write_inline(text, out));
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

impl ser::SerializeMap for Collection<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        key.serialize(Key(|text: &str| self.key(text)))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.end("{}");
        Ok(())
    }
}

/// The traits of serde that differ only in the names of their methods.
macro_rules! collections {
    ($($of:ident: $method:ident($($name:ident)?) = $entry:ident, $empty:literal;)*) => {$(
        impl ser::$of for Collection<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, $($name: &'static str,)? value: &T) -> Result<(), Error> {
                $(self.key($name);)?
                self.$entry(value)
            }

            fn end(self) -> Result<(), Error> {
                self.end($empty);
                Ok(())
            }
        }
    )*};
}

collections! {
    SerializeStruct: serialize_field(key) = value, "{}";
    SerializeStructVariant: serialize_field(key) = value, "{}";
    SerializeSeq: serialize_element() = item, "[]";
    SerializeTuple: serialize_element() = item, "[]";
    SerializeTupleStruct: serialize_field() = item, "[]";
    SerializeTupleVariant: serialize_field() = item, "[]";
}
