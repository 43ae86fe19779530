//! Metrics for Prometheus.

use super::field::{METRICS, MONITOR};
use super::{Labels, Peer, Resources, choice, document};
use crate::value::{Duration, Image};

document! {
    /// Metrics for Prometheus: an exporter in every pod of a server or sentinel, and what finds it.
    pub struct Metrics {
        /// True for the exporters.
        pub enabled: Option<bool> = "false" => sample("true"),
        /// Image of the exporters: `redis_exporter`, 1.45 or newer.
        pub image: Option<Image> = "oliver006/redis_exporter:v1.88.0" => sample(r#""oliver006/redis_exporter:v1.88.0-alpine""#).beside(METRICS),
        /// CPU and memory of an exporter.
        pub resources: Option<Resources> else "requests 10m and 32Mi, limit 64Mi of memory" => sample(r#"{"limits": {"memory": "128Mi"}}"#).beside(METRICS),
        /// Port of the exporters, 1 to 65535.
        pub port: Option<std::num::NonZeroU16> = "9121" => sample("9122").beside(METRICS),
        /// More arguments of the exporters, each `--name=value` or `--name`.
        pub args: Option<Vec<String>> => sample(r#"["--include-system-metrics"]"#).beside(METRICS),
        /// Who may scrape them through the NetworkPolicy, besides the instance's own pods: as `networkPolicy.clients`.
        pub from: Option<Vec<Peer>> else "nobody else" => sample(r#"[{"namespaces": {"kubernetes.io/metadata.name": "monitoring"}}]"#).beside(METRICS),
        /// What tells Prometheus of them.
        pub monitor: Option<Monitor> else "there is none" => sample(r#"{"kind": "PodMonitor"}"#).beside(METRICS),
        /// Alerts: a `PrometheusRule` of the Prometheus operator.
        pub alerts: Option<Alerts> else "there are none" => sample(r#"{"enabled": true}"#).beside(METRICS),
        /// A dashboard for Grafana: a ConfigMap that the sidecar of its chart finds.
        pub dashboard: Option<Dashboard> else "there is none" => sample(r#"{"enabled": true}"#).beside(METRICS),
    }

    /// The alerts.
    pub struct Alerts {
        /// True for the alerts.
        pub enabled: Option<bool> = "false" => sample("true").beside(METRICS),
        /// Labels of the object, by which a Prometheus selects it.
        pub labels: Option<Labels> => sample(r#"{"release": "prometheus"}"#).beside(r#"{"metrics": {"enabled": true, "alerts": {"enabled": true}}}"#),
    }

    /// The dashboard.
    pub struct Dashboard {
        /// True for the dashboard.
        pub enabled: Option<bool> = "false" => sample("true").beside(METRICS),
        /// Labels of the ConfigMap, by which Grafana's sidecar finds it.
        pub labels: Option<Labels> else "`grafana_dashboard: \"1\"`" => sample(r#"{"dashboards": "redis"}"#).beside(r#"{"metrics": {"enabled": true, "dashboard": {"enabled": true}}}"#),
    }

    /// What tells Prometheus of the exporters.
    pub struct Monitor {
        /// `PodMonitor` or `ServiceMonitor`, objects of the Prometheus operator, or `annotations` of the pods (`prometheus.io/scrape`).
        pub kind: Option<MonitorKind> else "there is none" => sample(r#""PodMonitor""#).beside(METRICS),
        /// Labels of the object, by which a Prometheus selects it.
        pub labels: Option<Labels> => sample(r#"{"release": "prometheus"}"#).beside(MONITOR),
        /// Time between two scrapes, in whole seconds, 5s to 2m.
        pub interval: Option<Duration> else "that of the Prometheus" => sample(r#""15s""#).beside(MONITOR),
    }
}

choice! {
    /// How a Prometheus finds the exporters.
    pub enum MonitorKind {
        /// By the pods' port, whatever their Services.
        PodMonitor = "PodMonitor",
        /// By a port `metrics` of the headless Services.
        ServiceMonitor = "ServiceMonitor",
        /// By the pods' annotations, without the operator.
        Annotations = "annotations",
    }
}
