//! What the tutorial's targets cannot express: an error that names the field, the target and the targets that can.

use serde_json::Value;

use super::ApiVersion;
use crate::error::{FieldPath, Problem};
use crate::model::Redis;

/// The rule of every problem found here.
const RULE: &str = "not-in-target";

/// Whether a target has a field.
#[derive(Clone, Copy)]
enum Can {
    /// It has.
    Yes,
    /// It has not, for this reason.
    No(&'static str),
    /// It has no such field, but does what this value asks for anyway.
    Only(fn(&Value) -> bool, &'static str),
}

impl Can {
    fn refusal(self, value: &Value) -> Option<&'static str> {
        match self {
            Self::Yes => None,
            Self::No(reason) => Some(reason),
            Self::Only(fits, reason) => (!fits(value)).then_some(reason),
        }
    }
}

use Can::{No, Only, Yes};

/// A field, or a group of fields of one fate, and what `v1beta3` and `v1` make of it. The longest path counts.
type Row = (&'static str, Can, Can);

const IMAGE: &str = "the configuration of the servers is in its image";
const SCRIPT: &str = "the start script in its image fixes it";
const CLAIMS: &str = "a ReplicationController has no volume claim templates, all its pods share one template";
const PROBE: &str = "its probes have a delay and a timeout, no period and no thresholds";
const NO_STARTUP: Can = No("it has no startup probe");
const NO_EPHEMERAL: Can = No("it knows cpu and memory alone");
const NO_POLICY: &str = "it has no NetworkPolicy";
const NO_BUDGET: &str = "it has no PodDisruptionBudget";
const NO_READ: &str = "the tutorial has no Service for reading";

const FIELDS: &[Row] = &[
    ("apiVersion", Yes, Yes),
    ("kind", Yes, Yes),
    ("metadata.name", Yes, Yes),
    ("metadata.namespace", Yes, Yes),
    ("metadata.labels", Yes, Yes),
    ("metadata.annotations", Yes, Yes),
    ("spec.kubernetesVersion", No("no Kubernetes of these versions serves it"), Yes),
    ("spec.replicas", Yes, Yes),
    ("spec.image", Yes, Yes),
    ("spec.imagePullPolicy", Yes, Yes),
    ("spec.imagePullSecrets", No("its pods have no imagePullSecrets"), Yes),
    ("spec.port", Yes, Yes),
    ("spec.config", No(IMAGE), Yes),
    ("spec.persistence", No(IMAGE), Yes),
    ("spec.storage.size", No(CLAIMS), No(CLAIMS)),
    ("spec.storage.class", No(CLAIMS), No(CLAIMS)),
    ("spec.storage.accessModes", No(CLAIMS), No(CLAIMS)),
    ("spec.storage.labels", No(CLAIMS), No(CLAIMS)),
    ("spec.storage.annotations", No(CLAIMS), No(CLAIMS)),
    ("spec.storage.whenDeleted", No(CLAIMS), No(CLAIMS)),
    ("spec.storage.whenScaled", No(CLAIMS), No(CLAIMS)),
    ("spec.storage.emptyDir.medium", Yes, Yes),
    ("spec.storage.emptyDir.sizeLimit", No("its emptyDir has no limit"), Yes),
    ("spec.resources.requests", Yes, Yes),
    ("spec.resources.requests.ephemeral-storage", NO_EPHEMERAL, Yes),
    ("spec.resources.limits", Yes, Yes),
    ("spec.resources.limits.ephemeral-storage", NO_EPHEMERAL, Yes),
    ("spec.minReplicasToWrite", No(IMAGE), Yes),
    ("spec.minReplicasMaxLag", No(IMAGE), Yes),
    ("spec.sentinel.replicas", Yes, Yes),
    ("spec.sentinel.quorum", No(SCRIPT), Yes),
    ("spec.sentinel.downAfter", No(SCRIPT), Yes),
    ("spec.sentinel.failoverTimeout", No(SCRIPT), Yes),
    ("spec.sentinel.parallelSyncs", No(SCRIPT), Yes),
    ("spec.sentinel.masterName", No(SCRIPT), Yes),
    ("spec.sentinel.port", Yes, Yes),
    ("spec.sentinel.resources.requests", Yes, Yes),
    ("spec.sentinel.resources.requests.ephemeral-storage", NO_EPHEMERAL, Yes),
    ("spec.sentinel.resources.limits", Yes, Yes),
    ("spec.sentinel.resources.limits.ephemeral-storage", NO_EPHEMERAL, Yes),
    ("spec.sentinel.config", No(SCRIPT), Yes),
    ("spec.sentinel.storage.enabled", Only(is_false, CLAIMS), Only(is_false, CLAIMS)),
    ("spec.sentinel.storage.size", No(CLAIMS), No(CLAIMS)),
    ("spec.sentinel.storage.class", No(CLAIMS), No(CLAIMS)),
    ("spec.sentinel.probes.liveness", No(PROBE), Yes),
    ("spec.sentinel.probes.liveness.enabled", Yes, Yes),
    ("spec.sentinel.probes.liveness.initialDelay", Yes, Yes),
    ("spec.sentinel.probes.liveness.timeout", Yes, Yes),
    ("spec.sentinel.probes.readiness", No(PROBE), Yes),
    ("spec.sentinel.probes.readiness.enabled", Yes, Yes),
    ("spec.sentinel.probes.readiness.initialDelay", Yes, Yes),
    ("spec.sentinel.probes.readiness.timeout", Yes, Yes),
    ("spec.sentinel.probes.startup", NO_STARTUP, Yes),
    ("spec.sentinel.probes.startup.enabled", Only(is_false, "it has no startup probe"), Yes),
    ("spec.auth", No("its image asks for no password"), No("its start logic hands no password on")),
    ("spec.tls", No("its image has no certificates"), No("its start logic has no certificates")),
    ("spec.services.sentinel.enabled", Yes, Yes),
    ("spec.services.sentinel.type", Only(is_not_node_port, "its Services are inside or behind a load balancer"), Yes),
    ("spec.services.sentinel.labels", Yes, Yes),
    ("spec.services.sentinel.annotations", Yes, Yes),
    ("spec.services.sentinel.sessionAffinity", Yes, Yes),
    ("spec.services.sentinel.trafficDistribution", No("its Services treat all endpoints alike"), Yes),
    ("spec.services.read", No(NO_READ), No(NO_READ)),
    ("spec.services.read.enabled", Only(is_false, NO_READ), Only(is_false, NO_READ)),
    ("spec.services.ipFamilies", No("its Services have one address"), Yes),
    ("spec.services.ipFamilyPolicy", No("its Services have one address"), Yes),
    ("spec.networkPolicy", No(NO_POLICY), No(NO_POLICY)),
    ("spec.networkPolicy.enabled", Only(is_false, NO_POLICY), Only(is_false, NO_POLICY)),
    ("spec.disruptionBudget", No(NO_BUDGET), No(NO_BUDGET)),
    ("spec.disruptionBudget.enabled", Only(is_false, NO_BUDGET), Only(is_false, NO_BUDGET)),
    ("spec.scheduling.nodeSelector", Yes, Yes),
    ("spec.scheduling.tolerations", No("its pods bear no taints"), Yes),
    ("spec.scheduling.spreadNodes", Only(is_none, "it has no affinity"), Yes),
    ("spec.scheduling.spreadZones", Only(is_none, "it has no topology spread"), Yes),
    ("spec.scheduling.priorityClass", No("it has no priority classes"), Yes),
    ("spec.scheduling.scheduler", No("it has one scheduler"), Yes),
    ("spec.scheduling.runtimeClass", No("it has no runtime classes"), Yes),
    ("spec.probes.liveness", No(PROBE), Yes),
    ("spec.probes.liveness.enabled", Yes, Yes),
    ("spec.probes.liveness.initialDelay", Yes, Yes),
    ("spec.probes.liveness.timeout", Yes, Yes),
    ("spec.probes.readiness", No(PROBE), Yes),
    ("spec.probes.readiness.enabled", Yes, Yes),
    ("spec.probes.readiness.initialDelay", Yes, Yes),
    ("spec.probes.readiness.timeout", Yes, Yes),
    ("spec.probes.startup", NO_STARTUP, Yes),
    ("spec.probes.startup.enabled", Only(is_false, "it has no startup probe"), Yes),
    ("spec.security", No("its pods have no security context"), Yes),
    ("spec.serviceAccount", No("its pods name no ServiceAccount"), Yes),
    ("spec.env", Yes, Yes),
    ("spec.podLabels", Yes, Yes),
    ("spec.podAnnotations", Yes, Yes),
    ("spec.terminationGracePeriod", No("its pods have no grace period"), Yes),
];

/// Everything the document asks for that the target cannot express; `apps/v1` can express all of it.
pub(crate) fn check(redis: &Redis, target: ApiVersion) -> Vec<Problem> {
    let mut problems = Vec::new();
    if target != ApiVersion::AppsV1 {
        // A document always serialises: its keys are strings and its numbers whole.
        let document = serde_json::to_value(redis).unwrap_or_default();
        visit(&document, &mut Vec::new(), &mut |path, value| {
            let found = refused(path, value, target);
            // One word on a group is enough, however many of its fields are set.
            problems.extend(found.filter(|found| problems.iter().all(|known: &Problem| known.path != found.path)));
        });
    }
    problems
}

/// Calls `leaf` for every scalar, empty list and empty map, with the keys that lead to it.
fn visit<'a>(value: &'a Value, path: &mut Vec<&'a str>, leaf: &mut impl FnMut(&[&'a str], &'a Value)) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, value) in fields {
                path.push(key);
                visit(value, path, leaf);
                path.pop();
            }
        }
        Value::Array(items) if !items.is_empty() => items.iter().for_each(|item| visit(item, path, leaf)),
        // A group without a field asks for nothing: `spec: {}`, `auth: {}`.
        Value::Object(_) => {}
        _ => leaf(path, value),
    }
}

