//! server-start.sh: from evidence to a verdict, and from a verdict to a server.

use std::time::{Duration, SystemTime};

use crate::container::{Container, in_each_shell};
use crate::peer::Peer;

const EXEC: &str = "exec redis-server /run/redis-k8s/redis.conf";

/// A state of affairs before anything is known: three sentinels answer, this server is 10.0.0.10.
const NOTHING: &str = "me=10.0.0.10 answered=3 found=3 silence='' named='' epoch=7 views=none durable=0 stamp=0 waited=0 patience=10 \
                       looked='' role='' ours='' masters='' mine='' best='' listening=0 all_wait=0 first=0 first_stamp=0";

/// What is decided in each of these cases: "VERDICT: REASON".
fn decide(container: &Container, decision: &str, cases: &[(String, String, String)]) {
    let lines: Vec<_> = cases
        .iter()
        .map(|(_, state, _)| format!("( {NOTHING}\n{state}\n{decision}; echo \"$verdict: $reason\" )"))
        .collect();
    let ran = container.call("server-start.sh", &format!("verdict='wait'\n{}", lines.join("\n")));
    for ((title, state, expected), got) in cases.iter().zip(ran.lines()) {
        assert_eq!(got, expected, "{title}: {state}");
    }
    assert_eq!(ran.lines().len(), cases.len());
}

/// Cases with what all their reasons begin with.
fn cases(beginning: &str, rows: &[(&str, &str, &str, &str)]) -> Vec<(String, String, String)> {
    rows.iter()
        .map(|(title, state, verdict, rest)| {
            ((*title).into(), (*state).into(), format!("{verdict}: {beginning}{rest}"))
        })
        .collect()
}

#[test]
fn nothing_is_decided_without_an_address_and_a_majority() {
    in_each_shell(|container| {
        let rows = [
            ("no address", "me=''", "wait", "the address of redis-announce-0 is not known"),
            ("nobody", "answered=0", "wait", "0 of 3 sentinels answer, and a majority must"),
            (
                "half",
                "answered=2 found=4 silence='wrong password'",
                "wait",
                "2 of 4 sentinels answer (wrong password), and a majority must",
            ),
            ("more", "answered=2", "look", "no sentinel names a master"),
            (
                "this one",
                "named=10.0.0.10 durable=1",
                "closed",
                "sentinels name this server (epoch 7), its data is here",
            ),
            (
                "another",
                "named=10.0.0.11 role='master - - 9' ours=yes",
                "replica",
                "sentinels name 10.0.0.11 (epoch 7)",
            ),
        ];
        decide(container, "decide", &cases("", &rows));
    });
}

#[test]
fn no_sentinel_names_a_master() {
    let rows = [
        ("nobody looked yet", "", "look", ""),
        (
            "one is master",
            "looked=1 masters=' 10.0.0.11 10.0.0.12' listening=2 durable=1 mine=' x'",
            "tell",
            ", but 10.0.0.11 10.0.0.12 is one: telling them",
        ),
        (
            "they follow this one",
            "looked=1 mine=' 10.0.0.11' best=10.0.0.11 listening=1 durable=1",
            "first",
            ", and the replicas follow this server",
        ),
        (
            "and its data is lost",
            "looked=1 mine=' x 10.0.0.11' best=10.0.0.11 listening=2",
            "promote",
            ", and this server lost its data: promoting 10.0.0.11, which has the most",
        ),
        (
            "they follow another",
            "looked=1 listening=1 durable=1 waited=100 all_wait=1",
            "wait",
            ", and the one the replicas follow must come",
        ),
        ("all wait", "looked=1 all_wait=1", "first", ": a fresh cluster, which this server starts"),
        ("another has newer data", "looked=1 all_wait=1 first=2 durable=1", "wait", ": redis-2 starts as one"),
        ("one has not come yet", "looked=1 waited=9", "wait", ", and the other servers must come"),
        ("one does not come", "looked=1 waited=10", "first", ": a fresh cluster, which this server starts"),
        ("and another is first", "looked=1 waited=10 first=1", "wait", ": redis-1 starts as one"),
    ];
    in_each_shell(|container| decide(container, "decide_unnamed", &cases("no sentinel names a master", &rows)));
}

