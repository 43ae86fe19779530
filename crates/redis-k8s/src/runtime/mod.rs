//! What runs inside the containers: the texts of templates/, filled in and laid out as files.

mod checksum;
pub(crate) mod config;
mod proxy;

pub use checksum::{config_checksum, scripts_fingerprint};

use crate::instance::{Component, Instance};

/// Where the `ConfigMaps` are mounted.
pub(crate) const CONFIG_DIR: &str = "/etc/redis-k8s";
/// Where the passwords are mounted.
pub(crate) const AUTH_DIR: &str = "/etc/redis-k8s-auth";
/// Where an ACL file is among them: no key of a Secret has a name like this.
pub(crate) const ACL_FILE: &str = "acl/file";
/// Where the certificates are mounted.
pub(crate) const TLS_DIR: &str = "/etc/redis-k8s-tls";
/// In memory: the configuration a pod writes for itself, passwords included.
pub(crate) const RUN_DIR: &str = "/run/redis-k8s";
/// What a proxy reads there.
pub(crate) const PROXY_CONFIG: &str = "haproxy.cfg";
/// The claim or emptyDir.
pub(crate) const DATA_DIR: &str = "/data";

/// A script of templates/, and which sets run it.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    server: bool,
    sentinel: bool,
}

/// Makes [`Script`]s.
macro_rules! scripts {
    ($($name:literal server: $server:literal sentinel: $sentinel:literal;)*) => {
        [$(Script {
            name: $name,
            text: include_str!(concat!("../../templates/", $name)),
            server: $server,
            sentinel: $sentinel,
        }),*]
    };
}

/// The scripts, sorted by name and the same for every instance: what differs reaches them through the environment and `topology.env`.
pub(crate) static SCRIPTS: [Script; 9] = scripts! {
    "common.sh" server: true sentinel: true;
    "probe.sh" server: true sentinel: true;
    "sentinel-start.sh" server: false sentinel: true;
    "sentinel-stop.sh" server: false sentinel: true;
    "sentinel-watch.sh" server: false sentinel: true;
    "server-start.sh" server: true sentinel: false;
    "server-stop.sh" server: true sentinel: false;
    "server-watch.sh" server: true sentinel: false;
    "supervise.sh" server: true sentinel: true;
};

/// The script of instances with users.
const USERS_SCRIPT: &str = "users.sh";
const USERS: &str = include_str!("../../templates/users.sh");

/// The configuration of one instance.
#[derive(Debug)]
pub(crate) struct Texts {
    live_conf: String,
    redis_conf: String,
    sentinel_conf: String,
    topology_env: String,
    proxy_config: Option<String>,
    users_conf: Option<String>,
    sentinel_users_conf: Option<String>,
}

impl Texts {
    pub(crate) fn new(instance: Instance<'_>) -> Self {
        let (redis_conf, live_conf) = config::server_conf(instance);
        let auth = instance.redis.spec.auth.as_deref();
        Self {
            live_conf,
            redis_conf,
            sentinel_conf: config::sentinel_conf(instance),
            topology_env: config::topology_env(instance),
            proxy_config: instance.master_service().map(|_| proxy::config(instance)),
            users_conf: auth
                .filter(|auth| auth.has_users())
                .map(|auth| config::users_conf(auth.users.as_deref(), auth.default_user)),
            sentinel_users_conf: auth
                .filter(|auth| auth.has_sentinel_users())
                .map(|auth| config::users_conf(auth.sentinel_users.as_deref(), auth.sentinel_default_user)),
        }
    }

    /// Changes when something does that a running process of the set would not take up.
    pub(crate) fn checksum(&self, component: Component) -> String {
        let file = |name: &str| match name {
            "live.conf" => Some(self.live_conf.as_str()),
            "redis.conf" => Some(self.redis_conf.as_str()),
            "sentinel.conf" => Some(self.sentinel_conf.as_str()),
            USERS_SCRIPT => self.users_conf.as_ref().map(|_| USERS),
            _ => self.proxy_config.as_deref().or(Some("")),
        };
        checksum::checksum(component, checksum::of_scripts(component), file).unwrap_or_default()
    }

    /// The files by name.
    pub(crate) fn into_files(self) -> impl Iterator<Item = (&'static str, String)> {
        let proxy = self.proxy_config.map(|text| (PROXY_CONFIG, text));
        let users =
            self.users_conf.into_iter().flat_map(|text| [("users.conf", text), (USERS_SCRIPT, USERS.to_owned())]);
        let of_sentinels = self.sentinel_users_conf.map(|text| ("sentinel-users.conf", text));
        proxy
            .into_iter()
            .chain([
                ("live.conf", self.live_conf),
                ("redis.conf", self.redis_conf),
                ("sentinel.conf", self.sentinel_conf),
                ("topology.env", self.topology_env),
            ])
            .chain(users)
            .chain(of_sentinels)
    }
}

/// The command of a container.
pub(crate) fn start_command(component: Component) -> Vec<String> {
    match component {
        Component::Server | Component::Sentinel => script("supervise.sh", &[component.as_str()]),
        Component::Proxy => {
            ["haproxy", "-db", "-f", &[CONFIG_DIR, "/", PROXY_CONFIG].concat()].map(str::to_owned).into()
        }
    }
}

/// The command of a probe.
pub(crate) fn probe_command(question: &str) -> Vec<String> {
    script("probe.sh", &[question])
}

/// The command of the hook before a container stops.
pub(crate) fn stop_command(component: Component) -> Vec<String> {
    match component {
        Component::Server => script("server-stop.sh", &[]),
        Component::Sentinel => script("sentinel-stop.sh", &[]),
        // It answers those whom its Service still leads to it.
        Component::Proxy => ["sleep", "2"].map(str::to_owned).into(),
    }
}

pub(crate) fn script(name: &str, arguments: &[&str]) -> Vec<String> {
    let mut command = vec!["sh".to_owned(), [CONFIG_DIR, "/", name].concat()];
    command.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    command
}

#[cfg(test)]
mod tests;
