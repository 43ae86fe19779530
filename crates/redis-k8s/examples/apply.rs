//! Server-side apply with kube-rs of a manifest that was changed first: an annotation, a sidecar, an owner.
//!
//! `cargo run --package redis-k8s --example apply` uses the current context of kubectl.

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{ConfigMap, Container};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::api::{Patch, PatchParams};
use kube::core::{ApiResource, DynamicObject};
use kube::{Api, Client, ResourceExt};
use redis_k8s::{ApiVersion, Manifest, Object, Redis};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::try_default().await?;
    let namespace = client.default_namespace().to_owned();
    let shop: ConfigMap = Api::namespaced(client.clone(), &namespace).get("shop").await?;
    let owner = OwnerReference {
        api_version: "v1".to_owned(),
        kind: "ConfigMap".to_owned(),
        name: shop.name_any(),
        uid: shop.uid().unwrap_or_default(),
        ..OwnerReference::default()
    };
    for object in changed(&owner)? {
        let resource = resource(&object);
        let name = object.name().to_owned();
        let object: DynamicObject = serde_json::from_value(object.into())?;
        let api: Api<DynamicObject> = Api::namespaced_with(client.clone(), &namespace, &resource);
        api.patch(&name, &PatchParams::apply("shop"), &Patch::Apply(&object)).await?;
    }
    Ok(())
}

/// The manifest of an instance, and what this program adds to it.
fn changed(owner: &OwnerReference) -> Result<Manifest, Box<dyn std::error::Error>> {
    let mut manifest = Redis::new("cache".parse()?).checked(ApiVersion::AppsV1)?.manifest();
    for metadata in manifest.iter_mut().filter_map(Object::metadata_mut) {
        metadata.annotations.get_or_insert_default().insert("example.com/team".to_owned(), "checkout".to_owned());
        metadata.owner_references.get_or_insert_default().push(owner.clone());
    }
    let servers: &mut StatefulSet = manifest.get_mut("cache").ok_or("no servers")?;
    let pod = servers.spec.as_mut().and_then(|spec| spec.template.spec.as_mut()).ok_or("no pods")?;
    let image = Some("registry.example.com/audit:1.4".to_owned());
    pod.containers.push(Container { name: "audit".to_owned(), image, ..Container::default() });
    Ok(manifest)
}

/// Where the API serves the objects of this kind.
fn resource(object: &Object) -> ApiResource {
    ApiResource {
        group: object.group().to_owned(),
        version: object.version().to_owned(),
        api_version: object.api_version().to_owned(),
        kind: object.kind().to_owned(),
        plural: object.plural().to_owned(),
    }
}
