//! What its owner changes: passwords, directives, how data is kept, the release; and what clients do on purpose.

use std::collections::BTreeMap;
use std::io;
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::deletion::gone;
use super::roll::{ROLL, roll};
use super::scale::to_zero;
use super::{Bounds, Lost, Row, at_most, metrics, row};
use crate::background::Background;
use crate::backup;
use crate::ground::Kind;
use crate::health::Examiner;
use crate::kube::cluster::wait_until;
use crate::kube::objects::secret;
use crate::kube::pod::Pod;
use crate::resp::{Access, Connection};
use crate::secrets::Certificate;
use crate::trial::Trial;
use crate::writer::{Promise, Written};

/// Rows after which the ground is another.
pub(super) const SPOIL: &[&str] = &[
    "auth-on",
    "auth-off",
    "rdb-to-aof-stopped",
    "aof-to-rdb-stopped",
    "backup-placed",
    "rotate-sentinel-password",
    "tls-off-and-on",
    "upgrade",
    "users-off-and-on",
];

/// A roll that has to end, healthy, within this many seconds.
const CHANGED: Bounds = Bounds { healthy: Some(150.0), ..ROLL };

/// The rows of a ground.
pub(super) fn rows(kind: Kind) -> Vec<Row> {
    let calm = Bounds { moves: Some(0), ..at_most(0.5, Lost::Nothing, 20.0) };
    let stopped = at_most(20.0, Lost::Nothing, 30.0);
    match kind {
        Kind::Default => vec![
            row(
                "scale-to-one",
                "3 to 1 to 3 servers, rendered again, the master on one that goes",
                // The one that stays asks for a replica until it is handed topology.env, in reality after up to 90 s.
                Bounds { moves: Some(2), ..at_most(8.0, Lost::Nothing, 20.0) },
                scale_to_one,
            ),
            row(
                "overload",
                "six times more runnable processes than cores for 40 s",
                Bounds { gap: None, ..calm },
                overload,
            ),
        ],
        Kind::Storage => vec![
            row(
                "persistence-roll",
                "from the append-only file to snapshots and back, in rolling restarts",
                Bounds { moves: Some(6), ..ROLL },
                persistence_roll,
            ),
            row("aof-to-rdb-stopped", "from the append-only file to snapshots while nothing runs", stopped, |trial| {
                change_stopped(trial, json!("rdb"), false)
            }),
        ],
        Kind::Snapshots => vec![row(
            "rdb-to-aof-stopped",
            "from snapshots to the append-only file while nothing runs",
            stopped,
            |trial| change_stopped(trial, Value::Null, true),
        )],
        Kind::Backup => vec![row(
            "backup-placed",
            "started on a dump.rdb that was put there, then all server pods deleted at once by force",
            stopped,
            backup_placed,
        )],
        Kind::Tls => vec![row(
            "renew-certificate",
            "certificates that live for 30 s, renewed every 15 s for 60 s, the last two by another authority",
            Bounds { moves: Some(0), ..at_most(2.0, Lost::Nothing, 20.0) },
            renew_certificate,
        )],
        Kind::TlsStorage => vec![row(
            "tls-off-and-on",
            "without TLS, but known by addresses outside, and back, each time by the run book of diff: while nothing runs",
            Bounds { gap: None, ..at_most(0.0, Lost::Nothing, 30.0) },
            tls_off_and_on,
        )],
        Kind::Unlocked => vec![row("auth-on", "a password where there was none", CHANGED, |trial| {
            change_auth(trial, json!({"secret": "redis-auth"}), true)
        })],
        Kind::Auth => {
            vec![row("auth-off", "no password where there was one", CHANGED, |trial| {
                change_auth(trial, Value::Null, false)
            })]
        }
        Kind::TwoPasswords => vec![row(
            "rotate-sentinel-password",
            "the sentinels' own password is changed while clients write",
            ROLL,
            rotate_sentinel_password,
        )],
        Kind::Tuned => vec![
            row("config-live", "another value of a directive that a running server takes", calm, config_live),
            row(
                "max-clients",
                "every connection of the master taken for 75 s, then the master deleted",
                Bounds { moves: Some(1), ..at_most(2.0, Lost::Nothing, 20.0) },
                max_clients,
            ),
        ],
        Kind::Before | Kind::BeforeStorage => {
            vec![row("upgrade", "today's rendering over that of the release before", CHANGED, upgrade)]
        }
        _ => Vec::new(),
    }
}

