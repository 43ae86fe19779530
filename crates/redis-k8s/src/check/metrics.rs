//! Exporters, and who scrapes them.

use super::rule::rules;
use super::{Check, control_in, image, network_policy, seconds, services};
use crate::check::at::At;
use crate::instance::Component;
use crate::model::{Alerts, Dashboard, Metrics, Monitor, MonitorKind, defaults};
use crate::value::Duration;

/// Less is more questions than answers that change, more leaves too little for the minutes alerts look at.
const INTERVAL: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(120)];
/// What is rendered: where the exporter listens, whom it asks and how, and what its metrics are called.
const OWNED: &[(&str, &str)] = &[
    ("redis.addr", "spec.port and spec.sentinel.port"),
    ("redis.user", "spec.auth"),
    ("redis.password", "spec.auth"),
    ("redis.password-file", "spec.auth"),
    ("tls-ca-cert-file", "spec.tls"),
    ("tls-client-cert-file", "spec.tls"),
    ("tls-client-key-file", "spec.tls"),
    ("web.listen-address", "spec.metrics.port"),
];
/// What would keep Prometheus, the alerts or the container from working.
const REFUSED: &[&str] = &[
    "basic-auth-hash-password",
    "basic-auth-password",
    "basic-auth-username",
    "namespace",
    "tls-server-ca-cert-file",
    "tls-server-cert-file",
    "tls-server-key-file",
    "version",
    "web.telemetry-path",
];

rules! { RULES;
    METRICS_UNREACHABLE = Warning "metrics-unreachable", "`spec.metrics` is enabled, its `from` names nobody, and the NetworkPolicy is not switched off",
        "the NetworkPolicy opens the port of the exporters for those alone that `from` names: no Prometheus could scrape them";
    METRICS_PORT_TAKEN = Error "metrics-port-taken", "`spec.metrics.port` is the port of the servers or of the sentinels",
        "the containers of a pod share one network: only one of them could listen, and the pods would never be ready";
    EXPORTER_IMAGE_UNKNOWN = Warning "exporter-image-unknown", "`spec.metrics.image` is not named an exporter",
        "the variables it gets, and the metrics the alerts name, are those of redis_exporter";
    EXPORTER_ARGUMENT_OWNED = Error "exporter-argument-owned", "an argument of the exporters says what is rendered, or what those who scrape them rely on",
        "the exporter would ask somebody else, or not be found, or its metrics would have other names than the alerts";
    EXPORTER_ARGUMENT_INVALID = Error "exporter-argument-invalid", "an argument of the exporters is not `--name` or `--name=value`, or holds a control character",
        "the exporter ignores the first argument that is none, and all that come after it";
    MONITOR_SETTING_UNUSED = Warning "monitor-setting-unused", "`spec.metrics.monitor` has labels or an interval without an object that could carry them",
        "annotations have no room for them, and without a `kind` nothing is rendered";
    SCRAPES_OUT_OF_RANGE = Error "scrapes-out-of-range", "`spec.metrics.monitor.interval` is not 5s to 2m",
        "every scrape asks every server some ten questions; alerts look at five minutes and need more than two answers";
}

pub(super) fn check(check: &mut Check) {
    let Some(metrics) = check.spec.metrics.as_deref() else { return };
    let path = At::root("spec.metrics");
    if metrics.enabled != Some(true) {
        let described = Metrics { enabled: None, ..metrics.clone() } != Metrics::default();
        return services::settings_of_disabled(check, &path, described);
    }
    exporter_image(check, &path, metrics);
    for component in Component::ALL {
        let port = check.instance.port(component);
        if port == check.instance.metrics_port() {
            check.report(
                METRICS_PORT_TAKEN
                    .at(
                        path.field("port"),
                        format!("a {} listens on port {port} itself, in the same pod", component.as_str()),
                    )
                    .help(format!("leave it out for {}, or use another", defaults::METRICS_PORT)),
            );
        }
    }
    for (place, argument) in metrics.args.iter().flatten().enumerate() {
        exporter_argument(check, path.field("args").index(place), argument);
    }
    from(check, &path, metrics);
    if let Some(Alerts { enabled, labels }) = &metrics.alerts {
        services::settings_of_disabled(check, &path.field("alerts"), *enabled != Some(true) && labels.is_some());
    }
    if let Some(Dashboard { enabled, labels }) = &metrics.dashboard {
        services::settings_of_disabled(check, &path.field("dashboard"), *enabled != Some(true) && labels.is_some());
    }
    if let Some(asked) = &metrics.monitor {
        monitor(check, &path.field("monitor"), asked);
    }
}

