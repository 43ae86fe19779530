//! How the program `kubectl` reaches the proving ground: a socket, a line of JSON each way.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::symlink;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use serde_json::{Value, json};

use super::command;
use crate::kube::cluster::Cluster;
use crate::sandbox::STATE;

fn socket() -> PathBuf {
    Path::new(STATE).join("kubectl.sock")
}

/// Listens for the program's calls; its path.
pub(crate) fn listen(cluster: &Arc<Cluster>) -> io::Result<PathBuf> {
    let program = Path::new(STATE).join("bin/kubectl");
    if program.is_symlink() {
        return Ok(program);
    }
    let listener = UnixListener::bind(socket())?;
    let cluster = Arc::clone(cluster);
    thread::Builder::new().name("kubectl".to_owned()).spawn(move || {
        for stream in listener.incoming().flatten() {
            let cluster = Arc::clone(&cluster);
            thread::spawn(move || answer(&cluster, stream));
        }
    })?;
    std::fs::create_dir_all(Path::new(STATE).join("bin"))?;
    // The proving ground is process 1 of its namespace; by this name its program is the client.
    symlink("/proc/1/exe", &program)?;
    Ok(program)
}

fn answer(cluster: &Arc<Cluster>, mut stream: UnixStream) -> io::Result<()> {
    let mut line = String::new();
    BufReader::new(stream.try_clone()?).read_line(&mut line)?;
    let call: Value = serde_json::from_str(&line)?;
    let words: Vec<String> =
        call["words"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let input = call["input"].as_str().unwrap_or_default();
    let answer = match command::run(cluster, &words, input) {
        Ok((code, output)) => json!({"code": code, "output": output, "error": ""}),
        Err(error) => json!({"code": 1, "output": "", "error": format!("Error: {error}\n")}),
    };
    cluster.journal.event(&format!(
        "kubectl {}: {}",
        words.join(" ").chars().take(120).collect::<String>(),
        answer["code"]
    ));
    writeln!(stream, "{answer}")?;
    stream.shutdown(Shutdown::Both)
}

/// Acts as the program, if this process was called by that name.
pub(crate) fn called() -> Option<io::Result<ExitCode>> {
    let mut words = std::env::args_os();
    let program = words.next()?;
    (Path::new(&program).file_name()? == "kubectl").then(|| call(words))
}

fn call(words: impl Iterator<Item = OsString>) -> io::Result<ExitCode> {
    let words: Vec<String> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    let mut input = String::new();
    if words.windows(2).any(|pair| pair[0] == "-f" && pair[1] == "-") {
        io::stdin().read_to_string(&mut input)?;
    }
    let mut stream = UnixStream::connect(socket())?;
    writeln!(stream, "{}", json!({"words": words, "input": input}))?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line)?;
    let answer: Value = serde_json::from_str(&line)?;
    io::stdout().write_all(answer["output"].as_str().unwrap_or_default().as_bytes())?;
    io::stderr().write_all(answer["error"].as_str().unwrap_or_default().as_bytes())?;
    Ok(ExitCode::from(answer["code"].as_u64().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}
