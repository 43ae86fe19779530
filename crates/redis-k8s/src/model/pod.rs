//! What pods carry besides the containers' own.

use serde::{Deserialize, Serialize};

use super::{Annotations, Field, Fields, choice, document};
use crate::value::{EnvName, ObjectName};

/// An environment variable with a fixed value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EnvVar {
    /// Its name.
    pub name: EnvName,
    /// Its value: the container sees exactly this text, `$(NAME)` and `$$` as well.
    #[serde(default)]
    pub value: String,
}

impl Fields for EnvVar {
    const FIELDS: &'static [Field] = &[Field::of::<EnvName>("name"), Field::of::<String>("value")];
}

impl EnvVar {
    /// The value as an object has to carry it for the container to see what the document says.
    ///
    /// Kubernetes expands `$(NAME)` and halves `$$`, so a `$` before either is doubled
    /// ([expand.go](https://github.com/kubernetes/kubernetes/blob/master/third_party/forked/golang/expansion/expand.go)).
    ///
    /// ```
    /// use redis_k8s::model::EnvVar;
    /// let variable = EnvVar { name: "MOTTO".parse()?, value: "$(a) costs $5, not $$5".to_owned() };
    /// assert_eq!(variable.literal(), "$$(a) costs $5, not $$$5");
    /// # Ok::<(), redis_k8s::InvalidValue>(())
    /// ```
    #[must_use]
    pub fn literal(&self) -> String {
        let mut literal = String::with_capacity(self.value.len());
        let mut rest = self.value.chars().peekable();
        while let Some(char) = rest.next() {
            literal.push(char);
            if char == '$' && matches!(rest.peek(), Some('$' | '(')) {
                literal.push('$');
            }
        }
        literal
    }
}

choice! {
    /// When an image is pulled.
    pub enum ImagePullPolicy {
        /// At every start.
        Always = "Always",
        /// If the node does not have it.
        IfNotPresent = "IfNotPresent",
        /// Never.
        Never = "Never",
    }
}

document! {
    /// Ids the containers run as. Everything else keeps to Pod Security "restricted".
    pub struct Security {
        /// User id, 1 to 2147483647. The official images have 999.
        pub run_as_user: Option<u32> = "999" => sample("1000").between(1, 2_147_483_647),
        /// Group id, 1 to 2147483647.
        pub run_as_group: Option<u32> = "999" => sample("1000").between(1, 2_147_483_647),
        /// Group id that owns the volumes, 1 to 2147483647.
        pub fs_group: Option<u32> = "999" => sample("1000").between(1, 2_147_483_647),
        /// True to set no ids and let OpenShift choose them.
        pub openshift: Option<bool> = "false" => sample("true"),
    }

    /// The ServiceAccount of the pods; its token is never mounted.
    pub struct ServiceAccount {
        /// False to use one that exists.
        pub create: Option<bool> = "true" => sample("false").beside(r#"{"serviceAccount": {"name": "shared"}}"#),
        /// Its name.
        pub name: Option<ObjectName> else "the name of the instance" => sample(r#""shared""#),
        /// Annotations of the one that is created.
        pub annotations: Option<Annotations> => sample(r#"{"example.com/role": "redis"}"#),
    }
}
