//! The 2015 tutorial "Reliable, Scalable Redis on Kubernetes": to the letter on `v1beta3`, and on a cluster of today with `v1`.
//!
//! Feature `tutorial`, on by default. Nothing else of this crate needs it.
#![allow(clippy::needless_update, reason = "newer versions of Kubernetes add fields")]

mod names;
pub(crate) mod objects_v1;
pub(crate) mod objects_v1beta3;
mod scripts;
mod steps;
pub mod v1beta3;

pub use steps::steps;
