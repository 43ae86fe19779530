//! sentinel.sh: settings, ghosts and elections that were left half done.

use crate::container::{Container, in_each_shell};
use crate::peer::Peer;

const ME: &str = "127.0.0.1:26379";
const STATE: &str = "known_addresses='' named=10.0.0.10 epoch=7 flags=none,master answered=3 found=3 agreed='10.0.0.10 7'\n\
                     own_address=10.0.0.10 own_epoch=7 own_flags=master ghosts_before='' masterless=0 candidacy=0 preferred=0 settled=''\n";

/// Runs functions of a sentinel, and gives what it printed.
fn call(container: &mut Container, pod: &str, lines: &str) -> Vec<String> {
    container.set("POD_NAME", Box::leak(pod.to_owned().into_boxed_str()));
    let ran = container.call("sentinel.sh", &format!("{STATE}{lines}"));
    ran.lines().iter().map(|line| (*line).to_owned()).collect()
}

#[test]
fn gone_are_those_that_are_down_for_long_and_whose_address_no_pod_has() {
    let instances = "10.0.0.11 slave 300 100\n10.0.0.12 s_down,slave 9000 100\n10.0.0.13 s_down,slave 6500 100\n\
                     10.0.0.14 s_down,slave 6499 100\n10.0.0.15 slave 99999 100\n10.0.0.1 s_down,sentinel 7000\n";
    in_each_shell(|container| {
        container.write("instances", instances);
        let said = call(container, "redis-sentinel-0", "gone '10.0.0.11 10.0.0.12 ' <\"$SCRATCH/instances\"");
        assert_eq!(said, ["10.0.0.13 10.0.0.1 "]);
        assert_eq!(call(container, "redis-sentinel-0", "gone '' </dev/null"), [""; 0]);
    });
}

#[test]
fn doubles_are_known_by_an_address_that_their_pod_does_not_announce() {
    in_each_shell(|container| {
        container.write(
            "replicas",
            "10.0.0.11 slave 300 100\n10.1.0.11 slave 300 100\n10.1.0.13 slave 3 100\n10.9.9.9 slave 3 100\n",
        );
        let said = call(
            container,
            "redis-sentinel-0",
            "doubles '10.0.0.10 10.0.0.11 10.1.0.13 ' '10.1.0.10 10.1.0.11 10.1.0.13 ' <\"$SCRATCH/replicas\"",
        );
        assert_eq!(said, ["10.1.0.11 "]);
    });
}

#[test]
fn a_turn_comes_after_all_lower_ones_know_exactly_who_is_there() {
    in_each_shell(|container| {
        let mut turn = |pod: &str, views: &[&str]| {
            container.write("run/redis-k8s/present-servers", "0 a\n1 b\n2 c\n");
            container.write("run/redis-k8s/present-sentinels", "0 d\n1 e\n2 f\n");
            for (ordinal, view) in views.iter().enumerate() {
                container.write(&format!("run/redis-k8s/views/{ordinal}"), &format!("{view}\n"));
            }
            call(container, pod, "if my_turn; then echo mine; else echo not; fi") == ["mine"]
        };
        let whole = "named 10.0.0.10 7 master 2 2";
        assert!(turn("redis-sentinel-0", &["silent", "silent", "silent"]), "the lowest is first");
        assert!(turn("redis-sentinel-2", &[whole, whole, "blank"]));
        for other in [
            "named 10.0.0.10 7 master 3 2",
            "named 10.0.0.10 7 master 2 1",
            "named 10.0.0.10 7 master,s_down 2 2",
            "silent",
            "blank",
        ] {
            assert!(!turn("redis-sentinel-2", &[whole, other, whole]), "{other}");
            assert!(turn("redis-sentinel-1", &[whole, whole, other]), "those above do not matter");
        }
    });
}

