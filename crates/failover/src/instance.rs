//! The Redis that is proven: a document, its rendering, and how clients reach it.

use std::collections::HashMap;
use std::io;
use std::net::Ipv4Addr;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redis_k8s::{ApiVersion, Redis};
use serde_json::{Value, json};

use crate::ablation;
use crate::image::Flavour;
use crate::kube::cluster::Cluster;
use crate::kube::objects::{self, Objects};
use crate::kube::pod::Pod;
use crate::lock::lock;
use crate::net::lookup::look_up;
use crate::resp::{Access, Connection};
use crate::secrets::{Authority, Certificate, Tls};

/// How long certificates are valid that nobody renews.
const LONG: Duration = Duration::from_secs(24 * 3600);

/// A document and what a client must know of it.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    /// The document, to be changed and rendered again.
    pub(crate) document: Value,
    /// Objects the document needs but does not render: Secrets.
    pub(crate) beside: Objects,
    /// How to reach servers.
    pub(crate) servers: Access,
    /// How to reach sentinels.
    pub(crate) sentinels: Access,
    /// The one that signs, and its successor; clients trust both.
    authorities: Option<Arc<[Authority; 2]>>,
    /// What runs it.
    pub(crate) workload: Workload,
    /// Functions of its scripts that do nothing.
    pub(crate) without: Vec<String>,
    memory: Arc<Memory>,
}

/// What keeps its pods running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workload {
    /// apps/v1.
    StatefulSets,
    /// The tutorial's controllers.
    Controllers,
}

/// What clients remember of names.
#[derive(Debug, Default)]
struct Memory {
    used: AtomicBool,
    addresses: Mutex<HashMap<String, Ipv4Addr>>,
}

impl Instance {
    /// The instance `redis` with this spec, whose image is only the end of a tag.
    pub(crate) fn new(flavour: Flavour, mut spec: Value) -> io::Result<Self> {
        let end = spec["image"].as_str().unwrap_or_default();
        spec["image"] = json!(format!("{}{end}", flavour.image()));
        let document = json!({
            "apiVersion": "redis-k8s-gen.dev/v1alpha1", "kind": "Redis", "metadata": {"name": "redis"}, "spec": spec
        });
        let mut instance = Self {
            document,
            beside: Objects::default(),
            servers: Access::default(),
            sentinels: Access::default(),
            authorities: None,
            workload: Workload::StatefulSets,
            without: Vec::new(),
            memory: Arc::default(),
        };
        if let Some(secret) = instance.document.pointer("/spec/auth/secret").and_then(Value::as_str).map(str::to_owned)
        {
            instance.know(&secret);
        }
        if instance.document.pointer("/spec/tls").is_some() {
            instance.encrypt()?;
        }
        Ok(instance)
    }

    /// Makes the Secret with its passwords, and has clients use them, whether servers ask for one or not.
    pub(crate) fn know(&mut self, secret: &str) {
        let own = self.document.pointer("/spec/auth/sentinelKey").and_then(Value::as_str);
        let password = "first-password";
        let mut entries = vec![("password", password.as_bytes())];
        self.servers.password = Some(password.to_owned());
        self.sentinels.password = Some(password.to_owned());
        if let Some(key) = own {
            let password = "first-sentinel-password";
            entries.push((key, password.as_bytes()));
            self.sentinels.password = Some(password.to_owned());
        }
        let users = self.document.pointer("/spec/auth/users").and_then(Value::as_array).into_iter().flatten();
        let users: Vec<&str> = users.filter_map(|user| user["name"].as_str()).collect();
        let of_users: Vec<_> =
            users.iter().map(|name| (format!("{name}-password"), format!("first-{name}-password"))).collect();
        entries.extend(of_users.iter().map(|(key, password)| (key.as_str(), password.as_bytes())));
        // Clients are the first of them, and likewise at sentinels, where nobody is who is no user of the servers.
        if let (Some(name), Some((_, password))) = (users.first(), of_users.first()) {
            (self.servers.user, self.servers.password) = (Some((*name).to_owned()), Some(password.clone()));
            if let Some(name) = self.document.pointer("/spec/auth/sentinelUsers/0/name").and_then(Value::as_str) {
                (self.sentinels.user, self.sentinels.password) =
                    (Some(name.to_owned()), Some(format!("first-{name}-password")));
            }
        }
        self.beside.apply(objects::secret(secret, &entries));
        if let Some(name) = self.document.pointer("/spec/auth/aclFileSecret/name").and_then(Value::as_str) {
            let file = b"user default on nopass ~* +@all\nuser batch on >first-batch-password ~batch:* +@write\n";
            self.beside.apply(objects::secret(name, &[("users.acl", file)]));
        }
    }

