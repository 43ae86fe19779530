//! The name, and the labels and annotations of every map in the document.

use super::rule::rules;
use super::{Check, control_in, network_policy};
use crate::api_version::ApiVersion;
use crate::check::at::At;
use crate::legacy;
use crate::model::{Annotations, Labels, MasterService, ServiceType};

/// What the API server takes, keys and values together
/// (<https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/>).
const ANNOTATION_BYTES: usize = 256 * 1024;
/// Kept free for the annotations of this tool.
const OWN_ANNOTATION_BYTES: usize = 1024;

rules! { RULES;
    LABEL_RESERVED = Error "label-reserved", "a label is set that selectors, Kubernetes or this tool rely on",
        "pods would leave their Service or their set, or be claimed by another";
    ANNOTATION_RESERVED = Error "annotation-reserved", "an annotation is set that kubectl or this tool keeps",
        "kubectl apply would compare with the wrong state, and changes would not reach the cluster";
    ANNOTATIONS_TOO_LARGE = Error "annotations-too-large", "the annotations of one object are more than 255 KiB",
        "the API server takes 256 KiB of annotations, and this tool adds some";
    ANNOTATIONS_NEED_SERVER_SIDE_APPLY = Warning "annotations-need-server-side-apply", "the annotations of one object are more than 127 KiB",
        "kubectl apply keeps a copy of the whole object in one more annotation, and both must fit into 256 KiB";
    ANNOTATION_DEPRECATED = Warning "annotation-deprecated", "an annotation is set that Kubernetes no longer heeds, or will not for long",
        "the API server warns of it at every apply";
    ANNOTATION_REFUSED = Error "annotation-refused", "an annotation is set that the API server refuses where it would stand",
        "it reads some annotations of pods and Services, and takes no object with one that makes no sense there";
    ANNOTATION_HOLDS_CONTROL = Error "annotation-holds-control", "an annotation holds NUL or one of U+007F to U+009F, U+FFFE and U+FFFF",
        "kubectl sends them as they are, and the API server refuses them or takes U+0085 for a space; a NUL no tool expects";
}