/// A cluster scaled down from four servers, as sentinel 0 sees it.
fn scaled_down(container: &Container) {
    container.sentinels(&[Peer::naming("10.0.0.10", 7), Peer::naming("10.0.0.10", 7), Peer::naming("10.0.0.10", 7)]);
    container.at(ME, &Peer::naming("10.0.0.10", 7));
    container.write("run/redis-k8s/present-sentinels", "0 10.0.1.10\n1 10.0.1.11\n2 10.0.1.12\n");
    container.write("run/redis-k8s/known-sentinels", "10.0.1.11 sentinel 300\n10.0.1.12 sentinel 300\n");
    container.write(
        "run/redis-k8s/known-replicas",
        "10.0.0.11 slave 300 100\n10.0.0.12 s_down,slave 9000 100\n10.1.0.13 s_down,slave 9000 100\n",
    );
}

#[test]
fn a_ghost_is_forgotten_when_it_was_seen_twice() {
    in_each_shell(|container| {
        scaled_down(container);
        // Server 2 is down, but has a pod: it may come back.
        let said = call(container, "redis-sentinel-0", "forget; echo \"$ghosts_before\"; forget");
        assert_eq!(said, ["10.1.0.13 ", "forgetting 10.1.0.13 : no such pod"]);
        assert_eq!(container.calls_to(ME, "SENTINEL RESET"), ["SENTINEL RESET mymaster"]);
        // It has met nobody any more, and is introduced to all the others.
        assert_eq!(container.calls_to("10.0.1.11:26379", "SENTINEL MYID").len(), 1);
    });
}

#[test]
fn nobody_is_forgotten_while_anything_is_in_doubt() {
    let seen = "ghosts_before='10.1.0.13 '";
    in_each_shell(|container| {
        for (title, pod, state, change) in [
            ("the master is down", "redis-sentinel-0", "own_flags=master,s_down", ""),
            ("others are gone than before", "redis-sentinel-0", "ghosts_before='10.1.0.14 '", ""),
            ("names cannot be looked up", "redis-sentinel-0", "", "rm \"$SCRATCH/names/redis-sentinel\""),
            ("no majority", "redis-sentinel-0", "", "rm \"$SCRATCH\"/peers/10.0.1.1[12]*"),
            ("not its turn", "redis-sentinel-1", "", "rm \"$SCRATCH\"/peers/10.0.1.10*"),
            ("nobody is gone", "redis-sentinel-0", "", "echo 10.0.0.11 slave 300 100 >\"$run/known-replicas\""),
        ] {
            scaled_down(container);
            container.pods(3, 3);
            let said = call(container, pod, &format!("{seen}; {state}\n{change}\nforget"));
            assert_eq!(said, [""; 0], "{title}");
            assert_eq!(container.calls_to(ME, "SENTINEL RESET"), [""; 0], "{title}");
        }
        // It leads an election: a reset would end it.
        scaled_down(container);
        container.at(ME, &Peer::naming_with("10.0.0.10", 7, "master,o_down,failover_in_progress"));
        assert_eq!(call(container, "redis-sentinel-0", &format!("{seen}; forget")), [""; 0]);
        assert_eq!(container.calls_to(ME, "SENTINEL RESET"), [""; 0]);
    });
}

#[test]
fn a_master_that_nobody_replaces_is_replaced_by_the_lowest_sentinel() {
    let said = "10.0.0.10 is down, and nobody elects another: doing so";
    let stubs = "survey() { echo survey; }; lowest() { $lowest; }; lowest=true own_flags=master,s_down,o_down\n";
    in_each_shell(|container| {
        container.at(ME, &Peer::naming("10.0.0.10", 7));
        let nine = "for pass in 1 2 3 4 5 6 7 8 9; do rescue; done\n";
        assert_eq!(call(container, "redis-sentinel-0", &format!("{stubs}{nine}")), [""; 0]);
        assert_eq!(call(container, "redis-sentinel-0", &format!("{stubs}{nine}rescue")), ["survey", said]);
        assert_eq!(container.calls(), [format!("{ME} SENTINEL FAILOVER mymaster")]);
        container.forget_calls();
        for (title, state) in [
            ("another elects", "flags=none,master,failover_in_progress"),
            ("no majority", "answered=1"),
            ("the others name another", "named=10.0.0.11"),
            ("a lower one will do it", "lowest=false"),
        ] {
            assert_eq!(
                call(container, "redis-sentinel-0", &format!("{stubs}{state}\n{nine}rescue")),
                ["survey"],
                "{title}"
            );
        }
        for (title, flags) in [
            ("it elects by itself", "master,o_down,failover_in_progress"),
            ("the master is back", "master"),
            ("only this one sees it down", "master,s_down"),
        ] {
            let lines = format!("{stubs}{nine}own_flags={flags}; rescue; own_flags=master,o_down; {nine}");
            assert_eq!(call(container, "redis-sentinel-0", &lines), [""; 0], "{title}: counted anew");
        }
        assert_eq!(container.calls(), [""; 0]);
    });
}

