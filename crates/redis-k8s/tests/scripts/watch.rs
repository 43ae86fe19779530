//! server-watch.sh: what runs beside a server.

use crate::container::{Container, in_each_shell};
use crate::peer::Peer;

/// A watch with everything it sets at its start; what it orders is printed, and taken.
const STATE: &str = "broken='' beat=1 next_upkeep=2 next_search=0 was='' lost=0 heard_before=0 doubts=0 saved='' gap=50\n\
                     role=master link=down master='' lag=0 heard=2 now=0 refuses=none\n\
                     order() { echo \"orders $*\"; case $* in $refuses) answer='ERR no'; false ;; esac; }\n";

fn call(container: &Container, lines: &str) -> Vec<String> {
    let ran = container.call("server-watch.sh", &format!("{STATE}heed_topology\n{lines}"));
    ran.lines().iter().map(|line| (*line).to_owned()).collect()
}

/// What a master reports of a replica, in the words of some version.
fn replica(number: u32, state: &str, lag: i32, more: &str) -> String {
    format!("slave{number}:ip=10.0.0.1{number},port=6379,state={state},offset=9,lag={lag}{more}\r\n")
}

#[test]
fn a_sample_is_read_from_what_every_version_says() {
    let rest = "master_replid:75e6\r\nmaster_repl_offset:9\r\nrepl_backlog_active:1\r\nrepl_backlog_histlen:9\r\n\r\n";
    let master = |replicas: String| format!("# Replication\r\nrole:master\r\nconnected_slaves:2\r\n{replicas}{rest}");
    let slave = |link: &str, sync: u32| {
        format!(
            "# Replication\r\nrole:slave\r\nmaster_host:10.0.0.11\r\nmaster_port:6379\r\nmaster_link_status:{link}\r\n\
             master_sync_in_progress:{sync}\r\nslave_priority:100\r\n{rest}"
        )
    };
    let (seven, eight, valkey) = ("", ",io-thread=0", ",type=replica");
    let cases = [
        (master(String::new()), "0 master down <>  0"),
        (master(replica(0, "online", 3, seven)), "0 master down <> 3 0"),
        (master(replica(0, "online", 3, seven) + &replica(1, "online", 2, seven)), "0 master down <> 2 0"),
        (master(replica(0, "online", 0, eight) + &replica(1, "online", 12, eight)), "0 master down <> 0 1"),
        (master(replica(0, "online", 0, valkey) + &replica(1, "online", 1, valkey)), "0 master down <> 0 2"),
        (master(replica(0, "online", 4, seven) + &replica(1, "wait_bgsave", 0, seven)), "0 master down <> 4 0"),
        // Of two clocks one is a tick behind.
        (master(replica(0, "online", -1, valkey) + &replica(1, "online", 12, seven)), "0 master down <> 0 1"),
        (slave("up", 0), "0 slave up <10.0.0.11>  0"),
        (slave("down", 1), "0 slave sync <10.0.0.11>  0"),
        (slave("down", 0), "0 slave down <10.0.0.11>  0"),
        // It loads: INFO is answered all the same. It is busy, or wants a password that changed meanwhile.
        ("BUSY Redis is busy running a script.\n\n".to_owned(), "0 busy was <was> was was"),
        ("AUTH failed: WRONGPASS invalid\nNOAUTH Authentication required.\n\n".to_owned(), "0 busy was <was> was was"),
        // It ended before it said everything, or anything.
        ("# Replication\r\nrole:slave\r\n".to_owned(), "1 slave down <>  0"),
        (
            "ERR max number of clients reached\nError: Server closed the connection\n".to_owned(),
            "1 was was <was> was was",
        ),
        ("Could not connect to Redis at 127.0.0.1:6379: Connection refused\n".to_owned(), "1 was was <was> was was"),
        (String::new(), "1 was was <was> was was"),
    ];
    in_each_shell(|container| {
        let mut lines = Vec::new();
        for (number, (text, _)) in cases.iter().enumerate() {
            container.write(&format!("sample{number}"), text);
            lines.push(format!(
                "role=was link=was master=was lag=was heard=was\nsample <\"$SCRATCH/sample{number}\"\n\
                 echo \"$? $role $link <$master> $lag $heard\"\n"
            ));
        }
        let said = call(container, &lines.concat());
        for ((text, expected), said) in cases.iter().zip(&said) {
            assert_eq!(said, expected, "{text}");
        }
        assert_eq!(said.len(), cases.len());
        // The next sample begins where this one ends.
        container.write("two", &(slave("up", 0) + &master(String::new())));
        assert_eq!(
            call(container, "{ sample; echo $role; sample; echo $role; } <\"$SCRATCH/two\""),
            ["slave", "master"]
        );
    });
}

