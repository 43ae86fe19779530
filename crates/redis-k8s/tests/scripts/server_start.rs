//! server.sh as a whole: from nothing to a server.

use crate::container::{Container, in_each_shell};
use crate::peer::Peer;

const EXEC: &str = "exec redis-server /run/redis-k8s/redis.conf";

/// What is said until the server starts. What goes on beside it ends with the patience of the test.
fn start(container: &Container) -> Vec<String> {
    container.write("sleeps", "0\n");
    container.write("clock", "1000000000\n");
    container.forget_calls();
    let ran = container.run("server.sh", &[]);
    let mut lines: Vec<String> = ran.lines().iter().map(|line| (*line).to_owned()).collect();
    lines.retain(|line| line != "still waiting" && line != "open for writes");
    lines
}

#[test]
fn a_server_waits_for_all_it_needs_and_says_for_what() {
    in_each_shell(|container| {
        container.set("RK_AUTH", "1");
        container.set("PATIENCE", "6");
        container.name("redis-announce-0", &[]);
        container.write("run/redis-k8s/newcomer", "");
        container.plan(1, "[ \"$(cat \"$run/state\")\" = waiting ] && [ ! -e \"$run/newcomer\" ] && echo 'not ready'");
        container.plan(2, "echo hunter2 >\"$SCRATCH/etc/redis-k8s-auth/server\"");
        container.plan(3, "echo 10.0.0.10 >\"$SCRATCH/names/redis-announce-0\"");
        container.write("naming", &Peer::naming("10.0.0.11", 7).to_string());
        container.plan(4, "for s in 0 1; do cat \"$SCRATCH/naming\" >\"$SCRATCH/peers/10.0.1.1$s:26379\"; done");
        container.server(1, &Peer::master().password("hunter2"));
        assert_eq!(
            start(container),
            [
                "waiting for the password",
                "not ready",
                "waiting for the address of redis-announce-0",
                "0 of 3 sentinels answer: waiting for a majority",
                "sentinels name 10.0.0.11 (epoch 7): joining as replica",
                EXEC,
            ]
        );
        assert_eq!(container.read("run/redis-k8s/state"), "running\n");
        assert!(container.has("run/redis-k8s/newcomer"));
    });
}

#[test]
fn refusals_are_told_from_silence() {
    in_each_shell(|container| {
        container.set("PATIENCE", "2");
        container.sentinels(&[Peer::blank(), Peer::blank().password("another"), Peer::blank().password("another")]);
        assert_eq!(start(container), ["1 of 3 sentinels answer, 2 refuse the password: waiting for a majority"]);
    });
}

#[test]
fn a_master_resumes_with_its_data() {
    in_each_shell(|container| {
        container.set("PATIENCE", "2");
        container.write("data/whole", "");
        container.write("data/appendonlydir/a", "x");
        container.write("etc/redis-k8s/redis.conf", "min-replicas-to-write 1\n");
        let mine = Peer::naming("10.0.0.10", 7);
        container.sentinels(&[mine.clone(), mine]);
        let said = start(container);
        assert_eq!(said, ["sentinels name this server (epoch 7), its data is here: starting as master", EXEC]);
        assert!(container.read("run/redis-k8s/redis.conf").ends_with("min-replicas-to-write 10000\n"));
    });
}

fn waiting(ordinals: &[usize]) -> Peer {
    let lines: Vec<_> = ordinals.iter().map(|ordinal| format!("id=4 name=rk-waits-{ordinal}-0 age=0")).collect();
    Peer::blank().but("CLIENT LIST", &lines.join("\n"))
}

#[test]
fn the_first_of_all_that_wait_starts_a_fresh_cluster() {
    in_each_shell(|container| {
        container.set("PATIENCE", "2");
        container.sentinels(&[waiting(&[1]), waiting(&[2]), waiting(&[])]);
        let said = start(container);
        assert_eq!(said, ["a fresh cluster, and this server starts it: starting as master", EXEC]);
        for ordinal in 0..3 {
            let told = container.calls_to(&format!("10.0.1.1{ordinal}:26379"), "SENTINEL MONITOR");
            assert_eq!(told, ["SENTINEL MONITOR mymaster 10.0.0.10 6379 2"]);
        }
        assert!(!container.read("run/redis-k8s/redis.conf").contains("replicaof"));
        container.set("POD_NAME", "redis-1");
        container.sentinels(&[waiting(&[0]), waiting(&[2]), waiting(&[])]);
        assert_eq!(start(container), ["a fresh cluster: waiting for redis-0 to start it"]);
    });
}

#[test]
fn a_fresh_cluster_waits_longer_for_those_who_may_bring_data() {
    in_each_shell(|container| {
        container.set("PATIENCE", "4");
        container.sentinels(&[waiting(&[1]), waiting(&[1])]);
        let hopes = "a fresh cluster: waiting for the other servers";
        let starts = "a fresh cluster, and this server starts it: starting as master";
        for (claims, data, patience) in [(0, false, 3), (1, false, 10), (1, true, 60)] {
            container.topology("claims", claims);
            if data {
                container.write("data/dump.rdb", "x");
            }
            // The clock leaps to the moment before, and then to the moment.
            container.plan(1, &format!("echo {} >\"$SCRATCH/clock\"", 1_000_000_000 + patience * 1000 - 300));
            container.plan(2, &format!("echo {} >\"$SCRATCH/clock\"; echo now", 1_000_000_000 + patience * 1000));
            let said = start(container);
            assert_eq!(said, [hopes, "now", starts, EXEC], "{patience} s");
        }
    });
}