#[test]
fn a_vote_that_is_split_is_repeated_by_the_lowest_sentinel() {
    const CANDIDATE: &str = "master,s_down,o_down,failover_in_progress,candidate";
    let said = "sentinels vote for themselves, and none is elected: voting again";
    let shorter = format!("{ME} SENTINEL SET mymaster failover-timeout 500");
    let as_before = format!("{ME} SENTINEL SET mymaster failover-timeout 30000");
    // What the sentinel says of itself, one after the other; the last again and again.
    let stubs = |own: &[&str]| {
        let own: Vec<String> = own.iter().map(|view| format!("'{view}'")).collect();
        format!(
            "survey() {{ echo survey; }}; nobody_elected() {{ before_me=$ahead; $nobody; }}; ahead=0 nobody=true\n\
             own_flags={CANDIDATE} failover_timeout=30000\n\
             view() {{ set -- {}; shift $(($(wc -l <\"$SCRATCH/looks\") % $#)); echo >>\"$SCRATCH/looks\"; echo \"$1\"; }}\n",
            own.join(" ")
        )
    };
    let passes = |count: usize| "vote_again\n".repeat(count);
    let stands = format!("named 10.0.0.10 7 {CANDIDATE} 2 2");
    let gives_up = "named 10.0.0.10 7 master,s_down,o_down 2 2";
    let elected = "named 10.0.0.10 7 master,s_down,o_down,failover_in_progress 2 2";
    let moved = "named 10.0.0.11 8 master 2 2";
    in_each_shell(|container| {
        container.at(ME, &Peer::new().answer("SENTINEL SET *", "OK"));
        for (title, own) in [
            ("it is elected", &[&*stands, gives_up, &*stands, elected][..]),
            ("the master has moved already", &[&*stands, moved][..]),
        ] {
            container.write("looks", "");
            container.forget_calls();
            let mut voted = |count| call(container, "redis-sentinel-0", &format!("{}{}", stubs(own), passes(count)));
            assert_eq!(voted(2), [""; 0], "{title}: too early");
            assert_eq!(voted(3), ["survey", said], "{title}");
            assert_eq!(container.calls(), [&*shorter, &*as_before], "{title}");
            assert_eq!(container.read("looks").len(), own.len(), "{title}");
        }
        container.forget_calls();
        for (title, state, passes_before) in [
            ("somebody is elected", "nobody=false", 30),
            ("no majority", "answered=1", 30),
            ("a lower one would do it", "ahead=1", 6),
            ("two lower ones would", "ahead=2", 10),
            ("one that does not answer may be elected", "answered=2", 6),
            ("it is elected itself", "own_flags=master,o_down,failover_in_progress", 30),
        ] {
            container.write("looks", "");
            let lines = format!("{}{state}\n{}", stubs(&[moved]), passes(passes_before));
            assert!(!call(container, "redis-sentinel-0", &lines).contains(&said.to_owned()), "{title}");
            assert_eq!(container.calls(), [""; 0], "{title}");
        }
        // When the lower ones do nothing, it does.
        let lines = format!("{}ahead=1\n{}", stubs(&[moved]), passes(7));
        assert_eq!(call(container, "redis-sentinel-1", &lines).last(), Some(&said.to_owned()));
        let counted_anew = format!("{}vote_again; vote_again; own_flags=master; vote_again\n", stubs(&[moved]));
        let lines = format!("{counted_anew}own_flags={CANDIDATE}; vote_again; vote_again");
        assert_eq!(call(container, "redis-sentinel-0", &lines), [""; 0]);
    });
}

