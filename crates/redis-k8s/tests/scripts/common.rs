//! common.sh: secrets, names, questions and how their answers are read, and what the sentinels say together.

use std::fmt::Write;

use crate::container::{Container, in_each_shell};
use crate::peer::{Peer, master_state};

const HUNTER: &str = "#f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7";
const SECRET: &str = "#2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";

/// What a few lines behind common.sh print, without the last end of line.
fn said(container: &Container, lines: &str) -> String {
    container.call("common.sh", lines).lines().join("\n")
}

/// Every byte a password can have: a line of a file, so no end of line and no zero.
pub(crate) fn awkward() -> Vec<u8> {
    let mut bytes: Vec<u8> = (1..=255).filter(|byte| *byte != b'\n').collect();
    bytes.extend_from_slice(b" $(reboot) `reboot` \"'\\ %s %n -n ~ * # ");
    bytes
}

#[test]
fn time_and_messages() {
    in_each_shell(|container| {
        container.set("POD_NAME", "redis-7");
        let ran = container.call("common.sh", "say one; say one; say two 'of  them'; say one; say '%s \\n'");
        let time = "2026-01-01T00:00:00Z redis-7";
        assert_eq!(ran.out, format!("{time}: one\n{time}: two of  them\n{time}: one\n{time}: %s \\n\n"));
        let lines =
            "clock; echo $now; sleep 0.05; clock; echo $now; pulse late 'no such'; cat \"$run/pulse\"; echo $pulsed";
        assert_eq!(said(container, lines), "100000000\n100000005\n100000005 late no such\nlate no such");
    });
}

#[test]
fn a_secret_is_the_first_line_of_its_file_and_of_two_passwords_all_take_the_previous() {
    in_each_shell(|container| {
        let line = awkward();
        let cases: [(&str, &[u8], &[u8]); 5] = [
            ("line", b"hunter2\nof two\n", b"hunter2"),
            ("unended", b"hunter2", b"hunter2"),
            ("blanks", b"  hunter2 \\ \n", b"  hunter2 \\ "),
            ("empty", b"", b""),
            ("awkward", &line, &line),
        ];
        for (name, text, expected) in cases {
            container.secret(name, text);
            let ran = container
                .call_unchecked("common.sh", &format!("secret {name}; printf %s \"$secret\" >\"$SCRATCH/out\""));
            assert_eq!(
                (std::fs::read(container.path("out")).unwrap().as_slice(), ran.err.as_str()),
                (expected, ""),
                "{name}"
            );
        }
        assert_eq!(said(container, "secret=x; secret none; echo \"<$secret>\""), "<>");
        // As configuration files and commands take it, whatever bytes it has.
        let hexadecimal = awkward().iter().fold(String::new(), |mut text, byte| {
            write!(text, "\\x{byte:02x}").unwrap();
            text
        });
        assert_eq!(container.call_unchecked("common.sh", "secret awkward; quoted").out, format!("\"{hexadecimal}\""));
        assert_eq!(said(container, "secret=''; quoted"), "\"\"");
        let password =
            |container: &Container| container.call_unchecked("common.sh", "password server; echo \"$secret\"").out;
        assert_eq!(password(container), "\n");
        container.secret("server", "hunter2\n");
        assert_eq!(password(container), "hunter2\n");
        container.secret("server-previous", "secret\n");
        assert_eq!(password(container), "secret\n");
    });
}

#[test]
fn accepted_is_every_valid_password_or_anything_while_a_pod_knows_none() {
    in_each_shell(|container| {
        container.secret("server", "hunter2\n");
        assert_eq!(said(container, "accepted server"), "nopass", "switched off, whatever is mounted");
        container.topology("auth", "1");
        assert_eq!(said(container, "accepted server").trim_end(), HUNTER);
        container.secret("server-previous", "secret\n");
        assert_eq!(said(container, "accepted server").trim_end(), format!("{HUNTER} {SECRET}"));
        assert_eq!(said(container, "accepted sentinel"), "");
        container.write("run/redis-k8s/open", "");
        assert_ne!(said(container, "accepted server"), "nopass", "all know it, if not all use it");
        container.write("run/redis-k8s/open", "\n");
        assert_eq!(said(container, "accepted server"), "nopass");
    });
}

