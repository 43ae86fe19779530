//! What HAProxy thinks of the configuration of the proxies.

use std::process::Command;

use k8s_openapi::api::core::v1::ConfigMap;
use redis_k8s::{ApiVersion, Redis};
use serde_json::json;

use crate::tools::{Tool, run};

#[test]
fn haproxy_takes_the_configuration() {
    let Some(haproxy) = Tool::Haproxy.find() else { return };
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("haproxy.cfg");
    for mut spec in [
        json!({}),
        json!({"auth": {"secret": "a"}}),
        json!({"tls": {"secret": "t"}, "auth": {"secret": "a"}, "services": {"ipFamilyPolicy": "PreferDualStack"}}),
        json!({"replicas": 12, "port": 7000, "config": {"maxclients": "100"}, "services": {"master": {"port": 8404}}}),
    ] {
        spec["services"]["master"]["enabled"] = json!(true);
        let document = json!({
            "apiVersion": "redis-k8s-gen.dev/v1alpha1", "kind": "Redis", "metadata": {"name": "redis"}, "spec": spec,
        });
        let redis: Redis = serde_json::from_value(document).unwrap();
        let manifest = redis.render(ApiVersion::AppsV1).unwrap();
        let settings: &ConfigMap = manifest.get("redis-settings").unwrap();
        // Neither names nor certificates are here.
        let text = settings.data.as_ref().unwrap()["haproxy.cfg"]
            .replace(" redis-announce-", " 127.0.0.")
            .replace("/etc/redis-k8s-tls/ca.crt", "@system-ca");
        std::fs::write(&file, text).unwrap();
        for previous in [None, Some("b")] {
            let mut command = Command::new(&haproxy);
            command.arg("-c").arg("-f").arg(&file).env("POD_IP", "127.0.0.1").env("POD_NAMESPACE", "shop");
            command.env("PASSWORD", "a").envs(previous.map(|previous| ("PREVIOUS_PASSWORD", previous)));
            run(&mut command);
        }
    }
}
