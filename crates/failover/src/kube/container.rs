//! Containers: processes in namespaces of their own on an image's files.

use std::fs::File;
use std::io;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, wait};
use nix::unistd::{Gid, Pid, Uid};
use serde::{Deserialize, Serialize};

use super::meter::Entered;
use crate::image::LIBRARIES;
use crate::net::fabric::PodNet;
use crate::sandbox::STATE;

/// A directory or file of the pod that a container sees.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Mounted {
    pub(crate) source: PathBuf,
    pub(crate) path: String,
    pub(crate) read_only: bool,
}

/// Everything needed to run a container's processes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Spec {
    pub(crate) host_name: String,
    pub(crate) image: PathBuf,
    /// A directory for what this container writes to its root.
    pub(crate) layer: PathBuf,
    pub(crate) read_only_root: bool,
    pub(crate) mounts: Vec<Mounted>,
    pub(crate) command: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) directory: String,
    pub(crate) user: u32,
    pub(crate) group: u32,
    /// Process 1 is the pod's pause container, not this one's command.
    pub(crate) shared_processes: bool,
    /// The control group of its pod.
    pub(crate) meter: Option<PathBuf>,
}

/// A container's main process as the node sees it, and what ends when it does.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) child: Child,
    pub(crate) pid: i32,
}

/// This program: by this name it can be started even when a new one has been built in its place.
const PROGRAM: &str = "/proc/self/exe";

/// Carries the specification to the process that becomes the container.
const INIT: &str = "REDIS_FAILOVER_CONTAINER";

/// Becomes a container, if that is what this process was started for.
pub(crate) fn become_container() -> Option<io::Error> {
    let text = std::env::var(INIT).ok()?;
    Some(match serde_json::from_str::<Spec>(&text) {
        Ok(spec) if spec.shared_processes => spec.pause().err().unwrap_or_else(|| io::Error::other("it did not end")),
        Ok(spec) => spec.become_it().err().unwrap_or_else(|| io::Error::other("the command did not start")),
        Err(error) => error.into(),
    })
}

impl Spec {
    /// Starts its command in a new process namespace; standard output and error come as pipes.
    pub(crate) fn start(&self, net: &PodNet) -> io::Result<Started> {
        let text = serde_json::to_string(self)?;
        on_thread(|| {
            net.join()?;
            unshare(CloneFlags::CLONE_NEWPID)?;
            let own = std::fs::read_link(PROGRAM)?;
            let output = Stdio::piped;
            let counted = Entered::new(self.meter.as_deref())?;
            let mut child =
                Command::new(PROGRAM).env(INIT, text).stdin(Stdio::null()).stdout(output()).stderr(output()).spawn()?;
            drop(counted);
            // Until it has become the container, what is run beside it would run outside.
            loop {
                let pid = if self.shared_processes { children(child.id()).next() } else { Some(child.id()) };
                let now = pid.and_then(|pid| std::fs::read_link(format!("/proc/{pid}/exe")).ok());
                let has_become_it = now.is_some_and(|now| now != own);
                if has_become_it || child.try_wait()?.is_some() {
                    let pid = i32::try_from(pid.unwrap_or(child.id())).map_err(io::Error::other)?;
                    return Ok(Started { child, pid });
                }
                thread::sleep(Duration::from_millis(1));
            }
        })
    }

    /// Plays the pause container: starts the container as process 2, buries orphans, and ends with it. What is left then the
    /// kernel kills, as the container runtime does.
    fn pause(mut self) -> io::Result<()> {
        self.shared_processes = false;
        let container = Command::new(PROGRAM).env(INIT, serde_json::to_string(&self)?).spawn()?;
        let container = Pid::from_raw(i32::try_from(container.id()).map_err(io::Error::other)?);
        loop {
            match wait()? {
                WaitStatus::Exited(pid, code) if pid == container => std::process::exit(code),
                WaitStatus::Signaled(pid, signal, _) if pid == container => std::process::exit(128 + signal as i32),
                _ => {}
            }
        }
    }

