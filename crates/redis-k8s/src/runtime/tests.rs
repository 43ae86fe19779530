//! What of a document reaches which file, and what restarts whom.

use super::*;
use crate::api_version::ApiVersion;
use crate::model::Redis;

fn document(spec: &str) -> Redis {
    let header = "apiVersion: redis-k8s-gen.dev/v1alpha1\nkind: Redis\nmetadata: {name: redis}\n";
    serde_yaml::from_str(&format!("{header}spec: {spec}")).unwrap_or_else(|error| panic!("{spec}: {error}"))
}

fn texts(spec: &str) -> Texts {
    Texts::new(Instance::new(&document(spec), ApiVersion::AppsV1))
}

/// Checksums of servers and sentinels.
fn checksums(spec: &str) -> [String; 2] {
    let texts = texts(spec);
    Component::ALL.map(|component| texts.checksum(component))
}

#[test]
fn files_and_scripts_are_sorted_by_name() {
    assert!(SCRIPTS.is_sorted_by_key(|script| script.name));
    assert!(texts("{}").into_files().map(|(name, _)| name).is_sorted());
}

#[test]
fn what_this_tool_sets_itself_is_taken_by_a_running_server() {
    let texts = texts("{persistence: both}");
    let names: Vec<&str> = texts.live_conf.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(
        names,
        [
            "appendfsync",
            "maxmemory",
            "repl-backlog-size",
            "repl-diskless-sync-delay",
            "repl-ping-replica-period",
            "repl-timeout",
            "save",
            "tcp-keepalive"
        ]
    );
    assert!(texts.redis_conf.ends_with("appendonly yes\n"), "{}", texts.redis_conf);
}

#[test]
fn directives_go_where_a_server_reads_them() {
    let texts = texts(
        "{image: 'example.com/redis:1', config: {io-threads: 4, hz: 20, loadmodule: [/m/a.so, /m/b.so X], new-one: 1}}",
    );
    let ends = "io-threads 4\nloadmodule /m/a.so\nloadmodule /m/b.so X\nnew-one 1\n";
    assert!(texts.redis_conf.ends_with(ends), "{}", texts.redis_conf);
    assert!(texts.live_conf.contains("\nhz 20\n"), "{}", texts.live_conf);
}

#[test]
fn a_live_value_of_several_lines_is_one() {
    let line = |spec: &str, name: &str| {
        let texts = texts(spec);
        texts.live_conf.lines().find(|line| line.split(' ').next() == Some(name)).unwrap_or_default().to_owned()
    };
    assert_eq!(line("{}", "save"), "save \"\"");
    assert_eq!(line("{persistence: rdb}", "save"), "save 3600 1 300 100 60 10000");
    for (lines, value) in [
        ("['3600 1', '300 100']", "3600 1 300 100"),
        // In a file, an empty schedule takes back those before it.
        ("['3600 1', '', '300 100']", "300 100"),
        ("['3600 1', '\"\"']", "\"\""),
        ("''", "\"\""),
    ] {
        assert_eq!(line(&format!("{{persistence: rdb, config: {{save: {lines}}}}}"), "save"), format!("save {value}"));
    }
    assert_eq!(
        line(
            "{config: {client-output-buffer-limit: [normal 0 0 0, replica 256mb 64mb 60]}}",
            "client-output-buffer-limit"
        ),
        "client-output-buffer-limit normal 0 0 0 replica 256mb 64mb 60"
    );
}

#[test]
fn a_new_value_of_a_live_directive_restarts_nobody() {
    for (one, other) in [
        ("{config: {hz: 10}}", "{config: {hz: 20}}"),
        ("{}", "{config: {maxmemory: 1mb}}"),
        ("{config: {save: ''}}", "{config: {save: ['3600 1', '300 100']}}"),
        ("{persistence: rdb}", "{persistence: none}"),
        ("{}", "{replicas: 5, minReplicasToWrite: 2, minReplicasMaxLag: 9s}"),
        (
            "{auth: {secret: a, users: []}}",
            "{auth: {secret: a, users: [{name: app, rules: +@read}], defaultUser: false}}",
        ),
        ("{}", "{sentinel: {replicas: 5, quorum: 4, downAfter: 9s, failoverTimeout: 50s, parallelSyncs: 1}}"),
    ] {
        assert_eq!(checksums(one), checksums(other), "{one} and {other}");
    }
}

#[test]
fn what_is_read_at_the_start_restarts_those_who_read_it() {
    let [server, sentinel] = checksums("{}");
    for spec in [
        "{config: {io-threads: 4}}",
        "{config: {hz: 10}}",
        "{config: {rename-command: 'FLUSHALL \"\"'}}",
        "{persistence: none}",
        "{port: 6380}",
    ] {
        let [changed, other] = checksums(spec);
        assert!(changed != server && other == sentinel, "{spec}");
    }
    let [changed, also_changed] = checksums("{auth: {secret: a, users: []}}");
    assert!(changed != server && also_changed != sentinel, "both are another user");
    for spec in ["{sentinel: {config: {loglevel: debug}}}", "{sentinel: {port: 26380}}"] {
        let [other, changed] = checksums(spec);
        assert!(changed != sentinel && other == server, "{spec}");
    }
}

