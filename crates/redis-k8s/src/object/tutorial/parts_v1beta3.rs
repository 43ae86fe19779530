//! Containers and volumes of the tutorial, in v1beta3's words.

use std::num::NonZeroU16;

use super::names;
use crate::api_version::v1beta3::{
    Action, Container, ContainerPort, EmptyDir, EnvVar, Medium, ObjectMeta, PodSpec, PodTemplate, PortRef, Probe,
    PullPolicy, ReplicationController, ReplicationControllerSpec, Resource, ResourceList, ResourceRequirements, Volume,
    VolumeMount, VolumeSource,
};
use crate::model::{self, EmptyDirMedium, ImagePullPolicy, Redis, Resources, defaults};
use crate::object::metadata::Marks;

/// The volume of the servers.
const DATA: &str = "data";
/// Where the tutorial's image keeps what a server writes.
const DATA_PATH: &str = "/redis-master-data";

/// A container that serves data; `role` is what tells the image's start script to be the first master.
pub(in crate::object) fn server(redis: &Redis, name: &str, role: Option<&str>) -> Container {
    let spec = &redis.spec;
    let port = names::port(redis);
    let mut env: Vec<EnvVar> = role.map(|role| EnvVar::new(role, "true")).into_iter().collect();
    if role.is_none() {
        env.extend(service_address(redis));
    }
    env.extend(spec.env.iter().flatten().map(|variable| EnvVar::new(variable.name.as_str(), variable.literal())));
    Container {
        env,
        resources: Some(spec.resources.as_deref().map_or_else(one_core, requirements)),
        volume_mounts: vec![VolumeMount { name: DATA.to_owned(), mount_path: DATA_PATH.to_owned(), read_only: false }],
        ..container(redis, name, port, spec.probes.as_deref())
    }
}

/// A container that watches.
pub(in crate::object) fn sentinel(redis: &Redis) -> Container {
    let asked = redis.spec.sentinel.as_deref();
    let probes = asked.and_then(|sentinel| sentinel.probes.as_deref());
    let mut env = vec![EnvVar::new("SENTINEL", "true")];
    env.extend(service_address(redis));
    Container {
        env,
        resources: asked.and_then(|sentinel| sentinel.resources.as_deref()).map(requirements),
        ..container(redis, "sentinel", names::sentinel_port(redis), probes)
    }
}

/// A controller of pods with this container.
pub(in crate::object) fn controller(
    redis: &Redis,
    name: String,
    replicas: u32,
    selector: Marks,
    labels: Marks,
    container: Container,
) -> ReplicationController {
    let metadata = ObjectMeta { labels, annotations: names::pod_annotations(redis), ..ObjectMeta::default() };
    let template = PodTemplate { metadata, spec: pod_spec(redis, vec![container]) };
    let mut controller = ReplicationController::new(name, ReplicationControllerSpec { replicas, selector, template });
    controller.metadata.namespace = redis.metadata.namespace.as_ref().map(ToString::to_string);
    controller.metadata.labels = names::object_labels(redis);
    controller.metadata.annotations = names::object_annotations(redis);
    controller
}

/// A pod of these containers, with the servers' volume if one of them is a server.
pub(in crate::object) fn pod_spec(redis: &Redis, containers: Vec<Container>) -> PodSpec {
    let has_data = containers.iter().any(|container| !container.volume_mounts.is_empty());
    PodSpec {
        volumes: if has_data { vec![data(redis)] } else { Vec::new() },
        node_selector: names::node_selector(redis),
        ..PodSpec::new(containers)
    }
}

fn container(redis: &Redis, name: &str, port: NonZeroU16, probes: Option<&model::Probes>) -> Container {
    let probe = |asked: Option<&model::Probe>| asked.and_then(|asked| tcp_probe(asked, port));
    let image = redis.spec.image.as_ref().map_or(defaults::TUTORIAL_IMAGE, |image| image.as_str());
    Container {
        ports: vec![ContainerPort::new(port)],
        liveness_probe: probe(probes.and_then(|probes| probes.liveness.as_ref())),
        readiness_probe: probe(probes.and_then(|probes| probes.readiness.as_ref())),
        image_pull_policy: redis.spec.image_pull_policy.map(|policy| match policy {
            ImagePullPolicy::Always => PullPolicy::Always,
            ImagePullPolicy::IfNotPresent => PullPolicy::IfNotPresent,
            ImagePullPolicy::Never => PullPolicy::Never,
        }),
        ..Container::new(name, image)
    }
}

/// The image's scripts find the sentinels through the variables Kubernetes makes for a Service called
/// `redis-sentinel` on port 26379; for any other they have to be set.
fn service_address(redis: &Redis) -> Vec<EnvVar> {
    let port = names::sentinel_port(redis);
    if redis.metadata.name.as_str() == names::ORIGINAL {
        return Vec::new();
    }
    vec![
        EnvVar::new("REDIS_SENTINEL_SERVICE_HOST", names::sentinel(redis)),
        EnvVar::new("REDIS_SENTINEL_SERVICE_PORT", port.to_string()),
    ]
}

fn data(redis: &Redis) -> Volume {
    let asked = redis.spec.storage.as_ref().and_then(|storage| storage.empty_dir.as_ref()?.medium);
    let medium = asked.map(|EmptyDirMedium::Memory| Medium::Memory);
    Volume { name: DATA.to_owned(), source: VolumeSource::EmptyDir(EmptyDir { medium }) }
}

fn tcp_probe(asked: &model::Probe, port: NonZeroU16) -> Option<Probe> {
    let seconds = |time: crate::value::Duration| u32::try_from(time.as_secs_rounded_up()).unwrap_or(u32::MAX);
    (asked.enabled != Some(false)).then(|| Probe {
        action: Action::TcpSocket(PortRef::Number(port)),
        // servers drop a wait of 0
        initial_delay_seconds: asked.initial_delay.map(seconds).filter(|delay| *delay > 0),
        timeout_seconds: asked.timeout.map(seconds),
    })
}

/// What the tutorial allows a server: one core.
fn one_core() -> ResourceRequirements {
    ResourceRequirements { limits: [(Resource::Cpu, 1.into())].into(), ..ResourceRequirements::default() }
}

fn requirements(asked: &Resources) -> ResourceRequirements {
    let list = |asked: Option<&model::ResourceList>| -> ResourceList {
        let cpu = asked.and_then(|list| list.cpu.clone()).map(|amount| (Resource::Cpu, amount));
        let memory = asked.and_then(|list| list.memory.clone()).map(|amount| (Resource::Memory, amount));
        cpu.into_iter().chain(memory).collect()
    };
    ResourceRequirements { limits: list(asked.limits.as_ref()), requests: list(asked.requests.as_ref()) }
}
