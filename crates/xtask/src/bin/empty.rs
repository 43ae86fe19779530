//! A program that does nothing: what a process costs, to compare with what ours adds.

fn main() {}
