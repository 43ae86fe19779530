//! `completions`: what a shell needs to complete the command line.

use clap_complete::Shell;

use super::{Failure, Session};

pub(crate) const EXAMPLES: &str = "Examples:
  redis-k8s-gen completions bash > /etc/bash_completion.d/redis-k8s-gen
  redis-k8s-gen completions zsh > \"${fpath[1]}/_redis-k8s-gen\"
  redis-k8s-gen completions fish > ~/.config/fish/completions/redis-k8s-gen.fish";

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(args: &CompletionsArgs, session: &mut Session<'_, '_>) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::cli::command(), "redis-k8s-gen", &mut script);
    session.data(&script)
}
