//! Directives this tool sets itself, and what a document says instead.
//!
//! Each answer is the help of a refusal: it names the field, or says why there is none.

const CLUSTER: &str = "there is no Redis Cluster here, but a master with replicas: leave it out";
const ADDRESSES: &str = "leave it out: every server announces the Service of its own, whose address outlives the pod";
const ROLES: &str = "leave it out: the sentinels alone decide who is master";
const PROMOTION: &str = "leave it out: every server must be visible to the sentinels and able to become master";
const PROCESS: &str = "leave it out: the process runs in the foreground and logs to the container's output";
const FILES: &str = "leave it out: the start scripts must know where the data is";
const CERTIFICATES: &str = "use spec.tls: secret, certificateKey, privateKey and authorityKey";
const LISTENING: &str = "leave it out: pods listen on all their addresses, and spec.networkPolicy says who may connect";
const PROTECTION: &str =
    "leave it out: it is set explicitly, since images differ; spec.auth and spec.networkPolicy protect the instance";
const SOCKET: &str = "leave it out: nothing else in the pod could use a Unix socket";
const PASSWORDS: &str = "use spec.auth: every server needs the same passwords, from a Secret, whatever its role";

/// What to write instead of `name` in `spec.config`, if this tool owns it.
pub(super) fn of_server(name: &str) -> Option<&'static str> {
    Some(match name {
        "port" | "tls-port" => "use spec.port; with spec.tls it is the port of TLS",
        "bind" | "bind-source-addr" | "rdma-bind" | "rdma-port" | "rdma-rx-size" | "rdma-completion-vector" => {
            LISTENING
        }
        "protected-mode" => PROTECTION,
        "requirepass" | "masterauth" | "masteruser" | "primaryauth" | "primaryuser" => PASSWORDS,
        "user" | "aclfile" => "use spec.auth.users, or spec.auth.aclFileSecret for a whole ACL file",
        "replicaof" | "slaveof" => ROLES,
        "replica-announce-ip" | "replica-announce-port" | "slave-announce-ip" | "slave-announce-port" => ADDRESSES,
        "replica-priority" | "slave-priority" | "replica-announced" => PROMOTION,
        "dir" | "dbfilename" | "appendfilename" | "appenddirname" => FILES,
        "appendonly" => "use spec.persistence: aof, rdb, both or none",
        "min-replicas-to-write" | "min-slaves-to-write" => "use spec.minReplicasToWrite",
        "min-replicas-max-lag" | "min-slaves-max-lag" => "use spec.minReplicasMaxLag",
        "tls-auth-clients" => "use spec.tls.clientCertificates",
        "tls-cert-file"
        | "tls-key-file"
        | "tls-key-file-pass"
        | "tls-client-cert-file"
        | "tls-client-key-file"
        | "tls-client-key-file-pass"
        | "tls-ca-cert-file"
        | "tls-ca-cert-dir" => CERTIFICATES,
        "tls-replication" => "use spec.tls: replication is encrypted with it",
        "tls-dh-params-file" => "leave it out: OpenSSL 3 needs no such file, and none is mounted",
        "daemonize" | "supervised" | "pidfile" | "logfile" | "syslog-enabled" | "syslog-ident" | "syslog-facility" => {
            PROCESS
        }
        "unixsocket" | "unixsocketperm" | "unixsocketgroup" => SOCKET,
        "include" => "write the directives into spec.config: no other file is mounted",
        "sentinel" => "use spec.sentinel",
        "tls-cluster" | "auto-failover-on-shutdown" | "slot-migration-max-failover-repl-bytes" => CLUSTER,
        name if name.starts_with("cluster-") => CLUSTER,
        _ => return None,
    })
}

/// What to write instead of `name` in `spec.sentinel.config`, if this tool owns it or no sentinel heeds it.
pub(super) fn of_sentinel(name: &str) -> Option<&'static str> {
    Some(match name {
        "port" | "tls-port" => "use spec.sentinel.port; with spec.tls it is the port of TLS",
        "user" | "aclfile" => "leave it out: sentinels have no users of the document; spec.auth.users is for servers",
        "requirepass" | "masterauth" | "masteruser" | "primaryauth" | "primaryuser" | "auth-pass" | "auth-user"
        | "sentinel-pass" | "sentinel-user" => "use spec.auth: secret, key and sentinelKey",
        "monitor" | "myid" | "known-replica" | "known-slave" | "known-sentinel" | "config-epoch" | "leader-epoch"
        | "current-epoch" => "leave it out: the start script and the sentinel itself keep it",
        "quorum" => "use spec.sentinel.quorum",
        "down-after-milliseconds" => "use spec.sentinel.downAfter",
        "failover-timeout" => "use spec.sentinel.failoverTimeout",
        "parallel-syncs" => "use spec.sentinel.parallelSyncs",
        "announce-ip" | "announce-port" | "announce-hostnames" | "resolve-hostnames" => {
            "leave it out: addresses are announced, and names only with spec.tls, whose certificates need them"
        }
        "sentinel" => {
            "use the fields of spec.sentinel; lines that name a master would stop a sentinel that does not know it yet"
        }
        "notification-script"
        | "client-reconfig-script"
        | "master-reboot-down-after-period"
        | "primary-reboot-down-after-period"
        | "deny-scripts-reconfig" => {
            "leave it out: a line that names a master stops a sentinel that does not know it yet, and no script is mounted"
        }
        "rename-command" => "leave it out: the start scripts, the probes and clients need the commands of a sentinel",
        "save" | "appendonly" | "appendfsync" | "maxmemory" | "maxmemory-policy" => {
            "use spec.config and spec.persistence for servers: a sentinel holds no data"
        }
        "loadmodule" => "use spec.config for servers: a sentinel has no use for modules",
        "min-replicas-to-write" | "min-slaves-to-write" | "min-replicas-max-lag" | "min-slaves-max-lag" => {
            "use spec.minReplicasToWrite and spec.minReplicasMaxLag: they are the servers'"
        }
        "replica-announce-ip" | "replica-announce-port" | "slave-announce-ip" | "slave-announce-port" => ADDRESSES,
        name => return of_server(name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::config::directives::DIRECTIVES;

    #[test]
    fn nothing_is_both_owned_and_free() {
        let both: Vec<&str> = DIRECTIVES.iter().map(|one| one.name).filter(|name| of_server(name).is_some()).collect();
        assert!(both.is_empty(), "{both:?}");
    }

    #[test]
    fn sentinels_refuse_what_servers_refuse() {
        for name in ["bind", "cluster-enabled", "tls-cert-file", "include", "dir", "replicaof"] {
            assert!(of_sentinel(name).is_some(), "{name}");
        }
        assert!(of_sentinel("loglevel").is_none());
    }
}
