//! The directives of redis.conf that a document may set, as Redis 7 and 8 and Valkey 8 and 9 know them.
//!
//! Names, aliases, kinds and ranges are facts of `CONFIG GET *` and `config.c` of those servers, what one takes while it
//! runs is one of `CONFIG SET`; those this tool sets itself are in [`owned`](super::owned). Hidden and debugging
//! directives are left out. Servers are told apart by major version alone: what came with a minor version counts as
//! known to the major one.

use std::fmt;

use crate::check::image::Server;

/// What a directive takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// `yes` or `no`.
    Bool,
    /// A whole number in a range.
    Int(i64, i64),
    /// A size like `100mb`, of so many bytes at least.
    Memory(u64),
    /// A size, or a share of maxmemory like `5%`.
    MemoryOrPercent,
    /// One of these words, in any case.
    Choice(&'static [&'static str]),
    /// One word or quoted text.
    Text,
    /// Several words, and maybe several lines.
    Words,
}

/// A directive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Directive {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    servers: u8,
    /// True if every server that knows it takes it with CONFIG SET.
    pub(super) is_live: bool,
}

const REDIS_7: u8 = 1;
const REDIS_8: u8 = 2;
const VALKEY_8: u8 = 4;
const VALKEY_9: u8 = 8;
const VALKEY: u8 = VALKEY_8 | VALKEY_9;
const ALL: u8 = REDIS_7 | REDIS_8 | VALKEY;

const I32: i64 = i32::MAX as i64;
const U32: i64 = u32::MAX as i64;

/// A directive that a running server takes.
const fn of(name: &'static str, kind: Kind, servers: u8) -> Directive {
    Directive { name, kind, servers, is_live: true }
}

/// A directive that some server reads at its start alone, or that none of our tests has.
const fn fixed(name: &'static str, kind: Kind, servers: u8) -> Directive {
    Directive { name, kind, servers, is_live: false }
}

impl fmt::Display for Kind {
    /// As a sentence without its full stop.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("Yes or no"),
            Self::Int(least, i64::MAX) => write!(f, "A whole number from {least}"),
            Self::Int(least, most) => write!(f, "A whole number from {least} to {most}"),
            Self::Memory(_) => f.write_str("A size, as in 100mb"),
            Self::MemoryOrPercent => f.write_str("A size, as in 100mb, or a share of maxmemory, as in 5%"),
            Self::Choice(words) => write!(f, "One of {}", words.join(", ")),
            Self::Text => f.write_str("One word, or a text in double quotes"),
            Self::Words => f.write_str("Several words, and several values if need be"),
        }
    }
}

impl Directive {
    /// True if all servers know it.
    pub(super) const fn is_everywhere(&self) -> bool {
        self.servers == ALL
    }

    /// True if `server` starts with this directive in its configuration.
    pub(super) const fn is_known_to(&self, server: Server) -> bool {
        let bit = match server {
            Server::Redis7 => REDIS_7,
            Server::Redis8 => REDIS_8,
            Server::Valkey8 => VALKEY_8,
            Server::Valkey9 => VALKEY_9,
        };
        self.servers & bit != 0
    }

    /// The servers that know it, for people.
    pub(super) const fn servers(&self) -> &'static str {
        match self.servers {
            REDIS_8 => "Redis 8",
            VALKEY_9 => "Valkey 9",
            VALKEY => "Valkey 8 and 9",
            _ => "Redis 8 and Valkey 9",
        }
    }
}

/// The directive of this name.
pub(super) fn find(name: &str) -> Option<&'static Directive> {
    DIRECTIVES.binary_search_by(|directive| directive.name.cmp(name)).ok().map(|place| &DIRECTIVES[place])
}

use Kind::{Bool, Choice, Int, Memory, MemoryOrPercent, Text, Words};

