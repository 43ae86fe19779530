//! Containers and volumes of the user's own.

use k8s_openapi::api::core::v1::{Container, ContainerPort, VolumeMount};

use super::Check;
use super::network_policy::{self, PORT_CLOSED_TO_CLIENTS};
use super::rule::rules;
use crate::check::at::At;
use crate::instance::Component;
use crate::runtime::{AUTH_DIR, CONFIG_DIR, DATA_DIR, RUN_DIR, TLS_DIR};
use crate::value::LabelValue;

rules! { RULES;
    EXTENSION_NAME = Error "extension-name", "a container or volume of `spec.extension` has no name, one that is taken, or one that is not lower-case letters, digits and `-`",
        "the API server refuses it, or the pods would have it twice";
    EXTENSION_IMAGE = Error "extension-image", "a container of `spec.extension` has no image",
        "the API server refuses it";
    EXTENSION_MOUNT = Error "extension-mount", "a mount of `spec.extension` names a volume there is not, or a directory the scripts own",
        "the pods would never start, or start without their configuration or data";
    VOLUME_UNUSED = Warning "volume-unused", "nothing mounts a volume of `spec.extension`",
        "the pods wait for it all the same";
}

/// The volumes of a server.
const OWN_VOLUMES: [&str; 5] = ["config", "run", "data", "auth", "tls"];
const OWN_DIRECTORIES: [&str; 5] = [CONFIG_DIR, RUN_DIR, DATA_DIR, AUTH_DIR, TLS_DIR];

pub(super) fn check(check: &mut Check) {
    let Some(asked) = check.spec.extension.as_deref() else { return };
    let path = At::root("spec.extension");
    let volumes: Vec<&str> = asked.volumes.iter().flatten().map(|volume| volume.name.as_str()).collect();
    for (place, name) in volumes.iter().enumerate() {
        named(check, &path.field("volumes").index(place), name, &[&OWN_VOLUMES, &volumes[..place]]);
    }
    let lists = [("initContainers", &asked.init_containers), ("containers", &asked.containers)];
    let mut names = vec!["redis"];
    names.extend(check.instance.metrics().map(|_| "metrics"));
    for (field, list) in lists {
        for (place, container) in list.iter().flatten().enumerate() {
            let list = path.field(field);
            let path = list.index(place);
            named(check, &path, &container.name, &[&names]);
            names.push(&container.name);
            if container.image.as_deref().unwrap_or_default().is_empty() {
                check.report(
                    EXTENSION_IMAGE
                        .at(path.field("image"), "a container needs an image")
                        .help("name one, with its version"),
                );
            }
            for (place, mount) in container.volume_mounts.iter().flatten().enumerate() {
                known(check, &path.field("volumeMounts").index(place), mount, &volumes);
            }
            for (place, port) in container.ports.iter().flatten().enumerate() {
                reached(check, &path.field("ports").index(place), port);
            }
        }
    }
    for (place, mount) in asked.volume_mounts.iter().flatten().enumerate() {
        let list = path.field("volumeMounts");
        let path = list.index(place);
        known(check, &path, mount, &volumes);
        let taken = |own: &&str| std::path::Path::new(&mount.mount_path).starts_with(own);
        let before = asked.volume_mounts.iter().flatten().take(place).any(|other| other.mount_path == mount.mount_path);
        if let Some(own) =
            OWN_DIRECTORIES.iter().find(|own| taken(own)).copied().or(before.then_some(&*mount.mount_path))
        {
            check.report(
                EXTENSION_MOUNT
                    .at(path.field("mountPath"), format!("{own} is taken by what the server has there"))
                    .help("mount it elsewhere"),
            );
        }
    }
    let containers = || lists.iter().flat_map(|(_, list)| list.iter().flatten());
    let mounts = || containers().flat_map(|container: &Container| container.volume_mounts.iter().flatten());
    for (place, name) in volumes.iter().enumerate() {
        if !mounts().chain(asked.volume_mounts.iter().flatten()).any(|mount| mount.name == *name) {
            check.report(
                VOLUME_UNUSED
                    .at(path.field("volumes").index(place), format!("nothing mounts {name}"))
                    .help("mount it in a container, or leave it out"),
            );
        }
    }
}

/// Reports a name that is none, or taken.
fn named(check: &mut Check, path: &At, name: &str, taken: &[&[&str]]) {
    let is_label = !name.is_empty() && name.parse::<LabelValue>().is_ok();
    let is_name = is_label && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    let why = if !is_name {
        format!("{name:?} is not lower-case letters, digits and '-'")
    } else if taken.iter().any(|taken| taken.contains(&name)) {
        format!("{name} is taken")
    } else {
        return;
    };
    check.report(EXTENSION_NAME.at(path.field("name"), why).help("give it a name of its own"));
}

