//! What the four objects of the tutorial have in common, and the manifests they make.

mod config_map;
pub(crate) mod names;
pub(super) mod parts_v1;
pub(super) mod parts_v1beta3;
mod service_account;

use crate::manifest::{Manifest, Object};
use crate::model::Redis;
use crate::object::{master_pod, redis_controller, sentinel_controller, sentinel_service};

/// The four objects, in the API version they were written for.
pub(crate) fn v1beta3(redis: &Redis) -> Manifest {
    [
        master_pod::v1beta3(redis).into(),
        sentinel_service::v1beta3(redis).into(),
        redis_controller::v1beta3(redis).into(),
        sentinel_controller::v1beta3(redis).into(),
    ]
    .into_iter()
    .collect()
}

/// The same four on a cluster of today, with the ConfigMap that takes the place of the image's scripts, and a
/// ServiceAccount if one was asked for.
pub(crate) fn v1(redis: &Redis) -> Manifest {
    let four: [Object; 4] = [
        master_pod::v1(redis).into(),
        sentinel_service::v1(redis).into(),
        redis_controller::v1(redis).into(),
        sentinel_controller::v1(redis).into(),
    ];
    let account = service_account::service_account(redis).map(Object::from);
    [config_map::config_map(redis).into()].into_iter().chain(account).chain(four).collect()
}