#[test]
fn the_sentinels_name_this_server() {
    let lost =
        ", its data is gone, and the others, who may have it, must come (to give it up: touch /data/force-master)";
    let gone = ", but its data is gone: having them elect another";
    let closed = ", and nobody has newer data";
    let rows = [
        ("its data is here", "durable=1", "closed", ", its data is here"),
        (
            "they elect another",
            "durable=1 views='none,10.0.0.10 7 master 2 2,10.0.0.10 7 master,failover_in_progress 2 2'",
            "wait",
            ", but elect another",
        ),
        ("nobody looked yet", "", "look", ""),
        ("others run", "looked=1 listening=1 all_wait=1 waited=100", "elect", gone),
        ("and are about to elect", "looked=1 listening=1 views='none,10.0.0.10 7 master,unheard 2 2'", "wait", gone),
        ("or do", "looked=1 listening=1 views='none,10.0.0.10 7 master,s_down,unheard 2 2'", "wait", gone),
        (
            "but come to nothing",
            "looked=1 listening=1 waited=8 views='none,10.0.0.10 7 s_down,master 2 2'",
            "elect",
            gone,
        ),
        ("others have not come", "looked=1 waited=100", "wait", lost),
        ("nobody has any data", "looked=1 all_wait=1 first=2", "closed", closed),
        ("its own is the newest", "looked=1 all_wait=1 first_stamp=9", "closed", closed),
        (
            "another has newer data",
            "looked=1 all_wait=1 first=2 first_stamp=9",
            "wait",
            ", but redis-2 has newer data, and must be elected",
        ),
        (
            "nobody brings data without claims",
            "looked=1 claims=0 waited=20",
            "closed",
            ", and nobody with data came back: the data is lost",
        ),
        ("a moment before", "looked=1 claims=0 waited=19", "wait", lost),
    ];
    in_each_shell(|container| {
        decide(container, "decide_named", &cases("sentinels name this server (epoch 7)", &rows));
        container.write("data/force-master", "");
        let given_up = ", and an operator gave up the data it lost";
        let rows = [
            ("given up", "listening=2 looked=1", "master", given_up),
            ("its data is here", "durable=1", "closed", ", its data is here"),
        ];
        decide(container, "decide_named", &cases("sentinels name this server (epoch 7)", &rows));
    });
}

#[test]
fn the_sentinels_name_another() {
    let stranger = ", which is no server of this instance";
    let silent = ", which does not answer";
    let first = "role=silent ours=yes looked=1 all_wait=1 waited=10 stamp=7";
    let mut rows = vec![
        ("it is master", "role='master - - 99' ours=yes durable=1".to_owned(), "replica", ""),
        ("it loads", "role=loading ours=yes".to_owned(), "replica", ""),
        ("it loads, and is not certainly ours", "role=loading ours=maybe".to_owned(), "wait", stranger),
        ("it refuses", "role=refused ours=yes".to_owned(), "wait", ", which refuses the password"),
        (
            "it is a replica",
            "role='slave 10.0.0.12 connected 9' ours=yes durable=1".to_owned(),
            "wait",
            ", which is not a master",
        ),
        ("it is something else", "role=other ours=yes".to_owned(), "wait", ", which is not a master"),
        ("it is certainly not ours", "role=silent ours=no durable=1".to_owned(), "wait", stranger),
        ("it is silent, and the data is here", "role=silent ours=maybe durable=1".to_owned(), "candidate", silent),
        ("nobody looked yet", "role=silent ours=yes".to_owned(), "look", silent),
        (
            "the first of those with some",
            first.to_owned(),
            "candidate",
            ", which does not answer, and nobody has newer data",
        ),
        ("a moment before", format!("{first} waited=9"), "wait", silent),
        // Else that one would see a replica, and have it elected by sentinels that know of none.
        ("nobody has data, so the one they name starts", format!("{first} stamp=0"), "wait", silent),
        ("another is the first", format!("{first} first=1"), "wait", silent),
        ("others run", format!("{first} listening=1"), "wait", silent),
        ("others have not come", format!("{first} all_wait=0"), "wait", silent),
    ];
    for ours in ["no", "maybe"] {
        rows.push((
            "another instance's by now",
            format!("role='master - - 99' ours={ours} durable=1"),
            "wait",
            stranger,
        ));
    }
    let rows: Vec<_> =
        rows.iter().map(|(title, state, verdict, rest)| (*title, state.as_str(), *verdict, *rest)).collect();
    in_each_shell(|container| {
        let named = cases("sentinels name 10.0.0.11 (epoch 7)", &rows);
        decide(container, "named=10.0.0.11; decide_other", &named);
    });
}

