//! The `ConfigMaps`: configuration, and the scripts of both sets.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Serialize, Serializer};

use super::metadata::metadata;
use crate::instance::Instance;
use crate::runtime::{SCRIPTS, Script, Texts};

pub(super) fn configuration(instance: Instance<'_>, texts: Texts) -> ConfigMap {
    let data = texts.into_files().map(|(name, text)| (name.to_owned(), text));
    ConfigMap {
        metadata: metadata(instance, instance.config_name(), None),
        data: Some(data.into()),
        ..Default::default()
    }
}

/// The ConfigMap of the scripts before they are copied into it: the same for every instance.
#[derive(Debug)]
pub(crate) struct Scripts {
    metadata: ObjectMeta,
}

pub(super) fn scripts(instance: Instance<'_>) -> Scripts {
    Scripts { metadata: metadata(instance, instance.scripts_name(), None) }
}

impl From<Scripts> for ConfigMap {
    fn from(Scripts { metadata }: Scripts) -> Self {
        let data = SCRIPTS.iter().map(|script| (script.name.to_owned(), script.text.to_owned())).collect();
        Self { metadata, data: Some(data), ..Default::default() }
    }
}

/// For our YAML writer only: the same bytes as the ConfigMap has.
impl Serialize for Scripts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct View<'s> {
            api_version: &'static str,
            kind: &'static str,
            data: BTreeMap<&'static str, &'static Script>,
            metadata: &'s ObjectMeta,
        }

        let data = SCRIPTS.iter().map(|script| (script.name, script)).collect();
        View { api_version: "v1", kind: "ConfigMap", data, metadata: &self.metadata }.serialize(serializer)
    }
}

impl Serialize for Script {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.block.serialize(serializer)
    }
}
