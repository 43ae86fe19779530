//! Nothing at all, which must stay so and cost little.

use super::{Bounds, Idle, Lost, Run, Scenario, named};
use crate::ground::Kind;

/// The rows of a ground on which an instance is left alone.
pub(super) fn rows(kind: Kind) -> Vec<Scenario> {
    let row = |name: &str, title, idle| Scenario {
        name: named(name, kind),
        title,
        kind,
        bounds: Bounds { gap: None, lost: Lost::Nothing, healthy: None, moves: Some(0) },
        act: |_| Ok(()),
        short: false,
        run: Run::Idle(idle),
        // The plain instance stands on it as well.
        spoils: true,
    };
    let calm = || row("calm", "nothing, without clients", Idle::Healthy);
    match kind {
        Kind::Default => vec![
            calm(),
            row("calm-replica-down", "nothing, while a replica is gone for good", Idle::ReplicaDown),
            row("calm-scaled", "nothing, with five of each by kubectl scale", Idle::Scaled),
        ],
        Kind::AuthTls => vec![calm()],
        _ => Vec::new(),
    }
}
