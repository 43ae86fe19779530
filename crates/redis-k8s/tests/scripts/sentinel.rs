//! sentinel-start.sh, sentinel-watch.sh and sentinel-stop.sh.

use crate::container::{Container, in_each_shell, script};
use crate::peer::Peer;

const ME: &str = "127.0.0.1:26379";

/// A sentinel that looks at itself every day: it names server 1, as all do, and has met nobody.
const STATE: &str = "applied='' agreed='' calm='' ghosts='' masterless='' strange=0 kind=named own=10.0.0.11 own_epoch=7 own_flags=master\n\
                     named=10.0.0.11 epoch=7 answered=3 found=3 ours=yes; : >\"$work/applied\"\n\
                     printf '%s\\n' '0 10.0.1.10 x' '1 10.0.1.11 x' '2 10.0.1.12 x' >\"$work/views\"; echo '3 7 10.0.0.11' >\"$work/tally\"\n";

/// Runs functions of the watch of a sentinel, and gives what was said.
fn call(container: &Container, lines: &str) -> Vec<String> {
    let ran = container.call("sentinel-watch.sh", &format!("{STATE}{lines}"));
    ran.lines().iter().map(|line| (*line).to_owned()).collect()
}

/// Runs a test as sentinel 0 in each shell.
fn as_sentinel(test: impl Fn(&mut Container)) {
    in_each_shell(|container| {
        container.set("POD_NAME", "redis-sentinel-0");
        test(container);
    });
}

/// What Sentinel itself keeps in its file, with the identity, the timers, passwords and address of some last start.
const KEPT: &str = "\
include /etc/redis-k8s/sentinel.conf
sentinel myid aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
sentinel announce-ip 10.0.1.99
sentinel monitor mymaster 10.0.0.11 7000 2
sentinel down-after-milliseconds mymaster 1
sentinel auth-pass mymaster old
sentinel config-epoch mymaster 8
sentinel leader-epoch mymaster 9
sentinel known-replica mymaster 10.0.0.10 7000
sentinel known-sentinel mymaster 10.0.1.11 27000 bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
sentinel current-epoch 9
latency-tracking-info-percentiles 50 99 99.9
user default on nopass sanitize-payload ~* &* +@all
";

/// What every start writes. The identity is the SHA-1 of shop/redis-sentinel-0.
const BEGINNING: &str = "\
include /etc/redis-k8s/sentinel.conf
sentinel myid ca00af4e858d47dabbcc80228efb974d7f81fadd
sentinel announce-ip 10.0.1.10
sentinel announce-port 26379
";

const MONITOR: &str = "sentinel monitor mymaster 10.0.0.11 6379 2\n";

const TIMERS: &str = "\
sentinel down-after-milliseconds mymaster 5000
sentinel failover-timeout mymaster 30000
sentinel parallel-syncs mymaster 1
";

const ELECTIONS: &str = "\
sentinel config-epoch mymaster 8
sentinel leader-epoch mymaster 9
sentinel known-replica mymaster 10.0.0.10 6379
sentinel known-sentinel mymaster 10.0.1.11 26379 bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
sentinel current-epoch 9
";

#[test]
fn elections_are_remembered_and_all_else_is_of_today() {
    as_sentinel(|container| {
        let configured = |container: &Container| {
            assert_eq!(container.call("sentinel-start.sh", "configure").out, "");
            assert!(container.is_private("data/sentinel.conf") && !container.has("data/sentinel.conf.new"));
            container.file("data/sentinel.conf")
        };
        assert_eq!(configured(container), BEGINNING);
        container.write("data/sentinel.conf", KEPT);
        assert_eq!(container.call("sentinel-start.sh", "remembered").out, format!("{MONITOR}{ELECTIONS}"));
        let expected = format!("{BEGINNING}{MONITOR}{TIMERS}{ELECTIONS}");
        assert_eq!(configured(container), expected);
        // And again, from what it wrote itself; without names it starts all the same.
        assert_eq!(configured(container), expected);
        container.name("redis-sentinel-announce-0", &[]);
        assert_eq!(configured(container), expected.replace("10.0.1.10", "10.1.0.10"));
        container.pods(3, 3);
        // A master that is certainly no server of ours any more is forgotten.
        container.write("data/sentinel.conf", &KEPT.replace("10.0.0.11 7000 2", "10.0.0.99 7000 2"));
        container.name("redis-announce-2", &[]);
        assert!(configured(container).contains("sentinel monitor mymaster 10.0.0.99 6379 2\n"), "it may be that one");
        container.pods(3, 3);
        assert_eq!(configured(container), BEGINNING);
        // Passwords are those of today. Switched on, one may still be needed by nobody.
        container.write("data/sentinel.conf", KEPT);
        container.mount("auth");
        container.topology("auth", "1");
        for (name, secret) in [("server", "hunter2"), ("sentinel", "secret"), ("sentinel-previous", "hunter2")] {
            container.secret(name, secret);
        }
        let (hunter, secret) = (
            "#f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7",
            "#2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
        );
        let hexadecimal = "\"\\x68\\x75\\x6e\\x74\\x65\\x72\\x32\"";
        let users = |taken: &str| {
            format!(
                "sentinel sentinel-user default\nuser default on ~* &* +@all {taken}\nsentinel sentinel-pass {hexadecimal}\n"
            )
        };
        let auth = format!("sentinel auth-user mymaster default\nsentinel auth-pass mymaster {hexadecimal}\n");
        let taken = format!("{secret} {hunter} ");
        assert_eq!(configured(container), format!("{BEGINNING}{}{MONITOR}{TIMERS}{auth}{ELECTIONS}", users(&taken)));
        container.write("run/redis-k8s/open", "\n");
        assert_eq!(configured(container), format!("{BEGINNING}{}{MONITOR}{TIMERS}{auth}{ELECTIONS}", users("nopass")));
    });
}

