//! `man`: manual pages, as roff.

use clap_mangen::Man;

use super::{Failure, Session};

pub(crate) const EXAMPLES: &str = "Examples:
  redis-k8s-gen man | man -l -
  redis-k8s-gen man render > redis-k8s-gen-render.1";

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// The subcommand to describe; none: the command as a whole
    #[arg(value_name = "SUBCOMMAND")]
    subcommand: Option<String>,
}

/// `root` is the command line as a whole.
pub(crate) fn run(args: &ManArgs, mut root: clap::Command, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    root.build();
    let described = match &args.subcommand {
        None => root,
        Some(name) => {
            let found = root.find_subcommand(name).cloned();
            let known = || root.get_subcommands().map(clap::Command::get_name).collect::<Vec<_>>().join(", ");
            found.ok_or_else(|| Failure::Usage(format!("no subcommand {name:?}; there are: {}", known())))?
        }
    };
    let mut page = Vec::new();
    Man::new(described).render(&mut page).map_err(|error| Failure::output(&error))?;
    session.data(&page)
}
