//! The v1beta3 rendering: the four objects of the tutorial as data, stated by hand, and what can be changed in them.
use redis_k8s::{ApiVersion, Redis};
use serde_json::{Value, json};

fn document(text: &str) -> Redis {
    serde_json::from_str(text).expect("a document")
}

fn render(redis: &Redis) -> Vec<Value> {
    redis.render(ApiVersion::V1Beta3).expect("a rendering").to_values()
}

fn find(objects: &[Value], kind: &str, name: &str) -> Value {
    let found = objects.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name}")).clone()
}

#[test]
fn nothing_asked_gives_the_tutorial_to_the_letter() {
    let objects = render(&Redis::new("redis".parse().expect("a name")));
    assert_eq!(objects.len(), 4);
    assert_eq!(
        find(&objects, "Pod", "redis-master"),
        json!({
            "apiVersion": "v1beta3",
            "kind": "Pod",
            "metadata": {
                "name": "redis-master",
                "labels": {"name": "redis", "redis-sentinel": "true", "role": "master"},
            },
            "spec": {
                "containers": [
                    {
                        "name": "master",
                        "image": "kubernetes/redis:v1",
                        "env": [{"name": "MASTER", "value": "true"}],
                        "ports": [{"containerPort": 6379}],
                        "resources": {"limits": {"cpu": "1"}},
                        "volumeMounts": [{"mountPath": "/redis-master-data", "name": "data"}],
                    },
                    {
                        "name": "sentinel",
                        "image": "kubernetes/redis:v1",
                        "env": [{"name": "SENTINEL", "value": "true"}],
                        "ports": [{"containerPort": 26379}],
                    },
                ],
                "volumes": [{"name": "data", "emptyDir": {}}],
            },
        })
    );
    assert_eq!(
        find(&objects, "Service", "redis-sentinel"),
        json!({
            "apiVersion": "v1beta3",
            "kind": "Service",
            "metadata": {"name": "redis-sentinel", "labels": {"name": "sentinel", "role": "service"}},
            "spec": {
                "ports": [{"port": 26379, "targetPort": 26379}],
                "selector": {"redis-sentinel": "true"},
            },
        })
    );
    assert_eq!(
        find(&objects, "ReplicationController", "redis"),
        json!({
            "apiVersion": "v1beta3",
            "kind": "ReplicationController",
            "metadata": {"name": "redis"},
            "spec": {
                "replicas": 1,
                "selector": {"name": "redis"},
                "template": {
                    "metadata": {"labels": {"name": "redis"}},
                    "spec": {
                        "containers": [{
                            "name": "redis",
                            "image": "kubernetes/redis:v1",
                            "ports": [{"containerPort": 6379}],
                            "resources": {"limits": {"cpu": "1"}},
                            "volumeMounts": [{"mountPath": "/redis-master-data", "name": "data"}],
                        }],
                        "volumes": [{"name": "data", "emptyDir": {}}],
                    },
                },
            },
        })
    );
    assert_eq!(
        find(&objects, "ReplicationController", "redis-sentinel"),
        json!({
            "apiVersion": "v1beta3",
            "kind": "ReplicationController",
            "metadata": {"name": "redis-sentinel"},
            "spec": {
                "replicas": 1,
                "selector": {"redis-sentinel": "true"},
                "template": {
                    "metadata": {
                        "labels": {"name": "redis-sentinel", "redis-sentinel": "true", "role": "sentinel"},
                    },
                    "spec": {
                        "containers": [{
                            "name": "sentinel",
                            "image": "kubernetes/redis:v1",
                            "env": [{"name": "SENTINEL", "value": "true"}],
                            "ports": [{"containerPort": 26379}],
                        }],
                    },
                },
            },
        })
    );
}

#[test]
fn two_instances_never_select_each_other() {
    for (one, other) in [("redis", "cache"), ("cache", "redis"), ("cache", "cache-b"), ("cache-b", "cache")] {
        let one = render(&Redis::new(one.parse().expect("a name")));
        let other = render(&Redis::new(other.parse().expect("a name")));
        let pods: Vec<&Value> = other
            .iter()
            .filter(|object| object["kind"] != "Service")
            .map(|object| object["spec"].get("template").unwrap_or(object))
            .collect();
        assert_eq!(pods.len(), 3);
        for selector in one.iter().filter_map(|object| object["spec"]["selector"].as_object()) {
            for pod in &pods {
                let labels = &pod["metadata"]["labels"];
                assert!(
                    selector.iter().any(|(key, value)| labels.get(key) != Some(value)),
                    "{selector:?} selects {labels}"
                );
            }
        }
    }
}

#[test]
fn another_name_tells_the_image_where_the_sentinels_are() {
    let objects = render(&document(
        r#"{"apiVersion": "redis-k8s-gen.dev/v1alpha1", "kind": "Redis", "metadata": {"name": "cache"}}"#,
    ));
    let address = json!([
        {"name": "REDIS_SENTINEL_SERVICE_HOST", "value": "cache-sentinel"},
        {"name": "REDIS_SENTINEL_SERVICE_PORT", "value": "26379"},
    ]);
    let controller = find(&objects, "ReplicationController", "cache");
    assert_eq!(controller["spec"]["template"]["spec"]["containers"][0]["env"], address);
    let sentinels = find(&objects, "ReplicationController", "cache-sentinel");
    assert_eq!(sentinels["spec"]["selector"], json!({"cache-sentinel": "true"}));
    let sentinel_env = &sentinels["spec"]["template"]["spec"]["containers"][0]["env"];
    assert_eq!(sentinel_env[0], json!({"name": "SENTINEL", "value": "true"}));
    assert_eq!(sentinel_env[1], address[0]);
    let master = find(&objects, "Pod", "cache-master");
    assert_eq!(master["metadata"]["labels"], json!({"name": "cache", "cache-sentinel": "true", "role": "master"}));
}

