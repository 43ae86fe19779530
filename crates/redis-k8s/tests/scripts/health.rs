//! health.sh: what the probes are told.

use crate::container::{Container, in_each_shell};
use crate::peer::Peer;

/// Exit code and message.
fn health(container: &Container, arguments: &[&str]) -> (Option<i32>, String) {
    let ran = container.run("health.sh", arguments);
    (ran.code, ran.out.trim_end().to_owned())
}

#[test]
fn whoever_answers_anything_lives() {
    in_each_shell(|container| {
        for (kind, port) in [("server", 6379), ("sentinel", 26379)] {
            for (answer, lives) in [
                ("PONG", true),
                ("LOADING Redis is loading the dataset in memory\n", true),
                ("BUSY Redis is busy running a script.\n", true),
                ("MASTERDOWN Link with MASTER is down\n", true),
                ("NOAUTH Authentication required.\n", true),
                ("WRONGPASS invalid username-password pair\n", true),
                ("MISCONF Redis is configured to save RDB snapshots\n", true),
                ("ERR max number of clients reached\n", false),
                ("", false),
            ] {
                container.at(&format!("127.0.0.1:{port}"), &Peer::new().answer("PING", answer));
                let (code, message) = health(container, &[kind, "live"]);
                assert_eq!(code == Some(0), lives, "{kind} {answer}");
                assert_eq!(message.is_empty(), lives, "{message}");
            }
        }
    });
}

#[test]
fn whoever_is_silent_is_dead_unless_it_waits_to_start() {
    in_each_shell(|container| {
        assert_eq!(health(container, &["server", "live"]), (Some(1), "no answer:".to_owned()));
        container.write("run/redis-k8s/state", "waiting\n");
        assert_eq!(health(container, &["server", "live"]), (Some(0), String::new()));
        container.write("run/redis-k8s/state", "running\n");
        assert_eq!(health(container, &["server", "live"]), (Some(1), "no answer:".to_owned()));
    });
}

#[test]
fn a_server_is_ready_as_master_or_in_sync() {
    in_each_shell(|container| {
        let cases = [
            (Peer::master(), true, ""),
            (Peer::replica("10.0.0.11", "connected", 9), true, ""),
            (Peer::replica("10.0.0.11", "sync", -1), false, "not in sync: slave 10.0.0.11 sync -1"),
            (Peer::replica("10.0.0.11", "connect", 9), false, "not in sync: slave 10.0.0.11 connect -1"),
            (Peer::role("LOADING\n"), false, "not in sync: loading"),
            (Peer::master().password("another"), false, "refuses the password"),
            (Peer::master(), true, ""),
            // Somebody has changed the Secret: what was ready stays so.
            (Peer::master().password("another"), true, ""),
            (Peer::new().answer("*", ""), false, "not in sync: silent"),
        ];
        for (peer, ready, message) in cases {
            container.at("127.0.0.1:6379", &peer);
            assert_eq!(health(container, &["server", "ready"]), (Some(i32::from(!ready)), message.to_owned()));
        }
        // A master is what it is, whatever was said of it when it started.
        container.write("run/redis-k8s/newcomer", "");
        container.at("127.0.0.1:6379", &Peer::master());
        assert_eq!(health(container, &["server", "ready"]), (Some(0), String::new()));
        container.at("127.0.0.1:6379", &Peer::replica("10.0.0.11", "connected", 9));
        assert_eq!(health(container, &["server", "ready"]), (Some(1), "in sync, but not electable yet".to_owned()));
    });
}

#[test]
fn a_sentinel_is_ready_once_it_knows_a_master() {
    in_each_shell(|container| {
        let cases = [
            (Peer::naming("10.0.0.11", 3), true, ""),
            (Peer::naming_with("10.0.0.11", 3, "master,s_down,o_down"), true, ""),
            (Peer::blank(), false, "knows no master: blank"),
            (Peer::blank().password("another"), false, "refuses the password"),
            (Peer::naming("10.0.0.11", 3), true, ""),
            (Peer::blank().password("another"), true, ""),
            (Peer::new().answer("*", ""), false, "knows no master: silent"),
        ];
        for (peer, ready, message) in cases {
            container.at("127.0.0.1:26379", &peer);
            assert_eq!(health(container, &["sentinel", "ready"]), (Some(i32::from(!ready)), message.to_owned()));
        }
    });
}

#[test]
fn another_question_is_a_mistake_in_the_probe() {
    in_each_shell(|container| {
        for arguments in [["server", "happy"], ["client", "ready"]] {
            let (code, message) = health(container, &arguments);
            assert_eq!(code, Some(2), "{arguments:?}");
            assert_eq!(message, "usage: health.sh server|sentinel live|ready");
        }
    });
}
