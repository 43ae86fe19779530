//! Directives of redis.conf and sentinel.conf.

mod arguments;
mod commands;
mod directives;
pub(super) mod meaning;
mod owned;
mod values;

use directives::{DIRECTIVES, Directive};

use super::Check;
use super::image::{self, Server};
use super::rule::rules;
use crate::check::at::At;
use crate::model::{Config, defaults};
use crate::value::{ConfigKey, ConfigValue};

/// A ConfigMap holds a mebibyte at most, and `kubectl apply` keeps a copy of it in an annotation of 256 KiB.
const MOST_BYTES: usize = 128 * 1024;

/// Unknown names that are compared with all others to find what was meant; who has more did not misspell them.
const MOST_GUESSES: usize = 100;

rules! { RULES;
    CONFIG_KEY_OWNED = Error "config-key-owned", "a directive is set that this tool sets itself",
        "two answers to one question: the start, the failover and the probes rely on the rendered one";
    CONFIG_KEY_UNKNOWN = Error "config-key-unknown", "a directive is not one of Redis 7 and 8 or Valkey 8 and 9",
        "the server would refuse to start";
    CONFIG_KEY_UNVERIFIED = Warning "config-key-unverified", "a directive is unknown, and so is the version of the server in the image",
        "a server that does not know it refuses to start";
    CONFIG_KEY_OF_OTHER_SERVER = Error "config-key-of-other-server", "a directive belongs to another server than the one in the image",
        "the server would refuse to start";
    CONFIG_KEY_OF_MODULE = Error "config-key-of-module", "a directive of a module is set, but no module is loaded",
        "the server would refuse to start";
    CONFIG_VALUE_INVALID = Error "config-value-invalid", "the value of a directive is not one it can take",
        "the server would refuse to start";
    CONFIG_TOO_LARGE = Error "config-too-large", "the directives of one configuration are more than 128 KiB",
        "the ConfigMap would not fit into what kubectl apply and the API server hold";
}

/// True if every server that knows the directive takes a new value of it while it runs.
pub(crate) fn is_live(name: &str) -> bool {
    directives::find(name).is_some_and(|directive| directive.is_live)
}

/// What is known of a directive of `spec.config` or, `for_sentinels`, `spec.sentinel.config`: what it takes, who knows it and what a
/// change of it does, or why it cannot be set; nothing for one that no server knows.
///
/// ```
/// let maxmemory = redis_k8s::directive("maxmemory", false);
/// assert_eq!(maxmemory.as_deref(), Some("A size, as in 100mb. A running server takes a new value."));
/// ```
#[must_use]
pub fn directive(name: &str, for_sentinels: bool) -> Option<String> {
    let owned = if for_sentinels { owned::of_sentinel } else { owned::of_server };
    if let Some(instead) = owned(name) {
        return Some(format!("It cannot be set here: {instead}."));
    }
    let directive = directives::find(name)?;
    let servers = if directive.is_everywhere() { String::new() } else { format!(" {} alone.", directive.servers()) };
    let change =
        if directive.is_live { "A running server takes a new value." } else { "A new value restarts the servers." };
    Some(format!("{}.{servers} {change}", directive.kind))
}

pub(super) fn check(check: &mut Check) {
    let server = image::server(check);
    if let Some(config) = &check.spec.config {
        let path = At::root("spec.config");
        if fits(check, config, path) {
            names_and_values(check, config, &path, server, owned::of_server);
            meaning::check(check, config, &path);
        }
    }
    if let Some(config) = check.sentinel().and_then(|sentinel| sentinel.config.as_ref()) {
        let path = At::root("spec.sentinel.config");
        if fits(check, config, path) {
            names_and_values(check, config, &path, server, owned::of_sentinel);
        }
    }
}

/// Reports directives that are too many or too long; nothing else is said of them.
fn fits(check: &mut Check, config: &Config, path: At) -> bool {
    let lines = config.iter().flat_map(|(key, value)| value.lines().map(|line| key.as_str().len() + line.len() + 2));
    let bytes: usize = lines.sum();
    if bytes > MOST_BYTES {
        check.report(
            CONFIG_TOO_LARGE
                .at(path, format!("{bytes} bytes of directives do not fit into the ConfigMap: at most {MOST_BYTES}"))
                .help("leave out directives that only repeat the server's defaults"),
        );
    }
    bytes <= MOST_BYTES
}

/// Looks up every name, and checks the form of every value.
fn names_and_values(
    check: &mut Check,
    config: &Config,
    path: &At,
    server: Option<Server>,
    owned: fn(&str) -> Option<&'static str>,
) {
    let mut guesses = 0..MOST_GUESSES;
    for (key, value) in config {
        let name = key.as_str();
        if let Some(instead) = owned(name) {
            check.report(CONFIG_KEY_OWNED.at(path.field(name), format!("{name} cannot be set here")).help(instead));
        } else if let Some(directive) = directives::find(name) {
            known(check, path, directive, value, server);
        } else {
            let near = guesses.next().and_then(|_| nearest(name, owned));
            unknown(check, path, key, near, server, owned);
        }
    }
}

