//! The v1 rendering: the tutorial's four objects, as a cluster of today accepts them, and their ConfigMap.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use redis_k8s::{ApiVersion, Redis};
use serde_json::{Value, json};

#[test]
fn prints() {
    let redis = Redis::new("redis".parse().expect("a name"));
    let manifest = redis.render(ApiVersion::V1).expect("a rendering");
    println!("{}", manifest.to_yaml());
    let _: (Value, Value) = (json!({}), json!({}));
}
