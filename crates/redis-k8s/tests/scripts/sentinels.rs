//! common.sh: what the sentinels say, and what they are told.

use crate::container::{Container, in_each_shell};
use crate::peer::Peer;

const ALL: &str = "echo \"found=$found answered=$answered named=$named epoch=$epoch flags=$flags refused=$refused\"\n\
                   if majority; then echo majority; fi";

fn survey(container: &Container) -> String {
    let ran = container.call("common.sh", &format!("survey\n{ALL}"));
    ran.lines().join(" ")
}

#[test]
fn the_latest_election_counts_and_then_the_number_of_votes() {
    let (old, new) = (Peer::naming("10.0.0.10", 4), Peer::naming("10.0.0.11", 5));
    let all = |peers: &[&Peer]| peers.iter().map(|peer| (*peer).clone()).collect::<Vec<_>>();
    let cases = [
        (all(&[&old, &old, &new]), "named=10.0.0.11 epoch=5"),
        (all(&[&new, &old, &old]), "named=10.0.0.11 epoch=5"),
        (all(&[&Peer::naming("10.0.0.12", 10), &Peer::naming("10.0.0.12", 9), &new]), "named=10.0.0.12 epoch=10"),
        // Registered twice at once: nobody has elected yet.
        (
            all(&[&Peer::naming("10.0.0.12", 0), &Peer::naming("10.0.0.11", 0), &Peer::naming("10.0.0.12", 0)]),
            "named=10.0.0.12 epoch=0",
        ),
        // A draw ends the same for all who ask.
        (
            all(&[&Peer::naming("10.0.0.12", 0), &Peer::naming("10.0.0.11", 0), &Peer::blank()]),
            "named=10.0.0.11 epoch=0",
        ),
    ];
    in_each_shell(|container| {
        for (peers, expected) in &cases {
            container.sentinels(peers);
            let seen = survey(container);
            assert!(seen.contains(expected), "{seen}: not {expected}");
            assert!(seen.starts_with("found=3 answered=3 ") && seen.ends_with(" refused=0 majority"), "{seen}");
        }
    });
}

#[test]
fn silence_is_no_answer_and_a_refusal_is_none_either() {
    in_each_shell(|container| {
        assert_eq!(survey(container), "found=3 answered=0 named= epoch=0 flags=none refused=0");
        container.sentinel(0, &Peer::blank());
        assert_eq!(survey(container), "found=3 answered=1 named= epoch=0 flags=none refused=0");
        container.sentinel(1, &Peer::blank());
        assert_eq!(survey(container), "found=3 answered=2 named= epoch=0 flags=none refused=0 majority");
        container.sentinel(0, &Peer::blank().password("another"));
        assert_eq!(survey(container), "found=3 answered=1 named= epoch=0 flags=none refused=1");
        container.sentinel(2, &Peer::naming_with("10.0.0.10", 3, "master,s_down"));
        assert_eq!(
            survey(container),
            "found=3 answered=2 named=10.0.0.10 epoch=3 flags=none,master,s_down refused=1 majority"
        );
        // Nothing is kept from one survey to the next.
        let ran = container.call("common.sh", &format!("survey; rm -r \"$SCRATCH/peers\"; survey\n{ALL}"));
        assert_eq!(ran.out, "found=3 answered=0 named= epoch=0 flags=none refused=0\n");
    });
}

