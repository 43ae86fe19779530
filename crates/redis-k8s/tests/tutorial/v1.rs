//! The v1 rendering: the tutorial's four objects, as a cluster of today accepts them, and their ConfigMap.

use std::io::Write;
use std::process::{Command, Stdio};

use redis_k8s::{ApiVersion, Redis};
use serde_json::{Value, json};

fn redis(name: &str) -> Redis {
    Redis::new(name.parse().expect("a name"))
}

fn document(spec: Value) -> Redis {
    let header = json!({"apiVersion": "redis-k8s-gen.dev/v1alpha1", "kind": "Redis", "metadata": {"name": "redis"}});
    let mut document = header.as_object().expect("an object").clone();
    document.insert("spec".to_owned(), spec);
    serde_json::from_value(document.into()).expect("a document")
}

fn render(redis: &Redis, target: ApiVersion) -> Vec<Value> {
    redis.render(target).expect("a rendering").to_values()
}

fn find(objects: &[Value], kind: &str, name: &str) -> Value {
    let found = objects.iter().find(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name}")).clone()
}

/// The parts of a pod the tutorial fixes, in either API version.
fn of_the_tutorial(pod: &Value) -> Value {
    let containers = pod["containers"].as_array().expect("containers").iter().map(|container| {
        let env = container["env"].as_array().into_iter().flatten();
        let roles: Vec<&Value> = env.filter(|v| v["name"] == "MASTER" || v["name"] == "SENTINEL").collect();
        let data = container["volumeMounts"].as_array().into_iter().flatten().find(|mount| mount["name"] == "data");
        json!({
            "name": container["name"],
            "port": container["ports"][0]["containerPort"],
            "role": roles.last(),
            "cpu": container["resources"]["limits"]["cpu"],
            "data": data.map(|mount| &mount["mountPath"]),
        })
    });
    containers.collect()
}

#[test]
fn the_four_objects_are_those_of_the_tutorial() {
    for redis in [redis("redis"), redis("cache")] {
        let name = redis.metadata.name.as_str();
        let (then, now) = (render(&redis, ApiVersion::V1Beta3), render(&redis, ApiVersion::V1));
        assert_eq!(now.len(), then.len() + 1);
        find(&now, "ConfigMap", &format!("{name}-config"));
        for then in &then {
            let now =
                find(&now, then["kind"].as_str().expect("a kind"), then["metadata"]["name"].as_str().expect("a name"));
            assert_eq!(now["apiVersion"], "v1");
            assert_eq!(now["metadata"], then["metadata"]);
            assert_eq!(now["spec"]["selector"], then["spec"]["selector"]);
            assert_eq!(now["spec"]["replicas"], then["spec"]["replicas"]);
            assert_eq!(now["spec"]["template"]["metadata"], then["spec"]["template"]["metadata"]);
            if then["kind"] == "Service" {
                let port = json!([{"port": 26379, "targetPort": 26379, "protocol": "TCP"}]);
                assert_eq!(now["spec"]["ports"], port);
                continue;
            }
            let pod = |object: &Value| object["spec"]["template"].get("spec").unwrap_or(&object["spec"]).clone();
            let (then, now) = (of_the_tutorial(&pod(then)), of_the_tutorial(&pod(&now)));
            assert_eq!(now, then);
        }
    }
}

