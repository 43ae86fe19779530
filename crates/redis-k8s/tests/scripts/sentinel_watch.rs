//! sentinel.sh: what the watch beside a sentinel mends.

use crate::container::{Container, in_each_shell};
use crate::peer::Peer;

const ID_1: &str = "d1496ae1579d52a205cc8d4757e644ada04eeb2a";

/// Runs functions of sentinel 0, which has met nobody, after some shell, and gives what was said.
fn call(container: &mut Container, lines: &str) -> Vec<String> {
    container.set("POD_NAME", "redis-sentinel-0");
    container.write("run/redis-k8s/sentinels", "0 10.0.1.10\n1 10.0.1.11\n2 10.0.1.12\n");
    container.write("run/redis-k8s/tally", "3 7 10.0.0.11\n");
    let state = "known_addresses='' named='' epoch=7 flags=none,master answered=3 found=3 agreed=''\n\
                 own_address=10.0.0.11 own_epoch=7 own_flags=master ghosts_before='' masterless=0 preferred=0 settled=''";
    let ran = container.call("sentinel.sh", &format!("{state}\n{lines}"));
    ran.lines().iter().map(|line| (*line).to_owned()).collect()
}

const ME: &str = "127.0.0.1:26379";

#[test]
fn a_blank_sentinel_learns_from_the_others() {
    in_each_shell(|container| {
        container.at(ME, &Peer::blank());
        container.sentinel(1, &Peer::blank().but("SENTINEL MYID", ID_1));
        assert_eq!(call(container, "named=10.0.0.11; learn"), ["blank: the other sentinels name 10.0.0.11 (epoch 7)"]);
        let told = container.calls_to(ME, "");
        assert_eq!(told[0], "SENTINEL MONITOR mymaster 10.0.0.11 6379 2");
        assert_eq!(
            told.last().map(String::as_str),
            Some(&*format!("PUBLISH __sentinel__:hello 10.0.1.11,26379,{ID_1},7,mymaster,10.0.0.11,6379,7"))
        );
        // The others may still name an address of before.
        container.forget_calls();
        assert_eq!(
            call(container, "named=10.0.0.99; learn"),
            ["blank: the other sentinels name 10.0.0.99 (epoch 7), which is no server of this instance: waiting"]
        );
        assert_eq!(container.calls_to(ME, ""), [""; 0]);
        // One that does not take the master has nobody to introduce.
        container.at(ME, &Peer::blank().but("SENTINEL MONITOR *", "ERR no\n"));
        container.forget_calls();
        call(container, "named=10.0.0.11; learn");
        assert_eq!(container.calls_to(ME, "PUBLISH"), [""; 0]);
    });
}

#[test]
fn where_all_are_blank_one_master_is_evidence() {
    in_each_shell(|container| {
        container.at(ME, &Peer::blank());
        container.server(0, &Peer::replica("10.0.0.11", "connected", 9));
        assert_eq!(call(container, "learn"), [""; 0], "no master at all");
        container.server(1, &Peer::master());
        assert_eq!(call(container, "answered=1; learn"), [""; 0], "others may know better");
        container.at(ME, &Peer::blank().but("CLIENT LIST", "id=4 name=rk-waits-2-0 age=0"));
        assert_eq!(call(container, "learn"), [""; 0], "a server that waits does it for all");
        container.at(ME, &Peer::blank());
        assert_eq!(container.calls_to(ME, "SENTINEL"), [""; 0]);
        let said = call(container, "learn");
        assert!(said.len() == 1 && said[0].ends_with(" 10.0.0.11 is master"), "{said:?}");
        assert_eq!(container.calls_to(ME, "SENTINEL MONITOR"), ["SENTINEL MONITOR mymaster 10.0.0.11 6379 2"]);
        container.forget_calls();
        container.server(2, &Peer::master());
        assert_eq!(call(container, "learn"), [""; 0], "two masters are no evidence");
        assert_eq!(container.calls_to(ME, "SENTINEL"), [""; 0]);
    });
}

