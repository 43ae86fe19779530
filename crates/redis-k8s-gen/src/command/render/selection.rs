//! `--only`: which objects are written.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use redis_k8s::{Checked, Manifest, Object};

/// The names kubectl knows a kind by, besides the kind itself and its plural.
const SHORT_NAMES: &[(&str, &[&str])] = &[
    ("ServiceAccount", &["sa"]),
    ("ConfigMap", &["cm"]),
    ("Service", &["svc"]),
    ("Deployment", &["deploy"]),
    ("StatefulSet", &["sts"]),
    ("PodDisruptionBudget", &["pdb"]),
    ("Certificate", &["cert", "certs"]),
    ("NetworkPolicy", &["netpol"]),
    ("PodMonitor", &["pmon"]),
    ("PrometheusRule", &["promrule"]),
    ("ServiceMonitor", &["smon"]),
    ("Pod", &["po"]),
    ("ReplicationController", &["rc"]),
];

/// The kinds by their own names, as shells offer them.
pub(super) fn kinds() -> Vec<String> {
    SHORT_NAMES.iter().map(|(kind, _)| kind.to_ascii_lowercase()).collect()
}

/// `KIND[/NAME]`: a kind by any name kubectl has for it, and the object's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selector {
    /// In lower case, without the group.
    kind: String,
    name: Option<String>,
    written: String,
}

impl FromStr for Selector {
    type Err = Infallible;

    /// Takes anything: a selector that names no kind matches nothing, and the message for that lists what there is.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let (kind, name) = text.split_once('/').map_or((text, None), |(kind, name)| (kind, Some(name)));
        // `statefulset.apps/redis`, as `-o name` writes it
        let kind = kind.split('.').next().unwrap_or_default().to_ascii_lowercase();
        Ok(Self { kind, name: name.map(str::to_owned), written: text.to_owned() })
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl Selector {
    pub(super) fn matches(&self, object: &Object) -> bool {
        self.names_kind(object) && self.name.as_deref().is_none_or(|name| name == object.name())
    }

    fn names_kind(&self, object: &Object) -> bool {
        let kind = object.kind();
        let short =
            SHORT_NAMES.iter().find(|(of, _)| *of == kind).is_some_and(|(_, names)| names.contains(&&*self.kind));
        short || kind.eq_ignore_ascii_case(&self.kind) || object.plural() == self.kind
    }
}

/// True for the name of a file as `--output-dir` writes it, for a kind that is rendered: `v1_service_redis.yaml`.
pub(super) fn is_file_of_a_kind(name: &str) -> bool {
    let Some((before, object)) = name.strip_suffix(".yaml").and_then(|name| name.rsplit_once('_')) else {
        return false;
    };
    let kind = before.rsplit('_').next().unwrap_or_default();
    !object.is_empty() && SHORT_NAMES.iter().any(|(known, _)| known.eq_ignore_ascii_case(kind))
}

/// Objects that pass any of the selectors; all of them when there is none.
#[derive(Debug, Clone, Default)]
pub(super) struct Selection(Vec<Selector>);

impl Selection {
    pub(super) fn new(selectors: Vec<Selector>) -> Self {
        Self(selectors)
    }

    pub(super) fn selectors(&self) -> &[Selector] {
        &self.0
    }

    /// The objects of this document that pass.
    pub(super) fn manifest(&self, document: &Checked) -> Manifest {
        let mut manifest = document.manifest();
        manifest.retain(|object| self.0.is_empty() || self.0.iter().any(|selector| selector.matches(object)));
        manifest
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::apps::v1::StatefulSet;
    use k8s_openapi::api::networking::v1::NetworkPolicy;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

    use super::*;

    fn named(name: &str) -> ObjectMeta {
        ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() }
    }

    fn matches(selector: &str, object: &Object) -> bool {
        selector.parse::<Selector>().unwrap().matches(object)
    }

    #[test]
    fn a_kind_goes_by_every_name_kubectl_has_for_it() {
        let set = Object::from(StatefulSet { metadata: named("redis"), ..StatefulSet::default() });
        for selector in
            ["sts", "STS", "statefulset", "StatefulSets", "statefulset.apps", "sts/redis", "statefulset.apps/redis"]
        {
            assert!(matches(selector, &set), "{selector}");
        }
        let policy = Object::from(NetworkPolicy { metadata: named("redis"), ..NetworkPolicy::default() });
        assert!(matches("networkpolicies", &policy) && matches("netpol", &policy));
    }

    #[test]
    fn another_kind_or_name_does_not_match() {
        let set = Object::from(StatefulSet { metadata: named("redis"), ..StatefulSet::default() });
        for selector in ["st", "svc", "sts/redi", "sts/", "", "/redis", "redis"] {
            assert!(!matches(selector, &set), "{selector}");
        }
    }
}
