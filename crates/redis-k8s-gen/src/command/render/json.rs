//! `-o json`: one `List` over the objects of all documents, written as they are rendered.

use redis_k8s::Manifest;

use super::stream::Format;

/// The same bytes as [`Manifest::to_json`] has for one document, without holding more than a part of them.
pub(super) struct List;

impl Format for List {
    const BEFORE: &'static str = "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"List\",\n  \"items\": [";
    const BETWEEN: &'static str = ",";
    const AFTER: &'static str = "\n  ]\n}\n";

    fn append(manifest: &Manifest, text: &mut String) {
        for (place, object) in manifest.iter().enumerate() {
            if place > 0 {
                text.push_str(Self::BETWEEN);
            }
            // types of Kubernetes have string keys and do not fail
            let object = serde_json::to_string_pretty(object).unwrap_or_default();
            // JSON has no line breaks inside its strings, so every line can be moved
            for line in object.lines() {
                text.push_str("\n    ");
                text.push_str(line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::{ConfigMap, ServiceAccount};
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
    use redis_k8s::Object;

    use super::*;

    #[test]
    fn a_list_of_one_document_is_what_the_library_writes() {
        let metadata = ObjectMeta { name: Some("redis".to_owned()), ..ObjectMeta::default() };
        let data = [("redis.conf".to_owned(), "port 6379\nsave \"\"\n".to_owned())].into();
        let objects = [
            Object::from(ServiceAccount { metadata: metadata.clone(), ..ServiceAccount::default() }),
            Object::from(ConfigMap { metadata, data: Some(data), ..ConfigMap::default() }),
        ];
        let manifest: Manifest = objects.into_iter().collect();
        let mut text = List::BEFORE.to_owned();
        List::append(&manifest, &mut text);
        text.push_str(List::AFTER);
        assert_eq!(text, manifest.to_json());
    }
}
