//! Times and thresholds of probes.

use super::rule::rules;
use super::{Check, seconds, services};
use crate::api_version::ApiVersion;
use crate::check::at::At;
use crate::model::{Probe, Probes, defaults};
use crate::value::Duration;

rules! { RULES;
    PROBE_TIME_ZERO = Error "probe-time-zero", "the period or timeout of a probe is 0s",
        "the API server refuses it, or takes its own default instead";
    PROBE_THRESHOLD_ZERO = Error "probe-threshold-zero", "the failure or success threshold of a probe is 0",
        "the API server refuses it, or takes its own default instead";
    PROBE_SUCCESS_THRESHOLD = Error "probe-success-threshold", "the success threshold of a liveness or startup probe is not 1",
        "the API server refuses it";
    PROBE_TOO_LARGE = Error "probe-too-large", "a time of a probe is more than an hour, or a threshold more than 10000 (1000000 for startup)",
        "a probe that never fails protects from nothing; the field holds 2147483647 at most";
    PROBE_OFF = Warning "probe-off", "a probe is switched off",
        "a process that hangs is not restarted, clients are led to pods that cannot answer, or a roll goes on before a pod is in sync";
    LIVENESS_HASTY = Warning "liveness-hasty", "a liveness probe restarts a process that has been silent for less than downAfter and 5 s",
        "a short pause becomes a restart: the server comes back empty or stale before the sentinels could elect another";
    STARTUP_HASTY = Warning "startup-hasty", "a startup probe gives up after less than 10m",
        "it succeeds once the pod is in sync: one that loads, copies the data or waits for the others longer is killed and begins anew, again and again";
}

/// Longer is a mistake in every probe there is.
const LONGEST: Duration = Duration::from_secs(3600);
const MOST_TIMES: u32 = 10_000;
/// Loads a few gigabytes, and pulls the images of the others.
const STARTUP: Duration = Duration::from_secs(600);
/// What a failover needs beyond downAfter, with room: 1.1 to 1.4 s were measured.
const FAILOVER: Duration = Duration::from_secs(5);

pub(super) fn check(check: &mut Check) {
    if let Some(probes) = check.spec.probes.as_deref() {
        container(check, &At::root("spec.probes"), probes);
        if let Some(liveness) = &probes.liveness {
            hasty(check, liveness);
        }
    }
    if let Some(probes) = check.sentinel().and_then(|sentinel| sentinel.probes.as_deref()) {
        container(check, &At::root("spec.sentinel.probes"), probes);
    }
}

fn container(check: &mut Check, path: &At, probes: &Probes) {
    for (name, probe) in
        [("liveness", &probes.liveness), ("readiness", &probes.readiness), ("startup", &probes.startup)]
    {
        let Some(probe) = probe else { continue };
        let path = path.field(name);
        if probe.enabled == Some(false) {
            let settings = Probe { enabled: None, ..probe.clone() };
            services::settings_of_disabled(check, &path, settings != Probe::default());
            let without = match name {
                "liveness" => "a process that hangs is not restarted",
                "readiness" => "clients are led to pods that cannot answer them",
                _ => "a roll goes on before a pod is in sync",
            };
            check.report(
                PROBE_OFF
                    .at(path.field("enabled"), format!("there is no {name} probe: {without}"))
                    .help("leave it on: it asks a file, and costs next to nothing"),
            );
        }
        times(check, &path, probe);
        if name == "startup" && check.target == ApiVersion::AppsV1 {
            startup(check, &path, probe);
        }
        let most = if name == "startup" { defaults::STARTUP_FAILURE_THRESHOLD } else { MOST_TIMES };
        for (field, threshold) in
            [("failureThreshold", probe.failure_threshold), ("successThreshold", probe.success_threshold)]
        {
            let Some(threshold) = threshold else { continue };
            let path = path.field(field);
            if threshold == 0 {
                check.report(
                    PROBE_THRESHOLD_ZERO
                        .at(path, format!("{field} counts runs in a row, and 0 is none"))
                        .help("use 1 or more"),
                );
            } else if field == "successThreshold" && name != "readiness" && threshold != 1 {
                check.report(
                    PROBE_SUCCESS_THRESHOLD
                        .at(path, format!("the API server refuses {threshold} for a {name} probe: one success counts"))
                        .help("leave it out, or use 1"),
                );
            } else if threshold > most {
                check.report(
                    PROBE_TOO_LARGE
                        .at(path, format!("{threshold} runs in a row never come together"))
                        .help(format!("use {most} or less, or switch the probe off with enabled: false")),
                );
            }
        }
    }
}

fn times(check: &mut Check, path: &At, probe: &Probe) {
    for (field, time) in [("initialDelay", probe.initial_delay), ("period", probe.period), ("timeout", probe.timeout)] {
        let Some(time) = time else { continue };
        let path = path.field(field);
        if time.as_millis() == 0 && field != "initialDelay" {
            check.report(
                PROBE_TIME_ZERO.at(path, format!("a {field} of {time} is none")).help("use whole seconds, 1s or more"),
            );
        } else if time > LONGEST {
            check.report(
                PROBE_TOO_LARGE
                    .at(path, format!("a {field} of {time} makes the probe useless"))
                    .help(format!("use {LONGEST} or less, or switch the probe off with enabled: false")),
            );
        } else {
            seconds::whole(check, path, time);
        }
    }
}

