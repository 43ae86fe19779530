//! Users: what they may, how they change while one of them writes, and how they come and go.

use std::io;

use serde_json::{Value, json};

use super::change::{Whom, lives, note_when, unchanged};
use super::deletion::gone;
use super::roll::{ROLL, roll};
use super::{Bounds, Lost, Row, at_most, force_delete_master, row};
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
            "a user's password changes while it writes; one user goes, one comes; the default one is back, and off again",
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

/// Whether the default user of a server is on.
fn has_default(open: &mut Connection) -> io::Result<bool> {
    let flags = open.call(&["ACL", "GETUSER", "default"])?;
    let flags = flags.list().get(1).map(Reply::list).unwrap_or_default();
    Ok(flags.iter().any(|flag| flag.text() == Some("on")))
}

fn users_live(trial: &mut Trial<'_>) -> io::Result<()> {
    let (before, auth) = (lives(trial), trial.examiner.instance.document["spec"]["auth"].clone());
    let is_off = |open: &mut Connection| Ok(!has_default(open)?);
    note_when(trial, ("seconds until the default user is off", TOLD), Whom::Servers, is_off)?;
    note_own(trial)?;
    refused(trial)?;
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
    trial.examiner.instance.servers.password = Some("second-admin-password".to_owned());
    let takes = |open: &mut Connection| open.call(&["CLIENT", "KILL", "USER", "admin"]).map(|_| true);
    note_when(trial, ("seconds until the new password is taken", TOLD), Whom::Servers, takes)?;
    for (default, second) in [(true, "guest"), (false, "app")] {
        let mut with = auth.clone();
        with["defaultUser"] = json!(default);
        with["users"][1]["name"] = json!(second);
        trial.render_live("spec.auth", with)?;
        note_when(trial, ("seconds until users are the document's", TOLD), Whom::Servers, |open| {
            let names = open.call(&["ACL", "USERS"])?;
            let mut names: Vec<&str> = names.list().iter().filter_map(Reply::text).collect();
            names.sort_unstable();
            let mut wanted = ["admin", "batch", "default", second, "redis-k8s"];
            wanted.sort_unstable();
            Ok(names == wanted && has_default(open)? == default)
        })?;
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
            match open.call(words) {
                Err(error) if error.to_string().starts_with("NOPERM") => {}
                other => return Err(io::Error::other(format!("{words:?}: {other:?}"))),
            }
        }
        user("batch", "first-batch-password").connect(ip, port, "")?.call(&["SET", "batch:1", "1", "EX", "1"])?;
        let strangers = [("app", "first-admin-password"), ("default", "first-password"), ("odd", "first-odd-password")];
        if strangers.iter().any(|(name, password)| user(name, password).connect(ip, port, "").is_ok()) {
            return Err(io::Error::other("somebody gets in who must not"));
        }
        Ok(())
    })?
}

fn users_off_and_on(trial: &mut Trial<'_>) -> io::Result<()> {
    let auth = trial.examiner.instance.document["spec"]["auth"].clone();
    let users = trial.examiner.instance.servers.clone();
    let default = Access { user: None, password: Some("first-password".to_owned()), tls: None };
    let mut without = auth.clone();
    for field in ["users", "defaultUser", "aclFileSecret"] {
        without[field] = Value::Null;
    }
    trial.begin();
    for (auth, access, what) in [(without, default, "without users"), (auth, users, "with users")] {
        trial.examiner.instance.servers = access;
        let before: Vec<u64> = trial.cluster.pods().iter().map(|pod| pod.uid).collect();
        let sets = trial.render_with("spec.auth", auth)?;
        trial.rolled(&sets, &before)?;
        trial.settle(&format!("seconds until healthy {what}"), 30.0)?;
    }
    trial.mend();
    note_when(trial, ("seconds until the default user is off", 90.0), Whom::Servers, |open| Ok(!has_default(open)?))
}
