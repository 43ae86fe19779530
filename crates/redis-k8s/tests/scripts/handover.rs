//! handover.sh: a master that stops has another take over first.

use crate::container::{Container, in_each_shell};
use crate::peer::Peer;

const ME: &str = "127.0.0.1:6379";
const NOBODY: &str = "no other server can take over";

fn lines(container: &Container, text: &str) -> Vec<String> {
    let state = "me=10.0.0.10 named=10.0.0.10 epoch=7 answered=3 found=3 preferred='' later='' earlier=''\n";
    container.call("handover.sh", &format!("{state}{text}")).lines().iter().map(|line| (*line).to_owned()).collect()
}

#[test]
fn masters_and_replicas_say_how_far_they_have_got() {
    in_each_shell(|container| {
        let replica = |link, offset| Peer::replica("10.0.0.10", link, offset);
        for (peer, expected) in [
            (Peer::master(), "1400"),
            (replica("connected", 9), "9"),
            (replica("connect", 9), "-1"),
            (Peer::role("LOADING\n"), ""),
            (Peer::new().answer("*", ""), ""),
        ] {
            container.server(1, &peer);
            assert_eq!(container.call("handover.sh", "offset 10.0.0.11").out.trim_end(), expected);
        }
    });
}

#[test]
fn followers_are_the_electable_replicas_in_sync_by_higher_and_lower_ordinal() {
    in_each_shell(|container| {
        container.set("POD_NAME", "redis-2");
        container.pods(7, 3);
        container.topology("servers", 7);
        let follower = Peer::replica("10.0.0.12", "connected", 9);
        for (ordinal, peer) in [
            (0, follower.clone()),
            (1, Peer::replica("10.0.0.12", "sync", -1)),
            (2, follower.clone()),
            (3, follower.clone()),
            (4, Peer::replica("10.0.0.11", "connected", 9)),
            (5, follower.clone()),
            // It is stopping, too.
            (6, follower.but("CONFIG GET replica-priority", "replica-priority\n0")),
        ] {
            container.server(ordinal, &peer);
        }
        let said = lines(container, "me=10.0.0.12; followers; echo \"later=$later earlier=$earlier\"");
        assert_eq!(said, ["later= 10.0.0.13 10.0.0.15 earlier= 10.0.0.10"]);
    });
}

#[test]
fn a_preference_is_told_to_those_it_is_for() {
    in_each_shell(|container| {
        container.server(1, &Peer::master());
        container.server(2, &Peer::master());
        lines(container, "preferred='10.0.0.11 10.0.0.12'; prefer 50; preferred=''; prefer 100");
        let told = "CONFIG SET replica-priority 50";
        assert_eq!(container.calls(), [format!("10.0.0.11:6379 {told}"), format!("10.0.0.12:6379 {told}")]);
        let said = lines(container, "echo PING | tell");
        assert_eq!(said, [""; 0]);
        container.at(ME, &Peer::master());
        assert_eq!(lines(container, "echo PING | tell"), ["PONG"]);
    });
}

#[test]
fn caught_up_are_those_that_hold_all_that_was_written() {
    in_each_shell(|container| {
        container.set("PATIENCE", "100");
        container.at(ME, &Peer::master());
        container.server(1, &Peer::replica("10.0.0.10", "connected", 1400));
        container.server(2, &Peer::replica("10.0.0.10", "connected", 1399));
        let caught_up = |container: &Container, addresses: &str| {
            container.write("sleeps", "0\n");
            container.write("clock", "1000000000\n");
            let text = format!("if caught_up {addresses}; then echo yes; else echo no; fi");
            (lines(container, &text).join(""), container.seconds())
        };
        assert_eq!(caught_up(container, "10.0.0.11"), ("yes".to_owned(), 0));
        assert_eq!(caught_up(container, "10.0.0.11 10.0.0.12"), ("no".to_owned(), 3));
        container.write("later", &Peer::replica("10.0.0.10", "connected", 1500).to_string());
        container.plan(20, "cat \"$SCRATCH/later\" >\"$SCRATCH/peers/10.0.0.12:6379\"");
        assert_eq!(caught_up(container, "10.0.0.12 10.0.0.11"), ("yes".to_owned(), 1));
        container.server(2, &Peer::replica("10.0.0.10", "connected", 1399));
        let text = "written=1400; behind 10.0.0.11 10.0.0.12 10.0.0.13";
        let mut behind = lines(container, text);
        behind.sort();
        assert_eq!(behind, ["10.0.0.12", "10.0.0.13"]);
        // One that does not answer has caught up with nothing, and nobody with a server that does not.
        assert_eq!(caught_up(container, "10.0.0.13"), ("no".to_owned(), 3));
        container.at(ME, &Peer::role(""));
        assert_eq!(caught_up(container, "10.0.0.11"), ("no".to_owned(), 0));
    });
}

