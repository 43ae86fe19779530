//! Ten thousand documents, no two alike, as a platform team would have them.

use std::fmt::Write;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::repository;

/// Writes the fleet and says where it is.
pub(crate) fn write(documents: u32) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let mut text = String::new();
    for number in 0..documents {
        document(number, &mut text)?;
    }
    let directory = repository().join("target/bench");
    std::fs::create_dir_all(&directory)?;
    let path = directory.join("fleet.yaml");
    std::fs::write(&path, text)?;
    Ok(path)
}

fn document(number: u32, text: &mut String) -> std::fmt::Result {
    let team = ["shop", "search", "billing", "mail", "login"][number as usize % 5];
    let replicas = 3 + number % 3;
    let memory = 128 << (number % 4);
    write!(
        text,
        "---
apiVersion: redis-k8s-gen.dev/v1alpha1
kind: Redis
metadata:
  name: cache-{number}
  namespace: {team}
  labels: {{team: {team}, tier: \"{}\"}}
spec:
  replicas: {replicas}
  config:
    maxmemory-policy: allkeys-lru
    hz: {}
  resources:
    requests: {{cpu: 100m, memory: {memory}Mi}}
    limits: {{memory: {}Mi}}
",
        number % 7,
        10 + number % 20,
        memory * 2,
    )?;
    if number.is_multiple_of(2) {
        writeln!(text, "  storage: {{size: {}Gi, class: fast}}", 1 + number % 16)?;
    }
    if number.is_multiple_of(3) {
        writeln!(text, "  auth: {{secret: cache-{number}-auth}}")?;
    }
    Ok(())
}

/// How many bytes a command writes.
pub(crate) fn output_bytes(words: &[&str]) -> Result<u64, Box<dyn std::error::Error>> {
    let [program, arguments @ ..] = words else { return Err("a program without a name".into()) };
    let mut child = Command::new(program).args(arguments).stdout(Stdio::piped()).spawn()?;
    let mut stdout = child.stdout.take().ok_or("no standard output")?;
    let mut buffer = vec![0; 1 << 16];
    let mut total = 0;
    loop {
        match stdout.read(&mut buffer)? {
            0 => break,
            count => total += count as u64,
        }
    }
    let status = child.wait()?;
    if status.success() { Ok(total) } else { Err(format!("{words:?} ended with {status}").into()) }
}
