//! What this repository does to itself: generated files and measurements.
#![allow(clippy::print_stdout, reason = "a program for a terminal")]

mod bench;
mod generate;
mod kubernetes;
#[cfg(test)]
mod links;
mod markers;
mod reference;

use std::error::Error;
use std::path::{Path, PathBuf};

use clap::Parser;

/// What can go wrong here is told to a developer, in one line.
type Outcome = Result<(), Box<dyn Error>>;

/// Generated files and measurements.
#[derive(Debug, Parser)]
enum Task {
    /// Write the files that are made from the sources, or check that they are as they would be written
    Generate(generate::Args),
    /// Read what the Go types of Kubernetes say of their fields, from checkouts with every supported release
    Markers(markers::Args),
    /// Measure the command against a program that does nothing, a fleet of documents, and each stage by itself
    Bench(bench::Args),
    /// Run a program some times and print its times and memory: the part of `bench` that must be small itself
    #[command(hide = true)]
    Measure(bench::process::Args),
}

/// The root of the repository.
fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

fn main() -> Outcome {
    match Task::parse() {
        Task::Generate(args) => generate::run(&args),
        Task::Markers(args) => markers::run(&args),
        Task::Bench(args) => bench::run(&args),
        Task::Measure(args) => bench::process::measure(&args),
    }
}