#[test]
fn an_election_is_awaited_from_the_sentinel_that_leads_it() {
    in_each_shell(|container| {
        container.set("PATIENCE", "200");
        let await_election = |container: &Container| {
            container.write("sleeps", "0\n");
            container.write("clock", "1000000000\n");
            let text = "elected_by=10.0.1.11 until=$(($(date +%s) + 5)); await_election; echo \"$named $epoch\"";
            (lines(container, text).join(""), container.seconds())
        };
        let elects = Peer::naming_with("10.0.0.10", 8, "master,failover_in_progress");
        container.sentinel(1, &elects);
        assert_eq!(await_election(container), ("10.0.0.10 7".to_owned(), 5), "not for ever");
        container.write("done", &Peer::naming("10.0.0.12", 8).to_string());
        container.plan(40, "cat \"$SCRATCH/done\" >\"$SCRATCH/peers/10.0.1.11:26379\"");
        assert_eq!(await_election(container), ("10.0.0.12 8".to_owned(), 2));
        // It gives up: it may be asked again.
        container.write("done", &Peer::naming("10.0.0.10", 7).to_string());
        container.sentinel(1, &elects);
        container.plan(40, "cat \"$SCRATCH/done\" >\"$SCRATCH/peers/10.0.1.11:26379\"");
        assert_eq!(await_election(container), ("10.0.0.10 7".to_owned(), 2));
        // It stops: somebody else has to lead.
        container.plan(40, "rm \"$SCRATCH/peers/10.0.1.11:26379\"");
        container.sentinel(1, &elects);
        assert_eq!(await_election(container), ("10.0.0.10 7".to_owned(), 2));
    });
}

#[test]
fn a_move_goes_on_until_another_is_named_or_nobody_is_left_to_ask() {
    // Each sentinel is asked once, and after each the next piece of shell says what came of it.
    const STUBS: &str = "elect() { echo elect; $agrees; }; await_election() { echo await; eval \"$comes\"; }\n\
                         survey() { echo survey; }; agrees=true comes=:\n";
    in_each_shell(|container| {
        container.set("PATIENCE", "200");
        assert_eq!(lines(container, &format!("{STUBS}comes='named=10.0.0.12'; move")), ["elect", "await"]);
        // The first stops before it is done.
        assert_eq!(
            lines(container, &format!("{STUBS}comes='comes=named=10.0.0.12'; move")),
            ["elect", "await", "survey", "elect", "await"]
        );
        // A majority is needed to know whom they name.
        assert_eq!(lines(container, &format!("{STUBS}comes='answered=1'; move")), ["elect", "await", "survey"]);
        assert_eq!(lines(container, &format!("{STUBS}named=10.0.0.12; move")), [""; 0]);
        // Nobody can be elected: 10 s of attempts.
        let said = lines(container, &format!("{STUBS}agrees=false; move"));
        assert_eq!((said.len(), container.seconds()), (100, 10), "one election and one survey every 0.2 s");
    });
}

/// A master with two replicas and three sentinels, the first of which elects server `elected` when it is asked to.
fn cluster(container: &Container, ordinal: usize, elected: usize) {
    let (me, elected) = (format!("10.0.0.1{ordinal}"), format!("10.0.0.1{elected}"));
    container.write("run/redis-k8s/state", "running\n");
    container.at(ME, &Peer::master().but("CONFIG GET replica-announce-ip", &format!("replica-announce-ip\n{me}")));
    for other in (0..3).filter(|other| *other != ordinal) {
        container.server(other, &Peer::replica(&me, "connected", 1400));
    }
    container.write("elected", &Peer::naming(&elected, 8).to_string());
    let elect = "for s in 10.0.1.10 10.0.1.11 10.0.1.12; do while IFS= read -r line; do printf '%s\\n' \"$line\"; done \
                 <\"$SCRATCH/elected\" >\"$SCRATCH/peers/$s:26379\"; done; echo OK";
    let sentinel = Peer::new().run("SENTINEL FAILOVER *", elect).and(Peer::naming(&me, 7));
    container.sentinels(&[sentinel.clone(), sentinel.clone(), sentinel]);
}

