//! Links that break and names that vanish.

use std::io;
use std::net::Ipv4Addr;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::{Lost, Row, at_most, row};
use crate::net::dns;
use crate::trial::Trial;
use crate::writer::{Promise, Writer};

/// How long a cut lasts.
const CUT: Duration = Duration::from_secs(15);

pub(super) fn rows() -> Vec<Row> {
    let cut_off = at_most(7.5, Lost::Unreplicated, 15.0);
    vec![
        row("cut-master", "master cut off for 15 s, a client on either side", cut_off, |trial| {
            cut_master(trial, &[], true, true)
        }),
        row("mute-master", "nothing the master sends arrives for 15 s", cut_off, |trial| {
            cut_master(trial, &[], true, false)
        }),
        row("deafen-master", "nothing reaches the master for 15 s", cut_off, |trial| {
            cut_master(trial, &[], false, true)
        }),
        row(
            "deafen-master-briefly",
            "nothing reaches the master until just when it is held for down",
            at_most(9.0, Lost::Unreplicated, 20.0),
            |trial| {
                let master = trial.master()?;
                deafen(trial, master.ip().as_slice(), 3_000, 2_000)
            },
        ),
        row(
            "split-vote",
            "master cut off for 15 s, and all sentinels stand for election at once",
            at_most(12.0, Lost::Unreplicated, 15.0),
            split_vote,
        ),
        row("cut-replica", "a replica cut off for 15 s", at_most(0.5, Lost::Nothing, 15.0), |trial| {
            let replica = trial.replica()?;
            cut(trial, replica.ip().as_slice())
        }),
        row("cut-sentinel", "a sentinel cut off for 15 s", at_most(0.5, Lost::Nothing, 15.0), |trial| {
            let sentinel = trial.sentinel()?;
            cut(trial, sentinel.ip().as_slice())
        }),
        row(
            "deafen-sentinel-briefly",
            "nothing reaches a sentinel until just when it alone holds the master for down, after an election",
            at_most(2.0, Lost::Unreplicated, 20.0),
            deafen_sentinel,
        ),
        row(
            "no-names",
            "name service down for 30 s during a kill of the master",
            at_most(8.0, Lost::Nothing, 20.0),
            no_names,
        ),
        row(
            "slow-names",
            "names slow (0.9 s) and 30 s old while the master is deleted by force",
            at_most(10.0, Lost::Unreplicated, 30.0),
            |trial| {
                let master = trial.master()?;
                trial.cluster.names.slow(Duration::from_millis(900));
                trial.cluster.names.cache(Duration::from_secs(30));
                trial.begin();
                trial.cluster.delete_forced(&master.name);
                thread::sleep(Duration::from_secs(15));
                trial.cluster.names.slow(Duration::ZERO);
                trial.cluster.names.cache(dns::USUALLY_KEPT);
                Ok(())
            },
        ),
    ]
}

/// Needs a replica on either side that can confirm writes. What the one beside the master confirms until that is closed is lost.
pub(super) fn rows_of_five() -> Vec<Row> {
    vec![row(
        "cut-master-and-replica",
        "master and one replica cut off together for 15 s, clients on either side",
        at_most(7.5, Lost::Any, 15.0),
        |trial| {
            let replica = trial.replica()?;
            cut_master(trial, replica.ip().as_slice(), true, true)
        },
    )]
}

pub(super) fn cut(trial: &mut Trial<'_>, ips: &[Ipv4Addr]) -> io::Result<()> {
    trial.cluster.cut(ips, true, true)?;
    trial.begin();
    thread::sleep(CUT);
    trial.mend();
    trial.cluster.heal()
}

