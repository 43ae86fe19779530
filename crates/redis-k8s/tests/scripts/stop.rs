//! server-stop.sh: a master that stops has another take over first.

use crate::container::{Container, in_each_shell};
use crate::peer::Peer;

const ME: &str = "127.0.0.1:6379";
const PAUSE: &str = "127.0.0.1:6379 CLIENT PAUSE 25000 WRITE";
const NOBODY: &str = "no other server can take over";

fn lines(container: &Container, text: &str) -> Vec<String> {
    let state = "me=10.0.0.10 named=10.0.0.10 epoch=7 answered=3 found=3\n";
    container.call("server-stop.sh", &format!("{state}{text}")).lines().iter().map(|line| (*line).to_owned()).collect()
}

#[test]
fn followers_are_the_electable_replicas_in_sync() {
    in_each_shell(|container| {
        container.set("POD_NAME", "redis-2");
        container.pods(7, 3);
        container.topology("servers", "7");
        let follower = Peer::replica("10.0.0.12", "connected", 9);
        for (ordinal, peer) in [
            (0, follower.clone()),
            (1, Peer::replica("10.0.0.12", "sync", -1)),
            (3, follower.clone()),
            (4, Peer::replica("10.0.0.11", "connected", 9)),
            (5, follower.clone()),
            // It is stopping, too.
            (6, follower.but("CONFIG GET replica-priority", "replica-priority\n0")),
        ] {
            container.server(ordinal, &peer);
        }
        let said = lines(container, "me=10.0.0.12; find_followers; echo $followers");
        assert_eq!(said, ["10.0.0.10 10.0.0.13 10.0.0.15"]);
        container.at(ME, &Peer::master());
        assert_eq!(lines(container, "ask_self PING"), ["PONG"]);
    });
}

#[test]
fn room_is_made_where_clients_hold_every_connection() {
    in_each_shell(|container| {
        let leads = |container: &Container| {
            container.rewind();
            let ran = container.call("server-stop.sh", "leads");
            (ran.succeeded(), container.has("run/redis-k8s/room"), container.seconds())
        };
        container.at(ME, &Peer::master());
        assert_eq!(leads(container), (true, false, 0));
        container.at(ME, &Peer::replica("10.0.0.11", "connected", 9));
        assert_eq!(leads(container), (false, false, 0));
        container.at(ME, &Peer::new().answer("*", "ERR max number of clients reached\n"));
        assert_eq!(leads(container), (false, true, 1));
        container.write("room", &Peer::master().to_string());
        container.plan(1, "[ -e \"$run/room\" ] && mv \"$SCRATCH/room\" \"$SCRATCH/peers/127.0.0.1:6379\"");
        assert_eq!(leads(container), (true, true, 1));
    });
}

#[test]
fn caught_up_are_those_that_hold_all_that_was_written() {
    in_each_shell(|container| {
        container.set("PATIENCE", "100");
        container.at(ME, &Peer::master());
        let replica = |offset| Peer::replica("10.0.0.10", "connected", offset);
        container.server(1, &replica(1400));
        container.server(2, &replica(1399));
        let caught_up = |container: &Container, addresses: &str| {
            container.rewind();
            let ran = lines(container, &format!("if caught_up {addresses}; then echo yes; else echo no; fi"));
            (ran.join(""), container.seconds())
        };
        assert_eq!(caught_up(container, "10.0.0.11"), ("yes".to_owned(), 0));
        assert_eq!(caught_up(container, "10.0.0.11 10.0.0.12"), ("no".to_owned(), 3));
        // One that does not answer has caught up with nothing.
        assert_eq!(caught_up(container, "10.0.0.13"), ("no".to_owned(), 3));
        container.write("later", &replica(1500).to_string());
        container.plan(20, "cat \"$SCRATCH/later\" >\"$SCRATCH/peers/10.0.0.12:6379\"");
        assert_eq!(caught_up(container, "10.0.0.12 10.0.0.11"), ("yes".to_owned(), 1));
        // It was promoted already.
        container.server(2, &Peer::master());
        assert_eq!(caught_up(container, "10.0.0.12"), ("yes".to_owned(), 0));
        // Nobody knows what was written while the server itself does not say.
        container.at(ME, &Peer::new().answer("*", ""));
        assert_eq!(caught_up(container, "10.0.0.11"), ("no".to_owned(), 3));
    });
}

