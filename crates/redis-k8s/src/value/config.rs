//! Keys and values of redis.conf and sentinel.conf.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::validated;

validated! {
    /// A directive of redis.conf or sentinel.conf, in lower case: `maxmemory-policy`.
    ConfigKey, "configuration key",
    pattern "^[a-z][a-z0-9]*([-._][a-z0-9]+)*$", example "maxmemory-policy",
    |text| {
        let parts_ok = text.split(['-', '.', '_']).all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        });
        if parts_ok && text.starts_with(|c: char| c.is_ascii_lowercase()) {
            Ok(text.to_owned())
        } else {
            Err("a directive of redis.conf in lower case, as in maxmemory-policy")
        }
    }
}

/// The arguments of a directive: one text, or a list when the directive may stand more than once (`save`).
///
/// Numbers are taken as written; `true` and `false` become Redis's `yes` and `no`. Each text is one line of
/// redis.conf arguments: it may hold several words (`3600 1`), but no line break and no NUL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ConfigValue {
    /// The directive stands once.
    One(String),
    /// The directive stands once for each text.
    Many(Vec<String>),
}

impl ConfigValue {
    /// The arguments, one text a line.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(line) => std::slice::from_ref(line),
            Self::Many(lines) => lines.as_slice(),
        }
        .iter()
        .map(String::as_str)
    }
}

impl<T: fmt::Display> From<T> for ConfigValue {
    fn from(value: T) -> Self {
        Self::One(value.to_string())
    }
}

/// One scalar, as redis.conf would have it.
struct Line(String);

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor).map(Self)
    }
}

struct ScalarVisitor;

impl serde::de::Visitor<'_> for ScalarVisitor {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a number, true or false")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<String, E> {
        if text.contains(['\n', '\r', '\0']) {
            return Err(E::custom("a configuration value is one line: it must not hold a line break or NUL"));
        }
        Ok(text.to_owned())
    }

    fn visit_bool<E>(self, value: bool) -> Result<String, E> {
        Ok(if value { "yes" } else { "no" }.to_owned())
    }

    fn visit_i64<E>(self, value: i64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_u64<E>(self, value: u64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_f64<E>(self, value: f64) -> Result<String, E> {
        Ok(value.to_string())
    }
}

impl<'de> Deserialize<'de> for ConfigValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;
        impl<'de> serde::de::Visitor<'de> for ValueVisitor {
            type Value = ConfigValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a number, true, false, or a list of them")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<ConfigValue, E> {
                ScalarVisitor.visit_str(text).map(ConfigValue::One)
            }

            fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<ConfigValue, E> {
                ScalarVisitor.visit_bool(value).map(ConfigValue::One)
            }

            fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<ConfigValue, E> {
                ScalarVisitor.visit_i64(value).map(ConfigValue::One)
            }

            fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<ConfigValue, E> {
                ScalarVisitor.visit_u64(value).map(ConfigValue::One)
            }

            fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<ConfigValue, E> {
                ScalarVisitor.visit_f64(value).map(ConfigValue::One)
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<ConfigValue, A::Error> {
                let mut lines = Vec::new();
                while let Some(Line(line)) = seq.next_element()? {
                    lines.push(line);
                }
                Ok(ConfigValue::Many(lines))
            }
        }
        deserializer.deserialize_any(ValueVisitor)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for ConfigValue {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ConfigValue".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "title": "configuration value",
            "type": ["string", "number", "boolean", "array"],
            "items": {"type": ["string", "number", "boolean"]},
        })
    }
}
