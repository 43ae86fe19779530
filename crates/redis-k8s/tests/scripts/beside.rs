//! server.sh: what runs beside a server.

use crate::container::{Container, in_each_shell};
use crate::peer::Peer;

const ME: &str = "127.0.0.1:6379";
const OPEN: &str = "CONFIG SET min-replicas-to-write 1";
const CLOSE: &str = "CONFIG SET min-replicas-to-write 10000";
const OPENED: &str = "min-replicas-to-write\n1";
const CLOSED: &str = "min-replicas-to-write\n10000";

/// What a survey finds: the master, how it is seen, and how many of three sentinels answer.
fn found(named: &str, flags: &str, answered: u32) -> String {
    format!("named={named} flags={flags} answered={answered} found=3")
}

/// Sleeps until a closed master with this role opens, or `None` if it does not in time.
fn opens(container: &Container, role: &str, found: &str) -> Option<usize> {
    container.write("sleeps", "0\n");
    container.write("clock", "1000000000\n");
    container.write("found", found);
    container.forget_calls();
    container.write("etc/redis-k8s/redis.conf", "port 6379\nmin-replicas-to-write 1\nmin-replicas-max-lag 4\n");
    container.at("127.0.0.1:6379", &Peer::master());
    let lines =
        format!("me=10.0.0.10; role() {{ echo '{role}'; }}; survey() {{ . \"$SCRATCH/found\"; }}; open_when_confirmed");
    let ran = container.call("server.sh", &lines);
    let opened = container.calls_to("127.0.0.1:6379", OPEN).len();
    assert_eq!(ran.out.contains("open for writes"), opened == 1, "{}", ran.out);
    (opened == 1).then(|| container.read("sleeps").trim().parse().unwrap())
}

#[test]
fn a_closed_master_opens_once_it_is_confirmed() {
    in_each_shell(|container| {
        container.set("PATIENCE", "40");
        let cases = [
            (found("10.0.0.10", "none,master,master,master", 3), Some(1)),
            // One that holds it for down may elect another.
            (found("10.0.0.10", "none,master,master,s_down,master", 3), None),
            (found("10.0.0.10", "none,master,master,o_down,master", 3), None),
            (found("10.0.0.10", "none,master,master,unheard,master", 3), None),
            (found("10.0.0.10", "none,master,failover_in_progress,master,master", 3), None),
            // Another was elected, or nobody was.
            (found("10.0.0.11", "none,master,master,master", 3), None),
            (found("''", "none", 3), None),
        ];
        for (found, expected) in cases {
            assert_eq!(opens(container, "master 1400", &found), expected, "{found}");
        }
    });
}

#[test]
fn a_closed_master_waits_five_seconds_for_sentinels_that_are_away() {
    in_each_shell(|container| {
        container.set("PATIENCE", "50");
        let confirmed = found("10.0.0.10", "none,master,master", 2);
        // 5 s are 25 sleeps; seconds are whole ones.
        let sleeps = opens(container, "master 1400", &confirmed).unwrap();
        assert!((24..=30).contains(&sleeps), "{sleeps}");
        // They have to be of one mind all the time.
        for interruption in [
            found("10.0.0.10", "none,master", 1),
            found("10.0.0.10", "none,master,s_down,master", 2),
            found("10.0.0.11", "none,master,master", 2),
        ] {
            container.plan(15, &format!("echo '{interruption}' >\"$SCRATCH/found\""));
            container.plan(16, &format!("echo '{confirmed}' >\"$SCRATCH/found\""));
            let sleeps = opens(container, "master 1400", &confirmed).unwrap();
            assert!((39..=46).contains(&sleeps), "{interruption}: {sleeps}");
        }
        std::fs::remove_dir_all(container.path("events")).unwrap();
        // A minority is not enough, however long.
        assert_eq!(opens(container, "master 1400", &found("10.0.0.10", "none,master", 1)), None);
    });
}

