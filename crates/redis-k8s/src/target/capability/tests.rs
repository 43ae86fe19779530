//! A document with every field of the model, against the table.

use std::num::NonZeroU16;

use super::*;
use crate::model::*;

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn labels() -> Labels {
    [(parsed("example.com/a.b"), parsed("c"))].into()
}

fn annotations() -> Annotations {
    [(parsed("example.com/a.b"), "c".to_owned())].into()
}

fn probe() -> Probe {
    Probe {
        enabled: Some(true),
        initial_delay: Some(parsed("1s")),
        period: Some(parsed("1s")),
        timeout: Some(parsed("1s")),
        failure_threshold: Some(1),
        success_threshold: Some(1),
    }
}

fn probes() -> Box<Probes> {
    Box::new(Probes { liveness: Some(probe()), readiness: Some(probe()), startup: Some(probe()) })
}

fn resources() -> Box<Resources> {
    let list = || {
        Some(ResourceList { cpu: Some(parsed("1")), memory: Some(parsed("1")), ephemeral_storage: Some(parsed("1")) })
    };
    Box::new(Resources { requests: list(), limits: list() })
}

fn config() -> Config {
    [(parsed("maxmemory-policy"), "noeviction".into())].into()
}

fn service() -> ServiceOptions {
    ServiceOptions {
        enabled: Some(true),
        r#type: Some(ServiceType::NodePort),
        labels: Some(labels()),
        annotations: Some(annotations()),
        session_affinity: Some(SessionAffinity::ClientIp),
        traffic_distribution: Some(TrafficDistribution::PreferSameZone),
    }
}

fn peer() -> Peer {
    Peer { pods: Some(labels()), namespaces: Some(labels()), cidr: Some("10.0.0.0/8".to_owned()) }
}

fn sentinel() -> Sentinel {
    Sentinel {
        replicas: Some(3),
        quorum: Some(2),
        down_after: Some(parsed("5s")),
        failover_timeout: Some(parsed("30s")),
        parallel_syncs: Some(1),
        master_name: Some(parsed("mymaster")),
        port: NonZeroU16::new(26379),
        resources: Some(resources()),
        config: Some(config()),
        storage: Some(Box::new(SentinelStorage {
            enabled: Some(true),
            size: Some(parsed("1Gi")),
            class: Some(parsed("fast")),
        })),
        probes: Some(probes()),
    }
}

fn storage() -> Storage {
    Storage {
        size: Some(parsed("1Gi")),
        class: Some(parsed("fast")),
        access_modes: Some(vec![AccessMode::ReadWriteOnce]),
        labels: Some(labels()),
        annotations: Some(annotations()),
        when_deleted: Some(RetentionPolicy::Retain),
        when_scaled: Some(RetentionPolicy::Retain),
        empty_dir: Some(EmptyDir { medium: Some(EmptyDirMedium::Memory), size_limit: Some(parsed("1Gi")) }),
    }
}

fn scheduling() -> Scheduling {
    Scheduling {
        node_selector: Some(labels()),
        tolerations: Some(vec![Toleration {
            key: Some(parsed("a")),
            operator: Some(TolerationOperator::Equal),
            value: Some(parsed("b")),
            effect: Some(TolerationEffect::NoExecute),
            toleration_period: Some(parsed("1s")),
        }]),
        spread_nodes: Some(Spread::Required),
        spread_zones: Some(Spread::Required),
        priority_class: Some(parsed("high")),
        scheduler: Some(parsed("other")),
        runtime_class: Some(parsed("gvisor")),
    }
}

/// Every field there is. No `..` here: a new field of the model must not compile before it is in this document, and
/// then fails the test below before it has a row in the table.
fn everything() -> Redis {
    Redis {
        api_version: DocumentApiVersion::default(),
        kind: DocumentKind::default(),
        metadata: Metadata {
            name: parsed("redis"),
            namespace: Some(parsed("shop")),
            labels: labels(),
            annotations: annotations(),
        },
        spec: RedisSpec {
            kubernetes_version: Some(parsed("1.33")),
            replicas: Some(3),
            image: Some(parsed("redis:8")),
            image_pull_policy: Some(ImagePullPolicy::Always),
            image_pull_secrets: Some(vec![parsed("registry")]),
            port: NonZeroU16::new(6379),
            config: Some(config()),
            persistence: Some(Persistence::Aof),
            storage: Some(Box::new(storage())),
            resources: Some(resources()),
            min_replicas_to_write: Some(1),
            min_replicas_max_lag: Some(parsed("5s")),
            sentinel: Some(Box::new(sentinel())),
            auth: Some(Box::new(Auth {
                secret: Some(parsed("auth")),
                key: Some(parsed("password")),
                previous_key: Some(parsed("previous-password")),
                sentinel: Some(true),
                sentinel_key: Some(parsed("sentinel")),
            })),
            tls: Some(Box::new(Tls {
                secret: Some(parsed("tls")),
                certificate_key: Some(parsed("tls.crt")),
                private_key: Some(parsed("tls.key")),
                authority_key: Some(parsed("ca.crt")),
                client_certificates: Some(ClientCertificates::Required),
            })),
            services: Some(Box::new(Services {
                sentinel: Some(service()),
                read: Some(service()),
                ip_families: Some(vec![IpFamily::V4]),
                ip_family_policy: Some(IpFamilyPolicy::SingleStack),
            })),
            network_policy: Some(Box::new(NetworkPolicy {
                enabled: Some(true),
                clients: Some(vec![peer()]),
                dns: Some(vec![DnsPeer { port: NonZeroU16::new(53), to: Some(peer()) }]),
            })),
            disruption_budget: Some(Box::new(DisruptionBudget { enabled: Some(true), max_unavailable: Some(1) })),
            scheduling: Some(Box::new(scheduling())),
            probes: Some(probes()),
            security: Some(Box::new(Security {
                run_as_user: Some(1),
                run_as_group: Some(1),
                fs_group: Some(1),
                openshift: Some(false),
            })),
            service_account: Some(Box::new(ServiceAccount {
                create: Some(true),
                name: Some(parsed("cache")),
                annotations: Some(annotations()),
            })),
            env: Some(vec![EnvVar { name: parsed("TZ"), value: "UTC".to_owned() }]),
            pod_labels: Some(labels()),
            pod_annotations: Some(annotations()),
            termination_grace_period: Some(parsed("60s")),
        },
    }
}

