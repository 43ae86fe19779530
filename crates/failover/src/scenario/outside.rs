//! Clients outside the cluster, who know the sentinels' addresses there and nothing else.

use std::io;
use std::net::TcpStream;
use std::time::Duration;

use super::{Lost, Row, at_most, row};
use crate::trial::Trial;

/// Much longer than a connection takes that is let in.
const PATIENCE: Duration = Duration::from_millis(500);

pub(super) fn rows() -> Vec<Row> {
    vec![row(
        "force-delete-master",
        "forced deletion of the master pod, clients where neither pods nor Services inside are reached",
        at_most(7.0, Lost::Unreplicated, 20.0),
        |trial| {
            nothing_leads_inside(trial)?;
            let master = trial.master()?;
            trial.begin();
            trial.cluster.delete_forced(&master.name);
            Ok(())
        },
    )]
}

/// Whoever reaches a pod or a Service from there proves nothing.
fn nothing_leads_inside(trial: &Trial<'_>) -> io::Result<()> {
    let port = trial.examiner.instance.port();
    let pods = trial.servers().into_iter().filter_map(|pod| pod.ip());
    let services = trial.cluster.addresses().into_iter().filter(|(name, _)| name.contains("-announce-"));
    let inside: Vec<_> = pods.chain(services.map(|(_, ip)| ip)).collect();
    let open = trial
        .examiner
        .clients
        .enter(|| inside.iter().find(|ip| TcpStream::connect_timeout(&(**ip, port).into(), PATIENCE).is_ok()))?;
    match open {
        None => Ok(()),
        Some(ip) => Err(io::Error::other(format!("clients outside reach {ip}, which is inside"))),
    }
}
