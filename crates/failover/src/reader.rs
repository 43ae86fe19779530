//! A client that reads through the read Service.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::instance::Instance;
use crate::lock::lock;
use crate::net::fabric::PodNet;
use crate::resp::Connection;

/// Time between two reads.
const PACE: Duration = Duration::from_millis(20);

/// Reads after which it connects again, so that it meets every server.
const READS: u32 = 25;

/// A reader that runs until it is stopped.
#[derive(Debug)]
pub(crate) struct Reader {
    stop: Arc<AtomicBool>,
    answered: Arc<Mutex<Vec<Instant>>>,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    /// Starts reading from a network.
    pub(crate) fn start(instance: &Instance, net: &Arc<PodNet>) -> io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let answered = Arc::new(Mutex::new(Vec::new()));
        let (instance, net, ended, list) =
            (instance.clone(), Arc::clone(net), Arc::clone(&stop), Arc::clone(&answered));
        let thread = thread::Builder::new().name("reader".to_owned()).spawn(move || {
            if net.join().is_err() {
                return;
            }
            let mut server: Option<(Connection, u32)> = None;
            while !ended.load(Ordering::Acquire) {
                let outcome = match server.take() {
                    Some((_, 0)) | None => {
                        instance.dial_service("read", &instance.servers, instance.port()).map(|server| (server, READS))
                    }
                    Some((mut open, left)) => open.call(&["GET", "plain:0"]).map(|_| (open, left - 1)),
                };
                if let Ok(open) = outcome {
                    if open.1 < READS {
                        lock(&list).push(Instant::now());
                    }
                    server = Some(open);
                }
                thread::sleep(PACE);
            }
        })?;
        Ok(Self { stop, answered, thread: Some(thread) })
    }

    /// The longest time without an answer since then.
    pub(crate) fn longest_gap(&self, since: Instant) -> Duration {
        let answered = lock(&self.answered).clone();
        let times: Vec<Instant> = std::iter::once(since)
            .chain(answered.into_iter().filter(|at| *at >= since))
            .chain([Instant::now()])
            .collect();
        times.windows(2).map(|pair| pair[1].saturating_duration_since(pair[0])).max().unwrap_or_default()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
