//! `docs/reference.md`: every field of the document, from its schema.

use std::fmt::Write;

use redis_k8s::Redis;
use redis_k8s::model::Field as DocumentField;
use redis_k8s_gen::change_of;
use redis_k8s_gen::schema_field::Field;
use serde_json::Value;

const HEAD: &str = "# Field reference

Every field of a document. Generated from the sources by `just schemas`; `redis-k8s-gen explain PATH` says the same, and
[`schemas/redis-k8s-gen.schema.json`](../schemas/redis-k8s-gen.schema.json) says it to editors. A field
that is not said to be required may be left out.

*A change* is what happens when the field changes on a running instance: *live* restarts nothing ([all of it](changes.md)).
";

/// The page.
pub(crate) fn page(schema: &Value) -> String {
    let mut text = HEAD.to_owned();
    section(&mut text, "", Field::root(schema), Redis::fields());
    text
}

/// A table of the fields under a path, then a section for each that has fields itself.
fn section(text: &mut String, path: &str, parent: Field<'_>, known: &[DocumentField]) {
    let row = |name: &str| known.iter().find(|field| field.key() == name);
    if !path.is_empty() {
        let _ = write!(text, "\n## `{path}`\n\n{}\n", one_line(parent.meaning()));
    }
    text.push_str("\n| field | type | default | a change | |\n|---|---|---|---|---|\n");
    for (name, field) in parent.children() {
        let description = one_line(field.meaning());
        let default =
            if parent.requires(name) { Some("required") } else { row(name).and_then(DocumentField::default_text) };
        let default = default.unwrap_or_default();
        let whole = if path.is_empty() { name.to_owned() } else { format!("{}.{name}", path.replace("[]", "")) };
        let leaf = field.children().next().is_none();
        let change = leaf.then(|| change_of(&whole)).flatten().unwrap_or_default();
        let _ = write!(text, "| `{name}` | {} | {} | {change} | {}", field.kind(), cell(default), cell(&description));
        for (place, (value, meaning)) in field.choices().into_iter().enumerate() {
            let _ = write!(text, "{}`{value}`: {}", if place == 0 { "<br>" } else { " " }, cell(&one_line(meaning)));
        }
        text.push_str(" |\n");
    }
    for (name, field) in parent.children().filter(|(_, field)| field.children().next().is_some()) {
        let list = if field.kind().starts_with("list of") { "[]" } else { "" };
        let path = if path.is_empty() { format!("{name}{list}") } else { format!("{path}.{name}{list}") };
        section(text, &path, field, row(name).map_or(&[], DocumentField::fields));
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text that does not end the cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

#[test]
fn every_field_has_a_word_of_its_own() {
    let page = page(&redis_k8s_gen::document_schema());
    for part in ["## `spec.sentinel`", "## `spec.env[]`", "| `quorum` | ", "| `name` | instance name | required |"] {
        assert!(page.contains(part), "{part:?} is not in\n{page}");
    }
    let silent: Vec<_> = page.lines().filter(|line| line.starts_with("| `") && line.ends_with("|  |")).collect();
    assert!(silent.is_empty(), "{silent:#?}");
}
