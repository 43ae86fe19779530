//! `render`: documents in, manifests out. Everything is read and checked before the first byte is written.

mod files;
mod interrupt;
mod json;
mod names;
mod progress;
mod selection;
mod stream;
mod summary;

use std::path::PathBuf;

use clap::builder::TypedValueParser;
use redis_k8s::{ApiVersion, Checked};

use self::selection::{Selection, Selector};
use super::completions::Offering;
use super::documents::{DocumentArgs, api_version};
use super::{Failure, Session};

pub(crate) const EXAMPLES: &str = "Examples:
  redis-k8s-gen render | kubectl apply -f -
  redis-k8s-gen render cache.yaml -n shop --set spec.replicas=5
  redis-k8s-gen render -a v1beta3                             the four objects of the 2015 tutorial
  redis-k8s-gen render fleet/*.yaml --output-dir manifests    a file for each object
  redis-k8s-gen render cache.yaml --only sts --only cm/cache-settings
  redis-k8s-gen render cache.yaml -o summary                  what there is, in one screen
  cat cache.yaml | redis-k8s-gen render - -o json";

/// Arguments of `render`.
#[derive(Debug, clap::Args)]
pub(crate) struct RenderArgs {
    /// Documents, YAML or JSON, any number in a file; `-` is standard input; none: the default instance `redis`
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What to render: the 2015 tutorial to the letter, the tutorial on a cluster of today, or production
    #[arg(short, long, value_name = "VERSION", default_value = "apps/v1", value_parser = api_version())]
    api_version: ApiVersion,
    #[command(flatten)]
    documents: DocumentArgs,
    /// Form of the output
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Yaml)]
    output: Form,
    /// Write a YAML file for each object into a directory, which is made if need be; all files or none, and what else is there stays
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    output_dir: Option<PathBuf>,
    /// Only objects of this kind, or this one; may be repeated
    #[arg(long, value_name = "KIND[/NAME]", value_parser = selector(), hide_possible_values = true)]
    only: Vec<Selector>,
}

fn selector() -> impl TypedValueParser<Value = Selector> {
    Offering(selection::kinds).try_map(|text| text.parse())
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// A stream of YAML documents
    Yaml,
    /// One JSON List
    Json,
    /// The name of each object, as in statefulset.apps/redis
    Name,
    /// What there is, in one screen: pods, what they mount, ports, who may connect
    Summary,
}

pub(crate) fn run(args: &RenderArgs, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    if args.output == Form::Summary && args.api_version == ApiVersion::V1Beta3 {
        return Err(Failure::Usage("a summary is of objects as Kubernetes has them today, not of v1beta3".to_owned()));
    }
    let documents = args.documents.checked(&args.files, args.api_version, session)?;
    let selection = Selection::new(args.only.clone());
    require_matches(&selection, &documents)?;
    if let Some(note) = note(args, &documents) {
        session.note(&note);
    }
    match (&args.output_dir, args.output) {
        (Some(dir), _) => files::write(&documents, &selection, dir, session),
        (None, Form::Yaml) => stream::write::<stream::Yaml>(&documents, &selection, session),
        (None, Form::Json) => stream::write::<json::List>(&documents, &selection, session),
        (None, Form::Summary) => stream::write::<summary::Summary>(&documents, &selection, session),
        (None, Form::Name) => stream::write::<names::Names>(&documents, &selection, session),
    }
}

/// Refuses a selector that matches no object of any document: it would go unnoticed in a pipeline.
fn require_matches(selection: &Selection, documents: &[Checked]) -> Result<(), Failure> {
    let mut unmatched = selection.selectors().to_vec();
    for document in documents {
        if unmatched.is_empty() {
            return Ok(());
        }
        let manifest = document.manifest();
        unmatched.retain(|selector| !manifest.iter().any(|object| selector.matches(object)));
    }
    let Some(selector) = unmatched.first() else { return Ok(()) };
    let there_is: Vec<_> = documents.first().map(Checked::manifest).iter().flatten().map(names::name).collect();
    let of = if documents.len() > 1 { " (of the first document)" } else { "" };
    Err(Failure::Usage(format!("--only {selector} matches nothing; there is{of}:\n  {}", there_is.join("\n  "))))
}

/// What a user should know before applying: nothing was asked for, or nobody is asked for a password.
fn note(args: &RenderArgs, documents: &[Checked]) -> Option<String> {
    const CURE: &str = "set spec.auth.secret to a Secret with a password (redis-k8s-gen secret prints one)";
    let nothing_given = args.files.is_empty() && args.documents.set.is_empty();
    let default = nothing_given.then(|| "no document was given: this is the default instance".to_owned());
    let open =
        documents.iter().filter(|it| it.redis().spec.auth.as_ref().is_none_or(|auth| auth.secret.is_none())).count();
    let open = match (args.api_version, open, documents) {
        (ApiVersion::V1Beta3 | ApiVersion::V1, ..) | (_, 0, _) => None,
        (_, _, [only]) => Some(format!("{} asks clients for no password: {CURE}", only.redis().metadata.name)),
        (_, open, all) => Some(format!("{open} of {} instances ask clients for no password: {CURE}", all.len())),
    };
    match (default, open) {
        (Some(default), Some(open)) => Some(format!("{default}; {open}")),
        (default, open) => default.or(open),
    }
}
