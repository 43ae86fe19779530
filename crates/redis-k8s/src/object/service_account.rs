//! The ServiceAccount of the pods: it may do nothing, and its token is not mounted.

use k8s_openapi::api::core::v1::ServiceAccount;

use super::metadata::{annotate, metadata};
use crate::instance::Instance;

pub(super) fn build(instance: Instance<'_>) -> Option<ServiceAccount> {
    let asked = instance.redis.spec.service_account.as_deref();
    if asked.and_then(|account| account.create) == Some(false) {
        return None;
    }
    let mut metadata = metadata(instance, instance.service_account_name(), None);
    annotate(&mut metadata, asked.and_then(|account| account.annotations.as_ref()));
    Some(ServiceAccount { metadata, automount_service_account_token: Some(false), ..Default::default() })
}
