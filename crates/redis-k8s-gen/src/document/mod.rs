//! Reading: from the bytes of files and the words of flags to checked documents.
//!
//! The way of a document: bytes, text (`decode`), pieces of the stream (`stream`), a tree that knows where each part
//! was written (`parse`, `tree`, `node`), the same with the command line laid over it (`overlay`), the model (`reader`,
//! `repair`). `kubernetes` checks manifests, for `validate` alone. docs/adr-002-reading-documents.md says why.

mod block;
mod decode;
mod fault;
mod fields;
mod form_rules;
mod json;
mod kubernetes;
mod load;
mod node;
mod older;
mod overlay;
mod overlay_path;
mod parse;
mod reader;
mod recognise;
mod repair;
mod scalar;
mod stream;
mod suggest;
mod syntax;
mod tree;
mod twins;

pub use crate::source::Source;
pub(crate) use fields::field_at;
pub use form_rules::FORM_RULES;
pub use kubernetes::{INSTANCE_RULES, OBJECT_RULES, Schemas};
pub use load::{Cluster, Loaded, load, load_with_objects, read, validate};
pub(crate) use node::shorten;
pub use overlay::Override;
pub(crate) use suggest::nearest;

/// Every rule that documents and manifests are checked for.
pub(crate) fn rules() -> impl Iterator<Item = &'static redis_k8s::Rule> {
    [redis_k8s::RULES, OBJECT_RULES, INSTANCE_RULES, FORM_RULES].into_iter().flatten()
}
