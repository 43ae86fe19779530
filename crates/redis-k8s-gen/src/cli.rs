//! The command line: one table of subcommands, each of which builds its own flags only when it is the one that runs, and the run.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use redis_k8s::Redis;

use crate::Io;
use crate::command::{
    Failure, Session, Verbosity, completions, diff, explain, init, man, render, schema, secret, steps, validate,
};
use crate::document::nearest;

const EXAMPLES: &str = "Examples:
  redis-k8s-gen render | kubectl apply -f -          a cluster of three servers and three sentinels
  redis-k8s-gen init > cache.yaml                    a document to start from
  redis-k8s-gen render cache.yaml -n shop            its manifests, in a namespace
  redis-k8s-gen explain spec.storage                 what can be said about a topic";

const EXIT_STATUS: &str = "Exit status: 0 fine, 1 the input is wrong or a check failed, 2 wrong usage or environment.";

/// What follows the arguments of a subcommand; one may have statuses of its own.
fn with_exit_status(examples: &str) -> String {
    if examples.contains("Exit status") { examples.to_owned() } else { format!("{examples}\n\n{EXIT_STATUS}") }
}

/// A subcommand with its arguments.
#[derive(Debug)]
enum Subcommand {
    Render(render::RenderArgs),
    Init(init::InitArgs),
    Validate(validate::ValidateArgs),
    Diff(diff::DiffArgs),
    Explain(explain::ExplainArgs),
    Steps(steps::StepsArgs),
    Secret(secret::SecretArgs),
    Schema(schema::SchemaArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
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
                    command.after_help(with_exit_status($examples))
                })
            ))*
        }

        /// The subcommand that was asked for.
        fn subcommand(matches: &ArgMatches) -> Result<Subcommand, clap::Error> {
            match matches.subcommand() {
                $(Some(($name, matches)) => <$args>::from_arg_matches(matches).map(Subcommand::$variant),)*
                _ => Err(command().error(ErrorKind::MissingSubcommand, "a subcommand is needed")),
            }
        }
    };
}

subcommands! {
    "render" Render(render::RenderArgs) "Print the Kubernetes manifests of documents" render::EXAMPLES;
    "init" Init(init::InitArgs) "Print a commented document to start from" init::EXAMPLES;
    "validate" Validate(validate::ValidateArgs) "Check documents without rendering them" validate::EXAMPLES;
    "diff" Diff(diff::DiffArgs) "Say what changes from one side to another, and what happens when it is applied" diff::EXAMPLES;
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
fn parse(args: &[OsString]) -> Result<(Subcommand, Verbosity), clap::Error> {
    let matches = command().try_get_matches_from(args)?;
    let verbosity = match (matches.get_flag("quiet"), matches.get_flag("verbose")) {
        (true, _) => Verbosity::Quiet,
        (false, true) => Verbosity::Verbose,
        (false, false) => Verbosity::Normal,
    };
    Ok((subcommand(&matches)?, verbosity))
}

/// Runs the command with `args`, the program's name first, and gives its exit code.
///
/// 0: fine. 1: the input is wrong or a check failed. 2: wrong usage or environment. A closed standard output is
/// fine: its reader has read enough.
pub fn run<I, T>(args: I, io: &mut Io<'_>) -> u8
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    let (subcommand, verbosity) = match parse(&args) {
        Ok(parsed) => parsed,
        Err(error) => return usage(&better_advised(error, &args), io),
    };
    let mut session = Session { io, verbosity };
    let result = match subcommand {
        Subcommand::Render(args) => render::run(&args, &mut session),
        Subcommand::Init(args) => init::run(&args, &mut session),
        Subcommand::Validate(args) => validate::run(&args, &mut session),
        Subcommand::Diff(args) => diff::run(&args, &mut session),
        Subcommand::Explain(args) => explain::run(&args, &mut session),
        Subcommand::Steps(args) => steps::run(&args, &mut session),
        Subcommand::Secret(args) => secret::run(&args, &mut session),
        Subcommand::Schema(args) => schema::run(&args, &mut session),
        Subcommand::Completions(args) => completions::run(&args, &mut command(), &mut session),
        Subcommand::Man(args) => man::run(&args, command(), &mut session),
    };
    end(result, &mut session)
}

/// Writes out what is left, says what failed, and gives the exit code.
fn end(result: Result<(), Failure>, session: &mut Session<'_, '_>) -> u8 {
    // A full disk may only show when the last bytes are written out.
    let result = result.and_then(|()| session.io.stdout.flush().map_err(|error| Failure::output(&error)));
    match result {
        Ok(()) => 0,
        Err(failure) => {
            if matches!(failure, Failure::Input(_) | Failure::Usage(_)) {
                session.say("error", &failure.to_string());
            }
            failure.exit_code()
        }
    }
}

/// An error whose advice is of use: for a flag named as a field, how to set the field; no value that is only a little alike.
fn better_advised(mut error: clap::Error, args: &[OsString]) -> clap::Error {
    let text = |error: &clap::Error, kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    if let (Some(given), Some(suggested)) =
        (text(&error, ContextKind::InvalidValue), text(&error, ContextKind::SuggestedValue))
        && nearest(&given, [&*suggested]).is_none()
    {
        error.remove(ContextKind::SuggestedValue);
    }
    let sets_fields = args.get(1).is_some_and(|name| ["render", "validate", "steps"].iter().any(|known| name == known));
    if sets_fields
        && error.kind() == ErrorKind::UnknownArgument
        && let Some(flag) = text(&error, ContextKind::InvalidArg)
        && let Some(path) = flag.strip_prefix("--").and_then(field_named)
    {
        let mut given = args.iter().filter_map(|arg| arg.to_str()).skip_while(|arg| !arg.starts_with(&flag));
        let value = given.next().and_then(|arg| arg.split_once('=')).map(|(_, value)| value).or_else(|| given.next());
        let value = value.filter(|value| !value.starts_with('-')).unwrap_or("VALUE");
        let advice = StyledStr::from(format!("fields are set with '--set {path}={value}'"));
        error.remove(ContextKind::SuggestedArg);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![advice]));
    }
    error
}

/// The path of the field a flag is named as, which stands at the top of the spec: `spec.minReplicasToWrite` of `min-replicas-to-write`.
fn field_named(flag: &str) -> Option<String> {
    let name = flag.replace('-', "");
    let spec = Redis::fields().iter().find(|field| field.key() == "spec")?;
    let field = spec.fields().iter().find(|field| field.key().eq_ignore_ascii_case(&name))?;
    Some(format!("spec.{}", field.key()))
}

/// Help and the version are data and fine; anything else is a message and wrong usage.
fn usage(error: &clap::Error, io: &mut Io<'_>) -> u8 {
    let text = error.render().to_string();
    if error.use_stderr() {
        let _ = io.stderr.write_all(text.as_bytes());
        return 2;
    }
    let mut session = Session { io, verbosity: Verbosity::Normal };
    let written = session.data(text.as_bytes());
    end(written, &mut session)
}