#[test]
fn the_bare_pod_has_the_tolerations_the_api_server_adds_to_its_own() {
    let default = |taint: &str| json!({"key": format!("node.kubernetes.io/{taint}"), "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300});
    let (not_ready, unreachable) = (default("not-ready"), default("unreachable"));
    let own = json!({"key": "dedicated", "operator": "Exists"});
    let patient = json!({"key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationPeriod": "10m", "effect": "NoExecute"});
    let unscheduled = json!({"operator": "Exists", "effect": "NoSchedule"});
    for (asked, added) in [
        (json!([]), vec![]),
        (json!([own]), vec![&not_ready, &unreachable]),
        (json!([unscheduled]), vec![&not_ready, &unreachable]),
        (json!([patient]), vec![&unreachable]),
        (json!([{"operator": "Exists"}]), vec![]),
    ] {
        let redis = document(json!({"scheduling": {"tolerations": asked}}));
        let objects = render(&redis, ApiVersion::V1);
        let of = |object: &Value| object["spec"]["tolerations"].as_array().cloned().unwrap_or_default();
        let rendered = of(&find(&objects, "Pod", "redis-master"));
        let template = of(&find(&objects, "ReplicationController", "redis")["spec"]["template"]);
        assert_eq!(template.len(), asked.as_array().expect("a list").len());
        assert_eq!(rendered, template.iter().chain(added).cloned().collect::<Vec<_>>());
    }
}

#[test]
fn pods_pass_pod_security_restricted_and_tell_the_scripts_all_they_need() {
    let objects = render(&redis("redis"), ApiVersion::V1);
    let mut seen = 0;
    for object in objects.iter().filter(|object| object["spec"]["ports"].is_null() && object["kind"] != "ConfigMap") {
        let pod = object["spec"]["template"].get("spec").unwrap_or(&object["spec"]);
        assert_eq!(
            pod["securityContext"],
            json!({
                "fsGroup": 999, "runAsGroup": 999, "runAsNonRoot": true,
                "runAsUser": 999, "seccompProfile": {"type": "RuntimeDefault"},
            })
        );
        assert_eq!(pod["automountServiceAccountToken"], false);
        assert_eq!(pod["enableServiceLinks"], false);
        for container in pod["containers"].as_array().expect("containers") {
            seen += 1;
            assert_eq!(container["image"], "redis:8.2");
            assert_eq!(
                container["securityContext"],
                json!({
                    "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": true,
                })
            );
            let names: Vec<&str> = container["env"]
                .as_array()
                .expect("an environment")
                .iter()
                .map(|variable| variable["name"].as_str().expect("a name"))
                .collect();
            for needed in [
                "POD_IP",
                "POD_NAME",
                "POD_UID",
                "MASTER_NAME",
                "QUORUM",
                "REDIS_PORT",
                "REDIS_SENTINEL_SERVICE_HOST",
                "REDIS_SENTINEL_SERVICE_PORT",
            ] {
                assert!(names.contains(&needed), "{needed} is not in {names:?}");
            }
            for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
                assert_eq!(container[probe]["exec"]["command"][1], "/etc/redis-k8s/probe.sh");
            }
            assert!(container["resources"]["limits"]["memory"].is_string());
        }
    }
    assert_eq!(seen, 4);
}

#[test]
fn quorum_and_writes_fit_what_the_run_book_resizes_to() {
    let variable = |objects: &[Value], kind: &str, name: &str, variable: &str| {
        let object = find(objects, kind, name);
        let pod = object["spec"]["template"].get("spec").unwrap_or(&object["spec"]).clone();
        let env = pod["containers"][0]["env"].as_array().expect("an environment").clone();
        env.into_iter().find(|found| found["name"] == variable).map(|found| found["value"].clone())
    };
    let default = render(&redis("redis"), ApiVersion::V1);
    assert_eq!(variable(&default, "ReplicationController", "redis-sentinel", "QUORUM"), Some(json!("2")));
    // The first master is alone at first and has to accept writes; servers of the controller never are.
    assert_eq!(variable(&default, "Pod", "redis-master", "MIN_REPLICAS"), Some(json!("0")));
    assert_eq!(variable(&default, "ReplicationController", "redis", "MIN_REPLICAS"), None);
    let config = find(&default, "ConfigMap", "redis-config");
    let config = config["data"]["redis.conf"].as_str().expect("a text");
    assert!(
        config.contains("\nmin-replicas-to-write 1\n") && config.contains("\ndir /redis-master-data\n"),
        "{config}"
    );

    let five = render(&document(json!({"sentinel": {"replicas": 5}, "minReplicasToWrite": 0})), ApiVersion::V1);
    assert_eq!(variable(&five, "ReplicationController", "redis-sentinel", "QUORUM"), Some(json!("3")));
    assert_eq!(variable(&five, "Pod", "redis-master", "MIN_REPLICAS"), None);
}

#[test]
fn what_v1_has_can_be_asked_for() {
    let objects = render(
        &document(json!({
            "image": "valkey/valkey:9", "imagePullSecrets": ["registry"], "port": 7000,
            "config": {"maxmemory-policy": "allkeys-lru"}, "persistence": "rdb",
            "storage": {"emptyDir": {"sizeLimit": "1Gi"}},
            "sentinel": {"downAfter": "10s", "masterName": "main", "config": {"loglevel": "verbose"}},
            "services": {"sentinel": {"type": "NodePort"}, "ipFamilies": ["IPv6"], "ipFamilyPolicy": "SingleStack"},
            "scheduling": {"spreadNodes": "required", "spreadZones": "preferred", "priorityClass": "high",
                           "tolerations": [{"key": "a", "operator": "Exists"}]},
            "probes": {"startup": {"enabled": false}, "liveness": {"period": "20s"}},
            "security": {"runAsUser": 1000}, "serviceAccount": {"name": "cache"},
            "env": [{"name": "TZ", "value": "$$(X)"}], "terminationGracePeriod": "90s"
        })),
        ApiVersion::V1,
    );
    let controller = find(&objects, "ReplicationController", "redis");
    let pod = &controller["spec"]["template"]["spec"];
    let fellows = json!({"matchLabels": {"name": "redis"}});
    let required = "requiredDuringSchedulingIgnoredDuringExecution";
    assert_eq!(pod["affinity"]["podAntiAffinity"][required][0]["labelSelector"], fellows);
    assert_eq!(pod["topologySpreadConstraints"][0]["labelSelector"], fellows);
    assert_eq!(pod["priorityClassName"], "high");
    assert_eq!(pod["tolerations"], json!([{"key": "a", "operator": "Exists"}]));
    assert_eq!(pod["securityContext"]["runAsUser"], 1000);
    assert_eq!(pod["imagePullSecrets"], json!([{"name": "registry"}]));
    assert_eq!(pod["serviceAccountName"], "cache");
    assert_eq!(pod["terminationGracePeriodSeconds"], 90);
    assert_eq!(pod["volumes"][1], json!({"name": "data", "emptyDir": {"sizeLimit": "1Gi"}}));
    let container = &pod["containers"][0];
    assert_eq!(container["image"], "valkey/valkey:9");
    assert_eq!(container["ports"], json!([{"containerPort": 7000, "protocol": "TCP"}]));
    assert!(container["startupProbe"].is_null());
    assert_eq!(container["livenessProbe"]["periodSeconds"], 20);
    let env = container["env"].as_array().expect("an environment");
    assert!(env.contains(&json!({"name": "TZ", "value": "$$$$(X)"})));
    assert!(env.contains(&json!({"name": "APPEND_ONLY", "value": "no"})));
    assert!(env.contains(&json!({"name": "MASTER_NAME", "value": "main"})));
    let service = find(&objects, "Service", "redis-sentinel");
    assert_eq!(service["spec"]["type"], "NodePort");
    assert_eq!(service["spec"]["ipFamilies"], json!(["IPv6"]));
    find(&objects, "ServiceAccount", "cache");
    let config = find(&objects, "ConfigMap", "redis-config");
    let text = |name: &str| config["data"][name].as_str().expect("a text").to_owned();
    assert!(text("redis.conf").contains("\nmaxmemory-policy allkeys-lru\n"), "{}", text("redis.conf"));
    assert_eq!(
        text("sentinel.conf"),
        "sentinel down-after-milliseconds main 10000\nsentinel failover-timeout main 30000\n\
         sentinel parallel-syncs main 2\nloglevel verbose\n"
    );
}

#[test]
fn scripts_are_plain_posix_shell() {
    let objects = render(&redis("redis"), ApiVersion::V1);
    let config = find(&objects, "ConfigMap", "redis-config");
    for name in ["cli.sh", "common.sh", "knows.sh", "probe.sh", "sentinel.sh", "server.sh", "stop.sh"] {
        let text = config["data"][name].as_str().unwrap_or_else(|| panic!("no {name}"));
        let mut shell =
            Command::new("sh").args(["-n"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a shell");
        shell.stdin.take().expect("an input").write_all(text.as_bytes()).expect("a write");
        let output = shell.wait_with_output().expect("an end");
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