#[test]
fn the_smaller_part_gives_in() {
    let gives_in = "the other sentinels name 10.0.0.12 (epoch 7), not 10.0.0.11: giving in";
    in_each_shell(|container| {
        container.at(ME, &Peer::naming("10.0.0.11", 7));
        container.server(2, &Peer::master());
        assert_eq!(call(container, "named=10.0.0.12; agree"), [gives_in]);
        assert_eq!(
            container.calls_to(ME, "")[..2],
            ["SENTINEL REMOVE mymaster", "SENTINEL MONITOR mymaster 10.0.0.12 6379 2"]
        );
        for (title, state) in
            [("another epoch: Sentinel settles that by itself", "own_epoch=6"), ("a minority", "answered=1")]
        {
            container.forget_calls();
            assert_eq!(call(container, &format!("named=10.0.0.12; {state}; agree")), [""; 0], "{title}");
            assert_eq!(container.calls(), [""; 0], "{title}");
        }
        container.server(2, &Peer::replica("10.0.0.11", "connected", 9));
        assert_eq!(call(container, "named=10.0.0.12; agree"), [""; 0], "the other is no master");
        assert_eq!(container.calls_to(ME, ""), [""; 0]);
    });
}

#[test]
fn agreed_are_those_who_all_answer_and_name_the_same() {
    in_each_shell(|container| {
        let agreed = |container: &mut Container, state: &str| {
            call(container, &format!("named=10.0.0.11; {state}\nagree; echo \"$agreed\"")).join("")
        };
        assert_eq!(agreed(container, ""), "10.0.0.11 7");
        assert_eq!(agreed(container, "answered=2"), "");
        assert_eq!(agreed(container, "printf '2 7 10.0.0.11\\n1 6 10.0.0.12\\n' >\"$run/tally\""), "");
        assert_eq!(container.calls(), [""; 0], "who agrees has nothing to tell");
    });
}

#[test]
fn only_strangers_are_introduced_and_by_their_own_identity() {
    in_each_shell(|container| {
        container.at(ME, &Peer::naming("10.0.0.11", 7));
        container.sentinel(0, &Peer::blank().but("SENTINEL MYID", ID_1));
        container.sentinel(1, &Peer::blank().but("SENTINEL MYID", ID_1));
        container.sentinel(2, &Peer::blank().but("SENTINEL MYID", "ERR unknown\n"));
        call(container, "named=10.0.0.11; introduce");
        let hello = format!("PUBLISH __sentinel__:hello 10.0.1.11,26379,{ID_1},7,mymaster,10.0.0.11,6379,7");
        assert_eq!(container.calls_to(ME, ""), [hello]);
        assert_eq!(container.calls_to("10.0.1.10:26379", ""), [""; 0], "nobody meets himself");
        container.forget_calls();
        call(container, "named=10.0.0.11 known_addresses='10.0.1.11 10.0.1.12 '; introduce");
        assert_eq!(container.calls(), [""; 0]);
    });
}

#[test]
fn a_stranger_has_a_name_and_is_not_known() {
    in_each_shell(|container| {
        container.write("run/redis-k8s/present-sentinels", "0 10.0.1.10\n1 10.0.1.11\n2 10.0.1.12\n");
        for (known, expected) in [
            ("10.0.1.11 10.0.1.12 ", "no"),
            ("10.0.1.11 ", "yes"),
            ("", "yes"),
            ("10.0.1.1 10.0.1.12 ", "yes"),
            ("10.0.1.10 10.0.1.11 10.0.1.12 10.0.1.13 ", "no"),
        ] {
            let said =
                call(container, &format!("known_addresses='{known}'; if strangers; then echo yes; else echo no; fi"));
            assert_eq!(said, [expected], "{known}");
        }
    });
}

/// What SENTINEL SENTINELS and SENTINEL REPLICAS answer of one instance, in the order of Redis.
fn instance(address: &str, flags: &str, silence: u32, last: &str) -> String {
    // A replica that has just been heard of has no identity yet; one that is down has a line more.
    format!(
        "name\n{address}:6379\nip\n{address}\nport\n6379\nrunid\n\nflags\n{flags}\nlink-pending-commands\n0\n\
         last-ping-sent\n0\nlast-ok-ping-reply\n{silence}\ns-down-time\n12\ndown-after-milliseconds\n5000\n{last}"
    )
}

