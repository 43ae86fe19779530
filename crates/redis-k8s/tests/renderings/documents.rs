//! Documents of every shape: a random choice of settings, each with random values that are valid by themselves.
//!
//! Combinations may still be refused; a test elsewhere makes sure that most are not.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use redis_k8s::Redis;
use redis_k8s::model::Field;
use serde_json::{Value, json};

/// A value at a place of the document, as a JSON pointer without the leading slash.
pub(crate) type Setting = (&'static str, Value);

fn one_of<T: Into<Value> + Clone + std::fmt::Debug + 'static>(values: &'static [T]) -> BoxedStrategy<Value> {
    select(values).prop_map(Into::into).boxed()
}

fn name() -> BoxedStrategy<Value> {
    "[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,8}){0,2}".prop_map(Value::from).boxed()
}

fn seconds(range: std::ops::Range<u32>) -> BoxedStrategy<Value> {
    range.prop_map(|seconds| Value::from(format!("{seconds}s"))).boxed()
}

/// Text that every layer between document and kubectl likes to read as something else.
fn text() -> BoxedStrategy<Value> {
    prop_oneof![
        select(
            &[
                "yes", "no", "on", "1_000", "0x1f", "12:30:45", "~", "null", "", " ", "- a", "a: b", "#x", "\t", "é",
                "$(HOME)", "{{ x }}"
            ][..]
        )
        .prop_map(Value::from),
        "[ -~]{0,40}".prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        "[a-z \\n\\t]{0,40}".prop_map(Value::from),
    ]
    .boxed()
}

fn label_value() -> BoxedStrategy<Value> {
    prop_oneof![
        Just(Value::from("")),
        one_of(&["yes", "1", "true", "1e3"]),
        "[a-zA-Z0-9]([-._a-zA-Z0-9]{0,20}[a-zA-Z0-9])?".prop_map(Value::from)
    ]
    .boxed()
}

fn map(key: &'static str, value: BoxedStrategy<Value>) -> BoxedStrategy<Value> {
    btree_map(key, value, 1..4).prop_map(|map| Value::Object(map.into_iter().collect())).boxed()
}

fn labels() -> BoxedStrategy<Value> {
    map("([a-z]{1,8}\\.example/)?[a-zA-Z][-._a-zA-Z0-9]{0,12}[a-z]", label_value())
}

fn annotations() -> BoxedStrategy<Value> {
    map("([a-z]{1,8}\\.example/)?[a-zA-Z][-._a-zA-Z0-9]{0,12}[a-z]", text())
}

fn resources(memory: &'static [&'static str], larger: &'static [&'static str]) -> BoxedStrategy<Value> {
    (select(memory), select(larger), select(&["50m", "0.25", "100m", "1"][..]))
        .prop_map(|(request, limit, cpu)| {
            json!({
                "requests": {"cpu": cpu, "memory": request, "ephemeral-storage": "1Gi"},
                "limits": {"cpu": "2", "memory": limit, "ephemeral-storage": "1.5Gi"},
            })
        })
        .boxed()
}

fn probe() -> BoxedStrategy<Value> {
    let asked = (0..30u32, 5..20u32, 1..5u32, 1..10u32).prop_map(|(delay, period, timeout, failures)| {
        json!({
            "initialDelay": format!("{delay}s"), "period": format!("{period}s"), "timeout": format!("{timeout}s"),
            "failureThreshold": failures, "successThreshold": 1,
        })
    });
    prop_oneof![8 => asked, 1 => Just(json!({"enabled": true}))].boxed()
}

/// Variables with values of their own.
fn variables() -> BoxedStrategy<Value> {
    btree_map("[A-Z][A-Z0-9_]{0,10}", text(), 1..4)
        .prop_map(|vars| {
            vars.into_iter().map(|(name, value)| json!({"name": format!("EXTRA_{name}"), "value": value})).collect()
        })
        .boxed()
}

