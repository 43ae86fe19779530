//! What the Kubernetes of a document does not have.
//!
//! Every other field the builders fill is in the oldest release already: the command is compiled against its types, in which newer
//! fields do not exist, and every rendering is held against its strict schemas.

use super::Check;
use super::rule::rules;
use crate::model::{ServiceOptions, TrafficDistribution};

rules! { RULES;
    NOT_IN_KUBERNETES = Error "not-in-kubernetes", "something is asked for that came later than `spec.kubernetesVersion`",
        "the API server of that release refuses it";
}

pub(super) fn check(check: &mut Check) {
    let Some(services) = check.spec.services.as_deref() else { return };
    let minor = check.spec.minor();
    let of = |options: &Option<ServiceOptions>| options.as_ref().and_then(|options| options.traffic_distribution);
    for (wanted, path) in [
        (of(&services.sentinel), "spec.services.sentinel.trafficDistribution"),
        (of(&services.read), "spec.services.read.trafficDistribution"),
        (
            services.master.as_deref().and_then(|master| master.traffic_distribution),
            "spec.services.master.trafficDistribution",
        ),
    ] {
        if wanted == Some(TrafficDistribution::PreferSameNode) && minor < 34 {
            check.report(
                NOT_IN_KUBERNETES
                    .at(path, format!("PreferSameNode came with Kubernetes 1.34, and kubernetesVersion is 1.{minor}"))
                    .help("set spec.kubernetesVersion to \"1.34\" if no cluster is older, or prefer the zone: PreferSameZone"),
            );
        }
    }
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case(
            "not-in-kubernetes",
            "spec.services.read.trafficDistribution",
            "spec: {services: {read: {trafficDistribution: PreferSameNode}}}",
            "spec: {services: {read: {trafficDistribution: PreferSameZone}}}",
        ),
        case(
            "not-in-kubernetes",
            "spec.services.master.trafficDistribution",
            "spec: {services: {master: {enabled: true, trafficDistribution: PreferSameNode}}}",
            "spec: {services: {master: {enabled: true, trafficDistribution: PreferSameZone}}}",
        ),
        case(
            "not-in-kubernetes",
            "spec.services.sentinel.trafficDistribution",
            "spec: {kubernetesVersion: '1.33', services: {sentinel: {trafficDistribution: PreferSameNode}}}",
            "spec: {kubernetesVersion: '1.34', services: {sentinel: {trafficDistribution: PreferSameNode}}}",
        ),
    ]
};

#[cfg(test)]
mod rendered {
    use super::super::tests::document;
    use crate::api_version::ApiVersion;

    #[test]
    fn the_zone_is_preferred_in_the_words_of_the_release() {
        for (version, word) in [("1.33", "PreferClose"), ("1.34", "PreferSameZone"), ("1.37", "PreferSameZone")] {
            let redis = document(&format!(
                "spec: {{kubernetesVersion: '{version}', services: {{sentinel: {{trafficDistribution: PreferSameZone}}}}}}"
            ));
            for target in [ApiVersion::V1, ApiVersion::AppsV1] {
                let manifest = redis.render(target).unwrap();
                let service: &k8s_openapi::api::core::v1::Service = manifest.get("redis-sentinel").unwrap();
                let found = service.spec.as_ref().and_then(|spec| spec.traffic_distribution.as_deref());
                assert_eq!(found, Some(word), "{target} for {version}");
            }
        }
    }
}
