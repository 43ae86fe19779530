//! Clients that know no Sentinel, and write through the Service that follows the master.

use nix::sys::signal::Signal;

use super::deletion::gone;
use super::network::cut;
use super::roll::{ROLL, rotate};
use super::{Lost, Row, at_most, every, row};

pub(super) fn rows() -> Vec<Row> {
    // downAfter is 4 s.
    let lost = at_most(6.5, Lost::Unreplicated, 20.0);
    let usual = every().filter(|row| row.name == "force-delete-master").map(|row| Row { bounds: lost, ..row });
    let own = [
        row(
            "kill-and-delete-master",
            "kill -9 of the master process, then graceful deletion of its pod",
            at_most(2.0, Lost::Nothing, 20.0),
            |trial| {
                let master = trial.master()?;
                trial.begin();
                trial.cluster.signal(&master.name, Signal::SIGKILL)?;
                trial.settle("seconds until healthy after the kill", 10.0)?;
                let master = trial.master()?;
                trial.mend();
                trial.cluster.delete(&master.name);
                gone(trial, &[master])
            },
        ),
        row("cut-master", "master cut off for 15 s", lost, |trial| {
            let master = trial.master()?;
            cut(trial, master.ip().as_slice())
        }),
        row(
            "rotate-password",
            "the password is changed while clients write, and the proxies roll with both sets",
            ROLL,
            rotate,
        ),
    ];
    usual.chain(own).collect()
}