/// Where the master is gone, nobody else would tell it of replicas, nor, through these, of other sentinels.
#[test]
fn a_new_sentinel_begins_with_what_the_others_name_and_the_servers_there_are() {
    as_sentinel(|container| {
        let told = |container: &Container| container.call("sentinel-start.sh", "told").out;
        assert_eq!(told(container), "", "nobody answers");
        container.at("10.0.1.11:26379", &Peer::blank());
        assert_eq!(told(container), "", "nobody knows any");
        container.at("10.0.1.12:26379", &Peer::naming("10.0.0.11", 7));
        let replica = |address: &str| format!("sentinel known-replica mymaster {address} 6379\n");
        assert_eq!(told(container), format!("{MONITOR}{}{}", replica("10.0.0.10"), replica("10.0.0.12")));
        container.name("redis-2.redis-headless", &[]);
        let known = format!("{MONITOR}{TIMERS}{}", replica("10.0.0.10"));
        assert_eq!(told(container), format!("{MONITOR}{}", replica("10.0.0.10")), "no such pod");
        assert_eq!(container.call("sentinel-start.sh", "configure").out, "");
        assert_eq!(container.file("data/sentinel.conf"), format!("{BEGINNING}{known}"));
        container.at("10.0.1.12:26379", &Peer::naming("10.0.0.99", 7));
        assert_eq!(container.call("sentinel-start.sh", "rm \"$conf\"; configure").out, "");
        assert_eq!(container.file("data/sentinel.conf"), BEGINNING, "no server of ours");
    });
}

#[test]
fn a_sentinel_waits_for_nothing_but_its_password() {
    as_sentinel(|container| {
        container.set("PATIENCE", "4");
        container.write("etc/redis-k8s/sentinel-watch.sh", "");
        let run = |container: &Container| {
            container.rewind();
            container.run("sentinel-start.sh", &[]).lines().join("\n")
        };
        let exec = "exec redis-server /data/sentinel.conf --sentinel";
        assert_eq!(run(container), format!("starting, knowing no master\n{exec}"));
        container.write("data/sentinel.conf", KEPT);
        container.mount("auth");
        container.plan(2, "echo hunter2 >\"$secrets/server\"");
        assert_eq!(run(container), format!("waiting for the password\nstarting, {MONITOR}{exec}"));
    });
}