#[test]
fn who_leads_an_election_or_names_another_master_is_elected() {
    in_each_shell(|container| {
        let mut before = |pod: &str, views: [&str; 3]| {
            container.write("run/redis-k8s/sentinels", "0 10.0.1.10\n1 10.0.1.11\n2 10.0.1.12\n");
            for (ordinal, view) in views.iter().enumerate() {
                container.write(&format!("run/redis-k8s/views/{ordinal}"), &format!("{view}\n"));
            }
            let lines = format!("ordinal={pod}; if nobody_elected; then echo \"nobody, $before_me before me\"; fi");
            call(container, &format!("redis-sentinel-{pod}"), &lines).concat()
        };
        let candidate = "named 10.0.0.10 7 master,o_down,failover_in_progress,candidate 2 2";
        let voter = "named 10.0.0.10 7 master,s_down,o_down 2 2";
        let elected = "named 10.0.0.10 7 master,o_down,failover_in_progress 2 2";
        let moved = "named 10.0.0.11 8 master 2 2";
        assert_eq!(before("0", [candidate; 3]), "nobody, 0 before me");
        assert_eq!(before("2", [voter, candidate, candidate]), "nobody, 2 before me");
        assert_eq!(before("2", ["silent", candidate, candidate]), "nobody, 1 before me");
        assert_eq!(before("1", ["blank", candidate, voter]), "nobody, 0 before me");
        assert_eq!(before("0", [candidate, candidate, elected]), "");
        assert_eq!(before("1", [moved, candidate, candidate]), "");
    });
}

#[test]
fn a_master_that_is_down_and_not_ours_is_given_up() {
    let stubs = "stranger() { $stranger; }; stranger=true foreign=0 own_flags=master,s_down\n\
                 survey() { answered=$found epoch=7; }; found=1; present() { echo \"presents $*\"; }\n";
    let thrice = "give_up; give_up; give_up\n";
    in_each_shell(|container| {
        container.at(ME, &Peer::naming("10.0.0.10", 7));
        let mut give_up = |state: &str, masters: &[usize], replicas: &[usize]| {
            container.forget_calls();
            for ordinal in 0..3 {
                container.server(ordinal, &Peer::new().answer("*", ""));
            }
            for ordinal in masters {
                container.server(*ordinal, &Peer::master());
            }
            for ordinal in replicas {
                container.server(*ordinal, &Peer::replica("10.0.0.99", "connect", -1));
            }
            let said = call(container, "redis-sentinel-0", &format!("{stubs}{state}"));
            (said.join("\n"), container.calls_to(ME, "SENTINEL").into_iter().take(2).collect::<Vec<_>>())
        };
        let giving = "10.0.0.10 is no server of this instance: giving it up for";
        let nothing = (String::new(), Vec::new());
        let remove = "SENTINEL REMOVE mymaster".to_owned();
        assert_eq!(
            give_up(thrice, &[2], &[0, 1]),
            (
                format!("{giving} 10.0.0.12"),
                vec![remove.clone(), "SENTINEL MONITOR mymaster 10.0.0.12 6379 2".to_owned()]
            )
        );
        // Others would bring the old one back at once, so all of them are told of the new one under a higher epoch.
        let presented = format!("{giving} 10.0.0.12\npresents 10.0.0.12 8");
        assert_eq!(give_up(&format!("found=3\n{thrice}"), &[2], &[0, 1]), (presented, Vec::new()));
        let silent = "survey() { answered=1 epoch=7; }; found=3\n";
        assert_eq!(give_up(&format!("{silent}{thrice}"), &[2], &[]), nothing, "without a majority");
        assert_eq!(give_up(thrice, &[], &[]), (format!("{giving} whoever starts"), vec![remove]));
        assert_eq!(give_up(thrice, &[1, 2], &[]), nothing, "two masters are none");
        assert_eq!(give_up(thrice, &[], &[1]), nothing, "a replica may be elected yet");
        assert_eq!(give_up("give_up; give_up", &[2], &[]), nothing, "not at once");
        assert_eq!(give_up(&format!("stranger=false\n{thrice}"), &[2], &[]), nothing);
        assert_eq!(give_up(&format!("own_flags=master\n{thrice}"), &[2], &[]), nothing);
        let anew = "give_up; give_up; own_flags=master; give_up; own_flags=master,s_down; give_up; give_up";
        assert_eq!(give_up(anew, &[2], &[]), nothing, "counted anew");
    });
}