fn exporter_image(check: &mut Check, path: &At, metrics: &Metrics) {
    let Some(asked) = &metrics.image else { return };
    let path = path.field("image");
    image::pinned(check, path, asked, defaults::METRICS_IMAGE);
    if !asked.name().contains("exporter") {
        check.report(
            EXPORTER_IMAGE_UNKNOWN
                .at(
                    path,
                    format!("{asked} does not look like redis_exporter, whose variables and metrics are rendered"),
                )
                .help(format!("use {}, or an image made from it", defaults::METRICS_IMAGE)),
        );
    }
}

fn exporter_argument(check: &mut Check, path: At, argument: &str) {
    let flag = argument.strip_prefix("--").or_else(|| argument.strip_prefix('-')).unwrap_or_default();
    let name = flag.split('=').next().unwrap_or_default();
    let is_flag = name.starts_with(|first: char| first.is_ascii_alphabetic());
    if !is_flag || control_in(argument).is_some() {
        check.report(
            EXPORTER_ARGUMENT_INVALID
                .at(path, format!("{argument:?} is no argument: the exporter would ignore it and those after it"))
                .help("write name and value as one item: --name=value"),
        );
    } else if let Some((_, field)) = OWNED.iter().find(|(owned, _)| *owned == name) {
        check.report(
            EXPORTER_ARGUMENT_OWNED
                .at(path, format!("--{name} is what is rendered here, and the same in every pod it would be wrong"))
                .help(format!("set {field} instead")),
        );
    } else if REFUSED.contains(&name) {
        check.report(
            EXPORTER_ARGUMENT_OWNED
                .at(path, format!("--{name} is not for the document to set: who scrapes the exporters relies on it"))
                .help("leave it out"),
        );
    }
}

fn from(check: &mut Check, path: &At, metrics: &Metrics) {
    let path = path.field("from");
    let named = metrics.from.as_deref().unwrap_or_default();
    for (place, peer) in named.iter().enumerate() {
        network_policy::peer(check, &path.index(place), peer, false);
    }
    let port = check.instance.metrics_port();
    if !check.instance.has_network_policy() && !named.is_empty() {
        check.report(
            services::SETTINGS_OF_DISABLED
                .at(path, "spec.networkPolicy is switched off, so everybody may scrape, whoever is named here")
                .help("switch it on, or leave the settings out"),
        );
    } else if named.is_empty() && !network_policy::opens(check, port.get().into(), "TCP") {
        check.report(
            METRICS_UNREACHABLE
                .at(path, format!("the NetworkPolicy lets nobody reach port {port} of the pods"))
                .help("name the pods of Prometheus, as in [{namespaces: {kubernetes.io/metadata.name: monitoring}}]"),
        );
    }
}

