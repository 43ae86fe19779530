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
        let percent = amount.strip_suffix('%').and_then(|percent| percent.parse::<u32>().ok());
        let good = match number(budget, field) {
            Some(number) => number >= 0,
            None => percent.is_some_and(|percent| percent <= 100),
        };
        if !good {
            let message =
                format!("{field} is \"{}\", expected a number of pods or a percentage up to 100%", shorten(amount));
            form.report(broken(&BUDGET_OF_NOTHING, message).under(field.into()));
        }
    }
}