#[test]
fn a_master_is_presented_to_the_others_in_a_hello() {
    in_each_shell(|container| {
        container.at(ME, &Peer::blank().answer("SENTINEL MYID", "aaaa"));
        container.sentinels(&[Peer::blank(), Peer::blank(), Peer::blank()]);
        container.write("run/redis-k8s/sentinels", "0 10.0.1.10\n1 10.0.1.11\n2 10.0.1.12\n");
        assert_eq!(call(container, "redis-sentinel-0", "present 10.0.0.12 8"), [""; 0]);
        let hello = "PUBLISH __sentinel__:hello 10.0.1.10,26379,aaaa,8,mymaster,10.0.0.12,6379,8";
        for (address, told) in
            [("10.0.1.10:26379", vec![]), ("10.0.1.11:26379", vec![hello]), ("10.0.1.12:26379", vec![hello])]
        {
            assert_eq!(container.calls_to(address, "PUBLISH"), told, "{address}");
        }
    });
}

#[test]
fn looking_around_counts_masters_and_others() {
    in_each_shell(|container| {
        container.server(0, &Peer::master());
        container.server(1, &Peer::role("LOADING\n"));
        let look = "look_around; echo \"$masters_found $master_found $replicas_found\"";
        assert_eq!(call(container, "redis-sentinel-0", look), ["1 10.0.0.10 1"]);
        container.server(1, &Peer::master());
        container.server(2, &Peer::replica("10.0.0.10", "connected", 9));
        assert_eq!(call(container, "redis-sentinel-0", look), ["2 10.0.0.11 1"]);
    });
}

#[test]
fn the_lowest_is_the_lowest_of_those_that_answered() {
    in_each_shell(|container| {
        container.write("run/redis-k8s/sentinels", "0 a\n1 b\n2 c\n");
        for (views, expected) in [
            (["silent", "named a 7 master 2 2", "silent"], "yes"),
            (["blank", "named a 7 master 2 2", "silent"], "yes"),
            (["named a 7 master 2 2", "silent", "silent"], "no"),
        ] {
            for (ordinal, view) in views.iter().enumerate() {
                container.write(&format!("run/redis-k8s/views/{ordinal}"), &format!("{view}\n"));
            }
            let said = call(container, "redis-sentinel-1", "if lowest; then echo yes; else echo no; fi");
            assert_eq!(said, [expected], "{views:?}");
        }
    });
}

#[test]
fn a_preference_that_stays_is_taken_back() {
    in_each_shell(|container| {
        container.server(1, &Peer::master());
        container.server(2, &Peer::master());
        container.write(
            "run/redis-k8s/known-replicas",
            "10.0.0.11 slave 300 100\n10.0.0.12 slave 50 50\n10.0.0.13 slave 50 150\n",
        );
        let nine = "for pass in 1 2 3 4 5 6 7 8 9; do even; done\n";
        call(container, "redis-sentinel-0", nine);
        assert_eq!(container.calls(), [""; 0], "a stop hook is at it");
        call(container, "redis-sentinel-0", &format!("{nine}even"));
        assert_eq!(container.calls(), ["10.0.0.12:6379 CONFIG SET replica-priority 100"]);
        container.forget_calls();
        // Another stop hook, later: counted anew.
        let between = "cp() { cat \"$1\" >\"$2\"; }; cp \"$run/known-replicas\" \"$run/k\"; : >\"$run/known-replicas\"; even; cp \"$run/k\" \"$run/known-replicas\"\n";
        call(container, "redis-sentinel-0", &format!("{nine}{between}{nine}"));
        assert_eq!(container.calls(), [""; 0]);
    });
}

