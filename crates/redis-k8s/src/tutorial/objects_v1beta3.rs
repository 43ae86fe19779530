//! The tutorial to the letter: its four objects in v1beta3's words.

use std::num::NonZeroU16;

use super::names;
use super::v1beta3::{
    self, Action, Container, ContainerPort, EmptyDir, EnvVar, Medium, ObjectMeta, Pod, PodSpec, PodTemplate, PortRef,
    Probe, PullPolicy, ReplicationController, ReplicationControllerSpec, Resource, ResourceList, ResourceRequirements,
    Service, ServicePort, ServiceSpec, Volume, VolumeMount, VolumeSource,
};
use crate::api_version::ApiVersion;
use crate::instance::{Component, Instance};
use crate::manifest::{Manifest, Object};
use crate::model::{self, EmptyDirMedium, ImagePullPolicy, Redis, Resources, ServiceType, SessionAffinity, defaults};
use crate::object::metadata::Marks;

/// The volume of the servers.
const DATA: &str = "data";
/// Where the tutorial's image keeps what a server writes.
const DATA_PATH: &str = "/redis-master-data";

const fn instance(redis: &Redis) -> Instance<'_> {
    Instance::new(redis, ApiVersion::V1Beta3)
}

/// Everything a document becomes on v1beta3.
pub(crate) fn manifest(redis: &Redis) -> Manifest {
    let four: [Object; 4] = [
        master_pod(redis).into(),
        sentinel_service(redis).into(),
        redis_controller(redis).into(),
        sentinel_controller(redis).into(),
    ];
    four.into_iter().collect()
}

/// The bootstrap pod.
pub(crate) fn master_pod(redis: &Redis) -> Pod {
    let containers = vec![server(redis, "master", Some("MASTER")), sentinel(redis)];
    let mut pod = Pod::new(names::master_pod(redis), pod_spec(redis, containers));
    pod.metadata.namespace = redis.metadata.namespace.as_ref().map(ToString::to_string);
    pod.metadata.labels = names::master_labels(redis);
    pod.metadata.annotations = names::master_annotations(redis);
    pod
}

/// The Service over the sentinels.
pub(crate) fn sentinel_service(redis: &Redis) -> Service {
    let asked = redis.spec.services.as_ref().and_then(|services| services.sentinel.as_ref());
    let port = instance(redis).port(Component::Sentinel);
    let port = ServicePort { port, name: None, protocol: None, target_port: Some(PortRef::Number(port)) };
    let mut service = Service::new(
        names::sentinel(redis),
        ServiceSpec {
            create_external_load_balancer: asked.and_then(|asked| asked.r#type) == Some(ServiceType::LoadBalancer),
            session_affinity: asked.and_then(|asked| asked.session_affinity).map(|affinity| match affinity {
                SessionAffinity::None => v1beta3::SessionAffinity::None,
                SessionAffinity::ClientIp => v1beta3::SessionAffinity::ClientIp,
            }),
            ..ServiceSpec::new(vec![port], names::sentinel_selector(redis))
        },
    );
    service.metadata.namespace = redis.metadata.namespace.as_ref().map(ToString::to_string);
    service.metadata.labels = names::service_labels(redis);
    service.metadata.annotations = names::service_annotations(redis);
    service
}

/// The controller of the servers.
pub(crate) fn redis_controller(redis: &Redis) -> ReplicationController {
    let (selector, labels) = (names::server_selector(redis), names::server_labels(redis));
    let container = server(redis, "redis", None);
    controller(redis, names::servers(redis), instance(redis).replicas(Component::Server), selector, labels, container)
}

/// The controller of the sentinels.
pub(crate) fn sentinel_controller(redis: &Redis) -> ReplicationController {
    let (selector, labels) = (names::sentinel_selector(redis), names::sentinel_labels(redis));
    let container = sentinel(redis);
    controller(
        redis,
        names::sentinel(redis),
        instance(redis).replicas(Component::Sentinel),
        selector,
        labels,
        container,
    )
}

/// A container that serves data; `role` is what tells the image's start script to be the first master.
fn server(redis: &Redis, name: &str, role: Option<&str>) -> Container {
    let spec = &redis.spec;
    let port = instance(redis).port(Component::Server);
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
fn sentinel(redis: &Redis) -> Container {
    let asked = redis.spec.sentinel.as_deref();
    let probes = asked.and_then(|sentinel| sentinel.probes.as_deref());
    let mut env = vec![EnvVar::new("SENTINEL", "true")];
    env.extend(service_address(redis));
    Container {
        env,
        resources: asked.and_then(|sentinel| sentinel.resources.as_deref()).map(requirements),
        ..container(redis, "sentinel", instance(redis).port(Component::Sentinel), probes)
    }
}

/// A controller of pods with this container.
fn controller(
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
fn pod_spec(redis: &Redis, containers: Vec<Container>) -> PodSpec {
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
    let port = instance(redis).port(Component::Sentinel);
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
