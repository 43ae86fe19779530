//! Maps and sequences: the lines of their entries.

use serde::{Serialize, ser};

use super::key::Key;
use super::node::{Node, Place};
use super::{indent, scalar};
use crate::emit::Error;

/// Readers of the libyaml family look for the `:` of a key within 1024 characters of its start. Longer keys need a `?`.
const LONGEST_SIMPLE_KEY: usize = 1000;

/// A map or a sequence being written. Nothing is written before the first entry, since an empty one is `{}` or `[]`.
pub(super) struct Collection<'o> {
    pub(super) out: &'o mut String,
    pub(super) column: usize,
    pub(super) place: Place,
    pub(super) is_empty: bool,
}

impl Collection<'_> {
    /// Brings the output to where the next entry begins.
    fn begin_entry(&mut self) {
        let out = &mut *self.out;
        match (self.is_empty, self.place) {
            (true, Place::Entry) => {
                out.push_str(":\n");
                indent(self.column, out);
            }
            (true, place) => place.lead(out),
            (false, _) => indent(self.column, out),
        }
        self.is_empty = false;
    }

    pub(super) fn key(&mut self, key: &str) {
        self.begin_entry();
        let out = &mut *self.out;
        let start = out.len();
        scalar::write_inline(key, out);
        if out.len() - start > LONGEST_SIMPLE_KEY {
            out.insert_str(start, "? ");
            out.push('\n');
            indent(self.column, out);
        }
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(Node { out: self.out, column: self.column, place: Place::Entry })
    }

    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.begin_entry();
        value.serialize(Node { out: self.out, column: self.column, place: Place::Item })
    }

    fn end(self, empty: &str) {
        if self.is_empty {
            Node { out: self.out, column: self.column, place: self.place }.inline(|out| out.push_str(empty));
        }
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