#[test]
fn a_blank_sentinel_learns_from_the_others_or_from_the_servers() {
    let found = "survey() { :; }; named=10.0.0.11; learn";
    as_sentinel(|container| {
        container.at(ME, &Peer::blank());
        assert_eq!(call(container, found), ["blank: learned that 10.0.0.11 is master"]);
        let told = container.calls_to(ME, "");
        assert_eq!(told[0], "SENTINEL MONITOR mymaster 10.0.0.11 6379 2");
        // The others may still name an address of before.
        container.rewind();
        let waits = "blank: 10.0.0.99, which the others name, is no server of this instance: waiting";
        assert_eq!(call(container, "survey() { :; }; named=10.0.0.99; learn"), [waits]);
        assert_eq!(container.calls_to(ME, ""), [""; 0]);
        container.at(ME, &Peer::blank().but("SENTINEL MONITOR *", "ERR no\n"));
        assert_eq!(call(container, found), [""; 0]);

        // Where all are blank, exactly one master is evidence.
        let blank = "survey() { named=''; }; learn";
        container.at(ME, &Peer::blank());
        container.server(0, &Peer::replica("10.0.0.11", "connected", 9));
        assert_eq!(call(container, blank), [""; 0], "no master at all");
        container.server(1, &Peer::master());
        assert_eq!(call(container, &format!("answered=1; {blank}")), [""; 0], "others may know better");
        container.at(ME, &Peer::blank().but("CLIENT LIST", "id=4 name=rk-waits-2-0 age=0"));
        assert_eq!(call(container, blank), [""; 0], "a server that waits does it for all");
        container.at(ME, &Peer::blank());
        assert_eq!(call(container, blank), ["blank: learned that 10.0.0.11 is master"]);
        assert_eq!(call(container, "one_master && echo one"), ["one"]);
        container.server(2, &Peer::master());
        assert_eq!(call(container, "one_master || echo two"), ["two"]);
        assert_eq!(call(container, blank), [""; 0], "two masters are no evidence");
    });
}

#[test]
fn all_agree_or_the_smaller_part_gives_in() {
    as_sentinel(|container| {
        container.at(ME, &Peer::naming("10.0.0.11", 7));
        container.server(2, &Peer::master());
        let call_give_in = |container: &Container, state: &str| {
            container.rewind();
            let said = call(container, &format!("{state}\ngive_in; echo \"<$agreed>\""));
            (said, container.orders())
        };
        let quiet = |agreed: &str| (vec![agreed.to_owned()], Vec::new());
        assert_eq!(call_give_in(container, ""), quiet("<10.0.0.11 7>"));
        assert_eq!(call_give_in(container, "answered=2"), quiet("<>"));
        assert_eq!(call_give_in(container, "printf '2 7 10.0.0.11\\n1 6 10.0.0.12\\n' >\"$work/tally\""), quiet("<>"));
        let gives_in = "the other sentinels name 10.0.0.12 (epoch 7): letting go of 10.0.0.11";
        let (said, orders) = call_give_in(container, "named=10.0.0.12");
        assert_eq!((said[0].as_str(), orders), (gives_in, vec![format!("{ME} SENTINEL REMOVE mymaster")]));
        assert_eq!(
            call_give_in(container, "named=10.0.0.12 own_epoch=6"),
            quiet("<>"),
            "Sentinel settles that by itself"
        );
        assert_eq!(call_give_in(container, "named=10.0.0.12 answered=1"), quiet("<>"), "a minority");
        assert_eq!(call_give_in(container, "named='' epoch=7"), quiet("<>"), "nobody is named");
        container.server(2, &Peer::replica("10.0.0.11", "connected", 9));
        assert_eq!(call_give_in(container, "named=10.0.0.12"), quiet("<>"), "the other is no master");
    });
}

#[test]
fn a_master_that_is_no_server_of_ours_is_let_go() {
    let lets_go = ["no server of this instance has its address: letting go of 10.0.0.99"];
    as_sentinel(|container| {
        container.at(ME, &Peer::naming("10.0.0.99", 7));
        let looks = |container: &Container, count: u32, state: &str| {
            container.rewind();
            let lines =
                format!("own=10.0.0.99 own_flags=master,s_down; {state}\nfor n in $(seq {count}); do give_up; done");
            let said = call(container, &lines);
            assert_eq!(container.orders().len(), said.len(), "{said:?}");
            said
        };
        assert_eq!(looks(container, 3, ""), [""; 0], "too early");
        assert_eq!(looks(container, 4, ""), lets_go, "none runs");
        assert_eq!(looks(container, 9, "own_flags=master"), [""; 0]);
        assert_eq!(looks(container, 9, "own=10.0.0.11"), [""; 0]);
        container.server(0, &Peer::replica("10.0.0.99", "connect", 9));
        assert_eq!(looks(container, 4, ""), [""; 0], "it may be elected");
        container.server(1, &Peer::master());
        assert_eq!(looks(container, 4, ""), lets_go);
        container.server(2, &Peer::master());
        assert_eq!(looks(container, 4, ""), [""; 0], "two masters");
        container.without_names();
        assert_eq!(looks(container, 4, ""), [""; 0], "nobody can tell");
    });
}

