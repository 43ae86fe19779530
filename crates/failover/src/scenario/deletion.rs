//! Pods that are deleted, one or many, with notice or without.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::{Lost, Row, at_most, row};
use crate::caller::Service;
use crate::kube::cluster::{Cluster, wait_until};
use crate::kube::pod::Pod;
use crate::kube::volume;
use crate::trial::Trial;

pub(super) fn rows() -> Vec<Row> {
    let calm = at_most(0.5, Lost::Nothing, 20.0);
    vec![
        row("delete-master", "graceful deletion of the master pod", at_most(2.0, Lost::Nothing, 10.0), |trial| {
            let master = trial.master()?;
            trial.begin();
            trial.cluster.delete(&master.name);
            gone(trial, &[master])
        }),
        row(
            "force-delete-master",
            "forced deletion of the master pod, no stop hook",
            at_most(7.0, Lost::Unreplicated, 20.0),
            |trial| {
                let master = trial.master()?;
                trial.begin();
                trial.cluster.delete_forced(&master.name);
                Ok(())
            },
        ),
        row(
            "lose-master-node",
            "loss of the master pod with its node",
            at_most(7.0, Lost::Unreplicated, 20.0),
            |trial| {
                let master = trial.master()?;
                trial.begin();
                trial.cluster.lose(&master.name)
            },
        ),
        row("delete-replica", "deletion of a replica pod", calm, |trial| {
            let replica = trial.replica()?;
            trial.begin();
            trial.cluster.delete(&replica.name);
            gone(trial, &[replica])?;
            trial.note_refused(Service::Read);
            Ok(())
        }),
        row("force-delete-replica", "forced deletion of a replica pod", calm, |trial| {
            let replica = trial.replica()?;
            trial.begin();
            trial.cluster.delete_forced(&replica.name);
            Ok(())
        }),
        row("delete-sentinel", "deletion of a sentinel pod", calm, |trial| {
            let sentinel = trial.sentinel()?;
            trial.begin();
            trial.cluster.delete(&sentinel.name);
            gone(trial, &[sentinel])?;
            trial.note_refused(Service::Sentinel);
            Ok(())
        }),
        row("delete-all-sentinels", "deletion of all sentinel pods", calm, |trial| {
            let sentinels = trial.sentinels();
            trial.begin();
            trial.cluster.delete_all(&sentinels);
            gone(trial, &sentinels)
        }),
        row("force-delete-all-sentinels", "forced deletion of all sentinel pods", calm, |trial| {
            let sentinels = trial.sentinels();
            trial.begin();
            trial.cluster.delete_all_forced(&sentinels);
            Ok(())
        }),
        row(
            "kill-master-without-sentinels",
            "all sentinels gone, and the master killed",
            at_most(8.0, Lost::Nothing, 30.0),
            |trial| {
                let (master, sentinels) = (trial.master()?, trial.sentinels());
                trial.begin();
                trial.cluster.delete_all_forced(&sentinels);
                trial.cluster.signal(&master.name, Signal::SIGKILL)
            },
        ),
        row(
            "force-delete-master-and-sentinels",
            "master and all sentinels gone together",
            at_most(20.0, Lost::Unreplicated, 40.0),
            |trial| {
                let (master, sentinels) = (trial.master()?, trial.sentinels());
                trial.begin();
                trial.cluster.delete_all_forced(&sentinels);
                trial.cluster.delete_forced(&master.name);
                Ok(())
            },
        ),
        row(
            "force-delete-master-and-sentinel",
            "master and one sentinel gone together",
            at_most(8.0, Lost::Unreplicated, 30.0),
            |trial| {
                let (master, sentinel) = (trial.master()?, trial.sentinel()?);
                trial.begin();
                trial.cluster.delete_forced(&master.name);
                trial.cluster.delete_forced(&sentinel.name);
                Ok(())
            },
        ),
    ]
}

pub(super) fn rows_without_storage() -> Vec<Row> {
    vec![row(
        "force-delete-all-servers",
        "all server pods deleted at once by force, no storage",
        at_most(30.0, Lost::Any, 30.0),
        |trial| {
            let servers = trial.servers();
            trial.begin();
            trial.cluster.delete_all_forced(&servers);
            Ok(())
        },
    )]
}