#[test]
fn a_conversation_takes_orders_and_answers_questions() {
    let server = Peer::master()
        .answer("CONFIG GET maxclients", "maxclients\n10000")
        .answer("CONFIG GET min-replicas-to-write", "min-replicas-to-write\n10000")
        .answer("CONFIG GET empty", "empty\n")
        .answer("INFO replication", "# Replication\r\nrole:master\r\nrepl_backlog_histlen:0\r");
    let lines = "me=10.0.0.10; listen\nsample <&4; echo \"$? $role\"; role=''; sample_now; echo \"$? $role\"\n\
                 for w in 'CONFIG SET a b' 'REPLICAOF x y'; do order $w; echo \"$? <$broken> $answer\"; done; read -r rest <&6\n\
                 setting maxclients; echo \"$answer\"; setting empty; echo \"<$answer>\"; is_closed; echo $?; open_to 1; echo $?";
    in_each_shell(|container| {
        container.secret("server", "hunter2");
        container.at("127.0.0.1:6379", &server.clone().password("hunter2"));
        let ran = container.call("server-watch.sh", &format!("most=2\n{lines}\nexec 5>&-; wait"));
        let unknown = "ERR unknown command 'REPLICAOF x y'";
        assert_eq!(
            ran.lines(),
            ["0 master", "0 master", "0 <> OK", &format!("1 <> {unknown}"), "10000", "<>", "0", "0"]
        );
        assert_eq!(
            container.orders(),
            [
                "127.0.0.1:6379 CONFIG SET a b",
                "127.0.0.1:6379 REPLICAOF x y",
                "127.0.0.1:6379 CONFIG SET min-replicas-to-write 1"
            ]
        );
        // A conversation that broke off, and one that is made anew.
        let broken = "trap : PIPE; most=2; listen; exec 6</dev/null; order PING; echo \"$? <$broken>\"; broken=''; setting a; echo \"<$broken>\"\n\
                      listen; echo \"<$broken>\"; order CONFIG SET a b && echo $answer; exec 5>&-; wait";
        assert_eq!(container.call("server-watch.sh", broken).lines(), ["1 <1>", "<1>", "<>", "OK"]);
    });
}

#[test]
fn a_master_that_may_have_been_replaced_takes_no_writes() {
    let stubs = "is_closed() { $closed_now; }; closed_now=false; confirm() { echo confirms; }; sample_now() { lag=$lag_now; }; lag_now=2\n\
                 out_of_reach() { echo asked; $cut; }; cut=false";
    let closes = [
        "cut off, or stalled: taking no writes until the sentinels hear this server",
        "orders CONFIG SET min-replicas-to-write 10000",
        "confirms",
    ];
    in_each_shell(|container| {
        for (title, state, lines, expected) in [
            ("all is well", "", "lead; lead", &[][..]),
            ("no replicas at all", "heard=0 lag=''", "lead", &[]),
            ("it was closed before", "closed_now=true", "lead", &["confirms"]),
            ("closed, and nobody asks for replicas", "closed_now=true min_replicas=0", "lead", &["confirms"]),
            ("nobody asks for replicas", "min_replicas=0 lag=9 gap=9999", "lead", &[]),
            ("no replica was heard of", "lag=2", "lead", &closes),
            ("a report was just due", "lag=2 lag_now=0", "lead", &[]),
            ("it stalled", "gap=400", "lead", &closes),
            ("nearly", "gap=399", "lead", &[]),
            ("it does not take the order", "gap=400 refuses='CONFIG SET*'", "lead", &closes[..2]),
            (
                "a replica is lost, without a cut",
                "lag_now=0",
                "lead; heard=1; for n in 1 2 3 4 5 6; do lead; done",
                &["asked"; 3],
            ),
            ("its report was just due", "sample_now() { heard=2; }", "lead; heard=1; lead", &[]),
            (
                "behind a cut",
                "lag_now=0",
                "lead; heard=1; lead; cut=true; lead",
                &["asked", "asked", closes[0], closes[1], closes[2]],
            ),
            ("one more is no loss", "heard=1", "lead; heard=2; lead", &[]),
        ] {
            assert_eq!(call(container, &format!("{stubs}\n{state}\n{lines}")), expected, "{title}");
        }
    });
}

