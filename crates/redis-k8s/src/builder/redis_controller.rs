//! The controller of the servers.

use k8s_openapi::api::apps::v1::StatefulSet;

use super::builder;
use crate::api_version::ApiVersion;
use crate::instance::{Component, Instance};
use crate::model::{EnvVar, Redis, Resources};
use crate::object::stateful_set;
use crate::runtime::Texts;
use crate::value::Image;

builder! {
    /// The controller `NAME`, which keeps the servers running: it adopts the bootstrap pod and makes the rest.
    ///
    /// ```
    /// use redis_k8s::{Redis, builder::RedisController};
    ///
    /// let redis = Redis::new("redis".parse()?);
    /// let controller = RedisController::new(&redis).replicas(3).v1beta3()?;
    /// assert_eq!(controller.spec.replicas, 3);
    /// assert_eq!(controller.spec.selector, controller.spec.template.metadata.labels);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    RedisController {
        /// The StatefulSet of apps/v1 that keeps the servers running.
        apps_v1(AppsV1) -> StatefulSet = apps_v1;
        /// The replication controller of v1.
        #[cfg(feature = "tutorial")]
        v1(V1) -> k8s_openapi::api::core::v1::ReplicationController = crate::tutorial::objects_v1::redis_controller;
        /// The replication controller of v1beta3.
        #[cfg(feature = "tutorial")]
        v1beta3(V1Beta3) -> crate::tutorial::v1beta3::ReplicationController = crate::tutorial::objects_v1beta3::redis_controller;
    }
}

impl RedisController<'_> {
    /// With this many servers, the bootstrap pod included.
    pub fn replicas(mut self, replicas: u32) -> Self {
        self.redis.to_mut().spec.replicas = Some(replicas);
        self
    }

    /// With this image.
    pub fn image(mut self, image: Image) -> Self {
        self.redis.to_mut().spec.image = Some(image);
        self
    }

    /// With this much CPU and memory for each server.
    pub fn resources(mut self, resources: Resources) -> Self {
        self.redis.to_mut().spec.resources = Some(Box::new(resources));
        self
    }

    /// With one environment variable more.
    pub fn env(mut self, variable: EnvVar) -> Self {
        self.redis.to_mut().spec.env.get_or_insert_with(Vec::new).push(variable);
        self
    }
}

fn apps_v1(redis: &Redis) -> StatefulSet {
    let instance = Instance::new(redis, ApiVersion::AppsV1);
    stateful_set::build(instance, Component::Server, Texts::new(instance).checksum(Component::Server))
}