/// What matters of the calls, in order: no questions, and not how often sentinels ask.
fn orders(container: &Container) -> Vec<String> {
    let questions = ["ROLE", "PING", "SENTINEL GET", "SENTINEL MASTER", "SENTINEL DEBUG", "CONFIG GET"];
    let mut calls = container.calls();
    calls.retain(|call| !questions.iter().any(|question| call.split_once(' ').unwrap().1.starts_with(question)));
    calls
}

#[test]
fn a_master_hands_over() {
    in_each_shell(|container| {
        container.secret("server", "hunter2");
        cluster(container, 0, 2);
        container.write("data/was-master", "");
        let ran = container.run("handover.sh", &[]);
        assert!(ran.succeeded() && !container.has("data/was-master"));
        assert_eq!(ran.lines(), ["handed over to 10.0.0.12 (epoch 8)"]);
        // Clients wait before the sentinels are asked. There is nothing to prefer: all are of a later ordinal.
        assert_eq!(
            orders(container),
            [format!("{ME} CLIENT PAUSE 25000 WRITE"), "10.0.1.12:26379 SENTINEL FAILOVER mymaster".to_owned()]
        );
    });
}

#[test]
fn sentinels_ask_for_states_just_long_enough_before_the_election() {
    in_each_shell(|container| {
        cluster(container, 0, 2);
        container.run("handover.sh", &[]);
        let mut calls = container.calls();
        calls.retain(|call| ["DEBUG", "PAUSE", "FAILOVER"].iter().any(|word| call.contains(word)));
        let to_all = |period: u32| -> Vec<String> {
            (0..3).map(|n| format!("10.0.1.1{n}:26379 SENTINEL DEBUG INFO-PERIOD {period}")).collect()
        };
        // Three are told at once.
        for together in [0..3, 3..6, 8..11] {
            calls[together].sort();
        }
        let election =
            [format!("{ME} CLIENT PAUSE 25000 WRITE"), "10.0.1.12:26379 SENTINEL FAILOVER mymaster".to_owned()];
        assert_eq!(calls, [&to_all(100)[..], &to_all(1000), &election, &to_all(250)].concat());
        // Who did not answer the last survey is not waited for.
        container.forget_calls();
        container.sentinel(2, &Peer::blank());
        lines(container, "survey; pace 250");
        let mut told = container.calls();
        told.retain(|call| call.contains("DEBUG"));
        told.sort();
        assert_eq!(told, to_all(250)[..2]);
    });
}

#[test]
fn the_clock_tells_hundredths_of_a_second() {
    in_each_shell(|container| {
        let clock = || lines(container, "clock; echo \"$now\"").join("").parse::<u64>().unwrap();
        let began = clock();
        std::thread::sleep(std::time::Duration::from_millis(100));
        let passed = clock() - began;
        assert!((10..1000).contains(&passed), "{passed}");
    });
}

#[test]
fn between_earlier_and_later_the_later_is_preferred_for_a_while() {
    in_each_shell(|container| {
        container.set("POD_NAME", "redis-1");
        cluster(container, 1, 2);
        let ran = container.run("handover.sh", &[]);
        assert_eq!(ran.lines(), ["handed over to 10.0.0.12 (epoch 8)"]);
        assert_eq!(
            orders(container),
            [
                "10.0.0.12:6379 CONFIG SET replica-priority 50".to_owned(),
                format!("{ME} CLIENT PAUSE 25000 WRITE"),
                "10.0.1.12:26379 SENTINEL FAILOVER mymaster".to_owned(),
                "10.0.0.12:6379 CONFIG SET replica-priority 100".to_owned(),
            ]
        );
        // The wish must not outweigh the data.
        container.forget_calls();
        cluster(container, 1, 2);
        container.server(2, &Peer::replica("10.0.0.11", "connected", 900));
        container.set("PATIENCE", "200");
        container.run("handover.sh", &[]);
        let orders = orders(container);
        assert_eq!(orders[2], "10.0.0.12:6379 CONFIG SET replica-priority 100", "{orders:?}");
        assert_eq!(orders[3], "10.0.1.12:26379 SENTINEL FAILOVER mymaster", "{orders:?}");
    });
}

