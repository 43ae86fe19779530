//! Prints the run book of the tutorial: `cargo run --example steps -- v1 document.json`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "an example")]
use redis_k8s::{Redis, steps};
fn main() {
    let text = std::fs::read_to_string(std::env::args().nth(2).unwrap()).unwrap();
    let redis: Redis = serde_json::from_str(&text).unwrap();
    print!("{}", steps(&redis, std::env::args().nth(1).unwrap().parse().unwrap()).unwrap());
}
