//! What the figures were measured with.

use std::io;
use std::process::Command;

use serde_json::{Value, json};

use crate::image::Flavour;

/// Versions and machine.
pub(crate) fn describe(flavour: Flavour) -> io::Result<Value> {
    let server = flavour.server().ok_or_else(|| {
        io::Error::new(io::ErrorKind::NotFound, format!("{}-server is not installed", flavour.word()))
    })?;
    let output = Command::new(server).arg("--version").output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let version = text.split_whitespace().find_map(|word| word.strip_prefix("v=")).unwrap_or("?").to_owned();
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = read("/proc/meminfo").split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0)
        / (1 << 20);
    let release = read("/proc/sys/kernel/osrelease");
    let kernel = release.split('-').next().unwrap_or_default().trim();
    Ok(json!({
        "server": format!("{} {version}", flavour.word()),
        "machine": format!("{cores} cores, {memory} GiB, Linux {kernel}"),
    }))
}