#[test]
fn a_majority_is_one_of_all_sentinels_there_are() {
    in_each_shell(|container| {
        // Without names nobody can be asked, but they still are three.
        container.without_names();
        assert_eq!(survey(container), "found=3 answered=0 named= epoch=0 flags=none refused=0");
        // Two more than were rendered.
        container.pods(3, 5);
        container.sentinels(&[Peer::naming("10.0.0.10", 1), Peer::naming("10.0.0.10", 1)]);
        assert!(
            survey(container)
                .ends_with("found=5 answered=2 named=10.0.0.10 epoch=1 flags=none,master,master refused=0")
        );
        container.at("10.1.1.14:26379", &Peer::naming("10.0.0.10", 1));
        assert!(survey(container).starts_with("found=5 answered=3 "), "{}", survey(container));
        assert!(survey(container).ends_with(" majority"));
        // Half of them are none: with four, two others may name another.
        let ran = container.call(
            "common.sh",
            "for found in 1 2 3 4 5; do answered=0; until majority; do answered=$((answered + 1)); done; echo $answered; done",
        );
        assert_eq!(ran.lines(), ["1", "2", "2", "3", "3"]);
        // The rendered number may change under a running pod.
        container.pods(3, 3);
        let ran = container.call("common.sh", &format!("echo sentinels=5 >>\"$etc/topology.env\"; survey\n{ALL}"));
        assert!(ran.out.starts_with("found=5 answered=2 "), "{}", ran.out);
    });
}

const SETTINGS: [&str; 3] = [
    "SENTINEL SET mymaster quorum 2 down-after-milliseconds 5000 failover-timeout 30000 parallel-syncs 1",
    "SENTINEL SET mymaster master-reboot-down-after-period 5000",
    "SENTINEL DEBUG INFO-PERIOD 250 PING-PERIOD 500 ASK-PERIOD 250 PUBLISH-PERIOD 1000 MIN-LINK-RECONNECT-PERIOD 3000",
];
const AUTH_PASS: &str = "SENTINEL SET mymaster auth-pass \"\\x68\\x75\\x6e\\x74\\x65\\x72\\x32\"";

#[test]
fn settings_are_those_of_topology_env() {
    in_each_shell(|container| {
        assert_eq!(container.call("common.sh", "sentinel_settings ''").lines(), SETTINGS);
        container.topology("quorum", 4);
        container.topology("down_after", 7000);
        container.topology("failover_timeout", 8000);
        container.topology("parallel_syncs", 9);
        assert_eq!(
            container.call("common.sh", "sentinel_settings hunter2").lines(),
            [
                "SENTINEL SET mymaster quorum 4 down-after-milliseconds 7000 failover-timeout 8000 parallel-syncs 9",
                "SENTINEL SET mymaster master-reboot-down-after-period 7000",
                AUTH_PASS,
                SETTINGS[2],
            ]
        );
    });
}

#[test]
fn a_blank_sentinel_is_told_who_is_master_and_all_that_goes_with_it() {
    in_each_shell(|container| {
        container.secret("server", "hunter2");
        container.sentinel(0, &Peer::blank());
        let ran = container.call("common.sh", "register 10.0.0.11 10.0.1.10");
        assert!(ran.succeeded());
        assert_eq!(
            container.calls_to("10.0.1.10:26379", "SENTINEL"),
            ["SENTINEL MONITOR mymaster 10.0.0.11 6379 2", SETTINGS[0], SETTINGS[1], AUTH_PASS, SETTINGS[2]]
        );
        // One that knows a master says so first.
        container.sentinel(1, &Peer::blank().but("SENTINEL MONITOR *", "ERR Duplicated master name\n"));
        assert!(!container.call("common.sh", "register 10.0.0.11 10.0.1.11").succeeded());
        assert!(!container.call("common.sh", "register 10.0.0.11 10.0.1.12").succeeded());
    });
}

#[test]
fn a_sentinel_names_a_master_or_is_blank_or_silent() {
    in_each_shell(|container| {
        container.sentinels(&[Peer::blank(), Peer::naming("10.0.0.10", 1)]);
        let text = "survey; for o in 0 1 2; do if names_master \"$o\"; then echo \"$o\"; fi; done";
        assert_eq!(container.call("common.sh", text).lines(), ["1"]);
    });
}

