//! The Services: who is found under which name, and which addresses outlive a pod.

use std::net::IpAddr;

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::exporter::METRICS;
use super::metadata::{annotate, marks_of, metadata, selector_labels};
use crate::instance::{Component, Instance};
use crate::model::{
    External, ExternalType, INDEX, IpFamily, IpFamilyPolicy, MonitorKind, Redis, ServiceOptions, ServiceType,
    SessionAffinity, TrafficDistribution, TrafficPolicy,
};

/// What stands for the name of a pod outside in an annotation of its Service.
const HOSTNAME: &str = "{hostname}";

/// By what the pods of a set find each other, ready or not, since they do so before they are ready.
///
/// Each pod announces an address that outlives it, and needs no name to be looked up while the pod runs. Its name exists before
/// the pod does, so nobody has to wait until a name service forgets that it did not. The headless Service is the identity of
/// the set.
pub(super) fn of_pods(instance: Instance<'_>, component: Component, mut take: impl FnMut(Service)) {
    const POD_NAME: &str = "statefulset.kubernetes.io/pod-name";

    let set = instance.set_name(component);
    let spec = ServiceSpec { publish_not_ready_addresses: Some(true), ..spec(instance, component) };
    let mut service = service(instance, String::new(), component, spec);
    // In the order of their names: 10 stands before 2.
    let mut ordinals: Vec<_> =
        (0..instance.replicas(component)).map(|ordinal| (ordinal.to_string(), ordinal)).collect();
    ordinals.sort_unstable();
    let outside = instance.external().zip(instance.outside(component));
    for (ordinal, number) in ordinals {
        service.metadata.name = Some(instance.announce_name(component, &ordinal));
        let pod = [&set, "-", &ordinal].concat();
        service.spec.get_or_insert_default().selector = Some([(POD_NAME.to_owned(), pod)].into());
        let mut service = service.clone();
        if let Some((external, addresses)) = outside {
            let address = External::address(addresses, number).unwrap_or_default();
            let fill = |text: &str| text.replace(HOSTNAME, &address).replace(INDEX, &ordinal);
            let node_port = external.node_port(component).map(|first| first.saturating_add(number));
            expose(&mut service, external, &address, node_port, fill);
        }
        take(service);
    }

    service.metadata.name = Some(instance.headless_name(component));
    let spec = service.spec.get_or_insert_default();
    spec.selector = Some(selector_labels(instance, component));
    spec.cluster_ip = Some("None".to_owned());
    spec.ports.iter_mut().flatten().for_each(|port| port.target_port = None);
    if instance.monitor().is_some_and(|(kind, _)| kind == MonitorKind::ServiceMonitor) {
        spec.ports.get_or_insert_default().push(ServicePort {
            name: Some(METRICS.to_owned()),
            port: instance.metrics_port().get().into(),
            ..Default::default()
        });
    }
    take(service);
}

/// Makes the Service of a pod a load balancer, or a port of the nodes.
fn expose(
    service: &mut Service,
    external: &External,
    address: &str,
    node_port: Option<u32>,
    fill: impl Fn(&str) -> String,
) {
    let is_ip = address.parse::<IpAddr>().is_ok();
    let asked = external.annotations.iter().flatten().filter(|(_, text)| !(is_ip && text.contains(HOSTNAME)));
    let annotations: Vec<_> = asked.map(|(key, text)| (key.to_string(), fill(text))).collect();
    if !annotations.is_empty() {
        service.metadata.annotations.get_or_insert_default().extend(annotations);
    }
    let spec = service.spec.get_or_insert_default();
    let kind = external.r#type.unwrap_or(ExternalType::LoadBalancer);
    let is_balanced = kind == ExternalType::LoadBalancer;
    spec.type_ = Some(kind.as_str().to_owned());
    spec.load_balancer_class = external.load_balancer_class.as_ref().map(ToString::to_string);
    spec.load_balancer_ip = (is_balanced && is_ip).then(|| address.to_owned());
    spec.load_balancer_source_ranges.clone_from(&external.load_balancer_source_ranges);
    let policy = external.external_traffic_policy.or(is_balanced.then_some(TrafficPolicy::Local));
    spec.external_traffic_policy = policy.map(TrafficPolicy::as_str).map(str::to_owned);
    set_node_port(spec, node_port);
}

fn set_node_port(spec: &mut ServiceSpec, node_port: Option<u32>) {
    for port in spec.ports.iter_mut().flatten() {
        port.node_port = node_port.and_then(|port| i32::try_from(port).ok());
    }
}

