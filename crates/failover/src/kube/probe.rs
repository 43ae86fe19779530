//! Probes, on the schedule the kubelet keeps.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{Container, ContainerPort, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::container::Spec;
use super::journal::Journal;
use super::pod::Pod;
use super::settings::Settings;

/// What the probes of one running container found so far.
#[derive(Debug)]
pub(crate) struct Health {
    /// The startup probe has succeeded once, or there is none.
    pub(crate) started: AtomicBool,
    /// The readiness probe holds, or there is none.
    pub(crate) ready: AtomicBool,
    /// A startup or liveness probe has failed for good.
    pub(crate) failed: AtomicBool,
    /// Liveness does not matter any more: the pod is ending.
    pub(crate) ending: AtomicBool,
    /// The container has ended.
    pub(crate) over: AtomicBool,
}

/// Which of a container's probes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Startup,
    Liveness,
    Readiness,
}

/// What a probe does.
#[derive(Debug)]
enum Question {
    /// Runs a command in the container, which must end with 0.
    Exec(Vec<String>),
    /// Connects to the pod from its node, and closes at once.
    Connect(SocketAddr),
    /// Asks for a page, which must come with a status from 200 to 399.
    Get(SocketAddr, String),
}

impl Question {
    fn of(probe: &Probe, container: &Container, ip: Ipv4Addr) -> io::Result<Self> {
        if let Some(command) = probe.exec.as_ref().and_then(|exec| exec.command.clone()) {
            return Ok(Self::Exec(command));
        }
        if let Some(get) = probe.http_get.as_ref().filter(|get| get.host.is_none()) {
            let path = get.path.clone().unwrap_or_else(|| "/".to_owned());
            return Ok(Self::Get((ip, port(&get.port, container)?).into(), path));
        }
        let socket = probe.tcp_socket.as_ref().filter(|socket| socket.host.is_none());
        let socket = socket.ok_or_else(|| {
            io::Error::other(
                "the proving ground knows probes by exec, and by httpGet and tcpSocket to the pod's own address only",
            )
        })?;
        Ok(Self::Connect((ip, port(&socket.port, container)?).into()))
    }
}

/// The port a probe connects to, which may be given by the name it has in the container.
fn port(asked: &IntOrString, container: &Container) -> io::Result<u16> {
    let number = match asked {
        IntOrString::Int(number) => Some(*number),
        IntOrString::String(name) => {
            let named = |port: &&ContainerPort| port.name.as_ref() == Some(name);
            container.ports.iter().flatten().find(named).map(|port| port.container_port)
        }
    };
    number.and_then(|number| u16::try_from(number).ok()).ok_or_else(|| {
        io::Error::other(format!("a probe of container {} has the unknown port {:?}", container.name, asked))
    })
}

/// Starts the probes of a container that has just started in a pod that has an address.
pub(crate) fn start(
    pod: &Arc<Pod>,
    container: &Container,
    spec: &Arc<Spec>,
    pid: i32,
    journal: &Arc<Journal>,
    settings: &Arc<Settings>,
) -> io::Result<Arc<Health>> {
    let ip = pod.ip().ok_or(io::ErrorKind::AddrNotAvailable)?;
    let name = format!("pod {} container {}", pod.name, container.name);
    let probes = [
        (Kind::Startup, &container.startup_probe),
        (Kind::Liveness, &container.liveness_probe),
        (Kind::Readiness, &container.readiness_probe),
    ];
    let health = Arc::new(Health {
        started: AtomicBool::new(container.startup_probe.is_none()),
        ready: AtomicBool::new(container.readiness_probe.is_none()),
        failed: AtomicBool::new(false),
        ending: AtomicBool::new(false),
        over: AtomicBool::new(false),
    });
    for (kind, probe) in probes {
        let Some(probe) = probe.clone() else { continue };
        let question = Question::of(&probe, container, ip)?;
        let worker = Worker {
            kind,
            probe,
            question,
            pid,
            pod: Arc::clone(pod),
            spec: Arc::clone(spec),
            health: Arc::clone(&health),
            name: name.clone(),
            journal: Arc::clone(journal),
            settings: Arc::clone(settings),
        };
        thread::Builder::new().name(format!("{kind:?} {name}")).spawn(move || worker.run())?;
    }
    Ok(health)
}

