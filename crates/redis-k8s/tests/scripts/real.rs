//! What an imitation would prove nothing about: that real servers and sentinels take what the scripts write and say.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::awkward;
use crate::container::{Container, in_each_shell};
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

/// A server with passwords of any bytes, configured by its script, and its socket.
fn serve(container: &mut Container) -> Option<(Running, PathBuf)> {
    serve_with(container, "")
}

/// [`serve`], with these directives.
fn serve_with(container: &mut Container, directives: &str) -> Option<(Running, PathBuf)> {
    let (port, socket) = (free_port(), container.path("socket"));
    container.set("RK_PORT", &port);
    container.mount("auth");
    container.topology("auth", "1");
    container.topology("persistence", "none");
    let configuration = format!("port {port}\nbind 127.0.0.1\nunixsocket {}\n{directives}", socket.display());
    container.write("etc/redis-k8s/redis.conf", &configuration);
    container.write("etc/redis-k8s/live.conf", "save ''\nmaxmemory 1mb\n");
    container.write("etc/redis-k8s/server-watch.sh", "");
    container.secret("server", [&awkward()[..], b"\n"].concat());
    container.call("server-start.sh", "me=10.0.0.10 form='' closed='' newcomer=''; start");
    let running = start(container, "run/redis-k8s/redis.conf", &[])?;
    assert!(ask(&socket, &[b"PING"]).starts_with("-NOAUTH "), "not up");
    Some((running, socket))
}

/// What these lines of a script print, if time passes for them.
fn said(container: &Container, script_name: &str, lines: &str) -> String {
    let ran = container.call(script_name, &format!("unset -f sleep\n{lines}"));
    ran.lines().join("\n")
}

#[test]
fn a_real_server_takes_passwords_of_any_bytes() {
    in_each_shell(|container| {
        container.secret("server-previous", "the one of before\n");
        let Some((_running, socket)) = serve(container) else { return };
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
        let Some(_running) = serve(container) else { return };
        let role =
            |container: &Container, before: &str| said(container, "common.sh", &format!("{before}\nrole 127.0.0.1"));
        assert_eq!(role(container, ""), "master - - 0");
        assert_eq!(said(container, "common.sh", "unaware 127.0.0.1 server").split(' ').next(), Some("NOAUTH"));
        container.secret("server-previous", "hunter2");
        assert_eq!(role(container, ""), "refused");
        std::fs::remove_file(container.path("etc/redis-k8s-auth/server-previous")).unwrap();
        let follows = role(container, "ask server 127.0.0.1 REPLICAOF 127.0.0.1 1 >/dev/null");
        assert_eq!(follows.replace("connecting", "connect"), "slave 127.0.0.1 connect -1");
        let kept = "ask server 127.0.0.1 CONFIG GET masteruser | sed -n 2p";
        assert_eq!(said(container, "common.sh", kept), "default");
    });
}

#[test]
fn conversations_with_a_real_server_outlive_a_full_house_and_are_made_anew() {
    in_each_shell(|container| {
        if !with_real_client(container) {
            return;
        }
        let Some(_running) = serve(container) else { return };
        let lines = "most=2; listen; sample <&4; echo \"$role\"\n\
                     order CONFIG SET maxclients 2; echo \"$answer\"; role 127.0.0.1\n\
                     sample <&4; echo \"$role\"; sample_now; echo \"$role\"; setting maxclients; echo \"$answer\"\n\
                     order CONFIG SET maxclients 99; echo \"$answer\"; role 127.0.0.1\n\
                     order CONFIG SET maxmemory \"$(quoted)\" || echo \"${answer%%[ :]*}\"; order CLIENT KILL TYPE normal\n\
                     for n in 1 2 3 4 5 6 7 8 9; do order CONFIG SET maxclients 98; sample <&4 && [ -z \"$broken\" ] && break; listen; done\n\
                     setting maxclients; echo \"$answer $role $broken\"; exec 5>&-; read -r pid <\"$work/pids\"; kill $pid";
        let lines = format!("{lines}; wait 2>/dev/null");
        assert_eq!(
            said(container, "server-watch.sh", &format!("secret=x; {lines}")),
            "master\nOK\nother\nmaster\nmaster\n2\nOK\nmaster - - 0\nERR\n98 master "
        );
    });
}

#[test]
fn a_watch_beside_a_real_server_tells_its_state_and_gives_it_what_changes() {
    in_each_shell(|container| {
        if !with_real_client(container) {
            return;
        }
        let Some(_running) = serve(container) else { return };
        let watch = container.relocate("server-watch.sh");
        container.write("etc/redis-k8s/server-watch.sh", &watch);
        // A file that changes is one whose second is another; the kubelet writes all files of a volume anew.
        let lines = "get() { ask server 127.0.0.1 CONFIG GET \"$1\" | sed -n 2p; }\n\
                     within() { for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do \"$@\" && return; sleep 0.3; done; echo \"never: $*\"; }\n\
                     ready() { grep -qs ' ready$' \"$run/pulse\"; }\n\
                     is() { [ \"$(get \"$1\")\" = \"$2\" ]; }\n\
                     setsid sh \"$etc/server-watch.sh\" 10.0.0.10 '' '' & watch=$!\n\
                     within ready; sleep 1.1; printf 'save 3600 1 300 100\\nmaxmemory 2mb\\n' >\"$etc/live.conf\"; touch \"$etc/topology.env\"\n\
                     within is maxmemory 2097152; is save '3600 1 300 100' && echo applied\n\
                     ask server 127.0.0.1 CONFIG SET maxclients 2; : >\"$run/room\"; gone() { [ ! -e \"$run/room\" ]; }; within gone; get maxclients\n\
                     ask server 127.0.0.1 CLIENT KILL TYPE normal >/dev/null; sleep 1.1; echo 'maxmemory 3mb' >\"$etc/live.conf\"; touch \"$etc/topology.env\"\n\
                     within is maxmemory 3145728; rm \"$run/pulse\"; there() { [ -e \"$run/pulse\" ]; }; within there\n\
                     ask server 127.0.0.1 REPLICAOF 127.0.0.1 1; late() { grep -q 'late not in sync' \"$run/pulse\"; }; within late\n\
                     kill -KILL -$watch; wait 2>/dev/null";
        assert_eq!(said(container, "common.sh", lines), "applied\nOK\n1004\nOK");
    });
}

