//! A line on standard error for runs that take longer than a second.

use std::time::{Duration, Instant};

use super::Session;
use crate::command::Verbosity;

/// A run shorter than this shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// Time between two changes of the line.
const INTERVAL: Duration = Duration::from_millis(100);

/// How far a run is, shown to people only.
pub(super) struct Progress {
    done: usize,
    total: usize,
    /// When the line changes next; never, if nobody watches.
    due: Option<Instant>,
    shown: bool,
}

impl Progress {
    pub(super) fn new(total: usize, session: &Session<'_, '_>) -> Self {
        let watched = session.io.environment.stderr_is_terminal && session.verbosity > Verbosity::Quiet && total > 1;
        Self { done: 0, total, due: watched.then(|| Instant::now() + PATIENCE), shown: false }
    }

    /// One more document is done.
    pub(super) fn advance(&mut self, session: &mut Session<'_, '_>) {
        self.done += 1;
        if self.due.is_some_and(|due| Instant::now() >= due) {
            session.message(format_args!("\rrendered {} of {}", grouped(self.done), grouped(self.total)));
            self.due = Some(Instant::now() + INTERVAL);
            self.shown = true;
        }
    }

    /// Leaves the terminal as it was.
    pub(super) fn erase(&mut self, session: &mut Session<'_, '_>) {
        if self.shown {
            session.message(format_args!("\r\x1b[K"));
            self.shown = false;
        }
    }
}

/// A number with its thousands apart: `10,000`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1000, 10_000, 1_234_567].map(grouped), ["0", "999", "1,000", "10,000", "1,234,567"]);
    }
}
