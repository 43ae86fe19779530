//! What is planned: rolling restarts, and another master for its own sake.

use std::io;
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::deletion::gone;
use super::{Bounds, Lost, Row, at_most, row};
use crate::caller::Service;
use crate::kube::objects::secret;
use crate::trial::Trial;

/// Two seconds for each move of the master, at most one move for each of three servers that restarts; how long a roll takes is not
/// bounded.
pub(super) const ROLL: Bounds = Bounds { gap: Some(2.0), lost: Lost::Nothing, healthy: None, moves: Some(3) };

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("elect", "an operator has another master elected", at_most(2.0, Lost::Any, 20.0), |trial| {
            let operator = trial.cluster.stranger("default", &[("app", "client")])?;
            trial.begin();
            let instance = &trial.examiner.instance;
            operator.enter(|| {
                let mut sentinel = instance.dial_service("sentinel", &instance.sentinels, instance.sentinel_port())?;
                sentinel.call(&["SENTINEL", "FAILOVER", instance.master_name()]).map(drop)
            })?
        }),
        row("roll-servers", "rolling restart of the servers after a config change", ROLL, |trial| {
            // A directive that only a start can change; others change in the running server.
            let backlog = 100 + trial.random.below(400);
            roll(trial, "spec.config", json!({"tcp-backlog": backlog.to_string()}))
        }),
        row("roll-sentinels", "rolling restart of the sentinels after a config change", ROLL, |trial| {
            let most = 1_000 + trial.random.below(100_000);
            roll(trial, "spec.sentinel", json!({"config": {"maxclients": most.to_string()}}))
        }),
        row("roll-both", "rolling restart of both after a change of the pods", ROLL, |trial| {
            roll(
                trial,
                "spec.podAnnotations",
                json!({"example.com/restarted": trial.random.below(u64::MAX).to_string()}),
            )
        }),
        row("roll-image", "rolling restart of both to another image", ROLL, |trial| {
            let next = format!("{}.{}", trial.examiner.instance.image(), trial.random.below(1_000));
            roll(trial, "spec.image", json!(next))
        }),
    ]
}

pub(super) fn auth_rows() -> Vec<Row> {
    vec![
        row(
            "wrong-password",
            "the Secret has a wrong password for 20 s, in which a replica is deleted",
            at_most(0.5, Lost::Nothing, 20.0),
            wrong_password,
        ),
        row("rotate-password", "the password is changed while clients write", ROLL, rotate),
    ]
}

/// Applies a change of the document and waits until the sets that `diff` names have taken it up, pod by pod; the other must go on.
pub(super) fn roll(trial: &mut Trial<'_>, path: &str, value: serde_json::Value) -> io::Result<()> {
    let before: Vec<u64> = trial.cluster.pods().iter().map(|pod| pod.uid).collect();
    trial.begin();
    let sets = trial.render_with(path, value)?;
    let rolled = trial.rolled(&sets, &before);
    trial.mend();
    for (set, service) in
        [("redis".to_owned(), Service::Read), (trial.examiner.instance.sentinel_set(), Service::Sentinel)]
    {
        if sets.contains(&set) {
            trial.note_refused(service);
        } else {
            unmoved(trial, &set, &before)?;
        }
    }
    rolled
}

/// Fails if a pod of a set that was to go on is another.
pub(super) fn unmoved(trial: &Trial<'_>, set: &str, before: &[u64]) -> io::Result<()> {
    match trial.replaced(set, before) {
        (0, _) => Ok(()),
        (replaced, of) => {
            Err(io::Error::other(format!("diff says that {set} goes on, but {replaced} of {of} pods were replaced")))
        }
    }
}

/// Somebody overwrites the Secret; nobody knows the password in it until it is put right.
fn wrong_password(trial: &mut Trial<'_>) -> io::Result<()> {
    let put = |trial: &mut Trial<'_>, password: &str| -> io::Result<()> {
        trial.examiner.instance.beside.apply(secret("redis-auth", &[("password", password.as_bytes())]));
        trial.cluster.apply(trial.examiner.instance.objects()?);
        Ok(())
    };
    let right = trial.examiner.instance.servers.password.clone().unwrap_or_default();
    let replica = trial.replica()?;
    trial.begin();
    put(trial, "not the password")?;
    thread::sleep(Duration::from_secs(8));
    trial.cluster.delete(&replica.name);
    gone(trial, &[replica])?;
    thread::sleep(Duration::from_secs(12));
    trial.mend();
    put(trial, &right)
}

/// The documented way: the new password beside the old one, a roll, then the old one goes with another roll.
pub(super) fn rotate(trial: &mut Trial<'_>) -> io::Result<()> {
    let (first, second) = ("first-password", "second-password");
    let both: &[(&str, &[u8])] = &[("password", second.as_bytes()), ("previous-password", first.as_bytes())];
    trial.begin();
    trial.examiner.instance.beside.apply(secret("redis-auth", both));
    roll(trial, "spec.podAnnotations", json!({"example.com/password": trial.random.below(u64::MAX).to_string()}))?;
    // The clients at work still use the first password; from here on the second must do as well.
    trial.examiner.instance.servers.password = Some(second.to_owned());
    trial.examiner.instance.sentinels.password = Some(second.to_owned());
    Ok(())
}
