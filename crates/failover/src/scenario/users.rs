//! Users: what they may, how they change while one of them writes, and how they come and go.

use std::io;
use std::time::Duration;

use serde_json::{Value, json};

use super::change::{Whom, lives, note_when, unchanged};
use super::deletion::gone;
use super::roll::{ROLL, roll};
use super::{Bounds, Lost, Row, at_most, force_delete_master, metrics, row};
use crate::kube::objects::secret;
use crate::resp::{Access, Connection, Reply};
use crate::trial::Trial;

/// Seconds until running servers have what changed in their files, and more than the played kubelet takes for it.
const TOLD: f64 = 15.0;

/// Rows of a ground whose clients are a user.
pub(super) fn rows() -> Vec<Row> {
    let own = [
        row(
            "users-live",
            "at servers and sentinels a user's password changes while it is used; one user goes, one comes; the default one is back, and off again",
            Bounds { moves: Some(0), ..at_most(0.5, Lost::Nothing, 20.0) },
            users_live,
        ),
        row(
            "users-off-and-on",
            "back to the default user alone in one step, and to users without it in one more",
            // The clients at work are a user all the time.
            Bounds { gap: None, moves: Some(6), ..ROLL },
            users_off_and_on,
        ),
    ];
    force_delete_master().chain(own).collect()
}

/// Rows of a ground whose clients are the default user.
pub(super) fn rows_of_auth() -> Vec<Row> {
    let bounds = Bounds { moves: Some(7), ..ROLL };
    vec![row(
        "users-on-and-off",
        "users beside the default one, the master deleted, and no users again",
        bounds,
        |trial| {
            let was = trial.examiner.instance.document["spec"]["auth"].clone();
            let mut with = was.clone();
            with["users"] = json!([{"name": "app", "rules": "~app:* +@all", "hashes": ["0".repeat(64)]}]);
            with["sentinelUsers"] = json!([{"name": "app", "hashes": ["0".repeat(64)]}]);
            trial.begin();
            let began = trial.fault;
            roll(trial, "spec.auth", with)?;
            note_own(trial)?;
            let master = trial.master()?;
            trial.cluster.delete(&master.name);
            gone(trial, &[master])?;
            trial.settle("seconds until healthy with another master", 20.0)?;
            roll(trial, "spec.auth", was)?;
            trial.fault = began;
            Ok(())
        },
    )]
}

/// Servers and sentinels are the user of their own.
fn note_own(trial: &mut Trial<'_>) -> io::Result<()> {
    note_when(trial, ("seconds until every server is its own user", TOLD), Whom::Servers, |open| {
        let is_own = open.call(&["CONFIG", "GET", "masteruser"])?.field("masteruser") == Some("redis-k8s");
        let clients = open.call(&["CLIENT", "LIST"])?;
        let clients = clients.text().unwrap_or_default().to_owned();
        let sentinels = clients.lines().filter(|line| line.contains(" name=sentinel-"));
        Ok(is_own && sentinels.clone().count() > 0 && sentinels.clone().all(|line| line.contains(" user=redis-k8s")))
    })
}

/// Whether the default user of a server or sentinel is on.
fn has_default(open: &mut Connection) -> io::Result<bool> {
    let flags = open.call(&["ACL", "GETUSER", "default"])?;
    let flags = flags.list().get(1).map(Reply::list).unwrap_or_default();
    Ok(flags.iter().any(|flag| flag.text() == Some("on")))
}

