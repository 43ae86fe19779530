//! The name, and the labels and annotations of every map in the document.

use super::Check;
use super::rule::rules;
use crate::check::at::At;
use crate::model::{Annotations, Labels};
use crate::target::ApiVersion;

/// The longest name made from it is that of the Service of the last sentinel there can be; a Service's name has 63.
const LONGEST_NAME: usize = 63 - "-sentinel-announce-63".len();
/// What the API server takes, keys and values together
/// (<https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/>).
const ANNOTATION_BYTES: usize = 256 * 1024;
/// Kept free for the annotations of this tool.
const OWN_ANNOTATION_BYTES: usize = 1024;

rules! { RULES;
    NAME_TOO_LONG = Error "name-too-long", "`metadata.name` is longer than 42 characters",
        "the Service NAME-sentinel-announce-63 has 63 characters, the most a name can have";
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
    ANNOTATION_HOLDS_NUL = Error "annotation-holds-nul", "an annotation holds a NUL character",
        "no annotation means one, and tools that read annotations cut the value there or refuse it";
}

/// Annotations the API server warns of, and what came in their place. A key that ends with `/` stands for all of its prefix.
const DEPRECATED_ANNOTATIONS: &[(&str, &str)] = &[
    ("container.apparmor.security.beta.kubernetes.io/", "Kubernetes confines containers without it"),
    ("container.seccomp.security.alpha.kubernetes.io/", "the profile RuntimeDefault is rendered without it"),
    ("scheduler.alpha.kubernetes.io/critical-pod", "use spec.scheduling.priorityClass"),
    ("security.alpha.kubernetes.io/sysctls", "set them on the nodes"),
    ("security.alpha.kubernetes.io/unsafe-sysctls", "set them on the nodes"),
    ("service.kubernetes.io/topology-aware-hints", "use trafficDistribution of the Service"),
];

pub(super) fn check(check: &mut Check) {
    let metadata = &check.redis.metadata;
    let name = metadata.name.as_str();
    if name.len() > LONGEST_NAME {
        check.report(
            NAME_TOO_LONG
                .at(
                    "metadata.name",
                    format!(
                        "{name} has {} characters; the names and labels made from it leave room for {LONGEST_NAME}",
                        name.len()
                    ),
                )
                .help(format!("cut it to {}", name[..LONGEST_NAME].trim_end_matches('-'))),
        );
    }
    let spec = check.spec;
    labels(check, At::root("metadata.labels"), Some(&metadata.labels));
    labels(check, At::root("spec.podLabels"), spec.pod_labels.as_ref());
    let storage = spec.storage.as_deref();
    labels(check, At::root("spec.storage.labels"), storage.and_then(|storage| storage.labels.as_ref()));
    let everywhere = annotations(check, At::root("metadata.annotations"), Some(&metadata.annotations), 0);
    annotations(check, At::root("spec.podAnnotations"), spec.pod_annotations.as_ref(), everywhere);
    annotations(
        check,
        At::root("spec.storage.annotations"),
        storage.and_then(|storage| storage.annotations.as_ref()),
        everywhere,
    );
    let account = spec.service_account.as_deref().and_then(|account| account.annotations.as_ref());
    annotations(check, At::root("spec.serviceAccount.annotations"), account, everywhere);
    let Some(services) = spec.services.as_deref() else { return };
    for (path, service) in [("spec.services.sentinel", &services.sentinel), ("spec.services.read", &services.read)] {
        let Some(service) = service else { continue };
        let path = At::root(path);
        labels(check, path.field("labels"), service.labels.as_ref());
        annotations(check, path.field("annotations"), service.annotations.as_ref(), everywhere);
    }
}

