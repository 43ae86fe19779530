//! server.sh: how a server is configured and started, and what runs beside it.

use std::os::unix::fs::symlink;

use crate::container::{Container, in_each_shell};
use crate::peer::Peer;

/// A data set that was once whole.
fn give_data(container: &Container) {
    container.write("data/whole", "");
    container.write("data/appendonlydir/appendonly.aof.1.incr.aof", "x");
}

#[test]
fn data_counts_if_it_was_whole_and_is_durable() {
    in_each_shell(|container| {
        let has_data = |container: &Container| container.call("server.sh", "has_data").succeeded();
        assert!(!has_data(container));
        container.write("data/whole", "");
        assert!(!has_data(container));
        container.write("data/appendonlydir/.keep", "");
        assert!(has_data(container));
        std::fs::remove_file(container.path("data/appendonlydir/.keep")).unwrap();
        assert!(!has_data(container), "an empty directory is no data");
        give_data(container);
        std::fs::remove_file(container.path("data/whole")).unwrap();
        assert!(!has_data(container), "a first sync that broke off is no data");
        give_data(container);
        container.topology("durable", 0);
        assert!(!has_data(container), "what is not written before the answer may be older than the answer");
    });
}

#[test]
fn a_stamp_is_the_time_of_the_newest_file() {
    in_each_shell(|container| {
        let stamp = |container: &Container| container.call("server.sh", "stamp").out;
        let age = |container: &Container, file: &str, seconds: u64| {
            let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
            std::fs::File::options().write(true).open(container.path(file)).unwrap().set_modified(time).unwrap();
        };
        assert_eq!(stamp(container), "0\n");
        container.write("data/dump.rdb", "");
        assert_eq!(stamp(container), "0\n", "an empty file is no data");
        container.write("data/dump.rdb", "x");
        age(container, "data/dump.rdb", 1000);
        assert_eq!(stamp(container), "1000\n");
        give_data(container);
        container.write("data/appendonlydir/b", "x");
        for (file, seconds) in [("appendonly.aof.1.incr.aof", 3000), ("b", 2000)] {
            age(container, &format!("data/appendonlydir/{file}"), seconds);
        }
        assert_eq!(stamp(container), "3000\n");
        std::fs::remove_file(container.path("data/dump.rdb")).unwrap();
        assert_eq!(stamp(container), "3000\n");
        container.write("data/was-master", "");
        assert_eq!(stamp(container), "3002\n", "a master is ahead of its replicas");
    });
}

fn configuration(container: &Container, lines: &str) -> String {
    let ran = container.call("server.sh", &format!("me=10.0.0.10\n{lines}"));
    assert!(ran.succeeded());
    assert!(container.is_private("run/redis-k8s/redis.conf"), "passwords are for one pair of eyes");
    container.file("run/redis-k8s/redis.conf")
}

#[test]
fn a_configuration_is_what_the_start_needs_and_no_more() {
    const BEGINNING: &str =
        "include /etc/redis-k8s/redis.conf\nreplica-announce-ip 10.0.0.10\nreplica-announce-port 6379\n";
    const HUNTER: &str = "#f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7";
    in_each_shell(|container| {
        assert_eq!(configuration(container, "configure"), BEGINNING);
        assert_eq!(
            configuration(container, "priority=0; configure 10.0.0.11"),
            format!("{BEGINNING}replicaof 10.0.0.11 6379\nreplica-priority 0\n")
        );
        assert_eq!(
            configuration(container, "closed=1; configure"),
            format!("{BEGINNING}min-replicas-to-write 10000\n")
        );
        container.secret("server", "hunter2");
        assert_eq!(
            configuration(container, "configure 10.0.0.11"),
            format!(
                "{BEGINNING}user default on ~* &* +@all {HUNTER}\nmasterauth \"\\x68\\x75\\x6e\\x74\\x65\\x72\\x32\"\n\
                 replicaof 10.0.0.11 6379\n"
            )
        );
        // The master has not got the new password yet.
        container.secret("server-previous", "secret");
        container.server(1, &Peer::master().password("secret"));
        let changing = configuration(container, "configure 10.0.0.11");
        assert!(changing.contains("\nmasterauth \"\\x73\\x65\\x63\\x72\\x65\\x74\"\n"), "{changing}");
        assert_eq!(changing.lines().filter(|line| line.starts_with("user ")).count(), 1);
        assert!(configuration(container, "configure").contains("\nmasterauth \"\\x68"), "nobody to ask");
    });
}

#[test]
fn a_master_a_replica_and_a_candidate_start_differently() {
    in_each_shell(|container| {
        container.write("etc/redis-k8s/redis.conf", "min-replicas-to-write 1\n");
        let start = |container: &Container, lines: &str| {
            let ran = container
                .call("server.sh", &format!("me=10.0.0.10; tend() {{ echo beside; }}; guard() {{ :; }}\n{lines}"));
            assert_eq!(container.read("run/redis-k8s/state"), "running\n");
            let mut said: Vec<String> = ran.lines().iter().map(|line| (*line).to_owned()).collect();
            // What runs beside the server may be slower than the server.
            said.sort();
            (said, configuration_of(container))
        };
        let exec = "exec redis-server /run/redis-k8s/redis.conf";
        let (said, master) = start(container, "become_master 'a reason'");
        assert_eq!(said, ["a reason: starting as master", "beside", exec]);
        assert!(!master.contains("replicaof") && !master.contains("min-replicas"), "{master}");
        assert!(container.has("data/whole"), "what a master holds is whole");
        std::fs::remove_file(container.path("data/whole")).unwrap();

        let (said, candidate) = start(container, "become_candidate 10.0.0.11 'a reason'");
        assert_eq!(said, ["a reason: starting as replica, for the sentinels to elect", "beside", exec]);
        assert!(candidate.contains("replicaof 10.0.0.11 6379\n") && !candidate.contains("priority"), "{candidate}");
        assert!(!container.has("run/redis-k8s/newcomer"));

        let (said, replica) = start(container, "become_replica 10.0.0.11 'a reason'");
        assert_eq!(said, ["a reason: joining as replica", "beside", exec]);
        assert!(replica.contains("replicaof 10.0.0.11 6379\nreplica-priority 0\n"), "{replica}");
        assert!(container.has("run/redis-k8s/newcomer") && !container.has("data/whole"));
    });
}

fn configuration_of(container: &Container) -> String {
    container.read("run/redis-k8s/redis.conf")
}

#[test]
fn a_master_that_comes_back_is_closed_at_first() {
    in_each_shell(|container| {
        let ran = container.call(
            "server.sh",
            "me=10.0.0.10; tend() { :; }; guard() { echo \"guard $closed\"; }; reclaim() { :; }\nresume_as_master 'a reason'",
        );
        let mut said = ran.lines();
        said.sort_unstable();
        assert_eq!(said, ["a reason: starting as master", "exec redis-server /run/redis-k8s/redis.conf", "guard 1"]);
        assert!(configuration_of(container).ends_with("\nmin-replicas-to-write 10000\n"));
    });
}

#[test]
fn the_program_is_the_one_of_the_image() {
    in_each_shell(|container| {
        for name in ["valkey-server", "valkey-cli"] {
            let redis =
                std::fs::read_link(container.path(&format!("bin/{}", name.replace("valkey", "redis")))).unwrap();
            symlink(redis, container.path("bin").join(name)).unwrap();
        }
        let ran = container.call("server.sh", "me=10.0.0.10; tend() { :; }; guard() { :; }; start");
        assert_eq!(ran.lines(), ["exec valkey-server /run/redis-k8s/redis.conf"]);
    });
}