fn known(check: &mut Check, path: &At, directive: &Directive, value: &ConfigValue, server: Option<Server>) {
    let name = directive.name;
    if server.is_some_and(|server| !directive.is_known_to(server)) {
        let image = check.spec.image.as_ref().map_or(defaults::IMAGE, |image| image.as_str());
        check.report(
            CONFIG_KEY_OF_OTHER_SERVER
                .at(
                    path.field(name),
                    format!("{name} is a directive of {}: {image} would refuse to start", directive.servers()),
                )
                .help("leave it out, or change spec.image"),
        );
    }
    if let Some((why, help)) = values::fault(directive, value, server) {
        let shown: Vec<&str> = value.lines().collect();
        check.report(
            CONFIG_VALUE_INVALID
                .at(path.field(name), format!("{name} cannot be {:?}: {why}", cut(&shown.join(", "))))
                .help(help),
        );
    }
}

/// A long value, cut so that a message stays one.
fn cut(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn unknown(
    check: &mut Check,
    path: &At,
    key: &ConfigKey,
    near: Option<&'static str>,
    server: Option<Server>,
    owned: fn(&str) -> Option<&'static str>,
) {
    let name = key.as_str();
    let at = path.field(name);
    let module_prefixes = ["search-", "ts-", "bf-", "cf-", "cms-", "topk-", "td-"];
    if name.contains('.') || module_prefixes.iter().any(|prefix| name.starts_with(prefix)) {
        if owned("loadmodule").is_some() || !check.instance.loads_modules() {
            check.report(
                CONFIG_KEY_OF_MODULE
                    .at(at, format!("{name} is a directive of a module, and no module is loaded"))
                    .help("set spec.modules to image, or add loadmodule with the path of the module inside the image"),
            );
        }
        return;
    }
    if let Some(near) = near {
        check.report(CONFIG_KEY_UNKNOWN.at(at, format!("no server knows the directive {name}")).help(
            match owned(near) {
                Some(instead) => format!("if {near} was meant: {instead}"),
                None => format!("did you mean {near}?"),
            },
        ));
    } else if server.is_some() {
        check.report(
            CONFIG_KEY_UNKNOWN
                .at(at, format!("no server knows the directive {name}"))
                .help("directives are those of redis.conf of Redis 7 and 8 and Valkey 8 and 9"),
        );
    } else {
        let image = check.spec.image.as_ref().map_or(defaults::IMAGE, |image| image.as_str()).to_owned();
        check.report(
            CONFIG_KEY_UNVERIFIED
                .at(
                    at,
                    format!(
                        "no server known to this tool has the directive {name}: if {image} has not, it will not start"
                    ),
                )
                .help("directives are those of redis.conf of Redis 7 and 8 and Valkey 8 and 9"),
        );
    }
}

/// The directive whose name is so close that it must be meant.
fn nearest(name: &str, owned: fn(&str) -> Option<&'static str>) -> Option<&'static str> {
    /// Owned names that people misspell, too: the help then names the field.
    const OWNED: &[&str] = &[
        "appendonly",
        "bind",
        "masterauth",
        "min-replicas-max-lag",
        "min-replicas-to-write",
        "port",
        "protected-mode",
        "replicaof",
        "requirepass",
        "tls-port",
        "down-after-milliseconds",
        "failover-timeout",
        "parallel-syncs",
    ];
    let name = name.replace('_', "-");
    let most = 1 + name.len() / 6;
    DIRECTIVES
        .iter()
        .map(|directive| directive.name)
        .chain(OWNED.iter().copied().filter(|name| owned(name).is_some()))
        .map(|candidate| (strsim::osa_distance(&name, candidate), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case("config-key-owned", "spec.config.port", "spec: {config: {port: 6380}}", "spec: {port: 6380}"),
        case(
            "config-key-owned",
            "spec.config.requirepass",
            "spec: {config: {requirepass: secret}}",
            "spec: {auth: {secret: redis-auth}}",
        ),
        case(
            "config-key-owned",
            "spec.config.cluster-enabled",
            "spec: {config: {cluster-enabled: true}}",
            "spec: {config: {databases: 4}}",
        ),
        case(
            "config-key-owned",
            "spec.config.appendonly",
            "spec: {config: {appendonly: true}}",
            "spec: {config: {aof-use-rdb-preamble: true}}",
        ),
        case(
            "config-key-owned",
            "spec.config.min-slaves-to-write",
            "spec: {config: {min-slaves-to-write: 1}}",
            "spec: {minReplicasToWrite: 1}",
        ),
        case(
            "config-key-owned",
            "spec.sentinel.config.down-after-milliseconds",
            "spec: {sentinel: {config: {down-after-milliseconds: 5000}}}",
            "spec: {sentinel: {downAfter: 5s}}",
        ),
        case(
            "config-key-owned",
            "spec.sentinel.config.sentinel",
            "spec: {sentinel: {config: {sentinel: 'resolve-hostnames yes'}}}",
            "spec: {sentinel: {config: {loglevel: verbose}}}",
        ),
        case(
            "config-key-unknown",
            "spec.config.maxmemory-polcy",
            "spec: {config: {maxmemory-polcy: allkeys-lru}}",
            "spec: {config: {maxmemory-policy: allkeys-lru}}",
        ),
        case(
            "config-key-unknown",
            "spec.config.max_clients",
            "spec: {config: {max_clients: 100}}",
            "spec: {config: {maxclients: 100}}",
        ),
        case(
            "config-key-unknown",
            "spec.config.make-it-fast",
            "spec: {config: {make-it-fast: true}}",
            "spec: {config: {io-threads: 4}}",
        ),
        case(
            "config-key-unknown",
            "spec.sentinel.config.log-level",
            "spec: {sentinel: {config: {log-level: verbose}}}",
            "spec: {sentinel: {config: {loglevel: verbose}}}",
        ),
        case(
            "config-key-unverified",
            "spec.config.make-it-fast",
            "spec: {image: 'example.com/fast-redis:1', config: {make-it-fast: true}}",
            "spec: {image: 'example.com/fast-redis:1', config: {io-threads: 4}}",
        ),
        case(
            "config-key-of-other-server",
            "spec.config.import-mode",
            "spec: {config: {import-mode: false}}",
            "spec: {image: 'valkey/valkey:8.1', config: {import-mode: false}}",
        ),
        case(
            "config-key-of-other-server",
            "spec.config.lookahead",
            "spec: {image: 'redis:7.4', config: {lookahead: 16}}",
            "spec: {image: 'example.com/our-redis:1', config: {lookahead: 16}}",
        ),
        case(
            "config-key-of-other-server",
            "spec.config.locale-collate",
            "spec: {image: 'redis:7.0', config: {locale-collate: C, key-load-delay: 0}}",
            "spec: {image: 'redis:7.2', config: {locale-collate: C, key-load-delay: 0}}",
        ),
        case(
            "config-key-of-module",
            "spec.config.search-timeout",
            "spec: {config: {search-timeout: 100}}",
            "spec: {config: {search-timeout: 100, loadmodule: /usr/local/lib/redis/modules/redisearch.so}}",
        ),
        case(
            "config-key-of-module",
            "spec.config[\"bloom.size\"]",
            "spec: {config: {bloom.size: 100}}",
            "spec: {config: {bloom.size: 100, loadmodule: [/m/a.so, /m/b.so]}}",
        ),
        case(
            "config-too-large",
            "spec.config",
            "spec: {config: {loadmodule: /LONG(131060)}}",
            "spec: {config: {loadmodule: /LONG(131058)}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.activedefrag",
            "spec: {config: {activedefrag: 'on'}}",
            "spec: {config: {activedefrag: 'YES'}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.maxclients",
            "spec: {config: {maxclients: 0}}",
            "spec: {config: {maxclients: 1}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.maxclients",
            "spec: {config: {maxclients: 10k}}",
            "spec: {config: {maxclients: 10000}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.maxmemory",
            "spec: {config: {maxmemory: 100Mi}}",
            "spec: {config: {maxmemory: 100mb}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.maxmemory-policy",
            "spec: {config: {maxmemory-policy: allkeys-lur}}",
            "spec: {config: {maxmemory-policy: AllKeys-LRU}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.maxmemory-clients",
            "spec: {config: {maxmemory-clients: 101%}}",
            "spec: {config: {maxmemory-clients: 5%}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.databases",
            "spec: {config: {databases: [4, 5]}}",
            "spec: {config: {databases: [4]}}",
        ),
        case("config-value-invalid", "spec.config.hz", "spec: {config: {hz: []}}", "spec: {config: {hz: 10}}"),
        case(
            "config-value-invalid",
            "spec.config.timeout",
            "spec: {config: {timeout: ''}}",
            "spec: {config: {timeout: 0}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.tls-ciphers",
            "spec: {config: {tls-ciphers: '\"A:B'}}",
            "spec: {config: {tls-ciphers: '\"A:B\"'}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.proc-title-template",
            "spec: {config: {proc-title-template: '{title} {port}'}}",
            "spec: {config: {proc-title-template: '\"{title} {port}\"'}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.save",
            "spec: {persistence: both, storage: {size: 1Gi}, config: {save: 3600}}",
            "spec: {persistence: both, storage: {size: 1Gi}, config: {save: 3600 1 300 100}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.client-output-buffer-limit",
            "spec: {config: {client-output-buffer-limit: replica 256Mi 64mb 60}}",
            "spec: {config: {client-output-buffer-limit: [replica 256mb 64mb 60, normal 0 0 0]}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.rename-command",
            "spec: {config: {rename-command: FLUSHALL}}",
            "spec: {config: {rename-command: 'FLUSHALL \"\"'}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.loadmodule",
            "spec: {config: {loadmodule: search.so}}",
            "spec: {config: {loadmodule: /lib/search.so WORKERS 4}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.oom-score-adj-values",
            "spec: {config: {oom-score-adj-values: 0 200}}",
            "spec: {config: {oom-score-adj-values: 0 200 800}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.latency-tracking-info-percentiles",
            "spec: {config: {latency-tracking-info-percentiles: 50 101}}",
            "spec: {config: {latency-tracking-info-percentiles: 50 99.9}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.notify-keyspace-events",
            "spec: {config: {notify-keyspace-events: 'KEX?'}}",
            "spec: {config: {notify-keyspace-events: KEA}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.shutdown-on-sigterm",
            "spec: {config: {shutdown-on-sigterm: fast}}",
            "spec: {config: {shutdown-on-sigterm: nosave now}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.shutdown-on-sigint",
            "spec: {config: {shutdown-on-sigint: save nosave}}",
            "spec: {config: {shutdown-on-sigint: default}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.io-threads",
            "spec: {config: {io-threads: 200}}",
            "spec: {image: 'valkey/valkey:9.0', config: {io-threads: 200}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.maxmemory-policy",
            "spec: {image: 'valkey/valkey:8.1', config: {maxmemory-policy: allkeys-lrm}}",
            "spec: {image: 'redis:8.6', config: {maxmemory-policy: allkeys-lrm}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.proc-title-template",
            "spec: {config: {proc-title-template: ''}}",
            "spec: {config: {proc-title-template: '\"redis {port}\"'}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.proc-title-template",
            "spec: {config: {proc-title-template: '{name}'}}",
            "spec: {config: {proc-title-template: '{title}'}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.rename-command",
            "spec: {config: {rename-command: x y}}",
            "spec: {config: {rename-command: KEYS y}}",
        ),
        case(
            "config-value-invalid",
            "spec.config.rename-command",
            "spec: {config: {rename-command: KEYS get}}",
            "spec: {image: 'redis:8.6', config: {rename-command: DELEX y}}",
        ),
        case(
            "config-value-invalid",
            "spec.sentinel.config.loglevel",
            "spec: {sentinel: {config: {loglevel: trace}}}",
            "spec: {sentinel: {config: {loglevel: debug}}}",
        ),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api_version::ApiVersion;
    use crate::check::tests::document;

    fn help(yaml: &str) -> String {
        let problems = crate::check::check(&document(yaml), ApiVersion::AppsV1);
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems.into_iter().next().and_then(|problem| problem.help).unwrap_or_default()
    }

    #[test]
    fn a_misspelt_directive_gets_the_nearest_one_or_the_field_it_became() {
        assert_eq!(help("spec: {config: {maxmemory-polcy: allkeys-lru}}"), "did you mean maxmemory-policy?");
        assert_eq!(help("spec: {config: {max_clients: 100}}"), "did you mean maxclients?");
        assert_eq!(
            help("spec: {config: {append-only: yes}}"),
            "if appendonly was meant: use spec.persistence: aof, rdb, both or none"
        );
        assert!(help("spec: {config: {make-it-fast: yes}}").starts_with("directives are those of"));
        assert_eq!(
            help("spec: {sentinel: {config: {failover-timout: 1}}}"),
            "if failover-timeout was meant: use spec.sentinel.failoverTimeout"
        );
    }

    #[test]
    fn sizes_of_kubernetes_are_told_in_the_units_of_redis() {
        assert_eq!(help("spec: {config: {maxmemory: 100Mi}}"), "Redis writes it 100mb");
        assert!(help("spec: {config: {maxmemory-policy: allkeys-lur}}").starts_with("did you mean allkeys-lru? "));
    }

    #[test]
    fn values_from_code_cannot_smuggle_in_a_line() {
        let mut redis = document("{}");
        let key: ConfigKey = "databases".parse().unwrap();
        redis.spec.config = Some([(key, ConfigValue::One("16\nrequirepass x".to_owned()))].into());
        let problems = crate::check::check(&redis, ApiVersion::AppsV1);
        assert_eq!(problems.iter().map(|problem| problem.rule).collect::<Vec<_>>(), ["config-value-invalid"]);
    }
}
