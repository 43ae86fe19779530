//! `validate`: the checks of `render` without the rendering.

use std::path::PathBuf;

use super::documents::DocumentArgs;
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
    let loaded = args.documents.load(&args.files, session)?;
    let report = &loaded.report;
    match args.output {
        Form::Json => session.data(format!("{:#}\n", report.to_json()).as_bytes())?,
        Form::Text => session.report(report),
    }
    args.documents.verdict(report)?;
    if args.output == Form::Text && session.verbosity > Verbosity::Quiet {
        let (documents, warnings) = (report.documents(), report.warnings());
        let documents = if documents == 1 { "1 document".to_owned() } else { format!("{documents} documents") };
        let verdict = match warnings {
            0 => "fine".to_owned(),
            1 => "no errors, 1 warning".to_owned(),
            _ => format!("no errors, {warnings} warnings"),
        };
        session.message(format_args!("{documents}: {verdict}\n"));
    }
    Ok(())
}