pub(super) fn check(check: &mut Check) {
    let metadata = &check.redis.metadata;
    let spec = check.spec;
    labels(check, At::root("metadata.labels"), Some(&metadata.labels));
    labels(check, At::root("spec.podLabels"), spec.pod_labels.as_ref());
    let storage = spec.storage.as_deref();
    labels(check, At::root("spec.storage.labels"), storage.and_then(|storage| storage.labels.as_ref()));
    let sentinels = spec.sentinel.as_deref().and_then(|sentinel| sentinel.storage.as_deref());
    labels(check, At::root("spec.sentinel.storage.labels"), sentinels.and_then(|storage| storage.labels.as_ref()));
    if let Some(metrics) = spec.metrics.as_deref() {
        let monitor = metrics.monitor.as_ref().and_then(|monitor| monitor.labels.as_ref());
        labels(check, At::root("spec.metrics.monitor.labels"), monitor);
        let alerts = metrics.alerts.as_ref().and_then(|alerts| alerts.labels.as_ref());
        labels(check, At::root("spec.metrics.alerts.labels"), alerts);
        let dashboard = metrics.dashboard.as_ref().and_then(|dashboard| dashboard.labels.as_ref());
        labels(check, At::root("spec.metrics.dashboard.labels"), dashboard);
    }
    let everywhere =
        annotations(check, At::root("metadata.annotations"), Some(&metadata.annotations), Carriers::Everything, 0);
    annotations(check, At::root("spec.podAnnotations"), spec.pod_annotations.as_ref(), Carriers::Pods, everywhere);
    let claims = storage.and_then(|storage| storage.annotations.as_ref());
    annotations(check, At::root("spec.storage.annotations"), claims, Carriers::Others, everywhere);
    let claims = sentinels.and_then(|storage| storage.annotations.as_ref());
    annotations(check, At::root("spec.sentinel.storage.annotations"), claims, Carriers::Others, everywhere);
    let account = spec.service_account.as_deref().and_then(|account| account.annotations.as_ref());
    annotations(check, At::root("spec.serviceAccount.annotations"), account, Carriers::Others, everywhere);
    let Some(services) = spec.services.as_deref() else { return };
    if let Some(external) = &services.external {
        let path = At::root("spec.services.external.annotations");
        let carriers = Carriers::Service(ServiceType::LoadBalancer);
        annotations(check, path, external.annotations.as_ref(), carriers, everywhere);
    }
    let master = services.master.as_deref().map(MasterService::service);
    for (path, service) in [
        ("spec.services.sentinel", &services.sentinel),
        ("spec.services.read", &services.read),
        ("spec.services.master", &master),
    ] {
        let Some(service) = service else { continue };
        let path = At::root(path);
        labels(check, path.field("labels"), service.labels.as_ref());
        let carriers = Carriers::Service(service.r#type.unwrap_or(ServiceType::ClusterIp));
        annotations(check, path.field("annotations"), service.annotations.as_ref(), carriers, everywhere);
    }
}

/// The objects a map of annotations ends up on.
#[derive(Clone, Copy)]
enum Carriers {
    /// Pods, Services of type `ClusterIP`, and the rest.
    Everything,
    Pods,
    Service(ServiceType),
    /// Objects of whose annotations the API server reads none.
    Others,
}

/// Why a label may not be set, if it may not.
fn reserved_label(key: &str, target: ApiVersion) -> Option<&'static str> {
    let (prefix, name) = key.split_once('/').unwrap_or(("", key));
    match (prefix, name) {
        ("app.kubernetes.io", "name" | "instance" | "component") => Some("selectors find the instance by it"),
        ("app.kubernetes.io", "managed-by") => Some("it names this tool"),
        ("statefulset.kubernetes.io" | "apps.kubernetes.io", _) | ("", "controller-revision-hash") => {
            Some("the StatefulSet sets it on its pods")
        }
        ("applyset.kubernetes.io", _) => Some("kubectl deletes objects by it"),
        ("redis-k8s-gen.dev", _) => Some("this tool sets labels of that name"),
        ("", "name" | "role" | "redis-sentinel") if target.is_tutorial() => {
            Some("the selectors of the tutorial are made of it")
        }
        _ => None,
    }
}

fn labels(check: &mut Check, path: At, labels: Option<&Labels>) {
    let Some(labels) = labels.filter(|labels| !labels.is_empty()) else { return };
    for key in labels.keys() {
        if let Some(why) = reserved_label(key.as_str(), check.target) {
            check.report(
                LABEL_RESERVED
                    .at(path.field(key.as_str()), format!("the label {key} is not for the document to set: {why}"))
                    .help("use a label of your own, such as example.com/team"),
            );
        }
    }
}

/// Why the API server refuses an annotation on one of its carriers, and what to do instead.
///
/// From `ValidatePodSpecificAnnotations` and `ValidateService` of
/// [Kubernetes](https://github.com/kubernetes/kubernetes/blob/v1.33.0/pkg/apis/core/validation/validation.go).
fn refused(key: &str, value: &str, carriers: Carriers) -> Option<(&'static str, &'static str)> {
    match carriers {
        Carriers::Everything => {
            refused_on_pods(key, value).or_else(|| refused_on_service(key, value, ServiceType::ClusterIp))
        }
        Carriers::Pods => refused_on_pods(key, value),
        Carriers::Service(kind) => refused_on_service(key, value, kind),
        Carriers::Others => None,
    }
}

