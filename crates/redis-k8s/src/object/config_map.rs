//! The ConfigMap: configuration and scripts of both sets.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::{Serialize, Serializer};

use super::metadata::metadata;
use crate::instance::Instance;
use crate::runtime::{File, Texts};

/// The ConfigMap before its texts are copied into it: 66 kB that are the same for every instance.
#[derive(Debug)]
pub(crate) struct Config {
    metadata: ObjectMeta,
    texts: Texts,
}

pub(super) fn build(instance: Instance<'_>, texts: Texts) -> Config {
    Config { metadata: metadata(instance, instance.config_name(), None), texts }
}

impl From<Config> for ConfigMap {
    fn from(Config { metadata, texts }: Config) -> Self {
        let data = texts.files().into_iter().map(|(name, file)| (name.to_owned(), file.text().to_owned())).collect();
        Self { metadata, data: Some(data), ..Default::default() }
    }
}

/// For our YAML writer only: the same bytes as the ConfigMap has.
impl Serialize for Config {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct View<'c> {
            api_version: &'static str,
            kind: &'static str,
            data: BTreeMap<&'static str, File<'c>>,
            metadata: &'c ObjectMeta,
        }

        let Self { metadata, texts } = self;
        View { api_version: "v1", kind: "ConfigMap", data: texts.files(), metadata }.serialize(serializer)
    }
}

impl Serialize for File<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Script(script) => script.block.serialize(serializer),
            Self::Configuration(text) => serializer.serialize_str(text),
        }
    }
}