#[test]
fn a_pod_is_unaware_of_passwords_until_it_has_restarted() {
    let server = |user: &str| Peer::new().answer("CONFIG GET masteruser", &format!("masteruser\n{user}"));
    let sentinel =
        |user: &str| Peer::new().answer("SENTINEL CONFIG GET sentinel-user", &format!("sentinel-user\n{user}"));
    in_each_shell(|container| {
        let open = |container: &Container| {
            said(container, "find_unaware; if [ -e \"$run/open\" ]; then echo open; else echo closed; fi")
        };
        for ordinal in [0, 1] {
            container.server(ordinal, &server("default"));
            container.sentinel(ordinal, &sentinel("default"));
        }
        container.server(2, &server(""));
        container.write("run/redis-k8s/open", "");
        assert_eq!(open(container), "closed", "there are no passwords");
        container.mount("auth");
        assert_eq!(open(container), "open");
        // It takes them now, and refuses who asks without one; and a sentinel that does not run needs none.
        container.server(2, &server("default").password("hunter2"));
        assert_eq!(open(container), "closed");
        container.sentinel(2, &sentinel(""));
        assert_eq!(open(container), "open");
        assert_eq!(said(container, "unaware 10.0.1.12 sentinel"), "sentinel-user  ");
        assert!(container.passwords().iter().all(|asked| asked.ends_with(' ')), "they are asked without a password");
    });
}

#[test]
fn a_password_is_awaited() {
    in_each_shell(|container| {
        container.set("PATIENCE", "3");
        assert_eq!(said(container, "await_password; echo there"), "there");
        container.mount("auth");
        container.plan(2, "echo hunter2 >\"$secrets/server\"");
        assert_eq!(
            said(container, "await_password; cat \"$run/pulse\""),
            "waiting for the password\n100000100 waiting for the password"
        );
        assert_eq!(container.seconds(), 2);
    });
}

#[test]
fn passwords_go_by_environment_and_commands_by_arguments_or_standard_input() {
    in_each_shell(|container| {
        container.secret("server", "hunter2");
        container.secret("sentinel", "secret");
        container.set("RK_SENTINEL_PORT", "7001");
        container.at("10.0.0.10:6379", &Peer::master().password("hunter2"));
        container.at("10.0.0.10:7001", &Peer::blank().password("secret"));
        let lines = "printf 'PING\\nPING\\n' | ask server 10.0.0.10; ask sentinel 10.0.0.10 PING\n\
                     printf 'one\\ntwo\\n' | while read -r word; do ask server 10.0.0.10 PING; echo $word; done";
        assert_eq!(
            said(container, lines),
            "PONG\nPONG\nPONG\nPONG\none\nPONG\ntwo",
            "words leave standard input to others"
        );
        assert_eq!(container.passwords()[..2], ["10.0.0.10:6379 hunter2", "10.0.0.10:7001 secret"]);
        assert_eq!(container.read("arguments").lines().next(), Some("redis-cli -h 10.0.0.10 -p 6379 --user default"));
        // Without a password none is sent, which a server without one would complain of.
        container.at("10.0.0.11:6379", &Peer::master());
        said(container, "talk 1 '' 10.0.0.11 6379 PING");
        assert_eq!(container.passwords().last().map(String::as_str), Some("10.0.0.11:6379 "));
        // Who cannot be reached is told as an answer, and who hangs is given up.
        assert!(said(container, "ask server 10.0.0.12 PING").starts_with("Could not connect"));
        container.mount("tls");
        container.at("10.0.0.13:6379", &Peer::new().run("*", "exec sleep 20"));
        let begun = std::time::Instant::now();
        assert_eq!(said(container, "echo \"<$(talk 0.2 '' 10.0.0.13 6379 PING)>\"; role 10.0.0.13"), "<>\nsilent");
        assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
        let flags = "--tls --cacert /etc/redis-k8s-tls/ca.crt --cert /etc/redis-k8s-tls/tls.crt --key /etc/redis-k8s-tls/tls.key";
        let arguments = container.file("arguments");
        assert_eq!(
            arguments.lines().last(),
            Some(&*format!("redis-cli -h 10.0.0.13 -p 6379 --user default {flags} ROLE"))
        );
    });
}