struct Worker {
    kind: Kind,
    probe: Probe,
    question: Question,
    pid: i32,
    pod: Arc<Pod>,
    spec: Arc<Spec>,
    health: Arc<Health>,
    name: String,
    journal: Arc<Journal>,
    settings: Arc<Settings>,
}

impl Worker {
    fn run(&self) {
        let born = Instant::now();
        let seconds = |number: Option<i32>, default: i32| {
            Duration::from_secs(number.unwrap_or(default).max(0).unsigned_abs().into())
        };
        let period = seconds(self.probe.period_seconds, 10).max(Duration::from_secs(1));
        let initial = seconds(self.probe.initial_delay_seconds, 0);
        let limit = seconds(self.probe.timeout_seconds, 1).max(Duration::from_secs(1));
        let enough = self.probe.success_threshold.unwrap_or(1).max(1);
        let too_many = self.probe.failure_threshold.unwrap_or(3).max(1);
        // The kubelet's ticker was started with the pod, not with the container; where it stands now is chance.
        let period_ms = u64::try_from(period.as_millis()).unwrap_or(u64::MAX);
        let mut next = born + Duration::from_millis(self.settings.random().below(period_ms));
        let (mut good, mut bad) = (0, 0);
        loop {
            if self.wait(next, self.kind == Kind::Readiness && good + bad == 0) {
                return;
            }
            let now = Instant::now();
            // As the kubelet, which winds its ticker up again after a probe that was triggered.
            next = now + period;
            if self.kind != Kind::Startup && !self.started() || now < born + initial {
                continue;
            }
            let (success, why) = self.ask(limit);
            if success {
                (good, bad) = (good + 1, 0);
            } else {
                (good, bad) = (0, bad + 1);
                self.journal.event(&format!("{}: {:?} probe failed ({bad}): {}", self.name, self.kind, why.trim()));
            }
            if good >= enough || bad >= too_many {
                match self.kind {
                    Kind::Readiness => self.health.ready.store(success, Ordering::Release),
                    Kind::Startup if success => {
                        self.health.started.store(true, Ordering::Release);
                        return;
                    }
                    Kind::Startup | Kind::Liveness if !success && !self.health.ending.load(Ordering::Acquire) => {
                        self.health.failed.store(true, Ordering::Release);
                        return;
                    }
                    Kind::Startup | Kind::Liveness => {}
                }
            }
        }
    }

    fn started(&self) -> bool {
        self.health.started.load(Ordering::Acquire)
    }

    /// Waits for the time of the next probe; true if there is nothing left to probe.
    ///
    /// A startup probe's success triggers the first readiness probe.
    fn wait(&self, until: Instant, eager: bool) -> bool {
        let waiting = !self.started();
        loop {
            let ending = self.kind != Kind::Readiness && self.health.ending.load(Ordering::Acquire);
            if ending || self.health.over.load(Ordering::Acquire) {
                return true;
            }
            if Instant::now() >= until || eager && waiting && self.started() {
                return false;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn ask(&self, limit: Duration) -> (bool, String) {
        let silence = || format!("no answer within {} s", limit.as_secs());
        match &self.question {
            Question::Exec(command) => {
                self.pod.meter.count_probe();
                match self.spec.execute(self.pid, command, limit) {
                    Ok(outcome) => match outcome.code {
                        Some(0) => (true, String::new()),
                        Some(code) => (false, format!("exit code {code}: {}", outcome.output)),
                        None => (false, format!("{}: {}", silence(), outcome.output)),
                    },
                    Err(error) => (false, error.to_string()),
                }
            }
            // This thread is on the node's side of the pod's link, so no policy and no cut is in the way, as for a kubelet.
            Question::Connect(address) => match TcpStream::connect_timeout(address, limit) {
                Ok(_) => (true, String::new()),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => (false, format!("{address}: {}", silence())),
                Err(error) => (false, format!("{address}: {error}")),
            },
            Question::Get(address, path) => match get(*address, path, limit) {
                Ok(answer) => (matches!(answer.split(' ').nth(1), Some(status) if status < "400"), answer),
                Err(error) => (false, format!("{address}: {error}")),
            },
        }
    }
}

/// The first line of the answer to a request for a page.
fn get(address: SocketAddr, path: &str, limit: Duration) -> io::Result<String> {
    let mut open = TcpStream::connect_timeout(&address, limit)?;
    open.set_read_timeout(Some(limit))?;
    write!(open, "GET {path} HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    open.read_to_string(&mut answer)?;
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}
