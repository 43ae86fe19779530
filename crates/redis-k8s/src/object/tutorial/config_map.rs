//! The ConfigMap of the tutorial on a cluster of today: what its image held in 2015.

use k8s_openapi::api::core::v1::ConfigMap;

use super::{names, parts_v1};
use crate::instance::Instance;
use crate::model::Redis;
use crate::runtime::tutorial;

pub(super) fn config_map(redis: &Redis) -> ConfigMap {
    let files = tutorial::files(Instance::new(redis)).map(|(name, text)| (name.to_owned(), text));
    ConfigMap {
        metadata: parts_v1::metadata(
            redis,
            names::config(redis),
            names::object_labels(redis),
            names::object_annotations(redis),
        ),
        data: Some(files.collect()),
        ..ConfigMap::default()
    }
}