#[test]
fn all_done_means_that_every_command_was_answered_with_ok() {
    in_each_shell(|container| {
        container.sentinel(0, &Peer::blank().but("SENTINEL RESET *", "1"));
        for (commands, done) in [
            ("SENTINEL SET a b", true),
            ("SENTINEL SET a b\\nSENTINEL DEBUG x 1", true),
            ("SENTINEL SET a b\\nSENTINEL RESET a", false),
            ("SENTINEL WHAT\\nSENTINEL SET a b", false),
        ] {
            let ran = container.call("common.sh", &format!("printf '{commands}\\n' | all_done 10.0.1.10"));
            assert_eq!(ran.succeeded(), done, "{commands}");
        }
        assert!(!container.call("common.sh", "echo PING | all_done 10.0.1.11").succeeded(), "nobody is there");
    });
}

#[test]
fn a_role_is_read_from_every_answer() {
    let cases = [
        ("master\n1400\n10.0.0.11\n6379\n1400", "master - - 1400"),
        ("master\n0\n", "master - - 0"),
        ("slave\n10.0.0.10\n6379\nconnected\n99", "slave 10.0.0.10 connected 99"),
        ("slave\n10.0.0.10\n6379\nsync\n-1", "slave 10.0.0.10 sync -1"),
        ("slave\nredis-announce-0.shop.svc\n6379\nconnect\n-1", "slave redis-announce-0.shop.svc connect -1"),
        ("LOADING Redis is loading the dataset in memory\n", "loading"),
        ("NOAUTH Authentication required.\n", "refused"),
        ("AUTH failed: WRONGPASS invalid username-password pair or user is disabled.\nNOAUTH no", "refused"),
        ("BUSY Redis is busy running a script.\n", "other"),
        ("sentinel\nmymaster", "other"),
        ("ERR max number of clients reached\n", "other"),
        ("ERR unknown command\n", "other"),
        ("Error: Server closed the connection", "silent"),
        ("Could not connect to Redis at 10.0.0.10:6379: SSL_connect failed: certificate verify failed", "silent"),
        ("", "silent"),
    ];
    in_each_shell(|container| {
        for (number, (answer, _)) in cases.iter().enumerate() {
            container.at(&format!("10.9.0.{number}:6379"), &Peer::new().answer("ROLE", answer));
        }
        // Nobody is at the last address.
        let lines = format!("for n in $(seq 0 {}); do role 10.9.0.$n; done", cases.len());
        let ran = container.call("common.sh", &lines);
        let expected: Vec<_> = cases.iter().map(|(_, role)| *role).chain(["silent"]).collect();
        assert_eq!(ran.lines(), expected);
    });
}