fn env() -> BoxedStrategy<Value> {
    let sources = [
        json!({"fieldRef": {"fieldPath": "spec.nodeName"}}),
        json!({"secretKeyRef": {"name": "site", "key": "zone", "optional": true}}),
        json!({"configMapKeyRef": {"name": "site", "key": "zone", "optional": true}}),
    ];
    (variables(), select(sources.to_vec()))
        .prop_map(|(fixed, source)| {
            let fixed = fixed.as_array().cloned().unwrap_or_default().into_iter();
            fixed.chain([json!({"name": "SITE", "valueFrom": source})]).collect()
        })
        .boxed()
}

fn peers() -> BoxedStrategy<Value> {
    let peer = prop_oneof![
        labels().prop_map(|labels| json!({"pods": labels})),
        labels().prop_map(|labels| json!({"namespaces": labels})),
        (labels(), labels()).prop_map(|(pods, namespaces)| json!({"pods": pods, "namespaces": namespaces})),
        (0..=255u8).prop_map(|net| json!({"cidr": format!("10.{net}.0.0/16"), "except": [format!("10.{net}.1.0/24")]})),
    ];
    vec(peer, 1..4).prop_map(Value::from).boxed()
}

fn policy_rules() -> BoxedStrategy<Value> {
    peers()
        .prop_map(|peers| json!([{"peers": peers, "ports": [{"port": 9121, "endPort": 9122, "protocol": "TCP"}]}]))
        .boxed()
}

fn update_strategy() -> BoxedStrategy<Value> {
    prop_oneof![
        Just(json!({"type": "OnDelete"})),
        Just(json!({"type": "RollingUpdate", "partition": 1, "maxUnavailable": 1})),
        Just(json!({"partition": 1})),
    ]
    .boxed()
}

fn master_service() -> BoxedStrategy<Value> {
    prop_oneof![
                Just(json!({"enabled": true})),
                (1..=16u32, (1..u16::MAX)).prop_map(|(replicas, port)| json!({"enabled": true, "replicas": replicas, "port": port})),
                (labels(), annotations(), resources(&["64Mi"], &["256Mi"])).prop_map(|(labels, annotations, resources)| {
                    json!({"enabled": true, "labels": labels, "annotations": annotations, "resources": resources, "image": "haproxy:3.4"})
                }),
                Just(json!({"enabled": true, "type": "LoadBalancer", "loadBalancerClass": "example.com/internal", "nodePort": 30380, "externalTrafficPolicy": "Local", "loadBalancerSourceRanges": ["198.51.100.0/24"]})),
                Just(json!({"enabled": true, "type": "NodePort", "trafficDistribution": "PreferSameZone", "sessionAffinity": "ClientIP"})),
            ]
            .boxed()
}

fn sentinel_service() -> BoxedStrategy<Value> {
    prop_oneof![
        (labels(), annotations(), select(&["ClusterIP", "NodePort", "LoadBalancer"][..])).prop_map(
            |(labels, annotations, kind)| json!({"labels": labels, "annotations": annotations, "type": kind})
        ),
        Just(json!({"type": "LoadBalancer", "loadBalancerClass": "example.com/internal", "nodePort": 30378})),
        Just(json!({"type": "NodePort", "externalTrafficPolicy": "Local"})),
        Just(json!({"type": "LoadBalancer", "loadBalancerSourceRanges": ["198.51.100.0/24"]})),
    ]
    .boxed()
}

fn metrics() -> BoxedStrategy<Value> {
    let monitor = prop_oneof![
        Just(json!({"kind": "annotations"})),
        (one_of(&["PodMonitor", "ServiceMonitor"]), labels(), seconds(5..121))
            .prop_map(|(kind, labels, interval)| json!({"kind": kind, "labels": labels, "interval": interval})),
    ];
    prop_oneof![
        Just(json!({"enabled": true})),
        (labels(), any::<bool>()).prop_map(|(labels, enabled)| {
            let part = json!({"enabled": enabled, "labels": labels});
            json!({"enabled": true, "alerts": part, "dashboard": part})
        }),
        (peers(), monitor).prop_map(|(from, monitor)| json!({"enabled": true, "from": from, "monitor": monitor})),
        (1025..u16::MAX, resources(&["16Mi"], &["64Mi"])).prop_map(|(port, resources)| {
            json!({"enabled": true, "port": port, "resources": resources, "image": "x/redis-exporter:1", "args": ["--debug"]})
        }),
    ]
    .boxed()
}