fn users_live(trial: &mut Trial<'_>) -> io::Result<()> {
    let (before, auth) = (lives(trial), trial.examiner.instance.document["spec"]["auth"].clone());
    let is_off = |open: &mut Connection| Ok(!has_default(open)?);
    for whom in [Whom::Servers, Whom::Sentinels] {
        note_when(trial, ("seconds until the default user is off", TOLD), whom, is_off)?;
    }
    note_own(trial)?;
    refused(trial)?;
    measured(trial)?;
    trial.begin();
    let entries: &[(&str, &[u8])] = &[
        ("password", b"first-password"),
        ("sentinel-password", b"first-sentinel-password"),
        ("admin-password", b"second-admin-password"),
        ("previous-admin-password", b"first-admin-password"),
        ("app-password", b"first-app-password"),
    ];
    trial.examiner.instance.beside.apply(secret("redis-auth", entries));
    trial.cluster.apply(trial.examiner.instance.objects()?);
    // The clients at work still have the first password; from here on the second must do as well.
    let second = Some("second-admin-password".to_owned());
    trial.examiner.instance.servers.password.clone_from(&second);
    trial.examiner.instance.sentinels.password = second;
    let takes = |open: &mut Connection| open.call(&["CLIENT", "KILL", "USER", "admin"]).map(|_| true);
    for whom in [Whom::Servers, Whom::Sentinels] {
        note_when(trial, ("seconds until the new password is taken", TOLD), whom, takes)?;
    }
    for (default, second) in [(true, "guest"), (false, "app")] {
        let mut with = auth.clone();
        with["defaultUser"] = json!(default);
        with["users"][1]["name"] = json!(second);
        with["sentinelDefaultUser"] = json!(default);
        with["sentinelUsers"][1]["name"] = json!(second);
        trial.render_live("spec.auth", with)?;
        for (whom, of_file) in [(Whom::Servers, Some("batch")), (Whom::Sentinels, None)] {
            note_when(trial, ("seconds until users are the document's", TOLD), whom, |open| {
                let names = open.call(&["ACL", "USERS"])?;
                let mut names: Vec<&str> = names.list().iter().filter_map(Reply::text).collect();
                names.sort_unstable();
                let mut wanted: Vec<_> = ["admin", "default", second, "redis-k8s"].into_iter().chain(of_file).collect();
                wanted.sort_unstable();
                Ok(names == wanted && has_default(open)? == default)
            })?;
        }
    }
    trial.mend();
    refused(trial)?;
    unchanged(trial, &before)
}

/// A user may what its rules say, and nothing else.
fn refused(trial: &Trial<'_>) -> io::Result<()> {
    let user = |name: &str, password: &str| Access {
        user: Some(name.to_owned()),
        password: Some(password.to_owned()),
        tls: None,
    };
    let examiner = &trial.examiner;
    let master = examiner.master()?;
    let ip = master.ip().ok_or_else(|| io::Error::other("the master has no address"))?;
    let port = examiner.instance.port();
    examiner.net.enter(|| {
        let mut open = user("app", "first-app-password").connect(ip, port, "")?;
        open.call(&["SET", "app:1", "1"])?;
        open.call(&["DEL", "app:1"])?;
        for words in [&["SET", "plain:0", "1"][..], &["CONFIG", "GET", "*"], &["FLUSHALL"], &["ACL", "LIST"]] {
            no_permission(&mut open, words)?;
        }
        user("batch", "first-batch-password").connect(ip, port, "")?.call(&["SET", "batch:1", "1", "EX", "1"])?;
        let sentinel = examiner.instance.sentinel_port();
        let pod = trial.sentinel()?;
        let at = pod.ip().ok_or_else(|| io::Error::other("the sentinel has no address"))?;
        let mut open = user("app", "first-app-password").connect(at, sentinel, "")?;
        let said = open.call(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "redis"])?;
        if said.list().len() != 2 {
            return Err(io::Error::other(format!("a user of the sentinels is told {said:?}")));
        }
        for question in
            [&["SENTINEL", "MASTERS"][..], &["SENTINEL", "REPLICAS", "redis"], &["SENTINEL", "SENTINELS", "redis"]]
        {
            open.call(question)?;
        }
        for words in
            [&["SENTINEL", "FAILOVER", "redis"][..], &["ACL", "LIST"], &["CLIENT", "LIST"], &["PUBLISH", "a", "b"]]
        {
            no_permission(&mut open, words)?;
        }
        open.call(&["PSUBSCRIBE", "*"])?;
        for (name, password) in
            [("app", "first-admin-password"), ("default", "first-sentinel-password"), ("odd", "first-odd-password")]
        {
            if user(name, password).connect(at, sentinel, "").is_ok() {
                return Err(io::Error::other(format!("{name} gets into a sentinel, and must not")));
            }
        }
        let strangers = [("app", "first-admin-password"), ("default", "first-password"), ("odd", "first-odd-password")];
        if strangers.iter().any(|(name, password)| user(name, password).connect(ip, port, "").is_ok()) {
            return Err(io::Error::other("somebody gets in who must not"));
        }
        Ok(())
    })?
}

