//! What runs inside the containers: the texts of templates/, filled in and laid out as files.

mod checksum;
mod config;
pub(crate) mod tutorial;

use crate::instance::{Component, Instance};

/// Where the ConfigMap is mounted.
pub(crate) const CONFIG_DIR: &str = "/etc/redis-k8s";
/// Where the passwords are mounted.
pub(crate) const AUTH_DIR: &str = "/etc/redis-k8s-auth";
/// Where the certificates are mounted.
pub(crate) const TLS_DIR: &str = "/etc/redis-k8s-tls";
/// In memory: the configuration a pod writes for itself, passwords included.
pub(crate) const RUN_DIR: &str = "/run/redis-k8s";
/// The claim or emptyDir.
pub(crate) const DATA_DIR: &str = "/data";

/// A script of templates/, and which sets run it.
struct Script {
    name: &'static str,
    text: &'static str,
    server: bool,
    sentinel: bool,
}

/// The scripts, the same for every instance: what differs reaches them through the environment and `topology.env`.
const SCRIPTS: [Script; 6] = [
    Script { name: "common.sh", text: include_str!("../../templates/common.sh"), server: true, sentinel: true },
    Script { name: "conclude.sh", text: include_str!("../../templates/conclude.sh"), server: false, sentinel: true },
    Script { name: "handover.sh", text: include_str!("../../templates/handover.sh"), server: true, sentinel: false },
    Script { name: "health.sh", text: include_str!("../../templates/health.sh"), server: true, sentinel: true },
    Script { name: "sentinel.sh", text: include_str!("../../templates/sentinel.sh"), server: false, sentinel: true },
    Script { name: "server.sh", text: include_str!("../../templates/server.sh"), server: true, sentinel: false },
];

/// The texts of one instance.
pub(crate) struct Texts {
    redis_conf: String,
    sentinel_conf: String,
    topology_env: String,
}

impl Texts {
    pub(crate) fn new(instance: Instance<'_>) -> Self {
        Self {
            redis_conf: config::redis_conf(instance, DATA_DIR),
            sentinel_conf: config::sentinel_conf(instance),
            topology_env: config::topology_env(instance),
        }
    }

    /// Changes when a configuration does that a running process of the set would not take up.
    pub(crate) fn checksum(&self, component: Component) -> String {
        let configuration = match component {
            Component::Server => &self.redis_conf,
            Component::Sentinel => &self.sentinel_conf,
        };
        checksum::checksum(component, configuration)
    }

    /// The files of the ConfigMap: name and text.
    pub(crate) fn into_files(self) -> impl Iterator<Item = (&'static str, String)> {
        let scripts = SCRIPTS.iter().map(|script| (script.name, script.text.to_owned()));
        scripts.chain([
            ("redis.conf", self.redis_conf),
            ("sentinel.conf", self.sentinel_conf),
            ("topology.env", self.topology_env),
        ])
    }
}

/// The command of a container.
pub(crate) fn start_command(component: Component) -> Vec<String> {
    script(&format!("{}.sh", component.as_str()), &[])
}

/// The command of a probe.
pub(crate) fn health_command(component: Component, question: &str) -> Vec<String> {
    script("health.sh", &[component.as_str(), question])
}

/// The command of the hook before a container stops.
pub(crate) fn stop_command(component: Component) -> Vec<String> {
    match component {
        Component::Server => script("handover.sh", &[]),
        Component::Sentinel => script("conclude.sh", &[]),
    }
}

fn script(name: &str, arguments: &[&str]) -> Vec<String> {
    let mut command = vec!["sh".to_owned(), format!("{CONFIG_DIR}/{name}")];
    command.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    command
}