#[test]
fn a_view_is_read_from_every_answer() {
    let state = |address| master_state(address, 7, "master", 2, 4);
    let down = master_state("10.0.0.10", 7, "master,s_down,o_down,failover_in_progress", 2, 2);
    let electing = |step: &str| down.replace("last-ok", &format!("failover-state\n{step}\nlast-ok"));
    let heard = |milliseconds: &str| state("10.0.0.10").replace("reply\n300", &format!("reply\n{milliseconds}"));
    let at_10 = |state: &str| Peer::sentinel("10.0.0.10\n6379", state);
    let says = |line: &str| Peer::new().answer("*", line);
    let cases = [
        (at_10(&state("10.0.0.10")), "named 10.0.0.10 7 master 2 4"),
        (at_10(&heard("2499")), "named 10.0.0.10 7 master 2 4"),
        (at_10(&heard("2500")), "named 10.0.0.10 7 master,unheard 2 4"),
        // It stands for election; it is elected; and while it elects it names the old master.
        (at_10(&electing("wait_start")), "named 10.0.0.10 7 master,s_down,o_down,failover_in_progress,candidate 2 2"),
        (at_10(&electing("select_slave")), "named 10.0.0.10 7 master,s_down,o_down,failover_in_progress 2 2"),
        // Once it has elected, the rest is still about the old one.
        (Peer::sentinel("10.0.0.11\n6379", &down), "named 10.0.0.11 7 master 2 2"),
        (Peer::blank(), "blank"),
        (Peer::naming("10.0.0.10", 1).password("another"), "refused wrong password"),
        (says("AUTH failed: WRONGPASS invalid username-password pair\n"), "refused wrong password"),
        (says(""), "silent no answer within a second"),
        (says("ERR max number of clients reached\n"), "silent ERR max number of clients reached"),
        (says("Error: Server closed the connection"), "silent Server closed the connection"),
        (
            says("Could not connect to Redis at 10.0.1.10:26379: SSL_connect failed: certificate verify failed"),
            "silent certificate verify failed",
        ),
        // It broke off: before it said anything, in the middle, before the address that counts, and before the end.
        (Peer::new().run("SENTINEL MASTER*", "exit"), "silent no answer within a second"),
        (
            Peer::new().answer("SENTINEL MASTER*", "name\nmymaster\nip").run("*", "exit"),
            "silent no answer within a second",
        ),
        (Peer::new().answer("SENTINEL MASTER*", &down).run("*", "exit"), "silent no answer within a second"),
        (
            Peer::new().answer("SENTINEL MASTER*", &down).run("*", "echo 10.0.0.10; exit"),
            "silent no answer within a second",
        ),
    ];
    in_each_shell(|container| {
        for (number, (peer, _)) in cases.iter().enumerate() {
            container.at(&format!("10.9.1.{number}:26379"), peer);
        }
        let ran = container.call("common.sh", &format!("for n in $(seq 0 {}); do view 10.9.1.$n; done", cases.len()));
        let expected: Vec<_> = cases.iter().map(|(_, view)| *view).chain(["silent Connection refused"]).collect();
        assert_eq!(ran.lines(), expected);
    });
}

#[test]
fn no_view_has_an_old_address_under_a_new_epoch() {
    in_each_shell(|container| {
        container
            .write("old.state", &format!("{}\n", master_state("10.0.0.10", 7, "master,failover_in_progress", 2, 2)));
        container.write("new.state", &format!("{}\n", master_state("10.0.0.11", 8, "master", 2, 2)));
        container.write("old.address", "10.0.0.10\n6379\n");
        container.write("new.address", "10.0.0.11\n6379\n");
        // The failover ends between two answers.
        for (last, expected) in [
            ("SENTINEL MASTER *", "named 10.0.0.11 7 master 2 2"),
            ("SENTINEL GET*", "named 10.0.0.10 7 master,failover_in_progress 2 2"),
        ] {
            let answers = [
                ("SENTINEL MASTER *", "cat \"$SCRATCH/${now:-old}.state\""),
                ("SENTINEL GET*", "cat \"$SCRATCH/${now:-old}.address\""),
                ("PING", "echo PONG"),
            ];
            let peer = answers.iter().fold(Peer::new(), |peer, (command, answer)| {
                peer.run(command, &format!("{answer}{}", if *command == last { "; now=new" } else { "" }))
            });
            container.sentinel(0, &peer);
            assert_eq!(said(container, "view 10.0.1.10"), expected, "after {last}");
        }
    });
}

