//! Documents that would make the same objects.

use std::collections::HashMap;

use redis_k8s::{PathStep, Redis};

use super::fault::Fault;
use super::node::Origin;

/// The place of a document's name: the source and what [`locate`](super::node::Node::locate) gave.
#[derive(Debug, Clone, Copy)]
pub(super) struct NameTag {
    pub(super) source: u32,
    pub(super) origin: Origin,
}

/// One problem of two documents: the fault, and the place of the other document's name.
pub(super) struct Twins {
    pub(super) fault: Fault,
    pub(super) second: NameTag,
    pub(super) first: NameTag,
}

/// Finds documents of the same name, those whose objects meet the sentinels of another, and those whose certificate does that of another.
///
/// Object names are NAME and NAME-suffix; of the suffixes only `-sentinel` is also carried by a workload, so that instances
/// `a` and `a-sentinel` are the one pair of different names that cannot live side by side.
pub(super) fn find(documents: &[impl AsRef<Redis>], tags: &[NameTag]) -> Vec<Twins> {
    let mut by_name = HashMap::with_capacity(documents.len());
    let mut twins = Vec::new();
    let key = |redis: &Redis| redis.metadata.namespace.as_ref().map(ToString::to_string).unwrap_or_default();
    let documents: Vec<&Redis> = documents.iter().map(AsRef::as_ref).collect();
    let namespaces: Vec<String> = documents.iter().map(|redis| key(redis)).collect();
    for (index, redis) in documents.iter().enumerate() {
        let name = redis.metadata.name.as_str();
        let first = *by_name.entry((namespaces[index].as_str(), name)).or_insert(index);
        if first != index {
            let namespace = match namespaces[index].as_str() {
                "" => String::new(),
                namespace => format!(" in namespace `{namespace}`"),
            };
            let fault = Fault::new("duplicate-instance", format!("another document is named `{name}`{namespace}"))
                .help("give each document its own name or namespace");
            twins.push(Twins { fault: at_name(fault), second: tags[index], first: tags[first] });
        }
    }
    for (index, redis) in documents.iter().enumerate() {
        let name = redis.metadata.name.as_str();
        if let Some(base) = name.strip_suffix("-sentinel")
            && let Some(first) = by_name.get(&(namespaces[index].as_str(), base))
        {
            let message = format!("the objects of `{name}` have the names of the sentinels of `{base}`");
            let fault = Fault::new("clashing-names", message).help("give it another name or namespace");
            twins.push(Twins { fault: at_name(fault), second: tags[index], first: tags[*first] });
        }
    }
    let mut by_secret = HashMap::new();
    for (index, redis) in documents.iter().enumerate() {
        let tls = redis.spec.tls.as_deref().filter(|tls| tls.certificate.is_some());
        let Some(secret) = tls.and_then(|tls| tls.secret.as_ref()) else { continue };
        let first = *by_secret.entry((namespaces[index].as_str(), secret.as_str())).or_insert(index);
        let [name, other] = [index, first].map(|index| &documents[index].metadata.name);
        if name != other {
            let message =
                format!("the certificate of `{name}` is written to the Secret `{secret}`, as that of `{other}`");
            let fault = Fault::new("clashing-certificates", message).help("give each its own spec.tls.secret");
            twins.push(Twins { fault: at_name(fault), second: tags[index], first: tags[first] });
        }
    }
    twins
}

fn at_name(fault: Fault) -> Fault {
    fault.under_all(&[PathStep::Field("metadata".to_owned()), PathStep::Field("name".to_owned())])
}
