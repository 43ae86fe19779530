//! What a Prometheus sees of an instance while its master is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Lost, Row, at_most, row};
use crate::kube::cluster::wait_until;
use crate::kube::pod::Pod;
use crate::trial::Trial;

const PORT: u16 = 9121;

pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            "force-delete-master",
            "forced deletion of the master pod, seen by the exporters",
            at_most(7.0, Lost::Unreplicated, 20.0),
            scraped,
        ),
        row(
            "cut-and-lose-sentinels",
            "the master and a sentinel cut off, then two sentinels lost, seen by the exporters",
            at_most(7.5, Lost::Unreplicated, 20.0),
            without_majority,
        ),
    ]
}

/// A directory for what the exporters say in each state, by which the alerts are tested (`just metrics`).
const RECORD: &str = "METRICS_RECORD";

/// The samples of an exporter: names with their labels, and values.
pub(super) type Samples = BTreeMap<String, String>;

/// What the exporter of a pod says to who calls from here.
fn scrape(ip: Ipv4Addr) -> io::Result<String> {
    let limit = Duration::from_secs(5);
    let mut open = TcpStream::connect_timeout(&SocketAddr::from((ip, PORT)), Duration::from_secs(1))?;
    open.set_read_timeout(Some(limit))?;
    open.write_all(b"GET /metrics HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    open.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    if head.split(' ').nth(1) == Some("200") { Ok(body.to_owned()) } else { Err(io::Error::other(head.to_owned())) }
}

fn samples(text: &str) -> Samples {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.rsplit_once(' ')).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What is wrong with what the exporters say; empty if they see one master, its replicas and sentinels that name it.
fn wrong(trial: &Trial<'_>, pods: &[Arc<Pod>]) -> Vec<String> {
    let mut wrong = Vec::new();
    let (mut masters, mut named) = (0, BTreeMap::new());
    for pod in pods {
        let Some(ip) = pod.ip() else { continue };
        let said = match scrape(ip) {
            Ok(text) => samples(&text),
            Err(error) => {
                wrong.push(format!("{}: {error}", pod.name));
                continue;
            }
        };
        let value = |name: &str| said.get(name).map_or("nothing", String::as_str);
        let labelled = |name: &str, label: &str| said.keys().any(|key| key.starts_with(name) && key.contains(label));
        if value("redis_up") != "1" {
            wrong.push(format!("{}: redis_up is {}", pod.name, value("redis_up")));
        } else if pod.name.starts_with(&trial.examiner.instance.sentinel_set()) {
            let status = "redis_sentinel_master_status{";
            for key in said.keys().filter(|key| key.starts_with(status) && key.contains("master_status=\"ok\"")) {
                let address = key.split("master_address=\"").nth(1).and_then(|rest| rest.split('"').next());
                *named.entry(address.unwrap_or_default().to_owned()).or_insert(0) += 1;
            }
        } else if labelled("redis_instance_info{", "role=\"master\"") {
            masters += 1;
            if value("redis_connected_slaves") != "2" {
                wrong.push(format!("{}: {} replicas", pod.name, value("redis_connected_slaves")));
            }
        } else if !said.iter().any(|(key, value)| key.starts_with("redis_master_link_up{") && value == "1") {
            wrong.push(format!("{}: no link to a master", pod.name));
        }
    }
    if masters != 1 {
        wrong.push(format!("{masters} masters"));
    }
    if named.values().collect::<Vec<_>>() != [&trial.sentinels().len()] {
        wrong.push(format!("sentinels name {named:?}"));
    }
    wrong
}

/// Waits until the exporters say that all is well, to a Prometheus that the NetworkPolicy lets in.
pub(super) fn well(trial: &Trial<'_>, within: Duration) -> io::Result<()> {
    let net = trial.cluster.stranger("default", &[("app", "prometheus")])?;
    let pods = || [trial.servers(), trial.sentinels()].concat();
    let mut last = Vec::new();
    net.enter(|| {
        wait_until(within, || {
            last = wrong(trial, &pods());
            last.is_empty()
        })
    })?;
    if last.is_empty() { Ok(()) } else { Err(io::Error::other(format!("exporters say: {}", last.join("; ")))) }
}

/// What the exporters say to themselves, who hear it through any cut.
pub(super) fn said(trial: &Trial<'_>) -> BTreeMap<String, Samples> {
    let ask = |pod: &Arc<Pod>| {
        let net = pod.state().net.clone()?;
        let text = net.enter(|| scrape(Ipv4Addr::LOCALHOST)).ok()?.ok()?;
        Some((pod.name.clone(), samples(&text)))
    };
    [trial.servers(), trial.sentinels()].concat().iter().filter_map(ask).collect()
}

/// Waits for a state, as the exporters say it, and keeps it if it is recorded.
fn reach(trial: &Trial<'_>, state: &str, is_it: impl Fn(&BTreeMap<String, Samples>) -> bool) -> io::Result<()> {
    let mut now = BTreeMap::new();
    let reached = wait_until(Duration::from_secs(30), || {
        now = said(trial);
        is_it(&now)
    });
    if !reached {
        return Err(io::Error::other(format!("exporters never said: {state}")));
    }
    let Some(directory) = std::env::var_os(RECORD).map(PathBuf::from) else { return Ok(()) };
    let (mut names, mut lines) = (BTreeSet::new(), Vec::new());
    for (pod, samples) in &now {
        for (key, value) in samples.iter().filter(|(key, _)| key.starts_with("redis_")) {
            names.insert(name(key));
            if is_of_alerts(key) {
                let labels = key.split_once('{').map_or("}".to_owned(), |(_, labels)| format!(",{labels}"));
                lines.push(format!("{}{{pod=\"{pod}\"{labels} {value}", name(key)));
            }
        }
    }
    if state == "calm" {
        let names: Vec<_> = names.into_iter().collect();
        std::fs::write(directory.join("names.txt"), names.join("\n") + "\n")?;
    }
    std::fs::write(directory.join(format!("{state}.prom")), lines.join("\n") + "\n")
}

fn name(key: &str) -> &str {
    key.split('{').next().unwrap_or_default()
}

/// What the alerts look at; of commands and keys a part says as much as all.
fn is_of_alerts(key: &str) -> bool {
    const LOOKED_AT: [&str; 19] = [
        "redis_aof_last_bgrewrite_status",
        "redis_aof_last_write_status",
        "redis_commands_duration_seconds_total{cmd=\"info\"}",
        "redis_commands_total{cmd=\"info\"}",
        "redis_connected_slaves",
        "redis_db_keys{db=\"db0\"}",
        "redis_evicted_keys_total",
        "redis_instance_info",
        "redis_master_link_up",
        "redis_memory_max_bytes",
        "redis_memory_used_bytes",
        "redis_rdb_changes_since_last_save",
        "redis_rdb_last_bgsave_status",
        "redis_rdb_last_save_timestamp_seconds",
        "redis_rejected_connections_total",
        "redis_replica_resyncs_full",
        "redis_sentinel_master_ok_sentinels",
        "redis_sentinel_master_status",
        "redis_up",
    ];
    let is_it = |rest: &str| rest.is_empty() || rest.starts_with('{');
    LOOKED_AT.iter().any(|looked_at| key.strip_prefix(looked_at).is_some_and(is_it))
}

fn masters(now: &BTreeMap<String, Samples>) -> usize {
    let leads = |key: &String| name(key) == "redis_instance_info" && key.contains("role=\"master\"");
    now.values().filter(|samples| samples.keys().any(leads)).count()
}

/// Addresses that sentinels call the master's.
fn named(now: &BTreeMap<String, Samples>) -> usize {
    let keys = now.values().flat_map(Samples::keys).filter(|key| name(key) == "redis_sentinel_master_ok_sentinels");
    keys.collect::<BTreeSet<_>>().len()
}

/// Replicas without a link to their master.
fn unlinked(now: &BTreeMap<String, Samples>) -> usize {
    let is_broken = |(key, value): &(&String, &String)| name(key) == "redis_master_link_up" && *value == "0";
    now.values().flatten().filter(is_broken).count()
}

fn scraped(trial: &mut Trial<'_>) -> io::Result<()> {
    well(trial, Duration::ZERO)?;
    reach(trial, "calm", |now| masters(now) == 1)?;
    let master = trial.master()?;
    let address = master.ip().ok_or(io::ErrorKind::AddrNotAvailable)?;
    if trial.examiner.net.enter(|| scrape(address))?.is_ok() {
        return Err(io::Error::other("the NetworkPolicy lets a client scrape"));
    }
    trial.begin();
    trial.cluster.delete_forced(&master.name);
    reach(trial, "no-master", |now| masters(now) == 0 && unlinked(now) == 2)?;
    well(trial, Duration::from_secs(30))?;
    if trial.master()?.uid == master.uid { Err(io::Error::other("the master is the same")) } else { Ok(()) }
}

fn without_majority(trial: &mut Trial<'_>) -> io::Result<()> {
    let (master, sentinel) = (trial.master()?, trial.sentinel()?);
    trial.begin();
    let ips: Vec<_> = [&master, &sentinel].into_iter().filter_map(|pod| pod.ip()).collect();
    trial.cluster.cut(&ips, true, true)?;
    reach(trial, "two-masters", |now| masters(now) == 2 && named(now) == 2 && unlinked(now) == 0)?;
    trial.cluster.heal()?;
    trial.settle("seconds until healthy after the cut", 20.0)?;
    let lost: Vec<_> = trial.sentinels().into_iter().take(2).collect();
    for pod in &lost {
        trial.cluster.hold(&pod.name);
    }
    trial.cluster.delete_all_forced(&lost);
    reach(trial, "sentinels-lost", |now| {
        let alone = |key: &String, value: &String| name(key) == "redis_sentinel_master_ok_sentinels" && value == "1";
        now.values().flatten().any(|(key, value)| alone(key, value))
    })?;
    trial.mend();
    for pod in &lost {
        trial.cluster.release(&pod.name);
    }
    Ok(())
}
