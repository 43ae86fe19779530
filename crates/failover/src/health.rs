//! Whether the cluster is as it should be: one master, everybody in sync, every sentinel knowing exactly who exists.

use std::collections::BTreeSet;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use crate::instance::Instance;
use crate::kube::cluster::Cluster;
use crate::kube::pod::Pod;
use crate::net::fabric::PodNet;
use crate::resp::{Access, Connection, Reply};

/// The most a replica may lag behind while clients write: a second's worth.
const LAG: i64 = 64 * 1024;

/// Keys two servers may differ by while clients write.
const KEYS: i64 = 400;

/// Looks at a cluster from a network of its own.
#[derive(Debug, Clone)]
pub(crate) struct Examiner {
    pub(crate) cluster: Arc<Cluster>,
    pub(crate) instance: Instance,
    pub(crate) net: Arc<PodNet>,
    /// Where clients are.
    pub(crate) clients: Arc<PodNet>,
}

/// A server as it describes itself.
struct Server {
    pod: String,
    master: bool,
    offset: i64,
    keys: i64,
    replicas: usize,
}

impl Examiner {
    /// What is wrong; empty if the cluster is healthy.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let (servers, sentinels) =
            (self.instance.server_pods(&self.cluster), self.instance.sentinel_pods(&self.cluster));
        let proxies =
            self.instance.proxies().map(|set| ("proxies", (self.cluster.pods_of(&set), self.cluster.replicas(&set))));
        for (kind, (pods, wanted)) in [("servers", servers), ("sentinels", sentinels)].into_iter().chain(proxies) {
            let ready = pods.iter().filter(|pod| pod.healthy()).count();
            if ready != wanted || pods.len() != wanted {
                wrong.push(format!("{kind}: {ready} of {} pods ready, {wanted} wanted", pods.len()));
            }
        }
        // Whoever asks pods that are not there only waits for time-outs.
        if wrong.is_empty() {
            match self.net.enter(|| self.look()) {
                Ok(Ok(found)) => wrong = found,
                Ok(Err(error)) | Err(error) => wrong.push(error.to_string()),
            }
        }
        wrong
    }

    /// The server pods there are.
    pub(crate) fn servers(&self) -> Vec<Arc<Pod>> {
        self.instance.server_pods(&self.cluster).0
    }

    /// The sentinel pods there are.
    pub(crate) fn sentinels(&self) -> Vec<Arc<Pod>> {
        self.instance.sentinel_pods(&self.cluster).0
    }

    fn look(&self) -> io::Result<Vec<String>> {
        let mut wrong = Vec::new();
        let servers = self.servers();
        let views = servers.iter().map(|pod| self.server(pod, &mut wrong)).collect::<io::Result<Vec<Server>>>()?;
        let masters: Vec<&Server> = views.iter().filter(|server| server.master).collect();
        let [master] = masters.as_slice() else {
            wrong.push(format!("{} masters", masters.len()));
            return Ok(wrong);
        };
        if master.replicas + 1 != views.len() {
            wrong.push(format!("{} has {} replicas online", master.pod, master.replicas));
        }
        for server in views.iter().filter(|server| !server.master) {
            if master.offset - server.offset > LAG || (master.keys - server.keys).abs() > KEYS {
                wrong.push(format!(
                    "{} is behind {}: offset {} of {}, keys {} of {}",
                    server.pod, master.pod, server.offset, master.offset, server.keys, master.keys
                ));
            }
        }
        let sentinels = self.sentinels();
        let mut named = BTreeSet::new();
        for pod in &sentinels {
            named.extend(self.sentinel(pod, servers.len() - 1, sentinels.len() - 1, &mut wrong)?);
        }
        if named.len() > 1 {
            wrong.push(format!("sentinels name different masters: {named:?}"));
        }
        if let Some((host, port)) = named.first() {
            let mut one = self.instance.dial_named(host, *port)?;
            if one.call(&["ROLE"])?.list().first().and_then(Reply::text) != Some("master") {
                wrong.push(format!("sentinels name {host}, which is no master"));
            }
        }
        Ok(wrong)
    }

    /// A connection to a pod's server.
    pub(crate) fn dial_server(&self, pod: &Pod) -> io::Result<Connection> {
        dial(pod, &self.instance.servers, self.instance.port())
    }

    /// A connection to a pod's sentinel.
    pub(crate) fn dial_sentinel(&self, pod: &Pod) -> io::Result<Connection> {
        dial(pod, &self.instance.sentinels, self.instance.sentinel_port())
    }

    /// Sends every sentinel a command.
    pub(crate) fn tell_sentinels(&self, words: &[&str]) -> io::Result<()> {
        self.net.enter(|| self.sentinels().iter().try_for_each(|pod| self.dial_sentinel(pod)?.call(words).map(drop)))?
    }

    fn server(&self, pod: &Pod, wrong: &mut Vec<String>) -> io::Result<Server> {
        let mut open = self.dial_server(pod)?;
        let info = open.info("replication")?;
        let field = |name: &str| info.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
        let master = field("role") == "master";
        if !master && (field("master_link_status") != "up" || field("master_sync_in_progress") != "0") {
            wrong.push(format!("{} is not in sync with {}", pod.name, field("master_host")));
        }
        let online = info.iter().filter(|(key, value)| {
            key.strip_prefix("slave").is_some_and(|tail| tail.parse::<u32>().is_ok()) && value.contains("state=online")
        });
        let offset = if master { field("master_repl_offset") } else { field("slave_repl_offset") };
        Ok(Server {
            pod: pod.name.clone(),
            master,
            offset: offset.parse().unwrap_or(0),
            replicas: online.count(),
            keys: open.call(&["DBSIZE"])?.number().unwrap_or(0),
        })
    }

    /// Checks one sentinel; the master it names.
    fn sentinel(
        &self,
        pod: &Pod,
        replicas: usize,
        others: usize,
        wrong: &mut Vec<String>,
    ) -> io::Result<Option<(String, u16)>> {
        let mut open = self.dial_sentinel(pod)?;
        let masters = open.call(&["SENTINEL", "MASTERS"])?;
        let [master] = masters.list() else {
            wrong.push(format!("{} knows {} masters", pod.name, masters.list().len()));
            return Ok(None);
        };
        let mut expect = |what: &str, found: &str, wanted: &str| {
            if found != wanted {
                wrong.push(format!("{}: {what} is {found}, not {wanted}", pod.name));
            }
        };
        let field = |name: &str| master.field(name).unwrap_or("");
        expect("name", field("name"), self.instance.master_name());
        expect("flags of the master", field("flags"), "master");
        expect("count of other sentinels", field("num-other-sentinels"), &others.to_string());
        expect("count of replicas", field("num-slaves"), &replicas.to_string());
        for (kind, flags) in [("SENTINELS", "sentinel"), ("REPLICAS", "slave")] {
            let list = open.call(&["SENTINEL", kind, self.instance.master_name()])?;
            for one in list.list() {
                let name = one.field("name").unwrap_or("");
                // What a sentinel last answered about the old master stays beside it in Valkey 9, and counts for nothing.
                let found = one.field("flags").unwrap_or("").replace(",master_down", "");
                expect(&format!("flags of {name}"), &found, flags);
            }
        }
        let port = master.field("port").and_then(|port| port.parse().ok());
        Ok(master.field("ip").map(str::to_owned).zip(port))
    }

    /// The pod whose server is master, as most sentinels see it.
    pub(crate) fn master(&self) -> io::Result<Arc<Pod>> {
        let found = self.net.enter(|| {
            self.servers().into_iter().find(|pod| {
                let role = self.dial_server(pod).and_then(|mut open| open.call(&["ROLE"]));
                role.is_ok_and(|role| {
                    let list = role.list();
                    list.first().and_then(Reply::text) == Some("master")
                })
            })
        })?;
        found.ok_or_else(|| io::Error::other("no server is master"))
    }

    /// The master most sentinels name, as they name it.
    pub(crate) fn named(&self) -> Option<String> {
        let names: Vec<String> = self
            .net
            .enter(|| {
                let ask = |pod: &Arc<Pod>| -> io::Result<String> {
                    let mut open = self.dial_sentinel(pod)?;
                    let reply = open.call(&["SENTINEL", "get-master-addr-by-name", self.instance.master_name()])?;
                    Ok(reply.list().first().and_then(Reply::text).unwrap_or_default().to_owned())
                };
                self.sentinels().iter().filter_map(|pod| ask(pod).ok()).collect()
            })
            .unwrap_or_default();
        let votes = |name: &String| names.iter().filter(|other| *other == name).count();
        names.iter().find(|name| !name.is_empty() && 2 * votes(name) > names.len()).cloned()
    }

    /// Waits until the cluster has been healthy for a while; the last complaints if that takes too long.
    pub(crate) fn wait(&self, limit: Duration) -> Result<std::time::Instant, Vec<String>> {
        /// How long it has to hold: longer than any pause between two events of one failover but the first.
        const HOLD: Duration = Duration::from_secs(2);
        let began = std::time::Instant::now();
        let mut since = None;
        loop {
            let wrong = self.complaints();
            let now = std::time::Instant::now();
            if wrong.is_empty() {
                let since = *since.get_or_insert(now);
                if now - since >= HOLD {
                    return Ok(since);
                }
            } else {
                since = None;
                if began.elapsed() >= limit {
                    return Err(wrong);
                }
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// A connection to a pod's server or sentinel.
fn dial(pod: &Pod, access: &Access, port: u16) -> io::Result<Connection> {
    let context = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", pod.name));
    let ip: Ipv4Addr = pod.ip().ok_or_else(|| context(io::ErrorKind::AddrNotAvailable.into()))?;
    let set = pod.spec.subdomain.clone().unwrap_or_default();
    let name = format!("{}.{set}.default.svc", pod.name);
    access.connect(ip, port, &name).map_err(context)
}
