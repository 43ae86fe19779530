//! A client that asks through a Service all the time.

use std::io;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::background::Background;
use crate::gap;
use crate::instance::Instance;
use crate::lock::lock;
use crate::net::fabric::PodNet;
use crate::resp::Connection;

/// Time between two questions.
const PACE: Duration = Duration::from_millis(20);

/// Questions after which it connects again, so that it meets every pod.
const QUESTIONS: u32 = 25;

/// What it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    /// A key, of the read Service.
    Read,
    /// Who is master, of the sentinel Service.
    Sentinel,
}

impl Service {
    fn dial(self, instance: &Instance) -> io::Result<Connection> {
        match self {
            Self::Read => instance.dial_service("read", &instance.servers, instance.port()),
            Self::Sentinel => instance.dial_sentinel(),
        }
    }

    fn ask(self, instance: &Instance, connection: &mut Connection) -> io::Result<()> {
        match self {
            Self::Read => connection.call(&["GET", "plain:0"]),
            Self::Sentinel => connection.call(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", instance.master_name()]),
        }
        .map(drop)
    }
}

/// A caller that runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Caller {
    calls: Arc<Calls>,
    _asking: Background,
}

#[derive(Debug, Default)]
struct Calls {
    answered: Mutex<Vec<Instant>>,
    refused: Mutex<Vec<Instant>>,
}

impl Caller {
    /// Starts asking from a network.
    pub(crate) fn start(service: Service, instance: &Instance, net: &Arc<PodNet>) -> io::Result<Self> {
        let calls = Arc::new(Calls::default());
        let (instance, net, list) = (instance.clone(), Arc::clone(net), Arc::clone(&calls));
        let asking = Background::start("caller", move |end| {
            if net.join().is_err() {
                return;
            }
            let mut open: Option<(Connection, u32)> = None;
            while !end.has_come() {
                open = match open.take() {
                    Some((_, 0)) | None => {
                        let began = Instant::now();
                        let connection = service.dial(&instance);
                        if connection.is_err() {
                            lock(&list.refused).push(began);
                        }
                        connection.ok().map(|connection| (connection, QUESTIONS))
                    }
                    Some((mut connection, left)) => service.ask(&instance, &mut connection).ok().map(|()| {
                        lock(&list.answered).push(Instant::now());
                        (connection, left - 1)
                    }),
                };
                thread::sleep(PACE);
            }
        })?;
        Ok(Self { calls, _asking: asking })
    }

    /// The longest time without an answer since then.
    pub(crate) fn longest_gap(&self, since: Instant) -> Duration {
        gap::longest(lock(&self.calls.answered).iter().copied(), since, Instant::now())
    }

    /// How many connections were refused, or came to nothing, since then.
    pub(crate) fn refused(&self, since: Instant) -> u32 {
        lock(&self.calls.refused).iter().fold(0, |count, at| count + u32::from(*at >= since))
    }
}
