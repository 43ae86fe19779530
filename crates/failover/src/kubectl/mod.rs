//! A `kubectl` for the proving ground: as much of it as the run book and a test need.

mod command;
mod jsonpath;
pub(crate) mod wire;
