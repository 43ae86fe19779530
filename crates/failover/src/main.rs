//! The proving ground: plays Kubernetes for a rendering on one Linux machine, with real servers, breaks it and measures.
mod health;
mod image;
mod instance;
mod kube;
mod net;
mod reader;
mod resp;
mod sandbox;
mod secrets;
mod writer;

use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use kube::cluster::{Cluster, wait_until};
use kube::objects::Objects;
use kube::settings::Settings;

fn main() -> ExitCode {
    if let Some(error) = kube::container::become_container() {
        let _ = writeln!(std::io::stderr(), "the container cannot start: {error}");
        return ExitCode::from(128);
    }
    if !sandbox::inside() {
        return sandbox::run_inside().unwrap_or(ExitCode::from(2));
    }
    match go() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => { let _ = writeln!(std::io::stderr(), "{e}"); ExitCode::FAILURE }
    }
}
fn go() -> std::io::Result<()> {
    sandbox::settle()?;
    let cluster = Cluster::start(Settings::new(1), std::path::Path::new("/mnt/logs"))?;
    let f = std::env::args().nth(1).unwrap();
    let t = Instant::now();
    cluster.apply(Objects::read(&std::fs::read_to_string(f)?)?);
    let ok = wait_until(Duration::from_secs(15), || { let p = cluster.pods(); !p.is_empty() && p.iter().all(|p| p.healthy()) });
    let _ = writeln!(std::io::stdout(), "ready {ok} {:?}", t.elapsed());
    let _ = std::process::Command::new("sh").args(["-c", &std::env::args().nth(2).unwrap_or("cat /mnt/logs/*".into())]).status();
    Ok(())
}
