//! The command line: one table of subcommands, each of which builds its own flags only when it is the one that runs.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use crate::command::{completions, explain, init, man, render, schema, secret, steps, validate};

const EXAMPLES: &str = "Examples:
  redis-k8s-gen render | kubectl apply -f -          a cluster of three servers and three sentinels
  redis-k8s-gen init > cache.yaml                    a document to start from
  redis-k8s-gen render cache.yaml -n shop            its manifests, in a namespace
  redis-k8s-gen explain spec.storage                 what can be said about a topic";

const EXIT_STATUS: &str = "Exit status: 0 fine, 1 the input is wrong or a check failed, 2 wrong usage or environment.";

/// A subcommand with its arguments.
#[derive(Debug)]
pub(crate) enum Subcommand {
    Render(render::RenderArgs),
    Init(init::InitArgs),
    Validate(validate::ValidateArgs),
    Explain(explain::ExplainArgs),
    Steps(steps::StepsArgs),
    Secret(secret::SecretArgs),
    Schema(schema::SchemaArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// How much is said on standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Errors.
    Quiet,
    /// Errors, warnings and notes.
    Normal,
    /// What was done, too.
    Verbose,
}

/// Makes the table: name, arguments, one line of help, examples.
macro_rules! subcommands {
    ($($name:literal $variant:ident($args:ty) $about:literal $examples:expr;)*) => {
        /// Adds the subcommands. Their flags are built when one is run: a rendering takes a millisecond, and
        /// building the flags of eight other subcommands would be a good part of it.
        fn add_subcommands(command: Command) -> Command {
            command$(.subcommand(
                Command::new($name).about($about).defer(|command| {
                    // the arguments bring the documentation of their struct along
                    let command = <$args as Args>::augment_args(command).about($about).long_about(None);
                    command.after_help(format!("{}\n\n{EXIT_STATUS}", $examples))
                })
            ))*
        }

        /// The subcommand that was asked for.
        fn subcommand(matches: &ArgMatches) -> Result<Subcommand, clap::Error> {
            match matches.subcommand() {
                $(Some(($name, matches)) => <$args>::from_arg_matches(matches).map(Subcommand::$variant),)*
                _ => Err(command().error(clap::error::ErrorKind::MissingSubcommand, "a subcommand is needed")),
            }
        }
    };
}

subcommands! {
    "render" Render(render::RenderArgs) "Print the Kubernetes manifests of documents" render::EXAMPLES;
    "init" Init(init::InitArgs) "Print a commented document to start from" init::EXAMPLES;
    "validate" Validate(validate::ValidateArgs) "Check documents without rendering them" validate::EXAMPLES;
    "explain" Explain(explain::ExplainArgs) "Say what a field of the document is, and what it renders" explain::EXAMPLES;
    "steps" Steps(steps::StepsArgs) "Print the run book: a shell script that brings the instance up" steps::EXAMPLES;
    "secret" Secret(secret::SecretArgs) "Print a Secret with fresh random passwords" secret::EXAMPLES;
    "schema" Schema(schema::SchemaArgs) "Print the JSON Schema of the document" schema::EXAMPLES;
    "completions" Completions(completions::CompletionsArgs) "Print the completions of a shell" completions::EXAMPLES;
    "man" Man(man::ManArgs) "Print a manual page" man::EXAMPLES;
}

/// The whole command line, for manual pages and completions.
#[must_use]
pub fn command() -> Command {
    add_subcommands(
        Command::new("redis-k8s-gen")
            .version(env!("CARGO_PKG_VERSION"))
            .about("Renders the Kubernetes manifests of a reliable, scalable Redis with Sentinel")
            .after_help(format!("{EXAMPLES}\n\n{EXIT_STATUS}"))
            .subcommand_required(true)
            .arg_required_else_help(true)
            .disable_help_subcommand(true)
            .arg(
                Arg::new("verbose")
                    .short('v')
                    .long("verbose")
                    .help("Say on standard error what is done")
                    .action(ArgAction::SetTrue)
                    .global(true)
                    .display_order(900),
            )
            .arg(
                Arg::new("quiet")
                    .short('q')
                    .long("quiet")
                    .help("Say nothing but errors on standard error")
                    .action(ArgAction::SetTrue)
                    .global(true)
                    .display_order(901)
                    .overrides_with("verbose"),
            ),
    )
}

/// Reads the arguments, the program's name first.
pub(crate) fn parse<I, T>(args: I) -> Result<(Subcommand, Verbosity), clap::Error>
where
    I: IntoIterator<Item = T>,
    T: Into<std::ffi::OsString> + Clone,
{
    let matches = command().try_get_matches_from(args)?;
    let verbosity = match (matches.get_flag("quiet"), matches.get_flag("verbose")) {
        (true, _) => Verbosity::Quiet,
        (false, true) => Verbosity::Verbose,
        (false, false) => Verbosity::Normal,
    };
    Ok((subcommand(&matches)?, verbosity))
}