/// The row with the longest path that leads to this one.
fn row(path: &[&str]) -> Option<&'static Row> {
    let leads = |row: &&Row| {
        let mut steps = path.iter();
        row.0.split('.').all(|step| steps.next() == Some(&step))
    };
    FIELDS.iter().filter(leads).max_by_key(|row| row.0.len())
}

fn refused(path: &[&str], value: &Value, target: ApiVersion) -> Option<Problem> {
    // A field without a row is not rendered by these targets; a test keeps the table whole.
    let &(field, v1beta3, v1) = row(path)?;
    let can = match target {
        ApiVersion::V1Beta3 => v1beta3,
        ApiVersion::V1 => v1,
        ApiVersion::AppsV1 => Yes,
    };
    let reason = can.refusal(value)?;
    // To have a thing or not is a question about the thing.
    let whole = field.strip_suffix(".enabled").filter(|group| FIELDS.iter().any(|row| row.0 == *group));
    let field = whole.unwrap_or(field);
    let others = if target == ApiVersion::V1Beta3 && v1.refusal(value).is_none() { "v1 or apps/v1" } else { "apps/v1" };
    let message = format!("{field} is not something {target} can express: {reason}");
    Some(Problem::error(RULE, FieldPath::from(field), message).help(format!("leave it out, or render it for {others}")))
}

fn is_false(value: &Value) -> bool {
    value == false
}

fn is_none(value: &Value) -> bool {
    value == "none"
}

fn is_not_node_port(value: &Value) -> bool {
    value != "NodePort"
}

#[cfg(test)]
mod tests;
