//! The measurements as a page of Markdown.

use std::fmt;
use std::time::Duration;

use super::manifests::Objects;
use super::process::Runs;
use super::stages::Stage;

pub(crate) struct Report<'a> {
    /// Documents in the fleet.
    pub(crate) args_fleet: u32,
    /// The empty programs and one rendering.
    pub(crate) alone: &'a [Runs],
    /// The fleet on one core and on all.
    pub(crate) together: &'a [Runs],
    /// Bytes the fleet renders to.
    pub(crate) bytes: u64,
    /// Files of objects, on one core and on all.
    pub(crate) validated: &'a [(&'a Objects, &'a Vec<Runs>)],
    pub(crate) stages: &'a [Stage],
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# Benchmarks\n\nWritten by `just bench --output docs/benchmarks.md` on {}.\n", machine())?;
        self.one(f)?;
        self.fleet(f)?;
        self.validated(f)?;
        self.stages(f)
    }
}

impl Report<'_> {
    fn one(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [empty, ordinary, render] = self.alone else { return Err(fmt::Error) };
        writeln!(
            f,
            "## One rendering\n\nThe whole process, from spawn to exit, against programs that do nothing; {} runs of each in turns,\n\
             output to /dev/null. Memory is the largest resident set of any run.\n\n\
             | | median | shortest | memory | a rendering takes |\n|---|---|---|---|---|",
            empty.times.len(),
        )?;
        for (name, runs) in [
            ("does nothing, built as the release is (static)", empty),
            ("does nothing, as `cargo build --release` makes it", ordinary),
            ("`redis-k8s-gen render`", render),
        ] {
            writeln!(
                f,
                "| {name} | {} | {} | {} | {:.2} times that |",
                millis(runs.median()),
                millis(runs.min()),
                mebibytes(runs.memory),
                render.min().as_secs_f64() / runs.min().as_secs_f64()
            )?;
        }
        writeln!(f)
    }

    fn fleet(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [one_core, all_cores] = self.together else { return Err(fmt::Error) };
        #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
        let megabytes = self.bytes as f64 / 1e6;
        writeln!(
            f,
            "## {} documents in one stream\n\nNo two alike, {megabytes:.1} MB of YAML written; {} runs.\n\n\
             | | median | shortest | memory |\n|---|---|---|---|",
            self.args_fleet,
            one_core.times.len(),
        )?;
        for (name, runs) in [("one core (`taskset`)", one_core), ("all cores", all_cores)] {
            writeln!(
                f,
                "| {name} | {} | {} | {} |",
                millis(runs.median()),
                millis(runs.min()),
                mebibytes(runs.memory)
            )?;
        }
        writeln!(f)
    }

    fn validated(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "## `validate` of manifests\n\nObjects a second, the shortest of all runs.\n\n\
             | | MB | objects | one core | all cores | memory |\n|---|---|---|---|---|---|"
        )?;
        for (objects, runs) in self.validated {
            let [one_core, all_cores] = runs.as_slice() else { return Err(fmt::Error) };
            let a_second = |runs: &Runs| f64::from(objects.count) / runs.min().as_secs_f64();
            #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
            let megabytes = objects.bytes as f64 / 1e6;
            writeln!(
                f,
                "| {} | {megabytes:.1} | {} | {:.0} | {:.0} | {} |",
                objects.name,
                objects.count,
                a_second(one_core),
                a_second(all_cores),
                mebibytes(one_core.memory.max(all_cores.memory)),
            )?;
        }
        writeln!(f)
    }

    fn stages(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "## Stages\n\nInside the process, per document, the shortest of many rounds. `fleet` is a thousand documents at a time.\n\n\
             | document | stage | time | bytes | rate |\n|---|---|---|---|---|"
        )?;
        for stage in self.stages {
            let micros = stage.time.as_secs_f64() * 1e6;
            write!(f, "| {} | {} | {micros:.1} µs |", stage.input, stage.name)?;
            if stage.bytes == 0 {
                writeln!(f, " | |")?;
            } else {
                #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
                let rate = stage.bytes as f64 / micros;
                writeln!(f, " {} | {rate:.0} MB/s |", stage.bytes)?;
            }
        }
        Ok(())
    }
}

fn millis(time: Duration) -> String {
    format!("{:.3} ms", time.as_secs_f64() * 1e3)
}

fn mebibytes(kibibytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let mebibytes = kibibytes as f64 / 1024.0;
    format!("{mebibytes:.1} MiB")
}

/// Processor, cores and kernel, as Linux tells them.
fn machine() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let model =
        cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    format!(
        "{}, {cores} cores, Linux {}",
        model.unwrap_or("an unknown processor"),
        read("/proc/sys/kernel/osrelease").trim()
    )
}
