//! The surroundings of a script: a scratch directory that stands for the container, with imitations of all it talks to.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::peer::Peer;
use crate::shell::Shell;

pub(crate) const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts");
const TEMPLATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/templates");

/// The scripts of templates/.
pub(crate) const SCRIPTS: [&str; 9] = [
    "common.sh",
    "probe.sh",
    "sentinel-start.sh",
    "sentinel-stop.sh",
    "sentinel-watch.sh",
    "server-start.sh",
    "server-stop.sh",
    "server-watch.sh",
    "supervise.sh",
];

/// The script of instances with users.
pub(crate) const USERS: &str = "users.sh";

/// Address by which server `ordinal` is known: its Service's.
pub(crate) fn server(ordinal: usize) -> String {
    format!("10.0.0.1{ordinal}")
}

/// Address by which sentinel `ordinal` is known.
pub(crate) fn sentinel(ordinal: usize) -> String {
    format!("10.0.1.1{ordinal}")
}

/// The text of a script.
pub(crate) fn script(name: &str) -> String {
    fs::read_to_string(Path::new(TEMPLATES).join(name)).unwrap()
}

/// One container, in the namespace `shop`, of an instance `redis` with three servers and three sentinels, all of which have
/// names and none of which answers.
pub(crate) struct Container {
    pub(crate) shell: Shell,
    directory: TempDir,
    environment: BTreeMap<&'static str, String>,
    topology: BTreeMap<&'static str, String>,
    secrets: Vec<Vec<u8>>,
}

/// What became of a script.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Standard output, line by line, the time and name before each message left out.
    pub(crate) fn lines(&self) -> Vec<&str> {
        self.out
            .lines()
            .map(|line| match line.strip_prefix("2026-01-01T00:00:00Z ") {
                Some(said) => said.split_once(": ").map_or(said, |(_, message)| message),
                None => line,
            })
            .collect()
    }

    pub(crate) fn succeeded(&self) -> bool {
        self.code == Some(0)
    }
}

/// Runs a test in a fresh container of every shell.
pub(crate) fn in_each_shell(test: impl Fn(&mut Container)) {
    for shell in Shell::all() {
        // Shown only if the test fails.
        println!("in {shell:?}:");
        test(&mut Container::new(shell));
    }
}

impl Container {
    fn new(shell: Shell) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        for name in ["bin", "data", "etc/redis-k8s", "events", "names", "peers", "run/redis-k8s"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        shell.install_tools(&root.join("bin"));
        for (name, imitation) in [("getent", "getent"), ("redis-cli", "redis-cli"), ("redis-server", "redis-server")] {
            let link = root.join("bin").join(name);
            let _ = fs::remove_file(&link);
            std::os::unix::fs::symlink(Path::new(TESTS).join("imitations").join(imitation), link).unwrap();
        }
        let container = Self {
            shell,
            environment: BTreeMap::from(
                [
                    ("RK_INSTANCE", "redis"),
                    ("RK_MASTER", "mymaster"),
                    ("RK_PORT", "6379"),
                    ("RK_SENTINEL_PORT", "26379"),
                    ("POD_NAME", "redis-0"),
                    ("POD_NAMESPACE", "shop"),
                    ("POD_IP", "10.1.0.10"),
                    ("PATIENCE", "60"),
                ]
                .map(|(key, value)| (key, value.to_owned())),
            ),
            topology: BTreeMap::from(
                [
                    ("servers", "3"),
                    ("sentinels", "3"),
                    ("quorum", "2"),
                    ("down_after", "5000"),
                    ("failover_timeout", "30000"),
                    ("parallel_syncs", "1"),
                    ("min_replicas", "1"),
                    ("max_lag", "4"),
                    ("persistence", "aof"),
                    ("claims", "1"),
                    ("auth", "0"),
                ]
                .map(|(key, value)| (key, value.to_owned())),
            ),
            directory,
            secrets: Vec::new(),
        };
        container.write_topology();
        container.write("etc/redis-k8s/live.conf", "");
        for name in SCRIPTS {
            container.write(&format!("etc/redis-k8s/{name}"), &container.relocated(&script(name)));
        }
        container.pods(3, 3);
        container.rewind();
        container
    }

