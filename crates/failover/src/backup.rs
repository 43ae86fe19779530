//! A backup that somebody puts where the first server of an instance will look.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::image;
use crate::instance::Instance;
use crate::kube::cluster::wait_until;
use crate::kube::volume;
use crate::sandbox::STATE;
use crate::writer::Written;

/// What its keys begin with.
const PREFIX: &str = "backup";

/// How many there are.
const KEYS: u64 = 1_000;

/// What it holds, as a client that wrote it remembers.
pub(crate) fn written() -> Written {
    let now = Instant::now();
    Written { prefix: PREFIX.to_owned(), acknowledged: (0..KEYS).map(|number| (number, now)).collect() }
}

/// Has a server of the instance's image write it, and copies the file to the claim of the first server.
pub(crate) fn place(instance: &Instance) -> io::Result<()> {
    let dir = Path::new(STATE).join(PREFIX);
    std::fs::create_dir_all(&dir)?;
    let programs = image::root(instance.image())?.join("usr/local/bin");
    let socket = dir.join("socket");
    let mut server = Command::new(programs.join("redis-server"))
        .args(["--port", "0", "--save", "", "--dir"])
        .arg(&dir)
        .arg("--unixsocket")
        .arg(&socket)
        .stdout(Stdio::null())
        .spawn()?;
    let saved = save(&programs.join("redis-cli"), &socket, &mut server);
    server.kill()?;
    server.wait()?;
    saved?;
    std::fs::copy(dir.join("dump.rdb"), volume::claim("data-redis-0", None)?.join("dump.rdb"))?;
    std::fs::remove_dir_all(dir)
}

fn save(client: &Path, socket: &Path, server: &mut Child) -> io::Result<()> {
    if !wait_until(Duration::from_secs(10), || socket.exists() || !matches!(server.try_wait(), Ok(None))) {
        return Err(io::Error::other("the server that is to write a backup does not start"));
    }
    let mut client = Command::new(client).arg("-s").arg(socket).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut commands = String::new();
    for number in 0..KEYS {
        let _ = writeln!(commands, "SET {PREFIX}:{number} {number}");
    }
    commands.push_str("SAVE\n");
    client.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?.write_all(commands.as_bytes())?;
    let answers = client.wait_with_output()?.stdout;
    let done = String::from_utf8_lossy(&answers).lines().filter(|line| *line == "OK").count();
    if done as u64 == KEYS + 1 { Ok(()) } else { Err(io::Error::other("the backup was not written")) }
}
