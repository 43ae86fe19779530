//! The proxies that follow the master. They keep nothing, and any of them will do.

use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::metadata::{metadata, selector};
use super::pod_template;
use crate::instance::{Component, Instance};

pub(super) fn build(instance: Instance<'_>, checksum: String) -> Deployment {
    let component = Component::Proxy;
    Deployment {
        metadata: metadata(instance, instance.set_name(component), Some(component)),
        // Required, and so no Option, in the types of newer releases.
        spec: DeploymentSpec {
            replicas: Some(i32::try_from(instance.running(component)).unwrap_or(i32::MAX)),
            selector: selector(instance, component),
            strategy: Some(DeploymentStrategy {
                // None beside those there are: it would need a node of its own, and take connections of the servers.
                rolling_update: Some(RollingUpdateDeployment {
                    max_surge: Some(IntOrString::Int(0)),
                    max_unavailable: Some(IntOrString::Int(1)),
                }),
                type_: Some("RollingUpdate".to_owned()),
            }),
            template: pod_template::build(instance, component, checksum),
            ..Default::default()
        }
        .into(),
        ..Default::default()
    }
}