#[test]
fn sentinels_that_neither_answer_nor_refuse_are_out_of_reach() {
    in_each_shell(|container| {
        let lost = |peers: [Option<Peer>; 3]| {
            container.pods(3, 3);
            assert!(container.call("common.sh", "roster sentinel").succeeded());
            for (ordinal, peer) in peers.into_iter().enumerate() {
                match peer {
                    Some(peer) => container.sentinel(ordinal, &peer),
                    // Nobody listens there.
                    None => drop(std::fs::remove_file(container.path(&format!("peers/10.0.1.1{ordinal}:26379")))),
                }
            }
            // Beyond a cut there are no names, either.
            container.without_names();
            container.call("server-watch.sh", "out_of_reach").succeeded()
        };
        let (answers, silent) = (|| Some(Peer::blank()), || Some(Peer::new().answer("*", "")));
        let no_route =
            || Some(Peer::new().answer("*", "Could not connect to Redis at 10.0.1.10:26379: No route to host"));
        for (title, peers, expected) in [
            ("all are there", [answers(), answers(), answers()], false),
            ("one is cut off", [answers(), answers(), silent()], false),
            ("most are", [answers(), silent(), no_route()], true),
            ("most are, and one does not run", [None, silent(), silent()], true),
            ("who does not run elects nobody", [None, None, silent()], false),
            ("none runs", [None, None, None], false),
            ("one wants another password", [Some(Peer::blank().password("another")), answers(), None], false),
        ] {
            assert_eq!(lost(peers), expected, "{title}");
        }
        assert_eq!(
            container.call("server-watch.sh", "reach 10.0.1.12; reach ''").out,
            "lost\n",
            "an address that is not known"
        );
    });
}

/// What a closed master is told and says, and the seconds until then, if the sentinels say this from one survey to the next.
fn confirm(container: &Container, state: &str, surveys: &[&str], samples: &str) -> (Vec<String>, u64) {
    let cases: Vec<_> = surveys
        .iter()
        .enumerate()
        .map(|(number, found)| {
            format!("{}) {found} ;;", if number + 1 == surveys.len() { "*".to_owned() } else { number.to_string() })
        })
        .collect();
    let stubs = format!(
        "asked=0; survey() {{ case $asked in {} esac; asked=$((asked + 1)); }}\nsample_now() {{ {samples}; }}; is_closed() {{ $closed_now; }}; closed_now=true\n\
         pulse() {{ clock; }}; listen() {{ echo listens; }}; found=3; {state}",
        cases.join(" ")
    );
    container.rewind();
    let said = call(container, &format!("{stubs}\nconfirm"));
    (said, container.seconds())
}

#[test]
fn a_closed_master_opens_once_the_sentinels_hear_it() {
    let open = ["orders CONFIG SET min-replicas-to-write 1", "open for writes"];
    let alone =
        ["orders CONFIG SET min-replicas-to-write 0", "open for writes", "orders CONFIG SET min-replicas-to-write 1"];
    let all = "answered=3 named=10.0.0.10 views=none,master";
    let most = "answered=2 named=10.0.0.10 views=none,master";
    let other = "answered=3 named=10.0.0.11 views=none,master";
    in_each_shell(|container| {
        container.set("PATIENCE", "100");
        assert_eq!(confirm(container, "", &[all], ":"), (open.map(str::to_owned).to_vec(), 0));
        assert_eq!(confirm(container, "", &[other, other, all], ":").0, open);
        // Most of them for five seconds, all the time of one mind.
        assert_eq!(confirm(container, "", &[most], ":"), (open.map(str::to_owned).to_vec(), 5));
        for interruption in
            ["answered=1 named=10.0.0.10 views=none", other, "answered=2 named=10.0.0.10 views=none,s_down"]
        {
            let surveys = [&[most; 15][..], &[interruption, most]].concat();
            assert_eq!(confirm(container, "", &surveys, ":"), (open.map(str::to_owned).to_vec(), 8), "{interruption}");
        }
        for doubt in ["s_down", "o_down", "unheard", "failover_in_progress"] {
            let found = format!("answered=3 named=10.0.0.10 views=none,master,{doubt}");
            container.set("PATIENCE", "40");
            assert_eq!(confirm(container, "", &[&found], ":").0, ["still waiting"], "{doubt}");
        }
        // One that just started does without replicas for a second, unless a sentinel closed it meanwhile, or one is away.
        container.set("PATIENCE", "100");
        let started = "closed=10000";
        assert_eq!(
            confirm(container, &format!("{started}; closed_now=false"), &[all], ":"),
            (alone.map(str::to_owned).to_vec(), 1)
        );
        assert_eq!(confirm(container, started, &[all], ":").0, alone[..2]);
        assert_eq!(confirm(container, started, &[most], ":").0, open);
        // Its Service was made anew, and it knew the old address.
        let known = "known as 10.0.0.10 from now on, no longer as 10.0.0.90";
        let renamed = ["orders CONFIG SET replica-announce-ip 10.0.0.10", known, open[0], open[1]];
        assert_eq!(confirm(container, "me=10.0.0.90", &[all], ":").0, renamed);
        // It became a replica meanwhile, or ended.
        assert_eq!(confirm(container, "", &[other], "role=slave").0, [""; 0]);
        assert_eq!(confirm(container, "", &[all], "false").0, [""; 0]);
    });
}