    fn encrypt(&mut self) -> io::Result<()> {
        self.authorities = Some(Arc::new([Authority::new("an authority")?, Authority::new("its successor")?]));
        self.renew(LONG, 0, 0..1).map(drop)
    }

    /// Puts a new certificate, valid for this long and signed by the authority of this number, into its Secret, and beside it which
    /// authorities to trust. Clients show one that it signed as well.
    pub(crate) fn renew(
        &mut self,
        valid: Duration,
        signed_by: usize,
        trusted: Range<usize>,
    ) -> io::Result<Certificate> {
        let authorities = self.authorities.as_ref().ok_or_else(|| io::Error::other("it has no certificates"))?;
        let certificate = authorities[signed_by].issue(self.certificate_names()?, valid)?;
        let of_clients = authorities[signed_by].issue(Vec::new(), LONG)?;
        let tls = Tls::trusting(&**authorities, &of_clients)?;
        (self.servers.tls, self.sentinels.tls) = (Some(tls.clone()), Some(tls));
        let roots: String = authorities[trusted].iter().map(Authority::root).collect();
        let mut entries = Vec::from(certificate.entries());
        match self.document.pointer("/spec/tls/authority/configMap").and_then(Value::as_str) {
            Some(name) => {
                let config_map = objects::config_map(name, [("ca.crt".to_owned(), roots.clone())].into());
                self.beside.apply(config_map);
            }
            None => entries.push(("ca.crt", &roots)),
        }
        let entries: Vec<(&str, &[u8])> = entries.iter().map(|(key, text)| (*key, text.as_bytes())).collect();
        let secret = self.document.pointer("/spec/tls/secret").and_then(Value::as_str).unwrap_or_default();
        self.beside.apply(objects::secret(secret, &entries));
        Ok(certificate)
    }

    /// The names its documentation has users put into a certificate, for as many pods as it may grow to.
    fn certificate_names(&self) -> io::Result<Vec<String>> {
        let mut document = self.document.clone();
        document["metadata"]["namespace"] = json!("default");
        document["spec"]["replicas"] = json!(9);
        document["spec"]["sentinel"]["replicas"] = json!(9);
        let redis: Redis = serde_json::from_value(document)?;
        Ok(redis.checked(ApiVersion::AppsV1).map_err(io::Error::other)?.certificate_names())
    }

    /// The image it runs.
    pub(crate) fn image(&self) -> &str {
        self.document.pointer("/spec/image").and_then(Value::as_str).unwrap_or_default()
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        self.document.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
    }

    /// What sentinels call its master.
    pub(crate) fn master_name(&self) -> &str {
        self.document.pointer("/spec/sentinel/masterName").and_then(Value::as_str).unwrap_or_else(|| self.name())
    }

    /// The StatefulSet of the sentinels.
    pub(crate) fn sentinel_set(&self) -> String {
        format!("{}-sentinel", self.name())
    }

    /// Its server pods, and how many there are to be.
    pub(crate) fn server_pods(&self, cluster: &Cluster) -> (Vec<Arc<Pod>>, usize) {
        self.pods(cluster, self.name(), ("name", self.name()))
    }

    /// Its sentinel pods, and how many there are to be.
    pub(crate) fn sentinel_pods(&self, cluster: &Cluster) -> (Vec<Arc<Pod>>, usize) {
        let set = self.sentinel_set();
        self.pods(cluster, &set, (&set, "true"))
    }

    /// The Deployment of its proxies, if clients write through them.
    pub(crate) fn proxies(&self) -> Option<String> {
        let asked = self.document.pointer("/spec/services/master/enabled");
        (asked == Some(&Value::Bool(true))).then(|| format!("{}-master", self.name()))
    }

    fn pods(&self, cluster: &Cluster, owner: &str, (key, value): (&str, &str)) -> (Vec<Arc<Pod>>, usize) {
        let pods = match self.workload {
            Workload::StatefulSets => cluster.pods_of(owner),
            Workload::Controllers => {
                let labelled = |pod: &Arc<Pod>| pod.labels.get(key).is_some_and(|own| own == value);
                cluster.pods().into_iter().filter(labelled).collect()
            }
        };
        (pods, cluster.replicas(owner))
    }

