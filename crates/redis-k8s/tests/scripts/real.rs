//! What an imitation would prove nothing about: that real servers and sentinels take what the scripts write and say.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::container::{Container, in_each_shell};
use crate::secrets::awkward;
use crate::shell::find;

/// A server, or a sentinel, that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a server on a socket besides its port.
fn start(container: &Container, configuration: &str, arguments: &[&str]) -> Option<Running> {
    let program = find("redis-server")?;
    let mut command = Command::new(program);
    command.arg(container.path(configuration)).args(arguments).current_dir(container.root()).stdout(Stdio::null());
    Some(Running(command.spawn().unwrap()))
}

/// Sends one command, of any bytes, and gives what comes back.
fn ask(socket: &Path, words: &[&[u8]]) -> String {
    let begun = Instant::now();
    let mut stream = loop {
        match UnixStream::connect(socket) {
            Ok(stream) => break stream,
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(20), "{}: {error}", socket.display()),
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend(format!("${}\r\n", word.len()).into_bytes());
        bytes.extend_from_slice(word);
        bytes.extend(b"\r\n");
    }
    stream.write_all(&bytes).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// A port nobody has.
fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

/// Puts the real redis-cli in the place of its imitation.
fn with_real_client(container: &Container) -> bool {
    let Some(client) = find("redis-cli") else { return false };
    let link = container.path("bin/redis-cli");
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(client, link).unwrap();
    true
}

#[test]
fn a_real_server_takes_passwords_of_any_bytes() {
    in_each_shell(|container| {
        let socket = container.path("socket");
        let configuration = format!("port 0\nsave ''\nunixsocket {}\n", socket.display());
        container.write("etc/redis-k8s/redis.conf", &configuration);
        container.secret("server", [&awkward()[..], b"\n"].concat());
        container.secret("server-previous", "the one of before\n");
        container.call("server.sh", "me=10.0.0.10; configure");
        let Some(_running) = start(container, "run/redis-k8s/redis.conf", &[]) else { return };
        assert!(ask(&socket, &[b"PING"]).starts_with("-NOAUTH "));
        assert_eq!(ask(&socket, &[b"AUTH", &awkward()]), "+OK\r\n");
        assert_eq!(ask(&socket, &[b"AUTH", b"the one of before"]), "+OK\r\n");
        for wrong in [&awkward()[1..], b"", b"the one of before\n"] {
            assert!(ask(&socket, &[b"AUTH", wrong]).starts_with("-WRONGPASS "));
        }
    });
}

#[test]
fn real_answers_are_those_that_are_imitated() {
    in_each_shell(|container| {
        if !with_real_client(container) {
            return;
        }
        let port = free_port();
        container.set("RK_PORT", &port);
        container
            .write("etc/redis-k8s/redis.conf", &format!("port {port}\nbind 127.0.0.1\nsave ''\nunixsocket socket\n"));
        container.secret("server", awkward());
        let ran = container.call("server.sh", "me=127.0.0.1; configure");
        assert!(ran.succeeded());
        let Some(_running) = start(container, "run/redis-k8s/redis.conf", &[]) else { return };
        assert!(ask(&container.path("socket"), &[b"PING"]).starts_with("-NOAUTH "), "not up");
        let role =
            |container: &Container, before: &str| container.call("common.sh", &format!("{before}\nrole 127.0.0.1")).out;
        assert_eq!(role(container, ""), "master 0\n");
        // Of the two passwords it takes the one of before only.
        std::fs::rename(
            container.path("etc/redis-k8s-auth/server"),
            container.path("etc/redis-k8s-auth/server-previous"),
        )
        .unwrap();
        container.secret("server", "hunter2");
        assert_eq!(role(container, ""), "master 0\n");
        std::fs::remove_file(container.path("etc/redis-k8s-auth/server-previous")).unwrap();
        assert_eq!(role(container, ""), "refused\n");
        std::fs::write(container.path("etc/redis-k8s-auth/server"), awkward()).unwrap();
        assert_eq!(
            role(container, "echo REPLICAOF 127.0.0.1 1 | ask server 127.0.0.1 >/dev/null"),
            "slave 127.0.0.1 connect -1\n"
        );
        let done = |container: &Container, commands: &str| {
            container.call("common.sh", &format!("printf '{commands}\\n' | all_done server 127.0.0.1")).succeeded()
        };
        assert!(done(container, "CONFIG SET replica-priority 100\\nCONFIG SET min-replicas-to-write 1"));
        assert!(!done(container, "CONFIG SET replica-priority 100\\nCONFIG SET no-such-word 1"));
    });
}

#[test]
fn a_real_sentinel_is_configured_told_and_read() {
    in_each_shell(|container| {
        if !with_real_client(container) {
            return;
        }
        let port = free_port();
        container.set("RK_SENTINEL_PORT", &port);
        container.set("POD_NAME", "redis-sentinel-0");
        container.name("redis-announce-1", &["127.0.0.9"]);
        container.write("etc/redis-k8s/sentinel.conf", &format!("port {port}\nbind 127.0.0.1\nunixsocket socket\n"));
        container.secret("server", awkward());
        container.secret("sentinel", awkward());
        let start_sentinel = |container: &Container| {
            container.call("sentinel.sh", "configure");
            let _ = std::fs::remove_file(container.path("socket"));
            let running = start(container, "data/sentinel.conf", &["--sentinel"]);
            if running.is_some() {
                assert!(ask(&container.path("socket"), &[b"PING"]).starts_with("-NOAUTH "), "not up");
            }
            running
        };
        let Some(running) = start_sentinel(container) else { return };
        let call = |container: &Container, lines: &str| container.call("sentinel.sh", lines).out;
        assert_eq!(call(container, "view 127.0.0.1"), "blank\n");
        assert_eq!(
            call(container, "echo SENTINEL MYID | ask sentinel 127.0.0.1"),
            "ca00af4e858d47dabbcc80228efb974d7f81fadd\n"
        );
        assert!(container.call("sentinel.sh", "register 127.0.0.9 127.0.0.1").succeeded());
        assert!(!container.call("sentinel.sh", "register 127.0.0.9 127.0.0.1").succeeded(), "it knows one already");
        assert!(
            call(container, "view 127.0.0.1").starts_with("named 127.0.0.9 0 master"),
            "{}",
            call(container, "view 127.0.0.1")
        );
        // Every command it is given is one it knows: nothing is tried again.
        assert_eq!(
            call(container, "settled='' own_address=127.0.0.1; settle; [ -n \"$settled\" ] && echo settled"),
            "settled\n"
        );
        let kept = container.read("data/sentinel.conf");
        for line in [
            "sentinel down-after-milliseconds mymaster 5000",
            "sentinel auth-pass mymaster ",
            "sentinel sentinel-pass ",
        ] {
            assert!(kept.lines().any(|kept| kept.starts_with(line)), "{line}: {kept}");
        }
        // An election that has nobody to elect is one it can refuse.
        assert_eq!(call(container, "survey; elect || echo nobody"), "nobody\n");
        // What it kept by itself is what it starts with again.
        drop(running);
        let Some(_running) = start_sentinel(container) else { return };
        assert!(call(container, "view 127.0.0.1").starts_with("named 127.0.0.9 0 "), "forgotten");
        let lists = call(container, "instances; cat \"$run/known-sentinels\" \"$run/known-replicas\"");
        assert_eq!(lists, "");
    });
}