#[test]
fn a_closed_master_that_became_a_replica_opens_for_later() {
    in_each_shell(|container| {
        container.set("PATIENCE", "5");
        let nobody = found("''", "none", 0);
        assert_eq!(opens(container, "silent", &nobody), None, "nothing to tell a server that does not answer");
        assert_eq!(opens(container, "loading", &nobody), None);
        assert_eq!(opens(container, "slave 10.0.0.11 connect -1", &nobody), Some(1));
    });
}

#[test]
fn a_closed_master_is_told_until_it_takes_it() {
    in_each_shell(|container| {
        container.set("PATIENCE", "5");
        container.write("etc/redis-k8s/redis.conf", "min-replicas-to-write 1\n");
        container.at("127.0.0.1:6379", &Peer::master().but("CONFIG SET *", "LOADING\n"));
        let ran = container.call("server.sh", "me=10.0.0.10; role() { echo slave x; }; open_when_confirmed");
        assert_eq!(ran.lines(), ["still waiting"]);
        assert_eq!(container.calls_to("127.0.0.1:6379", OPEN).len(), 4);
    });
}

/// What a closed master with this role is told, when it may do without replicas, and how often it slept; after that second it
/// has this setting.
fn told_alone(container: &Container, role: &str, found: &str, setting: &str) -> (Vec<String>, usize) {
    rewind(container);
    container.write("etc/redis-k8s/redis.conf", "min-replicas-to-write 1\n");
    container.at(ME, &Peer::master().answer("CONFIG GET *", setting));
    let lines =
        format!("me=10.0.0.10; role() {{ echo '{role}'; }}; survey() {{ {found}; }}; open_when_confirmed alone");
    let ran = container.call("server.sh", &lines);
    assert_eq!(ran.out.matches("open for writes").count(), 1, "{}", ran.out);
    let told = container.calls_to(ME, "CONFIG SET");
    (told, container.read("sleeps").trim().parse().unwrap())
}

#[test]
fn a_master_that_all_sentinels_see_takes_writes_until_its_replicas_are_back() {
    in_each_shell(|container| {
        container.set("PATIENCE", "50");
        let all = found("10.0.0.10", "none,master,master,master", 3);
        let alone = "min-replicas-to-write\n0";
        let (told, sleeps) = told_alone(container, "master 1400", &all, alone);
        assert_eq!(told, ["CONFIG SET min-replicas-to-write 0", OPEN]);
        assert_eq!(sleeps, 2, "one until it is confirmed, one until replicas had their time");
        // Unless a sentinel closed it meanwhile.
        let (told, _) = told_alone(container, "master 1400", &all, CLOSED);
        assert_eq!(told, ["CONFIG SET min-replicas-to-write 0"]);
        // Not where a sentinel may think otherwise, and a replica has none of its own.
        let most = found("10.0.0.10", "none,master,master", 2);
        assert_eq!(told_alone(container, "master 1400", &most, alone).0, [OPEN]);
        assert_eq!(told_alone(container, "slave 10.0.0.11 connect -1", &all, alone).0, [OPEN]);
    });
}

/// Begins the time anew.
fn rewind(container: &Container) {
    container.write("sleeps", "0\n");
    container.write("clock", "1000000000\n");
    container.forget_calls();
}

const ELECTABLE: &str = "CONFIG SET replica-priority 100";

/// Seconds until a newcomer with this role and link is electable, if it is welcomed twice a second.
fn becomes_electable(container: &Container, role: &str) -> Option<u64> {
    rewind(container);
    container.write("run/redis-k8s/newcomer", "");
    container.write("role", role);
    let lines =
        "synced_since=''; while sleep 0.5; do . \"$SCRATCH/role\"; welcome; [ -e \"$newcomer\" ] || exit 0; done";
    let ran = container.call("server.sh", lines);
    let done = ran.succeeded();
    assert_eq!(done, !container.calls_to(ME, ELECTABLE).is_empty());
    assert_eq!(done, !container.has("run/redis-k8s/newcomer"), "ready as soon as electable");
    done.then(|| container.seconds())
}