    /// Turns this process into the container's.
    fn become_it(&self) -> io::Result<()> {
        unshare(CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC)?;
        self.enter_root()?;
        nix::unistd::sethostname(&self.host_name)?;
        let mut command = self.command(&self.command)?;
        nix::unistd::setgroups(&[])?;
        nix::unistd::setgid(Gid::from_raw(self.group))?;
        nix::unistd::setuid(Uid::from_raw(self.user))?;
        Err(command.exec())
    }

    fn command(&self, words: &[String]) -> io::Result<Command> {
        let (program, arguments) = words.split_first().ok_or_else(|| io::Error::other("an empty command"))?;
        // Both calls concern this thread and what it starts.
        nix::sys::prctl::set_no_new_privs()?;
        let mut command = Command::new(self.resolve(program));
        command.args(arguments).arg0(program).env_clear().envs(self.environment.iter().cloned());
        command.current_dir(&self.directory).stdin(Stdio::null());
        Ok(command)
    }

    /// Looks a program up as the container's own PATH has it, since the thread that starts it keeps the tool's.
    fn resolve(&self, program: &str) -> PathBuf {
        if program.contains('/') {
            return PathBuf::from(program);
        }
        let path = self.environment.iter().find(|(name, _)| name == "PATH").map_or("", |(_, value)| value);
        let found = path.split(':').map(|dir| Path::new(dir).join(program)).find(|file| file.is_file());
        found.unwrap_or_else(|| PathBuf::from(program))
    }

    /// Lays the container's files out and makes them the root of the calling thread.
    fn enter_root(&self) -> io::Result<()> {
        let none = None::<&str>;
        mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
        let (upper, work, root) = (self.layer.join("upper"), self.layer.join("work"), self.layer.join("root"));
        for dir in [&upper, &work, &root] {
            std::fs::create_dir_all(dir)?;
        }
        let options =
            format!("lowerdir={},upperdir={},workdir={}", self.image.display(), upper.display(), work.display());
        mount(Some("overlay"), &root, Some("overlay"), MsFlags::empty(), Some(options.as_str()))?;
        for library in LIBRARIES {
            let host = Path::new("/").join(library);
            if host.is_dir() && !host.is_symlink() {
                bind(&host, &root.join(library), true)?;
            }
        }
        mount(Some("proc"), &root.join("proc"), Some("proc"), MsFlags::empty(), none)?;
        devices(&root.join("dev"))?;
        let mut mounts: Vec<&Mounted> = self.mounts.iter().collect();
        mounts.sort_by_key(|mounted| mounted.path.len());
        for mounted in mounts {
            let target = root.join(mounted.path.trim_start_matches('/'));
            if mounted.source.is_dir() {
                std::fs::create_dir_all(&target)?;
            } else {
                if let Some(parent) = target.parent() {
                    std::fs::create_dir_all(parent)?;
                }
                if !target.exists() {
                    File::create(&target)?;
                }
            }
            bind(&mounted.source, &target, mounted.read_only)?;
        }
        if self.read_only_root {
            let remount = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
            mount(none, &root, none, remount, none)?;
        }
        std::env::set_current_dir(&root)?;
        nix::unistd::pivot_root(".", ".")?;
        nix::mount::umount2(".", nix::mount::MntFlags::MNT_DETACH)?;
        std::env::set_current_dir("/")
    }