fn refused_on_pods(key: &str, value: &str) -> Option<(&'static str, &'static str)> {
    match key {
        "kubernetes.io/config.mirror" => Some(("only a kubelet makes pods with it", "leave it out")),
        "scheduler.alpha.kubernetes.io/tolerations" => (!legacy::is_toleration_list(value)).then_some((
            "it must be a list of tolerations in JSON, and does nothing",
            "use spec.scheduling.tolerations",
        )),
        "controller.kubernetes.io/pod-deletion-cost" => (!legacy::is_deletion_cost(value))
            .then_some(("it must be a whole number of 32 bits", "leave it out: a StatefulSet does not look at it")),
        "seccomp.security.alpha.kubernetes.io/pod" => (!matches!(value, "runtime/default" | "docker/default"))
            .then_some(("the pods have the profile RuntimeDefault", "leave it out: it does nothing any more")),
        _ if legacy::apparmor_container(key).is_some() => Some((
            "its name must be that of a container of each pod, and servers and sentinels have different ones",
            "leave it out: Kubernetes confines containers without it",
        )),
        _ if legacy::is_seccomp_annotation(key) => (!legacy::is_seccomp_profile(value))
            .then_some(("its value is no profile", "leave it out: it does nothing any more")),
        _ => None,
    }
}

fn refused_on_service(key: &str, value: &str, kind: ServiceType) -> Option<(&'static str, &'static str)> {
    if key != "service.beta.kubernetes.io/load-balancer-source-ranges" {
        return None;
    }
    if kind != ServiceType::LoadBalancer {
        return Some((
            "it is for a Service of type LoadBalancer alone",
            "set it on that Service, and type: LoadBalancer",
        ));
    }
    let is_block = |block: &str| network_policy::cidr(block.trim()).is_ok();
    (!value.trim().is_empty() && !value.split(',').all(is_block)).then_some((
        "it must be a list of blocks of addresses with commas between",
        "write for instance 10.0.0.0/8,192.0.2.0/24",
    ))
}

/// Why an annotation may not be set, if it may not.
fn reserved_annotation(key: &str) -> Option<&'static str> {
    match key.split_once('/')? {
        ("kubectl.kubernetes.io", "last-applied-configuration") => Some("kubectl apply keeps its own state in it"),
        ("applyset.kubernetes.io", _) => Some("kubectl keeps its own state in it"),
        ("redis-k8s-gen.dev", _) => Some("this tool sets annotations of that name"),
        _ => None,
    }
}

