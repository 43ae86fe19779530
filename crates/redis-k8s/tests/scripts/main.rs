//! The scripts of templates/, function by function, under the shells of both official images.
//!
//! A test reads the text of the scripts, puts a scratch directory in the place of the container's, and runs them where nothing
//! but the tools of both images is on PATH. What they talk to is imitated: see `imitations`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests say why they fail"
)]

mod beside;
mod board;
mod conclude;
mod container;
mod decisions;
mod handover;
mod health;
mod keep;
mod names;
mod peer;
mod questions;
mod real;
mod secrets;
mod sentinel_care;
mod sentinel_start;
mod sentinel_watch;
mod sentinels;
mod server;
mod server_start;
mod shell;
mod tools;
