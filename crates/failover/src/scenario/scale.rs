//! More pods, fewer pods, none.

use std::io;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Lost, Row, at_most, row};
use crate::kube::cluster::wait_until;
use crate::trial::Trial;

/// Each change of size must be healthy within this many seconds.
const STEP: f64 = 20.0;

pub(super) fn rows() -> Vec<Row> {
    let step = at_most(2.0, Lost::Nothing, STEP);
    vec![
        row("scale-servers", "3 to 5 to 3 servers, rendered again", step, |trial| {
            resize(trial, |trial, count| trial.render_live("spec.replicas", json!(count)))
        }),
        row("scale-servers-plain", "3 to 5 to 3 servers by kubectl scale alone", step, |trial| {
            resize(trial, |trial, count| {
                trial.cluster.scale("redis", count);
                Ok(())
            })
        }),
        row("scale-sentinels", "3 to 5 to 3 sentinels, rendered again", step, |trial| {
            resize(trial, |trial, count| trial.render_live("spec.sentinel.replicas", json!(count)))
        }),
        row("scale-sentinels-plain", "3 to 5 to 3 sentinels by kubectl scale alone", step, |trial| {
            resize(trial, |trial, count| {
                trial.cluster.scale(&trial.examiner.instance.sentinel_set(), count);
                Ok(())
            })
        }),
    ]
}

pub(super) fn rows_with_storage() -> Vec<Row> {
    let calamity = at_most(20.0, Lost::Nothing, 30.0);
    vec![
        row("zero-and-back", "everything put to sleep by the document (`suspend`), and back", calamity, sleep_and_wake),
        row(
            "zero-and-back-elsewhere",
            "everything scaled to zero and back, with Services at new addresses",
            calamity,
            zero_and_back_elsewhere,
        ),
    ]
}

/// Up, then down; the second half is what the scenario's own bounds are for.
fn resize(trial: &mut Trial<'_>, to: fn(&mut Trial<'_>, i32) -> io::Result<()>) -> io::Result<()> {
    trial.begin();
    to(trial, 5)?;
    trial.settle("seconds until healthy with five", STEP)?;
    to(trial, 3)?;
    trial.mend();
    Ok(())
}

/// Scales everything to zero and waits until it is gone. Sentinels may go first or last: whoever does so does not think of it.
pub(super) fn to_zero(trial: &Trial<'_>) -> io::Result<[String; 2]> {
    let mut sets = ["redis".to_owned(), trial.examiner.instance.sentinel_set()];
    if trial.random.below(2) == 0 {
        sets.reverse();
    }
    for set in &sets {
        trial.cluster.scale(set, 0);
        thread::sleep(Duration::from_millis(trial.random.below(2_000)));
    }
    ended(trial)?;
    Ok(sets)
}

/// Waits until no pod is left.
fn ended(trial: &Trial<'_>) -> io::Result<()> {
    if wait_until(Duration::from_secs(120), || trial.cluster.pods().is_empty()) {
        return Ok(());
    }
    Err(io::Error::other("not all pods ended"))
}

fn sleep_and_wake(trial: &mut Trial<'_>) -> io::Result<()> {
    trial.render_live("spec.suspend", json!(true))?;
    ended(trial)?;
    trial.begin();
    trial.render_live("spec.suspend", Value::Null)
}

fn zero_and_back_elsewhere(trial: &mut Trial<'_>) -> io::Result<()> {
    let sets = to_zero(trial)?;
    trial.cluster.renew_services();
    // Time without writes counts from the return: how long nothing runs is the operator's choice.
    trial.begin();
    for set in &sets {
        trial.cluster.scale(set, 3);
    }
    Ok(())
}
