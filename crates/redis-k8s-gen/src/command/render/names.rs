//! `-o name`: one line for each object, as kubectl prints them.

use redis_k8s::emit::Text;
use redis_k8s::{Object, Redis};

use super::stream::Format;
use super::{Failure, Rendering};

/// Lines as `statefulset.apps/redis`.
pub(super) struct Names;

impl Format for Names {
    fn append(document: &Redis, rendering: &Rendering, text: &mut Text) -> Result<(), Failure> {
        for object in &rendering.manifest(document)? {
            text.push_str(&name(object));
            text.push_str("\n");
        }
        Ok(())
    }
}

/// The object as kubectl names it: kind and group in lower case, a slash, its name.
pub(super) fn name(object: &Object) -> String {
    let kind = object.kind().to_ascii_lowercase();
    match object.api_version().split_once('/') {
        Some((group, _)) => format!("{kind}.{group}/{}", object.name()),
        None => format!("{kind}/{}", object.name()),
    }
}
