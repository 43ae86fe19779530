//! Values that are well formed, but not wise in a master with replicas and sentinels.

use super::arguments::{arguments, memory};
use crate::check::at::At;
use crate::check::rule::rules;
use crate::check::{Check, resources};
use crate::model::{Config, Persistence, defaults};
use crate::value::ConfigValue;

/// Commands without which sentinels, replicas, probes or the scripts stop working.
const NEEDED_COMMANDS: &str = "ACL AUTH CLIENT COMMAND CONFIG EXEC HELLO INFO MULTI PING PSYNC PUBLISH REPLCONF REPLICAOF ROLE \
                               SCRIPT SHUTDOWN SLAVEOF SUBSCRIBE SYNC";

rules! { RULES;
    COMMAND_NEEDED = Error "command-needed", "`rename-command` takes away a command that sentinels, replicas, probes or scripts need",
        "the first failover, probe or stop would fail";
    MAXMEMORY_EXCEEDS_LIMIT = Error "maxmemory-exceeds-limit", "`maxmemory` is the memory limit of the container or more",
        "the kernel kills the server before it evicts or refuses anything";
    MAXMEMORY_CLOSE_TO_LIMIT = Warning "maxmemory-close-to-limit", "`maxmemory` is more than three quarters of the memory limit of the container",
        "the buffers of clients and replicas, fragmentation, and pages copied while a snapshot or rewrite runs come on top";
    SAVE_WITHOUT_RDB = Error "save-without-rdb", "a `save` schedule is set while `spec.persistence` writes no snapshots",
        "the schedule would be ignored, or undo what persistence says";
    SAVE_MISSING = Error "save-switched-off", "`save` is empty while `spec.persistence` is to write snapshots",
        "no snapshot would ever be written";
    REPLICAS_WRITABLE = Warning "replicas-writable", "`replica-read-only` is no",
        "what is written to a replica is not replicated, and is gone with the next synchronisation";
    TRUNCATED_LOG_REFUSED = Warning "truncated-log-refused", "`aof-load-truncated` is no",
        "after the loss of a node the append-only file may end in half a command, and the server would crash at every start";
    LOG_NOT_FLUSHED = Warning "log-not-flushed", "`appendfsync` is no",
        "the kernel may keep 30 s of acknowledged writes that are lost with the node; everysec keeps one";
    SHUTDOWN_EXCEEDS_GRACE = Warning "shutdown-exceeds-grace", "`shutdown-timeout` is not less than `spec.terminationGracePeriod`",
        "the server is killed while it still waits for its replicas";
}

pub(super) fn check(check: &mut Check, config: &Config, path: &At) {
    for (key, value) in config {
        let at = path.field(key.as_str());
        let first = || value.lines().find_map(arguments).and_then(|words| words.into_iter().next()).unwrap_or_default();
        let is = |word: &str| first().eq_ignore_ascii_case(word);
        match key.as_str() {
            "maxmemory" => maxmemory(check, at, &first()),
            "save" => save(check, at, value.lines().all(|line| matches!(line.trim(), "" | "\"\"" | "''"))),
            "rename-command" => renamed(check, &at, value),
            "replica-read-only" | "slave-read-only" if is("no") => check.report(
                REPLICAS_WRITABLE
                    .at(at, "what is written to a replica is not replicated, and is gone with the next synchronisation")
                    .help("leave it out, and let clients ask the sentinels for the master"),
            ),
            "aof-load-truncated" if is("no") => check.report(
                TRUNCATED_LOG_REFUSED
                    .at(at, "after the loss of a node a server whose file ends in half a command would crash at every start")
                    .help("leave it out: half a command at the end is dropped, and the server starts"),
            ),
            "appendfsync" if is("no") => check.report(
                LOG_NOT_FLUSHED
                    .at(at, "the kernel may keep 30 s of acknowledged writes, which are lost with the node")
                    .help("everysec, the default, keeps at most one second"),
            ),
            "shutdown-timeout" => {
                let first = first();
                let grace = check.spec.termination_grace_period.unwrap_or(defaults::TERMINATION_GRACE_PERIOD);
                if first.parse::<u64>().is_ok_and(|timeout| timeout.saturating_mul(1000) >= grace.as_millis()) {
                    check.report(
                        SHUTDOWN_EXCEEDS_GRACE
                            .at(at, format!("{first} seconds for replicas leave no time to save within the {grace} a pod has to stop"))
                            .help("use less, or a longer spec.terminationGracePeriod"),
                    );
                }
            }
            _ => {}
        }
    }
}