#[test]
fn lookup_remembers_for_the_time_without_a_name_service() {
    in_each_shell(|container| {
        container.name("many", &["10.0.0.9", "10.0.0.10", "10.0.0.8"]);
        assert_eq!(said(container, "addresses many; addresses none"), "10.0.0.10\n10.0.0.8\n10.0.0.9");
        let lookup = |container: &Container| said(container, "lookup redis-announce-1");
        assert_eq!(said(container, "lookup redis-announce-1 known"), "", "nothing is known yet");
        assert_eq!(lookup(container), "10.0.0.11");
        assert_eq!(container.read("data/names/redis-announce-1"), "10.0.0.11\n");
        container.name("redis-announce-1", &["10.0.0.91"]);
        assert_eq!(said(container, "lookup redis-announce-1 known"), "10.0.0.11", "nobody is asked");
        assert_eq!(lookup(container), "10.0.0.91");
        // A name that is gone while others are there is gone: the pod was scaled away.
        container.name("redis-announce-1", &[]);
        assert_eq!(lookup(container), "");
        assert!(container.call("common.sh", "name_service").succeeded());
        container.without_names();
        assert!(!container.call("common.sh", "name_service").succeeded());
        assert_eq!(lookup(container), "10.0.0.91");
        assert_eq!(said(container, "lookup redis-announce-2"), "");
        // Nothing half written is left, which a member's name could be taken for.
        assert_eq!(std::fs::read_dir(container.path("data/names")).unwrap().count(), 1);
    });
}

#[test]
fn pods_announce_their_service_or_themselves() {
    in_each_shell(|container| {
        container.topology("sentinels", "5");
        assert_eq!(
            said(container, "for k in server sentinel; do set_of $k; echo $set $rendered; done"),
            "redis 3\nredis-sentinel 5"
        );
        container.topology("sentinels", "3");
        container.pods(4, 4);
        let call =
            "announced server 1; announced server 3; announced sentinel 2; announced sentinel 3; announced server 4";
        assert_eq!(said(container, call), "10.0.0.11\n10.1.0.13\n10.0.1.12\n10.1.1.13");
        container.without_names();
        assert_eq!(said(container, "announced sentinel 2 known; announced sentinel 0 known"), "10.0.1.12");
        // Certificates hold names, and names need no look-up here.
        container.mount("tls");
        assert_eq!(
            said(container, call),
            "redis-announce-1.shop.svc\nredis-3.redis-headless.shop.svc\nredis-sentinel-announce-2.shop.svc\n\
             redis-sentinel-3.redis-sentinel-headless.shop.svc\nredis-4.redis-headless.shop.svc"
        );
    });
}