#[test]
fn nobody_runs_without_evidence() {
    // Every combination of what may be known, as far as it can matter.
    let all = "for answered in 1 2; do for named in '' 10.0.0.10 10.0.0.11; do for looked in '' 1; do for durable in 0 1; do\n\
               for listening in 0 1; do for masters in '' ' m'; do for mine in '' ' r'; do for all_wait in 0 1; do\n\
               for waited in 0 100; do for first in 0 1; do for first_stamp in 0 5; do for role in master silent slave; do\n\
               for ours in yes maybe no; do\n\
               [ \"$named\" = 10.0.0.11 ] || [ $role$ours = silentyes ] || continue\n\
               decide; case $verdict in wait | look) continue ;; esac\n\
               echo \"$verdict $answered ${named:--} ${looked:-0} $durable $listening ${masters:--} ${mine:--} $all_wait $waited $first \\\n\
                 $first_stamp $role $ours\"\n\
               done; done; done; done; done; done; done; done; done; done; done; done; done";
    in_each_shell(|container| {
        let ran = container.call("server-start.sh", &format!("{NOTHING}\n{all}"));
        let mut seen = std::collections::BTreeSet::new();
        for line in ran.lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            let [
                verdict,
                answered,
                named,
                looked,
                durable,
                listening,
                masters,
                mine,
                all_wait,
                waited,
                first,
                stamp,
                role,
                ours,
            ] = words[..]
            else {
                panic!("{line}")
            };
            seen.insert(verdict.to_owned());
            let evidence = match verdict {
                // Other servers hold nothing, or nothing newer, or follow this one that has all.
                "first" => {
                    named == "-"
                        && masters == "-"
                        && ((durable == "1" && mine == "r") || (listening == "0" && mine == "-" && first == "0"))
                }
                "closed" => {
                    named == "10.0.0.10"
                        && (durable == "1" || (listening == "0" && all_wait == "1" && (stamp == "0" || first == "0")))
                }
                "replica" => named == "10.0.0.11" && role == "master" && ours == "yes",
                "candidate" => {
                    named == "10.0.0.11"
                        && role == "silent"
                        && ours != "no"
                        && (durable == "1" || (all_wait == "1" && first == "0" && listening == "0" && waited == "100"))
                }
                "promote" => named == "-" && mine == "r" && durable == "0" && masters == "-",
                "tell" => named == "-" && masters == "m",
                "elect" => named == "10.0.0.10" && durable == "0" && listening == "1",
                _ => false,
            };
            assert!(evidence && answered == "2", "{line}");
            // What is on the disk, or whom they name, is enough to know; all else is looked for.
            assert!(looked == "1" || durable == "1" || verdict == "replica", "{line}");
        }
        assert_eq!(seen.len(), 7, "{seen:?}");
    });
}

fn age(container: &Container, file: &str, seconds: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    std::fs::File::options().write(true).open(container.path(file)).unwrap().set_modified(time).unwrap();
}

#[test]
fn data_is_found_in_the_form_it_was_kept_last() {
    const AOF: &str = "data/appendonlydir/appendonly.aof.1.incr.aof";
    in_each_shell(|container| {
        let find = |container: &Container| {
            container.call("server-start.sh", "find_data; echo \"<$form> $durable $stamp\"").out.trim_end().to_owned()
        };
        assert_eq!(find(container), "<> 0 0");
        container.write("data/dump.rdb", "");
        std::fs::create_dir_all(container.path("data/appendonlydir")).unwrap();
        container.write("data/form", "rdb\n");
        assert_eq!(find(container), "<> 0 0", "neither an empty file nor an empty directory is data");
        for persistence in ["aof", "rdb", "none"] {
            container.topology("persistence", persistence);
            for kept in ["", "aof", "rdb", "none"] {
                if kept.is_empty() {
                    std::fs::remove_file(container.path("data/form")).unwrap();
                } else {
                    container.write("data/form", &format!("{kept}\n"));
                }
                for (aof, rdb) in
                    [(Some(3000), None), (None, Some(2000)), (Some(3000), Some(2000)), (Some(2000), Some(3000))]
                {
                    let _ = std::fs::remove_file(container.path(AOF));
                    let _ = std::fs::remove_file(container.path("data/dump.rdb"));
                    for (file, time) in [(AOF, aof), ("data/dump.rdb", rdb)] {
                        if let Some(time) = time {
                            container.write(file, "x");
                            age(container, file, time);
                        }
                    }
                    // Never empty while there is anything; of two what was kept last, and where nobody knows the newer, unless
                    // an append-only file is what is asked for and kept.
                    let expected = match (aof, rdb, kept, persistence) {
                        (None, Some(time), ..) | (Some(_), Some(time), "rdb", _) => ("rdb", time),
                        (Some(aof), Some(rdb), "", "rdb" | "none") | (Some(aof), Some(rdb), "none", _) if rdb > aof => {
                            ("rdb", rdb)
                        }
                        (Some(time), ..) => ("aof", time),
                        (None, None, ..) => ("", 0),
                    };
                    assert_eq!(
                        find(container),
                        format!("<{}> 0 {}", expected.0, expected.1),
                        "{aof:?} {rdb:?} kept={kept} {persistence}"
                    );
                }
            }
        }
        // Durable is an append-only file that was once whole; a master is ahead of its replicas.
        container.topology("persistence", "aof");
        container.write("data/form", "aof\n");
        container.write("data/whole", "");
        assert_eq!(find(container), "<aof> 1 2000");
        container.write("data/was-master", "");
        container.write("data/appendonlydir/b", "x");
        age(container, "data/appendonlydir/b", 2500);
        assert_eq!(find(container), "<aof> 1 2502");
        container.write("data/form", "rdb\n");
        assert_eq!(find(container), "<rdb> 0 3002", "a snapshot may be older than what was acknowledged");
    });
}

