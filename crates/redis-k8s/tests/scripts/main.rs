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

mod common;
mod container;
mod peer;
mod real;
mod sentinel;
mod shell;
mod start;
mod stop;
mod supervise;
mod tools;
mod users;
mod watch;
