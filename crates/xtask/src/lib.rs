//! The example of the repository's `README.md`, compiled and run as a documentation test.
#![doc = include_str!("../../../README.md")]