#[test]
fn a_look_tells_what_the_sentinels_say_and_who_is_named() {
    let lines = "me=''; look_up; echo \"$me <$named> <$role> <$ours> <$looked> $form\"";
    in_each_shell(|container| {
        container.write("data/dump.rdb", "x");
        let look_up =
            |container: &Container, lines: &str| container.call("server-start.sh", lines).out.trim_end().to_owned();
        assert_eq!(look_up(container, lines), "10.0.0.10 <> <> <> <> rdb");
        container.server(1, &Peer::master());
        container.sentinels(&[Peer::naming("10.0.0.11", 7)]);
        assert_eq!(look_up(container, lines), "10.0.0.10 <10.0.0.11> <master - - 1400> <yes> <> rdb");
        container.sentinels(&[Peer::naming("10.0.0.99", 7)]);
        assert_eq!(look_up(container, lines), "10.0.0.10 <10.0.0.99> <silent> <no> <> rdb");
        container.sentinels(&[Peer::naming("10.0.0.10", 7)]);
        assert_eq!(look_up(container, lines), "10.0.0.10 <10.0.0.10> <> <> <> rdb");
        // Its address stays while there is no other; a rendered server waits for its Service, one beyond has its own.
        std::fs::remove_dir_all(container.path("data/names")).unwrap();
        container.without_names();
        assert_eq!(
            look_up(container, "me=10.0.0.90; look_up; echo $me; me=''; look_up; echo \"<$me>\""),
            "10.0.0.90\n<>"
        );
        container.set("POD_NAME", "redis-5");
        assert_eq!(look_up(container, "me=''; look_up; echo $me"), "10.1.0.10");
    });
}

#[test]
fn looking_around_tells_who_leads_and_who_follows() {
    let lines = "me=10.0.0.10 post_next=0 waited=0 stamp=0 named=''; : >\"$work/views\"; look_around\n\
                 echo \"masters=$masters listening=$listening mine=$mine best=$best looked=$looked\"";
    in_each_shell(|container| {
        container.pods(5, 3);
        let around = |container: &Container, before: &str| {
            container.call("server-start.sh", &format!("{before}\n{lines}")).out.trim_end().to_owned()
        };
        assert_eq!(around(container, ""), "masters= listening=0 mine= best= looked=1");
        container.server(1, &Peer::master());
        container.at("10.1.0.13:6379", &Peer::master());
        assert_eq!(around(container, ""), "masters= 10.0.0.11 10.1.0.13 listening=2 mine= best= looked=1");
        // Those that follow this server, which does not run, and one that follows another; the most data is the best.
        container.at("10.1.0.13:6379", &Peer::replica("10.0.0.99", "connected", 900));
        for (one, two, best) in
            [(20, 100, "10.0.0.12"), (100, 20, "10.0.0.11"), (7, 7, "10.0.0.11"), (0, 0, "10.0.0.11")]
        {
            container.server(1, &Peer::replica("10.0.0.10", "connect", one));
            container.server(2, &Peer::replica("10.0.0.10", "connect", two));
            assert_eq!(
                around(container, ""),
                format!("masters= listening=3 mine= 10.0.0.11 10.0.0.12 best={best} looked=1")
            );
        }
        // Loading or refusing, it is there.
        container.server(1, &Peer::role("LOADING\n"));
        container.server(2, &Peer::master().password("another"));
        assert_eq!(around(container, ""), "masters= listening=3 mine= best= looked=1");
        // Those that wait for another of their number do not ask each other.
        let waiting = "read_board() { first=1 all_wait=1; }";
        assert_eq!(around(container, waiting), "masters= listening=0 mine= best= looked=1");
    });
}