#[test]
fn links_to_a_pod_that_is_gone_are_made_anew() {
    in_each_shell(|container| {
        container.pods(4, 3);
        container.at(
            "127.0.0.1:6379",
            &Peer::master().answer("INFO replication", &format!("role:master\n{}", replica(1, "online", 0, ""))),
        );
        let replica = |link: &str| Peer::replica("10.0.0.10", link, 9).answer("CLIENT KILL *", "1");
        // One that is here already, one that holds the old link, one that has noticed.
        for (ordinal, link) in [(1, "connected"), (2, "connected"), (3, "connect")] {
            container.server(ordinal, &replica(link));
        }
        assert_eq!(call(container, "reclaim"), ["10.0.0.12 holds a link to a pod that is gone: having it made anew"]);
        assert_eq!(container.orders(), ["10.0.0.12:6379 CLIENT KILL TYPE master"]);
    });
}

#[test]
fn a_replica_is_followed_from_its_first_sync_to_a_lost_master() {
    let stubs = "find_master() { echo \"searches at $lost\"; }; role=slave was=slave link=down";
    let pass = |count: u32| format!("for n in $(seq {count}); do beat=$((beat + 1)); follow; done");
    let electable = "orders CONFIG SET replica-priority 100";
    let stale = |yes: &str| format!("orders CONFIG SET replica-serve-stale-data {yes}");
    in_each_shell(|container| {
        let follow = |container: &Container, state: &str, lines: &str| {
            call(container, &format!("{stubs}; newcomer=''; {state}\n{lines}; echo \"<$newcomer$closed>\""))
        };
        // It takes no writes, and must take them when it is elected: at once, and now and then.
        container.write("data/was-master", "");
        let opens = "orders CONFIG SET min-replicas-to-write 1";
        assert_eq!(follow(container, "was=master closed=10000 link=up", "follow"), [opens, "<>"]);
        assert!(!container.has("data/was-master"));
        assert_eq!(follow(container, "link=up beat=20", &pass(39)), [opens, "<>"]);
        // A newcomer is electable once in sync, and only then has data.
        assert_eq!(follow(container, "newcomer=1 link=sync", &pass(2)), ["<1>"]);
        assert!(!container.has("data/whole"));
        assert_eq!(
            follow(container, "newcomer=1 link=up refuses='CONFIG*'", &pass(2)),
            [electable, electable, "<1>"],
            "asked again"
        );
        assert_eq!(follow(container, "newcomer=1 link=up", &pass(2)), [electable, "<>"]);
        assert!(container.has("data/whole"));
        // With older data, when its master has been gone for 30 s; answers are too old after ten.
        let said = follow(container, "newcomer=1 link=sync", &pass(59));
        assert_eq!(said, [opens, &*stale("no"), opens, opens, "<1>"]);
        assert_eq!(
            follow(container, "newcomer=1 link=sync", &pass(60)),
            [opens, &*stale("no"), opens, opens, electable, "<>"]
        );
        std::fs::remove_file(container.path("data/whole")).unwrap();
        assert!(
            !follow(container, "newcomer=1 link=sync", &pass(99)).contains(&electable.to_owned()),
            "it has nothing to be elected for"
        );
        // One whose master is gone looks for another after five seconds, and answers again when it is back.
        assert_eq!(
            follow(container, "", &format!("{}; link=up; follow", pass(11))),
            ["searches at 10", "searches at 11", "<>"]
        );
        let said = follow(container, "lost=19", "follow; link=up; beat=2; follow; follow");
        assert_eq!(said, [&*stale("no"), "searches at 20", &*stale("yes"), "<>"]);
        // What the document says of old data stays: serve_stale.
        container.write("etc/redis-k8s/live.conf", "replica-serve-stale-data no\n");
        assert_eq!(follow(container, "lost=19 beat=1", "follow; link=up; beat=2; follow"), ["searches at 20", "<>"]);
        container.write("etc/redis-k8s/live.conf", "");
    });
}

