//! A value of each field, to show how it is written and to see what it renders.

use serde_json::{Map, Value, json};

/// Field, a value that is not its default, and what else the spec must say for the value to mean anything.
const SAMPLES: &[(&str, &str, &str)] = &[
    ("metadata", r#"{"name": "cache"}"#, ""),
    ("metadata.name", r#""cache""#, ""),
    ("metadata.namespace", r#""shop""#, ""),
    ("metadata.labels", r#"{"team": "checkout"}"#, ""),
    ("metadata.annotations", r#"{"example.com/owner": "checkout"}"#, ""),
    ("spec", r#"{"replicas": 5}"#, ""),
    ("spec.auth", r#"{"secret": "redis-auth"}"#, ""),
    ("spec.auth.secret", r#""redis-auth""#, ""),
    ("spec.auth.key", r#""redis-password""#, r#"{"auth": {"secret": "redis-auth"}}"#),
    ("spec.auth.previousKey", r#""old-password""#, r#"{"auth": {"secret": "redis-auth"}}"#),
    ("spec.auth.sentinel", "false", r#"{"auth": {"secret": "redis-auth"}}"#),
    ("spec.auth.sentinelKey", r#""sentinel-password""#, r#"{"auth": {"secret": "redis-auth"}}"#),
    ("spec.config", r#"{"maxmemory-policy": "allkeys-lru"}"#, ""),
    ("spec.disruptionBudget", r#"{"maxUnavailable": 2}"#, r#"{"replicas": 5}"#),
    ("spec.disruptionBudget.enabled", "false", ""),
    ("spec.disruptionBudget.maxUnavailable", "2", r#"{"replicas": 5}"#),
    ("spec.env", r#"[{"name": "TZ", "value": "Europe/Paris"}]"#, ""),
    ("spec.image", r#""valkey/valkey:9.0""#, ""),
    ("spec.imagePullPolicy", r#""Always""#, ""),
    ("spec.imagePullSecrets", r#"["registry"]"#, ""),
    ("spec.kubernetesVersion", r#""1.37""#, ""),
    ("spec.minReplicasMaxLag", r#""10s""#, ""),
    ("spec.minReplicasToWrite", "2", r#"{"replicas": 5}"#),
    ("spec.networkPolicy", r#"{"clients": [{"pods": {"app": "checkout"}}]}"#, ""),
    ("spec.networkPolicy.enabled", "false", ""),
    (
        "spec.networkPolicy.clients",
        r#"[{"namespaces": {"team": "a"}, "pods": {"app": "b"}}, {"cidr": "10.0.0.0/8"}]"#,
        "",
    ),
    ("spec.networkPolicy.dns", r#"[{"port": 53, "to": {"pods": {"k8s-app": "kube-dns"}, "namespaces": {}}}]"#, ""),
    ("spec.persistence", r#""rdb""#, ""),
    ("spec.podAnnotations", r#"{"sidecar.istio.io/inject": "false"}"#, ""),
    ("spec.podLabels", r#"{"tier": "data"}"#, ""),
    ("spec.port", "6380", ""),
    ("spec.probes", r#"{"startup": {"failureThreshold": 3600}}"#, ""),
    ("spec.replicas", "5", ""),
    ("spec.resources", r#"{"requests": {"memory": "2Gi"}, "limits": {"memory": "2Gi"}}"#, ""),
    ("spec.scheduling", r#"{"spreadNodes": "required"}"#, ""),
    ("spec.scheduling.nodeSelector", r#"{"workload": "data"}"#, ""),
    ("spec.scheduling.priorityClass", r#""data""#, ""),
    ("spec.scheduling.runtimeClass", r#""gvisor""#, ""),
    ("spec.scheduling.scheduler", r#""topology""#, ""),
    ("spec.scheduling.spreadNodes", r#""required""#, ""),
    ("spec.scheduling.spreadZones", r#""required""#, ""),
    (
        "spec.scheduling.tolerations",
        r#"[{"key": "workload", "operator": "Equal", "value": "data", "effect": "NoExecute", "tolerationPeriod": "5m"}]"#,
        "",
    ),
    ("spec.security", r#"{"runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 1000}"#, ""),
    ("spec.security.fsGroup", "1000", ""),
    ("spec.security.openshift", "true", ""),
    ("spec.security.runAsGroup", "1000", ""),
    ("spec.security.runAsUser", "1000", ""),
    ("spec.sentinel", r#"{"replicas": 5, "downAfter": "4s"}"#, ""),
    ("spec.sentinel.config", r#"{"loglevel": "verbose"}"#, ""),
    ("spec.sentinel.downAfter", r#""6s""#, ""),
    ("spec.sentinel.failoverTimeout", r#""1m""#, ""),
    ("spec.sentinel.masterName", r#""mymaster""#, ""),
    ("spec.sentinel.parallelSyncs", "1", ""),
    ("spec.sentinel.port", "26380", ""),
    ("spec.sentinel.probes", r#"{"liveness": {"period": "20s"}}"#, ""),
    ("spec.sentinel.quorum", "3", ""),
    ("spec.sentinel.replicas", "5", ""),
    ("spec.sentinel.resources", r#"{"limits": {"memory": "128Mi"}}"#, ""),
    ("spec.sentinel.storage", r#"{"enabled": true}"#, ""),
    ("spec.sentinel.storage.class", r#""fast""#, r#"{"storage": {"size": "8Gi"}}"#),
    ("spec.sentinel.storage.enabled", "true", ""),
    ("spec.sentinel.storage.size", r#""1Gi""#, r#"{"storage": {"size": "8Gi"}}"#),
    ("spec.serviceAccount", r#"{"annotations": {"example.com/role": "redis"}}"#, ""),
    ("spec.serviceAccount.annotations", r#"{"example.com/role": "redis"}"#, ""),
    ("spec.serviceAccount.create", "false", r#"{"serviceAccount": {"name": "shared"}}"#),
    ("spec.serviceAccount.name", r#""shared""#, ""),
    ("spec.services", r#"{"read": {"type": "LoadBalancer"}}"#, ""),
    ("spec.services.ipFamilies", r#"["IPv4", "IPv6"]"#, r#"{"services": {"ipFamilyPolicy": "PreferDualStack"}}"#),
    ("spec.services.ipFamilyPolicy", r#""PreferDualStack""#, ""),
    ("spec.services.read", r#"{"type": "LoadBalancer"}"#, ""),
    ("spec.services.read.enabled", "false", ""),
    ("spec.services.sentinel", r#"{"type": "NodePort"}"#, ""),
    ("spec.storage", r#"{"size": "8Gi"}"#, ""),
    ("spec.storage.accessModes", r#"["ReadWriteOncePod"]"#, r#"{"storage": {"size": "8Gi"}}"#),
    ("spec.storage.annotations", r#"{"example.com/backup": "daily"}"#, r#"{"storage": {"size": "8Gi"}}"#),
    ("spec.storage.class", r#""fast""#, r#"{"storage": {"size": "8Gi"}}"#),
    ("spec.storage.emptyDir", r#"{"medium": "Memory", "sizeLimit": "128Mi"}"#, ""),
    ("spec.storage.labels", r#"{"team": "checkout"}"#, r#"{"storage": {"size": "8Gi"}}"#),
    ("spec.storage.size", r#""8Gi""#, ""),
    ("spec.storage.whenDeleted", r#""Delete""#, r#"{"storage": {"size": "8Gi"}}"#),
    ("spec.storage.whenScaled", r#""Delete""#, r#"{"storage": {"size": "8Gi"}}"#),
    ("spec.terminationGracePeriod", r#""2m""#, ""),
    ("spec.tls", r#"{"secret": "redis-tls"}"#, ""),
    ("spec.tls.authorityKey", r#""root.crt""#, r#"{"tls": {"secret": "redis-tls"}}"#),
    ("spec.tls.certificateKey", r#""server.crt""#, r#"{"tls": {"secret": "redis-tls"}}"#),
    ("spec.tls.clientCertificates", r#""required""#, r#"{"tls": {"secret": "redis-tls"}}"#),
    ("spec.tls.privateKey", r#""server.key""#, r#"{"tls": {"secret": "redis-tls"}}"#),
    ("spec.tls.secret", r#""redis-tls""#, ""),
];

/// The same for fields that stand in several topics, by the end of their path.
const SHARED: &[(&str, &str)] = &[
    ("limits", r#"{"memory": "512Mi"}"#),
    ("limits.cpu", r#""2""#),
    ("limits.ephemeral-storage", r#""1Gi""#),
    ("limits.memory", r#""512Mi""#),
    ("requests", r#"{"cpu": "20m"}"#),
    ("requests.cpu", r#""20m""#),
    ("requests.ephemeral-storage", r#""1Gi""#),
    ("requests.memory", r#""48Mi""#),
    ("liveness", r#"{"period": "20s"}"#),
    ("readiness", r#"{"period": "15s"}"#),
    ("startup", r#"{"failureThreshold": 3600}"#),
    ("enabled", "false"),
    ("failureThreshold", "9"),
    ("startup.failureThreshold", "3600"),
    ("initialDelay", r#""7s""#),
    ("period", r#""15s""#),
    ("successThreshold", "2"),
    ("startup.successThreshold", "1"),
    ("liveness.successThreshold", "1"),
    ("timeout", r#""4s""#),
    ("read.annotations", r#"{"example.com/dns": "redis"}"#),
    ("sentinel.annotations", r#"{"example.com/dns": "redis"}"#),
    ("read.labels", r#"{"tier": "data"}"#),
    ("sentinel.labels", r#"{"tier": "data"}"#),
    ("sessionAffinity", r#""ClientIP""#),
    ("trafficDistribution", r#""PreferSameZone""#),
    ("type", r#""NodePort""#),
];

/// A document without a field, and the same document with it.
pub(super) struct Sample {
    pub(super) without: Value,
    pub(super) with: Value,
    /// What a user would write, without the lines every document has.
    pub(super) excerpt: Value,
}

/// A sample of the field of this path; of the list it stands in, for a field of items.
pub(super) fn of(path: &str) -> Option<Sample> {
    let exact = |path: &str| {
        let own = SAMPLES.iter().find(|(field, ..)| *field == path).map(|(_, value, rest)| (*value, *rest));
        own.or_else(|| shared(path).map(|value| (value, "")))
    };
    let mut field = path;
    let (value, rest) = loop {
        match exact(field) {
            Some(sample) => break sample,
            None => field = field.rsplit_once('.')?.0,
        }
    };
    let spec: Value = serde_json::from_str(rest).unwrap_or_else(|_| json!({}));
    let without = json!({"metadata": {"name": "redis"}, "spec": spec});
    let mut with = without.clone();
    put(&mut with, field, serde_json::from_str(value).ok()?);
    Some(Sample { excerpt: excerpt(&with, field), without: complete(without), with: complete(with) })
}

/// The longest end of the path that has a sample.
fn shared(path: &str) -> Option<&'static str> {
    let fits = |end: &str| path.strip_suffix(end).is_some_and(|before| before.ends_with('.'));
    let fitting = SHARED.iter().filter(|(end, _)| fits(end));
    fitting.max_by_key(|(end, _)| end.len()).map(|(_, value)| *value)
}

fn complete(mut document: Value) -> Value {
    put(&mut document, "apiVersion", json!("redis-k8s-gen.dev/v1alpha1"));
    put(&mut document, "kind", json!("Redis"));
    document
}

/// The half of the document the field stands in.
fn excerpt(document: &Value, path: &str) -> Value {
    let half = path.split('.').next().unwrap_or_default();
    json!({half: document.get(half)})
}

/// Sets a field, with the mappings around it.
fn put(document: &mut Value, path: &str, value: Value) {
    let mut place = document;
    for key in path.split('.') {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(fields) = place else { return };
        place = fields.entry(key).or_insert(Value::Null);
    }
    *place = value;
}