#[test]
fn a_note_says_who_waits_and_with_what() {
    in_each_shell(|container| {
        container.set("POD_NAME", "redis-2");
        container.secret("sentinel", "hunter2");
        let sentinel = Peer::blank().password("hunter2");
        container.sentinels(&[sentinel.clone(), sentinel]);
        let post = |container: &Container, next: u32| {
            let lines = format!("stamp=77 waited=5 post_next={next}; survey; post; wait; echo $post_next");
            let ran = container.call("server-start.sh", &lines);
            (ran.out, container.orders().len())
        };
        assert_eq!(
            post(container, 5),
            ("7\n".to_owned(), 2),
            "held for 3 s, so one every 2 s never leaves the board empty"
        );
        for address in ["10.0.1.10:26379", "10.0.1.11:26379"] {
            assert_eq!(container.calls_to(address, "CLIENT"), ["CLIENT SETNAME rk-waits-2-77"]);
        }
        assert_eq!(post(container, 6), ("6\n".to_owned(), 2), "not again before it would vanish");
    });
}

#[test]
fn the_board_tells_who_waits_and_who_has_the_newest_data() {
    in_each_shell(|container| {
        container.set("POD_NAME", "redis-1");
        let cases: [(&[&str], u32, &str); 11] = [
            (&[], 0, "1 0 0"),
            // Of equals the lowest, this server included.
            (&["2-0"], 0, "1 0 0"),
            (&["0-0"], 0, "0 0 0"),
            (&["0-0 2-0"], 0, "0 0 1"),
            // What only one sentinel knows counts as well, and what two know is the same.
            (&["2-5", "2-5", "0-9"], 7, "0 9 1"),
            (&["0-5 2-5"], 7, "1 7 1"),
            (&["10-5 2-5"], 0, "2 5 0"),
            (&["10-5 0-0 2-9"], 0, "2 9 1"),
            // Its own note of before, or one of a sort we do not pin.
            (&["1-99 x-9 2-9-x 2"], 7, "1 7 0"),
            (&["0-1-2 -3"], 7, "1 7 0"),
            (&["10-0 20-0"], 0, "1 0 0"),
        ];
        for (notes, stamp, expected) in cases {
            for ordinal in 0..3 {
                let names: Vec<_> = notes.get(ordinal).map_or("", |names| names).split(' ').collect();
                let list: Vec<_> = names.iter().map(|name| format!("id=4 fd=8 name=rk-waits-{name} age=0")).collect();
                container.sentinel(ordinal, &Peer::blank().but("CLIENT LIST", &list.join("\n")));
            }
            let lines = format!("stamp={stamp}; survey; read_board; echo $first $first_stamp $all_wait");
            assert_eq!(container.call("server-start.sh", &lines).out.trim_end(), expected, "{notes:?}");
        }
    });
}

#[test]
fn every_blank_sentinel_is_told_and_a_majority_must_know() {
    in_each_shell(|container| {
        let blank = Peer::blank;
        let known = Peer::naming("10.0.0.11", 7);
        let refusing = blank().but("SENTINEL MONITOR *", "ERR no\n");
        for (peers, told, done) in [
            (vec![blank(), blank(), blank()], 3, true),
            (vec![blank(), blank()], 2, true),
            (vec![blank(), known.clone(), refusing.clone()], 2, true),
            (vec![blank(), refusing], 2, false),
            (vec![known], 0, false),
        ] {
            std::fs::remove_dir_all(container.path("peers")).unwrap();
            container.rewind();
            container.sentinels(&peers);
            let ran = container.call("server-start.sh", "survey; register_everywhere 10.0.0.12");
            assert_eq!(ran.succeeded(), done, "{peers:?}");
            let orders = container.orders();
            let told_of = orders.iter().filter(|call| call.ends_with(" SENTINEL MONITOR mymaster 10.0.0.12 6379 2"));
            assert_eq!(told_of.count(), told);
        }
    });
}

