//! Several clusters side by side, each in a process and namespaces of its own.

use std::collections::BTreeMap;
use std::io;
use std::process::{Command, ExitCode};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::args::How;
use crate::ground::Kind;
use crate::scenario::Scenario;

/// The most scenarios of one process: fewer raise a ground more often, more leave a lane idle at the end. A short list is shared evenly.
const AT_ONCE: usize = 8;

/// Runs scenarios in this many lanes. Each takes the next ones of one ground as soon as it is free.
pub(crate) fn run(scenarios: &[Scenario], jobs: usize, how: &How) -> io::Result<ExitCode> {
    let mut grounds: BTreeMap<Kind, Vec<&str>> = BTreeMap::new();
    for scenario in scenarios {
        grounds.entry(scenario.kind).or_default().push(&scenario.name);
    }
    let at_once = AT_ONCE.min(scenarios.len().div_ceil(jobs)).max(1);
    let mut groups: Vec<&[&str]> = grounds.values().flat_map(|names| names.chunks(at_once)).collect();
    // They are taken from the end: the longest first.
    groups.sort_by_key(|names| names.len());
    let groups = Mutex::new(groups);
    let next = || groups.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let lane = || -> io::Result<bool> {
        let mut passed = true;
        while let Some(names) = next() {
            passed &= Command::new("/proc/self/exe").arg("run").args(names).args(how.arguments()).status()?.success();
        }
        Ok(passed)
    };
    let passed = thread::scope(|scope| {
        let lanes: Vec<_> = (0..jobs).map(|_| scope.spawn(lane)).collect();
        let ended =
            lanes.into_iter().map(|lane| lane.join().unwrap_or_else(|_| Err(io::Error::other("a lane panicked"))));
        ended.collect::<io::Result<Vec<bool>>>()
    })?;
    Ok(if passed.contains(&false) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
