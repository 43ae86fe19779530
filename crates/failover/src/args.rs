//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
        how: How,
    },
    /// Runs every scenario.
    All {
        #[command(flatten)]
        how: How,
    },
    /// Runs a selection that shows the most important properties within a few minutes.
    Short {
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
    /// Writes the table of docs/failover.md from results.
    Report {
        /// Results that `--json` wrote.
        #[arg(default_value = "target/failover/results.jsonl")]
        results: Vec<PathBuf>,
        /// The file with the markers.
        #[arg(long, default_value = "docs/failover.md")]
        file: PathBuf,
    },
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
    /// Keeps the logs of runs that passed as well.
    #[arg(long)]
    pub(crate) keep: bool,
    /// Appends a line of JSON for each run to this file.
    #[arg(long, default_value = "target/failover/results.jsonl")]
    pub(crate) json: PathBuf,
}
