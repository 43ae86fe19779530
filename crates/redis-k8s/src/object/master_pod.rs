//! The pod a cluster begins with.

use k8s_openapi::api::core::v1::Pod;

use super::tutorial::parts_v1::{self, Role};
use super::tutorial::{builder, names, parts_v1beta3};
use crate::target::v1beta3;
use crate::value::Image;

builder! {
    /// The bootstrap pod: the first master and the first sentinel, in one network namespace.
    ///
    /// Both controllers of the tutorial select it by its labels. It is deleted once others have taken over.
    /// `apps/v1` has no counterpart: its servers agree among themselves who begins.
    ///
    /// ```
    /// use redis_k8s::{Redis, object::MasterPod};
    ///
    /// let redis = Redis::new("redis".parse()?);
    /// let pod = MasterPod::new(&redis).image("registry.example.com/redis:v1".parse()?).v1beta3();
    /// assert_eq!(pod.metadata.name.as_deref(), Some("redis-master"));
    /// assert_eq!(pod.spec.containers[0].image, "registry.example.com/redis:v1");
    /// # Ok::<(), redis_k8s::InvalidValue>(())
    /// ```
    MasterPod
}

impl MasterPod<'_> {
    /// With this image for both containers.
    pub fn image(mut self, image: Image) -> Self {
        self.redis.to_mut().spec.image = Some(image);
        self
    }

    /// The pod of v1.
    #[must_use]
    pub fn v1(&self) -> Pod {
        let redis = &*self.redis;
        let roles = [Role::FirstServer, Role::FirstSentinel];
        Pod {
            metadata: parts_v1::metadata(
                redis,
                names::master_pod(redis),
                names::master_labels(redis),
                names::master_annotations(redis),
            ),
            spec: Some(parts_v1::pod_spec(redis, &names::server_selector(redis), &roles)),
            ..Pod::default()
        }
    }

    /// The pod of v1beta3.
    #[must_use]
    pub fn v1beta3(&self) -> v1beta3::Pod {
        let redis = &*self.redis;
        let containers = vec![parts_v1beta3::server(redis, "master", Some("MASTER")), parts_v1beta3::sentinel(redis)];
        let mut pod = v1beta3::Pod::new(names::master_pod(redis), parts_v1beta3::pod_spec(redis, containers));
        pod.metadata.namespace = redis.metadata.namespace.as_ref().map(ToString::to_string);
        pod.metadata.labels = names::master_labels(redis);
        pod.metadata.annotations = names::master_annotations(redis);
        pod
    }
}