#[test]
fn a_move_goes_on_until_another_is_named_or_nobody_is_left_to_ask() {
    let stubs = |views: &[&str]| {
        let cases: Vec<_> = views
            .iter()
            .enumerate()
            .map(|(number, view)| {
                format!(
                    "{}) echo '{view}' ;;",
                    if number + 1 == views.len() { "*".to_owned() } else { number.to_string() }
                )
            })
            .collect();
        format!(
            "elect() {{ echo elect; elected_by=10.0.1.12; $agrees; }}; agrees=true\nsurvey() {{ echo survey; eval \"$comes\"; }}; comes=:\n\
             view() {{ read -r n <\"$SCRATCH/views\"; echo $((n + 1)) >\"$SCRATCH/views\"; case $n in {} esac; }}\n",
            cases.join(" ")
        )
    };
    let (electing, before, done) = (
        "named 10.0.0.10 7 master,failover_in_progress 2 2",
        "named 10.0.0.10 7 master 2 2",
        "named 10.0.0.12 8 master 2 2",
    );
    in_each_shell(|container| {
        container.set("PATIENCE", "300");
        for (title, views, state, said, seconds) in [
            ("it is elected", vec![electing, electing, done], "", vec!["elect", "10.0.0.12"], 0),
            ("it gives up", vec![electing, before, done], "", vec!["elect", "survey", "elect", "10.0.0.12"], 0),
            (
                "it stops",
                vec![electing, "silent Connection refused", done],
                "",
                vec!["elect", "survey", "elect", "10.0.0.12"],
                0,
            ),
            (
                "a majority is needed to know whom they name",
                vec![before],
                "comes=answered=1",
                vec!["elect", "survey", "10.0.0.10"],
                0,
            ),
            ("another is named before", vec![before], "named=10.0.0.12", vec!["10.0.0.12"], 0),
            ("it never ends", vec![electing], "", vec!["elect", "10.0.0.10"], 10),
        ] {
            container.write("views", "0\n");
            container.rewind();
            assert_eq!(lines(container, &format!("{}\n{state}\nmove; echo $named", stubs(&views))), said, "{title}");
            assert_eq!(container.seconds(), seconds, "{title}");
        }
        // Nobody can be elected: 10 s of attempts, one election and one survey every 0.2 s.
        container.rewind();
        let said = lines(container, &format!("{}agrees=false; move", stubs(&[before])));
        assert_eq!((said.len(), container.seconds()), (100, 10));
    });
}

