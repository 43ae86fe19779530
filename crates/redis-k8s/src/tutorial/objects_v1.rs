//! The tutorial on a cluster of today: its four objects, the ConfigMap that takes the place of the image's scripts, and a
//! ServiceAccount if one was asked for.

use k8s_openapi::api::core::v1::{
    ConfigMap, ConfigMapVolumeSource, Container, ContainerPort, EmptyDirVolumeSource, EnvVar, ExecAction, Lifecycle,
    LifecycleHandler, Pod, PodSpec, PodTemplateSpec, ReplicationController, ReplicationControllerSpec, Service,
    ServiceAccount, ServicePort, ServiceSpec, Toleration, Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{names, scripts};
use crate::api_version::ApiVersion;
use crate::instance::{Component, Instance};
use crate::manifest::{Manifest, Object};
use crate::model::{
    EmptyDirMedium, ImagePullPolicy, IpFamily, IpFamilyPolicy, Redis, ServiceType, SessionAffinity, Spread,
    TolerationEffect, defaults,
};
use crate::object::container::{asked_value, env_from, field, resources, security_context, value};
use crate::object::metadata::{Marks, marks_of, some};
use crate::object::probe::{ContainerProbes, Schedule, asked, command, probe};
use crate::object::{pod_template, service};
use crate::runtime;
use crate::value::Duration;

const CONFIG: &str = "config";
const DATA: &str = "data";
const SENTINEL: &str = "sentinel";
/// The effect of a taint that evicts pods.
const NO_EXECUTE: &str = TolerationEffect::NoExecute.as_str();

/// The process answers within seconds even while it loads.
const STARTUP: Schedule = Schedule(Duration::from_secs(1), Duration::from_secs(5), 60);
/// A replica leaves the read Service soon, and a new pod is ready as soon as it is in sync.
const READINESS: Schedule = Schedule(Duration::from_secs(2), Duration::from_secs(2), 2);
const LIVENESS: Schedule =
    Schedule(defaults::TUTORIAL_LIVENESS_PERIOD, Duration::from_secs(5), defaults::TUTORIAL_LIVENESS_FAILURE_THRESHOLD);

/// What a container is in the tutorial's story.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
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

const fn instance(redis: &Redis) -> Instance<'_> {
    Instance::new(redis, ApiVersion::V1)
}

/// Everything a document becomes on v1.
pub(crate) fn manifest(redis: &Redis) -> Manifest {
    let four: [Object; 4] = [
        master_pod(redis).into(),
        sentinel_service(redis).into(),
        redis_controller(redis).into(),
        sentinel_controller(redis).into(),
    ];
    let account = service_account(redis).map(Object::from);
    [config_map(redis).into()].into_iter().chain(account).chain(four).collect()
}

/// Adds what the API server adds to the tolerations of every pod, in its order
/// ([`DefaultTolerationSeconds`](https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#defaulttolerationseconds)).
///
/// The pods of a controller get them as well; but this one is applied itself, and kubectl compares the list as a whole.
fn add_default_tolerations(tolerations: &mut Vec<Toleration>) {
    for taint in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let is_tolerated = tolerations.iter().any(|toleration| {
            toleration.key.as_deref().is_none_or(|key| key == taint)
                && toleration.effect.as_deref().is_none_or(|effect| effect == NO_EXECUTE)
        });
        if !is_tolerated {
            tolerations.push(Toleration {
                effect: Some(NO_EXECUTE.to_owned()),
                key: Some(taint.to_owned()),
                operator: Some("Exists".to_owned()),
                toleration_seconds: Some(300),
                ..Toleration::default()
            });
        }
    }
}

/// The bootstrap pod.
pub(crate) fn master_pod(redis: &Redis) -> Pod {
    let roles = [Role::FirstServer, Role::FirstSentinel];
    let mut spec = pod_spec(redis, &names::server_selector(redis), &roles);
    if let Some(tolerations) = &mut spec.tolerations {
        add_default_tolerations(tolerations);
    }
    Pod {
        metadata: metadata(
            redis,
            names::master_pod(redis),
            names::master_labels(redis),
            names::master_annotations(redis),
        ),
        spec: Some(spec),
        ..Pod::default()
    }
}

