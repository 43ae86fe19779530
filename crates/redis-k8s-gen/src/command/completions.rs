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

/// `root` is the command line as a whole.
pub(crate) fn run(
    args: &CompletionsArgs,
    root: &mut clap::Command,
    session: &mut Session<'_, '_>,
) -> Result<(), Failure> {
    session.data(script(args.shell, root).as_bytes())
}

fn script(shell: Shell, root: &mut clap::Command) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, root, "redis-k8s-gen", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    // For a name with a hyphen, clap_complete writes one name of a subcommand's state and looks for another
    // (<https://github.com/clap-rs/clap/issues/6421>); mended versions have nothing to replace.
    script.replace("redis__subcmd__k8s__subcmd__gen", "redis__k8s__gen")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bash_completes_the_flags_of_a_subcommand() {
        let script = script(Shell::Bash, &mut crate::cli());
        let ask = r#"COMP_WORDS=(redis-k8s-gen render --out); COMP_CWORD=2
            _redis__k8s__gen redis-k8s-gen --out render; printf '%s\n' "${COMPREPLY[@]}""#;
        let ran = std::process::Command::new("bash").arg("-c").arg(format!("{script}\n{ask}")).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&ran.stdout), "--output\n--output-dir\n");
    }
}
