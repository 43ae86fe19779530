//! `diff`: what changes, and what happens when it is applied.

use std::path::PathBuf;

use redis_k8s::ApiVersion;

use super::documents::{api_version, read_all};
use super::{Failure, Session};
use crate::diff::Diff;
use crate::document::{self, Loaded};

pub(crate) const EXAMPLES: &str = "Examples:
  redis-k8s-gen diff before.yaml after.yaml
  git show HEAD:cache.yaml | redis-k8s-gen diff - cache.yaml
  kubectl get sa,cm,svc,deploy,sts,pdb,netpol -l app.kubernetes.io/instance=cache -o yaml | redis-k8s-gen diff - cache.yaml

Each side is a document, a rendering, or objects of a cluster, told from each other by themselves. What the API server filled in
is no difference; what is no longer rendered is one where the objects say that kubectl apply sent it. Of an instance of which a
side has only a part, the rest is not compared.

Exit status: 0 nothing changes, 1 something does, 2 wrong usage, input or environment.";

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
pub(crate) struct DiffArgs {
    /// What is there: a document, a rendering or objects of a cluster; `-` is standard input
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// What is to be applied
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// What documents are rendered for
    #[arg(short, long, value_name = "VERSION", default_value = "apps/v1", value_parser = api_version())]
    api_version: ApiVersion,
    /// Form of the output
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    output: Form,
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// For people
    Text,
    /// Documents, objects and effects as JSON
    Json,
}

pub(crate) fn run(args: &DiffArgs, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    let mut sources = read_all(&[args.old.clone(), args.new.clone()], session)?.into_iter();
    let mut side = || -> Result<Loaded, Failure> {
        let loaded = document::load_with_objects(sources.by_ref().take(1).collect(), &[], args.api_version);
        session.report(&loaded.report);
        if loaded.report.has_errors() { Err(Failure::Unusable) } else { Ok(loaded) }
    };
    let (old, new) = (side()?, side()?);
    let diff = Diff::new(old, new, &args.new.display().to_string(), args.api_version);
    if diff.is_blind() {
        session.note(
            "the objects do not say what was applied last, so fields that are no longer rendered may not be seen",
        );
    }
    for part in diff.unseen() {
        session.note(part);
    }
    let text = match args.output {
        Form::Text => diff.to_text(session.io.environment.colors_stdout()),
        Form::Json => format!("{:#}\n", diff.to_json()),
    };
    session.data(text.as_bytes())?;
    if diff.is_empty() { Ok(()) } else { Err(Failure::Different) }
}