#[test]
fn a_replica_that_lost_its_master_asks_the_sentinels() {
    let stubs = "me=10.0.0.10 epoch=7 named=10.0.0.12 answered=3 found=3 ours=yes lost=10 master=10.0.0.11 beat=30\n\
                 survey() { :; }; whose() { :; }; role() { echo \"$is\"; }; is='master - - 9'";
    let joins = [
        "sentinels name 10.0.0.12 (epoch 7), not 10.0.0.11, which is gone: joining it",
        "orders REPLICAOF 10.0.0.12 6379",
    ];
    in_each_shell(|container| {
        let find = |container: &Container, state: &str| {
            call(container, &format!("{stubs}\n{state}\nfind_master; echo $next_search"))
        };
        assert_eq!(find(container, ""), [joins[0], joins[1], "40"]);
        assert_eq!(find(container, "lost=60"), [joins[0], joins[1], "90"], "less often");
        assert_eq!(find(container, "next_search=31"), ["31"], "not yet");
        for (title, state) in [
            ("no majority", "answered=1"),
            ("nobody is named", "named=''"),
            ("it is named itself", "named=10.0.0.10"),
            ("it waits for the right one", "named=10.0.0.11"),
            ("the address is not ours", "ours=no"),
            ("the address may not be ours", "ours=maybe"),
            ("that one is no master", "is='slave 10.0.0.11 connect -1'"),
        ] {
            assert_eq!(find(container, state), ["40"], "{title}");
        }
    });
}

#[test]
fn what_changes_in_files_is_given_to_the_running_server() {
    in_each_shell(|container| {
        container.topology("max_lag", "3");
        assert_eq!(call(container, "echo $most"), ["2"]);
        container.topology("max_lag", "9");
        container.topology("min_replicas", "2");
        let live = "# of today\n\nmaxmemory 100mb\nsave 3600 1 300 100\nmaxmemory-policy allkeys-lru\nnotify-keyspace-events \"\"\n\
                    proto 'a b'\nsave \"\"\nempty\nrefused 1\n";
        container.write("etc/redis-k8s/live.conf", live);
        let apply = "refuses='CONFIG SET refused*'; apply resetpass; [ -e \"$work/applied\" ] && echo $most";
        let topology = ["orders CONFIG SET min-replicas-to-write 2", "orders CONFIG SET min-replicas-max-lag 9"];
        let directives = [
            "maxmemory \"100mb\"",
            "save \"3600 1 300 100\"",
            "maxmemory-policy \"allkeys-lru\"",
            "notify-keyspace-events \"\"",
            "proto 'a b'",
            "save \"\"",
            "empty \"\"",
            "refused \"1\"",
        ];
        let mut expected: Vec<String> = topology.iter().map(|order| (*order).to_owned()).collect();
        expected.extend(directives.iter().map(|directive| format!("orders CONFIG SET {directive}")));
        expected.push("refused waits for the next start: ERR no".to_owned());
        assert_eq!(call(container, apply), [&expected[..], &["4".to_owned()]].concat());
        // A master that is closed stays so.
        assert_eq!(call(container, &format!("closed=10000; {apply}"))[0], topology[1]);
        // Passwords are added to those it takes, or, where all know them, the others taken away.
        container.mount("auth");
        container.topology("auth", "1");
        container.write("etc/redis-k8s/live.conf", "");
        container.secret("server", "hunter2");
        let ran = container.call_unchecked("server-watch.sh", &format!("{STATE}apply; apply resetpass"));
        let hunter = "#f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7";
        let auth = "orders CONFIG SET masterauth \"\\x68\\x75\\x6e\\x74\\x65\\x72\\x32\"";
        let expected = |resetpass: &str| {
            [
                topology[0].to_owned(),
                topology[1].to_owned(),
                format!("orders ACL SETUSER default {resetpass}{hunter}"),
                auth.to_owned(),
            ]
        };
        assert_eq!(ran.lines(), [expected(""), expected("resetpass ")].concat());
    });
}