fn no_permission(open: &mut Connection, words: &[&str]) -> io::Result<()> {
    match open.call(words) {
        Err(error) if error.to_string().starts_with("NOPERM") => Ok(()),
        other => Err(io::Error::other(format!("{words:?}: {other:?}"))),
    }
}

/// An exporter may ask all it asks for, what is slow included.
fn measured(trial: &Trial<'_>) -> io::Result<()> {
    let master = trial.master()?;
    let mut open = trial.examiner.net.enter(|| trial.examiner.dial_server(&master))??;
    open.call(&["CONFIG", "SET", "latency-monitor-threshold", "1"])?;
    open.call(&["EVAL", "for i = 1, 5000000 do end", "0"])?;
    metrics::well(trial, Duration::from_secs(5))?;
    let said = metrics::said(trial);
    for name in ["redis_slowlog_length", "redis_latency_spike_last{", "redis_latency_percentiles_usec{"] {
        let has = |samples: &metrics::Samples| samples.keys().any(|key| key.starts_with(name));
        if !said.get(&master.name).is_some_and(has) {
            return Err(io::Error::other(format!("the exporter of {} does not say {name}", master.name)));
        }
    }
    // redis-cli asks for help texts where it reads lines, and does without.
    let is_ours = |entry: &Reply| {
        entry.field("username") == Some("redis-k8s")
            && !entry.field("object").unwrap_or_default().starts_with("command")
    };
    if let Some(entry) = open.call(&["ACL", "LOG"])?.list().iter().find(|entry| is_ours(entry)) {
        return Err(io::Error::other(format!("redis-k8s is refused {:?}", entry.field("object"))));
    }
    open.call(&["CONFIG", "SET", "latency-monitor-threshold", "0"]).map(drop)
}

fn users_off_and_on(trial: &mut Trial<'_>) -> io::Result<()> {
    let auth = trial.examiner.instance.document["spec"]["auth"].clone();
    let users = trial.examiner.instance.servers.clone();
    let default = Access { user: None, password: Some("first-password".to_owned()), tls: None };
    let mut without = auth.clone();
    for field in ["users", "defaultUser", "aclFileSecret", "sentinelUsers", "sentinelDefaultUser"] {
        without[field] = Value::Null;
    }
    let of_sentinels = trial.examiner.instance.sentinels.clone();
    let default_of_sentinels = Access { user: None, password: Some("first-sentinel-password".to_owned()), tls: None };
    trial.begin();
    for (auth, servers, sentinels, what) in
        [(without, default, default_of_sentinels, "without users"), (auth, users, of_sentinels, "with users")]
    {
        (trial.examiner.instance.servers, trial.examiner.instance.sentinels) = (servers, sentinels);
        let before: Vec<u64> = trial.cluster.pods().iter().map(|pod| pod.uid).collect();
        let sets = trial.render_with("spec.auth", auth)?;
        trial.rolled(&sets, &before)?;
        trial.settle(&format!("seconds until healthy {what}"), 30.0)?;
    }
    trial.mend();
    for whom in [Whom::Servers, Whom::Sentinels] {
        note_when(trial, ("seconds until the default user is off", 90.0), whom, |open| Ok(!has_default(open)?))?;
    }
    Ok(())
}