/// Cuts the master and some others off together, with clients beside it that must soon be refused.
fn cut_master(trial: &mut Trial<'_>, others: &[Ipv4Addr], sending: bool, receiving: bool) -> io::Result<()> {
    let master = trial.master()?;
    let beside = trial.cluster.stranger("default", &[("app", "client")])?;
    let instance = &trial.examiner.instance;
    let mut plain = Writer::start(instance, &beside, "beside", Promise::Plain)?;
    let mut wait = Writer::start(instance, &beside, "beside-wait", Promise::Replicated)?;
    thread::sleep(Duration::from_secs(1));
    let mut ips = vec![beside.ip];
    ips.extend(master.ip());
    ips.extend(others);
    trial.cluster.cut(&ips, sending, receiving)?;
    trial.begin();
    let began = Instant::now();
    thread::sleep(CUT);
    let accepted =
        plain.written().acknowledged.last().map_or(Duration::ZERO, |(_, at)| at.saturating_duration_since(began));
    // With one direction open the client may find its way to the new master, as it should.
    if sending && receiving {
        trial.note("seconds the isolated master accepts writes", accepted.as_secs_f64(), 6.5);
    }
    for (promise, writer) in [(Promise::Plain, &mut plain), (Promise::Replicated, &mut wait)] {
        writer.stop();
        trial.beside.push((promise, writer.written()));
    }
    trial.mend();
    trial.cluster.heal()
}

/// Has one sentinel alone hold the master for down, soon after all of them held another for down. Valkey 9.1 still counts what
/// the others said of that one.
fn deafen_sentinel(trial: &mut Trial<'_>) -> io::Result<()> {
    let master = trial.master()?;
    trial.cluster.signal(&master.name, Signal::SIGSTOP)?;
    thread::sleep(Duration::from_secs(7));
    trial.cluster.signal(&master.name, Signal::SIGCONT)?;
    trial.settle("seconds until healthy after the election", 20.0)?;
    let sentinel = trial.sentinel()?;
    deafen(trial, sentinel.ip().as_slice(), 3_500, 1_500)
}

/// Cuts the master off, and has every sentinel vote for itself: none needs another to hold the master for down, and all look up
/// at the same moment.
fn split_vote(trial: &mut Trial<'_>) -> io::Result<()> {
    let name = trial.examiner.instance.name().to_owned();
    let quorum = |trial: &Trial<'_>, votes| trial.examiner.tell_sentinels(&["SENTINEL", "SET", &name, "quorum", votes]);
    let master = trial.master()?;
    let sentinels = trial.sentinels();
    quorum(trial, "1")?;
    trial.cluster.cut(master.ip().as_slice(), true, true)?;
    trial.begin();
    thread::sleep(Duration::from_millis(3_200));
    sentinels.iter().try_for_each(|pod| trial.cluster.signal(&pod.name, Signal::SIGSTOP))?;
    // Sentinels that were away for two seconds do nothing for thirty.
    thread::sleep(Duration::from_millis(1_700));
    sentinels.iter().try_for_each(|pod| trial.cluster.signal(&pod.name, Signal::SIGCONT))?;
    thread::sleep(CUT.saturating_sub(trial.fault.elapsed()));
    trial.mend();
    trial.cluster.heal()?;
    quorum(trial, "2")
}

/// Lets nothing arrive for so many milliseconds, and by chance some more.
fn deafen(trial: &mut Trial<'_>, ips: &[Ipv4Addr], least: u64, more: u64) -> io::Result<()> {
    trial.cluster.cut(ips, false, true)?;
    trial.begin();
    thread::sleep(Duration::from_millis(least + trial.random.below(more)));
    trial.cluster.heal()
}

/// Kills the master while no name can be looked up, with a client that knows a sentinel's address.
fn no_names(trial: &mut Trial<'_>) -> io::Result<()> {
    let master = trial.master()?;
    trial.examiner.instance.remember(true);
    trial.cluster.names.stop(true);
    thread::sleep(Duration::from_secs(2));
    trial.begin();
    trial.cluster.signal(&master.name, Signal::SIGKILL)?;
    thread::sleep(Duration::from_secs(28));
    trial.mend();
    trial.cluster.names.stop(false);
    trial.examiner.instance.remember(false);
    Ok(())
}