/// What is said and done when this verdict is acted on, and the configuration that is written.
fn act(container: &Container, state: &str) -> (Vec<String>, String) {
    let stubs = "survey() { :; }; elect() { echo elects >&2; }; register_everywhere() { echo \"registers $1\" >>\"$SCRATCH/done\"; $registers; }\n\
                 elect() { echo elects >>\"$SCRATCH/done\"; }; registers=true reason='a reason'";
    container.write("done", "");
    container.write("etc/redis-k8s/server-watch.sh", "echo \"$*\" >\"$SCRATCH/beside\"\n");
    let _ = std::fs::remove_file(container.path("beside"));
    container.rewind();
    let ran = container.call("server-start.sh", &format!("{NOTHING}\nclosed='' newcomer=''\n{stubs}\n{state}\nact"));
    let mut said: Vec<_> = ran.lines().iter().map(|line| (*line).to_owned()).collect();
    said.extend(container.read("done").lines().map(str::to_owned));
    (said, container.file("run/redis-k8s/redis.conf"))
}

#[test]
fn a_replica_says_which_modules_of_its_master_it_does_not_load() {
    // Of Redis 8.2: one that is built in has no path, and of arguments there is a line each.
    let answer = "name\nvectorset\nver\n1\npath\n\nargs\n\n\
                  name\nReJSON\nver\n80200\npath\n/usr/local/lib/redis/modules/rejson.so\nargs\n\n\
                  name\nsearch\nver\n80200\npath\n/usr/local/lib/redis/modules/redisearch.so\nargs\nWORKERS\n4";
    let lacks = |name: &str| {
        format!(
            "the master 10.0.0.11 has module {name}, which this server does not load: replication stops at a key of it, and its commands are lost"
        )
    };
    let joining = || "a reason: joining as replica".to_owned();
    in_each_shell(|container| {
        container.topology_if("modules");
        let said = |container: &Container, loads: &str| {
            container.write("etc/redis-k8s/redis.conf", &format!("port 6379\n{loads}"));
            act(container, "verdict=replica named=10.0.0.11").0
        };
        container.server(1, &Peer::master().answer("MODULE LIST", answer));
        let search = "loadmodule /usr/local/lib/redis/modules/redisearch.so WORKERS 4\n";
        assert_eq!(said(container, search), [joining(), lacks("ReJSON"), EXEC.to_owned()]);
        assert_eq!(said(container, ""), [joining(), lacks("ReJSON"), lacks("search"), EXEC.to_owned()]);
        // In another image they are elsewhere.
        let stack = "loadmodule /opt/redis-stack/lib/redisearch.so\nloadmodule /opt/redis-stack/lib/rejson.so\n";
        assert_eq!(said(container, stack), [joining(), EXEC.to_owned()]);
        for answer in ["", "NOPERM User redis-k8s has no permissions to run the 'module|list' command"] {
            container.server(1, &Peer::master().answer("MODULE LIST", answer));
            assert_eq!(said(container, search), [joining(), EXEC.to_owned()], "{answer}");
        }
        // A master asks nobody.
        assert_eq!(act(container, "verdict=master").0, ["a reason: starting as master", EXEC]);
        assert!(container.calls().is_empty());
    });
}

