//! When probes run; what they ask is in templates/health.sh.

use k8s_openapi::api::core::v1::{ExecAction, Probe};

use crate::instance::{Component, Instance};
use crate::model::{self, Probes};
use crate::runtime;
use crate::value::Duration;

/// Probes of a container.
pub(super) struct ContainerProbes {
    pub(super) liveness: Option<Probe>,
    pub(super) readiness: Option<Probe>,
    pub(super) startup: Option<Probe>,
}

/// Seconds between two runs, seconds a run may take, failures in a row that count.
struct Schedule(i32, i32, i32);

/// Longer than a paused virtual machine or node: a stopped process is taken over by Sentinel long before it is killed.
const LIVENESS: Schedule = Schedule(10, 5, 6);
/// A replica leaves the read Service soon, and a new pod is ready as soon as it is in sync.
const READINESS: Schedule = Schedule(2, 2, 2);
/// The process answers within seconds even while it loads; waiting for a master counts as alive.
const STARTUP: Schedule = Schedule(1, 5, 60);

pub(super) fn build(instance: Instance<'_>, component: Component) -> ContainerProbes {
    let asked = match component {
        Component::Server => instance.redis.spec.probes.as_deref(),
        Component::Sentinel => instance.sentinel().and_then(|sentinel| sentinel.probes.as_deref()),
    };
    let asked = |probe: fn(&Probes) -> Option<&model::Probe>| asked.and_then(probe);
    ContainerProbes {
        liveness: probe(component, "live", &LIVENESS, asked(|probes| probes.liveness.as_ref())),
        readiness: probe(component, "ready", &READINESS, asked(|probes| probes.readiness.as_ref())),
        startup: probe(component, "live", &STARTUP, asked(|probes| probes.startup.as_ref())),
    }
}

fn probe(component: Component, question: &str, schedule: &Schedule, asked: Option<&model::Probe>) -> Option<Probe> {
    let default = model::Probe::default();
    let asked = asked.unwrap_or(&default);
    if asked.enabled == Some(false) {
        return None;
    }
    let seconds = |duration: Duration| i32::try_from(duration.as_secs_rounded_up()).unwrap_or(i32::MAX);
    let count = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    Some(Probe {
        exec: Some(ExecAction { command: Some(runtime::health_command(component, question)) }),
        // the API server drops a wait of 0
        initial_delay_seconds: asked.initial_delay.map(seconds).filter(|delay| *delay > 0),
        period_seconds: Some(asked.period.map_or(schedule.0, seconds)),
        timeout_seconds: Some(asked.timeout.map_or(schedule.1, seconds)),
        failure_threshold: Some(asked.failure_threshold.map_or(schedule.2, count)),
        success_threshold: asked.success_threshold.map(count),
        ..Default::default()
    })
}
