//! `validate`: the checks of `render` without the rendering.

use std::path::PathBuf;

use redis_k8s::ApiVersion;

use super::documents::{DocumentArgs, api_version};
use super::{Failure, Session};
use crate::cli::Verbosity;

pub(crate) const EXAMPLES: &str = "Examples:
  redis-k8s-gen validate cache.yaml
  redis-k8s-gen validate fleet/*.yaml --strict       warnings fail, too
  redis-k8s-gen validate cache.yaml -o json          problems as data, for editors and pipelines

People are told on standard error; standard output carries the JSON alone.";

/// Arguments of `validate`.
#[derive(Debug, clap::Args)]
pub(crate) struct ValidateArgs {
    /// Documents, YAML or JSON, any number in a file; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// What the documents are for: the 2015 tutorial to the letter, the tutorial on a cluster of today, or production
    #[arg(short, long, value_name = "VERSION", default_value = "apps/v1", value_parser = api_version())]
    api_version: ApiVersion,
    #[command(flatten)]
    documents: DocumentArgs,
    /// Form of the report
    #[arg(short, long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    output: Form,
}

/// Form of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// For people, on standard error
    Text,
    /// A JSON list of problems, on standard output
    Json,
}

pub(crate) fn run(args: &ValidateArgs, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    let loaded = args.documents.load(&args.files, args.api_version, session)?;
    let report = &loaded.report;
    match args.output {
        Form::Json => session.data(format!("{:#}\n", report.to_json()).as_bytes())?,
        Form::Text => session.report(report),
    }
    args.documents.verdict(report)?;
    if report.is_empty() && args.output == Form::Text && session.verbosity > Verbosity::Quiet {
        // anything that was found ends with a summary of its own
        match report.documents() {
            1 => session.message(format_args!("1 document: fine\n")),
            documents => session.message(format_args!("{documents} documents: fine\n")),
        }
    }
    Ok(())
}