#[test]
fn what_comes_of_a_verdict() {
    let master = ["a reason: starting as master", EXEC];
    let joining = ["a reason: joining as replica", EXEC];
    let candidate = ["a reason: starting as replica, for the sentinels to elect", EXEC];
    in_each_shell(|container| {
        for (verdict, said, beside) in [
            ("wait", &["a reason: waiting"][..], None),
            ("master", &master, Some("10.0.0.10  ")),
            ("closed", &master, Some("10.0.0.10 10000 ")),
            ("first", &[master[0], master[1], "registers 10.0.0.10"], Some("10.0.0.10  ")),
            ("first registers=false", &["registers 10.0.0.10"], None),
            ("replica named=10.0.0.11", &joining, Some("10.0.0.10  1")),
            ("candidate named=10.0.0.11", &candidate, Some("10.0.0.10  ")),
            ("elect", &["a reason", "elects"], None),
            ("tell masters=' 10.0.0.11 10.0.0.12'", &["a reason", "registers 10.0.0.11"], None),
        ] {
            for file in ["data/whole", "data/form", "run/redis-k8s/running"] {
                let _ = std::fs::remove_file(container.path(file));
            }
            container.write("data/force-master", "");
            let (got, configuration) = act(container, &format!("verdict={verdict}"));
            assert_eq!(got, said, "{verdict}");
            assert_eq!(container.has("run/redis-k8s/running"), beside.is_some(), "{verdict}");
            // An operator gives data up once; what a master holds is whole.
            let is_master = said.contains(&master[0]);
            assert_eq!(
                (container.has("data/whole"), container.has("data/force-master")),
                (is_master, !is_master),
                "{verdict}"
            );
            if let Some(beside) = beside {
                assert_eq!(container.read("beside"), format!("{beside}\n"), "{verdict}");
                assert_eq!(
                    configuration.contains("\nreplicaof 10.0.0.11 6379\n"),
                    verdict.contains("named="),
                    "{verdict}"
                );
                assert_eq!(configuration.ends_with("\nreplica-priority 0\n"), beside.ends_with('1'), "{verdict}");
            }
        }
        container.server(1, &Peer::replica("10.0.0.10", "connect", 7).answer("REPLICAOF *", "OK"));
        container.server(2, &Peer::replica("10.0.0.10", "connect", 9).answer("REPLICAOF *", "OK"));
        act(container, "verdict=promote mine=' 10.0.0.11 10.0.0.12' best=10.0.0.12");
        assert_eq!(container.orders(), ["10.0.0.12:6379 REPLICAOF NO ONE", "10.0.0.11:6379 REPLICAOF 10.0.0.12 6379"]);
    });
}

#[test]
fn a_configuration_is_what_the_start_needs_and_no_more() {
    const BEGINNING: &str = "include /etc/redis-k8s/redis.conf\ninclude /etc/redis-k8s/live.conf\n";
    const MIDDLE: &str = "replica-announce-ip 10.0.0.10\nreplica-announce-port 6379\n";
    const HUNTER: &str = "#f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7";
    in_each_shell(|container| {
        let configuration = |container: &Container, state: &str| {
            let configuration = act(container, &format!("form=''; {state}")).1;
            assert!(container.is_private("run/redis-k8s/redis.conf"), "passwords are for one pair of eyes");
            configuration.replace(BEGINNING, "").replace(MIDDLE, "")
        };
        let lag = "min-replicas-max-lag 4\n";
        for (state, persistence, appendonly, form) in [
            ("verdict=master", "aof", "yes", "aof"),
            ("verdict=master", "rdb", "no", "rdb"),
            ("verdict=master", "none", "no", "none"),
            // Data in another form is loaded as it is.
            ("verdict=master form=rdb", "aof", "no", "rdb"),
            ("verdict=master form=aof", "none", "yes", "aof"),
        ] {
            container.topology("persistence", persistence);
            let expected = format!("appendonly {appendonly}\nmin-replicas-to-write 1\n{lag}");
            assert_eq!(configuration(container, state), expected, "{state} {persistence}");
            assert_eq!(container.read("data/form").trim_end(), form, "{state} {persistence}");
        }
        container.topology("persistence", "aof");
        assert_eq!(
            configuration(container, "verdict=closed"),
            format!("appendonly yes\nmin-replicas-to-write 10000\n{lag}")
        );
        // A bug of Redis 8 alone.
        for (version, own_channel) in [
            ("Redis server v=8.2.1 sha=0", true),
            ("Valkey server v=8.1.0 sha=0", false),
            ("Redis server v=7.2.0", false),
        ] {
            container.write("version", &format!("{version}\n"));
            assert_eq!(
                configuration(container, "verdict=master").contains("repl-rdb-channel no\n"),
                own_channel,
                "{version}"
            );
        }
        container.mount("auth");
        container.topology("auth", "1");
        container.secret("server", "hunter2");
        let users = |taken: &str, given: &str| {
            format!(
                "appendonly yes\nmin-replicas-to-write 1\n{lag}user default on ~* &* +@all {taken}\nmasteruser default\nmasterauth \"{given}\"\n"
            )
        };
        let hunter = "\\x68\\x75\\x6e\\x74\\x65\\x72\\x32";
        assert_eq!(configuration(container, "verdict=master"), users(&format!("{HUNTER} "), hunter));
        // A pod still knows none.
        container.server(2, &Peer::master().answer("CONFIG GET masteruser", "masteruser\n"));
        assert_eq!(configuration(container, "find_unaware; verdict=master"), users("nopass", hunter));
        // Switched off, it still gives what those want that have not restarted; and the previous one while it changes.
        container.topology("auth", "0");
        container.secret("server-previous", "secret");
        assert_eq!(configuration(container, "verdict=master"), users("nopass", "\\x73\\x65\\x63\\x72\\x65\\x74"));
        // The program is the one of the image.
        for name in ["server", "cli"] {
            let redis = std::fs::read_link(container.path(&format!("bin/redis-{name}"))).unwrap();
            std::os::unix::fs::symlink(redis, container.path(&format!("bin/valkey-{name}"))).unwrap();
        }
        assert_eq!(
            act(container, "verdict=master; start").0.last().map(String::as_str),
            Some("exec valkey-server /run/redis-k8s/redis.conf")
        );
    });
}