/// What every target can express.
fn simple_settings() -> Vec<(&'static str, BoxedStrategy<Value>)> {
    vec![
        ("metadata/namespace", one_of(&["default", "shop", "a-b"])),
        ("spec/replicas", (1..=12u32).prop_map(Value::from).boxed()),
        ("spec/image", one_of(&["redis:8.2", "registry.example:5000/team/redis:8.2-alpine", "valkey/valkey:9.0"])),
        ("spec/env", variables()),
        ("spec/resources", resources(&["64Mi", "128Mi", "134217728"], &["256Mi", "1Gi", "1.5Gi"])),
        ("spec/sentinel/replicas", (1..=12u32).prop_map(Value::from).boxed()),
    ]
}

/// Passwords and users.
fn auth() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({"secret": "cache-auth"})),
        Just(json!({"secret": "cache-auth", "key": "redis", "previousKey": "before", "sentinelKey": "sentinel"})),
        Just(json!({"secret": "cache-auth", "sentinel": false})),
        Just(json!({
            "secret": "cache-auth", "sentinelKey": "sentinel", "usersSecret": "cache-users", "defaultUser": false,
            "users": [{"name": "app", "rules": "~app:* +@read", "key": "app", "hashes": ["0".repeat(64)]}],
            "aclFileSecret": {"name": "cache-acl", "key": "file"},
        })),
        Just(json!({
            "secret": "cache-auth", "sentinelDefaultUser": false,
            "sentinelUsers": [{"name": "app"}, {"name": "odd", "rules": "+ping", "key": "odd", "hashes": ["0".repeat(64)]}],
        })),
    ]
}

