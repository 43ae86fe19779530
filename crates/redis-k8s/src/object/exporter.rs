//! The exporter beside a server or sentinel: a container that starts before it and ends after it, so that a hand-over is seen, too.

use k8s_openapi::api::core::v1::{Container, EnvVar};

use super::container::{self, field, password, port, value};
use super::volume;
use crate::instance::{Component, Instance};
use crate::model::{Auth, ImagePullPolicy, Metrics, defaults};
use crate::runtime::TLS_DIR;

/// The name of its port.
pub(super) const METRICS: &str = "metrics";
/// A server that answers nothing is down before Prometheus gives the scrape up, which is after 10 s.
const TIMEOUT: &str = "3s";

pub(super) fn build(instance: Instance<'_>, component: Component) -> Option<Container> {
    let metrics = instance.metrics().filter(|_| component != Component::Proxy)?;
    Some(Container {
        args: metrics.args.clone().filter(|args| !args.is_empty()),
        env: Some(env(instance, component)),
        image: Some(instance.exporter_image()),
        image_pull_policy: instance.redis.spec.image_pull_policy.map(ImagePullPolicy::as_str).map(str::to_owned),
        name: METRICS.to_owned(),
        ports: Some(vec![port(METRICS, instance.metrics_port().get())]),
        resources: resources(metrics),
        restart_policy: Some("Always".to_owned()),
        security_context: Some(container::security_context()),
        volume_mounts: volume::certificates(instance).map(|mount| vec![mount]),
        ..Default::default()
    })
}

fn resources(metrics: &Metrics) -> Option<k8s_openapi::api::core::v1::ResourceRequirements> {
    let default = [
        ("cpu", defaults::METRICS_CPU_REQUEST, None),
        ("memory", defaults::METRICS_MEMORY_REQUEST, Some(defaults::METRICS_MEMORY_LIMIT)),
    ];
    container::requirements(metrics.resources.as_ref(), &default)
}

/// It reads its password once: while that changes the one it has is valid beside the other.
fn env(instance: Instance<'_>, component: Component) -> Vec<EnvVar> {
    let port = instance.port(component);
    let mut env = Vec::new();
    if instance.has_tls() {
        // Certificates name pods, and not this one's loopback.
        env.extend([field("POD_NAME", "metadata.name"), field("POD_NAMESPACE", "metadata.namespace")]);
        let name = ["$(POD_NAME).", &instance.headless_name(component), ".$(POD_NAMESPACE).svc"].concat();
        env.push(value("REDIS_ADDR", format!("rediss://{name}:{port}")));
        env.extend([("CA", defaults::TLS_AUTHORITY_KEY), ("CLIENT", defaults::TLS_CERTIFICATE_KEY)].map(
            |(whose, file)| value(&format!("REDIS_EXPORTER_TLS_{whose}_CERT_FILE"), [TLS_DIR, "/", file].concat()),
        ));
        env.push(value("REDIS_EXPORTER_TLS_CLIENT_KEY_FILE", [TLS_DIR, "/", defaults::TLS_PRIVATE_KEY].concat()));
    } else {
        env.push(value("REDIS_ADDR", format!("redis://127.0.0.1:{port}")));
    }
    if let Some(auth) = instance.redis.spec.auth.as_deref().filter(|auth| asks(auth, component)) {
        let own = auth.sentinel_key.as_ref().filter(|_| component == Component::Sentinel).or(auth.key.as_ref());
        // Who asks for no password takes one with a name.
        env.push(value("REDIS_USER", instance.own_user().to_owned()));
        env.push(password("REDIS_PASSWORD", auth, own, defaults::AUTH_KEY, None));
    }
    env.push(value("REDIS_EXPORTER_CONNECTION_TIMEOUT", TIMEOUT.to_owned()));
    env.push(value("REDIS_EXPORTER_WEB_LISTEN_ADDRESS", format!(":{}", instance.metrics_port())));
    env
}

fn asks(auth: &Auth, component: Component) -> bool {
    component == Component::Server || auth.sentinel != Some(false)
}