/// What the whole script says until the server starts.
fn whole(container: &Container) -> Vec<String> {
    container.write("etc/redis-k8s/server-watch.sh", "");
    container.rewind();
    let ran = container.run("server-start.sh", &[]);
    ran.lines().iter().filter(|line| **line != "still waiting").map(|line| (*line).to_owned()).collect()
}

#[test]
fn a_server_waits_for_all_it_needs_and_says_for_what() {
    in_each_shell(|container| {
        container.mount("auth");
        container.set("PATIENCE", "6");
        container.name("redis-announce-0", &[]);
        container.write("run/redis-k8s/running", "");
        container.plan(1, "[ ! -e \"$run/running\" ] && cat \"$run/pulse\"");
        container.plan(2, "echo hunter2 >\"$secrets/server\"");
        container.plan(3, "cat \"$run/pulse\"; echo 10.0.0.10 >\"$SCRATCH/names/redis-announce-0\"");
        container.write("naming", &Peer::naming("10.0.0.11", 7).to_string());
        container.plan(4, "for s in 0 1; do cat \"$SCRATCH/naming\" >\"$SCRATCH/peers/10.0.1.1$s:26379\"; done");
        container.server(1, &Peer::master().password("hunter2"));
        let waiting = "0 of 3 sentinels answer (Connection refused), and a majority must";
        assert_eq!(
            whole(container),
            [
                "waiting for the password",
                "100000000 waiting for the password",
                "the address of redis-announce-0 is not known: waiting",
                "100000200 waiting the address of redis-announce-0 is not known",
                &format!("{waiting}: waiting"),
                "sentinels name 10.0.0.11 (epoch 7): joining as replica",
                EXEC,
            ]
        );
    });
}

#[test]
fn a_fresh_cluster_waits_longer_for_those_who_may_bring_data() {
    let waiting = |ordinals: &[usize]| {
        let lines: Vec<_> = ordinals.iter().map(|ordinal| format!("id=4 name=rk-waits-{ordinal}-0 age=0")).collect();
        Peer::blank().but("CLIENT LIST", &lines.join("\n"))
    };
    let starts = "no sentinel names a master: a fresh cluster, which this server starts: starting as master";
    in_each_shell(|container| {
        container.set("PATIENCE", "2");
        container.sentinels(&[waiting(&[1]), waiting(&[2]), waiting(&[])]);
        assert_eq!(whole(container), [starts, EXEC]);
        for ordinal in 0..3 {
            let told = container.calls_to(&format!("10.0.1.1{ordinal}:26379"), "SENTINEL MONITOR");
            assert_eq!(told, ["SENTINEL MONITOR mymaster 10.0.0.10 6379 2"]);
        }
        container.set("PATIENCE", "4");
        container.sentinels(&[waiting(&[1]), waiting(&[1]), waiting(&[])]);
        let hopes = "no sentinel names a master, and the other servers must come: waiting";
        for (claims, data, patience) in [("0", false, 3), ("1", false, 10), ("0", true, 3), ("1", true, 60)] {
            container.topology("claims", claims);
            let _ = std::fs::remove_file(container.path("data/dump.rdb"));
            if data {
                container.write("data/dump.rdb", "x");
            }
            // The clock leaps to the moment before, and then to the moment.
            container.plan(1, &format!("echo {} >\"$SCRATCH/clock\"", 1_000_000_000 + patience * 1000 - 300));
            container.plan(2, &format!("echo {} >\"$SCRATCH/clock\"; echo now", 1_000_000_000 + patience * 1000));
            assert_eq!(whole(container), [hopes, "now", starts, EXEC], "{patience} s");
        }
    });
}
