//! Processes that die or freeze where they are.

use std::io;
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::{Lost, Row, at_most, row};
use crate::trial::Trial;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("kill-master", "kill -9 of the master process", at_most(2.0, Lost::Nothing, 10.0), |trial| {
            let master = trial.master()?;
            trial.begin();
            trial.cluster.signal(&master.name, Signal::SIGKILL)
        }),
        row("kill-master-container", "the master's container killed", at_most(2.0, Lost::Nothing, 10.0), |trial| {
            let master = trial.master()?;
            trial.begin();
            trial.cluster.kill_container(&master.name)
        }),
        row(
            "kill-master-again",
            "kill -9 of the master process five times in half a minute",
            at_most(2.0, Lost::Nothing, 10.0),
            kill_master_again,
        ),
        row(
            "late-master",
            "the master's container killed, back just when it is held for down",
            at_most(9.0, Lost::Nothing, 20.0),
            late_master,
        ),
        row("kill-replica", "kill -9 of a replica process", at_most(0.5, Lost::Nothing, 20.0), |trial| {
            let replica = trial.replica()?;
            trial.begin();
            trial.cluster.signal(&replica.name, Signal::SIGKILL)
        }),
        row("kill-sentinel", "kill -9 of a sentinel process", at_most(0.5, Lost::Nothing, 20.0), |trial| {
            let sentinel = trial.sentinel()?;
            trial.begin();
            trial.cluster.signal(&sentinel.name, Signal::SIGKILL)
        }),
        row("kill-all-sentinels", "kill -9 of all sentinel processes", at_most(0.5, Lost::Nothing, 20.0), |trial| {
            trial.begin();
            let sentinels = trial.sentinels();
            sentinels.iter().try_for_each(|pod| trial.cluster.signal(&pod.name, Signal::SIGKILL))
        }),
        row("kill-all-servers", "kill -9 of all server processes", at_most(5.0, Lost::Nothing, 10.0), |trial| {
            trial.begin();
            let servers = trial.servers();
            servers.iter().try_for_each(|pod| trial.cluster.signal(&pod.name, Signal::SIGKILL))
        }),
        row("kill-everything", "kill -9 of every process", at_most(5.0, Lost::Nothing, 20.0), |trial| {
            trial.begin();
            let pods = trial.cluster.pods();
            pods.iter().try_for_each(|pod| trial.cluster.signal(&pod.name, Signal::SIGKILL))
        }),
        row("freeze-master", "SIGSTOP of the master for 15 s", at_most(7.5, Lost::Unreplicated, 15.0), freeze_master),
    ]
}

/// With more to load than there is time for.
pub(super) fn rows_that_load() -> Vec<Row> {
    let bounds = at_most(9.0, Lost::Unreplicated, 90.0);
    vec![row("kill-master", "kill -9 of a master that takes long to load its data", bounds, |trial| {
        let master = trial.master()?;
        // Enough to load for longer than the sentinels wait.
        thread::sleep(Duration::from_millis(1_500));
        trial.begin();
        trial.cluster.signal(&master.name, Signal::SIGKILL)
    })]
}

/// What the kubelet would answer with longer and longer waits.
fn kill_master_again(trial: &mut Trial<'_>) -> io::Result<()> {
    trial.begin();
    for seconds in [6, 6, 6, 6, 0] {
        let master = trial.master()?;
        trial.mend();
        trial.cluster.signal(&master.name, Signal::SIGKILL)?;
        thread::sleep(Duration::from_secs(seconds));
    }
    Ok(())
}

/// The restart falls into the election, or just before it.
fn late_master(trial: &mut Trial<'_>) -> io::Result<()> {
    let master = trial.master()?;
    let late = Duration::from_millis(3_500 + trial.random.below(2_000));
    trial.cluster.settings.delay_restarts(late);
    trial.begin();
    trial.cluster.kill_container(&master.name)?;
    thread::sleep(late + Duration::from_secs(2));
    trial.cluster.settings.delay_restarts(Duration::ZERO);
    Ok(())
}

fn freeze_master(trial: &mut Trial<'_>) -> io::Result<()> {
    let master = trial.master()?;
    trial.begin();
    trial.cluster.signal(&master.name, Signal::SIGSTOP)?;
    thread::sleep(Duration::from_secs(15));
    trial.mend();
    // The kubelet may have restarted it already; then there is nothing to wake.
    let _ = trial.cluster.signal(&master.name, Signal::SIGCONT);
    Ok(())
}
