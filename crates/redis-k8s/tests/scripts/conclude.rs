//! conclude.sh: a sentinel that stops answers for a while, and brings the election it leads to its end.

use crate::container::{Container, in_each_shell};
use crate::peer::Peer;

fn electing(replicas: &[&str]) -> Peer {
    let replicas: Vec<_> =
        replicas.iter().map(|flags| format!("name\nx\nip\n10.0.0.11\nflags\n{flags}\nport\n6379")).collect();
    Peer::naming_with("10.0.0.10", 3, "master,o_down,failover_in_progress")
        .but("SENTINEL REPLICAS mymaster", &replicas.join("\n"))
        .but("ACL SETUSER *", "OK")
}

/// Seconds for which clients are still led to it.
const DRAIN: u64 = 2;

/// Seconds until the sentinel may stop.
fn waits(container: &Container) -> u64 {
    container.write("sleeps", "0\n");
    container.write("clock", "1000000000\n");
    container.forget_calls();
    let ran = container.run("conclude.sh", &[]);
    assert!(ran.succeeded(), "{}", ran.out);
    container.seconds()
}

#[test]
fn only_an_election_of_its_own_is_waited_for() {
    in_each_shell(|container| {
        container.set("PATIENCE", "200");
        assert_eq!(waits(container), DRAIN, "a sentinel that does not answer");
        container.at("127.0.0.1:26379", &Peer::naming_with("10.0.0.10", 3, "master,s_down,o_down"));
        assert_eq!(waits(container), DRAIN);
        container.at("127.0.0.1:26379", &Peer::blank());
        assert_eq!(waits(container), DRAIN);
        // Nobody can be elected: every replica is out of reach.
        container
            .at("127.0.0.1:26379", &electing(&["slave,s_down", "slave,disconnected", "slave,s_down,disconnected"]));
        assert_eq!(waits(container), DRAIN);
        container.at("127.0.0.1:26379", &electing(&[]));
        assert_eq!(waits(container), DRAIN);
    });
}

#[test]
fn an_election_is_over_when_another_master_is_chosen_or_after_eight_seconds() {
    in_each_shell(|container| {
        container.set("PATIENCE", "200");
        container.at("127.0.0.1:26379", &electing(&["slave,s_down", "slave"]));
        container.write("over", &Peer::naming("10.0.0.11", 4).but("ACL *", "OK").to_string());
        container.plan(11, "mv \"$SCRATCH/over\" \"$SCRATCH/peers/127.0.0.1:26379\"");
        assert_eq!(waits(container), DRAIN + 1);
        // It is asked for no more of them, before anything else.
        assert_eq!(container.calls_to("127.0.0.1:26379", "")[0], "ACL SETUSER default -sentinel|failover");
        std::fs::remove_file(container.path("events/11")).unwrap();
        container.at("127.0.0.1:26379", &electing(&["slave"]));
        assert_eq!(waits(container), 8);
    });
}

#[test]
fn electing_is_told_by_the_flags_of_the_master_and_of_replicas() {
    in_each_shell(|container| {
        for (replicas, expected) in [
            (&["slave"][..], true),
            (&["slave,s_down", "slave"], true),
            (&["slave,s_down"], false),
            (&["slave,disconnected"], false),
        ] {
            container.at("127.0.0.1:26379", &electing(replicas));
            assert_eq!(container.call("conclude.sh", "electing").succeeded(), expected, "{replicas:?}");
        }
        container.at("127.0.0.1:26379", &electing(&["slave"]).but("SENTINEL MASTER *", "flags\nmaster"));
        assert!(!container.call("conclude.sh", "electing").succeeded());
    });
}
