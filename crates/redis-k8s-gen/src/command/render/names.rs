//! `-o name`: one line for each object, as kubectl prints them.

use redis_k8s::{Manifest, Object};

use super::stream::Format;

/// Lines as `statefulset.apps/redis`.
pub(super) struct Names;

impl Format for Names {
    fn append(manifest: &Manifest, text: &mut String) {
        for object in manifest {
            text.push_str(&name(object));
            text.push('\n');
        }
    }
}

/// The object as kubectl names it: kind and group in lower case, a slash, its name.
pub(super) fn name(object: &Object) -> String {
    let kind = object.kind().to_ascii_lowercase();
    match object.group() {
        "" => format!("{kind}/{}", object.name()),
        group => format!("{kind}.{group}/{}", object.name()),
    }
}