#[test]
fn a_replica_answers_on_for_a_while_and_is_promoted_no_more() {
    in_each_shell(|container| {
        cluster(container, 0, 2);
        container.at(ME, &Peer::replica("10.0.0.11", "connected", 9));
        assert!(!container.call("handover.sh", "leads").succeeded());
        container.forget_calls();
        let ran = container.run("handover.sh", &[]);
        assert!(ran.succeeded() && ran.lines().is_empty(), "{}", ran.out);
        assert_eq!((orders(container), container.seconds()), (vec![format!("{ME} CONFIG SET replica-priority 0")], 2));
        // The sentinels had chosen it already: it hands over as any master does.
        cluster(container, 0, 2);
        container.write("promoted", &container.read("peers/127.0.0.1:6379"));
        container.at(ME, &Peer::replica("10.0.0.11", "connected", 9));
        container.write("sleeps", "0\n");
        container.plan(1, "mv \"$SCRATCH/promoted\" \"$SCRATCH/peers/127.0.0.1:6379\"");
        let ran = container.run("handover.sh", &[]);
        assert_eq!(ran.lines(), ["handed over to 10.0.0.12 (epoch 8)"]);
        assert!(container.call("handover.sh", "leads").succeeded());
    });
}

#[test]
fn whoever_need_not_hand_over_stops_at_once() {
    in_each_shell(|container| {
        let silent_exit = |container: &Container, said: &[&str], title: &str| {
            let ran = container.run("handover.sh", &[]);
            assert!(ran.succeeded(), "{title}");
            assert_eq!(ran.lines(), said, "{title}");
            assert_eq!(orders(container), [""; 0], "{title}");
        };
        cluster(container, 0, 2);
        container.write("run/redis-k8s/state", "waiting\n");
        silent_exit(container, &[], "it has not started");
        cluster(container, 0, 2);
        container.sentinels(&[Peer::naming("10.0.0.11", 8), Peer::naming("10.0.0.11", 8)]);
        silent_exit(container, &[], "the sentinels name another already");
        cluster(container, 0, 2);
        std::fs::remove_dir_all(container.path("peers")).unwrap();
        cluster(container, 0, 2);
        for ordinal in [1, 2] {
            container.sentinel(ordinal, &Peer::new().answer("*", ""));
        }
        silent_exit(container, &[], "no majority to ask");
        cluster(container, 0, 2);
        container.server(1, &Peer::replica("10.0.0.10", "sync", -1));
        container.server(2, &Peer::new().answer("*", ""));
        silent_exit(container, &[NOBODY], "no replica is in sync");
    });
}

#[test]
fn who_stops_along_with_the_master_takes_over_nothing() {
    in_each_shell(|container| {
        container.set("POD_NAME", "redis-1");
        cluster(container, 1, 2);
        // While the wish for the later one spreads, both stop.
        container.plan(1, "rm \"$SCRATCH\"/peers/10.0.0.1[02]*");
        let ran = container.run("handover.sh", &[]);
        assert_eq!(ran.lines(), [NOBODY]);
        // No client waits, and no election is asked for.
        assert_eq!(orders(container), ["10.0.0.12:6379 CONFIG SET replica-priority 50"]);
    });
}

#[test]
fn clients_keep_waiting_when_no_election_succeeds() {
    in_each_shell(|container| {
        container.set("PATIENCE", "200");
        cluster(container, 0, 2);
        let unable = Peer::naming("10.0.0.10", 7).but("SENTINEL FAILOVER *", "NOGOODSLAVE No suitable replica\n");
        // Most of its time would go into surveys.
        for ordinal in 0..3 {
            container.sentinel(ordinal, &unable);
        }
        container.plan(5, "rm \"$SCRATCH\"/peers/10.0.1.1[12]*");
        let ran = container.run("handover.sh", &[]);
        assert_eq!(ran.lines(), [NOBODY]);
        let orders = orders(container);
        assert_eq!(orders[0], format!("{ME} CLIENT PAUSE 25000 WRITE"));
        assert!(!orders.iter().any(|order| order.contains("UNPAUSE")), "{orders:?}");
        assert!(orders.iter().filter(|order| order.contains("FAILOVER")).count() >= 6, "{orders:?}");
    });
}
