//! `bench`: the command as users run it, and what each stage of it costs.

pub(crate) mod fleet;
mod manifests;
pub(crate) mod process;
mod report;
mod stages;

use std::path::PathBuf;

use crate::Outcome;
use report::Report;

/// Arguments of `bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The command, as it is released
    #[arg(long, value_name = "FILE")]
    command: String,
    /// A program that does nothing, built the same way
    #[arg(long, value_name = "FILE")]
    empty: String,
    /// A program that does nothing, built as `cargo build --release` does it
    #[arg(long, value_name = "FILE")]
    ordinary: String,
    /// Runs of each program in the comparison with one that does nothing
    #[arg(long, default_value_t = 500)]
    runs: u32,
    /// Runs over the fleet
    #[arg(long, default_value_t = 5)]
    fleet_runs: u32,
    /// Documents in the fleet
    #[arg(long, default_value_t = 10_000)]
    fleet: u32,
    /// Small objects to validate; a tenth of it of sets, a hundredth of it of instances
    #[arg(long, default_value_t = 50_000)]
    objects: u32,
    /// Fail if more memory is used than is promised; times depend on the machine and fail nothing
    #[arg(long)]
    check_memory: bool,
    /// Also write the report to this file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Memory one rendering may use, KiB: half of it is the program's own code, mapped from its file.
const RENDER_LIMIT: u64 = 6 * 1024;
/// Memory a fleet may use, however long it is, KiB.
const FLEET_LIMIT: u64 = 64 * 1024;

pub(crate) fn run(args: &Args) -> Outcome {
    let (command, empty) = (args.command.as_str(), args.empty.as_str());
    let alone = process::compare(&[&[empty], &[&args.ordinary], &[command, "render", "--quiet"]], args.runs)?;
    let fleet = fleet::write(args.fleet)?;
    let fleet_path = fleet.to_str().ok_or("the path of the repository is not UTF-8")?;
    let pinned = ["taskset", "--cpu-list", "0", command, "render", "--quiet", fleet_path];
    let parallel = [command, "render", "--quiet", fleet_path];
    let bytes = fleet::output_bytes(&parallel)?;
    let together = process::compare(&[&pinned, &parallel], args.fleet_runs)?;
    let objects = manifests::write(args.objects)?;
    let mut validated = Vec::new();
    for objects in &objects {
        let path = objects.path.to_str().ok_or("the path of the repository is not UTF-8")?;
        let pinned = ["taskset", "--cpu-list", "0", command, "validate", "--quiet", path];
        let parallel = [command, "validate", "--quiet", path];
        validated.push(process::compare(&[&pinned, &parallel], args.fleet_runs)?);
    }
    let validated: Vec<_> = objects.iter().zip(&validated).collect();
    // Last: it makes this process large, and a child starts with the memory of its parent on its account.
    let stages = stages::measure(&fleet)?;

    let report = Report {
        args_fleet: args.fleet,
        alone: &alone,
        together: &together,
        bytes,
        validated: &validated,
        stages: &stages,
    };
    let text = report.to_string();
    println!("{text}");
    if let Some(file) = &args.output {
        std::fs::write(file, text)?;
    }
    let most = |runs: &[process::Runs]| runs.iter().map(|runs| runs.memory).max().unwrap_or_default();
    let over = most(&alone) > RENDER_LIMIT || most(&together) > FLEET_LIMIT;
    if args.check_memory && over {
        return Err(
            format!("more memory than promised: {RENDER_LIMIT} KiB for one, {FLEET_LIMIT} KiB for a fleet").into()
        );
    }
    Ok(())
}