#[test]
fn remember_role_keeps_what_the_server_was_last() {
    in_each_shell(|container| {
        for (role, was_master) in [
            ("master tend_link=''", true),
            ("silent tend_link=''", true),
            ("slave tend_link=sync", true),
            ("slave tend_link=connected", false),
            ("loading tend_link=''", false),
            ("slave tend_link=connected", false),
        ] {
            assert!(container.call("server.sh", &format!("tend_role={role}; remember_role")).succeeded());
            assert_eq!(container.has("data/was-master"), was_master, "{role}");
        }
    });
}

#[test]
fn a_newcomer_is_electable_once_it_has_the_data() {
    in_each_shell(|container| {
        container.set("PATIENCE", "70");
        container.at(ME, &Peer::master());
        container.plan(6, "echo tend_role=slave tend_link=connected >\"$SCRATCH/role\"");
        assert_eq!(becomes_electable(container, "tend_role=slave tend_link=sync"), Some(3));
        assert!(container.has("data/whole"));
        std::fs::remove_file(container.path("data/whole")).unwrap();
        std::fs::remove_file(container.path("events/6")).unwrap();
        // Elected all the same, as by an operator.
        assert_eq!(becomes_electable(container, "tend_role=master tend_link=''"), Some(0));
        assert!(container.has("data/whole"));
    });
}

#[test]
fn a_newcomer_with_older_data_is_electable_when_its_master_is_gone_for_long() {
    in_each_shell(|container| {
        container.set("PATIENCE", "70");
        container.at(ME, &Peer::master());
        let gone = "tend_role=slave tend_link=connect";
        assert_eq!(becomes_electable(container, gone), None, "it has no data to be elected for");
        container.write("data/whole", "");
        assert_eq!(becomes_electable(container, gone), Some(30));
        for role in ["loading tend_link=''", "slave tend_link=sync", "silent tend_link=''"] {
            assert_eq!(becomes_electable(container, &format!("tend_role={role}")), None, "{role}");
        }
        // A sync that begins is hope, and the time begins anew when it breaks off.
        container.plan(20, "echo tend_role=slave tend_link=sync >\"$SCRATCH/role\"");
        container.plan(30, "echo tend_role=slave tend_link=connect >\"$SCRATCH/role\"");
        container.set("PATIENCE", "100");
        assert_eq!(becomes_electable(container, gone), Some(45));
    });
}

#[test]
fn a_newcomer_that_does_not_take_the_order_is_asked_again() {
    in_each_shell(|container| {
        container.at(ME, &Peer::master().but("CONFIG SET *", "LOADING\n"));
        container.write("run/redis-k8s/newcomer", "");
        let ran = container
            .call("server.sh", "synced_since='' tend_role=slave tend_link=connected; welcome; welcome; welcome");
        assert!(ran.succeeded());
        assert_eq!(container.calls_to(ME, ELECTABLE).len(), 3);
        assert!(container.has("run/redis-k8s/newcomer"), "not ready before it is electable");
    });
}

#[test]
fn a_server_finds_its_address_and_keeps_it_while_there_is_no_other() {
    in_each_shell(|container| {
        let find = |container: &Container, lines: &str| {
            container.call("server.sh", &format!("{lines}\nfind_me; echo \"$me\"")).out.trim_end().to_owned()
        };
        assert_eq!(find(container, ""), "10.0.0.10");
        assert_eq!(find(container, "me=10.0.0.90"), "10.0.0.10");
        std::fs::remove_file(container.path("data/names/redis-announce-0")).unwrap();
        container.without_names();
        assert_eq!(find(container, ""), "", "a rendered one waits for its Service");
        assert_eq!(find(container, "me=10.0.0.90"), "10.0.0.90");
        container.set("POD_NAME", "redis-5");
        container.set("POD_IP", "10.1.0.15");
        assert_eq!(find(container, ""), "10.1.0.15", "one beyond has its own");
    });
}

