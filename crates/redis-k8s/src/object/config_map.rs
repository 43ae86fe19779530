//! The `ConfigMaps`: configuration, and the scripts of both sets.

use k8s_openapi::api::core::v1::ConfigMap;

use super::metadata::metadata;
use crate::instance::Instance;
use crate::runtime::{SCRIPTS, Texts};

pub(super) fn configuration(instance: Instance<'_>, texts: Texts) -> ConfigMap {
    let data = texts.into_files().map(|(name, text)| (name.to_owned(), text));
    ConfigMap {
        metadata: metadata(instance, instance.config_name(), None),
        data: Some(data.into()),
        ..Default::default()
    }
}

/// The scripts, the same for every instance.
pub(super) fn scripts(instance: Instance<'_>) -> ConfigMap {
    let data = SCRIPTS.iter().map(|script| (script.name.to_owned(), script.text.to_owned())).collect();
    ConfigMap { metadata: metadata(instance, instance.scripts_name(), None), data: Some(data), ..Default::default() }
}