#[test]
fn the_topology_is_what_scripts_ask_for() {
    let env = |spec: &str| texts(spec).topology_env;
    assert_eq!(
        env("{}"),
        "servers=3\nsentinels=3\nquorum=2\ndown_after=4000\nfailover_timeout=30000\nparallel_syncs=2\nmin_replicas=1\n\
         max_lag=4\npersistence=aof\nclaims=0\nauth=0\n"
    );
    for (spec, line) in [
        ("{persistence: both}", "persistence=aof\n"),
        ("{persistence: rdb}", "persistence=rdb\n"),
        ("{persistence: none}", "persistence=none\n"),
        ("{auth: {secret: a}}", "auth=1\n"),
        ("{storage: {size: 1Gi}}", "claims=1\n"),
        ("{minReplicasMaxLag: 7s}", "max_lag=7\n"),
        ("{image: 'redis:8', modules: image}", "\ncompare=compare\n"),
        ("{config: {loadmodule: /m/a.so}}", "\ncompare=compare\n"),
    ] {
        assert!(env(spec).contains(line), "{spec}: {}", env(spec));
    }
}

#[test]
fn users_are_told_by_name_key_and_rules() {
    assert_eq!(texts("{auth: {secret: a}}").users_conf, None);
    let hash = "0".repeat(64);
    let users = format!(
        "[{{name: app, rules: ' ~a:*  +get'}}, {{name: b, rules: '+@all', key: k, hashes: ['#{hash}']}}, {{name: c, rules: +ping, hashes: ['{hash}']}}]"
    );
    assert_eq!(
        texts(&format!("{{auth: {{secret: a, defaultUser: false, users: {users}}}}}")).users_conf.unwrap_or_default(),
        format!("default - off\napp app-password ~a:* +get\nb k #{hash} +@all\nc - #{hash} +ping\n")
    );
    let service = "services: {master: {enabled: true}}";
    let proxy = texts(&format!("{{auth: {{secret: a, users: []}}, {service}}}")).proxy_config.unwrap_or_default();
    assert!(proxy.contains("AUTH\\r\\n\\$9\\r\\nredis-k8s\\r\\n") && !proxy.contains("default\\r"), "{proxy}");
}

#[test]
fn a_proxy_is_told_what_the_document_says() {
    let config = |spec: &str| texts(spec).proxy_config.unwrap_or_default();
    assert_eq!(texts("{}").proxy_config, None);
    assert_eq!(texts("{services: {master: {replicas: 3}}}").proxy_config, None);
    for (more, lines) in [
        ("", "    maxconn 4000\n"),
        ("config: {maxclients: 1000}, ", "    maxconn 400\n"),
        ("config: {maxclients: 1}, ", "    maxconn 1\n"),
        ("", "    bind \"${POD_IP}:6379\"\n    bind 127.0.0.1:6379\n"),
        ("replicas: 1, port: 7000, ", "    bind 127.0.0.1:7000\n"),
        ("replicas: 1, port: 7000, ", "    server redis-0 redis-announce-0:7000\n\nfrontend"),
        ("port: 8404, ", "    bind \"${POD_IP}:8405\"\n"),
        ("", "    bind \"${POD_IP}:8404\"\n"),
        (
            "tls: {secret: t}, ",
            " check-sni \"redis-announce-2.${POD_NAMESPACE}.svc\" verifyhost \"redis-announce-2.${POD_NAMESPACE}.svc\"\n",
        ),
        (
            "tls: {secret: t}, ",
            "    default-server check-ssl verify required ca-file /etc/redis-k8s-tls/ca.crt\n    server",
        ),
        ("tls: {secret: t, clientCertificates: required}, ", "    default-server crt /etc/redis-k8s-tls/tls.crt\n"),
    ] {
        let text = config(&format!("{{{more}services: {{master: {{enabled: true}}}}}}"));
        assert!(text.contains(lines), "{more}: {lines} is not in {text}");
    }
    for families in ["ipFamilies: [IPv6]", "ipFamilyPolicy: PreferDualStack"] {
        let text = config(&format!("{{services: {{{families}, master: {{enabled: true}}}}}}"));
        assert!(text.contains("    bind :::6379 v4v6\n") && !text.contains("}:6379"), "{families}: {text}");
    }
    let [one, other] = ["replicas: 3", "replicas: 5"].map(|servers| {
        texts(&format!("{{{servers}, services: {{master: {{enabled: true}}}}}}")).checksum(Component::Proxy)
    });
    assert_ne!(one, other, "proxies read it at their start alone");
}