#[test]
fn a_new_address_is_announced_once_the_server_takes_it() {
    in_each_shell(|container| {
        let keep = |container: &Container, me: &str| {
            container.forget_calls();
            let ran = container.call("server.sh", &format!("me={me}; keep_address; echo \"$me\""));
            ran.lines().iter().map(|line| (*line).to_owned()).collect::<Vec<_>>()
        };
        container.at(ME, &Peer::master());
        assert_eq!(keep(container, "10.0.0.10"), ["10.0.0.10"]);
        assert_eq!(container.calls(), [""; 0]);
        assert_eq!(
            keep(container, "10.0.0.90"),
            ["known as 10.0.0.10 from now on, no longer as 10.0.0.90", "10.0.0.10"]
        );
        assert_eq!(container.calls(), [format!("{ME} CONFIG SET replica-announce-ip 10.0.0.10")]);
        container.at(ME, &Peer::master().but("CONFIG SET *", "LOADING\n"));
        assert_eq!(keep(container, "10.0.0.90"), ["10.0.0.90"], "tried again at the next pass");
    });
}

#[test]
fn a_replica_that_lost_its_master_for_long_asks_for_another() {
    const STUBS: &str = "me=10.0.0.10 epoch=7 named=10.0.0.12 answered=3 found=3 lost_since='' tend_role=slave tend_master=10.0.0.11\n                         tend_link=connect ours=true; survey() { echo survey; }; one_of_ours() { $ours; }\n                         role() { echo \"$role_of_named\"; }; role_of_named='master 9'\n";
    let five_seconds = "find_master; sleep 4.8; find_master; sleep 0.2; find_master";
    in_each_shell(|container| {
        container.at(ME, &Peer::role("").but("REPLICAOF *", "OK"));
        let find_master = |state: &str, lines: &str| {
            rewind(container);
            let ran = container.call("server.sh", &format!("{STUBS}{state}\n{lines}"));
            let said: Vec<String> = ran.lines().iter().map(|line| (*line).to_owned()).collect();
            (said, container.calls())
        };
        let joins = "sentinels name 10.0.0.12 (epoch 7), not 10.0.0.11, which is gone: joining it";
        let (said, calls) = find_master("", five_seconds);
        assert_eq!(said, ["survey", joins], "asked once, after five seconds");
        assert_eq!(calls, [format!("{ME} REPLICAOF 10.0.0.12 6379")]);
        for (title, state) in [
            ("no majority", "answered=1"),
            ("nobody is named", "named=''"),
            ("it is named itself", "named=10.0.0.10"),
            ("it waits for the right one", "named=10.0.0.11"),
            ("the address is not ours", "ours=false"),
            ("that one is no master", "role_of_named='slave 10.0.0.11 connect -1'"),
        ] {
            let (said, calls) = find_master(state, five_seconds);
            assert_eq!((said, calls), (vec!["survey".to_owned()], Vec::new()), "{title}");
        }
        let (said, calls) = find_master(
            "tend_link=connected; role() { [ $1 = 10.0.0.12 ] && echo master 9 || echo slave x connected 9; }",
            five_seconds,
        );
        assert_eq!((said.len(), calls.len()), (2, 1), "behind another replica: {said:?} {calls:?}");
        let (said, calls) = find_master(
            "tend_link=connected; role() { [ $1 = 10.0.0.12 ] && echo master 9 || echo silent; }",
            five_seconds,
        );
        assert_eq!((said.len(), calls.len()), (2, 1), "behind one that hangs: {said:?} {calls:?}");
        for (title, state) in [
            ("in sync", "tend_link=connected"),
            ("receiving the data", "tend_link=sync"),
            ("master", "tend_role=master tend_link=''"),
            ("silent", "tend_role=silent tend_link=''"),
        ] {
            // Counted anew from there.
            let lines = format!(
                "find_master; sleep 3; {state}; find_master; tend_role=slave tend_link=connect; find_master; sleep 4; find_master"
            );
            assert_eq!(find_master("", &lines).0, [""; 0], "{title}");
        }
    });
}

