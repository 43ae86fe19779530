//! The v1beta3 objects against JSON Schemas written from the API's own fields, by a validator that knows no type of ours.

use jsonschema::Validator;
use redis_k8s::{ApiVersion, Redis};
use serde_json::{Value, json};

fn validator(kind: &str) -> Validator {
    let text = match kind {
        "Pod" => include_str!("../../../../schemas/v1beta3/pod.json"),
        "Service" => include_str!("../../../../schemas/v1beta3/service.json"),
        "ReplicationController" => include_str!("../../../../schemas/v1beta3/replicationcontroller.json"),
        other => panic!("v1beta3 has no {other} here"),
    };
    let schema: Value = serde_json::from_str(text).expect("JSON");
    let definitions: Value =
        serde_json::from_str(include_str!("../../../../schemas/v1beta3/definitions.json")).expect("JSON");
    for schema in [&schema, &definitions] {
        jsonschema::draft202012::meta::validate(schema).unwrap_or_else(|error| panic!("{kind}: {error}"));
    }
    let registry = jsonschema::Registry::new()
        .add(definitions["$id"].as_str().expect("an address"), &definitions)
        .and_then(jsonschema::RegistryBuilder::prepare)
        .unwrap_or_else(|error| panic!("{kind}: {error}"));
    let options = jsonschema::draft202012::options().with_registry(&registry);
    options.build(&schema).unwrap_or_else(|error| panic!("{kind}: {error}"))
}

fn render(spec: Value) -> Vec<Value> {
    let mut document = json!({
        "apiVersion": "redis-k8s-gen.dev/v1alpha1", "kind": "Redis",
        "metadata": {"name": "cache", "namespace": "shop", "labels": {"a.b/c": "d"}, "annotations": {"e": "f: g"}},
    });
    document["spec"] = spec;
    let redis: Redis = serde_json::from_value(document).expect("a document");
    redis.render(ApiVersion::V1Beta3).expect("a rendering").to_values()
}

/// Everything v1beta3 can be asked for.
fn all() -> Value {
    json!({
        "replicas": 3, "image": "registry.example.com:5000/redis:v1", "imagePullPolicy": "IfNotPresent", "port": 7000,
        "resources": {"requests": {"cpu": "0.1", "memory": "64Mi"}, "limits": {"cpu": "2", "memory": "1.5Gi"}},
        "env": [{"name": "TZ", "value": "UTC"}], "podLabels": {"tier": "x"}, "podAnnotations": {"y": "z"},
        "storage": {"emptyDir": {"medium": "Memory"}}, "scheduling": {"nodeSelector": {"disk": "ssd"}},
        "probes": {"liveness": {"initialDelay": "10s", "timeout": "2s"}, "readiness": {}},
        "services": {"sentinel": {"type": "LoadBalancer", "sessionAffinity": "ClientIP"}},
        "sentinel": {"replicas": 3, "port": 7001, "resources": {"limits": {"memory": "32Mi"}}, "probes": {"liveness": {}}}
    })
}

#[test]
fn renderings_are_valid() {
    for spec in [json!({}), all()] {
        let objects = render(spec);
        assert_eq!(objects.len(), 4);
        for object in objects {
            let errors: Vec<String> = validator(object["kind"].as_str().expect("a kind"))
                .iter_errors(&object)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{errors:?} in {object}");
        }
    }
}

/// Sets what is at the pointer's parent, and nothing else.
fn with(object: &Value, pointer: &str, value: Value) -> Value {
    let mut object = object.clone();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = object.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}"));
    parent.as_object_mut().expect("an object").insert(key.to_owned(), value);
    object
}