fn monitor(check: &mut Check, path: &At, monitor: &Monitor) {
    let [least, most] = INTERVAL;
    if let Some(interval) = monitor.interval
        && seconds::whole(check, path.field("interval"), interval)
        && !(least.as_millis()..=most.as_millis()).contains(&interval.as_millis())
    {
        check.report(
            SCRAPES_OUT_OF_RANGE
                .at(path.field("interval"), format!("{interval} between two scrapes is not {least} to {most}"))
                .help("leave it out for that of the Prometheus, or use 30s"),
        );
    }
    let why = match monitor.kind {
        None => "there is no kind, so nothing is rendered",
        Some(MonitorKind::Annotations) => "annotations of pods have no room for it",
        Some(MonitorKind::PodMonitor | MonitorKind::ServiceMonitor) => return,
    };
    for (field, is_set) in [("labels", monitor.labels.is_some()), ("interval", monitor.interval.is_some())] {
        if is_set {
            check.report(
                MONITOR_SETTING_UNUSED
                    .at(path.field(field), why)
                    .help("set kind to PodMonitor or ServiceMonitor, or leave it out"),
            );
        }
    }
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case(
            "settings-of-disabled",
            "spec.metrics.enabled",
            "spec: {metrics: {port: 9122}}",
            "spec: {metrics: {enabled: true, port: 9122, from: [{pods: {}}]}}",
        ),
        case(
            "metrics-unreachable",
            "spec.metrics.from",
            "spec: {metrics: {enabled: true}}",
            "spec: {metrics: {enabled: true, from: [{namespaces: {kubernetes.io/metadata.name: monitoring}}]}}",
        ),
        case(
            "metrics-unreachable",
            "spec.metrics.from",
            "spec: {auth: {secret: a}, metrics: {enabled: true, from: []}}",
            "spec: {auth: {secret: a}, networkPolicy: {enabled: false}, metrics: {enabled: true, from: []}}",
        ),
        case(
            "metrics-unreachable",
            "spec.metrics.from",
            "spec: {networkPolicy: {ingress: [{ports: [{port: 9122}]}]}, metrics: {enabled: true}}",
            "spec: {networkPolicy: {ingress: [{ports: [{port: 9121}]}]}, metrics: {enabled: true}}",
        ),
        case(
            "settings-of-disabled",
            "spec.metrics.from",
            "spec: {auth: {secret: a}, networkPolicy: {enabled: false}, metrics: {enabled: true, from: [{pods: {}}]}}",
            "spec: {auth: {secret: a}, networkPolicy: {enabled: false}, metrics: {enabled: true}}",
        ),
        case(
            "metrics-port-taken",
            "spec.metrics.port",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], port: 6379}}",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], port: 9121}}",
        ),
        case(
            "metrics-port-taken",
            "spec.metrics.port",
            "spec: {sentinel: {port: 9121}, metrics: {enabled: true, from: [{pods: {}}]}}",
            "spec: {sentinel: {port: 9120}, metrics: {enabled: true, from: [{pods: {}}]}}",
        ),
        case(
            "port-privileged",
            "spec.metrics.port",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], port: 91}}",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], port: 9122}}",
        ),
        case(
            "image-not-pinned",
            "spec.metrics.image",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], image: 'oliver006/redis_exporter:latest'}}",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], image: 'quay.io/oliver006/redis_exporter:v1.80.0'}}",
        ),
        case(
            "exporter-image-unknown",
            "spec.metrics.image",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], image: 'redis:8.2'}}",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], image: 'bitnami/redis-exporter:1.74.0'}}",
        ),
        case(
            "memory-too-small",
            "spec.metrics.resources.limits.memory",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], resources: {limits: {memory: 8Mi}}}}",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], resources: {limits: {memory: 64Mi}}}}",
        ),
        case(
            "exporter-argument-owned",
            "spec.metrics.args[1]",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], args: [--debug, '-redis.password=x']}}",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], args: [--debug, '--check-keys=cart:*']}}",
        ),
        case(
            "exporter-argument-owned",
            "spec.metrics.args[0]",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], args: ['--namespace=cache']}}",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], args: []}}",
        ),
        case(
            "exporter-argument-invalid",
            "spec.metrics.args[1]",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], args: [--check-keys, 'cart:*']}}",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], args: ['--check-keys=cart:*']}}",
        ),
        case(
            "peer-mixed",
            "spec.metrics.from[0].cidr",
            "spec: {metrics: {enabled: true, from: [{pods: {}, cidr: 10.0.0.0/8}]}}",
            "spec: {metrics: {enabled: true, from: [{cidr: 0.0.0.0/0}]}}",
        ),
        case(
            "scrapes-out-of-range",
            "spec.metrics.monitor.interval",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], monitor: {kind: PodMonitor, interval: 4s}}}",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], monitor: {kind: PodMonitor, interval: 5s}}}",
        ),
        case(
            "scrapes-out-of-range",
            "spec.metrics.monitor.interval",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], monitor: {kind: ServiceMonitor, interval: 121s}}}",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], monitor: {kind: ServiceMonitor, interval: 2m}}}",
        ),
        case(
            "not-whole-seconds",
            "spec.metrics.monitor.interval",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], monitor: {kind: PodMonitor, interval: 5500ms}}}",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], monitor: {kind: PodMonitor, interval: 6s}}}",
        ),
        case(
            "monitor-setting-unused",
            "spec.metrics.monitor.labels",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], monitor: {kind: annotations, labels: {a: b}}}}",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], monitor: {kind: annotations}}}",
        ),
        case(
            "monitor-setting-unused",
            "spec.metrics.monitor.interval",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], monitor: {interval: 30s}}}",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], monitor: {}}}",
        ),
        case(
            "settings-of-disabled",
            "spec.metrics.alerts.enabled",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], alerts: {labels: {a: b}}}}",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], alerts: {enabled: true, labels: {a: b}}}}",
        ),
        case(
            "settings-of-disabled",
            "spec.metrics.dashboard.enabled",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], dashboard: {enabled: false, labels: {a: b}}}}",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], dashboard: {enabled: true, labels: {a: b}}}}",
        ),
        case(
            "label-reserved",
            "spec.metrics.alerts.labels[\"app.kubernetes.io/name\"]",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], alerts: {enabled: true, labels: {app.kubernetes.io/name: a}}}}",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], alerts: {enabled: true, labels: {name: a}}}}",
        ),
        case(
            "label-reserved",
            "spec.metrics.dashboard.labels[\"app.kubernetes.io/name\"]",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], dashboard: {enabled: true, labels: {app.kubernetes.io/name: a}}}}",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], dashboard: {enabled: true, labels: {name: a}}}}",
        ),
        case(
            "label-reserved",
            "spec.metrics.monitor.labels[\"app.kubernetes.io/instance\"]",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], monitor: {kind: PodMonitor, labels: {app.kubernetes.io/instance: a}}}}",
            "spec: {metrics: {enabled: true, from: [{pods: {}}], monitor: {kind: PodMonitor, labels: {release: a}}}}",
        ),
    ]
};