#[test]
fn a_server_is_tended_often_while_it_is_new_and_seldom_after() {
    const STUBS: &str = "me=10.0.0.10; role() { echo slave 10.0.0.11 connected 9; }\n                         welcome() { echo \"welcome $tend_role $tend_master $tend_link\"; rm \"$newcomer\"; }\n                         keep_address() { echo keep_address; }; find_master() { echo find_master; }\n";
    in_each_shell(|container| {
        container.set("PATIENCE", "4");
        container.write("run/redis-k8s/newcomer", "");
        let ran = container.call("server.sh", &format!("{STUBS}tend"));
        let pass = ["keep_address", "find_master"];
        let expected = [&["welcome slave 10.0.0.11 connected"][..], &pass, &pass, &["still waiting"]].concat();
        assert_eq!(ran.lines(), expected);
        // 0.3, 0.3, 5 and 5 s.
        assert_eq!(container.seconds(), 10);
        // One that stays new looks around now and then.
        container.write("sleeps", "0\n");
        container.set("PATIENCE", "21");
        container.write("run/redis-k8s/newcomer", "");
        let ran = container.call("server.sh", &format!("{STUBS}welcome() {{ :; }}; tend"));
        assert_eq!(ran.lines(), [&pass[..], &pass, &["still waiting"]].concat());
    });
}

#[test]
fn links_to_a_pod_that_is_gone_are_made_anew() {
    in_each_shell(|container| {
        container.set("POD_NAME", "redis-0");
        container.pods(4, 3);
        let seen = "role:master\nconnected_slaves:1\nslave0:ip=10.0.0.11,port=6379,state=online,offset=9,lag=0";
        container.at(ME, &Peer::master().answer("INFO replication", seen));
        let replica = |link: &str| Peer::replica("10.0.0.10", link, 9).answer("CLIENT KILL *", "1");
        // One that is here already, one that holds the old link, one that has noticed; and one that follows another.
        container.server(1, &replica("connected"));
        container.server(2, &replica("connected"));
        container.server(3, &replica("connect"));
        let said = container.call("server.sh", "me=10.0.0.10; reclaim").out;
        assert!(said.contains("10.0.0.12 holds a link to a pod that is gone: having it made anew"), "{said}");
        for (ordinal, killed) in [(1, false), (2, true), (3, false)] {
            let calls = container.calls_to(&format!("10.0.0.1{ordinal}:6379"), "CLIENT KILL");
            assert_eq!(calls.len(), usize::from(killed), "{ordinal}: {calls:?}");
        }
    });
}

/// What a master reports of a replica.
fn replica(number: u32, state: &str, lag: i32) -> String {
    format!("slave{number}:ip=10.0.0.1{number},port=6379,state={state},offset=9,lag={lag},io-thread=0\r\n")
}

#[test]
fn the_least_lag_is_that_of_the_replica_heard_of_last() {
    in_each_shell(|container| {
        for (lines, lag, heard) in [
            (String::new(), "", 0),
            (replica(0, "online", 3), "3", 0),
            (replica(0, "online", 3) + &replica(1, "online", 2), "2", 0),
            (replica(0, "online", 0) + &replica(1, "online", 12), "0", 1),
            (replica(0, "online", 0) + &replica(1, "online", 1), "0", 2),
            (replica(0, "online", 4) + &replica(1, "wait_bgsave", 0), "4", 0),
            (replica(0, "online", -1) + &replica(1, "online", 12), "0", 1),
            (replica(0, "online", 12) + &replica(1, "online", -1), "0", 1),
        ] {
            let shell = format!(
                "guard_most=2 guard_info='role:master\r\n{lines}master_repl_offset:9'; heed_replicas; echo \"<$lag> $heard\""
            );
            assert_eq!(container.call("server.sh", &shell).out, format!("<{lag}> {heard}\n"), "{lines}");
        }
    });
}

