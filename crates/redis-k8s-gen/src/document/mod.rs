//! Reading: from the bytes of files and the words of flags to checked documents.

mod overlay;
mod source;

pub use overlay::Override;
pub use source::Source;

use redis_k8s::{ApiVersion, Redis};

use crate::diagnostic::Report;

/// What became of everything that was read.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The documents without an error, in the order of the sources and of the documents in them.
    pub documents: Vec<Redis>,
    /// Every problem found, of syntax, type and meaning; render nothing if it [has errors](Report::has_errors).
    pub report: Report,
}

/// Reads every document of the sources, lays the overrides over each, and checks them for `target`.
#[must_use]
pub fn load(_sources: Vec<Source>, _overrides: &[Override], _target: ApiVersion) -> Loaded {
    Loaded::default()
}
