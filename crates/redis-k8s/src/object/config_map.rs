//! The ConfigMap: configuration and scripts of both sets.

use k8s_openapi::api::core::v1::ConfigMap;

use super::metadata::metadata;
use crate::instance::Instance;
use crate::runtime::Texts;

pub(super) fn build(instance: Instance<'_>, texts: Texts) -> ConfigMap {
    ConfigMap {
        metadata: metadata(instance, instance.config_name(), None),
        data: Some(texts.into_files().map(|(name, text)| (name.to_owned(), text)).collect()),
        ..Default::default()
    }
}
