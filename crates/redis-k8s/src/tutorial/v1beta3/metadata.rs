//! Names and marks of objects.

use super::{StringMap, api};

api! {
    /// Name, namespace, labels and annotations of an object; the last five fields are the server's own.
    #[derive(Default)]
    pub struct ObjectMeta {
        ; optional
        /// The name, unique among objects of its kind in the namespace.
        pub name: Option<String>,
        /// What the server makes a name from when there is none.
        pub generate_name: Option<String>,
        /// The namespace.
        pub namespace: Option<String>,
        /// Labels, by which selectors find the object.
        pub labels: StringMap,
        /// Annotations, which nothing selects by.
        pub annotations: StringMap,
        /// Where the server keeps the object.
        pub self_link: Option<String>,
        /// The identity the server gave it.
        pub uid: Option<String>,
        /// The version the server gave its content.
        pub resource_version: Option<String>,
        /// When it was created.
        pub creation_timestamp: Option<String>,
        /// When its deletion was asked for.
        pub deletion_timestamp: Option<String>,
    }
}

impl ObjectMeta {
    /// An object of this name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }
}
