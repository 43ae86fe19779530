//! What tells Prometheus where the exporters are.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::exporter::METRICS;
use super::metadata::{Marks, instance_labels, marks_of, metadata};
use crate::instance::{Component, Instance};
use crate::model::{Labels, MonitorKind};
use crate::monitoring::{Endpoint, PodMonitor, PodMonitorSpec, ServiceMonitor, ServiceMonitorSpec};

pub(super) fn of_pods(instance: Instance<'_>) -> Option<PodMonitor> {
    let (metadata, endpoint, selector) = parts(instance, MonitorKind::PodMonitor)?;
    Some(PodMonitor { metadata, spec: PodMonitorSpec { pod_metrics_endpoints: vec![endpoint], selector } })
}

/// By the headless Services, which alone have the port.
pub(super) fn of_services(instance: Instance<'_>) -> Option<ServiceMonitor> {
    let (metadata, endpoint, selector) = parts(instance, MonitorKind::ServiceMonitor)?;
    Some(ServiceMonitor { metadata, spec: ServiceMonitorSpec { endpoints: vec![endpoint], selector } })
}

fn parts(instance: Instance<'_>, wanted: MonitorKind) -> Option<(ObjectMeta, Endpoint, LabelSelector)> {
    let (_, monitor) = instance.monitor().filter(|(kind, _)| *kind == wanted)?;
    let interval = monitor.interval.map(|interval| format!("{}s", interval.as_secs_rounded_up()));
    Some((
        labelled(instance, instance.name().to_owned(), monitor.labels.as_ref()),
        Endpoint { interval, port: METRICS.to_owned() },
        LabelSelector { match_labels: Some(instance_labels(instance)), ..Default::default() },
    ))
}

/// Metadata with more labels; the recommended ones stay ours.
pub(super) fn labelled(instance: Instance<'_>, name: String, more: Option<&Labels>) -> ObjectMeta {
    let mut metadata = metadata(instance, name, None);
    let ours = metadata.labels.take().unwrap_or_default();
    metadata.labels.insert(more.map(marks_of).unwrap_or_default()).extend(ours);
    metadata
}

/// By which a Prometheus without the operator finds a pod.
pub(super) fn annotations(instance: Instance<'_>, component: Component) -> Marks {
    let asked = instance.monitor().is_some_and(|(kind, _)| kind == MonitorKind::Annotations);
    let marks = [("port", instance.metrics_port().to_string()), ("scrape", "true".to_owned())];
    let wanted = asked && component != Component::Proxy;
    marks.into_iter().filter(|_| wanted).map(|(key, value)| (format!("prometheus.io/{key}"), value)).collect()
}
