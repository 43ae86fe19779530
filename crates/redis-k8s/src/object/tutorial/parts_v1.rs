//! Containers, pods and metadata of the tutorial, in the words of a cluster of today.

use k8s_openapi::api::core::v1::{
    ConfigMapVolumeSource, Container, ContainerPort, EmptyDirVolumeSource, EnvVar, ExecAction, Lifecycle,
    LifecycleHandler, LocalObjectReference, PodSpec, PodTemplateSpec, ReplicationController, ReplicationControllerSpec,
    Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use super::names;
use crate::instance::{Component, Instance};
use crate::model::{EmptyDirMedium, ImagePullPolicy, Redis, Spread};
use crate::object::container::{field, resources, security_context, value};
use crate::object::metadata::{Marks, some};
use crate::object::{pod_template, probe};
use crate::runtime::{self, tutorial as scripts};

const CONFIG: &str = "config";
const DATA: &str = "data";
const SENTINEL: &str = "sentinel";

/// What a container is in the tutorial's story.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::object) enum Role {
    /// The server of the bootstrap pod.
    FirstServer,
    /// The sentinel of the bootstrap pod.
    FirstSentinel,
    /// A server of the controller.
    Server,
    /// A sentinel of the controller.
    Sentinel,
}

impl Role {
    const fn component(self) -> Component {
        match self {
            Self::FirstServer | Self::Server => Component::Server,
            Self::FirstSentinel | Self::Sentinel => Component::Sentinel,
        }
    }

    /// The tutorial's names for containers.
    const fn container_name(self) -> &'static str {
        match self {
            Self::FirstServer => "master",
            Self::Server => "redis",
            Self::FirstSentinel | Self::Sentinel => "sentinel",
        }
    }

    const fn is_first(self) -> bool {
        matches!(self, Self::FirstServer | Self::FirstSentinel)
    }
}

/// Metadata of an object of this instance.
pub(in crate::object) fn metadata(redis: &Redis, name: String, labels: Marks, annotations: Marks) -> ObjectMeta {
    ObjectMeta {
        name: Some(name),
        namespace: redis.metadata.namespace.as_ref().map(ToString::to_string),
        labels: some(labels),
        annotations: some(annotations),
        ..ObjectMeta::default()
    }
}

/// A replication controller over pods of one container.
pub(in crate::object) fn controller(
    redis: &Redis,
    name: String,
    replicas: u32,
    selector: Marks,
    labels: Marks,
    role: Role,
) -> ReplicationController {
    let template =
        ObjectMeta { labels: Some(labels), annotations: some(names::pod_annotations(redis)), ..ObjectMeta::default() };
    ReplicationController {
        metadata: metadata(redis, name, names::object_labels(redis), names::object_annotations(redis)),
        spec: Some(ReplicationControllerSpec {
            replicas: Some(i32::try_from(replicas).unwrap_or(i32::MAX)),
            template: Some(PodTemplateSpec {
                metadata: Some(template),
                spec: Some(pod_spec(redis, &selector, &[role])),
            }),
            selector: Some(selector),
            ..ReplicationControllerSpec::default()
        }),
        ..ReplicationController::default()
    }
}

/// A pod of these containers; `selector` names its fellows, from whom it may be kept apart.
pub(in crate::object) fn pod_spec(redis: &Redis, selector: &Marks, roles: &[Role]) -> PodSpec {
    let instance = Instance::new(redis);
    let spec = &redis.spec;
    let scheduling = spec.scheduling.as_deref();
    let fellows = || LabelSelector { match_labels: Some(selector.clone()), ..LabelSelector::default() };
    let grace_period = instance.termination_grace_period().as_secs_rounded_up();
    PodSpec {
        affinity: pod_template::affinity(fellows(), scheduling, Spread::None),
        automount_service_account_token: Some(false),
        containers: roles.iter().map(|role| container(redis, *role)).collect(),
        // The variables of every Service of the namespace are none of ours.
        enable_service_links: Some(false),
        image_pull_secrets: spec
            .image_pull_secrets
            .as_ref()
            .filter(|secrets| !secrets.is_empty())
            .map(|secrets| secrets.iter().map(|name| LocalObjectReference { name: name.to_string() }).collect()),
        node_selector: some(names::node_selector(redis)),
        priority_class_name: pod_template::name(scheduling, |scheduling| scheduling.priority_class.as_ref()),
        runtime_class_name: pod_template::name(scheduling, |scheduling| scheduling.runtime_class.as_ref()),
        scheduler_name: pod_template::name(scheduling, |scheduling| scheduling.scheduler.as_ref()),
        security_context: Some(pod_template::security_context(instance)),
        service_account_name: spec.service_account.as_ref().map(|_| instance.service_account_name().to_owned()),
        // As for apps/v1: somebody has to bury what scripts leave behind.
        share_process_namespace: Some(true),
        termination_grace_period_seconds: Some(i64::try_from(grace_period).unwrap_or(i64::MAX)),
        tolerations: scheduling
            .and_then(|scheduling| scheduling.tolerations.as_ref())
            .filter(|tolerations| !tolerations.is_empty())
            .map(|tolerations| tolerations.iter().map(pod_template::toleration).collect()),
        topology_spread_constraints: pod_template::spread_zones(
            fellows(),
            scheduling.and_then(|scheduling| scheduling.spread_zones).unwrap_or(Spread::None),
        ),
        volumes: Some(volumes(redis, roles)),
        ..PodSpec::default()
    }
}

