//! The example of the repository's `README.md`, compiled and run as a documentation test.
#![cfg_attr(doctest, doc = include_str!("../../../README.md"))]
