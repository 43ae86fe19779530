//! What a target cannot express; the table of fields is the target's own.

use super::Check;
use super::rule::rules;
use crate::api_version;

rules! { RULES;
    NOT_IN_TARGET = Error "not-in-target", "a field is set that the API version cannot express",
        "leaving it out silently would render something else than was asked for";
}

pub(super) fn check(check: &mut Check) {
    let problems = api_version::capability::check(check.redis, check.target);
    debug_assert!(problems.iter().all(|problem| problem.rule == NOT_IN_TARGET.id));
    check.problems.extend(problems);
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    use crate::api_version::ApiVersion::{V1, V1Beta3};
    &[
        case("not-in-target", "spec.storage.size", "spec: {storage: {size: 1Gi}}", "spec: {storage: {emptyDir: {}}}")
            .on(V1),
        case("not-in-target", "spec.tls", "spec: {auth: {secret: b}, tls: {secret: a}}", "spec: {}").on(V1Beta3),
    ]
};
