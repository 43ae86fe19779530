//! Several clusters side by side, each in a process and namespaces of its own.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;
use std::process::{Child, Command, ExitCode};

use crate::args::How;
use crate::ground::Kind;
use crate::scenario::Scenario;

/// Runs scenarios in this many lanes; scenarios of one ground stay together, since they share what it takes to raise it.
pub(crate) fn run(scenarios: &[Scenario], jobs: usize, how: &How) -> io::Result<ExitCode> {
    let mut grounds: BTreeMap<Kind, Vec<&str>> = BTreeMap::new();
    for scenario in scenarios {
        grounds.entry(scenario.kind).or_default().push(&scenario.name);
    }
    let mut grounds: Vec<Vec<&str>> = grounds.into_values().collect();
    grounds.sort_by_key(|names| Reverse(names.len()));
    let mut lanes: Vec<Vec<&str>> = vec![Vec::new(); jobs];
    for names in grounds {
        if let Some(shortest) = lanes.iter_mut().min_by_key(|lane| lane.len()) {
            shortest.extend(names);
        }
    }
    let started: Vec<Child> = lanes
        .into_iter()
        .filter(|lane| !lane.is_empty())
        .map(|lane| Command::new("/proc/self/exe").arg("run").args(lane).args(how.arguments()).spawn())
        .collect::<io::Result<_>>()?;
    let mut passed = true;
    for mut lane in started {
        passed &= lane.wait()?.success();
    }
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