#[test]
fn settings_and_passwords_are_given_whenever_they_change() {
    in_each_shell(|container| {
        container.secret("server", "hunter2");
        container.secret("sentinel", "secret");
        container.at(ME, &Peer::naming("10.0.0.10", 7).password("secret"));
        call(container, "redis-sentinel-0", "settle; settle; settle");
        let told = container.calls_to(ME, "");
        assert_eq!(told.len(), 6, "{told:?}");
        assert!(
            told.contains(&"SENTINEL SET mymaster auth-pass \"\\x68\\x75\\x6e\\x74\\x65\\x72\\x32\"".to_owned()),
            "{told:?}"
        );
        assert_eq!(told[4], "SENTINEL CONFIG SET sentinel-pass \"\\x73\\x65\\x63\\x72\\x65\\x74\"");
        assert_eq!(told[5], "SENTINEL CONFIG SET announce-ip 10.0.1.10");
        for (title, change) in [
            ("a timer", "echo down_after=6000 >>\"$etc/topology.env\""),
            ("the password of the servers", "echo another >\"$SCRATCH/etc/redis-k8s-auth/server\""),
            ("the master, before whose end its stop hook set another timer", "own_address=10.0.0.11"),
            ("its own address", "echo 10.0.1.90 >\"$SCRATCH/names/redis-sentinel-announce-0\""),
        ] {
            container.forget_calls();
            call(container, "redis-sentinel-0", &format!("settle; {change}; settle; settle"));
            assert_eq!(container.calls_to(ME, "").len(), 12, "{title}");
        }
        // What was not taken is tried again.
        container.forget_calls();
        container
            .at(ME, &Peer::naming("10.0.0.10", 7).password("secret").but("SENTINEL CONFIG SET announce*", "ERR no\n"));
        call(container, "redis-sentinel-0", "settle; settle");
        assert_eq!(container.calls_to(ME, "").len(), 12);
    });
}

#[test]
fn while_a_password_changes_the_one_that_all_take_is_given() {
    in_each_shell(|container| {
        container.secret("server", "hunter2");
        container.secret("server-previous", "secret");
        container.secret("sentinel", "hunter2");
        container.secret("sentinel-previous", "secret");
        container.at(ME, &Peer::naming("10.0.0.10", 7).password("hunter2"));
        for ordinal in 0..3 {
            container.server(ordinal, &Peer::master().password("hunter2"));
            container.sentinel(ordinal, &Peer::naming("10.0.0.10", 7).password("hunter2"));
        }
        let given = |container: &mut Container| {
            container.forget_calls();
            call(container, "redis-sentinel-0", "settle");
            let told = container.calls_to(ME, "SENTINEL");
            let find =
                |what: &str| told.iter().find_map(|line| line.split_once(what).map(|(_, secret)| secret.to_owned()));
            (find(" auth-pass ").unwrap(), find(" sentinel-pass ").unwrap())
        };
        let (hunter, secret) = ("\"\\x68\\x75\\x6e\\x74\\x65\\x72\\x32\"", "\"\\x73\\x65\\x63\\x72\\x65\\x74\"");
        assert_eq!(given(container), (hunter.to_owned(), hunter.to_owned()));
        container.server(2, &Peer::master().password("secret"));
        assert_eq!(given(container), (secret.to_owned(), hunter.to_owned()));
        container.sentinel(1, &Peer::naming("10.0.0.10", 7).password("secret"));
        assert_eq!(given(container), (secret.to_owned(), secret.to_owned()));
    });
}