fn container(redis: &Redis, role: Role) -> Container {
    let instance = Instance::new(redis);
    let component = role.component();
    let mut requirements = resources(instance, component);
    if component == Component::Server && redis.spec.resources.is_none() {
        // The tutorial's one core, besides what every server gets.
        let limits = requirements.get_or_insert_default().limits.get_or_insert_default();
        limits.insert("cpu".to_owned(), Quantity("1".to_owned()));
    }
    let probes = probe::tutorial(instance, component);
    Container {
        command: Some(scripts::start_command(component)),
        env: Some(env(redis, role)),
        image: Some(instance.image().to_owned()),
        image_pull_policy: redis.spec.image_pull_policy.map(ImagePullPolicy::as_str).map(str::to_owned),
        lifecycle: (component == Component::Server).then(|| Lifecycle {
            pre_stop: Some(LifecycleHandler {
                exec: Some(ExecAction { command: Some(scripts::stop_command()) }),
                ..LifecycleHandler::default()
            }),
            ..Lifecycle::default()
        }),
        liveness_probe: probes.liveness,
        name: role.container_name().to_owned(),
        ports: Some(vec![ContainerPort {
            container_port: instance.port(component).into(),
            protocol: Some("TCP".to_owned()),
            ..ContainerPort::default()
        }]),
        readiness_probe: probes.readiness,
        resources: requirements,
        security_context: Some(security_context()),
        startup_probe: probes.startup,
        volume_mounts: Some(mounts(component)),
        ..Container::default()
    }
}

/// What the scripts need to know, in the tutorial's own words where it has them.
fn env(redis: &Redis, role: Role) -> Vec<EnvVar> {
    let instance = Instance::new(redis);
    let mut env = Vec::new();
    if role.is_first() {
        env.push(value("MASTER", "true".to_owned()));
    }
    if role.component() == Component::Sentinel {
        env.push(value("SENTINEL", "true".to_owned()));
    }
    env.extend([
        field("POD_IP", "status.podIP"),
        field("POD_NAME", "metadata.name"),
        field("POD_UID", "metadata.uid"),
        value("MASTER_NAME", instance.master_name().to_owned()),
        value("QUORUM", names::quorum(redis).to_string()),
        value("REDIS_PORT", names::port(redis).to_string()),
        value("REDIS_SENTINEL_SERVICE_HOST", names::sentinel(redis)),
        value("REDIS_SENTINEL_SERVICE_PORT", names::sentinel_port(redis).to_string()),
    ]);
    if role.component() == Component::Server {
        env.push(value("APPEND_ONLY", if instance.has_aof() { "yes" } else { "no" }.to_owned()));
        if role == Role::FirstServer && redis.spec.min_replicas_to_write.is_none() {
            // The first master is alone for a while, and has to accept writes.
            env.push(value("MIN_REPLICAS", "0".to_owned()));
        }
        env.extend(redis.spec.env.iter().flatten().map(|variable| value(variable.name.as_str(), variable.literal())));
    }
    env
}

fn mounts(component: Component) -> Vec<VolumeMount> {
    let mount = |name: &str, path: &str, read_only: bool| VolumeMount {
        mount_path: path.to_owned(),
        name: name.to_owned(),
        read_only: read_only.then_some(true),
        ..VolumeMount::default()
    };
    let own = match component {
        Component::Server => mount(DATA, scripts::DATA_DIR, false),
        Component::Sentinel => mount(SENTINEL, scripts::SENTINEL_DIR, false),
    };
    vec![mount(CONFIG, runtime::CONFIG_DIR, true), own]
}

fn volumes(redis: &Redis, roles: &[Role]) -> Vec<Volume> {
    let config = ConfigMapVolumeSource { name: names::config(redis), ..ConfigMapVolumeSource::default() };
    let mut volumes = vec![Volume { name: CONFIG.to_owned(), config_map: Some(config), ..Volume::default() }];
    volumes.extend(roles.iter().map(|role| match role.component() {
        Component::Server => {
            let asked = redis.spec.storage.as_deref().and_then(|storage| storage.empty_dir.as_ref());
            empty_dir(
                DATA,
                EmptyDirVolumeSource {
                    medium: asked.and_then(|dir| dir.medium).map(EmptyDirMedium::as_str).map(str::to_owned),
                    size_limit: asked.and_then(|dir| dir.size_limit.as_ref()).map(|size| Quantity(size.to_string())),
                    ..Default::default()
                },
            )
        }
        Component::Sentinel => empty_dir(SENTINEL, EmptyDirVolumeSource::default()),
    }));
    volumes
}

fn empty_dir(name: &str, empty_dir: EmptyDirVolumeSource) -> Volume {
    Volume { name: name.to_owned(), empty_dir: Some(empty_dir), ..Volume::default() }
}