    /// Begins the time anew, and forgets what was sent.
    pub(crate) fn rewind(&self) {
        self.write("sleeps", "0\n");
        self.write("clock", "1000000000\n");
        self.write("uptime", "1000000.00 0.00\n");
        let _ = fs::remove_file(self.path("calls"));
    }

    pub(crate) fn root(&self) -> &Path {
        self.directory.path()
    }

    /// A path inside the container as this test sees it.
    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.root().join(inside.trim_start_matches('/'))
    }

    /// A script as it would have been written for this directory: the paths of the container are constants, which is right
    /// there, and no variable of the environment should be able to change them. So the text is changed, in nothing else.
    fn relocated(&self, text: &str) -> String {
        let root = self.root().to_str().unwrap();
        let moved = text
            .replace("/etc/redis-k8s", &format!("{root}/etc/redis-k8s"))
            .replace("/run/redis-k8s", &format!("{root}/run/redis-k8s"))
            .replace("/proc/uptime", &format!("{root}/uptime"))
            .replace("data=/data\n", &format!("data={root}/data\n"));
        // No test may touch the machine it runs on.
        for line in moved.lines().filter(|line| !line.trim_start().starts_with('#')) {
            let elsewhere = line.replace(root, "").replace("/dev/null", "").replace("mkdir -p ", "");
            for path in ["=/etc", "=/run", "=/data", " /etc/", " /run/", " /data", "\"/etc", "\"/run", "\"/data"] {
                let here = line.contains(root);
                assert!(here || !elsewhere.contains(path), "{line} names a path of the machine");
            }
        }
        moved
    }

    /// The text of a script for this directory.
    pub(crate) fn relocate(&self, script_name: &str) -> String {
        self.relocated(&script(script_name))
    }

    pub(crate) fn set(&mut self, variable: &'static str, value: &str) {
        self.environment.insert(variable, value.to_owned());
    }

    /// Changes one value of topology.env.
    pub(crate) fn topology(&mut self, key: &'static str, value: &str) {
        self.topology.insert(key, value.to_owned());
        self.write_topology();
    }

    /// Adds what the topology has under a condition.
    pub(crate) fn topology_if(&self, condition: &str) {
        let template = script("topology.env");
        let (_, rest) = template.split_once(&format!("{{% if {condition} %}}\n")).unwrap();
        let (part, _) = rest.split_once("{% endif %}\n").unwrap();
        self.write("etc/redis-k8s/topology.env", &(self.read("etc/redis-k8s/topology.env") + part));
    }

    fn write_topology(&self) {
        let lines: Vec<_> = self.topology.iter().map(|(key, value)| format!("{key}={value}\n")).collect();
        self.write("etc/redis-k8s/topology.env", &lines.concat());
    }

    /// Has a volume mounted: `auth` or `tls`.
    pub(crate) fn mount(&self, volume: &str) {
        fs::create_dir_all(self.path(&format!("etc/redis-k8s-{volume}"))).unwrap();
    }

    /// Mounts a secret; from now on no output and no argument may hold it.
    pub(crate) fn secret(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.mount("auth");
        fs::write(self.path("etc/redis-k8s-auth").join(name), value.as_ref()).unwrap();
        self.secrets.push(value.as_ref().to_vec());
    }

    /// Has users, with these lines in users.conf.
    pub(crate) fn users(&self, lines: &str) {
        self.write(&format!("etc/redis-k8s/{USERS}"), &self.relocate(USERS));
        self.write("etc/redis-k8s/users.conf", lines);
    }

    /// Is a sentinel that has users, with these lines in sentinel-users.conf.
    pub(crate) fn sentinel_users(&mut self, lines: &str) {
        self.set("POD_NAME", "redis-sentinel-0");
        self.users("");
        self.write("etc/redis-k8s/sentinel-users.conf", lines);
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// What a file holds, or nothing.
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read(self.path(path)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// [`Container::read`], with the paths of the container.
    pub(crate) fn file(&self, path: &str) -> String {
        self.read(path).replace(self.root().to_str().unwrap(), "")
    }

    /// Has a name resolve to these addresses.
    pub(crate) fn name(&self, name: &str, addresses: &[&str]) {
        let path = format!("names/{name}");
        if addresses.is_empty() {
            let _ = fs::remove_file(self.path(&path));
        } else {
            self.write(&path, &(addresses.join("\n") + "\n"));
        }
    }

    /// Gives names to this many pods. The rendered ones have Services of their own.
    pub(crate) fn pods(&self, servers: usize, sentinels: usize) {
        for (set, subnet, count) in [("redis", 0, servers), ("redis-sentinel", 1, sentinels)] {
            let pods: Vec<_> = (0..count).map(|ordinal| format!("10.1.{subnet}.1{ordinal}")).collect();
            for (ordinal, address) in pods.iter().enumerate() {
                self.name(&format!("{set}-announce-{ordinal}"), &[&format!("10.0.{subnet}.1{ordinal}")]);
                self.name(&format!("{set}-{ordinal}.{set}-headless"), &[address]);
            }
            self.name(&format!("{set}-headless"), &pods.iter().map(String::as_str).collect::<Vec<_>>());
        }
        self.name("redis-sentinel", &["10.0.2.1"]);
    }

    /// Takes all names away, as when the name service is out of reach.
    pub(crate) fn without_names(&self) {
        fs::remove_dir_all(self.path("names")).unwrap();
        fs::create_dir(self.path("names")).unwrap();
    }

    /// Who answers at "ADDRESS:PORT".
    pub(crate) fn at(&self, address: &str, peer: &Peer) {
        self.write(&format!("peers/{address}"), &peer.to_string());
    }

    pub(crate) fn server(&self, ordinal: usize, peer: &Peer) {
        self.at(&format!("{}:6379", server(ordinal)), peer);
    }

    pub(crate) fn sentinel(&self, ordinal: usize, peer: &Peer) {
        self.at(&format!("{}:26379", sentinel(ordinal)), peer);
    }

    /// What the sentinels know, in the order of their ordinals.
    pub(crate) fn sentinels(&self, peers: &[Peer]) {
        for (ordinal, peer) in peers.iter().enumerate() {
            self.sentinel(ordinal, peer);
        }
    }

    /// Shell code for the moment at which the script sleeps for the `sleep`th time.
    pub(crate) fn plan(&self, sleep: usize, code: &str) {
        self.write(&format!("events/{sleep}"), &format!("{code}\n"));
    }

    /// The functions of a script, without what it does when it is run, and then some lines of shell.
    pub(crate) fn call(&self, script_name: &str, lines: &str) -> Ran {
        self.checked(self.call_unchecked(script_name, lines))
    }

    /// [`Container::call`], for what is meant to print a secret, or an error.
    pub(crate) fn call_unchecked(&self, script_name: &str, lines: &str) -> Ran {
        let definitions = match script_name {
            "common.sh" => format!("set -u\n{}", script(script_name)),
            _ => definitions(&script(script_name)),
        };
        // What a server's watch is told of its server; no other script looks at it here.
        self.shell(&format!("{}\n{lines}", self.relocated(&definitions)), &["10.0.0.10", "", ""])
    }

    /// A whole script.
    pub(crate) fn run(&self, script_name: &str, arguments: &[&str]) -> Ran {
        self.checked(self.run_unchecked(script_name, arguments))
    }

    pub(crate) fn run_unchecked(&self, script_name: &str, arguments: &[&str]) -> Ran {
        self.shell(&self.relocated(&script(script_name)), arguments)
    }

    fn shell(&self, text: &str, arguments: &[&str]) -> Ran {
        let time = Path::new(TESTS).join("imitations/time.sh");
        self.write("script", &format!(". {}\n{text}\n", time.display()));
        let words = self.shell.command();
        // A script that waits for ever is a failure, not a test that does.
        let output = Command::new("timeout")
            .args(["-k", "1", "60"])
            .args(&words)
            .arg(self.path("script"))
            .args(arguments)
            .env_clear()
            .envs(&self.environment)
            .env("PATH", self.path("bin"))
            .env("SCRATCH", self.root())
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8_lossy(bytes).replace(self.root().to_str().unwrap(), "");
        Ran { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Nothing on standard error: a tool that is not there complains, and so does a shell that expands what is unset. And no
    /// secret in what is printed, nor among the arguments of a program.
    fn checked(&self, ran: Ran) -> Ran {
        // The shell of busybox says so of a client whose time is over.
        assert_eq!(ran.err.replace("Terminated\n", ""), "", "{}", ran.out);
        assert_eq!(self.read("complaints"), "");
        for secret in &self.secrets {
            let secret = secret.split(|byte| *byte == b'\n').next().unwrap();
            if secret.is_empty() {
                continue;
            }
            // As it is, and as configuration files and commands have it.
            let hexadecimal = secret.iter().map(|byte| format!("\\x{byte:02x}")).collect::<Vec<_>>().concat();
            let told = |bytes: &[u8]| {
                [secret, hexadecimal.as_bytes()]
                    .iter()
                    .any(|form| bytes.windows(form.len()).any(|window| window == *form))
            };
            assert!(!told(ran.out.as_bytes()), "printed a secret: {}", ran.out);
            let arguments = fs::read(self.path("arguments")).unwrap_or_default();
            assert!(!told(&arguments), "a secret is an argument: {}", String::from_utf8_lossy(&arguments));
        }
        ran
    }

    /// The commands sent so far, each as "ADDRESS:PORT COMMAND". Of those sent at once the order is left to chance.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.read("calls").lines().map(str::to_owned).collect()
    }

    /// The commands one peer got, or those of them that begin in some way.
    pub(crate) fn calls_to(&self, address: &str, beginning: &str) -> Vec<String> {
        let prefix = format!("{address} ");
        self.calls()
            .iter()
            .filter_map(|call| call.strip_prefix(&prefix))
            .filter(|command| command.starts_with(beginning))
            .map(str::to_owned)
            .collect()
    }

    /// What changes the state of those who are asked, in order: no questions, and not how often sentinels ask.
    pub(crate) fn orders(&self) -> Vec<String> {
        let questions =
            ["ROLE", "PING", "INFO", "SENTINEL GET", "SENTINEL MASTER", "SENTINEL DEBUG", "CONFIG GET", "CLIENT LIST"];
        let mut calls = self.calls();
        calls.retain(|call| !questions.iter().any(|question| call.split_once(' ').unwrap().1.starts_with(question)));
        calls
    }

    /// The passwords that were sent, in order, of those who were asked.
    pub(crate) fn passwords(&self) -> Vec<String> {
        self.read("passwords").lines().map(str::to_owned).collect()
    }

    /// From now on a record is kept of the arguments of every program on PATH.
    pub(crate) fn record_arguments(&self) {
        for tool in fs::read_dir(self.path("bin")).unwrap() {
            let path = tool.unwrap().path();
            let (name, program) = (path.file_name().unwrap().to_str().unwrap(), fs::read_link(&path).unwrap());
            // The imitations keep one by themselves.
            if !program.starts_with(TESTS) {
                let wrapper = format!(
                    "#!/bin/sh\nprintf '%s\\n' \"{name} $*\" >>\"$SCRATCH/arguments\"\nexec {} \"$@\"\n",
                    program.display()
                );
                fs::remove_file(&path).unwrap();
                fs::write(&path, wrapper).unwrap();
                fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
            }
        }
    }

    /// True if a file is there.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    /// Seconds that passed for the script.
    pub(crate) fn seconds(&self) -> u64 {
        (self.read("clock").trim().parse::<u64>().unwrap() - 1_000_000_000) / 1000
    }

    /// True if the bytes of a file can be read by its owner alone.
    pub(crate) fn is_private(&self, path: &str) -> bool {
        fs::metadata(self.path(path)).unwrap().permissions().mode().trailing_zeros() >= 6
    }
}

/// Function definitions of a script, and what it sets before the first: the rest is what it does when it is run.
pub(crate) fn definitions(text: &str) -> String {
    let (mut kept, mut inside, mut seen) = (String::new(), false, false);
    for line in text.lines() {
        let begins = function_name(line).is_some();
        seen |= begins;
        let prelude = line.starts_with("set -") || line.starts_with(". /") || is_assignment(line);
        if inside || begins || (prelude && !seen) {
            kept += line;
            kept.push('\n');
        }
        inside = if begins { !line.ends_with('}') } else { inside && line != "}" && line != ")" };
    }
    kept
}

/// The name of the function whose definition begins with this line.
pub(crate) fn function_name(line: &str) -> Option<&str> {
    let (name, _) = line.split_once("() {").or_else(|| line.split_once("() ("))?;
    name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_').then_some(name)
}

fn is_assignment(line: &str) -> bool {
    line.split_once('=').is_some_and(|(name, _)| name.bytes().all(|byte| byte.is_ascii_lowercase()))
}