#[test]
fn an_election_that_nobody_wins_is_repeated_by_the_lowest() {
    const CANDIDATE: &str = "master,s_down,o_down,failover_in_progress,candidate";
    let votes = "an election comes to nothing: voting again";
    let stands = format!("named 10.0.0.10 7 {CANDIDATE} 2 2");
    let gave_up = "named 10.0.0.10 7 master,s_down,o_down 2 2";
    let elected = "named 10.0.0.10 7 master,s_down,o_down,failover_in_progress 2 2";
    let well = "named 10.0.0.10 7 master 2 2";
    let moved = "named 10.0.0.11 8 master 2 2";
    // What the sentinel says of itself, one after the other, the last again and again; and what all of them say when asked.
    let vote = |container: &Container, own: &[&str], state: &str, views: [&str; 3]| {
        container.rewind();
        container.write("looks", "0\n");
        let [zero, one, two] = views;
        container.write("all", &format!("0 10.0.1.10 {zero}\n1 10.0.1.11 {one}\n2 10.0.1.12 {two}\n"));
        let cases: Vec<_> = own
            .iter()
            .enumerate()
            .map(|(number, view)| {
                format!(
                    "{}) echo '{view}' ;;",
                    if number + 1 == own.len() { "*".to_owned() } else { number.to_string() }
                )
            })
            .collect();
        let stubs = format!(
            "view() {{ read -r n <\"$SCRATCH/looks\"; echo $((n + 1)) >\"$SCRATCH/looks\"; case $n in {} esac; }}\n\
             survey() {{ cat \"$SCRATCH/all\" >\"$work/views\"; }}; own=10.0.0.10; {state}",
            cases.join(" ")
        );
        (call(container, &format!("{stubs}\nvote_again")), container.calls_to(ME, "SENTINEL SET"))
    };
    let shorter = ["SENTINEL SET mymaster failover-timeout 500", "SENTINEL SET mymaster failover-timeout 30000"]
        .map(str::to_owned)
        .to_vec();
    as_sentinel(|container| {
        container.set("PATIENCE", "100");
        container.at(ME, &Peer::new().answer("SENTINEL SET *", "OK"));
        let again = (vec![votes.to_owned()], shorter.clone());
        let quiet = (Vec::new(), Vec::new());
        let s = stands.as_str();
        let all = [s, s, s];
        assert_eq!(vote(container, &[s, s, s, elected], "", all), again);
        assert_eq!(vote(container, &[s, s, moved], "", all), again);
        assert_eq!(vote(container, &[s], "", all), again, "given up after two seconds");
        assert_eq!(vote(container, &[s], "answered=2", [s, s, "silent"]), again, "one is silent, and not elected");
        for (title, own, state, views) in [
            ("all is well", vec![well], "", all),
            ("elected meanwhile", vec![s, elected], "", all),
            ("one is silent, and elected", vec![s, s, moved], "answered=2", [s, s, "silent"]),
            ("no majority", vec![s], "answered=1", [s, "silent", "silent"]),
            ("another is elected", vec![s], "", [s, s, elected]),
            ("another has another", vec![s], "", [s, s, moved]),
            ("down for a moment", vec![gave_up], "", all),
            ("down for nearly ten seconds", vec![gave_up], "masterless=99999001", [gave_up; 3]),
        ] {
            assert_eq!(vote(container, &own, state, views), quiet, "{title}");
        }
        let views = [gave_up; 3];
        assert_eq!(vote(container, &[gave_up], "masterless=99999000", views), again, "nobody elects for ten seconds");
        container.set("POD_NAME", "redis-sentinel-1");
        assert_eq!(vote(container, &[s], "", all), quiet, "the lowest does it");
        assert_eq!(vote(container, &[s], "", ["blank", s, s]), again, "the lowest of those who know the master");
        container.set("POD_NAME", "redis-sentinel-0");
        let stuck = |flags: &str| {
            let lines =
                format!("look_at_self() {{ own_flags={flags}; }}; masterless=1; stuck; echo \"$? <$masterless>\"");
            call(container, &lines).join("")
        };
        assert_eq!((stuck("master"), stuck("failover_in_progress")), ("1 <>".to_owned(), "1 <>".to_owned()));
        assert_eq!((stuck("master,o_down"), stuck(CANDIDATE)), ("0 <1>".to_owned(), "0 <1>".to_owned()));
    });
}

/// What SENTINEL SENTINELS and SENTINEL REPLICAS answer of one instance, in the order of Redis.
fn instance(address: &str, flags: &str, last: &str) -> String {
    // A replica that has just been heard of has no identity yet; one that is down has a line more.
    format!(
        "name\n{address}:6379\nip\n{address}\nport\n6379\nrunid\n\nflags\n{flags}\nlast-ok-ping-reply\n300\n\
         s-down-time\n12\ndown-after-milliseconds\n5000\n{last}"
    )
}

