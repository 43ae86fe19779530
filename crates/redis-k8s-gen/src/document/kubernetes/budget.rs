//! What a disruption budget leaves.

use super::form::Form;
use super::part::{exactly_one, number, text};
use super::rules::{BUDGET_OF_NOTHING, broken};
use crate::document::node::{Node, shorten};

pub(super) fn check(budget: &Node<'_>, form: &mut Form<'_, '_>) {
    let amounts = ["maxUnavailable", "minAvailable"];
    if amounts.iter().filter(|field| budget.get(field).is_some()).count() > 1 {
        exactly_one(budget, &amounts, "an amount", form);
    }
    for field in amounts {
        let Some(amount) = text(budget, field) else { continue };
        if !is_amount(budget, field, 0, 100) {
            let message =
                format!("{field} is \"{}\", expected a number of pods or a percentage up to 100%", shorten(amount));
            form.report(broken(&BUDGET_OF_NOTHING, message).under(field.into()));
        }
    }
}

/// True for a number of pods, at least `least`, or a percentage of them.
pub(super) fn is_amount(node: &Node<'_>, field: &str, least: i128, most_percent: i128) -> bool {
    let percent = text(node, field).and_then(|amount| amount.strip_suffix('%'));
    let percent =
        percent.filter(|digits| digits.bytes().all(|b| b.is_ascii_digit())).and_then(|digits| digits.parse().ok());
    number(node, field)
        .or(percent.filter(|percent: &i128| *percent <= most_percent))
        .is_some_and(|number| number >= least)
}
