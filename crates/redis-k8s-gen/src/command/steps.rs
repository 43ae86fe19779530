//! `steps`: the run book as a shell script.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use redis_k8s::ApiVersion;

use super::documents::DocumentArgs;
use super::{Failure, Session};

pub(crate) const EXAMPLES: &str = "Examples:
  redis-k8s-gen steps > steps.sh                 the tutorial, on a cluster of today
  KUBECTL='kubectl --context lab' sh steps.sh
  redis-k8s-gen steps -a v1beta3                 the tutorial as it was, with the kubectl of its day";

/// Arguments of `steps`.
#[derive(Debug, clap::Args)]
pub(crate) struct StepsArgs {
    /// The document, `-` is standard input; none: the default instance `redis`
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The tutorial as it was, or on a cluster of today; apps/v1 bootstraps itself and has no steps
    #[arg(short, long, value_name = "VERSION", default_value = "v1", value_parser = tutorial_version())]
    api_version: ApiVersion,
    #[command(flatten)]
    documents: DocumentArgs,
}

fn tutorial_version() -> impl TypedValueParser<Value = ApiVersion> {
    PossibleValuesParser::new(["v1beta3", "v1"]).try_map(|text| text.parse::<ApiVersion>())
}

pub(crate) fn run(args: &StepsArgs, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    let documents = args.documents.checked(args.file.as_slice(), args.api_version, session)?;
    let [document] = documents.as_slice() else {
        return Err(Failure::Usage(format!("a run book is for one document, but there are {}", documents.len())));
    };
    let script = redis_k8s::tutorial::steps(document.redis(), args.api_version);
    let script = script.map_err(|refused| Failure::Input(refused.to_string()))?;
    session.data(script.as_bytes())
}
