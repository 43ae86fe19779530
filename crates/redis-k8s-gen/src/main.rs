//! Renders the Kubernetes manifests of a reliable, scalable Redis with Sentinel.

fn main() {}
