//! A thread that works until it is dropped.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// What runs beside a trial.
#[derive(Debug)]
pub(crate) struct Background {
    end: End,
    thread: Option<JoinHandle<()>>,
}

/// Whether it shall end.
#[derive(Debug, Clone, Default)]
pub(crate) struct End(Arc<AtomicBool>);

impl End {
    pub(crate) fn has_come(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Background {
    /// Starts work that returns soon after its end has come.
    pub(crate) fn start(name: &str, work: impl FnOnce(&End) + Send + 'static) -> io::Result<Self> {
        let end = End::default();
        let ending = end.clone();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || work(&ending))?;
        Ok(Self { end, thread: Some(thread) })
    }

    /// Waits until it has ended.
    pub(crate) fn stop(&mut self) {
        self.end.0.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop();
    }
}
