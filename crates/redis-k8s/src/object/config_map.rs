//! The `ConfigMaps`: configuration, and the scripts of both sets.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::metadata::metadata;
use crate::emit;
use crate::instance::Instance;
use crate::runtime::{SCRIPTS, Texts};

pub(super) fn configuration(instance: Instance<'_>, texts: Texts) -> ConfigMap {
    let data = texts.into_files().map(|(name, text)| (name.to_owned(), text));
    ConfigMap {
        metadata: metadata(instance, instance.config_name(), None),
        data: Some(data.collect()),
        ..Default::default()
    }
}

pub(super) fn scripts_metadata(instance: Instance<'_>) -> ObjectMeta {
    metadata(instance, instance.scripts_name(), None)
}

/// The scripts, the same for every instance.
pub(super) fn scripts(metadata: ObjectMeta) -> ConfigMap {
    let data = SCRIPTS.iter().map(|script| (script.name.to_owned(), script.text.to_owned())).collect();
    ConfigMap { metadata, data: Some(data), ..Default::default() }
}

/// Appends the YAML of [`scripts`], whose texts are laid out once for all instances.
pub(super) fn write_scripts(metadata: &ObjectMeta, text: &mut String) {
    static DATA: LazyLock<String> = LazyLock::new(|| {
        let scripts: BTreeMap<_, _> = SCRIPTS.iter().map(|script| (script.name, script.text)).collect();
        let mut text = String::new();
        emit::yaml(&BTreeMap::from([("data", scripts)]), &mut text);
        text
    });
    text.extend(["---\napiVersion: v1\nkind: ConfigMap\n", DATA.as_str()]);
    emit::yaml(&BTreeMap::from([("metadata", metadata)]), text);
}