/// The Service over the sentinels.
pub(crate) fn sentinel_service(redis: &Redis) -> Service {
    let services = redis.spec.services.as_deref();
    let asked = services.and_then(|services| services.sentinel.as_ref());
    let port = i32::from(instance(redis).port(Component::Sentinel).get());
    let families = services.and_then(|services| services.ip_families.as_ref());
    let policy = services.and_then(|services| services.ip_family_policy);
    Service {
        metadata: metadata(
            redis,
            names::sentinel(redis),
            names::service_labels(redis),
            names::service_annotations(redis),
        ),
        spec: Some(ServiceSpec {
            ip_families: families
                .map(|families| families.iter().copied().map(IpFamily::as_str).map(str::to_owned).collect()),
            ip_family_policy: policy.map(IpFamilyPolicy::as_str).map(str::to_owned),
            ports: Some(vec![ServicePort {
                port,
                protocol: Some("TCP".to_owned()),
                target_port: Some(IntOrString::Int(port)),
                ..Default::default()
            }]),
            selector: Some(names::sentinel_selector(redis)),
            session_affinity: asked
                .and_then(|asked| asked.session_affinity)
                .map(SessionAffinity::as_str)
                .map(str::to_owned),
            traffic_distribution: asked.and_then(|asked| service::traffic_distribution(redis, asked)),
            type_: asked.and_then(|asked| asked.r#type).map(ServiceType::as_str).map(str::to_owned),
            ..Default::default()
        }),
        ..Service::default()
    }
}

/// The controller of the servers.
pub(crate) fn redis_controller(redis: &Redis) -> ReplicationController {
    let (selector, labels) = (names::server_selector(redis), names::server_labels(redis));
    controller(
        redis,
        names::servers(redis),
        instance(redis).replicas(Component::Server),
        selector,
        labels,
        Role::Server,
    )
}

/// The controller of the sentinels.
pub(crate) fn sentinel_controller(redis: &Redis) -> ReplicationController {
    let (selector, labels) = (names::sentinel_selector(redis), names::sentinel_labels(redis));
    let replicas = instance(redis).replicas(Component::Sentinel);
    controller(redis, names::sentinel(redis), replicas, selector, labels, Role::Sentinel)
}

/// What the image of 2015 held.
fn config_map(redis: &Redis) -> ConfigMap {
    let files = scripts::files(instance(redis)).map(|(name, text)| (name.to_owned(), text));
    ConfigMap {
        metadata: metadata(redis, names::config(redis), names::object_labels(redis), names::object_annotations(redis)),
        data: Some(files.collect()),
        ..ConfigMap::default()
    }
}

/// The account of the pods, for those who ask for one.
fn service_account(redis: &Redis) -> Option<ServiceAccount> {
    let asked = redis.spec.service_account.as_deref().filter(|asked| asked.create != Some(false))?;
    let mut annotations = names::object_annotations(redis);
    annotations.extend(asked.annotations.as_ref().map(marks_of).unwrap_or_default());
    let name = instance(redis).service_account_name().to_owned();
    Some(ServiceAccount {
        metadata: metadata(redis, name, names::object_labels(redis), annotations),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    })
}

/// Metadata of an object of this instance.
fn metadata(redis: &Redis, name: String, labels: Marks, annotations: Marks) -> ObjectMeta {
    ObjectMeta {
        name: Some(name),
        namespace: redis.metadata.namespace.as_ref().map(ToString::to_string),
        labels: some(labels),
        annotations: some(annotations),
        ..ObjectMeta::default()
    }
}

/// A replication controller over pods of one container.
fn controller(
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
fn pod_spec(redis: &Redis, selector: &Marks, roles: &[Role]) -> PodSpec {
    let instance = instance(redis);
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
        host_users: pod_template::host_users(spec),
        image_pull_secrets: pod_template::image_pull_secrets(spec),
        node_selector: some(names::node_selector(redis)),
        priority_class_name: pod_template::name(scheduling, |scheduling| scheduling.priority_class.as_ref()),
        runtime_class_name: pod_template::name(scheduling, |scheduling| scheduling.runtime_class.as_ref()),
        scheduler_name: pod_template::name(scheduling, |scheduling| scheduling.scheduler.as_ref()),
        security_context: Some(pod_template::security_context(instance)),
        service_account_name: spec.service_account.as_ref().map(|_| instance.service_account_name().to_owned()),
        // As for apps/v1: somebody has to bury what scripts leave behind.
        share_process_namespace: Some(true),
        termination_grace_period_seconds: Some(i64::try_from(grace_period).unwrap_or(i64::MAX)),
        tolerations: pod_template::tolerations(scheduling),
        topology_spread_constraints: pod_template::spread_zones(fellows(), scheduling, Spread::None),
        volumes: Some(volumes(redis, roles)),
        ..PodSpec::default()
    }
}

fn container(redis: &Redis, role: Role) -> Container {
    let instance = instance(redis);
    let component = role.component();
    let mut requirements = resources(instance, component);
    if component == Component::Server && redis.spec.resources.is_none() {
        // The tutorial's one core, besides what every server gets.
        let limits = requirements.get_or_insert_default().limits.get_or_insert_default();
        limits.insert("cpu".to_owned(), Quantity("1".to_owned()));
    }
    let probes = probes(instance, component);
    Container {
        command: Some(scripts::start_command(component)),
        env: Some(env(redis, role)),
        env_from: env_from(&redis.spec).filter(|_| component == Component::Server),
        image: Some(instance.image(component)),
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
            container_port: instance.port(component).get().into(),
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

/// The probes of the tutorial's scripts.
fn probes(instance: Instance<'_>, component: Component) -> ContainerProbes {
    let asked = asked(instance, component);
    let script = |question: &str| command(scripts::probe_command(component, question));
    ContainerProbes {
        liveness: probe(script("live"), &LIVENESS, asked.and_then(|probes| probes.liveness.as_ref())),
        readiness: probe(script("ready"), &READINESS, asked.and_then(|probes| probes.readiness.as_ref())),
        startup: probe(script("live"), &STARTUP, asked.and_then(|probes| probes.startup.as_ref())),
    }
}

/// What the scripts need to know, in the tutorial's own words where it has them.
fn env(redis: &Redis, role: Role) -> Vec<EnvVar> {
    let instance = instance(redis);
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
        value("QUORUM", instance.quorum().to_string()),
        value("REDIS_PORT", instance.port(Component::Server).to_string()),
        value("REDIS_SENTINEL_SERVICE_HOST", names::sentinel(redis)),
        value("REDIS_SENTINEL_SERVICE_PORT", instance.port(Component::Sentinel).to_string()),
    ]);
    if role.component() == Component::Server {
        env.push(value("APPEND_ONLY", if instance.has_aof() { "yes" } else { "no" }.to_owned()));
        if role == Role::FirstServer && redis.spec.min_replicas_to_write.is_none() {
            // The first master is alone for a while, and has to accept writes.
            env.push(value("MIN_REPLICAS", "0".to_owned()));
        }
        env.extend(redis.spec.env.iter().flatten().map(asked_value));
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
    let own = if component == Component::Server {
        mount(DATA, scripts::DATA_DIR, false)
    } else {
        mount(SENTINEL, scripts::SENTINEL_DIR, false)
    };
    vec![mount(CONFIG, runtime::CONFIG_DIR, true), own]
}

fn volumes(redis: &Redis, roles: &[Role]) -> Vec<Volume> {
    let config = ConfigMapVolumeSource { name: names::config(redis), ..ConfigMapVolumeSource::default() };
    let mut volumes = vec![Volume { name: CONFIG.to_owned(), config_map: Some(config), ..Volume::default() }];
    volumes.extend(roles.iter().map(|role| {
        if role.component() == Component::Server {
            let asked = redis.spec.storage.as_deref().and_then(|storage| storage.empty_dir.as_ref());
            empty_dir(
                DATA,
                EmptyDirVolumeSource {
                    medium: asked.and_then(|dir| dir.medium).map(EmptyDirMedium::as_str).map(str::to_owned),
                    size_limit: asked.and_then(|dir| dir.size_limit.as_ref()).map(|size| Quantity(size.to_string())),
                    ..Default::default()
                },
            )
        } else {
            empty_dir(SENTINEL, EmptyDirVolumeSource::default())
        }
    }));
    volumes
}

fn empty_dir(name: &str, empty_dir: EmptyDirVolumeSource) -> Volume {
    Volume { name: name.to_owned(), empty_dir: Some(empty_dir), ..Volume::default() }
}
