//! `validate`: the checks of `render` without the rendering, and those of its manifests, whoever changed them.

use std::path::PathBuf;

use redis_k8s::{ApiVersion, KubernetesVersion};

use super::documents::{DocumentArgs, api_version, read_all};
use super::{Failure, Session, Verbosity};
use crate::document::{Cluster, Schemas};

pub(crate) const EXAMPLES: &str = "Examples:
  redis-k8s-gen validate cache.yaml
  redis-k8s-gen validate fleet/*.yaml --strict       warnings fail, too
  redis-k8s-gen validate cache.yaml -o json          problems as data, for editors and pipelines
  redis-k8s-gen validate chart.yaml --strict --schema servicemonitor-crd.yaml      a kind it does not know, by its schema
  redis-k8s-gen validate chart.yaml --strict --ignore-kinds Job,ServiceMonitor      no word of kinds it does not know
  kubectl kustomize overlay | redis-k8s-gen validate -      manifests, whoever changed them

Manifests are checked offline: against the fields of their kinds in the release of Kubernetes they are for, what the API
server refuses beyond that, and each other. Of kinds that neither `render` prints nor a schema tells of, nothing is said but
that they are there.

People are told on standard error; standard output carries the report for programs alone.";

/// Arguments of `validate`.
#[derive(Debug, clap::Args)]
pub(crate) struct ValidateArgs {
    /// Documents and manifests of Kubernetes, YAML or JSON, any number in a file; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// What the documents are for: the 2015 tutorial to the letter, the tutorial on a cluster of today, or production
    #[arg(short, long, value_name = "VERSION", default_value = "apps/v1", value_parser = api_version())]
    api_version: ApiVersion,
    /// The oldest Kubernetes the manifests are for, 1.33 to 1.37; a document says it itself
    #[arg(long, value_name = "VERSION", default_value = "1.33", value_parser = str::parse::<KubernetesVersion>)]
    kubernetes_version: KubernetesVersion,
    /// Say nothing of objects of these kinds, as of those that are not known; may be repeated
    #[arg(long, value_name = "KIND,...", value_delimiter = ',')]
    ignore_kinds: Vec<String>,
    /// A `CustomResourceDefinition`, or the JSON Schema of a kind, by which objects of this kind are checked; may be repeated
    #[arg(long, value_name = "FILE")]
    schema: Vec<PathBuf>,
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
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Commands of a GitHub workflow, which puts them beside the lines in question
    Github,
    /// The XML that build servers read from tests
    Junit,
}

pub(crate) fn run(args: &ValidateArgs, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    let files: Vec<PathBuf> = args.files.iter().chain(&args.schema).cloned().collect();
    let mut sources = read_all(&files, session)?;
    let schemas = Schemas::read(sources.split_off(args.files.len()));
    let cluster = Cluster { release: &args.kubernetes_version, ignored_kinds: &args.ignore_kinds, schemas: &schemas };
    let loaded = args.documents.validate(sources, args.api_version, cluster)?;
    let report = &loaded.report;
    match args.output {
        Form::Text => session.report(report),
        Form::Json => session.data(format!("{:#}\n", report.to_json()).as_bytes())?,
        Form::Sarif => session.data(format!("{:#}\n", report.to_sarif()).as_bytes())?,
        Form::Github => session.data(report.to_github().as_bytes())?,
        Form::Junit => session.data(report.to_junit(args.documents.strict).as_bytes())?,
    }
    args.documents.verdict(report)?;
    if report.is_empty() && args.output == Form::Text && session.verbosity > Verbosity::Quiet {
        // anything that was found ends with a summary of its own
        session.message(format_args!("{}: fine\n", report.read()));
    }
    Ok(())
}
