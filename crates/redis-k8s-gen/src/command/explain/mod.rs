//! `explain`: a field of the document, from the texts that document the library.

mod change;
mod effect;
pub mod field;
mod sample;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use redis_k8s::emit::to_yaml;
use redis_k8s::model::Field as DocumentField;
use redis_k8s::{ApiVersion, Redis};
use serde_json::Value;

use self::field::Field;
use super::completions::Offering;
use super::documents::{api_version, read_all};
use super::schema::document_schema;
use super::{Failure, Session};
use crate::document::{self, field_at, nearest};

pub(crate) const EXAMPLES: &str = "Examples:
  redis-k8s-gen explain                          the document as a whole
  redis-k8s-gen explain spec.sentinel            a topic
  redis-k8s-gen explain spec.sentinel.quorum     a field
  redis-k8s-gen explain spec.env.name            a field of the items of a list
  redis-k8s-gen explain spec.tls -f cache.yaml   with the names its certificate must hold
  redis-k8s-gen explain --recursive              every field there is";

/// Columns of a line of text.
const WIDTH: usize = 100;

/// Arguments of `explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    /// The field; none: the document as a whole
    #[arg(value_name = "PATH", value_parser = Offering(paths), hide_possible_values = true)]
    path: Option<String>,
    /// List all fields below, too
    #[arg(short, long)]
    recursive: bool,
    /// With spec.tls: a document, whose certificate's names are listed; `-` is standard input
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The target whose rendering is shown
    #[arg(short, long, value_name = "VERSION", default_value = "apps/v1", value_parser = api_version())]
    api_version: ApiVersion,
}

/// The path of every field.
fn paths() -> Vec<String> {
    fn add(fields: &[DocumentField], parent: &str, paths: &mut Vec<String>) {
        for field in fields {
            let path = format!("{parent}{}", field.key());
            add(field.fields(), &format!("{path}."), paths);
            paths.push(path);
        }
    }
    let mut paths = Vec::new();
    add(Redis::fields(), "", &mut paths);
    paths
}

pub(crate) fn run(args: &ExplainArgs, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    if let Some((of @ ("spec" | "spec.sentinel"), name)) =
        args.path.as_deref().and_then(|path| path.strip_prefix('.').unwrap_or(path).split_once(".config."))
    {
        let known = redis_k8s::directive(name, of == "spec.sentinel").ok_or_else(|| {
            Failure::Usage(format!(
                "no server knows the directive {name:?}: they are those of redis.conf and sentinel.conf"
            ))
        })?;
        let mut text = String::new();
        line(&mut text, "FIELD", &format!("{of}.config.{name} <directive>"));
        text.push_str("\nDESCRIPTION:\n");
        paragraphs(&mut text, 4, &known);
        return session.data(text.as_bytes());
    }
    let schema = document_schema();
    let (path, field) = find(&schema, args.path.as_deref().unwrap_or_default())?;
    let mut text = page(&path, field, args);
    rendering(&mut text, &path, args.api_version);
    if let Some(file) = &args.file {
        if path != "spec.tls" {
            let what = if path.is_empty() { "a document" } else { path.as_str() };
            return Err(Failure::Usage(format!("--file has nothing to add to {what}: it goes with spec.tls")));
        }
        certificate_names(&mut text, file, args.api_version, session)?;
    }
    session.data(text.as_bytes())
}

/// What the certificates of a file's documents must hold.
fn certificate_names(
    text: &mut String,
    file: &Path,
    target: ApiVersion,
    session: &mut Session<'_, '_>,
) -> Result<(), Failure> {
    let loaded = document::load(read_all(&[file.to_owned()], session)?, &[], target);
    session.report(&loaded.report);
    if loaded.report.has_errors() {
        return Err(Failure::Reported);
    }
    for document in &loaded.documents {
        let _ = writeln!(text, "\nNAMES OF {}:", document.redis().metadata.name);
        for name in document.certificate_names() {
            let _ = writeln!(text, "    {name}");
        }
    }
    Ok(())
}

