//! Whole processes: from spawning to reaping, with the memory the kernel saw.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4;

use crate::Outcome;

/// Arguments of `measure`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How often each program runs
    #[arg(long)]
    runs: u32,
    /// Programs with their arguments, with `---` between them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    programs: Vec<String>,
}

/// What many runs of one program took.
#[derive(Debug, Clone)]
pub(crate) struct Runs {
    /// Wall times, shortest first.
    pub(crate) times: Vec<Duration>,
    /// The largest resident set of any run, KiB.
    pub(crate) memory: u64,
}

impl Runs {
    pub(crate) fn min(&self) -> Duration {
        self.times.first().copied().unwrap_or_default()
    }

    pub(crate) fn median(&self) -> Duration {
        self.times.get(self.times.len() / 2).copied().unwrap_or_default()
    }
}

/// Runs the programs in turns, so that what slows the machine slows all of them.
///
/// The turns are taken by a small process of its own: Linux starts a child's record of memory with what its parent had.
pub(crate) fn compare(programs: &[&[&str]], runs: u32) -> Result<Vec<Runs>, Box<dyn std::error::Error>> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["measure", "--runs", &runs.to_string(), "--"]).args(programs.join(&"---"));
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("{command:?} ended with {}", output.status).into());
    }
    let mut all: Vec<Runs> = programs.iter().map(|_| Runs { times: Vec::new(), memory: 0 }).collect();
    for line in String::from_utf8(output.stdout)?.lines() {
        let mut numbers = line.split(' ').map(str::parse::<u64>);
        let (Some(Ok(place)), Some(Ok(nanos)), Some(Ok(memory))) = (numbers.next(), numbers.next(), numbers.next())
        else {
            return Err(format!("{line:?} is not a measurement").into());
        };
        let runs = all.get_mut(usize::try_from(place)?).ok_or("a measurement of nothing")?;
        runs.times.push(Duration::from_nanos(nanos));
        runs.memory = runs.memory.max(memory);
    }
    for runs in &mut all {
        runs.times.sort_unstable();
    }
    Ok(all)
}

/// The first turns fill caches and count for nothing.
const WARM_UP: u32 = 3;

/// Prints one line per run: which program, nanoseconds, KiB.
pub(crate) fn measure(args: &Args) -> Outcome {
    let programs: Vec<&[String]> = args.programs.split(|word| word == "---").collect();
    for turn in 0..args.runs + WARM_UP {
        for (place, words) in programs.iter().enumerate() {
            let [program, arguments @ ..] = words else { return Err("a program without a name".into()) };
            let mut command = Command::new(program);
            command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
            let start = Instant::now();
            let ended = command.spawn()?.wait4()?;
            let time = start.elapsed();
            if !ended.status.success() {
                return Err(format!("{words:?} ended with {}", ended.status).into());
            }
            if turn >= WARM_UP {
                println!("{place} {} {}", time.as_nanos(), ended.rusage.maxrss / 1024);
            }
        }
    }
    Ok(())
}
