//! What the figures were measured with.

use std::io;

use serde_json::{Value, json};

use crate::image::Flavour;

/// Versions and machine.
pub(crate) fn describe(flavour: Flavour) -> io::Result<Value> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = read("/proc/meminfo").split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0)
        / (1 << 20);
    let release = read("/proc/sys/kernel/osrelease");
    let kernel = release.split('-').next().unwrap_or_default().trim();
    Ok(json!({
        "server": format!("{} {}", flavour.word(), flavour.version()?),
        "machine": format!("{cores} cores, {memory} GiB, Linux {kernel}"),
    }))
}

/// Processes that have ended and that nobody has buried.
pub(crate) fn zombies() -> usize {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let stat = processes.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    stat.filter(|stat| stat.rsplit_once(") ").is_some_and(|(_, tail)| tail.starts_with('Z'))).count()
}
