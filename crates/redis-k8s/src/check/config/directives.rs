//! The directives of redis.conf that a document may set, as Redis 7 and 8 and Valkey 8 and 9 know them.
//!
//! Names, aliases, kinds and ranges are facts of `CONFIG GET *` and `config.c` of those servers, what one takes while it
//! runs is one of `CONFIG SET`; those this tool sets itself are in [`owned`](super::owned). Of hidden ones, those by which
//! people try how slow loading and saving are.

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
    /// One or several of these words, in any case.
    Flags(&'static [&'static str]),
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
    servers: Since,
    /// True if every server that knows it takes it with CONFIG SET.
    pub(super) is_live: bool,
}

/// The minor versions of Redis and Valkey that something came with, as 82 for 8.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Since(pub(super) u32, pub(super) u32);

pub(super) const NEVER: u32 = u32::MAX;
const REDIS_8: Since = Since(80, NEVER);
const VALKEY: Since = Since(NEVER, 80);
const VALKEY_81: Since = Since(NEVER, 81);
const VALKEY_9: Since = Since(NEVER, 90);
const ALL: Since = Since(70, 80);

impl Since {
    /// True for a server that has it.
    pub(super) const fn is_in(self, server: Server) -> bool {
        server.version >= if server.is_valkey { self.1 } else { self.0 }
    }
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |name: &str, version: u32, first: u32| match version {
            NEVER => None,
            version if version == first => Some(name.to_owned()),
            version if version % 10 == 0 => Some(format!("{name} from {} on", version / 10)),
            version => Some(format!("{name} from {}.{} on", version / 10, version % 10)),
        };
        let both = [of("Redis", self.0, ALL.0), of("Valkey", self.1, ALL.1)];
        f.write_str(&both.into_iter().flatten().collect::<Vec<_>>().join(" and "))
    }
}

const I32: i64 = i32::MAX as i64;
const U32: i64 = u32::MAX as i64;

/// A directive that a running server takes.
const fn of(name: &'static str, kind: Kind, servers: Since) -> Directive {
    Directive { name, kind, servers, is_live: true }
}

/// A directive that some server reads at its start alone, or that none of our tests has.
const fn fixed(name: &'static str, kind: Kind, servers: Since) -> Directive {
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
            Self::Flags(words) => write!(f, "One or several of {}", words.join(", ")),
            Self::Text => f.write_str("One word, or a text in double quotes"),
            Self::Words => f.write_str("Several words, and several values if need be"),
        }
    }
}

impl Directive {
    /// True if all servers know it.
    pub(super) fn is_everywhere(&self) -> bool {
        self.servers == ALL
    }

    /// True if `server` starts with this directive in its configuration.
    pub(super) const fn is_known_to(&self, server: Server) -> bool {
        self.servers.is_in(server)
    }

    /// The servers that know it, for people.
    pub(super) const fn servers(&self) -> Since {
        self.servers
    }
}

/// Words of directives, and numbers beyond those all servers take, that came later than the directive.
const WORDS: &[(&str, &str, Since)] = &[
    ("log-format", "json", VALKEY_9),
    ("loglevel", "nothing", Since(72, 80)),
    ("maxmemory-policy", "allkeys-lrm", Since(86, NEVER)),
    ("maxmemory-policy", "volatile-lrm", Since(86, NEVER)),
    ("repl-diskless-load", "flush-before-load", VALKEY_81),
    ("shutdown-on-sigint", "failover", VALKEY_9),
    ("shutdown-on-sigint", "safe", VALKEY_9),
    ("shutdown-on-sigterm", "failover", VALKEY_9),
    ("shutdown-on-sigterm", "safe", VALKEY_9),
];

/// The servers that take a word of a directive.
pub(super) fn since(directive: &str, word: &str) -> Since {
    let known = WORDS.iter().find(|(name, newer, _)| *name == directive && newer.eq_ignore_ascii_case(word));
    known.map_or(ALL, |(.., since)| *since)
}

/// The directive of this name.
pub(super) fn find(name: &str) -> Option<&'static Directive> {
    DIRECTIVES.binary_search_by(|directive| directive.name.cmp(name)).ok().map(|place| &DIRECTIVES[place])
}