fn known_replica(address: &str, flags: &str) -> String {
    instance(address, flags, "slave-priority\n100\nslave-repl-offset\n77\nreplica-announced\n1")
}

fn known_sentinel(address: &str, flags: &str) -> String {
    instance(address, flags, "last-hello-message\n9\nvoted-leader\n?\nvoted-leader-epoch\n0")
}

#[test]
fn those_it_knows_are_those_who_have_a_name_or_something_is_amiss() {
    as_sentinel(|container| {
        let knows = |container: &Container, sentinels: &[String], replicas: &[String]| {
            let peer = Peer::naming("10.0.0.11", 7);
            container.at(
                ME,
                &peer
                    .but("SENTINEL SENTINELS mymaster", &sentinels.join("\n"))
                    .but("SENTINEL REPLICAS mymaster", &replicas.join("\n")),
            );
        };
        let sentinels = [known_sentinel("10.0.1.11", "sentinel"), known_sentinel("10.0.1.12", "sentinel")];
        let replicas = [known_replica("10.0.0.10", "slave"), known_replica("10.0.0.12", "slave")];
        let amiss = |container: &Container, state: &str| {
            call(
                container,
                &format!("agreed='10.0.0.11 7'; {state}\nfind_known; if amiss; then echo amiss; else echo well; fi"),
            )
            .join("")
        };
        knows(container, &[], &[]);
        assert_eq!(call(container, "find_known; cat \"$work/known\""), [""; 0]);
        knows(container, &sentinels, &[replicas[0].clone(), known_replica("10.0.0.12", "s_down,slave,disconnected")]);
        assert_eq!(
            call(container, "find_known; cat \"$work/known\""),
            [
                "sentinel 10.0.1.11 sentinel",
                "sentinel 10.0.1.12 sentinel",
                "server 10.0.0.10 slave",
                "server 10.0.0.12 s_down,slave,disconnected"
            ]
        );
        assert_eq!(amiss(container, ""), "amiss", "one is held for down");
        let before = known_replica("10.0.0.12", "s_down,slave").replace("6379", "6380");
        knows(container, &[], &[before]);
        assert_eq!(call(container, "find_known; cat \"$work/known\""), ["server 10.0.0.12:6380 s_down,slave"]);
        knows(container, &sentinels, &replicas);
        assert_eq!(amiss(container, ""), "well");
        for state in ["own_flags=master,s_down", "agreed='10.0.0.11 6'", "ghosts=x", ": >\"$run/open\""] {
            assert_eq!(amiss(container, state), "amiss", "{state}");
            let _ = std::fs::remove_file(container.path("run/redis-k8s/open"));
        }
        container.pods(4, 3);
        assert_eq!(amiss(container, ""), "amiss", "a server it does not know");
        container.pods(3, 2);
        assert_eq!(amiss(container, ""), "amiss", "a sentinel too many");
        assert!(container.call("sentinel-watch.sh", "find_known; unmet sentinel").succeeded());
        assert!(!container.call("sentinel-watch.sh", "find_known; unmet server").succeeded());
    });
}

/// A cluster scaled down from four servers, as its sentinels see it.
fn scaled_down(container: &Container) {
    container.pods(3, 3);
    container.rewind();
    let peer = Peer::naming("10.0.0.10", 7);
    container.sentinels(&[peer.clone(), peer.clone(), peer.clone()]);
    container.at(ME, &peer);
    container
        .write("known", "sentinel 10.0.1.11 sentinel\nserver 10.0.0.12 s_down,slave\nserver 10.1.0.13 s_down,slave\n");
}