fn change_auth(trial: &mut Trial<'_>, auth: Value, asked: bool) -> io::Result<()> {
    roll(trial, "spec.auth", auth)?;
    trial.mended = None;
    let within = Duration::from_secs(150).saturating_sub(trial.fault.elapsed());
    if wait_until(within, || strangers_are(trial, asked)) {
        return Ok(());
    }
    let what = if asked { "somebody takes clients without a password" } else { "somebody still asks for a password" };
    Err(io::Error::other(what))
}

/// Whether every server and sentinel refuses whoever has no password, or takes them all.
fn strangers_are(trial: &Trial<'_>, refused: bool) -> bool {
    let instance = &trial.examiner.instance;
    let is = |pod: &Arc<Pod>, port| {
        let open = pod.ip().and_then(|ip| Access::default().connect(ip, port, "").ok());
        let Some(mut open) = open else { return false };
        match open.call(&["PING"]) {
            Ok(_) => !refused,
            Err(error) => refused && error.to_string().starts_with("NOAUTH"),
        }
    };
    let all = trial.examiner.net.enter(|| {
        trial.servers().iter().all(|pod| is(pod, instance.port()))
            && trial.sentinels().iter().all(|pod| is(pod, instance.sentinel_port()))
    });
    all.unwrap_or(false)
}

/// A server loads a certificate while it runs, a sentinel starts again within its pod; nobody is seen without a valid one.
fn renew_certificate(trial: &mut Trial<'_>) -> io::Result<()> {
    let before = lives(trial);
    trial.begin();
    // Both are trusted before the other signs, and until all show what it signed.
    for (valid, signed_by, trusted) in [(30, 0, 0..1), (30, 0, 0..2), (24 * 3600, 1, 0..2), (24 * 3600, 1, 1..2)] {
        let issued = Instant::now();
        let certificate = trial.examiner.instance.renew(Duration::from_secs(valid), signed_by, trusted)?;
        trial.cluster.apply(trial.examiner.instance.objects()?);
        let mut seen = None;
        wait_until(Duration::from_secs(29), || {
            if show(trial, &certificate) {
                seen = Some(issued.elapsed());
            }
            seen.is_some()
        });
        let seen = seen.ok_or_else(|| io::Error::other("somebody still shows a certificate of before"))?;
        trial.note("seconds until all show the new certificate", seen.as_secs_f64(), 29.0);
        thread::sleep(Duration::from_secs(15).saturating_sub(issued.elapsed()));
    }
    // The first two have expired by then.
    thread::sleep(Duration::from_secs(10));
    trial.mend();
    unchanged(trial, &before)
}

/// The clients at work speak TLS all the time, and write again once it is back.
fn tls_off_and_on(trial: &mut Trial<'_>) -> io::Result<()> {
    let (asked, tls) = {
        let instance = &trial.examiner.instance;
        (instance.document["spec"]["tls"].clone(), instance.servers.tls.clone())
    };
    trial.begin();
    let outside = json!({"external": {
        "servers": ["redis-{index}.example.com"], "sentinels": ["203.0.113.20", "203.0.113.21", "203.0.113.22"],
        "annotations": {"external-dns.alpha.kubernetes.io/hostname": "{hostname}"},
    }});
    for (asked, tls, services, form) in
        [(Value::Null, None, outside, "without TLS"), (asked, tls, Value::Null, "with TLS again")]
    {
        to_zero(trial)?;
        let instance = &mut trial.examiner.instance;
        (instance.servers.tls, instance.sentinels.tls) = (tls.clone(), tls);
        let mut spec = trial.examiner.instance.document["spec"].clone();
        (spec["services"], spec["tls"]) = (services, asked);
        trial.render_with("spec", spec)?;
        trial.settle(&format!("seconds until healthy {form}"), 30.0)?;
    }
    trial.mend();
    Ok(())
}