/// Bytes of keys and values; reports what is reserved, or too much with the `everywhere` bytes on the same object.
fn annotations(check: &mut Check, path: At, map: Option<&Annotations>, carriers: Carriers, everywhere: usize) -> usize {
    let Some(map) = map.filter(|map| !map.is_empty()) else { return 0 };
    let mut bytes = everywhere;
    for (key, value) in map {
        bytes += key.as_str().len() + value.len();
        let key = key.as_str();
        let problem = if let Some((why, help)) = refused(key, value, carriers) {
            ANNOTATION_REFUSED
                .at(path.field(key), format!("the API server refuses the annotation {key} here: {why}"))
                .help(help)
        } else if let Some(why) = reserved_annotation(key) {
            ANNOTATION_RESERVED
                .at(path.field(key), format!("the annotation {key} is not for the document to set: {why}"))
                .help("leave it out, or use a name of your own")
        } else if let Some(control) = control_in(value) {
            ANNOTATION_HOLDS_CONTROL
                .at(path.field(key), format!("the annotation {key} holds the character {control}"))
                .help("remove it, or write binary values in base64")
        } else if let Some(instead) = legacy::deprecated_annotation(key) {
            ANNOTATION_DEPRECATED
                .at(path.field(key), format!("Kubernetes no longer wants the annotation {key}"))
                .help(format!("leave it out: {instead}"))
        } else {
            continue;
        };
        check.report(problem);
    }
    if bytes > ANNOTATION_BYTES - OWN_ANNOTATION_BYTES {
        check.report(
            ANNOTATIONS_TOO_LARGE
                .at(
                    path,
                    format!("{bytes} bytes of annotations on one object: with those of this tool they do not fit into {ANNOTATION_BYTES}"),
                )
                .help("put large texts into a ConfigMap, and its name into the annotation"),
        );
    } else if bytes > ANNOTATION_BYTES / 2 - OWN_ANNOTATION_BYTES {
        check.report(
            ANNOTATIONS_NEED_SERVER_SIDE_APPLY
                .at(path, format!("{bytes} bytes of annotations, and kubectl apply adds a copy of the object: both must fit into {ANNOTATION_BYTES}"))
                .help("apply with kubectl apply --server-side, or put large texts into a ConfigMap"),
        );
    }
    bytes
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case(
            "label-reserved",
            "metadata.labels[\"app.kubernetes.io/name\"]",
            "metadata: {name: redis, labels: {app.kubernetes.io/name: x}}",
            "metadata: {name: redis, labels: {app.kubernetes.io/version: '8'}}",
        ),
        case(
            "label-reserved",
            "metadata.labels[\"app.kubernetes.io/managed-by\"]",
            "metadata: {name: redis, labels: {app.kubernetes.io/managed-by: x}}",
            "metadata: {name: redis, labels: {app.kubernetes.io/part-of: x}}",
        ),
        case(
            "label-reserved",
            "spec.podLabels.controller-revision-hash",
            "spec: {podLabels: {controller-revision-hash: x}}",
            "spec: {podLabels: {revision: x}}",
        ),
        case(
            "label-reserved",
            "spec.podLabels[\"statefulset.kubernetes.io/pod-name\"]",
            "spec: {podLabels: {statefulset.kubernetes.io/pod-name: x}}",
            "spec: {podLabels: {name: x}}",
        ),
        case(
            "label-reserved",
            "spec.services.read.labels[\"app.kubernetes.io/component\"]",
            "spec: {services: {read: {labels: {app.kubernetes.io/component: x}}}}",
            "spec: {services: {read: {labels: {component: x}}}}",
        ),
        case(
            "label-reserved",
            "spec.services.master.labels[\"app.kubernetes.io/component\"]",
            "spec: {services: {master: {enabled: true, labels: {app.kubernetes.io/component: x}}}}",
            "spec: {services: {master: {enabled: true, labels: {component: x}}}}",
        ),
        case(
            "label-reserved",
            "spec.storage.labels[\"app.kubernetes.io/instance\"]",
            "spec: {storage: {size: 1Gi, labels: {app.kubernetes.io/instance: x}}}",
            "spec: {storage: {size: 1Gi, labels: {example.com/instance: x}}}",
        ),
        case(
            "label-reserved",
            "metadata.labels.name",
            "metadata: {name: redis, labels: {name: x}}",
            "metadata: {name: redis, labels: {team: x}}",
        )
        .on(ApiVersion::V1),
        case(
            "annotation-reserved",
            "metadata.annotations[\"kubectl.kubernetes.io/last-applied-configuration\"]",
            "metadata: {name: redis, annotations: {kubectl.kubernetes.io/last-applied-configuration: '{}'}}",
            "metadata: {name: redis, annotations: {kubectl.kubernetes.io/restartedAt: today}}",
        ),
        case(
            "annotation-reserved",
            "spec.podAnnotations[\"redis-k8s-gen.dev/config\"]",
            "spec: {podAnnotations: {redis-k8s-gen.dev/config: x}}",
            "spec: {podAnnotations: {example.com/config: x}}",
        ),
        case(
            "annotation-deprecated",
            "spec.podAnnotations[\"scheduler.alpha.kubernetes.io/critical-pod\"]",
            "spec: {podAnnotations: {scheduler.alpha.kubernetes.io/critical-pod: ''}}",
            "spec: {scheduling: {priorityClass: critical}}",
        ),
        case(
            "annotation-deprecated",
            "spec.podAnnotations[\"container.seccomp.security.alpha.kubernetes.io/redis\"]",
            "spec: {podAnnotations: {container.seccomp.security.alpha.kubernetes.io/redis: unconfined}}",
            "spec: {podAnnotations: {container.example.com/redis: unconfined}}",
        ),
        case(
            "annotation-refused",
            "metadata.annotations[\"kubernetes.io/config.mirror\"]",
            "metadata: {name: redis, annotations: {kubernetes.io/config.mirror: x}}",
            "spec: {services: {read: {annotations: {kubernetes.io/config.mirror: x}}}}",
        ),
        case(
            "annotation-refused",
            "spec.podAnnotations[\"container.apparmor.security.beta.kubernetes.io/redis\"]",
            "spec: {podAnnotations: {container.apparmor.security.beta.kubernetes.io/redis: runtime/default}}",
            "spec: {podAnnotations: {example.com/profile: runtime/default}}",
        ),
        case(
            "annotation-refused",
            "spec.podAnnotations[\"controller.kubernetes.io/pod-deletion-cost\"]",
            "spec: {podAnnotations: {controller.kubernetes.io/pod-deletion-cost: '+1'}}",
            "spec: {podAnnotations: {controller.kubernetes.io/pod-deletion-cost: '-1'}}",
        ),
        case(
            "annotation-refused",
            "metadata.annotations[\"scheduler.alpha.kubernetes.io/tolerations\"]",
            "metadata: {name: redis, annotations: {scheduler.alpha.kubernetes.io/tolerations: x}}",
            "metadata: {name: redis, annotations: {scheduler.example.com/tolerations: x}}",
        ),
        case(
            "annotation-refused",
            "metadata.annotations[\"seccomp.security.alpha.kubernetes.io/pod\"]",
            "metadata: {name: redis, annotations: {seccomp.security.alpha.kubernetes.io/pod: on}}",
            "spec: {podAnnotations: {seccomp.example.com/pod: on}}",
        ),
        case(
            "annotation-refused",
            "spec.podAnnotations[\"seccomp.security.alpha.kubernetes.io/pod\"]",
            "spec: {podAnnotations: {seccomp.security.alpha.kubernetes.io/pod: unconfined}}",
            "spec: {storage: {size: 1Gi, annotations: {seccomp.security.alpha.kubernetes.io/node: unconfined}}}",
        ),
        case(
            "annotation-refused",
            "spec.services.read.annotations[\"service.beta.kubernetes.io/load-balancer-source-ranges\"]",
            "spec: {auth: {secret: a}, services: {read: {type: NodePort, annotations: {service.beta.kubernetes.io/load-balancer-source-ranges: 10.0.0.0/8}}}}",
            "spec: {auth: {secret: a}, services: {read: {type: LoadBalancer, annotations: {service.beta.kubernetes.io/load-balancer-source-ranges: '10.0.0.0/8, 192.0.2.0/24'}}}}",
        ),
        case(
            "annotation-refused",
            "spec.services.read.annotations[\"service.beta.kubernetes.io/load-balancer-source-ranges\"]",
            "spec: {auth: {secret: a}, services: {read: {type: LoadBalancer, annotations: {service.beta.kubernetes.io/load-balancer-source-ranges: 10.0.0.0}}}}",
            "spec: {auth: {secret: a}, services: {read: {type: LoadBalancer, annotations: {service.beta.kubernetes.io/load-balancer-source-ranges: ''}}}}",
        ),
        case(
            "annotation-holds-control",
            "spec.podAnnotations.a",
            "spec: {podAnnotations: {a: \"\\0\"}}",
            "spec: {podAnnotations: {a: \"\\u0001\"}}",
        ),
        case(
            "annotation-holds-control",
            "metadata.annotations.a",
            "metadata: {name: redis, annotations: {a: \"\\uFFFE\"}}",
            "metadata: {name: redis, annotations: {a: \"\\uFFFD\"}}",
        ),
        case(
            "annotations-too-large",
            "spec.podAnnotations",
            "spec: {podAnnotations: {a: LONG(261120)}}",
            "spec: {podAnnotations: {a: LONG(130047)}}",
        ),
        case(
            "annotations-too-large",
            "spec.podAnnotations",
            "metadata: {name: redis, annotations: {a: LONG(130000)}}\nspec: {podAnnotations: {b: LONG(131120)}}",
            "metadata: {name: redis, annotations: {a: LONG(65000)}}\nspec: {podAnnotations: {b: LONG(65000)}}",
        ),
        case(
            "annotations-need-server-side-apply",
            "metadata.annotations",
            "metadata: {name: redis, annotations: {a: LONG(130048)}}",
            "metadata: {name: redis, annotations: {a: LONG(130047)}}",
        ),
    ]
};
