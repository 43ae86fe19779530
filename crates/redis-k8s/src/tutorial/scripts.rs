//! What runs inside the containers of the tutorial on a cluster of today.

use minijinja::context;

use crate::instance::{Component, Instance};
use crate::runtime::config::{lines, of_sentinel, of_server};
use crate::template::fill;

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
    SCRIPTS
        .into_iter()
        .map(|(name, text)| (name, text.to_owned()))
        .chain([("redis.conf", redis_conf(instance)), ("sentinel.conf", sentinel_conf(instance))])
}

/// The command of a container.
pub(crate) fn start_command(component: Component) -> Vec<String> {
    crate::runtime::script(&format!("{}.sh", component.as_str()), &[])
}

/// The command of a probe.
pub(crate) fn probe_command(component: Component, question: &str) -> Vec<String> {
    crate::runtime::script("probe.sh", &[component.as_str(), question])
}

/// The command of the hook before a server stops.
pub(crate) fn stop_command() -> Vec<String> {
    crate::runtime::script("stop.sh", &[])
}

/// The redis.conf of the tutorial's targets: nothing changes while a server runs.
fn redis_conf(instance: Instance<'_>) -> String {
    fill(
        "tutorial/redis.conf",
        context! {
            data_dir => DATA_DIR,
            port => instance.port(Component::Server).get(),
            appendonly => instance.has_aof(),
            min_replicas_to_write => instance.min_replicas_to_write(),
            min_replicas_max_lag => instance.min_replicas_max_lag().as_secs_rounded_up(),
            directives => lines(&of_server(instance)),
        },
    )
}

/// What a sentinel of the tutorial's targets is told about its master, after the line that names it.
fn sentinel_conf(instance: Instance<'_>) -> String {
    fill(
        "tutorial/sentinel.conf",
        context! {
            master => instance.master_name(),
            down_after => instance.down_after().as_millis(),
            failover_timeout => instance.failover_timeout().as_millis(),
            parallel_syncs => instance.parallel_syncs(),
            directives => lines(&of_sentinel(instance)),
        },
    )
}