#[test]
fn registering_everywhere_needs_a_majority() {
    let refusing = Peer::blank().but("SENTINEL MONITOR *", "ERR Invalid IP address or hostname specified\n");
    let cases = [
        (vec![Peer::blank(), Peer::blank(), Peer::blank()], 3, true),
        (vec![Peer::blank(), Peer::naming("10.0.0.11", 1)], 1, true),
        (vec![Peer::blank()], 1, false),
        (vec![refusing, Peer::blank()], 2, false),
        (vec![Peer::naming("10.0.0.11", 1), Peer::naming("10.0.0.11", 1)], 0, true),
    ];
    in_each_shell(|container| {
        for (number, (peers, told, succeeds)) in cases.iter().enumerate() {
            for ordinal in 0..3 {
                container.sentinel(ordinal, &Peer::new().answer("*", ""));
            }
            container.sentinels(peers);
            let ran = container.call("common.sh", "survey; register_everywhere 10.0.0.11");
            assert_eq!(ran.succeeded(), *succeeds, "case {number}");
            let monitors = container.calls().iter().filter(|call| call.contains("SENTINEL MONITOR")).count();
            assert_eq!(monitors, *told, "case {number}: those who know a master keep to it");
            container.forget_calls();
        }
    });
}

#[test]
fn all_is_done_only_if_every_command_is() {
    in_each_shell(|container| {
        container.server(0, &Peer::new().answer("GOOD*", "OK").answer("BAD", "ERR no\n").answer("ODD", "OK, almost"));
        for (commands, expected) in
            [("GOOD", true), ("GOOD\\nGOOD 2", true), ("GOOD\\nBAD", false), ("BAD", false), ("ODD", false)]
        {
            let ran = container.call("common.sh", &format!("printf '{commands}\\n' | all_done server 10.0.0.10"));
            assert_eq!(ran.succeeded(), expected, "{commands}");
        }
        assert!(!container.call("common.sh", "echo GOOD | all_done server 10.0.0.11").succeeded());
    });
}

#[test]
fn the_first_sentinel_that_agrees_elects() {
    let unable = |answer| Peer::naming("10.0.0.10", 1).but("SENTINEL FAILOVER *", answer);
    let cases = [
        (vec![Peer::naming("10.0.0.10", 1), Peer::naming("10.0.0.10", 1)], "10.0.1.10", 1),
        (vec![unable("NOGOODSLAVE No suitable replica to promote\n"), Peer::naming("10.0.0.10", 1)], "10.0.1.11", 2),
        // A second election beside the first could promote a second server.
        (vec![unable("INPROG Failover already in progress\n"), Peer::naming("10.0.0.10", 1)], "10.0.1.10", 1),
        (vec![Peer::blank(), Peer::naming("10.0.0.10", 1)], "10.0.1.11", 1),
        (vec![unable("NOGOODSLAVE\n"), unable("NOGOODSLAVE\n")], "nobody", 2),
    ];
    in_each_shell(|container| {
        container.set("POD_NAME", "redis-2");
        for (number, (peers, expected, asked)) in cases.iter().enumerate() {
            container.sentinels(peers);
            let ran = container.call("common.sh", "survey; if elect; then echo \"$elected_by\"; else echo nobody; fi");
            assert_eq!(ran.lines(), [*expected], "case {number}");
            let calls = container.calls();
            assert_eq!(calls.iter().filter(|call| call.contains("SENTINEL FAILOVER mymaster")).count(), *asked);
            container.forget_calls();
        }
    });
}

#[test]
fn the_sentinel_that_may_be_restarted_along_with_this_server_elects_last() {
    in_each_shell(|container| {
        container.sentinels(&[
            Peer::naming("10.0.0.10", 1),
            Peer::naming("10.0.0.10", 1),
            Peer::naming("10.0.0.10", 1),
        ]);
        for (pod, expected) in [("redis-0", "10.0.1.12"), ("redis-1", "10.0.1.12"), ("redis-2", "10.0.1.10")] {
            container.set("POD_NAME", pod);
            assert_eq!(container.call("common.sh", "survey; elect; echo \"$elected_by\"").lines(), [expected], "{pod}");
        }
    });
}