    /// Everything to apply: what the document renders, and the Secrets it names.
    pub(crate) fn objects(&self) -> io::Result<Objects> {
        let redis: Redis = serde_json::from_value(self.document.clone())?;
        let manifest = redis.render(ApiVersion::AppsV1).map_err(io::Error::other)?;
        let mut objects = Objects::read(&manifest.to_json())?;
        ablation::empty(&mut objects, &self.without);
        objects.apply(self.beside.clone());
        Ok(objects)
    }

    /// The same of a rendering of another release, on this one's image.
    pub(crate) fn rendered_before(&self, rendering: &str) -> io::Result<Objects> {
        let mut objects = Objects::read(rendering)?;
        for set in objects.stateful_sets.values_mut() {
            for container in
                set.spec.iter_mut().flat_map(|spec| spec.template.spec.iter_mut()).flat_map(|pod| &mut pod.containers)
            {
                container.image = Some(self.image().to_owned());
            }
        }
        objects.apply(self.beside.clone());
        Ok(objects)
    }

    /// A number of the document, or what it is by default.
    fn number(&self, path: &str, default: u16) -> u16 {
        self.document
            .pointer(path)
            .and_then(Value::as_u64)
            .and_then(|number| u16::try_from(number).ok())
            .unwrap_or(default)
    }

    /// The port of the servers.
    pub(crate) fn port(&self) -> u16 {
        self.number("/spec/port", 6379)
    }

    /// The port of the sentinels.
    pub(crate) fn sentinel_port(&self) -> u16 {
        self.number("/spec/sentinel/port", 26379)
    }

    /// The full name of one of its Services.
    pub(crate) fn service(&self, part: &str) -> String {
        format!("{}-{part}.default.svc", self.name())
    }

    /// Connects to a server or a sentinel by one of its Services, as a client in the cluster does.
    pub(crate) fn dial_service(&self, service: &str, access: &Access, port: u16) -> io::Result<Connection> {
        let name = self.service(service);
        let ip = self.address(&name)?;
        access.connect(ip, port, &name)
    }

    /// The addresses and ports of its sentinels outside the cluster, if clients are there.
    pub(crate) fn outside(&self) -> Option<Vec<(&str, u16)>> {
        let external = self.document.pointer("/spec/services/external")?;
        let first = external["sentinelNodePort"].as_u64().and_then(|port| u16::try_from(port).ok());
        let ports = (0..).map(|ordinal| first.map_or_else(|| self.sentinel_port(), |first| first + ordinal));
        Some(external["sentinels"].as_array()?.iter().filter_map(Value::as_str).zip(ports).collect())
    }

    /// Connects to the first sentinel that listens, as a client does.
    pub(crate) fn dial_sentinel(&self) -> io::Result<Connection> {
        let Some(outside) = self.outside() else {
            return self.dial_service("sentinel", &self.sentinels, self.sentinel_port());
        };
        let mut last = io::ErrorKind::NotFound.into();
        for (address, port) in outside {
            let ip = address.parse().map_err(io::Error::other)?;
            match self.sentinels.connect(ip, port, address) {
                Ok(open) => return Ok(open),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Connects to whatever a sentinel named: an address, or with TLS a name.
    pub(crate) fn dial_named(&self, host: &str, port: u16) -> io::Result<Connection> {
        let ip: Ipv4Addr = match host.parse() {
            Ok(ip) => ip,
            Err(_) => self.address(host)?,
        };
        self.servers.connect(ip, port, host)
    }

    /// Lets clients use addresses they have looked up before, as those do that keep them.
    pub(crate) fn remember(&self, addresses: bool) {
        self.memory.used.store(addresses, Ordering::Relaxed);
    }

    fn address(&self, name: &str) -> io::Result<Ipv4Addr> {
        let known = lock(&self.memory.addresses).get(name).copied();
        if let Some(known) = known.filter(|_| self.memory.used.load(Ordering::Relaxed)) {
            return Ok(known);
        }
        let found = *look_up(name)?.first().ok_or(io::ErrorKind::NotFound)?;
        lock(&self.memory.addresses).insert(name.to_owned(), found);
        Ok(found)
    }
}
