//! `completions`: what a shell needs to complete the command line.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
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

/// An argument that takes any text, and for which shells offer these.
#[derive(Clone)]
pub(crate) struct Offering(pub(crate) fn() -> Vec<String>);

impl TypedValueParser for Offering {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.0)().into_iter().map(PossibleValue::new)))
    }
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

    /// What bash offers for the last of the words.
    fn offered(words: &[&str]) -> String {
        let script = script(Shell::Bash, &mut crate::cli());
        let (place, [.., before, last]) = (words.len() - 1, words) else { panic!("two words or more") };
        let ask = format!(
            "COMP_WORDS=({}); COMP_CWORD={place}\n_redis__k8s__gen redis-k8s-gen '{last}' {before}\n\
             printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.join(" ")
        );
        let ran = std::process::Command::new("bash").arg("-c").arg(format!("{script}\n{ask}")).output().unwrap();
        String::from_utf8(ran.stdout).unwrap()
    }

    #[test]
    fn bash_completes_flags_fields_kinds_and_subcommands() {
        assert_eq!(offered(&["redis-k8s-gen", "render", "--out"]), "--output\n--output-dir\n");
        assert_eq!(offered(&["redis-k8s-gen", "render", "--only", "sta"]), "statefulset\n");
        assert_eq!(offered(&["redis-k8s-gen", "explain", "spec.tls.s"]), "spec.tls.secret\n");
        assert_eq!(offered(&["redis-k8s-gen", "man", "sec"]), "secret\n");
    }
}