/// The least that a server loads; redismodule.h finds functions of the server this way.
const MODULE: &str = r#"
int RedisModule_OnLoad(void **context) {
  int (*find)(const char *, void *) = context[0];
  void (*be)(void *, const char *, int, int);
  return find("RedisModule_SetModuleAttribs", &be) || (be(context, "toy", 1, 1), 0);
}
"#;

#[test]
fn a_real_server_tells_its_modules() {
    in_each_shell(|container| {
        let Some(program) = find("cc") else { return };
        let (source, module) = (container.path("toy.c"), container.path("toy.so").display().to_string());
        std::fs::write(&source, MODULE).unwrap();
        assert!(
            Command::new(program).args(["-shared", "-fPIC", "-o", &module]).arg(source).status().unwrap().success()
        );
        let load = format!("loadmodule {module} WORKERS 4\n");
        if !with_real_client(container) {
            return;
        }
        let Some(_running) = serve_with(container, &load) else { return };
        container.topology_if("modules");
        let said = |container: &Container| said(container, "server-start.sh", "$compare 127.0.0.1");
        assert_eq!(said(container), "");
        container.write("etc/redis-k8s/redis.conf", "port 6379\n");
        let lacks = "which this server does not load: replication stops at a key of it, and its commands are lost";
        assert_eq!(said(container), format!("the master 127.0.0.1 has module toy, {lacks}"));
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
        container.mount("auth");
        container.set("POD_NAME", "redis-sentinel-0");
        container.topology("auth", "1");
        container.topology("down_after", "1000");
        container.name("redis-announce-1", &["127.0.0.9"]);
        container.write("etc/redis-k8s/sentinel.conf", &format!("port {port}\nbind 127.0.0.1\nunixsocket socket\n"));
        container.secret("server", awkward());
        container.secret("sentinel", awkward());
        let start_sentinel = |container: &Container| {
            container.call("sentinel-start.sh", "configure");
            let _ = std::fs::remove_file(container.path("socket"));
            let running = start(container, "data/sentinel.conf", &["--sentinel"])?;
            assert!(ask(&container.path("socket"), &[b"PING"]).starts_with("-NOAUTH "), "not up");
            Some(running)
        };
        let Some(running) = start_sentinel(container) else { return };
        let call = |container: &Container, lines: &str| said(container, "sentinel-watch.sh", lines);
        assert_eq!(
            call(container, "view 127.0.0.1; ask sentinel 127.0.0.1 SENTINEL MYID").lines().collect::<Vec<_>>(),
            ["blank", "ca00af4e858d47dabbcc80228efb974d7f81fadd"]
        );
        // What its subscription tells comes at once, not when some buffer is full; and so does its state.
        let lines = "teller=''; listen; read -r state <&4; echo \"<$state>\"; heed & sleep 0.5; register 127.0.0.9 127.0.0.1 && echo registered\n\
                     until [ -e \"$run/event\" ]; do sleep 0.1; done; until [ -n \"$state\" ]; do read -r state <&4; done; echo $state\n\
                     kill $teller; ask sentinel 127.0.0.1 CLIENT KILL TYPE pubsub >/dev/null; kill $! 2>/dev/null; wait 2>/dev/null";
        assert_eq!(call(container, lines), "<>\nregistered\n127.0.0.9");
        assert!(
            !container.call("sentinel-watch.sh", "register 127.0.0.9 127.0.0.1").succeeded(),
            "it knows one already"
        );
        let view = call(container, "view 127.0.0.1");
        assert!(
            view.starts_with("named 127.0.0.9 0 master") || view.starts_with("named 127.0.0.9 0 s_down,master"),
            "{view}"
        );
        // Every command it is given is one it knows: nothing is tried again.
        assert_eq!(call(container, "applied='' calm='' own=127.0.0.9; apply; echo $applied"), "127.0.0.9 10.0.1.10");
        let kept = container.read("data/sentinel.conf");
        for line in [
            "sentinel down-after-milliseconds mymaster 1000",
            "sentinel auth-pass mymaster ",
            "sentinel sentinel-pass ",
        ] {
            assert!(kept.lines().any(|kept| kept.starts_with(line)), "{line}: {kept}");
        }
        // An election that has nobody to elect is one it can refuse; asked for none it does not know the word.
        assert_eq!(
            call(container, "survey; named=127.0.0.9; elect || echo nobody; find_known; cat \"$work/known\""),
            "nobody"
        );
        let refuse = "ask sentinel 127.0.0.1 ACL SETUSER default '-sentinel|failover'; ask sentinel 127.0.0.1 SENTINEL FAILOVER mymaster";
        let answer = call(container, refuse);
        assert!(answer.starts_with("OK\nNOPERM "), "{answer}");
        // What it kept by itself is what it starts with again.
        drop(running);
        let Some(_running) = start_sentinel(container) else { return };
        assert!(call(container, "view 127.0.0.1").starts_with("named 127.0.0.9 0 "), "forgotten");
    });
}