use Kind::{Bool, Choice, Flags, Int, Memory, MemoryOrPercent, Text, Words};

/// Sorted by name.
pub(super) const DIRECTIVES: &[Directive] = &[
    of("acl-pubsub-default", Choice(&["allchannels", "resetchannels"]), ALL),
    of("acllog-max-len", Int(0, i64::MAX), ALL),
    of("active-defrag-cycle-max", Int(1, 99), ALL),
    of("active-defrag-cycle-min", Int(1, 99), ALL),
    of("active-defrag-cycle-us", Int(0, 100_000), VALKEY_81),
    of("active-defrag-ignore-bytes", Memory(1), ALL),
    of("active-defrag-max-scan-fields", Int(1, i64::MAX), ALL),
    of("active-defrag-threshold-lower", Int(0, 1000), ALL),
    of("active-defrag-threshold-upper", Int(0, 1000), ALL),
    of("active-expire-effort", Int(1, 10), ALL),
    of("activedefrag", Bool, ALL),
    of("activerehashing", Bool, ALL),
    fixed("always-show-logo", Bool, ALL),
    of("aof-disable-auto-gc", Bool, ALL),
    fixed("aof-load-corrupt-tail-max-size", Memory(0), Since(84, NEVER)),
    of("aof-load-truncated", Bool, ALL),
    fixed("aof-rewrite-cpulist", Text, Since(74, 80)),
    of("aof-rewrite-incremental-fsync", Bool, ALL),
    of("aof-timestamp-enabled", Bool, ALL),
    of("aof-use-rdb-preamble", Bool, ALL),
    fixed("aof_rewrite_cpulist", Text, ALL),
    of("appendfsync", Choice(&["always", "everysec", "no"]), ALL),
    fixed("array-slice-size", Int(0, i64::MAX), Since(88, NEVER)),
    fixed("array-sparse-kmax", Int(0, i64::MAX), Since(88, NEVER)),
    fixed("array-sparse-kmin", Int(0, i64::MAX), Since(88, NEVER)),
    of("auto-aof-rewrite-min-size", Memory(0), ALL),
    of("auto-aof-rewrite-percentage", Int(0, I32), ALL),
    of("availability-zone", Text, VALKEY),
    fixed("bgsave-cpulist", Text, Since(74, 80)),
    fixed("bgsave_cpulist", Text, ALL),
    fixed("bio-cpulist", Text, Since(74, 80)),
    fixed("bio_cpulist", Text, ALL),
    of("busy-reply-threshold", Int(0, i64::MAX), ALL),
    of("client-output-buffer-limit", Words, ALL),
    of("client-query-buffer-limit", Memory(1 << 20), ALL),
    of("commandlog-execution-slower-than", Int(-1, i64::MAX), VALKEY_81),
    of("commandlog-large-reply-max-len", Int(0, i64::MAX), VALKEY_81),
    of("commandlog-large-request-max-len", Int(0, i64::MAX), VALKEY_81),
    of("commandlog-reply-larger-than", Int(-1, i64::MAX), VALKEY_81),
    of("commandlog-request-larger-than", Int(-1, i64::MAX), VALKEY_81),
    of("commandlog-slow-execution-max-len", Int(0, i64::MAX), VALKEY_81),
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
    of("hide-user-data-from-log", Bool, Since(74, 80)),
    of("hll-sparse-max-bytes", Memory(0), ALL),
    of("hz", Int(0, I32), ALL),
    of("ignore-warnings", Text, ALL),
    of("import-mode", Bool, VALKEY_81),
    fixed("io-threads", Int(1, 256), ALL),
    of("io-threads-always-active", Bool, VALKEY_9),
    fixed("io-threads-do-reads", Bool, ALL),
    of("jemalloc-bg-thread", Bool, ALL),
    of("key-load-delay", Int(-I32 - 1, I32), ALL),
    fixed("key-memory-histograms", Bool, Since(86, NEVER)),
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
    fixed("list-max-ziplist-entries", Text, ALL),
    of("list-max-ziplist-size", Int(-I32 - 1, I32), ALL),
    fixed("list-max-ziplist-value", Text, ALL),
    fixed("loadmodule", Words, ALL),
    of("locale-collate", Text, Since(72, 80)),
    of("log-format", Choice(&["legacy", "logfmt", "json"]), VALKEY_81),
    of("log-timestamp-format", Choice(&["legacy", "iso8601", "milliseconds"]), VALKEY_81),
    of("loglevel", Choice(&["debug", "verbose", "notice", "warning", "nothing"]), ALL),
    fixed("lookahead", Int(1, I32), Since(84, NEVER)),
    fixed("lua-enable-insecure-api", Bool, VALKEY_9),
    fixed("lua-replicate-commands", Text, ALL),
    of("lua-time-limit", Int(0, i64::MAX), ALL),
    of("max-new-connections-per-cycle", Int(1, 1000), Since(74, 80)),
    of("max-new-tls-connections-per-cycle", Int(1, 1000), Since(74, 80)),
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
    of("min-io-threads-avoid-copy-reply", Int(0, I32), VALKEY_9),
    of("min-string-size-avoid-copy-reply", Int(0, I32), VALKEY_9),
    of("min-string-size-avoid-copy-reply-threaded", Int(0, I32), VALKEY_9),
    fixed("mptcp", Bool, VALKEY_9),
    of("no-appendfsync-on-rewrite", Bool, ALL),
    of("notify-keyspace-events", Text, ALL),
    of("oom-score-adj", Choice(&["no", "yes", "relative", "absolute"]), ALL),
    of("oom-score-adj-values", Words, ALL),
    of("prefetch-batch-max-size", Int(0, 128), Since(82, 80)),
    of("proc-title-template", Text, ALL),
    of("propagation-error-behavior", Choice(&["ignore", "panic", "panic-on-replicas"]), ALL),
    of("proto-max-bulk-len", Memory(1 << 20), ALL),
    of("rdb-del-sync-files", Bool, ALL),
    of("rdb-key-save-delay", Int(-I32 - 1, I32), ALL),
    of("rdb-save-incremental-fsync", Bool, ALL),
    of("rdb-version-check", Choice(&["strict", "relaxed"]), VALKEY_81),
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
    fixed("server-cpulist", Text, Since(74, 80)),
    fixed("server_cpulist", Text, ALL),
    of("set-max-intset-entries", Int(0, i64::MAX), ALL),
    of("set-max-listpack-entries", Int(0, i64::MAX), Since(72, 80)),
    of("set-max-listpack-value", Int(0, i64::MAX), Since(72, 80)),
    fixed("set-proc-title", Bool, ALL),
    of("shutdown-on-sigint", Flags(&["default", "save", "nosave", "now", "force", "safe", "failover"]), ALL),
    of("shutdown-on-sigterm", Flags(&["default", "save", "nosave", "now", "force", "safe", "failover"]), ALL),
    of("shutdown-timeout", Int(0, I32), ALL),
    of("slave-ignore-maxmemory", Bool, ALL),
    of("slave-lazy-flush", Bool, ALL),
    of("slave-read-only", Bool, ALL),
    of("slave-serve-stale-data", Bool, ALL),
    fixed("slowlog-entry-max-argc", Int(0, i64::MAX), Since(88, NEVER)),
    fixed("slowlog-entry-max-string-len", Int(0, i64::MAX), Since(88, NEVER)),
    of("slowlog-log-slower-than", Int(-1, i64::MAX), ALL),
    of("slowlog-max-len", Int(0, i64::MAX), ALL),
    fixed("socket-mark-id", Int(0, U32), ALL),
    of("stop-writes-on-bgsave-error", Bool, ALL),
    fixed("stream-idmp-duration", Int(0, i64::MAX), Since(86, NEVER)),
    fixed("stream-idmp-maxsize", Int(0, i64::MAX), Since(86, NEVER)),
    of("stream-node-max-bytes", Memory(0), ALL),
    of("stream-node-max-entries", Int(0, i64::MAX), ALL),
    fixed("tcp-backlog", Int(0, I32), ALL),
    of("tcp-keepalive", Int(0, I32), ALL),
    of("timeout", Int(0, I32), ALL),
    of("tls-auth-clients-user", Text, Since(86, 90)),
    of("tls-auto-reload-interval", Int(0, I32), Since(NEVER, 91)),
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