#[test]
fn instances_are_told_apart_by_what_only_one_kind_has() {
    let replica = |address, flags, silence, priority: u32| {
        instance(
            address,
            flags,
            silence,
            &format!("slave-priority\n{priority}\nslave-repl-offset\n77\nreplica-announced\n1"),
        )
    };
    let sentinel = |address, flags, silence| {
        instance(address, flags, silence, "last-hello-message\n3\nvoted-leader\n?\nvoted-leader-epoch\n0")
    };
    in_each_shell(|container| {
        let known = |container: &mut Container, sentinels: &[String], replicas: &[String]| {
            container.at(
                ME,
                &Peer::new()
                    .answer("SENTINEL SENTINELS mymaster", &sentinels.join("\n"))
                    .answer("SENTINEL REPLICAS mymaster", &replicas.join("\n")),
            );
            call(container, "instances");
            (container.read("run/redis-k8s/known-sentinels"), container.read("run/redis-k8s/known-replicas"))
        };
        assert_eq!(
            known(
                container,
                &[sentinel("10.0.1.11", "sentinel", 300), sentinel("10.0.1.12", "s_down,sentinel", 9000)],
                &[replica("10.0.0.10", "slave", 200, 100), replica("10.0.0.12", "s_down,slave,disconnected", 8000, 50)],
            ),
            (
                "10.0.1.11 sentinel 300\n10.0.1.12 s_down,sentinel 9000\n".to_owned(),
                "10.0.0.10 slave 200 100\n10.0.0.12 s_down,slave,disconnected 8000 50\n".to_owned()
            )
        );
        // A list without anybody is an empty line, and must not shift what follows.
        assert_eq!(
            known(container, &[], &[replica("10.0.0.10", "slave", 200, 100)]),
            (String::new(), "10.0.0.10 slave 200 100\n".to_owned())
        );
        assert_eq!(known(container, &[], &[]), (String::new(), String::new()));
        assert_eq!(
            known(container, &[sentinel("10.0.1.11", "sentinel", 300)], &[]),
            ("10.0.1.11 sentinel 300\n".to_owned(), String::new())
        );
    });
}

#[test]
fn a_pass_of_the_watch_does_what_the_state_of_the_sentinel_asks_for() {
    // Says what is done instead of doing it.
    const STUBS: &str = "
survey() { echo survey; }; learn() { echo learn; }; instances() { echo instances; : >\"$run/known-sentinels\"; }
settle() { echo settle; }; vote_again() { :; }; rescue() { :; }; even() { :; }; give_up() { :; }; forget() { echo forget; }
agree() { echo agree; agreed=\"$own_address $own_epoch\"; }; introduce() { echo introduce; }
strangers() { $strangers; }; amiss() { $amiss; }; strangers=false amiss=true
view() { cat \"$SCRATCH/view\"; }
";
    in_each_shell(|container| {
        container.set("PATIENCE", "3");
        let pass = |container: &mut Container, view: &str, state: &str| {
            container.write("sleeps", "0\n");
            container.write("clock", "1000000000\n");
            container.write("view", &format!("{view}\n"));
            (call(container, &format!("{STUBS}{state}\nwatch")), container.seconds())
        };
        let end = ["still waiting"];
        assert_eq!(pass(container, "blank", "").0, [&["survey", "learn", "survey", "learn"][..], &end].concat());
        for view in ["silent", "refused"] {
            assert_eq!(pass(container, view, "").0, end, "{view}");
        }
        // A sentinel that names a master looks around until all agree, and from then on only for ghosts.
        let named = "named 10.0.0.11 7 master 2 2";
        let first = ["instances", "settle", "survey", "agree", "introduce", "forget"];
        assert_eq!(pass(container, named, "").0, [&first[..], &["instances", "settle", "forget"], &end].concat());
        assert_eq!(pass(container, named, "strangers=true").0, [&first[..], &first, &end].concat());
        // While all is well it does little, and less often: 0.5, 2 and 2 s.
        let idle = ["instances", "settle"];
        assert_eq!(
            pass(container, named, "amiss=false"),
            ([&idle[..], &idle, &end].concat().iter().map(|line| (*line).to_owned()).collect(), 4)
        );
        // As little, but soon again, while it stands for election.
        assert_eq!(
            pass(container, named, "vote_again() { candidacy=1; }"),
            ([&idle[..], &idle, &end].concat().iter().map(|line| (*line).to_owned()).collect(), 1)
        );
    });
}
