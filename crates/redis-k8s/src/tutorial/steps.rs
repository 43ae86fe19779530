//! The run book of the tutorial, as a shell script.

use minijinja::context;

use crate::api_version::ApiVersion;
use crate::error::{FieldPath, Problem, Refused};
use crate::instance::{Component, Instance};
use crate::manifest::{Manifest, Object};
use crate::model::Redis;
use crate::template::fill;
use crate::tutorial::names;

/// The tutorial's run book for this document: a POSIX shell script that holds every object and needs kubectl alone.
///
/// It creates the objects in the tutorial's order, waits until each step holds, resizes to three servers and three
/// sentinels (or as many more as the document asks for), deletes the bootstrap pod and says who is master then. On
/// `v1` it moves the master off that pod before, and has the sentinels forget the pod after.
///
/// ```
/// use redis_k8s::tutorial::steps;
/// use redis_k8s::{ApiVersion, Redis};
///
/// let redis = Redis::new("redis".parse()?);
/// assert!(steps(&redis, ApiVersion::V1Beta3)?.contains("kube resize rc"));
/// assert!(steps(&redis, ApiVersion::V1)?.contains("kube scale rc"));
/// assert!(steps(&redis, ApiVersion::AppsV1).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`Refused`] if the document cannot be rendered for the target, or the target needs no run book: `apps/v1`.
pub fn steps(redis: &Redis, target: ApiVersion) -> Result<String, Refused> {
    if target == ApiVersion::AppsV1 {
        let problem = Problem::error("no-run-book", FieldPath::default(), "apps/v1 has no steps: it bootstraps itself")
            .help("render it and apply it once, or ask for the steps of v1beta3 or v1");
        return Err(Refused { problems: vec![problem] });
    }
    let manifest: Manifest = redis.render(target)?.into_iter().map(starting_with_one).collect();
    let instance = Instance::new(redis, target);
    let object = |kind: &str, name: &str| manifest.find(kind, name).map(step);
    let before: Vec<_> = manifest.iter().filter(|object| is_needed_first(object)).map(step).collect();
    Ok(fill(
        &format!("tutorial/steps/{target}.sh"),
        context! {
            name => redis.metadata.name.as_str(),
            namespace => redis.metadata.namespace.as_ref().map(AsRef::as_ref),
            master_name => instance.master_name(),
            port => instance.port(Component::Server).get(),
            sentinel_port => instance.port(Component::Sentinel).get(),
            servers => instance.resized(Component::Server),
            sentinels => instance.resized(Component::Sentinel),
            before,
            pod => object("Pod", &names::master_pod(redis)),
            service => object("Service", &names::sentinel(redis)),
            redis => object("ReplicationController", &names::servers(redis)),
            sentinel => object("ReplicationController", &names::sentinel(redis)),
        },
    ))
}

fn step(object: &Object) -> minijinja::Value {
    context! { kind => object.kind(), name => object.name(), yaml => object.to_yaml() }
}

/// The controllers start with one pod each, as the tutorial has it, and are resized.
fn starting_with_one(mut object: Object) -> Object {
    match &mut object {
        Object::ReplicationController(controller) => {
            if let Some(spec) = &mut controller.spec {
                spec.replicas = Some(1);
            }
        }
        Object::ReplicationControllerV1Beta3(controller) => controller.spec.replicas = 1,
        _ => {}
    }
    object
}

/// What pods refer to has to be there before them.
fn is_needed_first(object: &Object) -> bool {
    matches!(object.kind(), "ConfigMap" | "ServiceAccount")
}
