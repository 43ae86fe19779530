//! Times that Kubernetes or Redis keep in whole seconds.

use super::Check;
use super::rule::rules;
use crate::error::FieldPath;
use crate::value::Duration;

rules! { RULES;
    NOT_WHOLE_SECONDS = Error "not-whole-seconds", "a time that Kubernetes or Redis keep in whole seconds has a fraction of one",
        "it would be rounded, and the cluster would not do what the document says";
}

/// Reports `time` unless it is whole seconds; true if it is.
pub(super) fn whole(check: &mut Check, path: impl Into<FieldPath>, time: Duration) -> bool {
    let whole = time.as_millis().is_multiple_of(1000);
    if !whole {
        let (down, up) = (time.as_millis() / 1000, time.as_secs_rounded_up());
        check.report(
            NOT_WHOLE_SECONDS
                .at(path, format!("{time} is not whole seconds, and the field it becomes holds nothing finer"))
                .help(if down == 0 { format!("use {up}s") } else { format!("use {down}s or {up}s") }),
        );
    }
    whole
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case(
            "not-whole-seconds",
            "spec.minReplicasMaxLag",
            "spec: {minReplicasMaxLag: 5500ms}",
            "spec: {minReplicasMaxLag: 6s}",
        ),
        case(
            "not-whole-seconds",
            "spec.terminationGracePeriod",
            "spec: {terminationGracePeriod: 60500ms}",
            "spec: {terminationGracePeriod: 61s}",
        ),
        case(
            "not-whole-seconds",
            "spec.probes.liveness.period",
            "spec: {probes: {liveness: {period: 1500ms}}}",
            "spec: {probes: {liveness: {period: 10000ms}}}",
        ),
        case(
            "not-whole-seconds",
            "spec.sentinel.probes.readiness.timeout",
            "spec: {sentinel: {probes: {readiness: {timeout: 100ms}}}}",
            "spec: {sentinel: {probes: {readiness: {timeout: 1s}}}}",
        ),
        case(
            "not-whole-seconds",
            "spec.scheduling.tolerations[0].tolerationPeriod",
            "spec: {scheduling: {tolerations: [{key: a, operator: Exists, effect: NoExecute, tolerationPeriod: 500ms}]}}",
            "spec: {scheduling: {tolerations: [{key: a, operator: Exists, effect: NoExecute, tolerationPeriod: 0s}]}}",
        ),
    ]
};
