//! The pod a cluster begins with.

use k8s_openapi::api::core::v1::{Pod, Toleration};

use super::builder::builder;
use super::tutorial::parts_v1::{self, Role};
use super::tutorial::{names, parts_v1beta3};
use crate::api_version::v1beta3;
use crate::model::{Redis, TolerationEffect};
use crate::value::Image;

/// The effect of a taint that evicts pods.
const NO_EXECUTE: &str = TolerationEffect::NoExecute.as_str();

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
    /// let pod = MasterPod::new(&redis).image("registry.example.com/redis:v1".parse()?).v1beta3()?;
    /// assert_eq!(pod.metadata.name.as_deref(), Some("redis-master"));
    /// assert_eq!(pod.spec.containers[0].image, "registry.example.com/redis:v1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    MasterPod {
        /// The pod of v1.
        v1(V1) -> Pod;
        /// The pod of v1beta3.
        v1beta3(V1Beta3) -> v1beta3::Pod;
    }
}

impl MasterPod<'_> {
    /// With this image for both containers.
    pub fn image(mut self, image: Image) -> Self {
        self.redis.to_mut().spec.image = Some(image);
        self
    }
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

pub(super) fn v1(redis: &Redis) -> Pod {
    let roles = [Role::FirstServer, Role::FirstSentinel];
    let mut spec = parts_v1::pod_spec(redis, &names::server_selector(redis), &roles);
    if let Some(tolerations) = &mut spec.tolerations {
        add_default_tolerations(tolerations);
    }
    Pod {
        metadata: parts_v1::metadata(
            redis,
            names::master_pod(redis),
            names::master_labels(redis),
            names::master_annotations(redis),
        ),
        spec: Some(spec),
        ..Pod::default()
    }
}

pub(super) fn v1beta3(redis: &Redis) -> v1beta3::Pod {
    let containers = vec![parts_v1beta3::server(redis, "master", Some("MASTER")), parts_v1beta3::sentinel(redis)];
    let mut pod = v1beta3::Pod::new(names::master_pod(redis), parts_v1beta3::pod_spec(redis, containers));
    pod.metadata.namespace = redis.metadata.namespace.as_ref().map(ToString::to_string);
    pod.metadata.labels = names::master_labels(redis);
    pod.metadata.annotations = names::master_annotations(redis);
    pod
}
