//! What a Prometheus sees of an instance while its master is lost.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use super::{Lost, Row, at_most, row};
use crate::kube::cluster::wait_until;
use crate::kube::pod::Pod;
use crate::trial::Trial;

const PORT: u16 = 9121;

pub(super) fn rows() -> Vec<Row> {
    vec![row(
        "force-delete-master",
        "forced deletion of the master pod, seen by the exporters",
        at_most(7.0, Lost::Unreplicated, 20.0),
        scraped,
    )]
}

/// The samples of an exporter: names with their labels, and values.
type Samples = BTreeMap<String, String>;

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

fn scraped(trial: &mut Trial<'_>) -> io::Result<()> {
    well(trial, Duration::ZERO)?;
    let master = trial.master()?;
    let address = master.ip().ok_or(io::ErrorKind::AddrNotAvailable)?;
    if trial.examiner.net.enter(|| scrape(address))?.is_ok() {
        return Err(io::Error::other("the NetworkPolicy lets a client scrape"));
    }
    trial.begin();
    trial.cluster.delete_forced(&master.name);
    well(trial, Duration::from_secs(30))?;
    if trial.master()?.uid == master.uid { Err(io::Error::other("the master is the same")) } else { Ok(()) }
}
