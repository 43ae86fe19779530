//! `init`: a commented document to start from.

use super::{Failure, Session};

pub(crate) const EXAMPLES: &str = "Examples:
  redis-k8s-gen init > cache.yaml                        the least a document needs
  redis-k8s-gen init --profile production > cache.yaml   storage, passwords, TLS, and what to think about
  redis-k8s-gen init --profile tutorial > redis.yaml     for render and steps with -a v1beta3 or v1";

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub(crate) struct InitArgs {
    /// Which document
    #[arg(long, value_name = "PROFILE", value_enum, default_value_t = Profile::Minimal)]
    profile: Profile,
}

/// A document to start from; the same text as in `examples/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Profile {
    /// The least a document needs
    Minimal,
    /// Storage, passwords, TLS, and what to think about
    Production,
    /// The objects of the 2015 tutorial
    Tutorial,
}

impl Profile {
    const fn text(self) -> &'static str {
        match self {
            Self::Minimal => include_str!("../../documents/minimal.yaml"),
            Self::Production => include_str!("../../documents/production.yaml"),
            Self::Tutorial => include_str!("../../documents/tutorial.yaml"),
        }
    }
}

pub(crate) fn run(args: &InitArgs, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    session.data(args.profile.text().as_bytes())
}