#[test]
fn pods_known_outside_announce_that_address_and_others_as_before() {
    in_each_shell(|container| {
        container.topology_if("outside");
        container.pods(4, 4);
        let call = "announced server 1; announced server 3; announced sentinel 2; announced sentinel 1";
        assert_eq!(said(container, call), "10.0.0.11\n10.1.0.13\n10.0.1.12\n10.0.1.11", "a pod of before");
        container.set("RK_SERVERS", "redis-{index}.example.com");
        assert_eq!(said(container, call), "redis-1.example.com\n10.1.0.13\n10.0.1.12\n10.0.1.11");
        container.set("RK_SENTINELS", "192.0.2.20 192.0.2.21");
        assert_eq!(said(container, call), "redis-1.example.com\n10.1.0.13\n10.0.1.12\n192.0.2.21", "one too few");
        container.set("RK_SENTINELS", "192.0.2.20 192.0.2.21 192.0.2.22 192.0.2.23");
        container.mount("tls");
        assert_eq!(
            said(container, call),
            "redis-1.example.com\nredis-3.redis-headless.shop.svc\n192.0.2.22\n192.0.2.21"
        );
        // The port of a node is another for each, and only where the address is one outside.
        container.topology_if("node_ports");
        let call = "for number in 0 2 3; do for kind in server sentinel; do at $kind $(announced $kind $number); echo $to; done; done\n\
                    at sentinel 127.0.0.1; echo $to; at server 10.0.0.11; echo $to; at server cache-1.example.com; echo $to";
        let inside = "127.0.0.1 26379\n10.0.0.11 6379\ncache-1.example.com 6379";
        for (servers, sentinels, expected) in [
            (
                "redis-{index}.example.com=30379",
                "192.0.2.20=30479 2001:db8::1=30480 192.0.2.22=30481 192.0.2.23=30482",
                "redis-0.example.com 30379\n192.0.2.20 30479\nredis-2.example.com 30381\n192.0.2.22 30481\n",
            ),
            ("{index}.redis=30379", "s{index}=30479", "0.redis 30379\ns0 30479\n2.redis 30381\ns2 30481\n"),
            (
                "",
                "",
                "redis-announce-0.shop.svc 6379\nredis-sentinel-announce-0.shop.svc 26379\nredis-announce-2.shop.svc 6379\n\
                 redis-sentinel-announce-2.shop.svc 26379\n",
            ),
        ] {
            container.set("RK_SERVERS", servers);
            container.set("RK_SENTINELS", sentinels);
            let beyond =
                "redis-3.redis-headless.shop.svc 6379\nredis-sentinel-3.redis-sentinel-headless.shop.svc 26379\n";
            assert_eq!(said(container, call), format!("{expected}{beyond}{inside}"), "{servers}");
        }
    });
}

#[test]
fn members_are_the_rendered_and_those_beyond_and_a_roster_has_their_addresses() {
    in_each_shell(|container| {
        let members =
            |container: &Container, kind: &str| said(container, &format!("members {kind}")).replace('\n', " ");
        assert_eq!(members(container, "server"), "0 1 2");
        container.pods(5, 2);
        assert_eq!(
            (members(container, "server"), members(container, "sentinel")),
            ("0 1 2 3 4".into(), "0 1 2".into())
        );
        // A rendered member that is being replaced does not hide those behind it.
        container.name("redis-1.redis-headless", &[]);
        assert_eq!(members(container, "server"), "0 1 2 3 4");
        assert!(!container.call("common.sh", "exists server 1").succeeded());
        assert!(container.call("common.sh", "exists server 4").succeeded());
        container.without_names();
        assert_eq!(members(container, "server"), "0 1 2");

        container.pods(12, 3);
        let roster = said(container, "roster server");
        let lines: Vec<_> = roster.lines().collect();
        assert_eq!((lines.len(), lines[2], lines[3], lines[11]), (12, "2 10.0.0.12", "3 10.1.0.13", "11 10.1.0.111"));
        // Of the sentinels one has no address, another no pod.
        container.name("redis-sentinel-announce-0", &[]);
        container.name("redis-sentinel-2.redis-sentinel-headless", &[]);
        assert_eq!(said(container, "roster sentinel"), "1 10.0.1.11\n2 10.0.1.12");
        assert_eq!(said(container, "roster sentinel present"), "1 10.0.1.11");
        // All are asked at once, and each in its own name.
        let asked = said(container, "probe() { echo \"$2 at $1\"; }; roster sentinel | at_once probe me | sort");
        assert_eq!(asked, "1 10.0.1.11 me at 10.0.1.11\n2 10.0.1.12 me at 10.0.1.12");
    });
}

#[test]
fn whose_an_address_is_can_be_certain_or_not() {
    in_each_shell(|container| {
        let whose = |container: &Container, address: &str| said(container, &format!("whose {address}; echo $ours"));
        // A Service's, a pod's own, and neither the beginning nor the end of one of ours.
        for (address, ours) in
            [("10.0.0.12", "yes"), ("10.1.0.12", "yes"), ("10.0.0.99", "no"), ("10.0.0.1", "no"), ("0.0.0.12", "no")]
        {
            assert_eq!(whose(container, address), ours, "{address}");
        }
        // While a Service has no address it may have had that one.
        container.name("redis-announce-1", &[]);
        assert_eq!(whose(container, "10.0.0.99"), "maybe");
        container.without_names();
        assert_eq!(whose(container, "10.0.0.99"), "yes");
    });
}