fn paths(problems: &[Problem]) -> Vec<String> {
    problems.iter().map(|problem| problem.path.to_string()).collect()
}

#[test]
fn every_field_of_the_model_has_a_row() {
    let document = serde_json::to_value(everything()).unwrap();
    let (mut leaves, mut missing) = (0, Vec::new());
    visit(&document, &mut Vec::new(), &mut |path, _| {
        leaves += 1;
        if row(path).is_none() {
            missing.push(path.join("."));
        }
    });
    assert!(leaves > 120, "{leaves} fields: the document above is no longer whole");
    assert!(missing.is_empty(), "no row for {missing:?}");
}

#[test]
fn every_row_is_for_a_field_of_the_model() {
    let document = serde_json::to_value(everything()).unwrap();
    for (field, ..) in FIELDS {
        let pointer = format!("/{}", field.replace('.', "/"));
        assert!(document.pointer(&pointer).is_some(), "the model has no {field}");
    }
}

#[test]
fn each_target_refuses_what_it_cannot_express() {
    assert_eq!(check(&everything(), ApiVersion::AppsV1), []);
    assert_eq!(
        paths(&check(&everything(), ApiVersion::V1)),
        [
            "spec.auth",
            "spec.disruptionBudget",
            "spec.networkPolicy",
            "spec.sentinel.storage.class",
            "spec.sentinel.storage.enabled",
            "spec.sentinel.storage.size",
            "spec.services.read",
            "spec.storage.accessModes",
            "spec.storage.annotations",
            "spec.storage.class",
            "spec.storage.labels",
            "spec.storage.size",
            "spec.storage.whenDeleted",
            "spec.storage.whenScaled",
            "spec.tls",
        ]
    );
    let v1beta3 = paths(&check(&everything(), ApiVersion::V1Beta3));
    for field in ["spec.security", "spec.config", "spec.probes.liveness", "spec.services.sentinel.type"] {
        assert!(v1beta3.iter().any(|path| path == field), "{field} is not in {v1beta3:?}");
    }
    for field in ["spec.env", "spec.replicas", "spec.probes.liveness.timeout", "spec.sentinel.port", "metadata.labels"]
    {
        assert!(!v1beta3.iter().any(|path| path == field), "{field} is in {v1beta3:?}");
    }
}

#[test]
fn a_problem_names_field_target_reason_and_the_targets_that_can() {
    let mut redis = Redis::new(parsed("redis"));
    redis.spec.network_policy =
        Some(Box::new(NetworkPolicy { clients: Some(vec![peer()]), ..NetworkPolicy::default() }));
    let problems = check(&redis, ApiVersion::V1Beta3);
    assert_eq!(
        problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["error[not-in-target]: spec.networkPolicy: spec.networkPolicy is not something v1beta3 can express: \
          it has no NetworkPolicy (help: leave it out, or render it for apps/v1)"]
    );
    redis.spec = RedisSpec { security: everything().spec.security, ..RedisSpec::default() };
    let problems = check(&redis, ApiVersion::V1Beta3);
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].help.as_deref(), Some("leave it out, or render it for v1 or apps/v1"));
}

#[test]
fn switching_off_what_a_target_never_has_is_no_problem() {
    let mut redis = Redis::new(parsed("redis"));
    redis.spec.network_policy = Some(Box::new(NetworkPolicy { enabled: Some(false), ..NetworkPolicy::default() }));
    redis.spec.disruption_budget =
        Some(Box::new(DisruptionBudget { enabled: Some(false), ..DisruptionBudget::default() }));
    redis.spec.scheduling = Some(Box::new(Scheduling { spread_nodes: Some(Spread::None), ..Scheduling::default() }));
    assert_eq!(check(&redis, ApiVersion::V1Beta3), []);
    assert_eq!(check(&redis, ApiVersion::V1), []);
}
