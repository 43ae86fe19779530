//! Volumes: configuration and secrets to read, memory for what is made of them, and a place for data.

use k8s_openapi::api::core::v1::{
    ConfigMapProjection, ConfigMapVolumeSource, EmptyDirVolumeSource, KeyToPath, PersistentVolumeClaim,
    PersistentVolumeClaimSpec, PersistentVolumeClaimStatus, ProjectedVolumeSource, SecretProjection,
    SecretVolumeSource, Volume, VolumeMount, VolumeProjection, VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::metadata::{marks_of, selector_labels, some};
use crate::instance::{Component, Instance};
use crate::model::{AccessMode, Auth, Authority, EmptyDirMedium, Tls, defaults};
use crate::runtime;
use crate::value::{ObjectName, SecretKey};

const CONFIG: &str = "config";
const RUN: &str = "run";
const DATA: &str = "data";
const AUTH: &str = "auth";
const TLS: &str = "tls";

/// Readable by the container's group alone.
const SECRET_MODE: i32 = 0o440;
/// Enough for the configuration a pod writes for itself.
const RUN_SIZE: &str = "8Mi";

pub(super) fn mounts(instance: Instance<'_>, component: Component) -> Vec<VolumeMount> {
    let mut mounts = vec![mount(CONFIG, runtime::CONFIG_DIR)];
    if component != Component::Proxy {
        mounts.extend([mount(RUN, runtime::RUN_DIR), mount(DATA, runtime::DATA_DIR)]);
        if instance.has_auth() {
            mounts.push(mount(AUTH, runtime::AUTH_DIR));
        }
    }
    mounts.extend(certificates(instance));
    mounts
}

/// Where the certificates are, if there are any.
pub(super) fn certificates(instance: Instance<'_>) -> Option<VolumeMount> {
    instance.has_tls().then(|| mount(TLS, runtime::TLS_DIR))
}

/// What is projected, a ConfigMap or a Secret cannot be written anyway.
fn mount(name: &str, path: &str) -> VolumeMount {
    VolumeMount { mount_path: path.to_owned(), name: name.to_owned(), ..Default::default() }
}

/// Volumes of a pod, but for its claim.
pub(super) fn volumes(instance: Instance<'_>, component: Component) -> Vec<Volume> {
    let spec = &instance.redis.spec;
    if component == Component::Proxy {
        let certificates = spec.tls.as_deref().map(|asked| tls(asked, instance.demands_certificates()));
        return [proxy_config(instance)].into_iter().chain(certificates).collect();
    }
    let mut volumes = vec![
        config(instance),
        Volume {
            name: RUN.to_owned(),
            empty_dir: Some(EmptyDirVolumeSource {
                medium: Some("Memory".to_owned()),
                size_limit: Some(Quantity(RUN_SIZE.to_owned())),
                ..Default::default()
            }),
            ..Default::default()
        },
    ];
    if instance.claim_size(component).is_none() {
        let asked = spec.storage.as_deref().and_then(|storage| storage.empty_dir.as_ref());
        let asked = asked.filter(|_| component == Component::Server);
        volumes.push(Volume {
            name: DATA.to_owned(),
            empty_dir: Some(EmptyDirVolumeSource {
                medium: asked.and_then(|dir| dir.medium).map(EmptyDirMedium::as_str).map(str::to_owned),
                size_limit: asked.and_then(|dir| dir.size_limit.as_ref()).map(|size| Quantity(size.to_string())),
                ..Default::default()
            }),
            ..Default::default()
        });
    }
    volumes.extend(spec.auth.as_deref().map(|asked| auth(asked, component)));
    volumes.extend(spec.tls.as_deref().map(|asked| tls(asked, true)));
    volumes
}

/// The claim of a pod, if the set has one.
///
/// It says what the API server would add, since the list of claims is compared as a whole: otherwise applying the same
/// rendering twice would show a difference.
pub(super) fn claim(instance: Instance<'_>, component: Component) -> Option<PersistentVolumeClaim> {
    let size = instance.claim_size(component)?;
    let storage = instance.redis.spec.storage.as_deref();
    let own = storage.filter(|_| component == Component::Server);
    let sentinels = instance.sentinel().and_then(|sentinel| sentinel.storage.as_deref());
    let (labels, annotations) = match component {
        Component::Sentinel => (sentinels.map(|it| &it.labels), sentinels.map(|it| &it.annotations)),
        Component::Server | Component::Proxy => (own.map(|it| &it.labels), own.map(|it| &it.annotations)),
    };
    let mut labels = labels.and_then(Option::as_ref).map(marks_of).unwrap_or_default();
    labels.extend(selector_labels(instance, component));
    let class = sentinels.and_then(|storage| storage.class.as_ref());
    let class = class
        .filter(|_| component == Component::Sentinel)
        .or_else(|| storage.and_then(|storage| storage.class.as_ref()));
    let modes = own.and_then(|storage| storage.access_modes.as_deref()).unwrap_or(&[AccessMode::ReadWriteOnce]);
    Some(PersistentVolumeClaim {
        metadata: ObjectMeta {
            name: Some(DATA.to_owned()),
            labels: Some(labels),
            annotations: annotations.and_then(Option::as_ref).and_then(|annotations| some(marks_of(annotations))),
            ..Default::default()
        },
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(modes.iter().map(|mode| mode.as_str().to_owned()).collect()),
            resources: Some(VolumeResourceRequirements {
                requests: Some([("storage".to_owned(), Quantity(size.to_owned()))].into()),
                ..Default::default()
            }),
            storage_class_name: class.map(ToString::to_string),
            volume_mode: Some("Filesystem".to_owned()),
            ..Default::default()
        }),
        status: Some(PersistentVolumeClaimStatus { phase: Some("Pending".to_owned()), ..Default::default() }),
    })
}

