//! The controller of the sentinels.

use k8s_openapi::api::apps::v1::StatefulSet;

use super::builder;
use crate::api_version::ApiVersion;
use crate::instance::{Component, Instance};
use crate::model::{Redis, Resources, Sentinel};
use crate::object::stateful_set;
use crate::runtime::Texts;
use crate::value::Image;

builder! {
    /// The controller `NAME-sentinel`, which keeps the sentinels running.
    ///
    /// In 2015 it adopted the bootstrap pod too; since Kubernetes 1.3 a pod has one controller, so it makes its own.
    ///
    /// ```
    /// use redis_k8s::{Redis, builder::SentinelController};
    ///
    /// let redis = Redis::new("redis".parse()?);
    /// let controller = SentinelController::new(&redis).replicas(3).v1beta3()?;
    /// assert_eq!(controller.spec.template.metadata.labels["role"], "sentinel");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    SentinelController {
        /// The StatefulSet of apps/v1 that keeps the sentinels running.
        apps_v1(AppsV1) -> StatefulSet = apps_v1;
        /// The replication controller of v1.
        #[cfg(feature = "tutorial")]
        v1(V1) -> k8s_openapi::api::core::v1::ReplicationController = crate::tutorial::objects_v1::sentinel_controller;
        /// The replication controller of v1beta3.
        #[cfg(feature = "tutorial")]
        v1beta3(V1Beta3) -> crate::tutorial::v1beta3::ReplicationController = crate::tutorial::objects_v1beta3::sentinel_controller;
    }
}

impl SentinelController<'_> {
    /// With this many sentinels.
    pub fn replicas(mut self, replicas: u32) -> Self {
        self.sentinel().replicas = Some(replicas);
        self
    }

    /// With this image.
    pub fn image(mut self, image: Image) -> Self {
        self.redis.to_mut().spec.image = Some(image);
        self
    }

    /// With this much CPU and memory for each sentinel.
    pub fn resources(mut self, resources: Resources) -> Self {
        self.sentinel().resources = Some(Box::new(resources));
        self
    }

    fn sentinel(&mut self) -> &mut Sentinel {
        self.redis.to_mut().spec.sentinel.get_or_insert_with(Box::default)
    }
}

fn apps_v1(redis: &Redis) -> StatefulSet {
    let instance = Instance::new(redis, ApiVersion::AppsV1);
    stateful_set::build(instance, Component::Sentinel, Texts::new(instance).checksum(Component::Sentinel))
}
