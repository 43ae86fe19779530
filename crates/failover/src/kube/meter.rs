//! What pods cost: a control group for each, in which the kernel adds up the processor time of all that runs there.
//!
//! A thread of this program that starts something for a pod enters the pod's group for that moment, so whatever it starts
//! is counted from its first instruction on: containers, probes, stop hooks, and their children after they have ended.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::container::Spec;
use super::pod::Pod;
use crate::sandbox;

/// Where a group lists its threads, and takes in those whose number is written to it; 0 is whoever writes.
const THREADS: &str = "cgroup.threads";

/// Numbers of processes that are not used again once the kernel has come round.
const RESERVED: u64 = 300;

/// What counts for one pod.
#[derive(Debug)]
pub(crate) struct Meter {
    group: Option<PathBuf>,
    probes: AtomicU64,
}

impl Meter {
    /// A meter of this name, without a group where the machine offers none.
    pub(crate) fn new(name: &str) -> Self {
        Self { group: sandbox::group(name).ok(), probes: AtomicU64::new(0) }
    }

    /// The group all processes of the pod are to be in.
    pub(crate) fn group(&self) -> Option<&Path> {
        self.group.as_deref()
    }

    /// Counts a probe that runs a command in the pod.
    pub(crate) fn count_probe(&self) {
        self.probes.fetch_add(1, Ordering::Relaxed);
    }

    /// Removes the group, when nothing runs in it any more.
    pub(crate) fn remove(&self) {
        let _ = self.group().map(std::fs::remove_dir);
    }
}

/// A thread that is in a pod's group until this is dropped.
#[derive(Debug)]
pub(crate) struct Entered {
    home: File,
}

impl Entered {
    /// Enters a group, if there is one.
    pub(crate) fn new(group: Option<&Path>) -> io::Result<Option<Self>> {
        let Some(group) = group else { return Ok(None) };
        let threads = |group: &Path| File::options().write(true).open(group.join(THREADS));
        let home = threads(group.parent().unwrap_or(group))?;
        threads(group)?.write_all(b"0")?;
        Ok(Some(Self { home }))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let _ = self.home.write_all(b"0");
    }
}

/// What a meter shows at one moment.
#[derive(Debug)]
pub(crate) struct Reading {
    at: Instant,
    processor: Duration,
    probes: u64,
    /// By the main process of each container, the last number its processes were given.
    numbers: BTreeMap<i32, u64>,
}

impl Reading {
    /// Reads the meter of a pod.
    pub(crate) fn of(pod: &Pod) -> io::Result<Self> {
        let group = pod.meter.group().ok_or_else(|| io::Error::other("a meter needs control groups (cgroup v2)"))?;
        let running: Vec<_> = pod.state().containers.values().filter_map(|own| own.running.clone()).collect();
        let mut numbers = BTreeMap::new();
        for (pid, spec) in running {
            // It is not the pod that starts this one.
            let spec = Spec { meter: None, ..(*spec).clone() };
            let words = ["cat", "/proc/loadavg"].map(str::to_owned);
            let output = spec.execute(pid, &words, Duration::from_secs(5))?.output;
            let last = output.split_whitespace().last().and_then(|number| number.parse().ok());
            numbers.insert(pid, last.ok_or_else(|| io::Error::other(format!("not as /proc/loadavg is: {output}")))?);
        }
        let stat = std::fs::read_to_string(group.join("cpu.stat"))?;
        let used = stat.lines().find_map(|line| line.strip_prefix("usage_usec ")?.parse().ok());
        let processor = Duration::from_micros(used.ok_or_else(|| io::Error::other("cpu.stat lacks usage_usec"))?);
        Ok(Self { at: Instant::now(), processor, probes: pod.meter.probes.load(Ordering::Relaxed), numbers })
    }

    /// What was used between an earlier reading and this one.
    pub(crate) fn since(&self, earlier: &Self) -> Used {
        let highest = std::fs::read_to_string("/proc/sys/kernel/pid_max").unwrap_or_default();
        let around = highest.trim().parse::<u64>().unwrap_or(0).saturating_sub(RESERVED);
        let starts = self.numbers.iter().map(|(pid, last)| match earlier.numbers.get(pid) {
            // One of them is the process that asked for the number.
            Some(first) => last.checked_sub(*first).unwrap_or((last + around).saturating_sub(*first)).saturating_sub(1),
            None => *last,
        });
        Used {
            time: self.at - earlier.at,
            processor: self.processor.saturating_sub(earlier.processor),
            starts: starts.sum(),
            probes: self.probes - earlier.probes,
        }
    }
}

/// What a pod used within some time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Used {
    pub(crate) time: Duration,
    /// Processor time of everything that ran in it.
    pub(crate) processor: Duration,
    /// Processes that were started in it, commands of probes as well. A thread counts as one, too.
    pub(crate) starts: u64,
    /// Probes that ran a command in it.
    pub(crate) probes: u64,
}

/// Bytes of anonymous memory that processes of a pod hold at this moment, apart from the server or sentinel.
pub(crate) fn beside_server(pod: &Pod) -> io::Result<u64> {
    let Some(group) = pod.meter.group() else { return Ok(0) };
    let threads = std::fs::read_to_string(group.join(THREADS))?;
    let bytes = threads.lines().filter_map(|thread| {
        let program = std::fs::read_link(format!("/proc/{thread}/exe")).ok()?;
        if program.file_name()?.to_string_lossy().ends_with("-server") {
            return None;
        }
        let status = std::fs::read_to_string(format!("/proc/{thread}/status")).ok()?;
        let field = |name: &str| {
            status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse::<u64>().ok())
        };
        // All threads of a process have the same memory.
        let is_process = field("Tgid:")?.to_string() == thread;
        is_process.then(|| field("RssAnon:").unwrap_or(0) * 1024)
    });
    Ok(bytes.sum())
}
