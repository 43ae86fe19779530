//! An instance as a whole: what its sets, their configuration, Services and policies have to do with each other.
//!
//! `render` makes them fit. What changes them afterwards, kustomize, Helm or a hand, changes one and not the others.

mod judge;
mod pods;
mod policy;
mod security;

use super::metadata::entries;
use super::part;
use super::part::{has, is_true, items, text};
use super::rules::{ACCOUNT_NOT_CREATED, INSTANCE_RULES, NOT_IN_SET, broken};
use super::set::{Place, Texts};
use crate::document::fault::Fault;
use crate::document::node::{Entry, Node, Origin, shorten};

pub(super) use judge::judge;
use pods::{AUTH_DIR, CONFIG_DIR, DATA_DIR, Role, VALUES};
pub(super) use pods::{check, check_set};
use policy::Policy;

/// Changes with what a running process would not take up.
const CHECKSUM: &str = "redis-k8s-gen.dev/config-checksum";
/// The label by which a Service finds one pod of a set.
pub(super) const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";
/// Files of a configuration; scripts are known by their fingerprint alone, since every instance has them.
const FILES: [&str; 6] = ["haproxy.cfg", "live.conf", "redis.conf", "sentinel.conf", "topology.env", "users.sh"];

/// What an object is to an instance.
#[derive(Debug)]
pub(super) enum Part {
    Pods(Box<Pods>),
    Configuration(Box<Configuration>),
    Service(Box<Service>),
    Policy(Box<Policy>),
}

/// A set of pods that `render` made.
#[derive(Debug)]
pub(super) struct Pods {
    role: Role,
    /// Those of [`VALUES`].
    variables: Texts,
    /// None if it is left to the cluster.
    replicas: Option<i64>,
    ports: Box<[ContainerPort]>,
    /// And where it stands.
    checksum: Option<(Box<str>, Origin)>,
    /// The volume its `ConfigMaps` are in.
    config: Option<usize>,
    has_passwords: bool,
    has_claims: bool,
    at: Places,
    /// What is wrong with them, if they run what `render` made.
    pub(super) faults: Box<[Fault]>,
}

#[derive(Debug)]
struct ContainerPort {
    number: i64,
    name: Option<Box<str>>,
    protocol: &'static str,
}

/// Where its parts stand.
#[derive(Debug)]
struct Places {
    container: Place,
    replicas: Place,
    env: Place,
}

/// A `ConfigMap` that `render` made.
#[derive(Debug)]
pub(super) struct Configuration {
    /// Texts of [`FILES`].
    files: [Option<Box<str>>; FILES.len()],
    /// Fingerprints of scripts, by the role that runs them.
    scripts: [Option<u64>; 3],
}

/// A Service, as the scripts need it.
#[derive(Debug)]
pub(super) struct Service {
    /// The pod it leads to, if it is one.
    pod: Option<Box<str>>,
    publishes_not_ready: bool,
    ports: Box<[ServicePort]>,
    /// Where its `spec` stands.
    at: Origin,
}

#[derive(Debug)]
struct ServicePort {
    number: i64,
    target: Option<Target>,
}

#[derive(Debug)]
enum Target {
    Number(i64),
    Name(Box<str>),
}

/// A whole number at a field; one beyond 64 bits is told elsewhere.
fn number(node: &Node<'_>, field: &str) -> Option<i64> {
    part::number(node, field)?.try_into().ok()
}