/// Whether every server and sentinel shows this certificate.
fn show(trial: &Trial<'_>, certificate: &Certificate) -> bool {
    let instance = &trial.examiner.instance;
    let shows = |pod: &Arc<Pod>, port| {
        let socket = pod.ip().and_then(|ip| TcpStream::connect((ip, port)).ok());
        let (Some(socket), Some(tls)) = (socket, &instance.servers.tls) else { return false };
        tls.sees(socket, &instance.service("read"), certificate).unwrap_or(false)
    };
    let all = trial.examiner.net.enter(|| {
        trial.servers().iter().all(|pod| shows(pod, instance.port()))
            && trial.sentinels().iter().all(|pod| shows(pod, instance.sentinel_port()))
    });
    all.unwrap_or(false)
}

/// As the row `rotate-password` does, with the sentinels' own.
fn rotate_sentinel_password(trial: &mut Trial<'_>) -> io::Result<()> {
    let (first, second) = ("first-sentinel-password", "second-sentinel-password");
    let entries: &[(&str, &[u8])] = &[
        ("password", b"first-password"),
        ("sentinel-password", second.as_bytes()),
        ("previous-sentinel-password", first.as_bytes()),
    ];
    trial.begin();
    trial.examiner.instance.beside.apply(secret("redis-auth", entries));
    let change = json!({"example.com/password": trial.random.below(u64::MAX).to_string()});
    roll(trial, "spec.podAnnotations", change)?;
    // The clients at work still use the first password; from here on the second must do as well.
    trial.examiner.instance.sentinels.password = Some(second.to_owned());
    metrics::well(trial, Duration::from_secs(10))
}

fn scale_to_one(trial: &mut Trial<'_>) -> io::Result<()> {
    // On a fresh ground the first server is master, and would have nothing to hand over.
    if trial.master()?.name == "redis-0" {
        let master = trial.master()?;
        trial.cluster.delete(&master.name);
        gone(trial, &[master])?;
        trial.settle("seconds until healthy with another master", 20.0)?;
    }
    let first = |trial: &Trial<'_>| lives(trial).remove("redis-0");
    let before = first(trial);
    trial.begin();
    trial.render_live("spec.replicas", json!(1))?;
    trial.settle("seconds until healthy with one", 20.0)?;
    trial.render_live("spec.replicas", json!(3))?;
    trial.mend();
    trial.settle("seconds until healthy with three", 20.0)?;
    if first(trial) == before { Ok(()) } else { Err(io::Error::other("the server that stayed was restarted")) }
}

fn config_live(trial: &mut Trial<'_>) -> io::Result<()> {
    let before = lives(trial);
    let length = (200 + trial.random.below(100_000)).to_string();
    trial.begin();
    trial.render_live("spec.config.slowlog-max-len", json!(length))?;
    note_when(trial, ("seconds until every server has the new value", 15.0), Whom::Servers, |open| {
        Ok(open.call(&["CONFIG", "GET", "slowlog-max-len"])?.field("slowlog-max-len") == Some(&length))
    })?;
    // A roll would have begun by now.
    thread::sleep(Duration::from_secs(3));
    trial.mend();
    unchanged(trial, &before)
}

/// Snapshots of all servers, then some more writes, then another way to keep data while nothing runs.
fn change_stopped(trial: &mut Trial<'_>, persistence: Value, appends: bool) -> io::Result<()> {
    save(trial)?;
    thread::sleep(Duration::from_secs(2));
    to_zero(trial)?;
    trial.begin();
    trial.render_with("spec.persistence", persistence)?;
    note_appends(trial, appends)
}

fn persistence_roll(trial: &mut Trial<'_>) -> io::Result<()> {
    trial.begin();
    let began = trial.fault;
    for (persistence, appends) in [(json!("rdb"), false), (Value::Null, true)] {
        roll(trial, "spec.persistence", persistence)?;
        note_appends(trial, appends)?;
        trial.settle("seconds until healthy after the roll", 20.0)?;
    }
    trial.fault = began;
    Ok(())
}

