//! The one container of a pod: a server or a sentinel.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Capabilities, ConfigMapEnvSource, ConfigMapKeySelector, Container, ContainerPort, EnvFromSource, EnvVar,
    EnvVarSource, ExecAction, Lifecycle, LifecycleHandler, ObjectFieldSelector, ResourceRequirements, SecretEnvSource,
    SecretKeySelector, SecurityContext,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::volume::secret_name;
use super::{probe, service, volume};
use crate::instance::{Component, Instance};
use crate::model::{self, Auth, EnvFrom, ImagePullPolicy, KeyRef, RedisSpec, ResourceList, Resources, defaults};
use crate::runtime;
use crate::value::SecretKey;

pub(super) fn build(instance: Instance<'_>, component: Component) -> Container {
    let probes = probe::build(instance, component);
    let mut mounts = volume::mounts(instance, component);
    if component == Component::Server {
        mounts.extend(
            instance.redis.spec.extension.iter().flat_map(|asked| asked.volume_mounts.iter().flatten()).cloned(),
        );
    }
    let health = (component == Component::Proxy).then(|| port(probe::HEALTH, instance.health_port()));
    Container {
        command: Some(runtime::start_command(component)),
        env: Some(match component {
            Component::Server | Component::Sentinel => env(instance, component),
            Component::Proxy => proxy_env(instance),
        }),
        env_from: env_from(&instance.redis.spec).filter(|_| component == Component::Server),
        image: Some(instance.image(component)),
        image_pull_policy: instance.redis.spec.image_pull_policy.map(ImagePullPolicy::as_str).map(str::to_owned),
        lifecycle: Some(Lifecycle {
            pre_stop: Some(LifecycleHandler {
                exec: Some(ExecAction { command: Some(runtime::stop_command(component)) }),
                ..Default::default()
            }),
            ..Default::default()
        }),
        liveness_probe: probes.liveness,
        name: match component {
            Component::Server | Component::Sentinel => service::port_name(component),
            Component::Proxy => "haproxy",
        }
        .to_owned(),
        ports: Some(
            [port(service::port_name(component), instance.port(component).get())].into_iter().chain(health).collect(),
        ),
        readiness_probe: probes.readiness,
        resources: resources(instance, component),
        security_context: Some(security_context()),
        startup_probe: probes.startup,
        volume_mounts: Some(mounts),
        ..Default::default()
    }
}

/// Containers of the document; of what they do not say of security they have what a server has.
pub(super) fn hardened(asked: &[Container]) -> Vec<Container> {
    let hardened = |asked: &Container| Container {
        security_context: Some(asked.security_context.clone().unwrap_or_else(security_context)),
        ..asked.clone()
    };
    asked.iter().map(hardened).collect()
}

pub(super) fn port(name: &str, number: u16) -> ContainerPort {
    ContainerPort {
        container_port: number.into(),
        name: Some(name.to_owned()),
        protocol: Some("TCP".to_owned()),
        ..Default::default()
    }
}

/// Pod Security "restricted", and nothing of the image is written to.
pub(crate) fn security_context() -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), ..Default::default() }),
        read_only_root_filesystem: Some(true),
        ..Default::default()
    }
}

/// What the scripts need to know; everything that may change under a running pod is in a file instead.
fn env(instance: Instance<'_>, component: Component) -> Vec<EnvVar> {
    let mut env = vec![
        field("POD_NAME", "metadata.name"),
        field("POD_NAMESPACE", "metadata.namespace"),
        field("POD_IP", "status.podIP"),
        value("RK_INSTANCE", instance.name().to_owned()),
        value("RK_MASTER", instance.master_name().to_owned()),
        value("RK_PORT", instance.port(Component::Server).to_string()),
        value("RK_SENTINEL_PORT", instance.port(Component::Sentinel).to_string()),
    ];
    // In the environment, since pods that know each other by other addresses do not get on.
    for (name, component) in [("RK_SERVERS", Component::Server), ("RK_SENTINELS", Component::Sentinel)] {
        env.extend(instance.external().and_then(|external| external.words(component)).map(|all| value(name, all)));
    }
    if component == Component::Server {
        env.extend(instance.redis.spec.env.iter().flatten().map(asked_value));
    }
    env
}

/// What haproxy.cfg names. A process keeps what it started with, so a password that changes is two for a while.
fn proxy_env(instance: Instance<'_>) -> Vec<EnvVar> {
    let mut env = vec![field("POD_IP", "status.podIP")];
    if instance.has_tls() {
        env.push(field("POD_NAMESPACE", "metadata.namespace"));
    }
    if let Some(auth) = instance.redis.spec.auth.as_deref() {
        env.push(password("PASSWORD", auth, auth.key.as_ref(), defaults::AUTH_KEY, None));
        let previous = auth.previous_key.as_ref();
        env.push(password("PREVIOUS_PASSWORD", auth, previous, defaults::AUTH_PREVIOUS_KEY, Some(true)));
    }
    env
}

/// A variable with a password.
pub(super) fn password(
    name: &str,
    auth: &Auth,
    key: Option<&SecretKey>,
    default: &str,
    optional: Option<bool>,
) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value: None,
        value_from: Some(EnvVarSource {
            secret_key_ref: Some(SecretKeySelector {
                key: key.map_or(default, SecretKey::as_str).to_owned(),
                name: secret_name(auth.secret.as_ref()),
                optional,
            }),
            ..Default::default()
        }),
    }
}