    /// Runs another command inside the running container and waits for it, at most this long.
    pub(crate) fn execute(&self, pid: i32, words: &[String], limit: Duration) -> io::Result<Outcome> {
        on_thread(|| {
            let mut output = nameless()?;
            // The group's files are out of sight from inside.
            let counted = Entered::new(self.meter.as_deref())?;
            unshare(CloneFlags::CLONE_FS)?;
            let namespace = |kind: &str| File::open(format!("/proc/{pid}/ns/{kind}"));
            let all = [namespace("net")?, namespace("uts")?, namespace("ipc")?, namespace("pid")?, namespace("mnt")?];
            for namespace in &all {
                setns(namespace, CloneFlags::empty())?;
            }
            let mut child = self
                .command(words)?
                .uid(self.user)
                .gid(self.group)
                .stdout(output.try_clone()?)
                .stderr(output.try_clone()?)
                .spawn()?;
            drop(counted);
            let started = Instant::now();
            let code = loop {
                if let Some(status) = child.try_wait()? {
                    break Some(status.code().unwrap_or(137));
                }
                if started.elapsed() >= limit {
                    let _ = child.kill();
                    let _ = child.wait();
                    break None;
                }
                thread::sleep(Duration::from_millis(3));
            };
            Ok(Outcome { code, output: read_from_start(&mut output)? })
        })
    }
}

/// How a command in a container ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Its exit code; nothing if it took too long and was killed.
    pub(crate) code: Option<i32>,
    /// What it wrote.
    pub(crate) output: String,
}

/// Sends a signal to a process of the ground.
pub(crate) fn signal(pid: i32, signal: Signal) -> io::Result<()> {
    Ok(kill(Pid::from_raw(pid), signal)?)
}

/// Runs something on a thread of its own, because what it does to itself cannot be undone.
fn on_thread<T: Send>(work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    thread::scope(|scope| {
        scope.spawn(work).join().map_err(|_| io::Error::other("a thread that starts a process failed"))?
    })
}

/// The process of the server or sentinel a container runs, which scripts may stand around; the main process if there is none.
pub(crate) fn server(main: i32) -> i32 {
    let runs_it = |pid: u32| {
        let program = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
        program.file_name().is_some_and(|name| name.to_string_lossy().ends_with("-server"))
    };
    let mut beneath = vec![main.unsigned_abs()];
    while let Some(pid) = beneath.pop() {
        if runs_it(pid) {
            return i32::try_from(pid).unwrap_or(main);
        }
        beneath.extend(children(pid));
    }
    main
}

/// The processes a process has started.
fn children(parent: u32) -> impl Iterator<Item = u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(move |pid: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // Behind the name, which may hold anything: state and parent.
        let tail = stat.rsplit_once(')').map_or("", |(_, tail)| tail);
        tail.split_whitespace().nth(1) == Some(parent.to_string().as_str())
    })
}

fn nameless() -> io::Result<File> {
    let path = Path::new(STATE).join("output");
    std::fs::create_dir_all(&path)?;
    let path = path.join(format!("{:?}", thread::current().id()));
    let file = File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(path)?;
    Ok(file)
}

fn read_from_start(file: &mut File) -> io::Result<String> {
    use io::{Read, Seek};
    file.rewind()?;
    let mut bytes = Vec::new();
    file.take(64 * 1024).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn bind(source: &Path, target: &Path, read_only: bool) -> io::Result<()> {
    let none = None::<&str>;
    mount(Some(source), target, none, MsFlags::MS_BIND, none)
        .map_err(|error| io::Error::other(format!("mounting {} on {}: {error}", source.display(), target.display())))?;
    if read_only {
        let remount = MsFlags::MS_REMOUNT | MsFlags::MS_BIND | MsFlags::MS_RDONLY;
        mount(none, target, none, remount, none)?;
    }
    Ok(())
}

fn devices(dev: &Path) -> io::Result<()> {
    mount(Some("tmpfs"), dev, Some("tmpfs"), MsFlags::MS_NOSUID, Some("mode=0755,size=64k"))?;
    for device in ["null", "zero", "full", "random", "urandom", "tty"] {
        let target = dev.join(device);
        File::create(&target)?;
        bind(&Path::new("/dev").join(device), &target, false)?;
    }
    for (link, target) in [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ] {
        symlink(target, dev.join(link))?;
    }
    let shm = dev.join("shm");
    std::fs::create_dir(&shm)?;
    mount(Some("tmpfs"), &shm, Some("tmpfs"), MsFlags::MS_NOSUID, Some("mode=1777,size=64m"))?;
    Ok(())
}
