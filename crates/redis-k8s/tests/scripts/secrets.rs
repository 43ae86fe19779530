//! common.sh: secrets come from files and go on by standard input or environment, whatever bytes they have.

use std::fmt::Write;

use crate::container::in_each_shell;
use crate::peer::Peer;

/// Every byte a password can have: a line of a file, so no end of line and no zero.
pub(crate) fn awkward() -> Vec<u8> {
    let mut bytes: Vec<u8> = (1..=255).filter(|byte| *byte != b'\n').collect();
    bytes.extend_from_slice(b" $(reboot) `reboot` \"'\\ %s %n -n ~ * # ");
    bytes
}

#[test]
fn a_secret_is_the_first_line_of_its_file() {
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
            container.call_for_secret(&format!("secret {name} >\"$SCRATCH/out\""));
            assert_eq!(std::fs::read(container.path("out")).unwrap(), expected, "{name}");
        }
        let ran = container.call("common.sh", "secret none && echo \"and no complaint\"");
        assert_eq!(ran.out, "and no complaint\n");
    });
}

#[test]
fn quoted_writes_every_byte_as_configuration_files_take_it() {
    in_each_shell(|container| {
        container.secret("server", awkward());
        let mut expected = awkward().iter().fold(String::from("\""), |mut text, byte| {
            write!(text, "\\x{byte:02x}").unwrap();
            text
        });
        expected.push('"');
        assert_eq!(container.call_for_secret("secret server | quoted").out, expected);
        assert_eq!(container.call("common.sh", "printf '' | quoted").out, "\"\"");
    });
}

#[test]
fn digest_is_the_one_of_access_control_lists() {
    in_each_shell(|container| {
        container.secret("server", "hunter2\n");
        // sha256sum of the seven letters.
        let expected = "#f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7";
        assert_eq!(container.call("common.sh", "secret server | digest").out, expected);
    });
}

#[test]
fn accepted_passwords_are_the_current_and_the_previous() {
    const HUNTER: &str = "#f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7";
    const SECRET: &str = "#2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
    in_each_shell(|container| {
        container.secret("server", "hunter2\n");
        let line = "user default on ~* &* +@all";
        let call = "accepted_passwords server";
        assert_eq!(container.call("common.sh", call).out, format!("{line} {HUNTER}\n"));
        container.secret("server-previous", "secret\n");
        assert_eq!(container.call("common.sh", call).out, format!("{line} {HUNTER} {SECRET}\n"));
        assert_eq!(container.call("common.sh", "accepted_passwords sentinel").out, format!("{line}\n"));
    });
}

#[test]
fn send_passes_a_password_by_environment_and_commands_by_standard_input() {
    in_each_shell(|container| {
        container.secret("server", "hunter2");
        container.at("10.0.0.10:6379", &Peer::master().password("hunter2"));
        let ran = container.call("common.sh", "printf 'PING\\nPING\\n' | send \"$(secret server)\" 10.0.0.10 6379");
        assert_eq!(ran.out, "PONG\nPONG\n");
        assert_eq!(container.calls(), ["10.0.0.10:6379 PING", "10.0.0.10:6379 PING"]);
        assert_eq!(container.passwords(), ["10.0.0.10:6379 hunter2"]);
        assert_eq!(container.read("arguments"), "redis-cli -h 10.0.0.10 -p 6379\n");
        // Without a password none is sent, which a server without one would complain of.
        container.at("10.0.0.11:6379", &Peer::master());
        container.call("common.sh", "echo PING | send '' 10.0.0.11 6379");
        assert_eq!(container.passwords()[1], "10.0.0.11:6379 ");
    });
}

#[test]
fn send_gives_up_in_time_and_encrypts_where_it_must() {
    in_each_shell(|container| {
        container.set("RK_TLS", "1");
        // The imitation's shell has no sleep but the tool on PATH, which really sleeps.
        container.at("10.0.0.10:6379", &Peer::new().run("PING", "exec sleep 20"));
        let begun = std::time::Instant::now();
        let ran = container.call("common.sh", "echo PING | send '' 10.0.0.10 6379 0.2; echo \"$?\"");
        assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
        assert_ne!(ran.out, "0\n");
        let flags = "--tls --cacert /etc/redis-k8s-tls/ca.crt --cert /etc/redis-k8s-tls/tls.crt --key /etc/redis-k8s-tls/tls.key";
        let arguments = container.read("arguments").replace(container.root().to_str().unwrap(), "");
        assert_eq!(arguments, format!("redis-cli -h 10.0.0.10 -p 6379 {flags}\n"));
    });
}