/// Sorted by name.
pub(super) const DIRECTIVES: &[Directive] = &[
    of("acl-pubsub-default", Choice(&["allchannels", "resetchannels"]), ALL),
    of("acllog-max-len", Int(0, i64::MAX), ALL),
    of("active-defrag-cycle-max", Int(1, 99), ALL),
    of("active-defrag-cycle-min", Int(1, 99), ALL),
    of("active-defrag-cycle-us", Int(0, 100_000), VALKEY),
    of("active-defrag-ignore-bytes", Memory(1), ALL),
    of("active-defrag-max-scan-fields", Int(1, i64::MAX), ALL),
    of("active-defrag-threshold-lower", Int(0, 1000), ALL),
    of("active-defrag-threshold-upper", Int(0, 1000), ALL),
    of("active-expire-effort", Int(1, 10), ALL),
    of("activedefrag", Bool, ALL),
    of("activerehashing", Bool, ALL),
    fixed("always-show-logo", Bool, ALL),
    of("aof-disable-auto-gc", Bool, ALL),
    fixed("aof-load-corrupt-tail-max-size", Memory(0), REDIS_8),
    of("aof-load-truncated", Bool, ALL),
    fixed("aof-rewrite-cpulist", Text, ALL),
    of("aof-rewrite-incremental-fsync", Bool, ALL),
    of("aof-timestamp-enabled", Bool, ALL),
    of("aof-use-rdb-preamble", Bool, ALL),
    fixed("aof_rewrite_cpulist", Text, ALL),
    of("appendfsync", Choice(&["always", "everysec", "no"]), ALL),
    fixed("array-slice-size", Int(0, i64::MAX), REDIS_8),
    fixed("array-sparse-kmax", Int(0, i64::MAX), REDIS_8),
    fixed("array-sparse-kmin", Int(0, i64::MAX), REDIS_8),
    of("auto-aof-rewrite-min-size", Memory(0), ALL),
    of("auto-aof-rewrite-percentage", Int(0, I32), ALL),
    of("availability-zone", Text, VALKEY),
    fixed("bgsave-cpulist", Text, ALL),
    fixed("bgsave_cpulist", Text, ALL),
    fixed("bio-cpulist", Text, ALL),
    fixed("bio_cpulist", Text, ALL),
    of("busy-reply-threshold", Int(0, i64::MAX), ALL),
    of("client-output-buffer-limit", Words, ALL),
    of("client-query-buffer-limit", Memory(1 << 20), ALL),
    of("commandlog-execution-slower-than", Int(-1, i64::MAX), VALKEY),
    of("commandlog-large-reply-max-len", Int(0, i64::MAX), VALKEY),
    of("commandlog-large-request-max-len", Int(0, i64::MAX), VALKEY),
    of("commandlog-reply-larger-than", Int(-1, i64::MAX), VALKEY),
    of("commandlog-request-larger-than", Int(-1, i64::MAX), VALKEY),
    of("commandlog-slow-execution-max-len", Int(0, i64::MAX), VALKEY),
    of("crash-log-enabled", Bool, ALL),
    of("crash-memcheck-enabled", Bool, ALL),
    fixed("databases", Int(1, I32), ALL),
    fixed("disable-thp", Bool, ALL),
    of("dual-channel-replication-enabled", Bool, VALKEY),
    of("dynamic-hz", Bool, ALL),
    fixed("enable-debug-command", Choice(&["no", "yes", "local"]), ALL),
    fixed("enable-module-command", Choice(&["no", "yes", "local"]), ALL),
    fixed("enable-protected-configs", Choice(&["no", "yes", "local"]), ALL),
    of("events-per-io-thread", Int(0, I32), VALKEY),
    of("extended-redis-compatibility", Bool, VALKEY),
    of("hash-max-listpack-entries", Int(0, i64::MAX), ALL),
    of("hash-max-listpack-value", Memory(0), ALL),
    of("hash-max-ziplist-entries", Int(0, i64::MAX), ALL),
    of("hash-max-ziplist-value", Memory(0), ALL),
    fixed("hash-seed", Text, VALKEY_9),
    of("hide-user-data-from-log", Bool, ALL),
    of("hll-sparse-max-bytes", Memory(0), ALL),
    of("hz", Int(0, I32), ALL),
    of("ignore-warnings", Text, ALL),
    of("import-mode", Bool, VALKEY),
    fixed("io-threads", Int(1, 256), ALL),
    of("io-threads-always-active", Bool, VALKEY_9),
    fixed("io-threads-do-reads", Bool, ALL),
    of("jemalloc-bg-thread", Bool, ALL),
    fixed("key-memory-histograms", Bool, REDIS_8),
    of("latency-monitor-threshold", Int(0, i64::MAX), ALL),
    of("latency-tracking", Bool, ALL),
    of("latency-tracking-info-percentiles", Words, ALL),
    of("lazyfree-lazy-eviction", Bool, ALL),
    of("lazyfree-lazy-expire", Bool, ALL),
    of("lazyfree-lazy-server-del", Bool, ALL),
    of("lazyfree-lazy-user-del", Bool, ALL),
    of("lazyfree-lazy-user-flush", Bool, ALL),
    of("lfu-decay-time", Int(0, I32), ALL),
    of("lfu-log-factor", Int(0, I32), ALL),
    of("list-compress-depth", Int(0, I32), ALL),
    of("list-max-listpack-size", Int(-I32 - 1, I32), ALL),
    fixed("list-max-ziplist-entries", Int(0, i64::MAX), ALL),
    of("list-max-ziplist-size", Int(-I32 - 1, I32), ALL),
    fixed("list-max-ziplist-value", Int(0, i64::MAX), ALL),
    fixed("loadmodule", Words, ALL),
    of("locale-collate", Text, ALL),
    of("log-format", Choice(&["legacy", "logfmt", "json"]), VALKEY),
    of("log-timestamp-format", Choice(&["legacy", "iso8601", "milliseconds"]), VALKEY),
    of("loglevel", Choice(&["debug", "verbose", "notice", "warning", "nothing"]), ALL),
    fixed("lookahead", Int(1, I32), REDIS_8),
    fixed("lua-enable-insecure-api", Bool, VALKEY_9),
    fixed("lua-replicate-commands", Bool, ALL),
    of("lua-time-limit", Int(0, i64::MAX), ALL),
    of("max-new-connections-per-cycle", Int(1, 1000), ALL),
    of("max-new-tls-connections-per-cycle", Int(1, 1000), ALL),
    of("maxclients", Int(1, U32), ALL),
    of("maxmemory", Memory(0), ALL),
    of("maxmemory-clients", MemoryOrPercent, ALL),
    of("maxmemory-eviction-tenacity", Int(0, 100), ALL),
    of(
        "maxmemory-policy",
        Choice(&[
            "noeviction",
            "allkeys-lru",
            "allkeys-lfu",
            "allkeys-lrm",
            "allkeys-random",
            "volatile-lru",
            "volatile-lfu",
            "volatile-lrm",
            "volatile-random",
            "volatile-ttl",
        ]),
        ALL,
    ),
    of("maxmemory-samples", Int(1, 64), ALL),
    of("min-io-threads-avoid-copy-reply", Int(0, i64::MAX), VALKEY_9),
    of("min-string-size-avoid-copy-reply", Int(0, i64::MAX), VALKEY_9),
    of("min-string-size-avoid-copy-reply-threaded", Int(0, i64::MAX), VALKEY_9),
    fixed("mptcp", Bool, VALKEY_9),
    of("no-appendfsync-on-rewrite", Bool, ALL),
    of("notify-keyspace-events", Text, ALL),
    of("oom-score-adj", Choice(&["no", "yes", "relative", "absolute"]), ALL),
    of("oom-score-adj-values", Words, ALL),
    of("prefetch-batch-max-size", Int(0, 128), VALKEY),
    of("proc-title-template", Text, ALL),
    of("propagation-error-behavior", Choice(&["ignore", "panic", "panic-on-replicas"]), ALL),
    of("proto-max-bulk-len", Memory(1 << 20), ALL),
    of("rdb-del-sync-files", Bool, ALL),
    of("rdb-save-incremental-fsync", Bool, ALL),
    of("rdb-version-check", Choice(&["strict", "relaxed"]), VALKEY),
    fixed("rdbchecksum", Bool, ALL),
    of("rdbcompression", Bool, ALL),
    fixed("rename-command", Words, ALL),
    of("repl-backlog-size", Memory(1), ALL),
    of("repl-backlog-ttl", Int(0, i64::MAX), ALL),
    of("repl-disable-tcp-nodelay", Bool, ALL),
    of("repl-diskless-load", Choice(&["disabled", "on-empty-db", "swapdb", "flush-before-load"]), ALL),
    of("repl-diskless-sync", Bool, ALL),
    of("repl-diskless-sync-delay", Int(0, I32), ALL),
    of("repl-diskless-sync-max-replicas", Int(0, I32), ALL),
    fixed("repl-mptcp", Bool, VALKEY_9),
    of("repl-ping-replica-period", Int(1, I32), ALL),
    of("repl-ping-slave-period", Int(1, I32), ALL),
    of("repl-rdb-channel", Bool, REDIS_8),
    of("repl-timeout", Int(1, I32), ALL),
    of("replica-full-sync-buffer-limit", Memory(0), REDIS_8),
    of("replica-ignore-disk-write-errors", Bool, ALL),
    of("replica-ignore-maxmemory", Bool, ALL),
    of("replica-lazy-flush", Bool, ALL),
    of("replica-read-only", Bool, ALL),
    of("replica-serve-stale-data", Bool, ALL),
    of("sanitize-dump-payload", Choice(&["no", "yes", "clients"]), ALL),
    of("save", Words, ALL),
    fixed("server-cpulist", Text, ALL),
    fixed("server_cpulist", Text, ALL),
    of("set-max-intset-entries", Int(0, i64::MAX), ALL),
    of("set-max-listpack-entries", Int(0, i64::MAX), ALL),
    of("set-max-listpack-value", Int(0, i64::MAX), ALL),
    fixed("set-proc-title", Bool, ALL),
    of("shutdown-on-sigint", Text, ALL),
    of("shutdown-on-sigterm", Text, ALL),
    of("shutdown-timeout", Int(0, I32), ALL),
    of("slave-ignore-maxmemory", Bool, ALL),
    of("slave-lazy-flush", Bool, ALL),
    of("slave-read-only", Bool, ALL),
    of("slave-serve-stale-data", Bool, ALL),
    fixed("slowlog-entry-max-argc", Int(0, i64::MAX), REDIS_8),
    fixed("slowlog-entry-max-string-len", Int(0, i64::MAX), REDIS_8),
    of("slowlog-log-slower-than", Int(-1, i64::MAX), ALL),
    of("slowlog-max-len", Int(0, i64::MAX), ALL),
    fixed("socket-mark-id", Int(0, U32), ALL),
    of("stop-writes-on-bgsave-error", Bool, ALL),
    fixed("stream-idmp-duration", Int(0, i64::MAX), REDIS_8),
    fixed("stream-idmp-maxsize", Int(0, i64::MAX), REDIS_8),
    of("stream-node-max-bytes", Memory(0), ALL),
    of("stream-node-max-entries", Int(0, i64::MAX), ALL),
    fixed("tcp-backlog", Int(0, I32), ALL),
    of("tcp-keepalive", Int(0, I32), ALL),
    of("timeout", Int(0, I32), ALL),
    of("tls-auth-clients-user", Text, REDIS_8 | VALKEY_9),
    of("tls-auto-reload-interval", Int(0, i64::MAX), VALKEY_9),
    of("tls-ciphers", Text, ALL),
    of("tls-ciphersuites", Text, ALL),
    of("tls-prefer-server-ciphers", Bool, ALL),
    of("tls-protocols", Text, ALL),
    of("tls-session-cache-size", Int(0, I32), ALL),
    of("tls-session-cache-timeout", Int(0, I32), ALL),
    of("tls-session-caching", Bool, ALL),
    of("tracking-table-max-keys", Int(0, i64::MAX), ALL),
    of("vset-force-single-threaded-execution", Bool, REDIS_8),
    of("zset-max-listpack-entries", Int(0, i64::MAX), ALL),
    of("zset-max-listpack-value", Memory(0), ALL),
    of("zset-max-ziplist-entries", Int(0, i64::MAX), ALL),
    of("zset-max-ziplist-value", Memory(0), ALL),
];

#[cfg(test)]
mod tests;
