//! What the four objects of the tutorial have in common, and the manifests they make.

mod builder;
pub(crate) mod names;
pub(super) mod parts_v1beta3;

use crate::manifest::Manifest;
use crate::model::Redis;
use crate::object::{MasterPod, RedisController, SentinelController, SentinelService};

pub(super) use builder::builder;

/// The four objects, in the API version they were written for.
pub(crate) fn v1beta3(redis: &Redis) -> Manifest {
    [
        MasterPod::new(redis).v1beta3().into(),
        SentinelService::new(redis).v1beta3().into(),
        RedisController::new(redis).v1beta3().into(),
        SentinelController::new(redis).v1beta3().into(),
    ]
    .into_iter()
    .collect()
}
