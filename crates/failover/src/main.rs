//! The proving ground: plays Kubernetes for a rendering on one Linux machine, with real servers, breaks it and measures.
//!
//! `sandbox` is the process everything hangs on; `net` and `kube` are the cluster; `instance`, `writer`, `caller` and
//! `health` are its users; `scenario` says what is done to it (`trial` is what that works with), and
//! `run` measures what comes of it.

mod ablation;
mod args;
mod background;
mod backup;
mod caller;
mod data;
mod gap;
mod ground;
mod health;
mod idle;
mod image;
mod instance;
mod kube;
mod kubectl;
mod lanes;
mod lock;
mod machine;
mod net;
mod plain;
mod report;
mod resp;
mod run;
mod sandbox;
mod scenario;
mod secrets;
mod selftest;
mod soak;
mod suite;
mod trial;
mod tutorial;
mod writer;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Task};
use scenario::Scenario;

fn main() -> ExitCode {
    if let Some(error) = kube::container::become_container() {
        complain(&format!("the container cannot start: {error}"));
        return ExitCode::from(128);
    }
    if let Some(outcome) = kubectl::wire::called() {
        return outcome.unwrap_or_else(|error| {
            complain(&error.to_string());
            ExitCode::FAILURE
        });
    }
    let cli = Cli::parse();
    match run(&cli.task) {
        Ok(code) => code,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::from(2)
        }
    }
}

fn run(task: &Task) -> io::Result<ExitCode> {
    match task {
        Task::List => {
            list()?;
            return Ok(ExitCode::SUCCESS);
        }
        Task::Report { results, file } => {
            report::write(results, file)?;
            return Ok(ExitCode::SUCCESS);
        }
        _ => {}
    }
    let scenarios = match task {
        Task::Run { names, .. } => chosen(names)?,
        Task::All { ground, .. } => {
            scenario::all().into_iter().filter(|one| ground.is_empty() || ground.contains(&one.kind)).collect()
        }
        Task::Short { .. } => scenario::all().into_iter().filter(|scenario| scenario.short).collect(),
        _ => Vec::new(),
    };
    if !sandbox::inside() {
        let missing = sandbox::missing();
        if !missing.is_empty() {
            return Err(io::Error::other(format!("the proving ground needs: {}", missing.join(", "))));
        }
        return match task {
            Task::Run { lanes, how, .. } | Task::All { lanes, how, .. } | Task::Short { lanes, how }
                if lanes.jobs > 1 =>
            {
                lanes::run(&scenarios, lanes.jobs, how)
            }
            _ => sandbox::run_inside(),
        };
    }
    sandbox::settle()?;
    let passed = match task {
        Task::List | Task::Report { .. } => true,
        Task::Selftest => selftest::run()?,
        Task::Soak { minutes, how } => soak::run(*minutes, how)?,
        Task::Run { how, .. } | Task::All { how, .. } | Task::Short { how, .. } => suite::run(&scenarios, how)?,
    };
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The scenarios of these names, in the table's order.
fn chosen(names: &[String]) -> io::Result<Vec<Scenario>> {
    let all = scenario::all();
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|scenario| &scenario.name == *name)) {
        return Err(io::Error::other(format!("there is no scenario {unknown}; see `failover list`")));
    }
    Ok(all.into_iter().filter(|scenario| names.contains(&scenario.name)).collect())
}

fn list() -> io::Result<()> {
    for scenario in scenario::all() {
        suite::say(&format!("{:<40} {}", scenario.name, scenario.title))?;
    }
    Ok(())
}

fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "failover: {text}");
}
