//! The ServiceAccount of the tutorial's pods, for those who ask for one.

use k8s_openapi::api::core::v1::ServiceAccount;

use super::{names, parts_v1};
use crate::instance::Instance;
use crate::model::Redis;
use crate::object::metadata::marks_of;

pub(super) fn service_account(redis: &Redis) -> Option<ServiceAccount> {
    let asked = redis.spec.service_account.as_deref().filter(|asked| asked.create != Some(false))?;
    let mut annotations = names::object_annotations(redis);
    annotations.extend(asked.annotations.as_ref().map(marks_of).unwrap_or_default());
    let name = Instance::new(redis).service_account_name().to_owned();
    Some(ServiceAccount {
        metadata: parts_v1::metadata(redis, name, names::object_labels(redis), annotations),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    })
}
