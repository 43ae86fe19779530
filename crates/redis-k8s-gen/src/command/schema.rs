//! `schema`: the JSON Schema of the document.

use redis_k8s::Redis;
use redis_k8s::model::Field;
use serde_json::Value;

use super::{Failure, Session};

pub(crate) const EXAMPLES: &str = "Examples:
  redis-k8s-gen schema > redis-k8s-gen.schema.json
  # yaml-language-server: $schema=redis-k8s-gen.schema.json    first line of a document, for editors; `init` writes the published one";

/// Arguments of `schema`: none.
#[derive(Debug, clap::Args)]
pub(crate) struct SchemaArgs {}

/// The JSON Schema (draft 2020-12) of a document: `schemas/redis-k8s-gen.schema.json` of the repository.
#[must_use]
pub fn document_schema() -> Value {
    let mut schema = schemars::schema_for!(Redis);
    schema.insert("title".to_owned(), "A document of redis-k8s-gen".into());
    // the library's example is Rust, of no use to who writes YAML
    let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let prose = description.split("\n\n```").next().unwrap_or_default().to_owned();
    schema.insert("description".to_owned(), prose.into());
    let mut schema = schema.to_value();
    set_ranges(Redis::fields(), "", &mut schema);
    schema
}

/// Sets the bounds of numbers in the definition at this place: the types do not know them, the table of fields does.
fn set_ranges(fields: &[Field], definition: &str, schema: &mut Value) {
    for field in fields {
        let Some(node) = schema.pointer_mut(&format!("{definition}/properties/{}", field.key())) else { continue };
        if let Some((least, most)) = field.range() {
            node["minimum"] = least.into();
            if most < u32::MAX {
                node["maximum"] = most.into();
            }
        }
        if let Some(definition) = definition_of(node) {
            set_ranges(field.fields(), &definition, schema);
        }
    }
}

/// Where the type of a field, or of its items, is defined.
fn definition_of(node: &Value) -> Option<String> {
    let named = node.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix('#'));
    let choices = || node.get("anyOf")?.as_array()?.iter().find_map(definition_of);
    named.map(str::to_owned).or_else(choices).or_else(|| definition_of(node.get("items")?))
}

pub(crate) fn run(_: &SchemaArgs, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    session.data(format!("{:#}\n", document_schema()).as_bytes())
}