/// A master with two replicas and three sentinels, each of which elects server `elected` when it is asked to.
fn cluster(container: &Container, ordinal: usize, elected: usize) {
    let (me, elected) = (format!("10.0.0.1{ordinal}"), format!("10.0.0.1{elected}"));
    std::fs::remove_dir_all(container.path("peers")).unwrap();
    container.rewind();
    container.write("run/redis-k8s/running", "");
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

#[test]
fn a_master_hands_over() {
    in_each_shell(|container| {
        container.secret("server", "hunter2");
        cluster(container, 0, 2);
        container.write("data/was-master", "");
        let ran = container.run("server-stop.sh", &[]);
        assert!(ran.succeeded() && !container.has("data/was-master"));
        assert_eq!(ran.lines(), ["handed over to 10.0.0.12"]);
        // Clients wait before the sentinels are asked.
        let election = "10.0.1.12:26379 SENTINEL FAILOVER mymaster";
        assert_eq!(container.orders(), [PAUSE, election]);
        // The sentinels ask for states just long enough before.
        let mut calls = container.calls();
        calls.retain(|call| ["DEBUG", "PAUSE", "FAILOVER"].iter().any(|word| call.contains(word)));
        let to_all = |period: u32| -> Vec<String> {
            (0..3).map(|n| format!("10.0.1.1{n}:26379 SENTINEL DEBUG INFO-PERIOD {period}")).collect()
        };
        // Three are told at once.
        for together in [0..3, 3..6, 8..11] {
            calls[together].sort();
        }
        let election = [PAUSE, election].map(str::to_owned);
        assert_eq!(calls, [&to_all(100)[..], &to_all(1000), &election, &to_all(1000)].concat());
        // Who did not answer the last survey is not waited for.
        container.rewind();
        container.sentinel(2, &Peer::blank());
        lines(container, "survey; pace 250; set_period 7 10.0.1.10");
        let mut told = container.calls();
        told.retain(|call| call.contains("DEBUG"));
        told.sort();
        assert_eq!(told, to_all(250)[..2]);
    });
}

#[test]
fn a_replica_answers_on_for_a_while_and_is_promoted_no_more() {
    in_each_shell(|container| {
        cluster(container, 0, 2);
        let master = container.read("peers/127.0.0.1:6379");
        container.at(ME, &Peer::replica("10.0.0.11", "connected", 9));
        let ran = container.run("server-stop.sh", &[]);
        assert!(ran.succeeded() && ran.lines().is_empty(), "{}", ran.out);
        assert_eq!((container.orders(), container.seconds()), (vec![format!("{ME} CONFIG SET replica-priority 0")], 2));
        // The sentinels had chosen it already: it hands over as any master does.
        container.rewind();
        container.write("promoted", &master);
        container.plan(1, "mv \"$SCRATCH/promoted\" \"$SCRATCH/peers/127.0.0.1:6379\"");
        assert_eq!(container.run("server-stop.sh", &[]).lines(), ["handed over to 10.0.0.12"]);
    });
}

#[test]
fn whoever_need_not_hand_over_stops_at_once() {
    in_each_shell(|container| {
        let silent = || Peer::new().answer("*", "");
        let stops = |container: &Container, said: &[&str], orders: &[&str], title: &str| {
            let ran = container.run("server-stop.sh", &[]);
            assert!(ran.succeeded(), "{title}");
            assert_eq!(
                (ran.lines(), container.orders()),
                (said.to_vec(), orders.iter().map(|order| (*order).to_owned()).collect()),
                "{title}"
            );
        };
        cluster(container, 0, 2);
        std::fs::remove_file(container.path("run/redis-k8s/running")).unwrap();
        stops(container, &[], &[], "it has not started");
        assert_eq!(container.calls(), [""; 0]);
        cluster(container, 0, 2);
        container.sentinels(&[Peer::naming("10.0.0.11", 8), Peer::naming("10.0.0.11", 8)]);
        stops(container, &[], &[], "the sentinels name another already");
        cluster(container, 0, 2);
        container.sentinel(1, &silent());
        container.sentinel(2, &silent());
        stops(container, &[], &[], "no majority to ask");
        cluster(container, 0, 2);
        container.server(1, &Peer::replica("10.0.0.10", "sync", -1));
        container.server(2, &silent());
        stops(container, &[NOBODY], &[], "no replica is in sync");
        // While the sentinels ask more often, both stop: no client waits, and no election is asked for.
        cluster(container, 0, 2);
        container.plan(1, "rm \"$SCRATCH\"/peers/10.0.0.1[12]*");
        stops(container, &[NOBODY], &[], "both stop");
        cluster(container, 0, 2);
        container.write("data/was-master", "");
        container.plan(1, "rm \"$SCRATCH\"/peers/10.0.1.1*");
        stops(container, &[NOBODY], &[], "all sentinels stop");
        assert!(container.has("data/was-master"), "what it has may be more than the others have");
    });
}

#[test]
fn clients_keep_waiting_when_no_election_succeeds() {
    in_each_shell(|container| {
        container.set("PATIENCE", "200");
        cluster(container, 0, 2);
        let unable = Peer::naming("10.0.0.10", 7).but("SENTINEL FAILOVER *", "NOGOODSLAVE No suitable replica\n");
        container.sentinels(&[unable.clone(), unable.clone(), unable]);
        // Most of its time would go into surveys.
        container.plan(5, "rm \"$SCRATCH\"/peers/10.0.1.1[12]*");
        container.write("data/was-master", "");
        assert_eq!(container.run("server-stop.sh", &[]).lines(), [NOBODY]);
        let orders = container.orders();
        assert!(orders[0] == PAUSE && !orders.iter().any(|order| order.contains("UNPAUSE")), "{orders:?}");
        assert!(orders.iter().filter(|order| order.contains("FAILOVER")).count() >= 6, "{orders:?}");
        assert!(container.has("data/was-master"), "what it has may be more than the others have");
    });
}
