//! `man`: manual pages, as roff.

use clap_mangen::Man;

use super::completions::Offering;
use super::{Failure, Session};

pub(crate) const EXAMPLES: &str = "Examples:
  redis-k8s-gen man | man -l -
  redis-k8s-gen man render > redis-k8s-gen-render.1";

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// The subcommand to describe; none: the command as a whole
    #[arg(value_name = "SUBCOMMAND", value_parser = Offering(subcommands), hide_possible_values = true)]
    subcommand: Option<String>,
}

fn subcommands() -> Vec<String> {
    crate::cli().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

/// `root` is the command line as a whole.
pub(crate) fn run(args: &ManArgs, mut root: clap::Command, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    root.build();
    let described = match &args.subcommand {
        None => root,
        Some(name) => {
            let found = root.find_subcommand(name).cloned();
            found.ok_or_else(|| {
                Failure::Usage(format!("no subcommand {name:?}; there are: {}", subcommands().join(", ")))
            })?
        }
    };
    let mut page = Vec::new();
    Man::new(described).render(&mut page).map_err(|error| Failure::output(&error))?;
    // What stands below the options are examples: lines, which are not to be filled.
    let page = String::from_utf8_lossy(&page).replace(".SH EXTRA\n", ".SH EXTRA\n.nf\n");
    session.data(page.as_bytes())
}