/// What may change in a running cluster without anything being deleted and made again.
fn mutable_settings() -> Vec<(&'static str, BoxedStrategy<Value>)> {
    vec![
        ("metadata/labels", labels()),
        ("metadata/annotations", annotations()),
        ("spec/kubernetesVersion", one_of(&["1.33", "1.34", "1.35", "1.36", "1.37"])),
        ("spec/replicas", (1..=12u32).prop_map(Value::from).boxed()),
        (
            "spec/image",
            one_of(&[
                "redis:8.2",
                "redis:7.4-alpine",
                "valkey/valkey:9.0",
                "registry.example:5000/team/redis@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            ]),
        ),
        ("spec/imageRegistry", one_of(&["registry.example.com:5000", "localhost/mirror"])),
        ("spec/imagePullPolicy", one_of(&["Always", "IfNotPresent", "Never"])),
        ("spec/imagePullSecrets", vec(name(), 1..3).prop_map(Value::from).boxed()),
        (
            "spec/config",
            prop_oneof![
                Just(json!({"maxmemory-policy": "allkeys-lru", "hz": 20})),
                Just(json!({"activedefrag": true, "slowlog-log-slower-than": 5000})),
            ]
            .boxed(),
        ),
        ("spec/persistence", one_of(&["aof", "rdb", "both", "none"])),
        ("spec/resources", resources(&["64Mi", "128Mi", "134217728"], &["256Mi", "1Gi", "1.5Gi"])),
        ("spec/minReplicasMaxLag", seconds(2..20)),
        ("spec/terminationGracePeriod", seconds(45..300)),
        ("spec/sentinel/replicas", (1..=12u32).prop_map(Value::from).boxed()),
        ("spec/sentinel/downAfter", seconds(3..10)),
        ("spec/sentinel/failoverTimeout", seconds(20..120)),
        ("spec/sentinel/parallelSyncs", (1..4u32).prop_map(Value::from).boxed()),
        ("spec/sentinel/resources", resources(&["32Mi", "48Mi"], &["64Mi", "128Mi"])),
        ("spec/sentinel/probes/liveness", probe()),
        ("spec/sentinel/probes/readiness", probe()),
        ("spec/sentinel/probes/startup", probe()),
        ("spec/sentinel/quorum", (1..=5u32).prop_map(Value::from).boxed()),
        ("spec/sentinel/config", one_of(&["notice", "debug"]).prop_map(|level| json!({"loglevel": level})).boxed()),
        ("spec/minReplicasToWrite", (0..=2u32).prop_map(Value::from).boxed()),
        ("spec/auth", auth().boxed()),
        ("spec/services/sentinel", sentinel_service()),
        (
            "spec/services/read",
            prop_oneof![
                Just(json!({"enabled": false})),
                Just(json!({"sessionAffinity": "ClientIP"})),
                Just(json!({"trafficDistribution": "PreferSameZone"})),
                Just(json!({"trafficDistribution": "PreferSameNode"})),
                Just(json!({"type": "LoadBalancer", "loadBalancerClass": "example.com/internal", "nodePort": 30379})),
                Just(json!({"type": "NodePort", "externalTrafficPolicy": "Local"})),
                Just(json!({"type": "LoadBalancer", "loadBalancerSourceRanges": ["198.51.100.0/24"]})),
                (labels(), annotations())
                    .prop_map(|(labels, annotations)| json!({"labels": labels, "annotations": annotations})),
            ]
            .boxed(),
        ),
        ("spec/services/master", master_service()),
        ("spec/metrics", metrics()),
        ("spec/services/sentinel/enabled", Just(Value::from(true)).boxed()),
        ("spec/services/sentinel/sessionAffinity", one_of(&["None", "ClientIP"])),
        ("spec/services/sentinel/trafficDistribution", one_of(&["PreferSameZone", "PreferSameNode"])),
        ("spec/networkPolicy/clients", peers()),
        ("spec/networkPolicy/ingress", policy_rules()),
        ("spec/networkPolicy/egress", policy_rules()),
        (
            "spec/networkPolicy/dns",
            prop_oneof![
                (1..u16::MAX).prop_map(|port| json!([{"port": port}])),
                labels().prop_map(|pods| json!([{"port": 53, "to": {"pods": pods, "namespaces": {}}}])),
                Just(json!([{"to": {"cidr": "10.96.0.0/16", "except": ["10.96.1.0/24"]}}])),
            ]
            .boxed(),
        ),
        ("spec/networkPolicy/enabled", any::<bool>().prop_map(Value::from).boxed()),
        (
            "spec/disruptionBudget",
            prop_oneof![
                any::<bool>().prop_map(|enabled| json!({"enabled": enabled})),
                (1..3u32).prop_map(|pods| json!({"maxUnavailable": pods})),
            ]
            .boxed(),
        ),
    ]
}

/// The part of it that concerns where and how pods run.
fn pod_settings() -> Vec<(&'static str, BoxedStrategy<Value>)> {
    vec![
        ("spec/scheduling/nodeSelector", labels()),
        (
            "spec/scheduling/tolerations",
            Just(json!([
                {"key": "dedicated", "operator": "Equal", "value": "redis", "effect": "NoSchedule"},
                {"key": "plain", "value": ""},
                {"operator": "Exists", "effect": "NoExecute", "tolerationPeriod": "5m"},
            ]))
            .boxed(),
        ),
        ("spec/scheduling/spreadNodes", one_of(&["none", "preferred", "required"])),
        ("spec/scheduling/spreadZones", one_of(&["none", "preferred", "required"])),
        ("spec/scheduling/priorityClass", name()),
        ("spec/scheduling/runtimeClass", name()),
        ("spec/scheduling/scheduler", name()),
        ("spec/updateStrategy", update_strategy()),
        ("spec/sentinel/updateStrategy", update_strategy()),
        ("spec/probes/liveness", probe()),
        ("spec/probes/readiness", probe()),
        ("spec/probes/startup", probe()),
        (
            "spec/security",
            prop_oneof![
                Just(json!({"openshift": true})),
                (1..60000u32).prop_map(|id| json!({"runAsUser": id, "runAsGroup": id, "fsGroup": id})),
                Just(json!({
                    "runAsGroup": 0, "fsGroup": 0, "fsGroupChangePolicy": "Always", "supplementalGroups": [0, 2000],
                    "supplementalGroupsPolicy": "Strict", "seccompProfile": {"type": "Localhost", "localhostProfile": "redis.json"},
                    "appArmorProfile": {"type": "Localhost", "localhostProfile": "redis"}, "hostUsers": false,
                    "sysctls": {"net.ipv4.tcp_keepalive_time": "600"},
                })),
            ]
            .boxed(),
        ),
        (
            "spec/serviceAccount",
            prop_oneof![
                Just(json!({"create": false, "name": "other"})),
                Just(json!({"name": "own"})),
                annotations().prop_map(|annotations| json!({"annotations": annotations})),
            ]
            .boxed(),
        ),
        ("spec/env", env()),
        (
            "spec/envFrom",
            Just(json!([
                {"prefix": "APP_", "secretRef": {"name": "app", "optional": true}},
                {"configMapRef": {"name": "app", "optional": true}},
            ]))
            .boxed(),
        ),
        ("spec/podLabels", labels()),
        ("spec/podAnnotations", annotations()),
    ]
}

/// What is decided once: identity, volumes, ports and addresses.
fn fixed_settings() -> Vec<(&'static str, BoxedStrategy<Value>)> {
    vec![
        ("metadata/namespace", one_of(&["default", "shop", "a-b"])),
        ("spec/port", (1025..u16::MAX).prop_map(Value::from).boxed()),
        ("spec/sentinel/port", (1025..u16::MAX).prop_map(Value::from).boxed()),
        ("spec/sentinel/masterName", one_of(&["mymaster", "cache.primary"])),
        (
            "spec/sentinel/storage",
            prop_oneof![
                one_of(&["64Mi", "1Gi"]).prop_map(|size| json!({
                    "size": size, "class": "fast", "labels": {"team": "a"}, "annotations": {"backup": "none"},
                })),
                any::<bool>().prop_map(|enabled| json!({"enabled": enabled})),
            ]
            .boxed(),
        ),
        ("spec/tls", prop_oneof![
            Just(json!({"secret": "cache-tls"})), Just(json!({"secret": "cache-tls", "clientCertificates": "required"})),
            Just(json!({"secret": "cache-tls", "authority": {"configMap": "company-ca", "key": "bundle.crt"}})),
            Just(json!({"secret": "cache-tls", "authority": {"secret": "company-ca"}})),
            Just(json!({"secret": "cache-tls", "certificate": {"issuer": "company-ca", "issuerKind": "ClusterIssuer", "duration": "720h", "renewBefore": "240h"}})),
            Just(json!({"secret": "cache-tls", "certificateKey": "crt", "privateKey": "key", "authorityKey": "ca"})),
        ].boxed()),
        ("spec/storage", prop_oneof![
            (select(&["1Gi", "8Gi", "1.5Gi", "1024Mi", "10G"][..]), labels(), annotations()).prop_map(|(size, labels, annotations)| {
                json!({"size": size, "class": "fast", "labels": labels, "annotations": annotations, "accessModes": ["ReadWriteOncePod"]})
            }),
            Just(json!({"size": "1Gi", "whenDeleted": "Delete", "whenScaled": "Retain"})),
            Just(json!({"emptyDir": {"sizeLimit": "1Gi"}})),
            Just(json!({"emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}})),
        ].boxed()),
        ("spec/services/external", prop_oneof![
            Just(json!({"servers": ["cache-{index}.example.com"], "sentinels": ["s{index}.example.com"]})),
            Just(json!({
                "servers": ["cache-{index}.example.com"], "sentinels": ["s{index}.example.com"],
                "type": "NodePort", "serverNodePort": 31000, "sentinelNodePort": 32000,
            })),
            Just(json!({
                "servers": ["cache-{index}.example.com"],
                "externalTrafficPolicy": "Cluster",
                "loadBalancerClass": "example.com/internal",
                "loadBalancerSourceRanges": ["198.51.100.0/24", "2001:db8::/32"],
                "annotations": {"example.com/hostname": "{hostname}", "example.com/number": "{index}"},
            })),
        ].boxed()),
        ("spec/services/ipFamilyPolicy", one_of(&["SingleStack", "PreferDualStack", "RequireDualStack"])),
        ("spec/services/ipFamilies", prop_oneof![
            Just(json!(["IPv6"])), Just(json!(["IPv4", "IPv6"])), Just(json!(["IPv6", "IPv4"])),
        ].boxed()),
    ]
}

/// The document with these settings made.
pub(crate) fn with(document: &Redis, settings: &[Setting]) -> Redis {
    let mut tree = serde_json::to_value(document).expect("a document is JSON");
    for (path, value) in settings {
        let mut place = &mut tree;
        for key in path.split('/') {
            place = &mut place[key];
        }
        *place = value.clone();
    }
    serde_json::from_value(tree).unwrap_or_else(|error| panic!("{error}: {settings:#?}"))
}

fn choice_of(settings: Vec<(&'static str, BoxedStrategy<Value>)>, most: usize) -> impl Strategy<Value = Redis> {
    let count = settings.len().min(most);
    let chosen = subsequence(settings, 0..=count).prop_flat_map(|chosen| {
        let (paths, values): (Vec<_>, Vec<_>) = chosen.into_iter().unzip();
        values.prop_map(move |values| paths.iter().copied().zip(values).collect::<Vec<Setting>>())
    });
    ("[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,2}", chosen)
        .prop_map(|(name, settings)| with(&Redis::new(name.parse().expect("a name")), &settings))
}

/// The samples of all fields that none of these settings is about.
fn samples_beside(settings: &[(&'static str, BoxedStrategy<Value>)]) -> Vec<(&'static str, BoxedStrategy<Value>)> {
    fn collect(fields: &[Field], parent: &str, samples: &mut Vec<(String, Value)>) {
        for field in fields {
            let path = format!("{parent}{}", field.key());
            match field.sample_value() {
                Some(sample) if field.fields().is_empty() || sample.is_array() => samples.push((path, sample)),
                _ => collect(field.fields(), &format!("{path}/"), samples),
            }
        }
    }
    let mut samples = Vec::new();
    collect(Redis::fields(), "", &mut samples);
    let is_new = |path: &str| !settings.iter().any(|(known, _)| path.starts_with(known)) && path != "metadata/name";
    let samples = samples.into_iter().filter(|(path, _)| is_new(path));
    samples.map(|(path, sample)| (&*Box::leak(path.into_boxed_str()), Just(sample).boxed())).collect()
}

/// Any document of the production rendering.
pub(crate) fn production() -> impl Strategy<Value = Redis> {
    let mut settings = [mutable_settings(), pod_settings(), fixed_settings()].concat();
    settings.extend(samples_beside(&settings));
    choice_of(settings, 12)
}

/// A document every target may be able to express.
pub(crate) fn simple() -> impl Strategy<Value = Redis> {
    choice_of(simple_settings(), 6)
}

/// A change to a running cluster.
pub(crate) fn mutable_setting() -> impl Strategy<Value = Setting> {
    proptest::strategy::Union::new(
        [mutable_settings(), pod_settings()]
            .concat()
            .into_iter()
            .map(|(path, value)| value.prop_map(move |value| (path, value)).boxed()),
    )
}

/// The paths of all fields a schema has, lists passed through.
pub(crate) fn fields_of_schema(
    root: &Value,
    schema: &Value,
    path: &str,
    fields: &mut std::collections::BTreeSet<String>,
) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).expect("a reference leads somewhere");
        return fields_of_schema(root, target, path, fields);
    }
    for option in ["anyOf", "oneOf", "allOf"] {
        schema[option].as_array().into_iter().flatten().for_each(|schema| fields_of_schema(root, schema, path, fields));
    }
    if schema["items"].is_object() {
        fields_of_schema(root, &schema["items"], path, fields);
    }
    for (key, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}/{key}");
        fields_of_schema(root, field, &path, fields);
        fields.insert(path);
    }
}

/// Takes the fields a document has out of those that are wanted.
pub(crate) fn strike_fields(document: &Value, path: &str, wanted: &mut std::collections::BTreeSet<String>) {
    wanted.remove(path);
    for (key, value) in document.as_object().into_iter().flatten() {
        strike_fields(value, &format!("{path}/{key}"), wanted);
    }
    document.as_array().into_iter().flatten().for_each(|item| strike_fields(item, path, wanted));
}