fn backup_placed(trial: &mut Trial<'_>) -> io::Result<()> {
    trial.beside.push((Promise::Replicated, backup::written()));
    note_appends(trial, true)?;
    let servers = trial.servers();
    trial.begin();
    trial.cluster.delete_all_forced(&servers);
    Ok(())
}

/// How many clients want a connection of a server that takes 60.
const CROWD: usize = 240;

/// Whoever leaks connections opens more as soon as there is room.
fn max_clients(trial: &mut Trial<'_>) -> io::Result<()> {
    let (master, named, before) = (trial.master()?, trial.examiner.named(), lives(trial));
    let net = trial.cluster.stranger("default", &[("app", "client")])?;
    let Some(ip) = master.ip() else { return Err(io::Error::other("the master has no address")) };
    let (access, port) = (trial.examiner.instance.servers.clone(), trial.examiner.instance.port());
    let dial = move || -> io::Result<Connection> {
        let mut open = access.connect(ip, port, "")?;
        open.call(&["PING"])?;
        Ok(open)
    };
    let crowd = Background::start("crowd", {
        let (net, dial) = (Arc::clone(&net), dial.clone());
        move |end| {
            let mut held = Vec::new();
            while net.join().is_ok() && !end.has_come() {
                // More than there is room for, each of which comes back at once; not without end.
                if held.len() < CROWD
                    && let Ok(open) = dial()
                {
                    held.push(open);
                } else {
                    thread::sleep(Duration::from_millis(50));
                }
            }
        }
    })?;
    let full = || {
        let refused =
            net.enter(|| dial().err().is_some_and(|error| error.to_string().contains("max number of clients")));
        if refused? { Ok(()) } else { Err(io::Error::other("the master still takes clients")) }
    };
    trial.begin();
    thread::sleep(Duration::from_secs(5));
    full()?;
    thread::sleep(Duration::from_secs(70));
    full()?;
    unchanged(trial, &before)?;
    if trial.examiner.named() != named {
        return Err(io::Error::other("another master was elected because clients took every connection"));
    }
    trial.mend();
    trial.cluster.delete(&master.name);
    gone(trial, &[master])?;
    drop(crowd);
    Ok(())
}

/// The pods of the release before go one by one, each once.
fn upgrade(trial: &mut Trial<'_>) -> io::Result<()> {
    let before = lives(trial);
    let uids: Vec<u64> = before.values().map(|life| life.uid).collect();
    let sets = ["redis".to_owned(), trial.examiner.instance.sentinel_set()];
    trial.begin();
    trial.cluster.apply(trial.examiner.instance.objects()?);
    trial.rolled(&sets, &uids)?;
    let after = lives(trial);
    let newest = |lives: &Lives| lives.values().map(|life| life.uid).max().unwrap_or(0);
    if newest(&after) - newest(&before) != after.len() as u64 || after.values().any(|life| life.ends > 0) {
        return Err(io::Error::other(format!("not one rolling restart: {before:?} became {after:?}")));
    }
    Ok(())
}

fn overload(trial: &mut Trial<'_>) -> io::Result<()> {
    let before = lives(trial);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    trial.begin();
    let spin = |_| {
        Background::start("load", |end| {
            while !end.has_come() {
                std::hint::spin_loop();
            }
        })
    };
    let load = (0..6 * cores).map(spin).collect::<io::Result<Vec<_>>>()?;
    thread::sleep(Duration::from_secs(40));
    drop(load);
    trial.mend();
    trial.settle("seconds until healthy without it", 20.0)?;
    unchanged(trial, &before)
}

/// Which pod bears a name, and how often a container of it has ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Life {
    uid: u64,
    ends: u32,
}

pub(super) type Lives = BTreeMap<String, Life>;

pub(super) fn lives(trial: &Trial<'_>) -> Lives {
    let life = |pod: &Pod| Life { uid: pod.uid, ends: pod.state().containers.values().map(|one| one.crashes).sum() };
    trial.cluster.pods().iter().map(|pod| (pod.name.clone(), life(pod))).collect()
}

