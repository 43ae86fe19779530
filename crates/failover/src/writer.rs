//! Clients like the ones users have: they find the master through the sentinels, write, and come back after errors. Where there is a
//! Service that follows the master they know nothing else, and leave a connection only when it ends.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::background::{Background, End};
use crate::gap;
use crate::instance::Instance;
use crate::lock::lock;
use crate::net::fabric::PodNet;
use crate::resp::{Connection, Reply};

/// Time between two writes: about 200 a second.
const PACE: Duration = Duration::from_millis(5);

/// Time until the next try after an error, as client libraries have it.
const RETRY: Duration = Duration::from_millis(75);

/// How sure a writer wants to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    /// The master took it.
    Plain,
    /// At least one replica has it too (WAIT 1).
    Replicated,
}

/// A client that writes numbered keys until it is stopped.
#[derive(Debug)]
pub(crate) struct Writer {
    prefix: String,
    tally: Arc<Tally>,
    writing: Background,
}

#[derive(Debug, Default)]
struct Tally {
    acknowledged: Mutex<Vec<(u64, Instant)>>,
    errors: Mutex<Vec<(Instant, String)>>,
}

/// The acknowledged writes of a writer.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    /// What its keys begin with.
    pub(crate) prefix: String,
    /// Numbers and when they were acknowledged.
    pub(crate) acknowledged: Vec<(u64, Instant)>,
}

impl Writer {
    /// Starts writing from a network.
    pub(crate) fn start(instance: &Instance, net: &Arc<PodNet>, prefix: &str, promise: Promise) -> io::Result<Self> {
        let tally = Arc::new(Tally::default());
        let work = Work { instance: instance.clone(), prefix: prefix.to_owned(), promise, tally: Arc::clone(&tally) };
        let net = Arc::clone(net);
        let writing = Background::start(&format!("writer {prefix}"), move |end| {
            if net.join().is_ok() {
                work.run(end);
            }
        })?;
        Ok(Self { prefix: prefix.to_owned(), tally, writing })
    }

    /// What was acknowledged so far.
    pub(crate) fn written(&self) -> Written {
        Written { prefix: self.prefix.clone(), acknowledged: lock(&self.tally.acknowledged).clone() }
    }

    /// The errors it met, with the time of each.
    pub(crate) fn errors(&self) -> Vec<(Instant, String)> {
        lock(&self.tally.errors).clone()
    }

    /// Stops it.
    pub(crate) fn stop(&mut self) {
        self.writing.stop();
    }
}

impl Written {
    /// The longest time without an acknowledged write between `since` and `until`.
    pub(crate) fn longest_gap(&self, since: Instant, until: Instant) -> Duration {
        gap::longest(self.acknowledged.iter().map(|(_, at)| *at), since, until)
    }
}

struct Work {
    instance: Instance,
    prefix: String,
    promise: Promise,
    tally: Arc<Tally>,
}

impl Work {
    fn run(&self, end: &End) {
        let mut number = 0;
        let mut master = None;
        while !end.has_come() {
            let began = Instant::now();
            let outcome = match master.as_mut() {
                Some(master) => self.write(master, number),
                None => self.find_master().map(|found| {
                    master = Some(found);
                    false
                }),
            };
            match outcome {
                Ok(true) => lock(&self.tally.acknowledged).push((number, Instant::now())),
                Ok(false) => continue,
                Err(error) => {
                    if self.instance.proxies().is_none() || !Answer::is(&error) {
                        master = None;
                    }
                    lock(&self.tally.errors).push((Instant::now(), error.to_string()));
                    thread::sleep(RETRY);
                }
            }
            // A number is used once, whatever became of it: what failed may still have been stored.
            number += 1;
            thread::sleep(PACE.saturating_sub(began.elapsed()));
        }
    }

    fn write(&self, master: &mut Connection, number: u64) -> io::Result<bool> {
        let (key, value) = (format!("{}:{number}", self.prefix), number.to_string());
        let set: &[&str] = &["SET", &key, &value];
        let wait: &[&str] = &["WAIT", "1", "800"];
        let replies = match self.promise {
            Promise::Plain => master.pipeline(&[set])?,
            Promise::Replicated => master.pipeline(&[set, wait])?,
        };
        for reply in &replies {
            if let Reply::Error(error) = reply {
                return Err(Answer::error(error));
            }
        }
        match (self.promise, replies.last().and_then(Reply::number)) {
            (Promise::Replicated, Some(0) | None) => Err(Answer::error("no replica has it")),
            _ => Ok(true),
        }
    }

    fn find_master(&self) -> io::Result<Connection> {
        let instance = &self.instance;
        if instance.proxies().is_some() {
            return instance.dial_service("master", &instance.servers, instance.port());
        }
        let mut sentinel = instance.dial_sentinel()?;
        let reply = sentinel.call(&["SENTINEL", "get-master-addr-by-name", instance.master_name()])?;
        let [host, port] = reply.list() else { return Err(io::Error::other("the sentinel knows no master")) };
        let host = host.text().unwrap_or_default();
        let port = port.text().and_then(|port| port.parse().ok()).unwrap_or(instance.port());
        let mut master =
            instance.dial_named(host, port).map_err(|error| io::Error::other(format!("{host}: {error}")))?;
        let role = master.call(&["ROLE"])?;
        if role.list().first().and_then(Reply::text) != Some("master") {
            return Err(io::Error::other(format!("{host} is no master")));
        }
        Ok(master)
    }
}

/// An error that was answered, over a connection that goes on.
#[derive(Debug)]
struct Answer(String);

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Answer {}

impl Answer {
    fn error(text: &str) -> io::Error {
        io::Error::other(Self(text.to_owned()))
    }

    fn is(error: &io::Error) -> bool {
        error.get_ref().and_then(|inner| inner.downcast_ref::<Self>()).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_counts_from_the_fault_on() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let written =
            Written { prefix: "p".to_owned(), acknowledged: vec![(0, at(0)), (1, at(90)), (2, at(100)), (3, at(700))] };
        assert_eq!(written.longest_gap(at(95), at(800)), Duration::from_millis(600));
        assert_eq!(written.longest_gap(at(95), at(2000)), Duration::from_millis(1300));
        assert_eq!(written.longest_gap(at(5), at(100)), Duration::from_millis(85));
    }
}