/// A pod that is not in sync yet needs time, not a new start.
fn startup(check: &mut Check, path: &At, probe: &Probe) {
    let (Some(failures), None | Some(true)) = (probe.failure_threshold, probe.enabled) else { return };
    let patience = probe.period.unwrap_or(defaults::STARTUP_PERIOD).times(failures);
    if patience.as_millis() > 0 && patience < STARTUP {
        check.report(
            STARTUP_HASTY
                .at(
                    path.field("failureThreshold"),
                    format!(
                        "a pod that is not in sync after {patience} is killed and begins anew, and may never get there"
                    ),
                )
                .help("leave it out: the start waits as long as it takes, and ends by itself where that is no use"),
        );
    }
}

/// A paused master must be voted out before it is restarted, so that it comes back as a replica.
fn hasty(check: &mut Check, liveness: &Probe) {
    if liveness.enabled == Some(false) || (liveness.period.is_none() && liveness.failure_threshold.is_none()) {
        return;
    }
    let (period, failures) = if check.target.is_tutorial() {
        (defaults::TUTORIAL_LIVENESS_PERIOD, defaults::TUTORIAL_LIVENESS_FAILURE_THRESHOLD)
    } else {
        (defaults::LIVENESS_PERIOD, defaults::LIVENESS_FAILURE_THRESHOLD)
    };
    let (period, failures) = (liveness.period.unwrap_or(period), liveness.failure_threshold.unwrap_or(failures));
    let silent = period.times(failures);
    let down_after = check.instance.down_after();
    let enough = down_after.as_millis() + FAILOVER.as_millis();
    if silent.as_millis() > 0 && silent.as_millis() < enough {
        let field = if liveness.period.is_some() { "period" } else { "failureThreshold" };
        check.report(
            LIVENESS_HASTY
                .at(
                    At::root("spec.probes.liveness").field(field),
                    format!("a server silent for {silent} is restarted before the sentinels can elect another, which takes {down_after} and about 1.4 s"),
                )
                .help(format!("let period times failureThreshold be {}s or more", enough.div_ceil(1000))),
        );
    }
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case(
            "probe-time-zero",
            "spec.probes.readiness.period",
            "spec: {probes: {readiness: {period: 0s}}}",
            "spec: {probes: {readiness: {period: 1s, initialDelay: 0s}}}",
        ),
        case(
            "probe-time-zero",
            "spec.sentinel.probes.liveness.timeout",
            "spec: {sentinel: {probes: {liveness: {timeout: 0s}}}}",
            "spec: {sentinel: {probes: {liveness: {timeout: 1s}}}}",
        ),
        case(
            "probe-threshold-zero",
            "spec.probes.liveness.failureThreshold",
            "spec: {probes: {liveness: {failureThreshold: 0}}}",
            "spec: {probes: {liveness: {failureThreshold: 1}}}",
        ),
        case(
            "probe-threshold-zero",
            "spec.probes.readiness.successThreshold",
            "spec: {probes: {readiness: {successThreshold: 0}}}",
            "spec: {probes: {readiness: {successThreshold: 2}}}",
        ),
        case(
            "probe-success-threshold",
            "spec.probes.liveness.successThreshold",
            "spec: {probes: {liveness: {successThreshold: 2}}}",
            "spec: {probes: {liveness: {successThreshold: 1}}}",
        ),
        case(
            "probe-success-threshold",
            "spec.probes.startup.successThreshold",
            "spec: {probes: {startup: {successThreshold: 2}}}",
            "spec: {probes: {startup: {successThreshold: 1}}}",
        ),
        case(
            "probe-too-large",
            "spec.probes.readiness.failureThreshold",
            "spec: {probes: {readiness: {failureThreshold: 10001}}}",
            "spec: {probes: {readiness: {failureThreshold: 10000}}}",
        ),
        case(
            "probe-too-large",
            "spec.probes.startup.failureThreshold",
            "spec: {probes: {startup: {failureThreshold: 1000001}}}",
            "spec: {probes: {startup: {failureThreshold: 1000000}}}",
        ),
        case(
            "probe-too-large",
            "spec.probes.startup.initialDelay",
            "spec: {probes: {startup: {initialDelay: 1h1s}}}",
            "spec: {probes: {startup: {initialDelay: 1h}}}",
        ),
        case(
            "settings-of-disabled",
            "spec.probes.startup.enabled",
            "spec: {probes: {startup: {enabled: false, failureThreshold: 600}}}",
            "spec: {probes: {startup: {enabled: true, failureThreshold: 600}}}",
        ),
        case(
            "probe-off",
            "spec.sentinel.probes.readiness.enabled",
            "spec: {sentinel: {probes: {readiness: {enabled: false}}}}",
            "spec: {sentinel: {probes: {readiness: {enabled: true}}}}",
        ),
        case(
            "liveness-hasty",
            "spec.probes.liveness.period",
            "spec: {probes: {liveness: {period: 4s}}}",
            "spec: {probes: {liveness: {period: 5s}}}",
        ),
        case(
            "liveness-hasty",
            "spec.probes.liveness.failureThreshold",
            "spec: {sentinel: {downAfter: 30s}, probes: {liveness: {failureThreshold: 3}}}",
            "spec: {sentinel: {downAfter: 30s}, probes: {liveness: {failureThreshold: 4}}}",
        )
        .on(ApiVersion::V1),
        case(
            "startup-hasty",
            "spec.probes.startup.failureThreshold",
            "spec: {probes: {startup: {failureThreshold: 599}}}",
            "spec: {probes: {startup: {failureThreshold: 600}}}",
        ),
        case(
            "startup-hasty",
            "spec.sentinel.probes.startup.failureThreshold",
            "spec: {sentinel: {probes: {startup: {period: 2s, failureThreshold: 299}}}}",
            "spec: {sentinel: {probes: {startup: {period: 2s, failureThreshold: 300}}}}",
        ),
    ]
};
