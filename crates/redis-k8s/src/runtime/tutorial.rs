//! What runs inside the containers of the tutorial on a cluster of today.

use super::config;
use crate::instance::{Component, Instance};

/// Where a server writes, as in the tutorial.
pub(crate) const DATA_DIR: &str = "/redis-master-data";
/// Where a sentinel writes what it knows.
pub(crate) const SENTINEL_DIR: &str = "/redis-sentinel";

/// The scripts, the same for every instance: what differs reaches them through the environment.
const SCRIPTS: [(&str, &str); 7] = [
    ("cli.sh", include_str!("../../templates/tutorial/cli.sh")),
    ("common.sh", include_str!("../../templates/tutorial/common.sh")),
    ("knows.sh", include_str!("../../templates/tutorial/knows.sh")),
    ("probe.sh", include_str!("../../templates/tutorial/probe.sh")),
    ("sentinel.sh", include_str!("../../templates/tutorial/sentinel.sh")),
    ("server.sh", include_str!("../../templates/tutorial/server.sh")),
    ("stop.sh", include_str!("../../templates/tutorial/stop.sh")),
];

/// The files of the ConfigMap: name and text.
pub(crate) fn files(instance: Instance<'_>) -> impl Iterator<Item = (&'static str, String)> {
    SCRIPTS.into_iter().map(|(name, text)| (name, text.to_owned())).chain([
        ("redis.conf", config::tutorial_redis_conf(instance, DATA_DIR)),
        ("sentinel.conf", config::tutorial_sentinel_conf(instance)),
    ])
}

/// The command of a container.
pub(crate) fn start_command(component: Component) -> Vec<String> {
    super::script(&format!("{}.sh", component.as_str()), &[])
}

/// The command of a probe.
pub(crate) fn probe_command(component: Component, question: &str) -> Vec<String> {
    super::script("probe.sh", &[component.as_str(), question])
}

/// The command of the hook before a server stops.
pub(crate) fn stop_command() -> Vec<String> {
    super::script("stop.sh", &[])
}
