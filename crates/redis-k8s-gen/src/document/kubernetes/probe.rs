//! Probes and hooks.

use super::form::Form;
use super::name::is_port_name;
use super::part::{exactly_one, in_range, number, text};
use super::rules::{INVALID_PORT, broken};
use crate::document::node::{Node, shorten};
use crate::document::scalar::Meaning;

pub(super) fn check(probe: &Node<'_>, form: &mut Form<'_, '_>) {
    exactly_one(probe, &["exec", "grpc", "httpGet", "tcpSocket"], "what the probe asks", form);
    in_range(probe, "initialDelaySeconds", 0..=i128::from(i32::MAX), form);
    // 0 is absent to the API server, which sets its default
    for field in ["periodSeconds", "timeoutSeconds", "failureThreshold", "successThreshold"] {
        in_range(probe, field, 0..=i128::from(i32::MAX), form);
    }
    in_range(probe, "terminationGracePeriodSeconds", 1..=i128::from(i64::MAX), form);
}

pub(super) fn check_lifecycle(lifecycle: &Node<'_>, form: &mut Form<'_, '_>) {
    for hook in ["postStart", "preStop"] {
        if let Some(handler) = lifecycle.get(hook) {
            form.inside(hook, |form| {
                exactly_one(handler, &["exec", "httpGet", "sleep", "tcpSocket"], "what the hook does", form);
            });
        }
    }
}

/// A port by number, or by the name it has in the container.
pub(super) fn check_port(action: &Node<'_>, form: &mut Form<'_, '_>) {
    check_port_at(action, "port", form);
}

pub(super) fn check_port_at(node: &Node<'_>, field: &str, form: &mut Form<'_, '_>) {
    let Some(port) = text(node, field) else { return };
    let good = match number(node, field) {
        Some(number) => (1..=65535).contains(&number),
        // what is neither number nor text was reported for that
        None => is_port_name(port) || node.get(field).and_then(Node::meaning) != Some(Meaning::Text),
    };
    if !good {
        let message = format!("\"{}\" is neither a port from 1 to 65535 nor the name of one", shorten(port));
        form.report(broken(&INVALID_PORT, message).under(field.into()));
    }
}
