//! When probes run, and what they ask: a script that asks nobody (templates/probe.sh), or a port where that says as much.
//! Programs that probes start are most of what an idle instance costs.

use k8s_openapi::api::core::v1::{ExecAction, HTTPGetAction, Probe, TCPSocketAction};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::service;
use crate::instance::{Component, Instance};
use crate::model::{self, Probes, defaults};
use crate::runtime;
use crate::value::Duration;

/// The port on which a proxy tells whether it leads to a master.
pub(super) const HEALTH: &str = "health";

/// Probes of a container.
pub(crate) struct ContainerProbes {
    pub(crate) liveness: Option<Probe>,
    pub(crate) readiness: Option<Probe>,
    pub(crate) startup: Option<Probe>,
}

/// Time between two runs, time a run may take, failures in a row that count.
pub(crate) struct Schedule(pub(crate) Duration, pub(crate) Duration, pub(crate) u32);

/// A pod is ready a second after it is in sync, however long that takes: its script waits, and ends where that is no use.
const STARTUP: Schedule =
    Schedule(defaults::STARTUP_PERIOD, Duration::from_secs(5), defaults::STARTUP_FAILURE_THRESHOLD);
/// A server that stops takes itself out of the Services; this is for what its script cannot do.
const SERVER_READINESS: Schedule = Schedule(Duration::from_secs(30), Duration::from_secs(5), 3);
/// A connection starts no process, so it may come more often.
const SENTINEL_READINESS: Schedule = Schedule(Duration::from_secs(10), Duration::from_secs(2), 2);
/// Longer than a paused virtual machine or node: a stopped process is taken over by Sentinel long before it is killed.
const LIVENESS: Schedule =
    Schedule(defaults::LIVENESS_PERIOD, Duration::from_secs(5), defaults::LIVENESS_FAILURE_THRESHOLD);

/// A proxy without a master takes no clients; one that had none for eleven minutes starts anew, with the addresses, passwords and
/// certificates of then. Not sooner: from its second start within ten minutes on a container has to wait.
const PROXY: [Schedule; 3] = [
    Schedule(Duration::from_secs(60), Duration::from_secs(2), 11),
    Schedule(Duration::from_secs(5), Duration::from_secs(2), 6),
    Schedule(Duration::from_secs(1), Duration::from_secs(2), 660),
];

pub(super) fn build(instance: Instance<'_>, component: Component) -> ContainerProbes {
    if component == Component::Proxy {
        let [liveness, readiness, startup] = PROXY.map(|schedule| probe(master_known(), &schedule, None));
        return ContainerProbes { liveness, readiness, startup };
    }
    let asked = asked(instance, component);
    let script = |question: &str| command(runtime::probe_command(question));
    let (readiness, schedule) = if component == Component::Server {
        (script("ready"), &SERVER_READINESS)
    } else {
        (port(component), &SENTINEL_READINESS)
    };
    ContainerProbes {
        liveness: probe(script("live"), &LIVENESS, asked.and_then(|probes| probes.liveness.as_ref())),
        readiness: probe(readiness, schedule, asked.and_then(|probes| probes.readiness.as_ref())),
        startup: probe(script("started"), &STARTUP, asked.and_then(|probes| probes.startup.as_ref())),
    }
}

pub(crate) fn asked(instance: Instance<'_>, component: Component) -> Option<&Probes> {
    match component {
        Component::Server => instance.redis.spec.probes.as_deref(),
        Component::Sentinel => instance.sentinel().and_then(|sentinel| sentinel.probes.as_deref()),
        Component::Proxy => None,
    }
}

/// A probe that runs a command.
pub(crate) fn command(command: Vec<String>) -> Probe {
    Probe { exec: Some(ExecAction { command: Some(command) }), ..Default::default() }
}

/// A probe that opens a connection.
fn port(component: Component) -> Probe {
    let port = IntOrString::String(service::port_name(component).to_owned());
    Probe { tcp_socket: Some(TCPSocketAction { host: None, port }), ..Default::default() }
}

/// A probe that asks a proxy whether it leads to a master.
fn master_known() -> Probe {
    let get = HTTPGetAction {
        path: Some("/".to_owned()),
        port: IntOrString::String(HEALTH.to_owned()),
        scheme: Some("HTTP".to_owned()),
        ..Default::default()
    };
    Probe { http_get: Some(get), ..Default::default() }
}

/// The probe as the document wants it, or as the schedule has it.
pub(crate) fn probe(probe: Probe, schedule: &Schedule, asked: Option<&model::Probe>) -> Option<Probe> {
    let default = model::Probe::default();
    let asked = asked.unwrap_or(&default);
    if asked.enabled == Some(false) {
        return None;
    }
    let seconds = |duration: Duration| i32::try_from(duration.as_secs_rounded_up()).unwrap_or(i32::MAX);
    let count = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    Some(Probe {
        // the API server drops a wait of 0
        initial_delay_seconds: asked.initial_delay.map(seconds).filter(|delay| *delay > 0),
        period_seconds: Some(seconds(asked.period.unwrap_or(schedule.0))),
        timeout_seconds: Some(seconds(asked.timeout.unwrap_or(schedule.1))),
        failure_threshold: Some(count(asked.failure_threshold.unwrap_or(schedule.2))),
        success_threshold: asked.success_threshold.map(count),
        ..probe
    })
}
