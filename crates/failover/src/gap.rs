//! How long nothing came.

use std::time::{Duration, Instant};

/// The longest time between `since` and `until` without one of these, which are in order.
pub(crate) fn longest(times: impl Iterator<Item = Instant>, since: Instant, until: Instant) -> Duration {
    let mut longest = Duration::ZERO;
    let mut last = since;
    for at in times.filter(|at| (since..=until).contains(at)).chain([until]) {
        longest = longest.max(at.saturating_duration_since(last));
        last = at;
    }
    longest
}
