//! Objects of the Prometheus operator (`monitoring.coreos.com/v1`), with the fields that are rendered.
//!
//! [Their reference](https://prometheus-operator.dev/docs/api-reference/api/) has many more; no crate that keeps to the types of
//! `k8s-openapi` has them.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Serialize;

use crate::custom_resource::custom_resources;

custom_resources! { "monitoring.coreos.com" "v1";
    /// Pods to scrape.
    PodMonitor(PodMonitorSpec) "podmonitors",
    /// Alerts.
    PrometheusRule(PrometheusRuleSpec) "prometheusrules",
    /// Services whose pods are scraped.
    ServiceMonitor(ServiceMonitorSpec) "servicemonitors",
}

/// Which pods, and where.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodMonitorSpec {
    /// Their ports.
    pub pod_metrics_endpoints: Vec<Endpoint>,
    /// Labels of the pods, in the namespace of the object.
    pub selector: LabelSelector,
}

/// Which Services, and where.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ServiceMonitorSpec {
    /// Their ports.
    pub endpoints: Vec<Endpoint>,
    /// Labels of the Services, in the namespace of the object.
    pub selector: LabelSelector,
}

/// A port that is scraped.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Endpoint {
    /// Time between two scrapes, as `30s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<String>,
    /// Its name.
    pub port: String,
}

/// Rules in groups.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PrometheusRuleSpec {
    /// The groups.
    pub groups: Vec<RuleGroup>,
}

/// Rules that are evaluated together.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct RuleGroup {
    /// Its name.
    pub name: String,
    /// The rules.
    pub rules: Vec<AlertRule>,
}

/// An alert.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct AlertRule {
    /// Its name.
    pub alert: String,
    /// What people read.
    pub annotations: BTreeMap<String, String>,
    /// The expression that has a value while something is wrong.
    pub expr: String,
    /// How long that must be so, as `5m`.
    pub r#for: String,
    /// What it is routed by.
    pub labels: BTreeMap<String, String>,
}
