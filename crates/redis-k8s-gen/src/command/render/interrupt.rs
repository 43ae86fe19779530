//! Ctrl-C and its like, held back while files are half written.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::TERM_SIGNALS;
use signal_hook::{flag, low_level};

/// Signals that end a process, held back; when this is dropped, one that came does what it does by default.
pub(super) struct HeldSignals {
    came: Arc<AtomicUsize>,
    /// Signals end the process again: a handler, once there, stays for the life of the process.
    over: Arc<AtomicBool>,
}

impl HeldSignals {
    pub(super) fn new() -> io::Result<Self> {
        let held = Self { came: Arc::default(), over: Arc::default() };
        for signal in TERM_SIGNALS {
            flag::register_conditional_default(*signal, Arc::clone(&held.over))?;
            flag::register_usize(*signal, Arc::clone(&held.came), usize::try_from(*signal).unwrap_or_default())?;
        }
        Ok(held)
    }

    pub(super) fn came(&self) -> bool {
        self.came.load(Ordering::Relaxed) != 0
    }
}

impl Drop for HeldSignals {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let signal @ 1.. = self.came.load(Ordering::Relaxed) {
            // It fails for signals that end nothing, and none of those is held.
            let _ = low_level::emulate_default_handler(i32::try_from(signal).unwrap_or_default());
        }
    }
}