#[test]
fn ask_tries_the_previous_password_where_the_current_is_refused() {
    in_each_shell(|container| {
        container.secret("server", "hunter2");
        container.at("10.0.0.10:6379", &Peer::master().password("hunter2"));
        container.at("10.0.0.11:6379", &Peer::master().password("secret"));
        container.at("10.0.0.12:6379", &Peer::master().password("guess"));
        let ask = |address: usize| format!("printf 'PING\\nROLE\\n' | ask server 10.0.0.{address}; echo \"$?\"");
        // Without a previous password there is one attempt, and the refusal is the answer.
        let refusal = "NOAUTH Authentication required.\n\nNOAUTH Authentication required.\n\n0\n";
        assert_eq!(container.call("common.sh", &ask(11)).out, refusal);
        container.secret("server-previous", "secret");
        let answer = "PONG\nmaster\n1400\n10.0.0.11\n6379\n1400\n0\n";
        assert_eq!(container.call("common.sh", &ask(11)).out, answer);
        assert_eq!(container.passwords()[1..], ["10.0.0.11:6379 hunter2", "10.0.0.11:6379 secret"]);
        // Whoever takes the current one is asked once.
        assert_eq!(container.call("common.sh", &ask(10)).out, answer);
        assert_eq!(container.passwords()[3..], ["10.0.0.10:6379 hunter2"]);
        let ran = container.call("common.sh", &ask(12));
        assert!(ran.out.starts_with("NOAUTH "), "{}", ran.out);
        // Silence is no refusal.
        assert_eq!(container.call("common.sh", &ask(13)).out, "\n0\n");
        assert_eq!(container.passwords().len(), 7);
    });
}

#[test]
fn ask_uses_the_port_and_the_password_of_the_kind() {
    in_each_shell(|container| {
        container.secret("server", "hunter2");
        container.secret("sentinel", "secret");
        container.set("RK_PORT", "7000");
        container.set("RK_SENTINEL_PORT", "7001");
        container.at("10.0.0.10:7000", &Peer::master().password("hunter2"));
        container.at("10.0.0.10:7001", &Peer::blank().password("secret"));
        let ran = container.call("common.sh", "for kind in server sentinel; do echo PING | ask $kind 10.0.0.10; done");
        assert_eq!(ran.lines(), ["PONG", "PONG"]);
        // A secret of the other kind.
        let ran = container.call("common.sh", "echo PING | ask_with server sentinel 10.0.0.10");
        assert!(ran.out.starts_with("NOAUTH"), "{}", ran.out);
        let ran = container.call("common.sh", "for name in server x; do read_secret $name; echo ${#secret_line}; done");
        assert_eq!(ran.lines(), ["7", "0"]);
    });
}

#[test]
fn secret_for_is_the_one_that_all_of_them_take() {
    in_each_shell(|container| {
        container.secret("server", "hunter2");
        for (address, password) in [(10, "hunter2"), (11, "secret")] {
            container.at(&format!("10.0.0.{address}:6379"), &Peer::master().password(password));
        }
        let secret_for = |container: &crate::container::Container, addresses: &str| {
            container.call_for_secret(&format!("secret_for server {addresses}")).out
        };
        // Nobody is asked while there is one password only.
        assert_eq!(secret_for(container, "10.0.0.11"), "hunter2");
        assert_eq!(container.calls(), [""; 0]);
        container.secret("server-previous", "secret");
        assert_eq!(secret_for(container, ""), "hunter2");
        assert_eq!(secret_for(container, "10.0.0.10"), "hunter2");
        assert_eq!(secret_for(container, "10.0.0.10 10.0.0.11"), "secret");
        // Who does not answer has no say.
        assert_eq!(secret_for(container, "10.0.0.12 10.0.0.10"), "hunter2");
    });
}

#[test]
fn say_does_not_repeat_itself() {
    in_each_shell(|container| {
        container.set("POD_NAME", "redis-7");
        let ran = container.call("common.sh", "say one; say one; say two 'of  them'; say one; say '%s \\n'");
        let time = "2026-01-01T00:00:00Z redis-7";
        assert_eq!(ran.out, format!("{time}: one\n{time}: two of  them\n{time}: one\n{time}: %s \\n\n"));
    });
}
