//! common.sh: what others are asked, and how their answers are read.

use crate::container::{Container, in_each_shell};
use crate::peer::{Peer, master_state};

#[test]
fn a_role_is_read_from_every_answer() {
    let cases = [
        ("master\n1400\n10.0.0.11\n6379\n1400", "master 1400"),
        ("master\n0\n", "master 0"),
        ("slave\n10.0.0.10\n6379\nconnected\n99", "slave 10.0.0.10 connected 99"),
        ("slave\n10.0.0.10\n6379\nsync\n-1", "slave 10.0.0.10 sync -1"),
        ("slave\nredis-announce-0.shop.svc\n6379\nconnect\n-1", "slave redis-announce-0.shop.svc connect -1"),
        ("LOADING Redis is loading the dataset in memory\n", "loading"),
        ("NOAUTH Authentication required.\n", "refused"),
        ("WRONGPASS invalid username-password pair or user is disabled.\n", "refused"),
        ("BUSY Redis is busy running a script.\n", "other"),
        ("sentinel\nmymaster", "other"),
        ("ERR unknown command\n", "other"),
        ("", "silent"),
        ("master", "silent"),
    ];
    in_each_shell(|container| {
        for (number, (answer, _)) in cases.iter().enumerate() {
            container.at(&format!("10.9.0.{number}:6379"), &Peer::new().answer("ROLE", answer));
        }
        let lines: Vec<_> = (0..=cases.len()).map(|number| format!("echo \"$(role 10.9.0.{number})\"\n")).collect();
        let ran = container.call("common.sh", &lines.concat());
        let mut expected: Vec<_> = cases.iter().map(|(_, role)| *role).collect();
        // Nobody is at the last address.
        expected.push("silent");
        assert_eq!(ran.lines(), expected);
    });
}

fn view_of(container: &Container, peer: &Peer) -> String {
    container.sentinel(0, peer);
    container.call("common.sh", "view 10.0.1.10").out
}

#[test]
fn a_view_is_read_from_every_answer() {
    let state = |address| master_state(address, 7, "master", 2, 4);
    let down = master_state("10.0.0.10", 7, "master,s_down,o_down,failover_in_progress", 2, 2);
    let electing = |step: &str| down.replace("last-ok", &format!("failover-state\n{step}\nlast-ok"));
    let cases = [
        (Peer::sentinel("10.0.0.10\n6379", &state("10.0.0.10")), "named 10.0.0.10 7 master 2 4"),
        // It stands for election; it is elected.
        (
            Peer::sentinel("10.0.0.10\n6379", &electing("wait_start")),
            "named 10.0.0.10 7 master,s_down,o_down,failover_in_progress,candidate 2 2",
        ),
        (
            Peer::sentinel("10.0.0.10\n6379", &electing("select_slave")),
            "named 10.0.0.10 7 master,s_down,o_down,failover_in_progress 2 2",
        ),
        // While it elects, it names the old master and says so.
        (Peer::sentinel("10.0.0.10\n6379", &down), "named 10.0.0.10 7 master,s_down,o_down,failover_in_progress 2 2"),
        // Once it has elected, the rest is still about the old one.
        (Peer::sentinel("10.0.0.11\n6379", &down), "named 10.0.0.11 7 master 2 2"),
        (Peer::blank(), "blank"),
        (Peer::naming("10.0.0.10", 1).password("another"), "refused"),
        (Peer::new().answer("*", "WRONGPASS invalid username-password pair\n"), "refused"),
        (Peer::new().answer("PING", "PONG"), "refused"),
        (Peer::new().answer("*", ""), "silent"),
        // It broke off: before it said anything, behind what it knows of the master, and before the address that counts.
        (Peer::new().run("SENTINEL MASTER*", "exit"), "silent"),
        (Peer::new().answer("SENTINEL MASTER*", &down).run("PING", "exit"), "silent"),
        (Peer::new().answer("SENTINEL MASTER*", &down).answer("PING", "PONG").run("SENTINEL GET*", "exit"), "silent"),
        (
            Peer::new().answer("SENTINEL MASTER*", &down).answer("PING", "PONG").run("SENTINEL GET*", "echo; exit"),
            "silent",
        ),
    ];
    in_each_shell(|container| {
        for (peer, expected) in &cases {
            assert_eq!(view_of(container, peer).trim_end(), *expected, "{peer}");
        }
        assert_eq!(container.call("common.sh", "view 10.0.1.11").out, "silent\n");
        // While the password changes, what is answered goes through a variable.
        container.secret("sentinel", "new");
        container.secret("sentinel-previous", "old");
        for password in ["new", "old"] {
            assert_eq!(view_of(container, &Peer::blank().password(password)), "blank\n");
            assert_eq!(
                view_of(container, &Peer::naming("10.0.0.10", 1).password(password)),
                "named 10.0.0.10 1 master 2 2\n"
            );
        }
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
        // The failover ends between two answers, whichever they are.
        for last in ["SENTINEL MASTER *", "PING", "SENTINEL GET*"] {
            let answers = [
                ("SENTINEL MASTER *", "cat \"$SCRATCH/${now:-old}.state\""),
                ("PING", "echo PONG"),
                ("SENTINEL GET*", "cat \"$SCRATCH/${now:-old}.address\""),
            ];
            let peer = answers.iter().fold(Peer::new(), |peer, (command, answer)| {
                peer.run(command, &format!("{answer}{}", if *command == last { "; now=new" } else { "" }))
            });
            let view = view_of(container, &peer);
            let old = "named 10.0.0.10 7 master,failover_in_progress 2 2";
            let expected = if last == "SENTINEL GET*" { old } else { "named 10.0.0.11 7 master 2 2" };
            assert_eq!(view.trim_end(), expected, "after {last}");
        }
    });
}