#[test]
fn something_is_amiss_unless_all_are_known_up_and_agreed() {
    in_each_shell(|container| {
        let amiss = |container: &mut Container, sentinels: &str, replicas: &str, state: &str| {
            container.write("run/redis-k8s/known-sentinels", sentinels);
            container.write("run/redis-k8s/known-replicas", replicas);
            call(container, "redis-sentinel-0", &format!("{state}\nif amiss; then echo amiss; else echo well; fi"))
                .join("")
        };
        let sentinels = "10.0.1.11 sentinel 300\n10.0.1.12 sentinel 300\n";
        let replicas = "10.0.0.11 slave 300 100\n10.0.0.12 slave 300 100\n";
        assert_eq!(amiss(container, sentinels, replicas, ""), "well");
        assert_eq!(amiss(container, sentinels, replicas, "agreed=''"), "amiss");
        assert_eq!(amiss(container, sentinels, replicas, "own_epoch=8"), "amiss");
        assert_eq!(amiss(container, sentinels, replicas, "own_flags=master,s_down"), "amiss");
        assert_eq!(amiss(container, sentinels, replicas, "ghosts_before='10.0.0.13 '"), "amiss");
        assert_eq!(amiss(container, sentinels, &replicas.replace("slave 300", "s_down,slave 9000"), ""), "amiss");
        assert_eq!(amiss(container, &sentinels.replace("sentinel 300", "s_down,sentinel 900"), replicas, ""), "amiss");
        assert_eq!(amiss(container, "10.0.1.11 sentinel 300\n", replicas, ""), "amiss");
        assert_eq!(amiss(container, sentinels, "10.0.0.11 slave 300 100\n", ""), "amiss");
        container.pods(4, 3);
        assert_eq!(amiss(container, sentinels, replicas, ""), "amiss", "a server more than is known");
        container.pods(3, 4);
        assert_eq!(amiss(container, sentinels, replicas, ""), "amiss", "a sentinel more than is known");
    });
}

#[test]
fn a_master_that_is_about_to_be_replaced_is_told_to_take_no_writes() {
    let heard = "subscribe\n+elected-leader\n1\nmessage\n+elected-leader\nmaster another 10.0.0.11 6379\n\
                 message\n+elected-leader\nmaster mymaster 10.0.0.12 6379";
    in_each_shell(|container| {
        container.set("PATIENCE", "1");
        container.at(ME, &Peer::new().answer("SUBSCRIBE +elected-leader", heard));
        let fence = "insist() { echo \"insist $1\"; }; fence";
        // Where no replica is asked for, nothing opens a master again.
        container.write("etc/redis-k8s/redis.conf", "min-replicas-to-write 0\n");
        assert_eq!(call(container, "redis-sentinel-0", "if guarded; then echo yes; fi; fence"), [""; 0]);
        container.write("etc/redis-k8s/redis.conf", "min-replicas-to-write 1\n");
        assert_eq!(call(container, "redis-sentinel-0", fence), ["insist 10.0.0.12", "still waiting"]);
    });
}

#[test]
fn a_master_is_told_several_times_whether_it_hears_it_or_not() {
    in_each_shell(|container| {
        container.server(0, &Peer::master());
        let told = |ordinal: usize| {
            let said = call(container, "redis-sentinel-0", &format!("insist 10.0.0.1{ordinal}"));
            assert_eq!(said, [format!("10.0.0.1{ordinal} is about to be replaced: telling it to take no writes")]);
            container.calls_to(&format!("10.0.0.1{ordinal}:6379"), "CONFIG SET min-replicas-to-write 10000").len()
        };
        assert_eq!([0, 1].map(told), [5, 0]);
    });
}

/// Whether closing this server works.
fn closes(container: &mut Container, ordinal: usize) -> String {
    let lines = format!("if close_writes 10.0.0.1{ordinal}; then echo yes; else echo no; fi");
    call(container, "redis-sentinel-0", &lines).concat()
}

#[test]
fn closing_is_asking_for_more_replicas_than_there_are() {
    in_each_shell(|container| {
        container.server(0, &Peer::master());
        container.server(1, &Peer::master().but("CONFIG SET *", "LOADING\n"));
        assert_eq!([0, 1, 2].map(|ordinal| closes(container, ordinal)), ["yes", "no", "no"]);
        // One that still has the password of before.
        container.secret("server", "hunter2");
        container.secret("server-previous", "hunter1");
        container.server(0, &Peer::master().password("hunter1"));
        container.server(1, &Peer::master().password("hunter2"));
        assert_eq!([0, 1].map(|ordinal| closes(container, ordinal)), ["yes", "yes"]);
    });
}
