//! Everything that is wrong with a document, or that hurts: all of it at once, a file per topic.
//!
//! What a value alone can tell was checked where the value was read (see [`value`](crate::value)); here is what
//! takes two values, the target, or knowledge of Redis and Kubernetes. A document that breaks no rule of severity
//! [`Error`](crate::Severity::Error) can be rendered without any further failure.

mod access;
mod at;
#[cfg(feature = "tutorial")]
mod capability;
mod config;
mod disruption_budget;
mod env;
mod extension;
mod external;
mod image;
mod kubernetes_version;
mod master_service;
mod metadata;
mod metrics;
mod network_policy;
mod pod;
mod probes;
mod resources;
mod rule;
mod scheduling;
mod seconds;
mod services;
mod storage;
#[cfg(test)]
mod tests;
mod timing;
mod topology;
mod update_strategy;
mod users;

pub use config::directive;
pub(crate) use config::is_live;
pub use rule::Rule;

use crate::api_version::ApiVersion;
use crate::error::Problem;
use crate::instance::{Component, Instance};
use crate::model::{Redis, RedisSpec, Sentinel};

/// The rules of every topic, in the order of the checks.
const TOPICS: &[&[Rule]] = &[
    #[cfg(feature = "tutorial")]
    capability::RULES,
    metadata::RULES,
    topology::RULES,
    timing::RULES,
    image::RULES,
    config::RULES,
    config::meaning::RULES,
    storage::RULES,
    resources::RULES,
    access::RULES,
    users::RULES,
    services::RULES,
    master_service::RULES,
    external::RULES,
    kubernetes_version::RULES,
    network_policy::RULES,
    metrics::RULES,
    disruption_budget::RULES,
    scheduling::RULES,
    probes::RULES,
    pod::RULES,
    env::RULES,
    extension::RULES,
    update_strategy::RULES,
    seconds::RULES,
];

const COUNT: usize = {
    let (mut count, mut topic) = (0, 0);
    while topic < TOPICS.len() {
        count += TOPICS[topic].len();
        topic += 1;
    }
    count
};

const ALL: [Rule; COUNT] = {
    let mut all = [TOPICS[0][0]; COUNT];
    let (mut place, mut topic) = (0, 0);
    while topic < TOPICS.len() {
        let mut rule = 0;
        while rule < TOPICS[topic].len() {
            all[place] = TOPICS[topic][rule];
            place += 1;
            rule += 1;
        }
        topic += 1;
    }
    all
};

/// Every rule a document is checked against; `docs/rules.md` is this table.
pub const RULES: &[Rule] = &ALL;

/// Everything that is wrong with `redis` for `target`, or that hurts.
pub(crate) fn check(redis: &Redis, target: ApiVersion) -> Vec<Problem> {
    let mut check = Check::new(redis, target);
    #[cfg(feature = "tutorial")]
    capability::check(&mut check);
    metadata::check(&mut check);
    topology::check(&mut check);
    timing::check(&mut check);
    image::check(&mut check);
    config::check(&mut check);
    storage::check(&mut check);
    resources::check(&mut check);
    access::check(&mut check);
    users::check(&mut check);
    services::check(&mut check);
    master_service::check(&mut check);
    external::check(&mut check);
    kubernetes_version::check(&mut check);
    network_policy::check(&mut check);
    metrics::check(&mut check);
    disruption_budget::check(&mut check);
    scheduling::check(&mut check);
    probes::check(&mut check);
    pod::check(&mut check);
    env::check(&mut check);
    extension::check(&mut check);
    update_strategy::check(&mut check);
    check.problems
}

/// A document under examination, with the counts most rules need.
struct Check<'a> {
    instance: Instance<'a>,
    redis: &'a Redis,
    spec: &'a RedisSpec,
    target: ApiVersion,
    /// Servers there will be.
    servers: u32,
    /// Sentinels there will be.
    sentinels: u32,
    problems: Vec<Problem>,
}

impl<'a> Check<'a> {
    fn new(redis: &'a Redis, target: ApiVersion) -> Self {
        let instance = Instance::new(redis, target);
        let (servers, sentinels) = (instance.resized(Component::Server), instance.resized(Component::Sentinel));
        Self { instance, redis, spec: &redis.spec, target, servers, sentinels, problems: Vec::new() }
    }

    fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn sentinel(&self) -> Option<&'a Sentinel> {
        self.spec.sentinel.as_deref()
    }

    /// True if the instance asks for a password.
    fn has_password(&self) -> bool {
        self.spec.auth.is_some()
    }

    /// True if nobody gets in without a password or a certificate.
    fn is_guarded(&self) -> bool {
        self.has_password() || self.instance.demands_certificates()
    }
}

/// The first character of a text that no annotation or variable can carry, as `U+0085`.
///
/// kubectl writes these into JSON as they are, and a reader of YAML, which the API server has for `--server-side`, takes
/// no such character, but U+0085, which it takes for a line break. Tried with every character below U+10000 (`docs/yaml.md`).
fn control_in(text: &str) -> Option<String> {
    let control = |char: &char| matches!(char, '\0' | '\x7f'..='\u{9f}' | '\u{fffe}' | '\u{ffff}');
    text.chars().find(control).map(|char| format!("U+{:04X}", u32::from(char)))
}

/// `1 server`, `2 servers`.
fn counted(count: u32, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
