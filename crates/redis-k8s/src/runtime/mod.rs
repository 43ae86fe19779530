//! What runs inside the containers: the texts of templates/, filled in and laid out as files.

mod checksum;
mod config;
pub(crate) mod tutorial;

use std::collections::BTreeMap;

use crate::emit::{self, Block};
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
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    /// The text as YAML of the ConfigMap.
    pub(crate) block: Block,
    server: bool,
    sentinel: bool,
}

/// Makes [`Script`]s.
macro_rules! scripts {
    ($($name:literal server: $server:literal sentinel: $sentinel:literal;)*) => {
        [$({
            const TEXT: &str = include_str!(concat!("../../templates/", $name));
            const BLOCK: [u8; emit::laid_out_len(TEXT)] = emit::lay_out(TEXT);
            const BLOCK_TEXT: &str = match str::from_utf8(&BLOCK) {
                Ok(text) => text,
                Err(_) => panic!("a script is text, and so is its block"),
            };
            Script { name: $name, text: TEXT, block: Block(BLOCK_TEXT), server: $server, sentinel: $sentinel }
        }),*]
    };
}

/// The scripts, the same for every instance: what differs reaches them through the environment and `topology.env`.
static SCRIPTS: [Script; 7] = scripts! {
    "common.sh" server: true sentinel: true;
    "conclude.sh" server: false sentinel: true;
    "handover.sh" server: true sentinel: false;
    "health.sh" server: true sentinel: true;
    "keep.sh" server: true sentinel: true;
    "sentinel.sh" server: false sentinel: true;
    "server.sh" server: true sentinel: false;
};

/// A text of the ConfigMap.
#[derive(Debug, Clone, Copy)]
pub(crate) enum File<'t> {
    Script(&'static Script),
    Configuration(&'t str),
}

impl File<'_> {
    pub(crate) const fn text(&self) -> &str {
        match self {
            Self::Script(script) => script.text,
            Self::Configuration(text) => text,
        }
    }
}

/// The texts of one instance.
#[derive(Debug)]
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

    /// The files of the ConfigMap by name.
    pub(crate) fn files(&self) -> BTreeMap<&'static str, File<'_>> {
        let scripts = SCRIPTS.iter().map(|script| (script.name, File::Script(script)));
        let configuration = [
            ("redis.conf", &self.redis_conf),
            ("sentinel.conf", &self.sentinel_conf),
            ("topology.env", &self.topology_env),
        ];
        scripts.chain(configuration.map(|(name, text)| (name, File::Configuration(text)))).collect()
    }
}

/// The command of a container.
pub(crate) fn start_command(component: Component) -> Vec<String> {
    script("keep.sh", &[component.as_str()])
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
    let mut command = vec!["sh".to_owned(), [CONFIG_DIR, "/", name].concat()];
    command.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    command
}