/// A variable of the document.
pub(crate) fn asked_value(asked: &model::EnvVar) -> EnvVar {
    let Some(from) = asked.value_from.as_deref() else { return value(asked.name.as_str(), asked.literal()) };
    let key =
        |key: &KeyRef| (key.key.as_ref().map(ToString::to_string).unwrap_or_default(), secret_name(key.name.as_ref()));
    EnvVar {
        name: asked.name.to_string(),
        value: None,
        value_from: Some(EnvVarSource {
            config_map_key_ref: from.config_map_key_ref.as_ref().map(|asked| {
                let (key, name) = key(asked);
                ConfigMapKeySelector { key, name, optional: asked.optional }
            }),
            field_ref: from.field_ref.as_ref().map(|asked| ObjectFieldSelector {
                api_version: None,
                field_path: asked.field_path.clone().unwrap_or_default(),
            }),
            secret_key_ref: from.secret_key_ref.as_ref().map(|asked| {
                let (key, name) = key(asked);
                SecretKeySelector { key, name, optional: asked.optional }
            }),
            ..Default::default()
        }),
    }
}

/// Secrets and `ConfigMaps` whose keys are variables.
pub(crate) fn env_from(spec: &RedisSpec) -> Option<Vec<EnvFromSource>> {
    let source = |asked: &EnvFrom| EnvFromSource {
        config_map_ref: asked
            .config_map_ref
            .as_ref()
            .map(|asked| ConfigMapEnvSource { name: secret_name(asked.name.as_ref()), optional: asked.optional }),
        prefix: asked.prefix.as_ref().map(ToString::to_string),
        secret_ref: asked
            .secret_ref
            .as_ref()
            .map(|asked| SecretEnvSource { name: secret_name(asked.name.as_ref()), optional: asked.optional }),
    };
    spec.env_from.as_ref().filter(|asked| !asked.is_empty()).map(|asked| asked.iter().map(source).collect())
}

/// A variable with a fixed value. The API server drops an empty one, and a rendering that had it would differ for ever.
pub(crate) fn value(name: &str, value: String) -> EnvVar {
    EnvVar { name: name.to_owned(), value: Some(value).filter(|value| !value.is_empty()), value_from: None }
}

/// A variable with the value of a field of the pod.
pub(crate) fn field(name: &str, path: &str) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value: None,
        value_from: Some(EnvVarSource {
            field_ref: Some(ObjectFieldSelector { api_version: None, field_path: path.to_owned() }),
            ..Default::default()
        }),
    }
}

/// The resources of the main container of a pod.
pub(crate) fn resources(instance: Instance<'_>, component: Component) -> Option<ResourceRequirements> {
    let asked = match component {
        Component::Server => instance.redis.spec.resources.as_deref(),
        Component::Sentinel => instance.sentinel().and_then(|sentinel| sentinel.resources.as_deref()),
        Component::Proxy => instance.master_service().and_then(|master| master.resources.as_ref()),
    };
    let default = match component {
        Component::Server => {
            [("cpu", defaults::CPU_REQUEST, None), ("memory", defaults::MEMORY_REQUEST, Some(defaults::MEMORY_LIMIT))]
        }
        Component::Sentinel => [
            ("cpu", defaults::SENTINEL_CPU_REQUEST, None),
            ("memory", defaults::SENTINEL_MEMORY_REQUEST, Some(defaults::SENTINEL_MEMORY_LIMIT)),
        ],
        Component::Proxy => [
            ("cpu", defaults::PROXY_CPU_REQUEST, None),
            ("memory", defaults::PROXY_MEMORY_REQUEST, Some(defaults::PROXY_MEMORY_LIMIT)),
        ],
    };
    requirements(asked, &default)
}

/// The resources asked for, or the defaults, each a request and a limit; a document that names resources gets exactly those.
pub(super) fn requirements(
    asked: Option<&Resources>,
    default: &[(&str, &str, Option<&str>)],
) -> Option<ResourceRequirements> {
    let quantity = |name: &str, amount: &str| (name.to_owned(), Quantity(amount.to_owned()));
    let (requests, limits): (BTreeMap<_, _>, BTreeMap<_, _>) = match asked {
        Some(Resources { requests, limits }) => (amounts(requests.as_ref()), amounts(limits.as_ref())),
        None => (
            default.iter().map(|(name, request, _)| quantity(name, request)).collect(),
            default.iter().filter_map(|(name, _, limit)| Some(quantity(name, (*limit)?))).collect(),
        ),
    };
    let some = |amounts: BTreeMap<_, _>| (!amounts.is_empty()).then_some(amounts);
    let requirements = ResourceRequirements { limits: some(limits), requests: some(requests), ..Default::default() };
    (requirements != ResourceRequirements::default()).then_some(requirements)
}

fn amounts(list: Option<&ResourceList>) -> BTreeMap<String, Quantity> {
    let Some(list) = list else { return BTreeMap::new() };
    [("cpu", &list.cpu), ("memory", &list.memory), ("ephemeral-storage", &list.ephemeral_storage)]
        .into_iter()
        .filter_map(|(name, amount)| Some((name.to_owned(), Quantity(amount.as_ref()?.to_string()))))
        .collect()
}