/// The configuration and the scripts in one directory.
fn config(instance: Instance<'_>) -> Volume {
    let source = |name: String| VolumeProjection {
        config_map: Some(ConfigMapProjection { name, ..Default::default() }),
        ..Default::default()
    };
    let sources = vec![source(instance.config_name()), source(instance.scripts_name())];
    Volume {
        name: CONFIG.to_owned(),
        projected: Some(ProjectedVolumeSource { sources: Some(sources), ..Default::default() }),
        ..Default::default()
    }
}

/// A key under the name of a file.
fn item(key: &str, path: &str) -> KeyToPath {
    KeyToPath { key: key.to_owned(), path: path.to_owned(), ..Default::default() }
}

/// Passwords under the names the scripts know; that of before may be missing. Those of users are under their own, and come and go
/// without a restart.
fn auth(auth: &Auth, component: Component) -> Volume {
    let key = |key: &Option<SecretKey>, default: &str| key.as_ref().map_or(default, SecretKey::as_str).to_owned();
    let current = key(&auth.key, defaults::AUTH_KEY);
    let previous = key(&auth.previous_key, defaults::AUTH_PREVIOUS_KEY);
    let sentinel = key(&auth.sentinel_key, &current);
    let mut needed = vec![item(&current, "server")];
    let mut optional = vec![item(&previous, "server-previous")];
    if auth.sentinel != Some(false) {
        // A password that is the servers' has been the servers' before.
        let sentinel_previous = if sentinel == current { previous } else { defaults::previous_key(&sentinel) };
        needed.push(item(&sentinel, "sentinel"));
        optional.push(item(&sentinel_previous, "sentinel-previous"));
    }
    let source = |secret: Option<&ObjectName>, items: Option<Vec<KeyToPath>>, optional: bool| VolumeProjection {
        secret: Some(SecretProjection { items, name: secret_name(secret), optional: optional.then_some(true) }),
        ..Default::default()
    };
    let secret = auth.secret.as_ref();
    // First, since of two files of one name the later one is there.
    let users = if component == Component::Server { &auth.users } else { &auth.sentinel_users };
    let users = users.as_ref().map(|_| source(auth.users_secret.as_ref().or(secret), None, false));
    let file = auth.acl_file_secret.as_ref().filter(|_| component == Component::Server).map(|file| {
        let key = key(&file.key, defaults::ACL_FILE_KEY);
        source(file.name.as_ref(), Some(vec![item(&key, runtime::ACL_FILE)]), false)
    });
    let own = [source(secret, Some(needed), false), source(secret, Some(optional), true)];
    Volume {
        name: AUTH.to_owned(),
        projected: Some(ProjectedVolumeSource {
            default_mode: Some(SECRET_MODE),
            sources: Some(users.into_iter().chain(file).chain(own).collect()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// What a proxy reads of the configuration.
fn proxy_config(instance: Instance<'_>) -> Volume {
    Volume {
        name: CONFIG.to_owned(),
        config_map: Some(ConfigMapVolumeSource {
            name: instance.config_name(),
            items: Some(vec![item(runtime::PROXY_CONFIG, runtime::PROXY_CONFIG)]),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Certificates under the names the scripts know; the authority's alone for who shows none.
fn tls(tls: &Tls, shows_one: bool) -> Volume {
    let item = |key: &Option<SecretKey>, path: &str| item(key.as_ref().map_or(path, SecretKey::as_str), path);
    let mut items = Vec::new();
    if shows_one {
        items.push(item(&tls.certificate_key, defaults::TLS_CERTIFICATE_KEY));
        items.push(item(&tls.private_key, defaults::TLS_PRIVATE_KEY));
    }
    if let Some(authority) = &tls.authority {
        return bundled(items, tls, authority);
    }
    items.push(item(&tls.authority_key, defaults::TLS_AUTHORITY_KEY));
    Volume {
        name: TLS.to_owned(),
        secret: Some(SecretVolumeSource {
            default_mode: Some(SECRET_MODE),
            items: Some(items),
            secret_name: Some(secret_name(tls.secret.as_ref())),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The same with the authority's from elsewhere, in one directory.
fn bundled(own: Vec<KeyToPath>, tls: &Tls, authority: &Authority) -> Volume {
    let key = authority.key.as_ref().map_or(defaults::TLS_AUTHORITY_KEY, SecretKey::as_str);
    let items = Some(vec![item(key, defaults::TLS_AUTHORITY_KEY)]);
    let of_secret = |name: &ObjectName, items| VolumeProjection {
        secret: Some(SecretProjection { items, name: name.to_string(), optional: None }),
        ..Default::default()
    };
    let authority = match (&authority.secret, &authority.config_map) {
        (Some(secret), _) => Some(of_secret(secret, items)),
        (None, name) => name.as_ref().map(|name| VolumeProjection {
            config_map: Some(ConfigMapProjection { items, name: name.to_string(), optional: None }),
            ..Default::default()
        }),
    };
    let own = tls.secret.as_ref().filter(|_| !own.is_empty()).map(|secret| of_secret(secret, Some(own)));
    Volume {
        name: TLS.to_owned(),
        projected: Some(ProjectedVolumeSource {
            default_mode: Some(SECRET_MODE),
            sources: Some(own.into_iter().chain(authority).collect()),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// The name of the Secret; the checks have refused a document without one.
pub(super) fn secret_name(name: Option<&ObjectName>) -> String {
    name.map(ToString::to_string).unwrap_or_default()
}
