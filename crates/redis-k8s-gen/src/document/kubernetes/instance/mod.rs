//! An instance as a whole: what its sets, their configuration, Services and policies have to do with each other.
//!
//! `render` makes them fit. What changes them afterwards, kustomize, Helm or a hand, changes one and not the others.

mod judge;
mod pods;
mod policy;
mod security;

use std::collections::BTreeMap;

use redis_k8s::PathStep;

use super::metadata::entries;
use super::part::{has, is_true, items, number, text};
use super::rules::{ACCOUNT_NOT_CREATED, INSTANCE_RULES, NOT_IN_SET, broken};
use super::set::{Place, config_maps};
use crate::document::fault::Fault;
use crate::document::node::{Node, shorten};

pub(super) use judge::judge;
use pods::{AUTH_DIR, CONFIG_DIR, DATA_DIR, Role};
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
    Service(Service),
    Policy(Policy),
}

/// A set of pods that `render` made.
#[derive(Debug)]
pub(super) struct Pods {
    role: Role,
    /// Variables with a value.
    variables: BTreeMap<String, String>,
    /// None if it is left to the cluster.
    replicas: Option<i128>,
    ports: Vec<ContainerPort>,
    checksum: Option<String>,
    /// `ConfigMaps` that are mounted.
    configs: Vec<String>,
    has_passwords: bool,
    has_claims: bool,
    at: Places,
    /// What is wrong with them, if they run what `render` made.
    pub(super) faults: Vec<Fault>,
}

#[derive(Debug)]
struct ContainerPort {
    number: i128,
    name: Option<String>,
    protocol: String,
}

/// Where its parts stand.
#[derive(Debug)]
struct Places {
    container: Place,
    checksum: Place,
    replicas: Place,
    env: Place,
}

/// A `ConfigMap` that `render` made.
#[derive(Debug)]
pub(super) struct Configuration {
    files: BTreeMap<&'static str, String>,
    /// Fingerprints of scripts, by the role that runs them.
    scripts: [Option<u64>; 3],
}

/// A Service, as the scripts need it.
#[derive(Debug)]
pub(super) struct Service {
    /// The pod it leads to, if it is one.
    pod: Option<String>,
    publishes_not_ready: bool,
    ports: Vec<ServicePort>,
    at: Place,
}

#[derive(Debug)]
struct ServicePort {
    number: i128,
    target: Option<Target>,
}

#[derive(Debug)]
enum Target {
    Number(i128),
    Name(String),
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
            "Service" => Self::Service(Service::of(root, spec?)),
            "NetworkPolicy" => Self::Policy(Policy::of(root)?),
            _ => return None,
        })
    }
}

impl Pods {
    fn of(root: &Node<'_>, spec: &Node<'_>) -> Option<Self> {
        let template = spec.get("template")?;
        let pods = template.get("spec")?;
        let (index, container, role) = pods::container(pods)?;
        let at = |steps: &[PathStep]| Place::of(root, steps);
        let in_template: Vec<PathStep> = vec!["spec".into(), "template".into()];
        let own = [&in_template[..], &["spec".into(), "containers".into(), index.into()]].concat();
        let below = |steps: &[PathStep]| at(&[&own[..], steps].concat());
        let volume_at = |path| {
            let name = text(pods::mount(container, path)?, "name")?;
            items(pods, "volumes").iter().find(|volume| text(volume, "name") == Some(name))
        };
        let annotations = template.get("metadata").map(|metadata| entries(metadata, "annotations")).unwrap_or_default();
        let checksum = annotations.iter().find(|annotation| annotation.key == CHECKSUM);
        let port = |port: &Node<'_>| {
            let (name, protocol) = (text(port, "name"), text(port, "protocol").unwrap_or("TCP"));
            let number = number(port, "containerPort")?;
            Some(ContainerPort { number, name: name.map(str::to_owned), protocol: protocol.to_owned() })
        };
        let variable =
            |variable: &Node<'_>| Some((text(variable, "name")?.to_owned(), text(variable, "value")?.to_owned()));
        Some(Self {
            role,
            variables: items(container, "env").iter().filter_map(variable).collect(),
            replicas: number(spec, "replicas"),
            ports: items(pods, "containers").iter().flat_map(|one| items(one, "ports")).filter_map(port).collect(),
            checksum: checksum.and_then(|annotation| annotation.value.as_text()).map(str::to_owned),
            configs: volume_at(CONFIG_DIR)
                .map(|volume| config_maps(volume).into_iter().map(|(_, name)| name.to_owned()).collect())
                .unwrap_or_default(),
            has_passwords: pods::mount(container, AUTH_DIR).is_some(),
            // what is no volume of the pods is a claim of the set
            has_claims: volume_at(DATA_DIR).is_none_or(|volume| !has(volume, "emptyDir")),
            at: Places {
                container: below(&[]),
                checksum: at(&[&in_template[..], &["metadata".into(), "annotations".into(), CHECKSUM.into()]].concat()),
                replicas: at(&["spec".into(), "replicas".into()]),
                env: below(&["env".into()]),
            },
            faults: Vec::new(),
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
        self.variables.get(name).map(String::as_str)
    }

    fn port(&self, name: &str) -> Option<i128> {
        self.variable(name)?.parse().ok()
    }
}

impl ContainerPort {
    /// As policies see it.
    fn target(&self) -> policy::Target<'_> {
        policy::Target { number: self.number, name: self.name.as_deref(), protocol: &self.protocol }
    }
}

impl Configuration {
    fn of(root: &Node<'_>) -> Option<Self> {
        let data = entries(root, "data");
        let file = |name: &str| data.iter().find(|entry| entry.key == name).and_then(|entry| entry.value.as_text());
        let files: BTreeMap<_, _> = FILES.into_iter().filter_map(|name| Some((name, file(name)?.to_owned()))).collect();
        let is_ours = files.contains_key("topology.env") || file("supervise.sh").is_some();
        let scripts =
            [Role::Server, Role::Sentinel, Role::Proxy].map(|role| redis_k8s::scripts_fingerprint(role.name(), file));
        is_ours.then_some(Self { files, scripts })
    }

    /// A number of `topology.env`.
    fn number(&self, name: &str) -> Option<i128> {
        let mut lines = self.files.get("topology.env")?.lines();
        lines.find_map(|line| line.split_once('=').filter(|(key, _)| *key == name)?.1.trim().parse().ok())
    }
}

impl Service {
    fn of(root: &Node<'_>, spec: &Node<'_>) -> Self {
        let selector = entries(spec, "selector").iter().find(|label| label.key == POD_NAME);
        let port = |port: &Node<'_>| {
            let target = number(port, "targetPort").map(Target::Number);
            let target = target.or_else(|| Some(Target::Name(text(port, "targetPort")?.to_owned())));
            Some(ServicePort { number: number(port, "port")?, target })
        };
        Self {
            pod: selector.and_then(|label| label.value.as_text()).map(str::to_owned),
            publishes_not_ready: is_true(spec, "publishNotReadyAddresses"),
            ports: items(spec, "ports").iter().filter_map(port).collect(),
            at: Place::of(root, &["spec".into()]),
        }
    }
}