pub(super) fn unchanged(trial: &Trial<'_>, before: &Lives) -> io::Result<()> {
    let now = lives(trial);
    let others: Vec<&String> =
        now.iter().filter(|(name, life)| before.get(*name) != Some(life)).map(|one| one.0).collect();
    if others.is_empty() { Ok(()) } else { Err(io::Error::other(format!("restarted: {others:?}"))) }
}

/// Who is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whom {
    Servers,
    Sentinels,
}

/// Notes when all of them answer as they should; an error if one never does.
pub(super) fn note_when(
    trial: &mut Trial<'_>,
    (what, bound): (&str, f64),
    whom: Whom,
    holds: impl Fn(&mut Connection) -> io::Result<bool> + Sync,
) -> io::Result<()> {
    let began = Instant::now();
    let all = || {
        let Examiner { instance, cluster, net, .. } = &*trial.examiner;
        let (pods, wanted) =
            if whom == Whom::Servers { instance.server_pods(cluster) } else { instance.sentinel_pods(cluster) };
        let dial = |pod: &Arc<Pod>| {
            if whom == Whom::Servers { trial.examiner.dial_server(pod) } else { trial.examiner.dial_sentinel(pod) }
        };
        let one = |pod: &Arc<Pod>| dial(pod).and_then(|mut open| holds(&mut open)).unwrap_or(false);
        pods.len() == wanted && net.enter(|| pods.iter().all(one)).unwrap_or(false)
    };
    if !wait_until(Duration::from_secs_f64(2.0 * bound), all) {
        return Err(io::Error::other(format!("{what}: never")));
    }
    trial.note(what, began.elapsed().as_secs_f64(), bound);
    Ok(())
}

fn note_appends(trial: &mut Trial<'_>, appends: bool) -> io::Result<()> {
    let (what, wanted) =
        if appends { ("seconds until every server appends", "1") } else { ("seconds until no server appends", "0") };
    note_when(trial, (what, 30.0), Whom::Servers, |open| {
        Ok(open.info("persistence")?.iter().any(|(key, value)| key == "aof_enabled" && value == wanted))
    })
}

/// Writes keys that every server has, and then a snapshot of.
fn save(trial: &mut Trial<'_>) -> io::Result<()> {
    let prefix = format!("saved-{}", trial.random.below(1_000_000));
    let mut written = Written { prefix, acknowledged: Vec::new() };
    let examiner = &trial.examiner;
    let servers = examiner.servers();
    let master = examiner.master()?;
    let saved = examiner.net.enter(|| -> io::Result<bool> {
        let mut open = examiner.dial_server(&master)?;
        for number in 0..1_000 {
            open.call(&["SET", &format!("{}:{number}", written.prefix), &number.to_string()])?;
            written.acknowledged.push((number, Instant::now()));
        }
        let others = servers.len() - 1;
        if open.call(&["WAIT", &others.to_string(), "900"])?.number() < i64::try_from(others).ok() {
            return Ok(false);
        }
        // The time of a snapshot is told in seconds.
        thread::sleep(Duration::from_secs(1));
        let mut all = servers.iter().map(|pod| examiner.dial_server(pod)).collect::<io::Result<Vec<_>>>()?;
        let last = |open: &mut Connection| Ok::<_, io::Error>(open.call(&["LASTSAVE"])?.number());
        let before = all.iter_mut().map(last).collect::<io::Result<Vec<_>>>()?;
        // One that is at it already may have begun before the last key.
        let snapshot = |open: &mut Connection| wait_until(Duration::from_secs(20), || open.call(&["BGSAVE"]).is_ok());
        let begun = all.iter_mut().all(snapshot);
        let done = |all: &mut Vec<Connection>| {
            all.iter_mut().zip(&before).all(|(open, before)| last(open).is_ok_and(|now| now > *before))
        };
        Ok(begun && wait_until(Duration::from_secs(20), || done(&mut all)))
    })??;
    if !saved {
        return Err(io::Error::other("not every server has written a snapshot"));
    }
    trial.beside.push((Promise::Replicated, written));
    Ok(())
}
