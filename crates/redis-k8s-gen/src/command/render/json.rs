//! `-o json`: one `List` over the objects of all documents, written as they are rendered.

use redis_k8s::Manifest;

use super::stream::Format;

/// The same bytes as [`Manifest::to_json`] has for one document, without holding more than a part of them.
pub(super) struct List;

impl Format for List {
    const BEFORE: &'static str = "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"List\",\n  \"items\": [";
    const BETWEEN: &'static str = ",";
    const AFTER: &'static str = "\n  ]\n}\n";

    fn append(&self, manifest: &Manifest, text: &mut String) {
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
    use redis_k8s::{ApiVersion, Redis};

    use super::*;

    #[test]
    fn a_list_of_one_document_is_what_the_library_writes() {
        let manifest = Redis::new("redis".parse().unwrap()).render(ApiVersion::AppsV1).unwrap();
        let mut text = String::from(List::BEFORE);
        List.append(&manifest, &mut text);
        text.push_str(List::AFTER);
        assert_eq!(text, manifest.to_json());
    }
}
