//! What runs inside the containers: the texts of templates/, filled in and laid out as files.

mod checksum;
mod config;
pub(crate) mod tutorial;

use crate::instance::{Component, Instance};

pub(crate) use checksum::checksum;

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

/// The scripts, the same for every instance: what differs reaches them through the environment and `topology.env`.
const SCRIPTS: [(&str, &str); 5] = [
    ("common.sh", include_str!("../../templates/common.sh")),
    ("handover.sh", include_str!("../../templates/handover.sh")),
    ("health.sh", include_str!("../../templates/health.sh")),
    ("sentinel.sh", include_str!("../../templates/sentinel.sh")),
    ("server.sh", include_str!("../../templates/server.sh")),
];

/// The files of the ConfigMap: name and text.
pub(crate) fn files(instance: Instance<'_>) -> Vec<(&'static str, String)> {
    let scripts = SCRIPTS.iter().map(|(name, text)| (*name, (*text).to_owned()));
    scripts
        .chain([
            ("redis.conf", config::redis_conf(instance, DATA_DIR)),
            ("sentinel.conf", config::sentinel_conf(instance)),
            ("topology.env", config::topology_env(instance)),
        ])
        .collect()
}

/// The command of a container.
pub(crate) fn start_command(component: Component) -> Vec<String> {
    script(&format!("{}.sh", component.as_str()), &[])
}

/// The command of a probe.
pub(crate) fn health_command(component: Component, question: &str) -> Vec<String> {
    script("health.sh", &[component.as_str(), question])
}

/// The command of the hook before a server stops.
pub(crate) fn handover_command() -> Vec<String> {
    script("handover.sh", &[])
}

fn script(name: &str, arguments: &[&str]) -> Vec<String> {
    let mut command = vec!["sh".to_owned(), format!("{CONFIG_DIR}/{name}")];
    command.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    command
}