#[test]
fn what_v1beta3_never_had_is_invalid() {
    let objects = render(json!({}));
    let of = |kind: &str| objects.iter().find(|object| object["kind"] == kind).expect("an object");
    let wrong = [
        ("Pod", "/apiVersion", json!("v1")),
        ("Pod", "/kind", json!("Deployment")),
        ("Pod", "/status", json!({})),
        ("Pod", "/metadata/ownerReferences", json!([])),
        ("Pod", "/metadata/name", json!("Redis_Master")),
        ("Pod", "/metadata/labels/a", json!("not a label")),
        ("Pod", "/spec/affinity", json!({})),
        ("Pod", "/spec/securityContext", json!({})),
        ("Pod", "/spec/tolerations", json!([])),
        ("Pod", "/spec/initContainers", json!([])),
        ("Pod", "/spec/serviceAccountName", json!("redis")),
        ("Pod", "/spec/terminationGracePeriodSeconds", json!(30)),
        ("Pod", "/spec/restartPolicy", json!("Sometimes")),
        ("Pod", "/spec/containers", json!([])),
        ("Pod", "/spec/volumes", json!([{"name": "config", "configMap": {"name": "config"}}])),
        ("Pod", "/spec/volumes", json!([{"name": "data"}])),
        ("Pod", "/spec/volumes", json!([{"name": "data", "emptyDir": {"sizeLimit": "1Gi"}}])),
        ("Pod", "/spec/volumes", json!([{"name": "data", "emptyDir": {}, "hostPath": {"path": "/"}}])),
        ("Pod", "/spec/containers/0/startupProbe", json!({"tcpSocket": {"port": 1}})),
        ("Pod", "/spec/containers/0/livenessProbe", json!({"tcpSocket": {"port": 1}, "periodSeconds": 1})),
        ("Pod", "/spec/containers/0/livenessProbe", json!({"timeoutSeconds": 1})),
        ("Pod", "/spec/containers/0/livenessProbe", json!({"exec": {"command": ["a"]}, "tcpSocket": {"port": 1}})),
        ("Pod", "/spec/containers/0/securityContext", json!({})),
        ("Pod", "/spec/containers/0/imagePullPolicy", json!("Sometimes")),
        ("Pod", "/spec/containers/0/ports", json!([{"containerPort": 0}])),
        ("Pod", "/spec/containers/0/ports", json!([{"containerPort": 1, "protocol": "SCTP"}])),
        ("Pod", "/spec/containers/0/env", json!([{"name": "A", "valueFrom": {"secretKeyRef": {}}}])),
        ("Pod", "/spec/containers/0/resources", json!({"limits": {"ephemeral-storage": "1Gi"}})),
        ("Pod", "/spec/containers/0/resources", json!({"limits": {"cpu": 1}})),
        ("Service", "/spec/type", json!("LoadBalancer")),
        ("Service", "/spec/clusterIP", json!("None")),
        ("Service", "/spec/ipFamilies", json!(["IPv4"])),
        ("Service", "/spec/sessionAffinity", json!("Cookie")),
        ("Service", "/spec/ports", json!([])),
        ("Service", "/spec/ports", json!([{"port": 1, "nodePort": 30000}])),
        ("Service", "/spec/selector", json!({"matchLabels": {}})),
        ("ReplicationController", "/spec/replicas", json!(-1)),
        ("ReplicationController", "/spec/minReadySeconds", json!(1)),
        ("ReplicationController", "/spec/selector", json!({"matchLabels": {"name": "redis"}})),
        ("ReplicationController", "/spec/template/spec/priorityClassName", json!("high")),
        ("ReplicationController", "/spec/volumeClaimTemplates", json!([])),
    ];
    for (kind, pointer, value) in wrong {
        let object = with(of(kind), pointer, value.clone());
        assert!(!validator(kind).is_valid(&object), "{kind}{pointer} may be {value}");
    }
    for (kind, required) in [("Pod", "spec"), ("Service", "metadata"), ("ReplicationController", "apiVersion")] {
        let mut object = of(kind).clone();
        object.as_object_mut().expect("an object").remove(required);
        assert!(!validator(kind).is_valid(&object), "{kind} may be without {required}");
    }
}

#[test]
fn types_and_schemas_agree_on_every_field() {
    use redis_k8s::tutorial::v1beta3;

    let pod = json!({
        "apiVersion": "v1beta3", "kind": "Pod", "metadata": {"generateName": "a-"},
        "spec": {
            "host": "node", "hostNetwork": true, "dnsPolicy": "Default", "restartPolicy": "Never",
            "nodeSelector": {"a": "b"},
            "volumes": [
                {"name": "a", "hostPath": {"path": "/a"}},
                {"name": "b", "gcePersistentDisk": {"pdName": "a", "fsType": "ext4", "partition": 1, "readOnly": true}},
                {"name": "c", "awsElasticBlockStore": {"volumeID": "a", "fsType": "ext4"}},
                {"name": "d", "gitRepo": {"repository": "https://example.com/a.git", "revision": "1"}},
                {"name": "e", "secret": {"secretName": "a"}},
                {"name": "f", "nfs": {"server": "a", "path": "/a", "readOnly": true}},
                {"name": "g", "iscsi": {"targetPortal": "a:3260", "iqn": "iqn.2015-02.example.com:a", "lun": 0, "fsType": "ext4"}},
                {"name": "h", "glusterfs": {"endpoints": "a", "path": "b"}},
                {"name": "i", "persistentVolumeClaim": {"claimName": "a"}},
                {"name": "j", "emptyDir": {"medium": ""}},
            ],
            "containers": [{
                "name": "a", "image": "a", "command": ["a"], "args": ["b"], "workingDir": "/", "privileged": true,
                "terminationMessagePath": "/log", "capabilities": {"add": ["NET_ADMIN"], "drop": ["ALL"]},
                "ports": [{"name": "a", "hostPort": 1, "containerPort": 2, "protocol": "UDP", "hostIP": "10.0.0.1"}],
                "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP", "apiVersion": "v1beta3"}}}],
                "volumeMounts": [{"name": "a", "mountPath": "/a", "readOnly": true}],
                "livenessProbe": {"exec": {"command": ["a"]}, "initialDelaySeconds": 1},
                "readinessProbe": {"httpGet": {"path": "/", "port": "a", "host": "b"}, "timeoutSeconds": 1},
                "lifecycle": {"postStart": {"exec": {"command": ["a"]}}, "preStop": {"httpGet": {"port": 1}}},
            }],
        },
    });
    let service = json!({
        "apiVersion": "v1beta3", "kind": "Service", "metadata": {"name": "a"},
        "spec": {
            "ports": [{"name": "a", "protocol": "TCP", "port": 1, "targetPort": "b"}], "selector": {"a": "b"},
            "portalIP": "None", "publicIPs": ["192.0.2.1"], "sessionAffinity": "None", "createExternalLoadBalancer": true,
        },
    });
    for (kind, object) in [("Pod", &pod), ("Service", &service)] {
        let errors: Vec<String> = validator(kind).iter_errors(object).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{kind}: {errors:?}");
    }
    let read: v1beta3::Pod = serde_json::from_value(pod.clone()).expect("a pod");
    assert_eq!(serde_json::to_value(read).expect("JSON"), pod);
    let read: v1beta3::Service = serde_json::from_value(service.clone()).expect("a Service");
    assert_eq!(serde_json::to_value(read).expect("JSON"), service);
}