/// The protocol of a port; one that is none is told elsewhere.
fn protocol(port: &Node<'_>) -> &'static str {
    match text(port, "protocol") {
        Some("UDP") => "UDP",
        Some("SCTP") => "SCTP",
        _ => "TCP",
    }
}

/// True for what only the pods of an instance must be.
pub(super) fn is_of_instance(fault: &Fault) -> bool {
    INSTANCE_RULES.iter().any(|rule| rule.id == fault.rule())
}

impl Part {
    pub(super) fn of(root: &Node<'_>, kind: &str) -> Option<Self> {
        let spec = root.get("spec");
        Some(match kind {
            "StatefulSet" | "Deployment" => Self::Pods(Box::new(Pods::of(root, spec?)?)),
            "ConfigMap" => Self::Configuration(Box::new(Configuration::of(root)?)),
            "Service" => Self::Service(Box::new(Service::of(root, spec?))),
            "NetworkPolicy" => Self::Policy(Box::new(Policy::of(root)?)),
            _ => return None,
        })
    }
}

impl Pods {
    fn of(root: &Node<'_>, spec: &Node<'_>) -> Option<Self> {
        let template = spec.get("template")?;
        let pods = template.get("spec")?;
        let (index, container, role) = pods::container(pods)?;
        let volumes = items(pods, "volumes");
        let volume_at = |path| {
            let name = text(pods::mount(container, path)?, "name")?;
            volumes.iter().position(|volume| text(volume, "name") == Some(name))
        };
        let annotations = template.get("metadata").map(|metadata| entries(metadata, "annotations")).unwrap_or_default();
        let checksum = annotations.iter().find(|annotation| annotation.key == CHECKSUM);
        let port = |port: &Node<'_>| {
            let (number, name) = (number(port, "containerPort")?, text(port, "name").map(Box::from));
            Some(ContainerPort { number, name, protocol: protocol(port) })
        };
        let variables =
            items(container, "env").iter().filter_map(|one| Some((text(one, "name")?, text(one, "value")?)));
        Some(Self {
            role,
            variables: variables.filter(|(name, _)| VALUES.contains(name)).collect(),
            replicas: number(spec, "replicas"),
            ports: items(pods, "containers").iter().flat_map(|one| items(one, "ports")).filter_map(port).collect(),
            checksum: checksum.and_then(|Entry { value, .. }| Some((value.as_text()?.into(), value.origin))),
            config: volume_at(CONFIG_DIR),
            has_passwords: pods::mount(container, AUTH_DIR).is_some(),
            // what is no volume of the pods is a claim of the set
            has_claims: volume_at(DATA_DIR).is_none_or(|volume| !has(&volumes[volume], "emptyDir")),
            at: Places {
                container: Place::of(root, "spec template spec containers #", index),
                replicas: Place::of(root, "spec replicas", 0),
                env: Place::of(root, "spec template spec containers # env", index),
            },
            faults: Box::default(),
        })
    }

    /// What to say of a `ConfigMap` or an account that the pods name, where none of its kind are given.
    pub(super) fn not_given(&self, kind: &str, name: &str) -> Option<Fault> {
        let rule = match kind {
            "ConfigMap" => &NOT_IN_SET,
            // another than that of the instance may be anybody's
            "ServiceAccount" if self.variable("RK_INSTANCE") == Some(name) => &ACCOUNT_NOT_CREATED,
            _ => return None,
        };
        let fault = broken(rule, format!("there is no {kind} {} among the objects given", shorten(name)));
        Some(fault.help("take over the one that was rendered, if it is not in the cluster already"))
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name)
    }

    fn port(&self, name: &str) -> Option<i64> {
        self.variable(name)?.parse().ok()
    }
}

impl ContainerPort {
    /// As policies see it.
    fn target(&self) -> policy::Target<'_> {
        policy::Target { number: self.number, name: self.name.as_deref(), protocol: self.protocol }
    }
}

impl Configuration {
    fn of(root: &Node<'_>) -> Option<Self> {
        let data = entries(root, "data");
        let file = |name: &str| data.iter().find(|entry| entry.key == name).and_then(|entry| entry.value.as_text());
        let is_ours = file("topology.env").or_else(|| file("supervise.sh")).is_some();
        let scripts =
            [Role::Server, Role::Sentinel, Role::Proxy].map(|role| redis_k8s::scripts_fingerprint(role.name(), file));
        is_ours.then(|| Self { files: FILES.map(|name| file(name).map(Box::from)), scripts })
    }

    fn file(&self, name: &str) -> Option<&str> {
        self.files[FILES.iter().position(|known| *known == name)?].as_deref()
    }

    /// A number of `topology.env`.
    fn number(&self, name: &str) -> Option<i64> {
        let mut lines = self.file("topology.env")?.lines();
        lines.find_map(|line| line.split_once('=').filter(|(key, _)| *key == name)?.1.trim().parse().ok())
    }
}

impl Service {
    fn of(root: &Node<'_>, spec: &Node<'_>) -> Self {
        let selector = entries(spec, "selector").iter().find(|label| label.key == POD_NAME);
        let port = |port: &Node<'_>| {
            let target = number(port, "targetPort").map(Target::Number);
            let target = target.or_else(|| Some(Target::Name(text(port, "targetPort")?.into())));
            Some(ServicePort { number: number(port, "port")?, target })
        };
        Self {
            pod: selector.and_then(|label| label.value.as_text()).map(Box::from),
            publishes_not_ready: is_true(spec, "publishNotReadyAddresses"),
            ports: items(spec, "ports").iter().filter_map(port).collect(),
            at: root.locate(&["spec".into()]),
        }
    }
}
