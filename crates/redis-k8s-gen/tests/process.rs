//! The program as a shell sees it: pipes that close, threads, a terminal that waits.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;
use std::io::{self, IoSlice, Read, Seek, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use redis_k8s_gen::{Environment, Io, run};

fn fleet(size: usize) -> String {
    (0..size).fold(String::new(), |mut text, number| {
        let metadata = format!("{{name: fleet-{number}, namespace: shop}}");
        let _ = write!(text, "---\napiVersion: redis-k8s-gen.dev/v1alpha1\nkind: Redis\nmetadata: {metadata}\n");
        text
    })
}

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_redis-k8s-gen"));
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn fed(mut command: Command, input: &str) -> Output {
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn one_thread_and_many_write_the_same_bytes() {
    let input = fleet(300);
    let with_threads = |threads: &str| {
        let mut command = program(&["render", "-", "-q"]);
        command.env("RAYON_NUM_THREADS", threads);
        fed(command, &input)
    };
    let one = with_threads("1");
    assert!(one.status.success(), "{}", String::from_utf8_lossy(&one.stderr));
    assert!(one.stdout.len() > 1_000_000);
    for threads in ["2", "7"] {
        assert!(with_threads(threads).stdout == one.stdout, "{threads} threads");
    }
}

#[test]
fn standard_input_that_nobody_named_is_refused_unless_it_is_empty() {
    let ran = |stdin: Stdio| {
        let output = program(&["render", "-o", "name"]).stdin(stdin).output().unwrap();
        (output.status.code(), !output.stdout.is_empty())
    };
    let (default, refused) = ((Some(0), true), (Some(2), false));
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(fleet(1).as_bytes()).unwrap();
    assert_eq!(ran(file.try_clone().unwrap().into()), default, "a file that was read");
    file.rewind().unwrap();
    assert_eq!(ran(file.try_clone().unwrap().into()), refused, "a file");
    assert_eq!(file.stream_position().unwrap(), 0, "something was taken from it");
    assert_eq!(ran(Stdio::null()), default, "/dev/null");

    let (closed, writer) = io::pipe().unwrap();
    drop(writer);
    assert_eq!(ran(closed.into()), default, "a closed pipe");
    let (full, mut writer) = io::pipe().unwrap();
    writer.write_all(b"x").unwrap();
    drop(writer);
    assert_eq!(ran(full.into()), refused, "a pipe with something in it");
    let (silent, writer) = io::pipe().unwrap();
    assert_eq!(ran(silent.into()), default, "an open pipe, and nobody who writes");
    drop(writer);
    let (slow, mut writer) = io::pipe().unwrap();
    let writing = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        writer.write_all(b"x")
    });
    assert_eq!(ran(slow.into()), refused, "a pipe whose writer is slow");
    writing.join().unwrap().unwrap();

    let (ours, theirs) = UnixStream::pair().unwrap();
    drop(ours);
    assert_eq!(ran(OwnedFd::from(theirs).into()), default, "a closed socket");
}

#[test]
fn ctrl_c_while_files_are_written_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let to = directory.path().join("manifests");
    let mut child = program(&["render", "-", "-q", "--output-dir", to.to_str().unwrap()]).spawn().unwrap();
    child.stdin.take().unwrap().write_all(fleet(5000).as_bytes()).unwrap();
    while !to.exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    assert_eq!(child.wait().unwrap().signal(), Some(2));
    assert!(!to.exists());
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let mut child = program(&["render", "-", "-q"]).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(fleet(200).as_bytes()).unwrap();
    drop(stdin);
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 4]).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

/// What is left of a run by a shell: its exit code and its messages.
fn in_shell(line: &str) -> (Option<i32>, String) {
    let mut shell = Command::new("sh");
    shell.args(["-c", line, env!("CARGO_BIN_EXE_redis-k8s-gen")]).stdin(Stdio::null());
    let output = shell.output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn output_that_is_lost_is_an_error() {
    let commands =
        ["render", "render -o json", "init", "explain spec", "secret", "schema", "man", "completions bash", "--help"];
    for (to, why) in [(">&-", "it is closed"), (">/dev/full", "No space left on device (os error 28)")] {
        for command in commands {
            let (code, told) = in_shell(&format!("\"$0\" {command} -q {to}"));
            assert_eq!(code, Some(2), "{command} {to}: {told}");
            assert_eq!(told, format!("error: cannot write to standard output: {why}\n"), "{command} {to}");
        }
        let nothing_to_write = in_shell(&format!("\"$0\" init | \"$0\" validate -q - {to}"));
        assert_eq!(nothing_to_write, (Some(0), String::new()));
    }
    assert_eq!(in_shell("\"$0\" render -q >/dev/null"), (Some(0), String::new()));
}

/// A pipe whose reader takes its time.
struct Slow;

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        std::thread::sleep(Duration::from_millis(100));
        Ok(pieces.iter().map(|piece| piece.len()).sum())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn messages_of_a_slow_run(args: &[&str], stderr_is_terminal: bool) -> String {
    let mut err = Vec::new();
    let input = fleet(30);
    let mut io = Io {
        stdin: &mut input.as_bytes(),
        stdout: &mut Slow,
        stderr: &mut err,
        environment: Environment { stderr_is_terminal, no_color: true, ..Environment::default() },
    };
    assert_eq!(run(["redis-k8s-gen", "render", "-"].iter().chain(args), &mut io), 0);
    String::from_utf8(err).unwrap()
}

#[test]
fn a_run_longer_than_a_second_says_how_far_it_is_and_cleans_up() {
    let shown = messages_of_a_slow_run(&[], true);
    assert!(shown.contains("\rrendered 30 of 30\r"), "{shown:?}");
    assert!(shown.ends_with("\r\x1b[K"), "{shown:?}");
}

#[test]
fn progress_is_for_people_who_want_it() {
    for (args, terminal) in [(&[][..], false), (&["--quiet"][..], true)] {
        let shown = messages_of_a_slow_run(args, terminal);
        assert!(!shown.contains("rendered"), "{shown:?}");
    }
}
