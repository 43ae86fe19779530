//! Random faults, one after another, for as long as asked.

use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::ablation;
use crate::args::How;
use crate::ground::{Ground, Kind};
use crate::kube::cluster::Cluster;
use crate::kube::kubelet;
use crate::kube::settings::{Random, Settings};
use crate::sandbox::STATE;
use crate::scenario::{Bounds, Lost, Run, Scenario};
use crate::suite::{Table, say};
use crate::trial::Trial;

/// Each fault must be healed within this many seconds.
const HEALTHY: f64 = 60.0;

/// A fault the cluster must survive by itself, and how it is told.
type Fault = (&'static str, fn(&mut Trial<'_>) -> io::Result<()>);

/// One fault at a time: two at once may take every copy of a write that one replica had confirmed.
const FAULTS: &[Fault] = &[
    ("kill -9 of a process", |trial| {
        let name = any(trial)?;
        trial.cluster.signal(&name, Signal::SIGKILL)
    }),
    ("kill -9 of the master", |trial| {
        let master = trial.master()?;
        trial.cluster.signal(&master.name, Signal::SIGKILL)
    }),
    ("kill of the master's container", |trial| {
        let master = trial.master()?;
        trial.cluster.kill_container(&master.name)
    }),
    ("kill -9 of all servers", |trial| {
        let servers = trial.servers();
        servers.iter().try_for_each(|pod| trial.cluster.signal(&pod.name, Signal::SIGKILL))
    }),
    ("kill -9 of everything", |trial| {
        let pods = trial.cluster.pods();
        pods.iter().try_for_each(|pod| trial.cluster.signal(&pod.name, Signal::SIGKILL))
    }),
    ("deletion of a pod", |trial| {
        let name = any(trial)?;
        trial.cluster.delete(&name);
        Ok(())
    }),
    ("deletion of the master", |trial| {
        let master = trial.master()?;
        trial.cluster.delete(&master.name);
        Ok(())
    }),
    ("forced deletion of a pod", |trial| {
        let name = any(trial)?;
        trial.cluster.delete_forced(&name);
        Ok(())
    }),
    ("forced deletion of the master", |trial| {
        let master = trial.master()?;
        trial.cluster.delete_forced(&master.name);
        Ok(())
    }),
    ("loss of the master's node", |trial| {
        let master = trial.master()?;
        trial.cluster.lose(&master.name)
    }),
    ("forced deletion of everything", |trial| {
        let pods = trial.cluster.pods();
        trial.cluster.delete_all_forced(&pods);
        Ok(())
    }),
    ("freeze of a process", |trial| {
        let name = any(trial)?;
        let time = span(trial);
        trial.cluster.signal(&name, Signal::SIGSTOP)?;
        thread::sleep(time);
        let _ = trial.cluster.signal(&name, Signal::SIGCONT);
        Ok(())
    }),
    ("freeze of the master", |trial| {
        let name = trial.master()?.name.clone();
        let time = span(trial);
        trial.cluster.signal(&name, Signal::SIGSTOP)?;
        thread::sleep(time);
        let _ = trial.cluster.signal(&name, Signal::SIGCONT);
        Ok(())
    }),
    ("cut of a pod", |trial| {
        let name = any(trial)?;
        cut(trial, &name)
    }),
    ("cut of the master", |trial| {
        let name = trial.master()?.name.clone();
        cut(trial, &name)
    }),
    ("names gone", |trial| {
        trial.cluster.names.stop(true);
        thread::sleep(span(trial));
        trial.cluster.names.stop(false);
        Ok(())
    }),
    ("more sentinels, then fewer", |trial| {
        let set = trial.examiner.instance.sentinel_set();
        trial.cluster.scale(&set, 5);
        thread::sleep(span(trial));
        trial.cluster.scale(&set, 3);
        Ok(())
    }),
    ("more servers, then fewer", |trial| {
        trial.cluster.scale("redis", 4);
        thread::sleep(span(trial));
        trial.cluster.scale("redis", 3);
        Ok(())
    }),
];

fn any(trial: &Trial<'_>) -> io::Result<String> {
    let pods = trial.cluster.pods();
    trial.random.pick(&pods).map(|pod| pod.name.clone()).ok_or_else(|| io::Error::other("there are no pods"))
}

fn span(trial: &Trial<'_>) -> Duration {
    Duration::from_millis(500 + trial.random.below(15_000))
}

fn cut(trial: &Trial<'_>, name: &str) -> io::Result<()> {
    let ip = trial.cluster.pod(name).and_then(|pod| pod.ip());
    // One way or the other, or both.
    let ways = 1 + trial.random.below(3);
    trial.cluster.cut(ip.as_slice(), ways & 1 != 0, ways & 2 != 0)?;
    thread::sleep(span(trial));
    trial.cluster.heal()
}

/// Breaks a cluster with storage again and again; true if it ends healthy with nothing lost that must not be.
pub(crate) fn run(minutes: u64, how: &How) -> io::Result<bool> {
    let seed = how.seed.unwrap_or_else(Random::seed);
    let random = Random::new(seed);
    let cluster = Cluster::start(Settings::new(seed), &Path::new(STATE).join("logs"), kubelet::look_after)?;
    ablation::check(&how.without)?;
    let mut table = Table::open(how, seed)?;
    let end = Instant::now() + Duration::from_secs(60 * minutes);
    let mut ground = Ground::raise(&cluster, Kind::Storage, how)?;
    if let Err(wrong) = &ground.ready_after {
        return Err(io::Error::other(format!("does not become healthy at all: {wrong}")));
    }
    let mut round = 0;
    while Instant::now() < end {
        let Some((title, act)) = random.pick(FAULTS) else { break };
        round += 1;
        say(&format!("{round}: {title}"))?;
        let scenario = Scenario {
            name: format!("soak-{round}"),
            title,
            kind: Kind::Storage,
            bounds: Bounds { gap: None, lost: Lost::Unreplicated, healthy: Some(HEALTHY), moves: None },
            act: *act,
            short: false,
            run: Run::Fault,
            spoils: false,
        };
        let measured = crate::run::run(&scenario, &mut ground, &random);
        let passed = measured.passed();
        if !passed {
            table.keep_logs(&cluster, &scenario, round)?;
        }
        table.row(&scenario, round, &measured, false)?;
        if !passed {
            ground = Ground::raise(&cluster, Kind::Storage, how)?;
        }
    }
    table.end()
}
