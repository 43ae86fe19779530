//! What the four objects of the tutorial have in common, and the manifests they make.

mod builder;
mod config_map;
pub(crate) mod names;
pub(super) mod parts_v1;
pub(super) mod parts_v1beta3;
mod service_account;

use crate::manifest::{Manifest, Object};
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

/// The same four on a cluster of today, with the ConfigMap that takes the place of the image's scripts, and a
/// ServiceAccount if one was asked for.
pub(crate) fn v1(redis: &Redis) -> Manifest {
    let four: [Object; 4] = [
        MasterPod::new(redis).v1().into(),
        SentinelService::new(redis).v1().into(),
        RedisController::new(redis).v1().into(),
        SentinelController::new(redis).v1().into(),
    ];
    let account = service_account::service_account(redis).map(Object::from);
    [config_map::config_map(redis).into()].into_iter().chain(account).chain(four).collect()
}
