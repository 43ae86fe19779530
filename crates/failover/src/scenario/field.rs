//! Fields of the document that change while clients write, and what `diff` says of each.

use std::io;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::change::{Whom, lives, note_when, unchanged};
use super::client::clients;
use super::deletion::gone;
use super::roll::{ROLL, roll};
use super::{Bounds, Lost, Row, at_most, row};
use crate::ground::Kind;
use crate::image::Flavour;
use crate::trial::Trial;

/// Seconds until running pods have what changed in their files, and more than the played kubelet takes for it.
const TOLD: f64 = 15.0;

/// The rows of a ground.
pub(super) fn rows(kind: Kind) -> Vec<Row> {
    match kind {
        Kind::Default => vec![
            row(
                "settings-live",
                "timers, quorum and the replicas to wait for, other ones and back",
                Bounds { moves: Some(0), ..at_most(0.5, Lost::Nothing, 20.0) },
                settings_live,
            ),
            row(
                "addresses",
                "the servers' port, the sentinels' port and the name of the master, one after another, and back",
                // Clients of the old port find nobody until it is back.
                Bounds { gap: None, moves: None, ..ROLL },
                addresses,
            ),
            row(
                "valkey-in-spite",
                "Valkey over a Redis whose data it does not read, in spite of diff, and back after 20 s",
                Bounds { moves: Some(2), ..at_most(2.0, Lost::Nothing, 30.0) },
                |trial| in_spite(trial, "spec.image", json!(Flavour::Valkey8.image())),
            ),
        ],
        Kind::Auth => vec![row(
            "clients",
            "the programs of docs/clients.md at work, the master deleted, then taken away by force",
            Bounds { moves: Some(2), ..at_most(7.0, Lost::Unreplicated, 20.0) },
            clients,
        )],
        Kind::Tls => vec![row(
            "tls-off-in-spite",
            "TLS switched off without the run book of diff, and on again after 20 s",
            Bounds { moves: Some(1), ..at_most(2.0, Lost::Nothing, 30.0) },
            |trial| in_spite(trial, "spec.tls", Value::Null),
        )],
        Kind::Tuned => {
            vec![row("directive-goes", "a directive of the servers goes, and comes back", ROLL, directive_goes)]
        }
        Kind::FiveSentinels => vec![row(
            "sentinels-to-one",
            "5 to 1 to 5 sentinels, rendered again; the master deleted while there is one",
            Bounds { moves: Some(1), ..at_most(2.0, Lost::Nothing, 30.0) },
            sentinels_to_one,
        )],
        _ => Vec::new(),
    }
}

/// The document's spec with some fields at its top replaced.
fn with(trial: &Trial<'_>, changes: Value) -> Value {
    let mut spec = trial.examiner.instance.document["spec"].clone();
    if let (Some(spec), Value::Object(changes)) = (spec.as_object_mut(), changes) {
        spec.extend(changes);
    }
    spec
}

fn settings_live(trial: &mut Trial<'_>) -> io::Result<()> {
    let (before, was) = (lives(trial), with(trial, json!({})));
    let other = with(
        trial,
        json!({
            "sentinel": {"downAfter": "6s", "failoverTimeout": "40s", "parallelSyncs": 1, "quorum": 3},
            "minReplicasToWrite": 0, "minReplicasMaxLag": "7s",
        }),
    );
    trial.begin();
    for (spec, sentinels, servers) in
        [(other, ["6000", "40000", "1", "3"], ["0", "7"]), (was, ["4000", "30000", "2", "2"], ["1", "4"])]
    {
        trial.render_live("spec", spec)?;
        let name = trial.examiner.instance.master_name().to_owned();
        note_when(trial, ("seconds until every sentinel has it", TOLD), Whom::Sentinels, |open| {
            let said = open.call(&["SENTINEL", "MASTER", &name])?;
            let fields = ["down-after-milliseconds", "failover-timeout", "parallel-syncs", "quorum"];
            Ok(fields.map(|field| said.field(field).unwrap_or_default()) == sentinels)
        })?;
        note_when(trial, ("seconds until every server has it", TOLD), Whom::Servers, |open| {
            let said = open.call(&["CONFIG", "GET", "min-replicas-*"])?;
            let fields = ["min-replicas-to-write", "min-replicas-max-lag"];
            Ok(fields.map(|field| said.field(field).unwrap_or_default()) == servers)
        })?;
    }
    trial.mend();
    unchanged(trial, &before)
}

fn addresses(trial: &mut Trial<'_>) -> io::Result<()> {
    trial.begin();
    for (path, value) in [
        ("spec.port", json!(6380)),
        ("spec.sentinel.port", json!(26380)),
        ("spec.sentinel.masterName", json!("main")),
        ("spec.sentinel.masterName", Value::Null),
        // Both ports at once.
        ("spec", json!({"image": trial.examiner.instance.image()})),
    ] {
        let before: Vec<u64> = trial.cluster.pods().iter().map(|pod| pod.uid).collect();
        let sets = trial.render_with(path, value)?;
        trial.rolled(&sets, &before)?;
        trial.settle(&format!("seconds until healthy with another {path}"), 30.0)?;
    }
    trial.mend();
    Ok(())
}

fn directive_goes(trial: &mut Trial<'_>) -> io::Result<()> {
    let path = "spec.config.slowlog-max-len";
    trial.begin();
    let began = trial.fault;
    for (value, is) in [(Value::Null, "128"), (json!("200"), "200")] {
        roll(trial, path, value)?;
        note_when(trial, ("seconds until every server has it", TOLD), Whom::Servers, |open| {
            Ok(open.call(&["CONFIG", "GET", "slowlog-max-len"])?.field("slowlog-max-len") == Some(is))
        })?;
        trial.settle("seconds until healthy after the roll", 20.0)?;
    }
    trial.fault = began;
    Ok(())
}

/// What `diff` warns of, applied all the same: the rollout stops at the first server, the rest goes on, and all heals once it is taken back.
fn in_spite(trial: &mut Trial<'_>, path: &str, value: Value) -> io::Result<()> {
    let pointer = format!("/{}", path.replace('.', "/"));
    let was = trial.examiner.instance.document.pointer(&pointer).cloned().unwrap_or_default();
    let before: Vec<u64> = trial.servers().iter().map(|pod| pod.uid).collect();
    trial.begin();
    trial.render_in_spite(path, value)?;
    thread::sleep(Duration::from_secs(20));
    let (replaced, of) = trial.replaced("redis", &before);
    trial.render_with(path, was)?;
    trial.mend();
    if replaced == 1 {
        Ok(())
    } else {
        Err(io::Error::other(format!("{replaced} of {of} servers were replaced, not one")))
    }
}

fn sentinels_to_one(trial: &mut Trial<'_>) -> io::Result<()> {
    trial.begin();
    trial.render_live("spec.sentinel.replicas", json!(1))?;
    trial.settle("seconds until healthy with one", 30.0)?;
    let master = trial.master()?;
    trial.cluster.delete(&master.name);
    gone(trial, &[master])?;
    trial.settle("seconds until healthy with another master", 20.0)?;
    // What the one wrote down of its election is there to be learned.
    thread::sleep(Duration::from_secs(1));
    trial.render_live("spec.sentinel.replicas", json!(5))?;
    trial.mend();
    Ok(())
}
