//! The pod a cluster begins with.

use k8s_openapi::api::core::v1::Pod;

use super::builder;
use crate::tutorial::v1beta3;
use crate::value::Image;

builder! {
    /// The bootstrap pod: the first master and the first sentinel, in one network namespace.
    ///
    /// Both controllers of the tutorial select it by its labels. It is deleted once others have taken over.
    /// `apps/v1` has no counterpart: its servers agree among themselves who begins.
    ///
    /// ```
    /// use redis_k8s::{Redis, builder::MasterPod};
    ///
    /// let redis = Redis::new("redis".parse()?);
    /// let pod = MasterPod::new(&redis).image("registry.example.com/redis:v1".parse()?).v1beta3()?;
    /// assert_eq!(pod.metadata.name.as_deref(), Some("redis-master"));
    /// assert_eq!(pod.spec.containers[0].image, "registry.example.com/redis:v1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    MasterPod {
        /// The pod of v1.
        v1(V1) -> Pod = crate::tutorial::objects_v1::master_pod;
        /// The pod of v1beta3.
        v1beta3(V1Beta3) -> v1beta3::Pod = crate::tutorial::objects_v1beta3::master_pod;
    }
}

impl MasterPod<'_> {
    /// With this image for both containers.
    pub fn image(mut self, image: Image) -> Self {
        self.redis.to_mut().spec.image = Some(image);
        self
    }
}