#[test]
fn a_ghost_is_forgotten_when_it_was_seen_twice_and_nothing_is_in_doubt() {
    let state = "own=10.0.0.10; cat \"$SCRATCH/known\" >\"$work/known\"";
    in_each_shell(|container| {
        container.set("POD_NAME", "redis-sentinel-0");
        scaled_down(container);
        // Server 2 is down, but has a pod: it may come back.
        let said = call(container, &format!("{state}; forget; echo \"$ghosts\"; forget"));
        assert_eq!(said, ["10.1.0.13 ", "forgetting 10.1.0.13 : no such pod"]);
        assert_eq!(container.calls_to(ME, "SENTINEL RESET"), ["SENTINEL RESET mymaster"]);
        let others =
            |view: &str| format!("survey() {{ answered=3; printf '%s\\n' '0 a {view}' '1 b x' >\"$work/views\"; }}");
        for (title, pod, change) in [
            ("others are gone than before", "redis-sentinel-0", "ghosts='10.1.0.14 '".to_owned()),
            ("names cannot be looked up", "redis-sentinel-0", "name_service() { false; }".to_owned()),
            ("no majority", "redis-sentinel-0", "rm \"$SCRATCH\"/peers/10.0.1.1[12]*".to_owned()),
            ("nobody is gone", "redis-sentinel-0", "echo server 10.0.0.11 slave >\"$work/known\"".to_owned()),
            (
                "the master is down",
                "redis-sentinel-0",
                "view() { echo named 10.0.0.10 7 master,s_down 2 2; }".to_owned(),
            ),
            (
                "it leads an election",
                "redis-sentinel-0",
                "look_at_self() { own_flags=master,failover_in_progress; }".to_owned(),
            ),
            ("a lower one is silent", "redis-sentinel-1", "rm \"$SCRATCH\"/peers/10.0.1.10*".to_owned()),
            ("a lower one knows too many", "redis-sentinel-1", others("named 10.0.0.10 7 master 3 2")),
            ("a lower one knows too few", "redis-sentinel-1", others("named 10.0.0.10 7 master 2 1")),
            (
                "a lower one holds the master for down",
                "redis-sentinel-1",
                others("named 10.0.0.10 7 master,s_down 2 2"),
            ),
        ] {
            container.set("POD_NAME", pod);
            scaled_down(container);
            let said = call(container, &format!("{state}; ghosts='10.1.0.13 '\n{change}\nforget"));
            assert_eq!((said, container.calls_to(ME, "SENTINEL RESET")), (vec![], vec![]), "{title}");
        }
        // Those above do not matter.
        scaled_down(container);
        std::fs::remove_file(container.path("peers/10.0.1.12:26379")).unwrap();
        assert_eq!(call(container, &format!("{state}; ghosts='10.1.0.13 '; forget")).len(), 1);
    });
}

#[test]
fn settings_are_given_when_they_or_the_master_change() {
    as_sentinel(|container| {
        container.at(ME, &Peer::naming("10.0.0.11", 7).but("ACL *", "OK"));
        let apply = |container: &Container, state: &str| {
            container.rewind();
            let ran =
                container.call_unchecked("sentinel-watch.sh", &format!("{STATE}{state}\napply; echo \"<$applied>\""));
            assert_eq!(ran.err, "");
            (ran.out.trim_end().trim_matches(['<', '>']).to_owned(), container.calls_to(ME, ""))
        };
        let applied = "10.0.0.11 10.0.1.10 ";
        let (said, told) = apply(container, "");
        assert_eq!((said.as_str(), told.len()), (applied, 4));
        assert_eq!(told[3], "SENTINEL CONFIG SET announce-ip 10.0.1.10");
        assert_eq!(apply(container, &format!("applied='{applied}'")), (applied.to_owned(), vec![]));
        for (title, state) in [
            ("another master", "applied='10.0.0.12 10.0.1.10 '"),
            ("another address", "applied='10.0.0.11 10.0.1.99 '"),
            ("passwords are being switched on", "applied='10.0.0.11 10.0.1.10 '; : >\"$run/open\""),
            ("a file changed", "applied='10.0.0.11 10.0.1.10 '; changed() { true; }"),
        ] {
            assert_eq!(apply(container, state).1.len(), 4, "{title}");
        }
        // It says hello less often once all agree.
        for (with_tls, period) in [(false, "2000"), (true, "4000")] {
            if with_tls {
                container.mount("tls");
            }
            let told = apply(container, "applied='10.0.0.11 10.0.1.10 '; calm=1").1;
            assert!(told[2].contains(&format!("PUBLISH-PERIOD {period} ")), "{told:?}");
        }
        std::fs::remove_dir(container.path("etc/redis-k8s-tls")).unwrap();
        container.at(ME, &Peer::naming("10.0.0.11", 7).but("SENTINEL DEBUG *", "ERR no\n"));
        assert_eq!(apply(container, "").0, "", "tried again");
        // Passwords of today; those of before are taken away once all pods know them.
        container.at(ME, &Peer::naming("10.0.0.11", 7).but("ACL *", "OK"));
        container.mount("auth");
        container.topology("auth", "1");
        container.secret("sentinel", "hunter2");
        let hunter = "ACL SETUSER default #f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7";
        std::fs::remove_file(container.path("run/redis-k8s/open")).unwrap();
        let told = apply(container, "").1;
        assert_eq!(told[0], hunter);
        assert_eq!(told[5], "SENTINEL CONFIG SET sentinel-pass \"\\x68\\x75\\x6e\\x74\\x65\\x72\\x32\"");
        let told = apply(container, ": >\"$run/open\"").1;
        assert_eq!(told[0], hunter.replace('#', "resetpass #"));
        container.at(ME, &Peer::naming("10.0.0.11", 7).but("ACL *", "NOPERM no"));
        assert_eq!(apply(container, "").0, "", "tried again");
        container.at(ME, &Peer::naming("10.0.0.11", 7).but("ACL *", "OK"));
        // What is newer than the last settings.
        container.write("run/redis-k8s/script/applied", "");
        for (newest, expected) in
            [("none", false), ("etc/redis-k8s/topology.env", true), ("etc/redis-k8s-auth/server", true)]
        {
            container.secret("server", "hunter2");
            for file in ["etc/redis-k8s/topology.env", "etc/redis-k8s-auth/server", "run/redis-k8s/script/applied"] {
                let time = std::time::SystemTime::UNIX_EPOCH
                    + std::time::Duration::from_secs(if file == newest { 2000 } else { 1000 });
                std::fs::File::options().write(true).open(container.path(file)).unwrap().set_modified(time).unwrap();
            }
            assert_eq!(container.call("sentinel-watch.sh", "changed").succeeded(), expected, "{newest}");
        }
    });
}