pub(super) fn rows_with_storage() -> Vec<Row> {
    let calamity = at_most(20.0, Lost::Nothing, 30.0);
    let empty = at_most(8.0, Lost::Nothing, 20.0);
    vec![
        row("delete-everything", "all pods deleted at once", calamity, |trial| {
            let pods = trial.cluster.pods();
            trial.begin();
            trial.cluster.delete_all(&pods);
            gone(trial, &pods)
        }),
        row("force-delete-everything", "all pods deleted at once by force", calamity, |trial| {
            let pods = trial.cluster.pods();
            trial.begin();
            trial.cluster.delete_all_forced(&pods);
            Ok(())
        }),
        row("force-delete-all-servers", "all server pods deleted at once by force", calamity, |trial| {
            let servers = trial.servers();
            trial.begin();
            trial.cluster.delete_all_forced(&servers);
            Ok(())
        }),
        row("delete-all-servers", "all server pods deleted at once", calamity, |trial| {
            let servers = trial.servers();
            trial.begin();
            trial.cluster.delete_all(&servers);
            gone(trial, &servers)
        }),
        row("delete-servers-in-turn", "all server pods deleted shortly after one another", calamity, |trial| {
            let servers = trial.servers();
            trial.begin();
            in_turn(trial, &servers, 1_500, Cluster::delete);
            gone(trial, &servers)
        }),
        row("restart-nodes", "whole node set restarted, pods back in any order", calamity, |trial| {
            let pods = trial.cluster.pods();
            trial.begin();
            in_turn(trial, &pods, 400, Cluster::delete_forced);
            Ok(())
        }),
        row("empty-replica", "a replica comes back with its claim lost", empty, |trial| {
            let replica = trial.replica()?;
            trial.begin();
            lose_with_claims(trial, &replica)
        }),
        row(
            "empty-master",
            "the master comes back with its claim lost",
            at_most(8.0, Lost::Unreplicated, 20.0),
            |trial| {
                let master = trial.master()?;
                trial.begin();
                lose_with_claims(trial, &master)
            },
        ),
        row(
            "empty-servers",
            "all servers come back with their claims lost, while every name takes 0.9 s",
            at_most(60.0, Lost::Any, 60.0),
            |trial| {
                let servers = trial.servers();
                trial.cluster.names.slow(Duration::from_millis(900));
                trial.begin();
                servers.iter().try_for_each(|server| lose_with_claims(trial, server))?;
                let healthy = trial.settle("seconds until healthy in spite of it", 60.0);
                trial.cluster.names.slow(Duration::ZERO);
                healthy
            },
        ),
    ]
}

/// Deletes a pod by force and throws its claims away before the next one starts.
fn lose_with_claims(trial: &Trial<'_>, pod: &Arc<Pod>) -> io::Result<()> {
    trial.cluster.delete_forced(&pod.name);
    for volume in pod.spec.volumes.iter().flatten() {
        if let Some(claim) = &volume.persistent_volume_claim {
            volume::lose_claim(&claim.claim_name)?;
        }
    }
    Ok(())
}

/// Deletes pods in any order, each less than so many milliseconds after the one before.
fn in_turn(trial: &Trial<'_>, pods: &[Arc<Pod>], apart: u64, delete: fn(&Cluster, &str)) {
    let mut left = pods.to_vec();
    while let Some(pod) = trial.random.pick(&left).cloned() {
        delete(&trial.cluster, &pod.name);
        left.retain(|other| other.name != pod.name);
        thread::sleep(Duration::from_millis(trial.random.below(apart)));
    }
}

/// Waits until pods that end are gone: only then their replacements can be waited for.
pub(super) fn gone(trial: &Trial<'_>, pods: &[Arc<Pod>]) -> io::Result<()> {
    let over = || pods.iter().all(|pod| trial.cluster.pod(&pod.name).is_none_or(|now| now.uid != pod.uid));
    if wait_until(Duration::from_secs(90), over) { Ok(()) } else { Err(io::Error::other("a pod does not end")) }
}
