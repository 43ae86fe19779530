//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::ground::Kind;
use crate::image::Flavour;

/// Runs what a rendering would run, with real servers, breaks it and measures.
#[derive(Debug, Parser)]
#[command(name = "failover", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) task: Task,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Names the scenarios and their bounds.
    List,
    /// Runs these scenarios.
    Run {
        /// Names of scenarios; `NAME@GROUND` for the other documents.
        #[arg(required = true)]
        names: Vec<String>,
        #[command(flatten)]
        lanes: Lanes,
        #[command(flatten)]
        how: How,
    },
    /// Runs every scenario.
    All {
        /// Only those on this document; may be given several times.
        #[arg(long, value_enum)]
        ground: Vec<Kind>,
        #[command(flatten)]
        lanes: Lanes,
        #[command(flatten)]
        how: How,
    },
    /// Runs a selection that shows the most important properties within a few minutes.
    Short {
        #[command(flatten)]
        lanes: Lanes,
        #[command(flatten)]
        how: How,
    },
    /// Random faults for a while; must end healthy with no confirmed write lost.
    Soak {
        /// How long.
        #[arg(long, default_value_t = 2)]
        minutes: u64,
        #[command(flatten)]
        how: How,
    },
    /// Proves that the proving ground behaves as Kubernetes does.
    Selftest,
    /// Writes the table of docs/failover-results.md from results.
    Report {
        /// Results that `--json` wrote.
        #[arg(default_value = "target/failover/results.jsonl")]
        results: Vec<PathBuf>,
        /// The file with the markers.
        #[arg(long, default_value = "docs/failover-results.md")]
        file: PathBuf,
    },
}

/// How many clusters at a time.
#[derive(Debug, Args)]
pub(crate) struct Lanes {
    /// Clusters side by side, each with scenarios of its own; two keep two cores half busy.
    #[arg(long, default_value_t = 1)]
    pub(crate) jobs: usize,
}

/// How to run scenarios.
#[derive(Debug, Args)]
pub(crate) struct How {
    /// How often to run each.
    #[arg(long, default_value_t = 1)]
    pub(crate) times: u32,
    /// Where chance starts; the same seed makes the same choices.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// The server.
    #[arg(long, value_enum, default_value_t = Flavour::Redis8)]
    pub(crate) image: Flavour,
    /// Repeats a run up to this many times that held everything but a bound of time or moves, which a busy machine stretches too;
    /// lost writes and a cluster that does not heal are never tried again.
    #[arg(long, default_value_t = 0)]
    pub(crate) again: u32,
    /// Keeps the logs of runs that passed as well.
    #[arg(long)]
    pub(crate) keep: bool,
    /// Empties this function of the scripts, to show what it is for; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub(crate) without: Vec<String>,
    /// Appends a line of JSON for each run to this file.
    #[arg(long, default_value = "target/failover/results.jsonl")]
    pub(crate) json: PathBuf,
}

impl How {
    /// The same as words of a command line.
    pub(crate) fn arguments(&self) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec!["--times".into(), self.times.to_string().into()];
        words.extend(["--again".into(), self.again.to_string().into()]);
        words.extend(["--image".into(), self.image.name().into(), "--json".into(), self.json.clone().into()]);
        words.extend(self.seed.iter().flat_map(|seed| ["--seed".into(), seed.to_string().into()]));
        words.extend(self.keep.then(|| "--keep".into()));
        words.extend(self.without.iter().flat_map(|name| ["--without".into(), name.into()]));
        words
    }
}