/// The field of a path: `spec.env.name`, `spec.env[0].name` or `.spec.env[].name`.
fn find<'s>(schema: &'s Value, path: &str) -> Result<(String, Field<'s>), Failure> {
    let mut field = Field::root(schema);
    let mut found = String::new();
    let steps = path.strip_prefix('.').unwrap_or(path).split('.').filter(|_| !path.is_empty());
    for step in steps.map(|step| step.split('[').next().unwrap_or_default()) {
        if step.is_empty() {
            return Err(Failure::Usage(format!("{path:?} has a dot too many: write it as in spec.storage.size")));
        }
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

/// What the library knows of the field of a path.
fn known(path: &str) -> Option<&'static DocumentField> {
    field_at(path.split('.'))
}

fn unknown(parent: &str, field: Field<'_>, step: &str) -> Failure {
    let parent = if parent.is_empty() { "a document" } else { parent };
    let names: Vec<&str> = field.children().map(|(name, _)| name).collect();
    if field.kind() == "map" {
        return Failure::Usage(format!("{parent} takes any key: there is nothing to say of {step:?} alone"));
    }
    if names.is_empty() {
        return Failure::Usage(format!("{parent} has no fields, so no {step:?}: it is of type {}", field.kind()));
    }
    let hint = match nearest(step, names.iter().copied()) {
        Some(name) => format!("; did you mean {name}?"),
        None => format!("; its fields are: {}", names.join(", ")),
    };
    Failure::Usage(format!("{parent} has no field {step:?}{hint}"))
}

fn page(path: &str, field: Field<'_>, args: &ExplainArgs) -> String {
    let mut text = String::new();
    let name = if path.is_empty() { "(the document)" } else { path };
    line(&mut text, "FIELD", &format!("{name} <{}>", field.kind()));
    if let Some(default) = known(path).and_then(DocumentField::default_text) {
        // What another target has instead, the description says.
        let whose = if args.api_version == ApiVersion::AppsV1 { "" } else { " (apps/v1)" };
        line(&mut text, "DEFAULT", &format!("{default}{whose}"));
    }
    text.push_str("\nDESCRIPTION:\n");
    paragraphs(&mut text, 4, field.meaning());
    if let Some(more) = field.type_description() {
        text.push('\n');
        paragraphs(&mut text, 4, more);
    }
    let choices = field.choices();
    if !choices.is_empty() {
        text.push_str("\nVALUES:\n");
        for (value, meaning) in choices {
            let _ = writeln!(text, "    {value}");
            paragraphs(&mut text, 8, meaning);
        }
    }
    if field.children().next().is_some() {
        text.push_str("\nFIELDS:\n");
        fields(&mut text, 2, field, args.recursive);
    }
    text
}

/// How the field is written, and what that changes in the output.
fn rendering(text: &mut String, path: &str, target: ApiVersion) {
    let Some(sample) = sample::of(path) else { return };
    if let Ok(example) = to_yaml(&sample.excerpt) {
        text.push_str("\nEXAMPLE:\n");
        for line in example.lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    let _ = writeln!(text, "\nRENDERS ({target}, instance redis, by that example):");
    match effect::of(&sample, target) {
        Ok(lines) if lines.is_empty() => text.push_str("    nothing else than without it\n"),
        Ok(lines) => lines.iter().for_each(|line| {
            let _ = writeln!(text, "    {line}");
        }),
        Err(reasons) => return reasons.iter().for_each(|reason| paragraphs(text, 4, &format!("refused: {reason}"))),
    }
    if target == ApiVersion::AppsV1 {
        let _ = writeln!(
            text,
            "\nCHANGE (from an instance without it; `redis-k8s-gen diff` says more):\n    {}",
            change::of(&sample)
        );
    }
}

/// What happens when the field of this path changes on a running instance of `apps/v1`, in a few words.
#[must_use]
pub fn change_of(path: &str) -> Option<String> {
    sample::of(path).map(|sample| change::of(&sample))
}

fn fields(text: &mut String, indent: usize, parent: Field<'_>, recursive: bool) {
    for (name, field) in parent.children() {
        let required = if parent.requires(name) { " -required-" } else { "" };
        let _ = writeln!(text, "{:indent$}{name} <{}>{required}", "", field.kind());
        if recursive {
            fields(text, indent + 2, field, recursive);
        } else {
            paragraphs(text, indent + 2, &field.description().replace("\n\nDefault: ", " Default: "));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn all_paths() -> Vec<String> {
        let mut all = paths();
        all.retain(|path| path != "apiVersion" && path != "kind");
        all
    }

    #[test]
    fn every_field_has_a_description_and_a_sample_that_is_a_document() {
        let schema = document_schema();
        for path in all_paths() {
            let (_, field) = find(&schema, &path).unwrap();
            assert!(!field.description().is_empty(), "{path}");
            let sample = sample::of(&path).unwrap_or_else(|| panic!("{path} has no sample"));
            for document in [&sample.without, &sample.with] {
                serde_json::from_value::<Redis>(document.clone()).unwrap_or_else(|error| panic!("{path}: {error}"));
            }
            assert_ne!(sample.without, sample.with, "{path}");
        }
    }

    #[test]
    fn a_default_is_what_is_rendered_without_the_field() {
        /// Kubernetes has the same default, so it is written only where a document does.
        const LEFT_TO_KUBERNETES: [&str; 16] = [
            ".scheduling.nodeAffinityPolicy",
            ".scheduling.nodeTaintsPolicy",
            ".security.hostUsers",
            ".security.supplementalGroupsPolicy",
            ".sessionAffinity",
            ".storage.whenDeleted",
            ".storage.whenScaled",
            ".updateStrategy.maxUnavailable",
            ".updateStrategy.partition",
            ".updateStrategy.type",
            ".services.master.externalTrafficPolicy",
            ".services.master.type",
            ".services.read.externalTrafficPolicy",
            ".services.read.type",
            ".services.sentinel.externalTrafficPolicy",
            ".services.sentinel.type",
        ];
        let mut told = 0;
        for path in all_paths() {
            let Some(default) = known(&path).and_then(DocumentField::default_text) else { continue };
            assert!(!default.is_empty() && default.len() < 90, "{path}: {default}");
            let value = serde_json::from_str(default).unwrap_or_else(|_| default.into());
            let Some(sample) = sample::with(&path, value) else { continue };
            // Words are no value of the field.
            if serde_json::from_value::<Redis>(sample.with.clone()).is_err() {
                let is_of_list = ["tolerations", "ffinity.", "ports."].iter().any(|list| path.contains(list));
                assert!(default.contains(' ') || is_of_list, "{path}: {default}");
                continue;
            }
            let changes =
                effect::of(&sample, ApiVersion::AppsV1).unwrap_or_else(|reasons| panic!("{path}: {reasons:?}"));
            let left = LEFT_TO_KUBERNETES.iter().any(|left| path.ends_with(left));
            assert_eq!(changes.is_empty(), !left, "{path}: {default}: {changes:?}");
            told += 1;
        }
        assert!(told > 40, "{told}");
    }

    #[test]
    fn beyond_its_range_a_field_is_refused() {
        let mut tried = 0;
        for path in all_paths() {
            let Some((least, most)) = known(&path).and_then(DocumentField::range) else { continue };
            for beyond in [least.checked_sub(1), most.checked_add(1)].into_iter().flatten() {
                // An item of a list has no sample of its own.
                let Some(sample) = sample::with(&path, beyond.into()) else { continue };
                let Ok(redis) = serde_json::from_value::<Redis>(sample.with) else { continue };
                let problems = redis.check(ApiVersion::AppsV1);
                let is_refused = problems.iter().any(|problem| problem.is_error() && problem.path.to_string() == path);
                assert!(is_refused, "{path}: {beyond}: {problems:?}");
                tried += 1;
            }
        }
        assert!(tried > 20, "{tried}");
    }

    #[test]
    fn every_field_renders_something() {
        /// The first decides how other fields are rendered; the others have no second value that stands alone.
        const SILENT: [&str; 3] =
            ["spec.kubernetesVersion", "spec.security.seccompProfile.type", "spec.services.sentinel.enabled"];
        let silent: Vec<_> = all_paths()
            .into_iter()
            .filter(|path| !SILENT.contains(&path.as_str()))
            .filter_map(|path| match effect::of(&sample::of(&path)?, ApiVersion::AppsV1) {
                Ok(lines) if lines.is_empty() => Some(path),
                Ok(_) => None,
                Err(reasons) => Some(format!("{path}: {reasons:?}")),
            })
            .collect();
        assert!(silent.is_empty(), "{silent:#?}");
    }

    #[test]
    fn a_path_is_taken_as_messages_and_as_kubectl_write_it() {
        let schema = document_schema();
        for path in ["spec.env.name", "spec.env[0].name", ".spec.env[].name"] {
            assert_eq!(find(&schema, path).map(|(path, _)| path).unwrap(), "spec.env.name");
        }
    }
}
