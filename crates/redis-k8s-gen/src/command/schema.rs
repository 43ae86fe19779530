//! `schema`: the JSON Schema of the document.

use super::{Failure, Session};

pub(crate) const EXAMPLES: &str = "Examples:
  redis-k8s-gen schema > redis-k8s-gen.schema.json
  # yaml-language-server: $schema=redis-k8s-gen.schema.json    first line of a document, for editors";

/// Arguments of `schema`: none.
#[derive(Debug, clap::Args)]
pub(crate) struct SchemaArgs {}

/// The JSON Schema (draft 2020-12) of a document: `schemas/redis-k8s-gen.schema.json` of the repository.
#[must_use]
pub fn document_schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(redis_k8s::Redis);
    schema.insert("title".to_owned(), "A document of redis-k8s-gen".into());
    // the library's example is Rust, of no use to who writes YAML
    let description = schema.get("description").and_then(serde_json::Value::as_str).unwrap_or_default();
    let prose = description.split("\n\n```").next().unwrap_or_default().to_owned();
    schema.insert("description".to_owned(), prose.into());
    schema.to_value()
}

pub(crate) fn run(_: &SchemaArgs, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    session.data(format!("{:#}\n", document_schema()).as_bytes())
}