/// Where clients ask who is master: over the sentinels that know.
pub(crate) fn sentinel(instance: Instance<'_>) -> Service {
    let options = instance.redis.spec.services.as_deref().and_then(|services| services.sentinel.as_ref());
    let component = Component::Sentinel;
    with_options(
        instance,
        service(instance, instance.set_name(component), component, spec(instance, component)),
        options,
    )
}

/// Where clients read: over the servers that are in sync.
pub(super) fn read(instance: Instance<'_>) -> Option<Service> {
    let options = instance.redis.spec.services.as_deref().and_then(|services| services.read.as_ref());
    if options.and_then(|options| options.enabled) == Some(false) {
        return None;
    }
    let component = Component::Server;
    let name = [instance.name(), "-read"].concat();
    Some(with_options(instance, service(instance, name, component, spec(instance, component)), options))
}

/// Where clients without Sentinel write: over the proxies that follow the master.
pub(super) fn master(instance: Instance<'_>) -> Option<Service> {
    let options = instance.master_service()?.service();
    let component = Component::Proxy;
    let name = instance.set_name(component);
    Some(with_options(instance, service(instance, name, component, spec(instance, component)), Some(&options)))
}

fn service(instance: Instance<'_>, name: String, component: Component, spec: ServiceSpec) -> Service {
    Service { metadata: metadata(instance, name, Some(component)), spec: Some(spec), ..Default::default() }
}

/// What all Services over a set have in common.
fn spec(instance: Instance<'_>, component: Component) -> ServiceSpec {
    let services = instance.redis.spec.services.as_deref();
    let port_name = port_name(component);
    ServiceSpec {
        ip_families: services
            .and_then(|services| services.ip_families.as_ref())
            .map(|families| families.iter().copied().map(IpFamily::as_str).map(str::to_owned).collect()),
        ip_family_policy: services
            .and_then(|services| services.ip_family_policy)
            .map(IpFamilyPolicy::as_str)
            .map(str::to_owned),
        ports: Some(vec![ServicePort {
            name: Some(port_name.to_owned()),
            port: instance.port(component).get().into(),
            // By name: while the port changes, pods of before are reached at theirs.
            target_port: Some(IntOrString::String(port_name.to_owned())),
            ..Default::default()
        }]),
        selector: Some(selector_labels(instance, component)),
        ..Default::default()
    }
}

/// The name of the port of a set, on its pods and Services.
pub(super) const fn port_name(component: Component) -> &'static str {
    match component {
        Component::Server | Component::Proxy => "redis",
        Component::Sentinel => "sentinel",
    }
}

/// The word of the document's Kubernetes for the endpoints that are preferred.
///
/// Kubernetes 1.33 refuses `PreferSameZone`, and newer ones warn of `PreferClose`, which means the same
/// ([KEP-3015](https://www.kubernetes.dev/resources/keps/3015/)).
pub(crate) fn traffic_distribution(redis: &Redis, options: &ServiceOptions) -> Option<String> {
    let wanted = options.traffic_distribution?;
    let word = match wanted {
        TrafficDistribution::PreferSameZone if redis.spec.minor() < 34 => "PreferClose",
        wanted => wanted.as_str(),
    };
    Some(word.to_owned())
}

fn with_options(instance: Instance<'_>, mut service: Service, options: Option<&ServiceOptions>) -> Service {
    let Some(options) = options else { return service };
    if let Some(labels) = &options.labels {
        // The recommended labels stay ours.
        let ours = service.metadata.labels.take().unwrap_or_default();
        service.metadata.labels.insert(marks_of(labels)).extend(ours);
    }
    annotate(&mut service.metadata, options.annotations.as_ref());
    let spec = service.spec.get_or_insert_default();
    spec.type_ = options.r#type.map(ServiceType::as_str).map(str::to_owned);
    spec.traffic_distribution = traffic_distribution(instance.redis, options);
    spec.load_balancer_class = options.load_balancer_class.as_ref().map(ToString::to_string);
    spec.load_balancer_source_ranges.clone_from(&options.load_balancer_source_ranges);
    spec.external_traffic_policy = options.external_traffic_policy.map(TrafficPolicy::as_str).map(str::to_owned);
    set_node_port(spec, options.node_port);
    spec.session_affinity = options.session_affinity.map(SessionAffinity::as_str).map(str::to_owned);
    service
}