#[test]
fn a_master_that_is_about_to_be_replaced_is_told_to_take_no_writes() {
    let event = |channel: &str| format!("message\n{channel}\nmaster mymaster 10.0.0.11 6379 #quorum 2/2\n");
    as_sentinel(|container| {
        container.set("PATIENCE", "7");
        container.server(1, &Peer::master());
        let closes = "10.0.0.11:6379 CONFIG SET min-replicas-to-write 10000";
        for (min_replicas, channel, told) in
            [("1", "+elected-leader", 5), ("0", "+elected-leader", 0), ("1", "+sdown", 0)]
        {
            container.topology("min_replicas", min_replicas);
            container.rewind();
            let _ = std::fs::remove_file(container.path("run/redis-k8s/event"));
            let subscribed = format!("subscribe\n{channel}\n1\n{}", event(channel).trim_end());
            container.at(ME, &Peer::new().answer("SUBSCRIBE *", &subscribed));
            // Its conversation is made anew after a second, and then the test ends.
            call(container, "sleep() { [ $1 = 0.1 ] || exit; }; heed");
            let orders: Vec<_> =
                container.orders().into_iter().filter(|order| order.starts_with("10.0.0.11")).collect();
            assert_eq!(orders, vec![closes; told], "{channel} {min_replicas}");
            assert!(container.has("run/redis-k8s/event"), "the watch looks");
        }
        container.rewind();
        assert_eq!(
            call(container, "close 10.0.0.11; wait"),
            ["10.0.0.11 is about to be replaced: telling it to take no writes"]
        );
        assert_eq!(container.orders(), [closes; 5]);
    });
}

