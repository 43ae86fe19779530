//! Validated values: each is checked once, where it enters, so that no builder can fail later.

mod acl;
mod config;
mod duration;
mod image;
mod name;
mod quantity;
mod version;

pub use acl::{AclRules, PasswordHash, UserName};
pub use config::{ConfigKey, ConfigValue};
pub use duration::Duration;
pub use image::Image;
pub use name::{ClassName, EnvName, InstanceName, LabelKey, LabelValue, MasterName, Namespace, ObjectName, SecretKey};
pub use quantity::Quantity;
pub use version::KubernetesVersion;

/// A value that breaks the rule of its type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not a valid {what}: {rule}")]
pub struct InvalidValue {
    what: &'static str,
    value: String,
    rule: &'static str,
}

impl InvalidValue {
    pub(crate) fn new(what: &'static str, value: &str, rule: &'static str) -> Self {
        /// Longer values are cut in messages: a megabyte of base64 helps nobody.
        const SHOWN: usize = 80;
        let mut shown: String = value.chars().take(SHOWN).collect();
        if shown.len() < value.len() {
            shown.push('…');
        }
        Self { what, value: shown, rule }
    }

    /// The rule that was broken, for instance "lower-case letters, digits and '-'".
    #[must_use]
    pub fn rule(&self) -> &'static str {
        self.rule
    }
}

/// Makes a newtype over `String` whose only way in is its check.
///
/// Gives `FromStr`, `TryFrom<&str>`, `Display`, `AsRef<str>`, `Serialize`, `Deserialize` and,
/// with the feature `schema`, `JsonSchema`. With `or number` a document may leave the quotes off a number. The check maps the text to its canonical form or names the rule it breaks.
macro_rules! validated {
    (
        $(#[$doc:meta])*
        $name:ident, $what:literal, pattern $pattern:literal, example $example:literal, $check:expr
    ) => {
        $crate::value::validated! { @as deserialize_str, "string";
            $(#[$doc])* $name, $what, pattern $pattern, example $example, $check
        }
    };
    (
        $(#[$doc:meta])*
        $name:ident, $what:literal, or number, pattern $pattern:literal, example $example:literal, $check:expr
    ) => {
        $crate::value::validated! { @as deserialize_any, ["string", "number"];
            $(#[$doc])* $name, $what, pattern $pattern, example $example, $check
        }
    };
    (
        @as $deserialize:ident, $schema_type:expr;
        $(#[$doc:meta])*
        $name:ident, $what:literal, pattern $pattern:literal, example $example:literal, $check:expr
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The value as text, in its canonical form.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::value::InvalidValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let check: fn(&str) -> Result<String, &'static str> = $check;
                check(text)
                    .map(Self)
                    .map_err(|rule| $crate::value::InvalidValue::new($what, text, rule))
            }
        }

        impl TryFrom<&str> for $name {
            type Error = $crate::value::InvalidValue;

            fn try_from(text: &str) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("a string (", $what, ")"))
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }

                    // Numbers come only where `deserialize_any` asked for them.
                    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<$name, E> {
                        self.visit_str(&number.to_string())
                    }

                    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<$name, E> {
                        self.visit_str(&number.to_string())
                    }

                    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<$name, E> {
                        self.visit_str(&number.to_string())
                    }
                }
                deserializer.$deserialize(Text)
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": $schema_type,
                    "title": $what,
                    "pattern": $pattern,
                    "examples": [$example],
                })
            }
        }
    };
}
pub(crate) use validated;