/// Reports a port that only the pods of the instance reach.
fn reached(check: &mut Check, path: &At, port: &ContainerPort) {
    let (number, protocol) = (port.container_port, port.protocol.as_deref().unwrap_or("TCP"));
    // Those of Redis are open on every pod.
    let is_own = Component::ALL.into_iter().any(|component| i32::from(check.instance.port(component).get()) == number);
    if !is_own && !network_policy::opens(check, number, protocol) {
        let asked = if protocol == "TCP" { String::new() } else { format!(", protocol: {protocol}") };
        check.report(
            PORT_CLOSED_TO_CLIENTS
                .at(*path, format!("the NetworkPolicy lets nobody reach port {number} of the pods but themselves"))
                .help(format!("add `ports: [{{port: {number}{asked}}}]` and its peers to spec.networkPolicy.ingress")),
        );
    }
}

/// Reports a mount of a volume there is not.
fn known(check: &mut Check, path: &At, mount: &VolumeMount, volumes: &[&str]) {
    let (auth, tls) = (check.has_password(), check.spec.tls.is_some());
    let is_own = match mount.name.as_str() {
        "auth" => auth,
        "tls" => tls,
        name => OWN_VOLUMES.contains(&name),
    };
    if !is_own && !volumes.contains(&mount.name.as_str()) {
        check.report(
            EXTENSION_MOUNT
                .at(path.field("name"), format!("there is no volume {:?}", mount.name))
                .help("name one of spec.extension.volumes, or data, where the server writes"),
        );
    }
    if !mount.mount_path.starts_with('/') || mount.mount_path.contains(':') {
        check.report(
            EXTENSION_MOUNT
                .at(
                    path.field("mountPath"),
                    format!("{:?} is no path from the root of the container", mount.mount_path),
                )
                .help("write it with a slash at its start, and without a colon"),
        );
    }
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case(
            "extension-name",
            "spec.extension.containers[0].name",
            "spec: {extension: {containers: [{name: redis, image: 'a:1'}]}}",
            "spec: {extension: {containers: [{name: redis-cli, image: 'a:1'}]}}",
        ),
        case(
            "extension-name",
            "spec.extension.containers[0].name",
            "spec: {extension: {initContainers: [{name: a, image: 'a:1'}], containers: [{name: a, image: 'a:1'}]}}",
            "spec: {extension: {initContainers: [{name: a, image: 'a:1'}], containers: [{name: b, image: 'a:1'}]}}",
        ),
        case(
            "extension-name",
            "spec.extension.containers[0].name",
            "spec: {metrics: {enabled: true, from: [{pods: {}}]}, extension: {containers: [{name: metrics, image: 'a:1'}]}}",
            "spec: {extension: {containers: [{name: metrics, image: 'a:1'}]}}",
        ),
        case(
            "extension-name",
            "spec.extension.volumes[0].name",
            "spec: {extension: {volumes: [{name: run, emptyDir: {}}], volumeMounts: [{name: run, mountPath: /a}]}}",
            "spec: {extension: {volumes: [{name: mine, emptyDir: {}}], volumeMounts: [{name: mine, mountPath: /a}]}}",
        ),
        case(
            "extension-image",
            "spec.extension.initContainers[0].image",
            "spec: {extension: {initContainers: [{name: a}]}}",
            "spec: {extension: {initContainers: [{name: a, image: 'a:1'}]}}",
        ),
        case(
            "extension-mount",
            "spec.extension.volumeMounts[0].mountPath",
            "spec: {extension: {volumeMounts: [{name: run, mountPath: /data/run}]}}",
            "spec: {extension: {volumeMounts: [{name: run, mountPath: /database}]}}",
        ),
        case(
            "extension-mount",
            "spec.extension.containers[0].volumeMounts[0].name",
            "spec: {extension: {containers: [{name: a, image: 'a:1', volumeMounts: [{name: tls, mountPath: /tls}]}]}}",
            "spec: {tls: {secret: a}, auth: {secret: b}, extension: {containers: [{name: a, image: 'a:1', volumeMounts: [{name: tls, mountPath: /tls}]}]}}",
        ),
        case(
            "port-closed-to-clients",
            "spec.extension.containers[0].ports[0]",
            "spec: {extension: {containers: [{name: a, image: 'a:1', ports: [{containerPort: 8080}]}]}}",
            "spec: {networkPolicy: {ingress: [{ports: [{port: 8000, endPort: 8080}]}]}, extension: {containers: [{name: a, image: 'a:1', ports: [{containerPort: 8080}]}]}}",
        ),
        case(
            "port-closed-to-clients",
            "spec.extension.initContainers[0].ports[0]",
            "spec: {networkPolicy: {ingress: [{ports: [{port: 53}]}]}, extension: {initContainers: [{name: a, image: 'a:1', restartPolicy: Always, ports: [{containerPort: 53, protocol: UDP}]}]}}",
            "spec: {networkPolicy: {ingress: [{peers: [{pods: {}}]}]}, extension: {initContainers: [{name: a, image: 'a:1', restartPolicy: Always, ports: [{containerPort: 53, protocol: UDP}]}]}}",
        ),
        case(
            "volume-unused",
            "spec.extension.volumes[0]",
            "spec: {extension: {volumes: [{name: mine, emptyDir: {}}]}}",
            "spec: {extension: {volumes: [{name: mine, emptyDir: {}}], volumeMounts: [{name: mine, mountPath: /a}]}}",
        ),
    ]
};