#[test]
fn an_interview_asks_all_other_servers() {
    in_each_shell(|container| {
        container.set("POD_NAME", "redis-1");
        container.pods(5, 3);
        container.server(0, &Peer::master());
        container.server(1, &Peer::master());
        container.at("10.1.0.13:6379", &Peer::replica("10.0.0.10", "connected", 7));
        container.name("redis-announce-2", &[]);
        assert_eq!(
            said(container, "interview; cat \"$work/roles\""),
            "0 10.0.0.10 master - - 1400\n3 10.1.0.13 slave 10.0.0.10 connected 7\n4 10.1.0.14 silent"
        );
    });
}

/// What a survey of these sentinels finds.
fn survey(container: &Container, peers: &[Peer]) -> String {
    for ordinal in 0..3 {
        let _ = std::fs::remove_file(container.path(&format!("peers/10.0.1.1{ordinal}:26379")));
    }
    container.sentinels(peers);
    let lines = "survey; if majority; then m=yes; else m=no; fi\necho \"$answered/$found $m named=$named $epoch $views <$silence>\"";
    said(container, lines)
}

#[test]
fn a_survey_tells_whom_the_sentinels_name() {
    let naming = |address: &str, epoch| Peer::naming(address, epoch);
    let one = naming("10.0.0.10", 7);
    in_each_shell(|container| {
        assert_eq!(survey(container, &[]), "0/3 no named= 0 none <Connection refused>");
        let blank = Peer::blank;
        assert_eq!(survey(container, &[blank(), blank()]), "2/3 yes named= 0 none <Connection refused>");
        // Who refuses is there, and answers nothing; what he says is told.
        assert_eq!(
            survey(container, &[blank(), blank().password("x"), blank().password("x")]),
            "1/3 no named= 0 none <wrong password>"
        );
        assert_eq!(
            survey(container, &[one.clone(), blank(), Peer::naming_with("10.0.0.10", 7, "master,s_down")]),
            "3/3 yes named=10.0.0.10 7 none,10.0.0.10 7 master 2 2,10.0.0.10 7 master,s_down 2 2 <>"
        );
        // The highest epoch, the latest election, even of one alone: ten is more than nine.
        let three = [naming("10.0.0.12", 9), naming("10.0.0.11", 10), naming("10.0.0.12", 9)];
        assert!(survey(container, &three).starts_with("3/3 yes named=10.0.0.11 10 "));
        assert_eq!(
            said(container, "survey; cat \"$work/tally\"").split_whitespace().collect::<Vec<_>>().join(" "),
            "1 10 10.0.0.11 2 9 10.0.0.12"
        );
        // Of one epoch the most votes, and of as many the same everywhere.
        let votes = [naming("10.0.0.10", 0), naming("10.0.0.12", 0), naming("10.0.0.12", 0)];
        assert!(survey(container, &votes).contains(" named=10.0.0.12 0 "));
        assert!(survey(container, &[votes[1].clone(), votes[0].clone()]).contains(" named=10.0.0.10 0 "));
        // Those beyond the rendered ones have a say, and the topology is the one of now.
        container.pods(3, 5);
        assert!(survey(container, &[blank(), blank()]).starts_with("2/5 no "));
        container.pods(3, 2);
        container.name("redis-sentinel-announce-2", &[]);
        assert_eq!(survey(container, &[blank(), blank()]), "2/3 yes named= 0 none <no such name>");
        let lines = "echo sentinels=7 >>\"$etc/topology.env\"; survey; echo $found";
        assert_eq!(said(container, lines), "7");
    });
}