fn maxmemory(check: &mut Check, at: At, value: &str) {
    let (Some(bytes), Some(limit)) = (memory(value), resources::server_memory_limit(check)) else { return };
    let enough = limit.units() / 4 * 3;
    if bytes == 0 || bytes <= enough {
        return;
    }
    let help = format!("use {}mb or less, or a higher limit in spec.resources", enough >> 20);
    let problem = if bytes >= limit.units() {
        MAXMEMORY_EXCEEDS_LIMIT.at(
            at,
            format!(
                "with {value} the kernel kills the server at the memory limit of {limit} before it evicts anything"
            ),
        )
    } else {
        MAXMEMORY_CLOSE_TO_LIMIT.at(
            at,
            format!(
                "{value} leaves too little of the {limit} for buffers, fragmentation and the copies a snapshot makes"
            ),
        )
    };
    check.report(problem.help(help));
}

fn save(check: &mut Check, at: At, is_empty: bool) {
    let persistence = check.spec.persistence.unwrap_or(Persistence::Aof);
    let snapshots = matches!(persistence, Persistence::Rdb | Persistence::Both);
    if snapshots && is_empty {
        check.report(
            SAVE_MISSING
                .at(
                    at,
                    format!("an empty schedule writes no snapshot, and spec.persistence is {}", persistence.as_str()),
                )
                .help("give a schedule like 3600 1, or leave it out for the server's default"),
        );
    } else if !snapshots && !is_empty {
        let instead = if persistence == Persistence::Aof { "both" } else { "rdb" };
        check.report(
            SAVE_WITHOUT_RDB
                .at(at, format!("a schedule of snapshots, but spec.persistence is {}", persistence.as_str()))
                .help(format!("set spec.persistence to {instead}, or leave the schedule out")),
        );
    }
}

fn renamed(check: &mut Check, at: &At, value: &ConfigValue) {
    for line in value.lines() {
        let command = arguments(line).and_then(|words| words.into_iter().next()).unwrap_or_default();
        if NEEDED_COMMANDS.split(' ').any(|needed| needed.eq_ignore_ascii_case(&command)) {
            check.report(
                COMMAND_NEEDED
                    .at(*at, format!("{command} is needed by sentinels, replicas, probes or the scripts"))
                    .help("rename only what clients should not use, such as FLUSHALL, FLUSHDB, KEYS or DEBUG"),
            );
        }
    }
}

#[cfg(test)]
pub(in crate::check) const CASES: &[crate::check::tests::Case] = {
    use crate::check::tests::case;
    &[
        case(
            "command-needed",
            "spec.config.rename-command",
            "spec: {config: {rename-command: ['KEYS \"\"', 'config \"\"']}}",
            "spec: {config: {rename-command: ['KEYS \"\"', 'DEBUG \"\"']}}",
        ),
        case(
            "maxmemory-exceeds-limit",
            "spec.config.maxmemory",
            "spec: {config: {maxmemory: 256mb}}",
            "spec: {config: {maxmemory: 192mb}}",
        ),
        case(
            "maxmemory-exceeds-limit",
            "spec.config.maxmemory",
            "spec: {resources: {limits: {memory: 1Gi}}, config: {maxmemory: 2gb}}",
            "spec: {resources: {limits: {memory: 4Gi}}, config: {maxmemory: 2gb}}",
        ),
        case(
            "maxmemory-close-to-limit",
            "spec.config.maxmemory",
            "spec: {config: {maxmemory: 193mb}}",
            "spec: {config: {maxmemory: 0}}",
        ),
        case("save-without-rdb", "spec.config.save", "spec: {config: {save: 3600 1}}", "spec: {config: {save: ''}}"),
        case(
            "save-switched-off",
            "spec.config.save",
            "spec: {persistence: both, storage: {size: 1Gi}, config: {save: ''}}",
            "spec: {persistence: both, storage: {size: 1Gi}, config: {save: [3600 1, 60 10000]}}",
        ),
        case(
            "replicas-writable",
            "spec.config.slave-read-only",
            "spec: {config: {slave-read-only: false}}",
            "spec: {config: {replica-read-only: true}}",
        ),
        case(
            "truncated-log-refused",
            "spec.config.aof-load-truncated",
            "spec: {config: {aof-load-truncated: false}}",
            "spec: {config: {aof-load-truncated: true}}",
        ),
        case(
            "log-not-flushed",
            "spec.config.appendfsync",
            "spec: {config: {appendfsync: no}}",
            "spec: {config: {appendfsync: always}}",
        ),
        case(
            "shutdown-exceeds-grace",
            "spec.config.shutdown-timeout",
            "spec: {config: {shutdown-timeout: 60}}",
            "spec: {config: {shutdown-timeout: 59}}",
        ),
        case(
            "shutdown-exceeds-grace",
            "spec.config.shutdown-timeout",
            "spec: {terminationGracePeriod: 30s, config: {shutdown-timeout: 30}}",
            "spec: {terminationGracePeriod: 2m, config: {shutdown-timeout: 30}}",
        ),
    ]
};
