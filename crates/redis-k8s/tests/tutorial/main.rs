//! The tutorial's targets: its four objects to the letter, on a cluster of today, and its run book.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod builders;
mod schemas;
mod steps;
mod v1;
mod v1beta3;
