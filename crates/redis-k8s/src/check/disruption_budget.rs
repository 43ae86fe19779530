//! How many pods may be away.

use super::rule::rules;
use super::{Check, counted, services};
use crate::check::at::At;

rules! { RULES;
    BUDGET_BLOCKS_DRAINS = Error "budget-blocks-drains", "`spec.disruptionBudget.maxUnavailable` is 0",
        "no node with a server could ever be drained";
    BUDGET_PROTECTS_NOTHING = Error "budget-protects-nothing", "`spec.disruptionBudget.maxUnavailable` is all of several servers",
        "one drain could take every server at once";
}

pub(super) fn check(check: &mut Check) {
    let Some(budget) = check.spec.disruption_budget.as_deref() else { return };
    let path = At::root("spec.disruptionBudget");
    if budget.enabled == Some(false) {
        services::settings_of_disabled(check, &path, budget.max_unavailable.is_some());
    } else if let Some(most) = budget.max_unavailable {
        max_unavailable(check, &path, most);
    }
}

fn max_unavailable(check: &mut Check, path: &At, most: u32) {
    let servers = check.servers;
    let path = path.field("maxUnavailable");
    if most == 0 {
        check.report(
            BUDGET_BLOCKS_DRAINS
                .at(path, "with 0, no node that runs a server can ever be drained")
                .help("1, the default, lets a drain take one server after the other"),
        );
    } else if most >= servers && servers > 1 {
        check.report(
            BUDGET_PROTECTS_NOTHING
                .at(path, format!("one drain could take all of {} at once", counted(servers, "server")))
                .help("1 is the default; switch the budget off with enabled: false if none is wanted"),
        );
    }
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case(
            "budget-blocks-drains",
            "spec.disruptionBudget.maxUnavailable",
            "spec: {disruptionBudget: {maxUnavailable: 0}}",
            "spec: {disruptionBudget: {maxUnavailable: 1}}",
        ),
        case(
            "budget-protects-nothing",
            "spec.disruptionBudget.maxUnavailable",
            "spec: {disruptionBudget: {maxUnavailable: 3}}",
            "spec: {disruptionBudget: {maxUnavailable: 2}}",
        ),
        case(
            "settings-of-disabled",
            "spec.disruptionBudget.enabled",
            "spec: {disruptionBudget: {enabled: false, maxUnavailable: 1}}",
            "spec: {disruptionBudget: {enabled: false}}",
        ),
    ]
};
