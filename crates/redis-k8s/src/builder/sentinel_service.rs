//! The Service through which clients and pods find the sentinels.

use k8s_openapi::api::core::v1::Service;

use super::builder;
use crate::api_version::ApiVersion;
use crate::instance::Instance;
use crate::model::{self, Redis, ServiceOptions, ServiceType, SessionAffinity};
use crate::object::service;

builder! {
    /// The Service `NAME-sentinel`: a standing query for sentinels, who tell which server is master.
    ///
    /// ```
    /// use redis_k8s::{Redis, builder::SentinelService};
    ///
    /// let redis = Redis::new("redis".parse()?);
    /// let service = SentinelService::new(&redis).v1beta3()?;
    /// assert_eq!(service.spec.selector["redis-sentinel"], "true");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    SentinelService {
        /// The Service of apps/v1, over the sentinels of the StatefulSet.
        apps_v1(AppsV1) -> Service = apps_v1;
        /// The Service of v1.
        #[cfg(feature = "tutorial")]
        v1(V1) -> k8s_openapi::api::core::v1::Service = crate::tutorial::objects_v1::sentinel_service;
        /// The Service of v1beta3.
        #[cfg(feature = "tutorial")]
        v1beta3(V1Beta3) -> crate::tutorial::v1beta3::Service = crate::tutorial::objects_v1beta3::sentinel_service;
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
    service::sentinel(Instance::new(redis, ApiVersion::AppsV1))
}
