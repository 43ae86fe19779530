//! The one process everything else hangs on.
//!
//! The tool starts itself again as process 1 of a process, mount and network namespace of its own. Whatever it makes
//! inside (processes, mounts, interfaces, rules) the kernel takes away when that process ends, however it ends: there
//! is no clean-up code that a panic or an interrupt could miss.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::Signal;

/// Marks the inner process.
const INSIDE: &str = "REDIS_FAILOVER_INSIDE";

/// Where the inner process keeps images, volumes and logs: a tmpfs only it sees.
pub(crate) const STATE: &str = "/mnt";

/// Where it mounts the control groups of the machine.
const GROUPS: &str = "/mnt/groups";

/// What is missing on this machine; empty if the proving ground can run.
pub(crate) fn missing() -> Vec<String> {
    let mut missing = Vec::new();
    if !cfg!(target_os = "linux") {
        missing.push("Linux (network, mount and process namespaces)".to_owned());
    }
    if !nix::unistd::geteuid().is_root() {
        missing.push("root (sudo)".to_owned());
    }
    for (program, package) in [("ip", "iproute2"), ("nft", "nftables"), ("redis-cli", "redis-tools")] {
        if find(program).is_none() {
            missing.push(format!("the program {program} (Debian package {package})"));
        }
    }
    missing
}

/// The first file of this name on `PATH`, with the system directories added.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    let dirs = path.split(':').chain(["/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]);
    dirs.filter(|dir| !dir.is_empty()).map(|dir| Path::new(dir).join(program)).find(|file| file.is_file())
}

/// True in the inner process.
pub(crate) fn inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Runs this program again, with the same arguments, in namespaces of its own, and passes on how it ended.
///
/// Control groups are the one thing the kernel leaves when the inner process ends; this one takes them away.
pub(crate) fn run_inside() -> io::Result<ExitCode> {
    unshare(CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWIPC)?;
    let status = Command::new("/proc/self/exe")
        .args(std::env::args_os().skip(1))
        .env(INSIDE, std::process::id().to_string())
        .status()?;
    sweep();
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::from(3), ExitCode::from))
}

/// Makes the inner process ready: its own mounts, its own view of processes, its state directory.
pub(crate) fn settle() -> io::Result<()> {
    // An interrupt ends the outer process; this one must not outlive it.
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
    let none = None::<&str>;
    mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none)?;
    mount(Some("proc"), "/proc", Some("proc"), MsFlags::empty(), none)?;
    mount(Some("tmpfs"), STATE, Some("tmpfs"), MsFlags::empty(), Some("mode=0755,size=8g"))?;
    // Only what measures costs needs groups, and says so.
    let _ = join_group();
    Ok(())
}

/// The group of the inner process, above those of its pods.
fn own_group() -> PathBuf {
    Path::new(GROUPS).join(format!("failover-{}", std::env::var(INSIDE).unwrap_or_default()))
}

/// Mounts the control groups (cgroup v2) and puts this process into one of its own.
fn join_group() -> io::Result<()> {
    std::fs::create_dir(GROUPS)?;
    mount(Some("cgroup2"), GROUPS, Some("cgroup2"), MsFlags::empty(), None::<&str>)?;
    sweep();
    std::fs::create_dir(own_group())?;
    std::fs::write(own_group().join("cgroup.procs"), "0")
}

/// A new group for processes that are counted together, which threads of this process can enter one by one.
pub(crate) fn group(name: &str) -> io::Result<PathBuf> {
    let group = own_group().join(name);
    std::fs::create_dir(&group)?;
    std::fs::write(group.join("cgroup.type"), "threaded")?;
    Ok(group)
}

/// Removes the groups of inner processes that have ended.
fn sweep() {
    let inside = |dir: &Path| std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    for group in inside(Path::new(GROUPS)) {
        let is_ours = group.file_name().is_some_and(|name| name.to_string_lossy().starts_with("failover-"));
        let events = std::fs::read_to_string(group.join("cgroup.events")).unwrap_or_default();
        if is_ours && events.contains("populated 0") {
            for own in inside(&group).filter(|path| path.is_dir()) {
                let _ = std::fs::remove_dir(own);
            }
            let _ = std::fs::remove_dir(group);
        }
    }
}