#[test]
fn a_sentinel_starts_again_for_a_new_certificate_in_its_turn() {
    use std::time::{Duration, SystemTime};

    const VIEWS: [&str; 3] = ["0 10.0.1.10 named", "1 10.0.1.11 named", "2 10.0.1.12 blank"];
    let stubs =
        "kill() { echo kills; }; survey() { :; }; date() { echo $time; }\nsaid=; sentinels=3; : >\"$work/started\"";
    let taken = vec!["taking a new certificate", "kills"];
    as_sentinel(|container| {
        let renew = |container: &Container, views: &[&str], time: u32| {
            let views = format!("printf '%s\\n' '{}' >\"$work/views\"", views.join("' '"));
            let said = call(container, &format!("{stubs}; time={time}\n{views}\n[ -z \"$tls\" ] || renew"));
            said.iter().map(|line| line.rsplit(": ").next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        };
        container.topology_if("tls");
        assert!(renew(container, &VIEWS, 30).is_empty(), "there are none");
        container.mount("tls");
        container.write("etc/redis-k8s-tls/tls.crt", "");
        let certificate =
            std::fs::File::options().write(true).open(container.path("etc/redis-k8s-tls/tls.crt")).unwrap();
        certificate.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert!(renew(container, &VIEWS, 30).is_empty(), "it has it");
        certificate.set_modified(SystemTime::now() + Duration::from_secs(60)).unwrap();
        assert_eq!(renew(container, &VIEWS, 30), taken);
        assert!(renew(container, &VIEWS, 35).is_empty(), "the turn of another");
        let away = ["0 10.0.1.10 named", "1 10.0.1.11 silent Could not connect, Connection refused"];
        assert!(renew(container, &away, 30).is_empty(), "another is away");
        let expired = ["0 10.0.1.10 named", "1 10.0.1.11 silent SSL_connect failed, certificate verify failed"];
        assert_eq!(renew(container, &expired, 30), taken, "one whose certificate has expired keeps nobody waiting");
    });
}

#[test]
fn a_look_mends_only_what_is_amiss() {
    let stubs = "apply() { echo applies; }; vote_again() { :; }; give_up() { :; }; find_known() { : >\"$work/known\"; }; learn() { echo learns; }\n\
                 survey() { echo surveys; }; give_in() { echo gives-in; }; forget() { echo forgets; }\n\
                 amiss() { $amiss; }; amiss=false";
    as_sentinel(|container| {
        let look = |container: &Container, state: &str| {
            call(container, &format!("{stubs}\n{state}\nif look; then echo well; fi")).join(" ")
        };
        container.at(ME, &Peer::naming("10.0.0.11", 7));
        assert_eq!(look(container, ""), "applies applies well", "it is calm from now on");
        assert_eq!(look(container, "calm=1"), "applies well");
        assert_eq!(look(container, "amiss=true"), "applies surveys gives-in forgets");
        assert_eq!(
            call(container, "look_at_self; echo $kind $own $own_epoch $own_flags"),
            ["named 10.0.0.11 7 master"]
        );
        container.at(ME, &Peer::blank());
        assert_eq!(look(container, ""), "learns");
        container.at(ME, &Peer::new().answer("*", ""));
        assert_eq!(look(container, ""), "");
        container.at(ME, &Peer::naming("10.0.0.11", 7));
        let lines = "teller=''; listen; for n in 1 2 3; do read -r ip <&4; read -r port <&4; echo $ip $port; done; read -r ip <&4 || echo over; unlearn why";
        let own = "10.0.0.11 6379";
        assert_eq!(call(container, lines), [own, own, own, "over", "why: letting go of 10.0.0.11"]);
    });
}

/// A sentinel that leads an election, and knows replicas with these flags.
fn electing(replicas: &[&str]) -> Peer {
    let replicas: Vec<_> = replicas.iter().map(|flags| known_replica("10.0.0.11", flags)).collect();
    Peer::naming_with("10.0.0.10", 3, "master,o_down,failover_in_progress")
        .but("SENTINEL REPLICAS mymaster", &replicas.join("\n"))
        .but("ACL SETUSER *", "OK")
}

#[test]
fn a_sentinel_that_stops_brings_its_election_to_an_end() {
    as_sentinel(|container| {
        container.set("PATIENCE", "200");
        let waits = |container: &Container| {
            container.rewind();
            let ran = container.run("sentinel-stop.sh", &[]);
            assert_eq!(ran.out, "");
            container.seconds()
        };
        assert_eq!(waits(container), 2, "one that does not answer");
        for peer in [
            Peer::naming_with("10.0.0.10", 3, "master,s_down,o_down"),
            Peer::blank(),
            // Nobody can be elected: every replica is out of reach.
            electing(&["slave,s_down", "slave,disconnected", "slave,s_down,disconnected"]),
            electing(&[]),
        ] {
            container.at(ME, &peer);
            assert_eq!(waits(container), 2, "{peer}");
            assert!(!container.call("sentinel-stop.sh", "electing").succeeded());
        }
        container.at(ME, &electing(&["slave"]));
        assert_eq!(waits(container), 8);
        container.at(ME, &electing(&["slave,s_down", "slave"]));
        assert!(container.call("sentinel-stop.sh", "electing").succeeded());
        container.write("over", &Peer::naming("10.0.0.11", 4).but("ACL *", "OK").to_string());
        container.plan(11, "mv \"$SCRATCH/over\" \"$SCRATCH/peers/127.0.0.1:26379\"");
        assert_eq!(waits(container), 3);
        // It is asked for no more of them, before anything else.
        assert_eq!(container.calls_to(ME, "")[0], "ACL SETUSER default -sentinel|failover");
    });
}

/// `BusyBox` is interrupted by every child that ends, and a shell ends with an `exec` that fails.
#[test]
fn no_child_that_ends_keeps_a_watch_from_listening() {
    let of_script = script("sentinel-watch.sh");
    let opens = of_script.lines().find(|line| line.contains("exec 4<$work/state")).unwrap();
    as_sentinel(|container| {
        let lines = "count() { n=0; while [ $n -lt $1 ]; do n=$((n + 1)); done; }\n\
                     mkfifo $work/state; count 50000 & { count 500000; echo heard 1<>$work/state; } &";
        assert_eq!(call(container, &format!("{lines}\n{opens}\nread -r word <&4; echo $word")), ["heard"]);
    });
}
