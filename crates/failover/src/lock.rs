//! Opening a mutex, whatever became of the thread that held it last.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a mutex holds, to be read and changed. A thread that panicked while it held it has said so itself.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