#[test]
fn sentinels_that_neither_answer_nor_refuse_are_out_of_reach() {
    in_each_shell(|container| {
        let silent = || Peer::new().answer("PING", "");
        let lost = |peers: [Option<Peer>; 3]| {
            for (ordinal, peer) in peers.into_iter().enumerate() {
                container
                    .write(&format!("data/names/redis-sentinel-announce-{ordinal}"), &format!("10.0.1.1{ordinal}\n"));
                let file = container.path(&format!("peers/10.0.1.1{ordinal}:26379"));
                match peer {
                    Some(peer) => container.sentinel(ordinal, &peer),
                    // Nobody listens there.
                    None => drop(std::fs::remove_file(file)),
                }
            }
            // Beyond a cut there are no names, either.
            container.without_names();
            container.call("server.sh", "if out_of_reach; then echo yes; else echo no; fi").out.trim_end() == "yes"
        };
        let answers = || Some(Peer::blank());
        assert!(!lost([answers(), answers(), answers()]));
        assert!(!lost([answers(), answers(), Some(silent())]));
        assert!(lost([answers(), Some(silent()), Some(silent())]));
        assert!(lost([None, Some(silent()), Some(silent())]));
        assert!(!lost([None, None, Some(silent())]), "who does not run elects nobody");
        assert!(!lost([None, None, None]));
        assert!(!lost([Some(Peer::blank().password("another")), answers(), None]));
        // Nobody ever had names: an address that is not known cannot be asked.
        std::fs::remove_dir_all(container.path("data/names")).unwrap();
        assert!(container.call("server.sh", "out_of_reach").succeeded());
        assert!(container.calls().iter().all(|call| call.starts_with("10.0.1.1")));
    });
}

#[test]
fn a_master_that_lost_a_replica_takes_no_writes_if_sentinels_are_out_of_reach() {
    in_each_shell(|container| {
        container.set("PATIENCE", "14");
        let guarded = |before: &str, after: &str, reach: &str| {
            rewind(container);
            container.write("etc/redis-k8s/redis.conf", "min-replicas-to-write 1\nmin-replicas-max-lag 4\n");
            let shown = |lines: &str| Peer::master().answer("CONFIG GET *", OPENED).answer("INFO replication", lines);
            container.at(ME, &shown(&format!("role:master\n{before}")));
            container.write("later", &shown(&format!("role:master\n{after}")).to_string());
            container.plan(3, "cat \"$SCRATCH/later\" >\"$SCRATCH/peers/127.0.0.1:6379\"");
            let ran = container.call("server.sh", &format!("out_of_reach() {{ echo asked; {reach}; }}; guard"));
            (ran.out.matches("asked").count(), !container.calls_to(ME, CLOSE).is_empty())
        };
        let both = replica(0, "online", 1) + &replica(1, "online", 0);
        let one = replica(0, "online", 0) + &replica(1, "online", 3);
        assert_eq!(guarded(&both, &both, "true"), (0, false));
        assert_eq!(guarded(&one, &both, "true"), (0, false), "one more is no loss");
        assert_eq!(guarded(&both, &one, "false"), (10, false), "a replica may be gone without a cut");
        assert!(guarded(&both, &one, "true").1);
        assert!(guarded(&both, &replica(0, "online", 0), "true").1);
    });
}

