//! Where documents come from.

/// The bytes of a file or of standard input: a stream of YAML documents, or JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name shown in messages: the path as the user gave it, `<stdin>` for `-`.
    pub name: String,
    /// Its bytes, as they were read.
    pub bytes: Vec<u8>,
}

impl Source {
    /// A source of this name.
    #[must_use]
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }

    /// The document of a run that names no file: an instance `redis` with every default.
    #[must_use]
    pub fn default_instance() -> Self {
        Self::new("<default>", "apiVersion: redis-k8s-gen.dev/v1alpha1\nkind: Redis\nmetadata:\n  name: redis\n")
    }
}
