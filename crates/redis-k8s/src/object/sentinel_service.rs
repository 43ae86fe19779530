//! The Service through which clients and pods find the sentinels.

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::builder::builder;
use super::service;
use super::tutorial::{names, parts_v1};
use crate::api_version::v1beta3::{self, PortRef, ServicePort, ServiceSpec};
use crate::instance::Instance;
use crate::model::{self, IpFamily, IpFamilyPolicy, Redis, ServiceOptions, ServiceType, SessionAffinity};

builder! {
    /// The Service `NAME-sentinel`: a standing query for sentinels, who tell which server is master.
    ///
    /// ```
    /// use redis_k8s::{Redis, object::SentinelService};
    ///
    /// let redis = Redis::new("redis".parse()?);
    /// let service = SentinelService::new(&redis).v1beta3()?;
    /// assert_eq!(service.spec.selector["redis-sentinel"], "true");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    SentinelService {
        /// The Service of apps/v1, over the sentinels of the StatefulSet.
        apps_v1(AppsV1) -> Service;
        /// The Service of v1.
        v1(V1) -> Service;
        /// The Service of v1beta3.
        v1beta3(V1Beta3) -> v1beta3::Service;
    }
}

impl SentinelService<'_> {
    /// Reached this way; v1beta3 knows the cluster's inside and load balancers.
    pub fn service_type(mut self, service_type: ServiceType) -> Self {
        self.options().r#type = Some(service_type);
        self
    }

    /// With this rule on whether a client keeps its endpoint.
    pub fn session_affinity(mut self, affinity: SessionAffinity) -> Self {
        self.options().session_affinity = Some(affinity);
        self
    }

    fn options(&mut self) -> &mut ServiceOptions {
        let services = self.redis.to_mut().spec.services.get_or_insert_with(Box::<model::Services>::default);
        services.sentinel.get_or_insert_with(ServiceOptions::default)
    }
}

fn apps_v1(redis: &Redis) -> Service {
    service::sentinel(Instance::new(redis))
}

pub(super) fn v1(redis: &Redis) -> Service {
    let services = redis.spec.services.as_deref();
    let asked = services.and_then(|services| services.sentinel.as_ref());
    let port = i32::from(names::sentinel_port(redis).get());
    let families = services.and_then(|services| services.ip_families.as_ref());
    let policy = services.and_then(|services| services.ip_family_policy);
    Service {
        metadata: parts_v1::metadata(
            redis,
            names::sentinel(redis),
            names::service_labels(redis),
            names::service_annotations(redis),
        ),
        spec: Some(k8s_openapi::api::core::v1::ServiceSpec {
            ip_families: families
                .map(|families| families.iter().copied().map(IpFamily::as_str).map(str::to_owned).collect()),
            ip_family_policy: policy.map(IpFamilyPolicy::as_str).map(str::to_owned),
            ports: Some(vec![k8s_openapi::api::core::v1::ServicePort {
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

pub(super) fn v1beta3(redis: &Redis) -> v1beta3::Service {
    let asked = redis.spec.services.as_ref().and_then(|services| services.sentinel.as_ref());
    let port = names::sentinel_port(redis);
    let port = ServicePort { port, name: None, protocol: None, target_port: Some(PortRef::Number(port)) };
    let mut service = v1beta3::Service::new(
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