/// Why a label may not be set, if it may not.
fn reserved(key: &str, target: ApiVersion) -> Option<&'static str> {
    let (prefix, name) = key.split_once('/').unwrap_or(("", key));
    match (prefix, name) {
        ("app.kubernetes.io", "name" | "instance" | "component" | "part-of" | "managed-by") => {
            Some("selectors and tools find the instance by it")
        }
        ("statefulset.kubernetes.io" | "apps.kubernetes.io", _)
        | ("", "controller-revision-hash" | "pod-template-hash") => Some("the StatefulSet sets it on its pods"),
        ("applyset.kubernetes.io", _) => Some("kubectl deletes objects by it"),
        ("redis-k8s-gen.dev", _) => Some("this tool sets labels of that name"),
        ("", "name" | "role" | "redis-sentinel") if target != ApiVersion::AppsV1 => {
            Some("the selectors of the tutorial are made of it")
        }
        _ => None,
    }
}

fn labels(check: &mut Check, path: At, labels: Option<&Labels>) {
    let Some(labels) = labels.filter(|labels| !labels.is_empty()) else { return };
    for key in labels.keys() {
        if let Some(why) = reserved(key.as_str(), check.target) {
            check.report(
                LABEL_RESERVED
                    .at(path.field(key.as_str()), format!("the label {key} is not for the document to set: {why}"))
                    .help("use a label of your own, such as example.com/team"),
            );
        }
    }
}

/// Bytes of keys and values; reports what is reserved, or too much with the `everywhere` bytes on the same object.
fn annotations(check: &mut Check, path: At, map: Option<&Annotations>, everywhere: usize) -> usize {
    let Some(map) = map.filter(|map| !map.is_empty()) else { return 0 };
    let mut bytes = everywhere;
    for (key, value) in map {
        bytes += key.as_str().len() + value.len();
        let key = key.as_str();
        let is_deprecated = |(old, _): &&(&str, &str)| *old == key || (old.ends_with('/') && key.starts_with(old));
        if let Some((_, instead)) = DEPRECATED_ANNOTATIONS.iter().find(is_deprecated) {
            check.report(
                ANNOTATION_DEPRECATED
                    .at(path.field(key), format!("Kubernetes no longer wants the annotation {key}"))
                    .help(format!("leave it out: {instead}")),
            );
        }
        let why = match key.split_once('/') {
            Some(("kubectl.kubernetes.io", "last-applied-configuration")) => "kubectl apply keeps its own state in it",
            Some(("applyset.kubernetes.io", _)) => "kubectl keeps its own state in it",
            Some(("redis-k8s-gen.dev", _)) => "this tool sets annotations of that name",
            _ if value.contains('\0') => {
                check.report(
                    ANNOTATION_HOLDS_NUL
                        .at(path.field(key), format!("the annotation {key} holds a NUL character"))
                        .help("remove it, or write binary values in base64"),
                );
                continue;
            }
            _ => continue,
        };
        check.report(
            ANNOTATION_RESERVED
                .at(path.field(key), format!("the annotation {key} is not for the document to set: {why}"))
                .help("leave it out, or use a name of your own"),
        );
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
            "name-too-long",
            "metadata.name",
            "metadata: {name: a234567890123456789012345678901234567890-23}",
            "metadata: {name: a234567890123456789012345678901234567890-2}",
        ),
        case(
            "label-reserved",
            "metadata.labels[\"app.kubernetes.io/name\"]",
            "metadata: {name: redis, labels: {app.kubernetes.io/name: x}}",
            "metadata: {name: redis, labels: {app.kubernetes.io/version: '8'}}",
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
            "spec.podAnnotations[\"container.apparmor.security.beta.kubernetes.io/redis\"]",
            "spec: {podAnnotations: {container.apparmor.security.beta.kubernetes.io/redis: x}}",
            "spec: {podAnnotations: {container.example.com/redis: x}}",
        ),
        case(
            "annotation-holds-nul",
            "spec.podAnnotations.a",
            "spec: {podAnnotations: {a: \"\\0\"}}",
            "spec: {podAnnotations: {a: \"\\u0001\"}}",
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
