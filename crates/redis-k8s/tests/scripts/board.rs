//! server.sh: what a server learns of the others before it decides.

use crate::container::{Container, in_each_shell};
use crate::peer::Peer;

fn meet(container: &Container) -> String {
    let ran = container.call(
        "server.sh",
        "me=10.0.0.10; meet\necho \"masters=$masters listening=$listening mine=$mine best=$best peers=\" $peers",
    );
    ran.out.trim_end().to_owned()
}

#[test]
fn meeting_the_others_tells_who_leads_and_who_follows() {
    in_each_shell(|container| {
        container.pods(5, 3);
        assert_eq!(meet(container), "masters= listening=0 mine= best= peers= 1 2 3 4");
        container.server(1, &Peer::master());
        container.at("10.1.0.13:6379", &Peer::master());
        assert_eq!(meet(container), "masters= 10.0.0.11 10.1.0.13 listening=2 mine= best= peers= 1 2 3 4");
        // Those that follow this server, which does not run, and one that follows another.
        container.server(1, &Peer::replica("10.0.0.10", "connect", 20));
        container.server(2, &Peer::replica("10.0.0.10", "connect", 100));
        container.at("10.1.0.13:6379", &Peer::replica("10.0.0.99", "connected", 900));
        assert_eq!(meet(container), "masters= listening=3 mine= 10.0.0.11 10.0.0.12 best=10.0.0.12 peers= 1 2 3 4");
        // Loading or refusing, it is there.
        container.server(1, &Peer::role("LOADING\n"));
        container.server(2, &Peer::master().password("another"));
        assert_eq!(meet(container), "masters= listening=3 mine= best= peers= 1 2 3 4");
    });
}

#[test]
fn the_replica_with_the_newest_data_is_the_best() {
    in_each_shell(|container| {
        container.server(1, &Peer::replica("10.0.0.10", "connect", 100));
        container.server(2, &Peer::replica("10.0.0.10", "connect", 20));
        let met = meet(container);
        assert!(met.contains(" mine= 10.0.0.11 10.0.0.12 best=10.0.0.11 "), "{met}");
    });
}

#[test]
fn a_note_says_who_waits_and_with_what() {
    in_each_shell(|container| {
        container.set("POD_NAME", "redis-2");
        container.secret("sentinel", "hunter2");
        let sentinel = Peer::blank().password("hunter2");
        container.sentinels(&[sentinel.clone(), sentinel]);
        container.write("run/redis-k8s/sentinels", "0 10.0.1.10\n1 10.0.1.11\n2 10.0.1.12\n");
        let ran = container.call("server.sh", "stamp() { echo 77; }; waited=5 post_next=5; post; echo $post_next");
        assert_eq!(ran.out, "7\n", "a note is held for 3 s, so one every 2 s never leaves the board empty");
        for address in ["10.0.1.10:26379", "10.0.1.11:26379"] {
            assert_eq!(container.calls_to(address, ""), ["CLIENT SETNAME rk-waits-2-77"]);
        }
        container.forget_calls();
        // Not again before it would vanish.
        let ran = container.call("server.sh", "waited=5 post_next=6; post && echo $post_next");
        assert_eq!(ran.out, "6\n");
        assert_eq!(container.calls(), [""; 0]);
    });
}

fn connection(name: &str) -> String {
    format!(
        "id=4 addr=10.1.0.11:37792 laddr=10.1.1.10:26379 fd=8 name={name} age=0 idle=0 flags=N db=0 cmd=client|setname"
    )
}

fn read_board(container: &Container, notes: &[&[&str]], mine: u32) -> String {
    container.write("run/redis-k8s/sentinels", "0 10.0.1.10\n1 10.0.1.11\n2 10.0.1.12\n");
    for (ordinal, names) in notes.iter().enumerate() {
        let lines: Vec<_> = names.iter().map(|name| connection(name)).collect();
        container.sentinel(ordinal, &Peer::blank().but("CLIENT LIST", &lines.join("\n")));
    }
    let lines = format!(
        "stamp() {{ echo {mine}; }}\npeers='0 2'\nread_board\necho \"waiting=$waiting first=$first first_stamp=$first_stamp\""
    );
    container.call("server.sh", &lines).out.trim_end().to_owned()
}

#[test]
fn the_board_tells_who_waits_and_who_has_the_newest_data() {
    in_each_shell(|container| {
        container.set("POD_NAME", "redis-1");
        let board = |container: &Container, notes: &[&[&str]], mine| read_board(container, notes, mine);
        assert_eq!(board(container, &[&[], &[], &[]], 0), "waiting= first=1 first_stamp=0");
        // Of equals the lowest, this server included.
        assert_eq!(board(container, &[&["rk-waits-2-0"], &[], &[]], 0), "waiting= 2 first=1 first_stamp=0");
        assert_eq!(board(container, &[&["rk-waits-0-0"], &[], &[]], 0), "waiting= 0 first=0 first_stamp=0");
        // What only one sentinel knows counts as well, and what two know is the same.
        assert_eq!(
            board(container, &[&["", "rk-waits-2-5"], &["rk-waits-2-5"], &["rk-waits-0-9", "sentinel-abc-cmd"]], 7),
            "waiting= 2 2 0 first=0 first_stamp=9"
        );
        assert_eq!(
            board(container, &[&["rk-waits-0-5", "rk-waits-2-5"], &[], &[]], 7),
            "waiting= 0 2 first=1 first_stamp=7"
        );
        // Once all are seen to wait, no other sentinel is asked.
        assert_eq!(container.calls_to("10.0.1.11:26379", "CLIENT LIST").len(), 4);
        // Its own note of before, or a note of a sort we do not pin.
        assert_eq!(
            board(container, &[&["rk-waits-1-99", "rk-waits-x-9", "my-rk-waits-2-9-x"], &[], &[]], 7),
            "waiting= first=1 first_stamp=7"
        );
        // Ten comes after two.
        assert_eq!(
            board(container, &[&["rk-waits-10-5", "rk-waits-2-5"], &[], &[]], 0),
            "waiting= 10 2 first=2 first_stamp=5"
        );
    });
}

#[test]
fn everybody_waits_if_all_the_others_do() {
    in_each_shell(|container| {
        for (peers, waiting, expected) in [
            ("", "", true),
            (" 1 2", " 1 2", true),
            (" 1 2", " 2 1 3", true),
            (" 1 2", " 1", false),
            (" 1 2", "", false),
            (" 1", " 10 11", false),
        ] {
            let ran = container.call("server.sh", &format!("peers='{peers}' waiting='{waiting}'; everybody_waits"));
            assert_eq!(ran.succeeded(), expected, "{peers}: {waiting}");
        }
    });
}