#[test]
fn a_master_that_is_cut_off_or_stalled_takes_no_writes() {
    let info =
        |role: &str, lag: u32| format!("role:{role}\nslave0:ip=10.0.0.11,port=6379,state=online,offset=9,lag={lag}");
    in_each_shell(|container| {
        container.set("PATIENCE", "6");
        let guarded = |least: u32, peer: &Peer| {
            container.write("sleeps", "0\n");
            container.forget_calls();
            container.write("etc/redis-k8s/redis.conf", &format!("port 6379\nmin-replicas-to-write {least}\n"));
            container.at(ME, peer);
            let said = container.call("server.sh", "guard").out;
            (said.contains("cut off, or stalled"), !container.calls_to(ME, CLOSE).is_empty())
        };
        let server = |info: &str| Peer::master().answer("CONFIG GET *", OPENED).answer("INFO replication", info);
        for (title, least, peer, closes) in [
            ("replicas are heard of", 1, server(&info("master", 1)), false),
            ("none was heard of for two seconds", 1, server(&info("master", 2)), true),
            ("a replica", 1, server(&info("slave", 9)), false),
            ("no replica at all", 1, server("role:master\nconnected_slaves:0"), false),
            ("nobody asked for replicas", 0, server(&info("master", 9)), false),
            ("no answer yet", 1, Peer::new().answer("*", ""), false),
            (
                "no answer any more",
                1,
                Peer::new()
                    .answer("CONFIG GET *", "")
                    .run(
                        "INFO replication",
                        "[ -e \"$SCRATCH/answered\" ] || { touch \"$SCRATCH/answered\"; echo role:master; }",
                    )
                    .answer("CONFIG SET *", "OK"),
                true,
            ),
        ] {
            assert_eq!(guarded(least, &peer), (closes, closes), "{title}");
        }
    });
}

#[test]
fn a_report_that_is_just_due_is_not_missed() {
    in_each_shell(|container| {
        container.set("PATIENCE", "6");
        container.write("etc/redis-k8s/redis.conf", "min-replicas-to-write 1\n");
        let shown = |lag: i32| {
            let info = format!("role:master\n{}", replica(0, "online", lag));
            Peer::master().answer("CONFIG GET *", OPENED).answer("INFO replication", &info)
        };
        container.at(ME, &shown(1));
        for (sleep, name, lag) in [(2, "late", 2), (3, "heard", 0)] {
            container.write(name, &shown(lag).to_string());
            container.plan(sleep, &format!("cat \"$SCRATCH/{name}\" >\"$SCRATCH/peers/127.0.0.1:6379\""));
        }
        container.call("server.sh", "guard");
        assert_eq!(container.calls_to(ME, CLOSE), [""; 0]);
        assert!(container.calls_to(ME, "INFO replication").len() > 3);
    });
}

#[test]
fn a_closed_server_is_opened_whoever_closed_it() {
    in_each_shell(|container| {
        container.set("PATIENCE", "3");
        let guarded = |before: &str, setting: &str, role: &str| {
            rewind(container);
            container.write("etc/redis-k8s/redis.conf", "min-replicas-to-write 1\n");
            let info = format!("role:{role}\nslave0:ip=10.0.0.11,port=6379,state=online,offset=9,lag=0");
            container.at(ME, &Peer::new().answer("CONFIG GET *", setting).answer("INFO replication", &info));
            let stub = format!("open_when_confirmed() {{ echo \"confirmed $*\"; }}; {before}guard");
            container.call("server.sh", &stub).lines().join(",")
        };
        assert_eq!(guarded("", OPENED, "master"), "still waiting");
        // By a sentinel; and still so when it has become a replica.
        for role in ["master", "slave"] {
            assert_eq!(guarded("", CLOSED, role), "confirmed ,confirmed ,still waiting", "{role}");
        }
        // As it came back.
        assert_eq!(guarded("closed=1; ", OPENED, "master"), "confirmed alone,still waiting");
    });
}

#[test]
fn a_server_is_closed_while_it_asks_for_more_replicas_than_there_are() {
    in_each_shell(|container| {
        for (setting, closed) in [(OPENED, "no"), (CLOSED, "yes"), ("min-replicas-to-write\n0", "no"), ("", "no")] {
            container.at(ME, &Peer::new().answer("CONFIG GET *", setting));
            let said = container.call("server.sh", "if is_closed; then echo yes; else echo no; fi").out;
            assert_eq!(said.trim(), closed, "{setting}");
        }
    });
}