#[test]
fn a_server_loads_a_new_certificate_and_one_that_has_expired_is_not_dead() {
    in_each_shell(|container| {
        container.at("127.0.0.1:6379", &Peer::master());
        let orders = "order() { echo \"orders $*\"; }; open_to() { :; }; apply";
        let tls = |lines: &[String]| lines.iter().any(|line| line.starts_with("orders CONFIG SET tls-ca-cert-file "));
        assert!(!tls(&call(container, orders)));
        container.mount("tls");
        assert!(tls(&call(container, orders)));
        let refused = "Could not connect to Redis at 127.0.0.1:6379: SSL_connect failed: certificate verify failed";
        container.write("answer", &format!("{refused}\n"));
        let lines = "sample <\"$SCRATCH/answer\" || echo failed; read -r _ said <\"$run/pulse\"; echo \"$said\"";
        assert_eq!(call(container, lines), ["failed".to_owned(), format!("late {refused}")]);
    });
}

#[test]
fn data_in_another_form_is_switched_once_nothing_else_is_under_way() {
    let kept = |form: &str, now: &str| format!("data is kept as {now} now, no longer as {form}");
    let switch = "orders CONFIG SET appendonly ";
    in_each_shell(|container| {
        for (form, persistence, info, expected, left) in [
            ("aof", "aof", "aof_enabled:1", vec![], "aof"),
            ("rdb", "aof", "aof_enabled:0", vec![format!("{switch}yes")], "rdb"),
            ("rdb", "aof", "aof_enabled:1\naof_rewrite_in_progress:1", vec![], "rdb"),
            ("rdb", "aof", "aof_enabled:1\naof_rewrite_scheduled:1", vec![], "rdb"),
            ("rdb", "aof", "loading:1", vec![], "rdb"),
            ("rdb", "aof", "aof_enabled:1", vec![kept("rdb", "aof")], "aof"),
            ("aof", "rdb", "rdb_bgsave_in_progress:1\naof_enabled:1", vec![], "aof"),
            ("aof", "rdb", "aof_enabled:1", vec!["orders BGSAVE".to_owned()], "aof"),
            ("aof", "none", "aof_enabled:1", vec![format!("{switch}no"), kept("aof", "none")], "none"),
        ] {
            container.topology("persistence", persistence);
            container.write("data/form", &format!("{form}\n"));
            container.at("127.0.0.1:6379", &Peer::master().answer("INFO persistence", info));
            assert_eq!(call(container, "switch_form"), expected, "{form} {persistence} {info}");
            assert_eq!(container.read("data/form"), format!("{left}\n"));
        }
        // The snapshot is there.
        container.topology("persistence", "rdb");
        container.write("data/form", "aof\n");
        assert_eq!(call(container, "saved=1; switch_form"), [format!("{switch}no"), kept("aof", "rdb")]);
    });
}

#[test]
fn an_address_and_passwords_are_tended_and_a_chain_of_replicas() {
    let stubs = "switch_form() { echo switches; }; find_master() { echo searches; }; apply() { echo \"applies $*\"; }; find_unaware() { rm -f \"$run/open\"; }";
    in_each_shell(|container| {
        let upkeep =
            |container: &Container, state: &str| call(container, &format!("{stubs}\n{state}\nupkeep; echo $me"));
        assert_eq!(upkeep(container, ""), ["switches", "10.0.0.10"]);
        let known = "known as 10.0.0.10 from now on, no longer as 10.0.0.90";
        let order = "orders CONFIG SET replica-announce-ip 10.0.0.10";
        assert_eq!(call(container, "me=10.0.0.90; readdress; readdress; echo $me"), [order, known, "10.0.0.10"]);
        assert_eq!(upkeep(container, "me=10.0.0.90"), [order, known, "switches", "10.0.0.10"]);
        assert_eq!(upkeep(container, "me=10.0.0.90 refuses='*'"), [order, "switches", "10.0.0.90"], "tried again");
        container.name("redis-announce-0", &[]);
        assert_eq!(upkeep(container, ""), ["switches", "10.0.0.10"]);
        let behind = "role=slave link=up master=10.0.0.11";
        container.server(1, &Peer::replica("10.0.0.12", "connected", 9));
        assert_eq!(upkeep(container, behind), ["switches", "searches", "10.0.0.10"]);
        container.server(1, &Peer::master());
        assert_eq!(upkeep(container, behind), ["switches", "10.0.0.10"]);
        container.write("run/redis-k8s/open", "");
        assert_eq!(upkeep(container, ""), ["switches", "applies resetpass", "10.0.0.10"]);
    });
}