#[test]
fn notes_are_names_of_connections() {
    in_each_shell(|container| {
        let list: Vec<_> = ["rk-waits-2-77", "", "rk-waits-x-9", "my-rk-waits-2-9-x", "rk-waits-0-0"]
            .iter()
            .map(|name| {
                format!("id=4 addr=10.1.0.11:37792 laddr=10.1.1.10:26379 fd=8 name={name} age=0 cmd=client|setname")
            })
            .collect();
        container.sentinel(0, &Peer::blank().but("CLIENT LIST", &list.join("\n")));
        assert_eq!(said(container, "notes 10.0.1.10; notes 10.0.1.11"), "2-77\n0-0");
    });
}

#[test]
fn a_sentinel_is_registered_with_the_settings_of_today() {
    in_each_shell(|container| {
        container.sentinel(0, &Peer::blank());
        assert!(container.call("common.sh", "register 10.0.0.12 10.0.1.10").succeeded());
        let settings = "SENTINEL SET mymaster quorum 2 down-after-milliseconds 5000 failover-timeout 30000 parallel-syncs 1\n\
                        SENTINEL SET mymaster master-reboot-down-after-period 5000";
        let debug = "SENTINEL DEBUG INFO-PERIOD 1000 PING-PERIOD 500 ASK-PERIOD 250 PUBLISH-PERIOD 500 MIN-LINK-RECONNECT-PERIOD 3000";
        let expected = format!("SENTINEL MONITOR mymaster 10.0.0.12 6379 2\n{settings}\n{debug}");
        assert_eq!(container.calls_to("10.0.1.10:26379", "").join("\n"), expected);
        container.secret("server", "hunter2");
        let auth = "SENTINEL SET mymaster auth-user default auth-pass \"\\x68\\x75\\x6e\\x74\\x65\\x72\\x32\"";
        assert_eq!(
            container.call_unchecked("common.sh", "sentinel_settings").out,
            format!("{settings}\n{auth}\n{debug}\n")
        );
        // One that knows a master keeps to it.
        container.sentinel(0, &Peer::blank().but("SENTINEL MONITOR *", "ERR Duplicate master name\n"));
        assert!(!container.call("common.sh", "register 10.0.0.12 10.0.1.10").succeeded());
    });
}

#[test]
fn an_election_is_asked_of_one_sentinel_those_far_from_this_server_first() {
    in_each_shell(|container| {
        let agrees = Peer::naming("10.0.0.10", 7);
        let refuses = agrees.clone().but("SENTINEL FAILOVER *", "NOGOODSLAVE No suitable replica to promote\n");
        let busy = agrees.clone().but("SENTINEL FAILOVER *", "INPROG Failover already in progress\n");
        let elect = |container: &Container, peers: &[&Peer]| {
            container.rewind();
            container.sentinels(&peers.iter().map(|peer| (*peer).clone()).collect::<Vec<_>>());
            let ran = said(container, "survey; if elect; then echo $elected_by; else echo nobody; fi");
            let asked: Vec<_> = container.orders().iter().map(|call| call[8..9].to_owned()).collect();
            (ran, asked.concat())
        };
        let got = |elected_by: &str, asked: &str| (elected_by.to_owned(), asked.to_owned());
        assert_eq!(elect(container, &[&agrees, &agrees, &agrees]), got("10.0.1.12", "2"));
        assert_eq!(elect(container, &[&agrees, &agrees, &refuses]), got("10.0.1.11", "21"));
        assert_eq!(elect(container, &[&agrees, &busy, &refuses]), got("10.0.1.11", "21"));
        assert_eq!(elect(container, &[&refuses, &refuses, &refuses]), got("nobody", "210"));
        // One that knows no master has nobody to replace.
        assert_eq!(elect(container, &[&agrees, &Peer::blank(), &Peer::blank()]), got("10.0.1.10", "0"));
        container.set("POD_NAME", "redis-2");
        assert_eq!(elect(container, &[&agrees, &agrees, &agrees]), got("10.0.1.10", "0"));
    });
}