#[test]
fn every_part_v1beta3_has_can_be_changed() {
    let objects = render(&document(
        r#"{
            "apiVersion": "redis-k8s-gen.dev/v1alpha1", "kind": "Redis",
            "metadata": {"name": "redis", "namespace": "shop", "labels": {"team": "a"}, "annotations": {"note": "b"}},
            "spec": {
                "replicas": 3, "image": "registry.example.com/redis:v2", "imagePullPolicy": "Always", "port": 7000,
                "resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "1Gi"}},
                "env": [{"name": "TZ", "value": "$(X)"}],
                "podLabels": {"tier": "cache"}, "podAnnotations": {"scrape": "no"},
                "storage": {"emptyDir": {"medium": "Memory"}},
                "scheduling": {"nodeSelector": {"disk": "ssd"}},
                "probes": {"liveness": {"initialDelay": "15s", "timeout": "2s"}, "readiness": {}},
                "services": {"sentinel": {
                    "type": "LoadBalancer", "sessionAffinity": "ClientIP", "labels": {"x": "y"}, "annotations": {"z": "w"}
                }},
                "sentinel": {"replicas": 5, "port": 7001, "resources": {"limits": {"cpu": "50m"}}, "probes": {"liveness": {}}}
            }
        }"#,
    ));
    for object in &objects {
        assert_eq!(object["metadata"]["namespace"], "shop");
        assert_eq!(object["metadata"]["labels"]["team"], "a");
        assert_eq!(object["metadata"]["annotations"]["note"], "b");
    }
    let servers = find(&objects, "ReplicationController", "redis");
    assert_eq!(servers["spec"]["replicas"], 3);
    assert_eq!(
        servers["spec"]["template"],
        json!({
            "metadata": {
                "labels": {"name": "redis", "team": "a", "tier": "cache"},
                "annotations": {"scrape": "no"},
            },
            "spec": {
                "containers": [{
                    "name": "redis",
                    "image": "registry.example.com/redis:v2",
                    "imagePullPolicy": "Always",
                    "env": [{"name": "TZ", "value": "$$(X)"}],
                    "ports": [{"containerPort": 7000}],
                    "resources": {"limits": {"memory": "1Gi"}, "requests": {"cpu": "100m"}},
                    "volumeMounts": [{"mountPath": "/redis-master-data", "name": "data"}],
                    "livenessProbe": {"tcpSocket": {"port": 7000}, "initialDelaySeconds": 15, "timeoutSeconds": 2},
                    "readinessProbe": {"tcpSocket": {"port": 7000}},
                }],
                "volumes": [{"name": "data", "emptyDir": {"medium": "Memory"}}],
                "nodeSelector": {"disk": "ssd"},
            },
        })
    );
    let sentinels = find(&objects, "ReplicationController", "redis-sentinel");
    assert_eq!(sentinels["spec"]["replicas"], 5);
    let sentinel = &sentinels["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(sentinel["resources"], json!({"limits": {"cpu": "50m"}}));
    assert_eq!(sentinel["livenessProbe"], json!({"tcpSocket": {"port": 7001}}));
    let service = find(&objects, "Service", "redis-sentinel");
    assert_eq!(
        service["spec"],
        json!({
            "ports": [{"port": 7001, "targetPort": 7001}],
            "selector": {"redis-sentinel": "true"},
            "createExternalLoadBalancer": true,
            "sessionAffinity": "ClientIP",
        })
    );
    assert_eq!(service["metadata"]["labels"]["x"], "y");
    assert_eq!(service["metadata"]["annotations"]["z"], "w");
    let master = find(&objects, "Pod", "redis-master");
    assert_eq!(master["metadata"]["labels"]["tier"], "cache");
    assert_eq!(master["metadata"]["annotations"], json!({"note": "b", "scrape": "no"}));
}

#[test]
fn reading_refuses_what_v1beta3_never_had() {
    use redis_k8s::tutorial::v1beta3::{Pod, Probe, Volume};
    let pod = |extra: &str| {
        format!(
            r#"{{"apiVersion": "v1beta3", "kind": "Pod", "metadata": {{"name": "a"}}, "spec": {{"containers": []{extra}}}}}"#
        )
    };
    assert!(serde_json::from_str::<Pod>(&pod("")).is_ok());
    for extra in [r#", "affinity": {}"#, r#", "securityContext": {}"#, r#", "initContainers": []"#] {
        assert!(serde_json::from_str::<Pod>(&pod(extra)).is_err(), "{extra}");
    }
    for probe in [r#"{"tcpSocket": {"port": 1}, "periodSeconds": 1}"#, "{}", r#"{"tcpSocket": {"port": 0}}"#] {
        assert!(serde_json::from_str::<Probe>(probe).is_err(), "{probe}");
    }
    for volume in [
        r#"{"name": "a", "configMap": {"name": "b"}}"#,
        r#"{"name": "a"}"#,
        r#"{"name": "a", "emptyDir": {}, "hostPath": {"path": "/"}}"#,
    ] {
        assert!(serde_json::from_str::<Volume>(volume).is_err(), "{volume}");
    }
}
