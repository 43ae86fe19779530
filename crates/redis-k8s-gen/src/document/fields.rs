//! Which fields the parts of a document have, asked from the model itself.

use std::sync::OnceLock;

use redis_k8s::model::{Metadata, RedisSpec};
use serde::de::{Deserialize, Deserializer, Visitor, value};

/// The part of the document a misplaced field belongs in.
pub(super) fn home_of(field: &str, found_in: &str) -> Option<&'static str> {
    static SPEC: OnceLock<&[&str]> = OnceLock::new();
    static METADATA: OnceLock<&[&str]> = OnceLock::new();
    let spec = || SPEC.get_or_init(fields_of::<RedisSpec>).contains(&field);
    let metadata = || METADATA.get_or_init(fields_of::<Metadata>).contains(&field);
    match found_in {
        "Redis" | "Metadata" if spec() => Some("spec"),
        "Redis" | "RedisSpec" if metadata() => Some("metadata"),
        _ => None,
    }
}

/// The names of a struct's fields, as its derived `Deserialize` knows them.
fn fields_of<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut fields: &'static [&'static str] = &[];
    // It fails by design, once it has told its fields.
    let _ = T::deserialize(Probe(&mut fields));
    fields
}

/// Asks a type what it wants and gives it nothing.
struct Probe<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, value::Error> {
        Err(serde::de::Error::custom("only the fields were asked for"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, value::Error> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::home_of;

    #[test]
    fn knows_where_a_field_belongs() {
        assert_eq!(home_of("replicas", "Redis"), Some("spec"));
        assert_eq!(home_of("imagePullPolicy", "Redis"), Some("spec"));
        assert_eq!(home_of("name", "Redis"), Some("metadata"));
        assert_eq!(home_of("namespace", "RedisSpec"), Some("metadata"));
        assert_eq!(home_of("replicas", "Metadata"), Some("spec"));
        assert_eq!(home_of("quorum", "Redis"), None);
        assert_eq!(home_of("replicas", "Storage"), None);
    }
}
