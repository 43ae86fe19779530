//! Annotations and labels of nodes that Kubernetes reads, warns of, or has given up.
//!
//! After [util.go](https://github.com/kubernetes/kubernetes/blob/master/pkg/api/node/util.go),
//! [warnings.go](https://github.com/kubernetes/kubernetes/blob/master/pkg/api/pod/warnings.go) and
//! [validation.go](https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go).

/// Annotations the API server warns of or no longer heeds, and what came in their place. A key that ends with `/` stands for
/// all of its prefix.
const ANNOTATIONS: &[(&str, &str)] = &[
    ("container.seccomp.security.alpha.kubernetes.io/", "the field seccompProfile has come in its place"),
    ("kubernetes.io/enforce-mountable-secrets", "use a namespace of its own"),
    (
        "pod.alpha.kubernetes.io/init-container-statuses",
        "the API server drops it: the field initContainers has come in its place",
    ),
    (
        "pod.alpha.kubernetes.io/init-containers",
        "the API server drops it: the field initContainers has come in its place",
    ),
    (
        "pod.beta.kubernetes.io/init-container-statuses",
        "the API server drops it: the field initContainers has come in its place",
    ),
    (
        "pod.beta.kubernetes.io/init-containers",
        "the API server drops it: the field initContainers has come in its place",
    ),
    ("scheduler.alpha.kubernetes.io/critical-pod", "use a priority class"),
    ("scheduler.alpha.kubernetes.io/tolerations", "it does nothing: use the field tolerations"),
    ("seccomp.security.alpha.kubernetes.io/pod", "the field seccompProfile has come in its place"),
    ("security.alpha.kubernetes.io/sysctls", "set them on the nodes"),
    ("security.alpha.kubernetes.io/unsafe-sysctls", "set them on the nodes"),
    ("service.kubernetes.io/topology-aware-hints", "use trafficDistribution of the Service"),
    ("volume.beta.kubernetes.io/storage-class", "the field storageClassName has come in its place"),
];

/// Labels of nodes the API server warns of, and those in their place.
const NODE_LABELS: &[(&str, &str)] = &[
    ("beta.kubernetes.io/arch", "kubernetes.io/arch"),
    ("beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type"),
    ("beta.kubernetes.io/os", "kubernetes.io/os"),
    ("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region"),
    ("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone"),
];

/// What to do instead of an annotation that Kubernetes no longer wants.
///
/// ```
/// use redis_k8s::legacy::deprecated_annotation;
/// assert!(deprecated_annotation("seccomp.security.alpha.kubernetes.io/pod").is_some());
/// assert_eq!(deprecated_annotation("example.com/team"), None);
/// ```
#[must_use]
pub fn deprecated_annotation(key: &str) -> Option<&'static str> {
    let is_meant = |old: &str| old == key || (old.ends_with('/') && key.starts_with(old));
    ANNOTATIONS.iter().find(|(old, _)| is_meant(old)).map(|(_, instead)| *instead)
}

/// The label that came in the place of one nodes will not carry for ever.
///
/// ```
/// assert_eq!(redis_k8s::legacy::deprecated_node_label("beta.kubernetes.io/os"), Some("kubernetes.io/os"));
/// ```
#[must_use]
pub fn deprecated_node_label(key: &str) -> Option<&'static str> {
    NODE_LABELS.iter().find(|(old, _)| *old == key).map(|(_, new)| *new)
}

/// The container that an annotation confines by a profile of the node.
#[must_use]
pub fn apparmor_container(key: &str) -> Option<&str> {
    key.strip_prefix("container.apparmor.security.beta.kubernetes.io/")
}

/// True for an annotation with a profile of seccomp, of a pod or of a container.
#[must_use]
pub fn is_seccomp_annotation(key: &str) -> bool {
    key == "seccomp.security.alpha.kubernetes.io/pod"
        || key.starts_with("container.seccomp.security.alpha.kubernetes.io/")
}

/// True for a profile of seccomp as annotations write it.
#[must_use]
pub fn is_seccomp_profile(value: &str) -> bool {
    let is_path = |path: &str| !path.starts_with('/') && path.split('/').all(|part| part != "..");
    matches!(value, "runtime/default" | "docker/default" | "unconfined")
        || value.strip_prefix("localhost/").is_some_and(is_path)
}

/// True for what `controller.kubernetes.io/pod-deletion-cost` may be: a whole number of 32 bits, without `+` and zeros before it.
#[must_use]
pub fn is_deletion_cost(value: &str) -> bool {
    value.parse::<i32>().is_ok_and(|number| number.to_string() == value)
}

/// True for what `scheduler.alpha.kubernetes.io/tolerations` may be: nothing, or a list of tolerations in JSON.
#[must_use]
pub fn is_toleration_list(value: &str) -> bool {
    value.is_empty() || serde_json::from_str::<Option<Vec<serde_json::Map<String, serde_json::Value>>>>(value).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_annotations_are_told_apart() {
        assert!(["runtime/default", "localhost/a/b"].iter().all(|value| is_seccomp_profile(value)));
        assert!(!["", "x", "localhost/../a", "localhost//a"].iter().any(|value| is_seccomp_profile(value)));
        assert!(is_deletion_cost("-7") && !is_deletion_cost("+7") && !is_deletion_cost("07") && !is_deletion_cost(""));
        assert!(
            is_toleration_list("")
                && is_toleration_list("[{}]")
                && !is_toleration_list("x")
                && !is_toleration_list("[1]")
        );
        assert_eq!(apparmor_container("container.apparmor.security.beta.kubernetes.io/redis"), Some("redis"));
    }
}
