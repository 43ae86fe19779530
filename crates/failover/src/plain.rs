//! The floor of what an instance costs: plain Redis and Sentinel, without scripts and without probes.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::kube::cluster::{Cluster, wait_until};
use crate::kube::objects::Objects;
use crate::kube::pod::Pod;
use crate::net::fabric::PodNet;
use crate::resp::{Access, Connection};

/// Servers, and as many sentinels: as an instance has by default.
const EACH: usize = 3;

/// The sentinels' port.
const SENTINEL_PORT: u16 = 26379;

/// The first server is master for ever; nothing here survives its end.
const SERVER: &str = "set -- redis-server --appendonly yes --protected-mode no
[ $HOSTNAME = plain-0 ] && exec \"$@\"
until first=$(getent hosts plain-0.plain); do sleep 1; done
exec \"$@\" --replicaof ${first%% *} 6379";

/// A sentinel with its own timers, apart from the time after which a server counts as down: that of an instance.
const SENTINEL: &str = "until first=$(getent hosts plain-0.plain); do sleep 1; done
printf 'protected-mode no\\nsentinel monitor plain %s 6379 2\\nsentinel down-after-milliseconds plain 5000\\n' \\
    ${first%% *} >/tmp/sentinel.conf
exec redis-server /tmp/sentinel.conf --sentinel";

/// A plain instance that runs.
#[derive(Debug)]
pub(crate) struct Plain {
    pub(crate) servers: Vec<Arc<Pod>>,
    pub(crate) sentinels: Vec<Arc<Pod>>,
}

impl Plain {
    /// Starts one of this image beside what runs already, and waits until its sentinels know each other and its replicas.
    pub(crate) fn start(cluster: &Cluster, net: &PodNet, image: &str) -> io::Result<Self> {
        let set = |name: &str, script: &str| {
            let container = json!({"name": "plain", "image": image, "command": ["sh", "-c", script]});
            json!({"kind": "StatefulSet", "metadata": {"name": name, "namespace": "default"}, "spec": {
                "serviceName": "plain", "replicas": EACH, "podManagementPolicy": "Parallel",
                "selector": {"matchLabels": {"app": "plain"}},
                "template": {"metadata": {"labels": {"app": "plain"}}, "spec": {"containers": [container]}},
            }})
        };
        let service = json!({"kind": "Service", "metadata": {"name": "plain", "namespace": "default"}, "spec": {
            "clusterIP": "None", "selector": {"app": "plain"}, "publishNotReadyAddresses": true, "ports": [{"port": 6379}],
        }});
        let items: Value = json!([service, set("plain", SERVER), set("plain-sentinel", SENTINEL)]);
        cluster.apply(Objects::read(&json!({"kind": "List", "items": items}).to_string())?);
        let pods = || Self { servers: cluster.pods_of("plain"), sentinels: cluster.pods_of("plain-sentinel") };
        let stands = || pods().sentinels.len() == EACH && net.enter(|| pods().is_complete()).is_ok_and(|whole| whole);
        if wait_until(Duration::from_secs(60), stands) {
            Ok(pods())
        } else {
            Err(io::Error::other("the plain instance does not come about"))
        }
    }

    /// All its pods.
    pub(crate) fn pods(&self) -> impl Iterator<Item = &Arc<Pod>> {
        self.servers.iter().chain(&self.sentinels)
    }

    /// A connection to one of its sentinels, from a network that reaches it.
    pub(crate) fn dial_sentinel(pod: &Pod) -> io::Result<Connection> {
        let ip = pod.ip().ok_or(io::ErrorKind::AddrNotAvailable)?;
        Access::default().connect(ip, SENTINEL_PORT, "")
    }

    fn is_complete(&self) -> bool {
        let others = (EACH - 1).to_string();
        self.sentinels.iter().all(|pod| {
            let masters = Self::dial_sentinel(pod).and_then(|mut open| open.call(&["SENTINEL", "MASTERS"]));
            masters.is_ok_and(|masters| {
                let known = |field| masters.list().first().and_then(|master| master.field(field)) == Some(&*others);
                known("num-other-sentinels") && known("num-slaves")
            })
        })
    }
}
