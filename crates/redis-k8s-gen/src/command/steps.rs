//! `steps`: the run book as a shell script.

use std::path::PathBuf;

use super::documents::DocumentArgs;
use super::{Failure, Session};

pub(crate) const EXAMPLES: &str = "Examples:
  redis-k8s-gen steps -a v1beta3                 the tutorial, with the kubectl of its day
  redis-k8s-gen steps -a v1 redis.yaml | sh -eu  the tutorial, on a cluster of today";

/// Arguments of `steps`.
#[derive(Debug, clap::Args)]
pub(crate) struct StepsArgs {
    /// The document, `-` is standard input; none: the default instance `redis`
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    documents: DocumentArgs,
}

pub(crate) fn run(args: &StepsArgs, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    let documents = args.documents.checked(args.file.as_slice(), session)?;
    let [document] = documents.as_slice() else {
        return Err(Failure::Usage(format!("a run book is for one document, but there are {}", documents.len())));
    };
    let _ = document;
    Err(Failure::Usage("steps is being built".to_owned()))
}
