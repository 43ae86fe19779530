//! `explain`: a field of the document, from the texts that document the library.

mod field;

use std::fmt::Write;

use serde_json::Value;

use self::field::Field;
use super::schema::document_schema;
use super::{Failure, Session};

pub(crate) const EXAMPLES: &str = "Examples:
  redis-k8s-gen explain                          the document as a whole
  redis-k8s-gen explain spec.sentinel            a topic
  redis-k8s-gen explain spec.sentinel.quorum     a field
  redis-k8s-gen explain spec.env.name            a field of the items of a list
  redis-k8s-gen explain --recursive              every field there is";

/// Columns of a line of text.
const WIDTH: usize = 100;

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// The field; none: the document as a whole
    #[arg(value_name = "PATH")]
    path: Option<String>,
    /// List all fields below, too
    #[arg(short, long)]
    recursive: bool,
}

pub(crate) fn run(args: &ExplainArgs, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    let schema = document_schema();
    let (path, field) = find(&schema, args.path.as_deref().unwrap_or_default())?;
    let text = page(&path, field, args.recursive);
    session.data(text.as_bytes())
}

/// The field of a path: `spec.env.name`, `spec.env[0].name` or `.spec.env[].name`.
fn find<'s>(schema: &'s Value, path: &str) -> Result<(String, Field<'s>), Failure> {
    let mut field = Field::root(schema);
    let mut found = String::new();
    for step in path.split('.').map(|step| step.split('[').next().unwrap_or_default()).filter(|step| !step.is_empty()) {
        let Some(child) = field.child(step) else {
            return Err(unknown(&found, field, step));
        };
        if !found.is_empty() {
            found.push('.');
        }
        found.push_str(step);
        field = child;
    }
    Ok((found, field))
}

fn unknown(parent: &str, field: Field<'_>, step: &str) -> Failure {
    let parent = if parent.is_empty() { "a document" } else { parent };
    let names: Vec<&str> = field.children().map(|(name, _)| name).collect();
    if names.is_empty() {
        return Failure::Usage(format!("{parent} has no fields, so no {step:?}: it is a {}", field.kind()));
    }
    let nearest = names.iter().max_by(|a, b| closeness(a, step).total_cmp(&closeness(b, step)));
    let hint = match nearest {
        Some(name) if closeness(name, step) > 0.7 => format!("; did you mean {name}?"),
        _ => format!("; its fields are: {}", names.join(", ")),
    };
    Failure::Usage(format!("{parent} has no field {step:?}{hint}"))
}

fn closeness(name: &str, written: &str) -> f64 {
    strsim::jaro_winkler(&name.to_lowercase(), &written.to_lowercase())
}

fn page(path: &str, field: Field<'_>, recursive: bool) -> String {
    let mut text = String::new();
    let name = if path.is_empty() { "(the document)" } else { path };
    line(&mut text, "FIELD", &format!("{name} <{}>", field.kind()));
    if let Some(default) = field::default(field.description()) {
        line(&mut text, "DEFAULT", &default);
    }
    text.push_str("\nDESCRIPTION:\n");
    paragraphs(&mut text, 4, field.description());
    if let Some(more) = field.type_description() {
        text.push('\n');
        paragraphs(&mut text, 4, more);
    }
    let choices = field.choices();
    if !choices.is_empty() {
        text.push_str("\nVALUES:\n");
        for (value, meaning) in choices {
            line(&mut text, &format!("    {value}"), meaning);
        }
    }
    if field.children().next().is_some() {
        text.push_str("\nFIELDS:\n");
        fields(&mut text, 2, field, recursive);
    }
    text
}

fn fields(text: &mut String, indent: usize, parent: Field<'_>, recursive: bool) {
    for (name, field) in parent.children() {
        let required = if parent.requires(name) { " -required-" } else { "" };
        let _ = writeln!(text, "{:indent$}{name} <{}>{required}", "", field.kind());
        if recursive {
            fields(text, indent + 2, field, recursive);
        } else {
            paragraphs(text, indent + 2, field.description());
        }
    }
}

fn line(text: &mut String, label: &str, value: &str) {
    let label = format!("{label}:");
    let _ = writeln!(text, "{label:<9} {value}");
}

/// Writes text in lines of the page's width, paragraph by paragraph.
fn paragraphs(text: &mut String, indent: usize, content: &str) {
    for (place, paragraph) in content.split("\n\n").enumerate() {
        if place > 0 {
            text.push('\n');
        }
        let mut column = 0;
        for word in paragraph.split_whitespace() {
            let width = word.chars().count();
            if column > 0 && column + 1 + width > WIDTH {
                text.push('\n');
                column = 0;
            }
            if column == 0 {
                let _ = write!(text, "{:indent$}", "");
                column = indent;
            } else {
                text.push(' ');
                column += 1;
            }
            text.push_str(word);
            column += width;
        }
        text.push('\n');
    }
}
