//! Which image runs, and which server is in it.

use super::Check;
use super::rule::rules;
use crate::check::at::At;
use crate::instance::Component;
use crate::model::{Modules, defaults};
use crate::value::Image;

rules! { RULES;
    IMAGE_NOT_PINNED = Warning "image-not-pinned", "`spec.image`, or that of the proxies or exporters, has no tag and no digest, or the tag `latest`",
        "pods of one set would run different versions after a node is replaced, and a new major version may not read the old data back";
    IMAGE_REGISTRY_INVALID = Error "image-registry-invalid", "`spec.imageRegistry` is not the name of a registry, with or without a path",
        "no image could be pulled";
    MODULES_UNKNOWN = Error "modules-unknown", "`spec.modules` is image, and it is not known what modules that image has",
        "a server told to load a module it does not have does not start";
    IMAGE_UNKNOWN = Warning "image-unknown", "`spec.image` is neither named redis nor valkey, or is an exporter or a user interface for them",
        "the scripts need sh, getent, and redis-server or valkey-server with its command line client";
    IMAGE_WITHOUT_SHELL = Warning "image-without-shell", "`spec.image` is one of Chainguard, distroless or Docker Hardened Images, and not its `-dev`",
        "what runs in the pods are shell scripts: without sh and getent no container starts";
    IMAGE_OF_BITNAMI = Warning "image-of-bitnami", "`spec.image` is one of Bitnami",
        "its entry point is not run, so its variables do nothing, and its user and paths are others";
    IMAGE_VERSION_OLD = Warning "image-version-old", "`spec.image` is Redis older than 7 or Valkey older than 8",
        "the scripts and the failover suite know Redis 7 and 8 and Valkey 8 and 9; older ones keep the append-only file in another form";
}

/// Parts of the names of what people run beside a server.
const NO_SERVERS: &[&str] = &["commander", "exporter", "insight"];

/// A server this tool knows the directives of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) is_valkey: bool,
    /// Its minor version, as 82 for 8.2.
    pub(super) version: u32,
}

impl Server {
    pub(super) const fn redis(version: u32) -> Self {
        Self { is_valkey: false, version }
    }

    pub(super) const fn valkey(version: u32) -> Self {
        Self { is_valkey: true, version }
    }
}

/// The server in the image of `check`, as far as its name and tag tell; a tag without a minor version is the newest.
pub(super) fn server(check: &Check) -> Option<Server> {
    let default = defaults::IMAGE.parse().ok();
    let image = check.spec.image.as_ref().or(default.as_ref())?;
    let (major, minor) = image.version()?;
    let version = major.saturating_mul(10).saturating_add(minor.unwrap_or(9).min(9));
    match (image.name(), major) {
        ("redis", 7 | 8) => Some(Server::redis(version)),
        ("valkey", 8 | 9) => Some(Server::valkey(version)),
        _ => None,
    }
}

/// Reports an image whose tag moves.
pub(super) fn pinned(check: &mut Check, path: At, image: &Image, default: &str) {
    if !image.has_digest() && image.tag().is_none_or(|tag| tag == "latest") {
        check.report(
            IMAGE_NOT_PINNED
                .at(path, format!("{image} is a moving target: pods of one set would run different versions"))
                .help(format!("name a version, as in {default}, or a digest")),
        );
    }
}

pub(super) fn check(check: &mut Check) {
    if let Some(registry) = &check.spec.image_registry {
        let is_registry = format!("{registry}/redis:8").parse::<Image>().is_ok_and(|image| image.has_registry());
        if !is_registry {
            check.report(
                IMAGE_REGISTRY_INVALID
                    .at("spec.imageRegistry", format!("{registry:?} is not a registry: a name with a dot or a port, and a path"))
                    .help("write it as in registry.example.com:5000/mirror, without https:// and without a slash at its end"),
            );
        }
    }
    if check.spec.modules == Some(Modules::Image) && check.instance.modules_of_image().is_none() {
        let image = check.instance.image(Component::Server);
        check.report(
            MODULES_UNKNOWN
                .at("spec.modules", format!("it is not known what modules {image} has"))
                .help("name them in spec.config.loadmodule, or use redis:8, redis-stack-server or valkey-bundle"),
        );
    }
    if let Some(image) = check.sentinel().and_then(|sentinel| sentinel.image.as_ref()) {
        of_redis(check, At::root("spec.sentinel.image"), image);
    }
    if let Some(image) = &check.spec.image {
        of_redis(check, At::root("spec.image"), image);
    }
}

/// An image that runs Redis or Sentinel.
fn of_redis(check: &mut Check, path: At, image: &Image) {
    pinned(check, path, image, defaults::IMAGE);
    if check.target.is_v1beta3() {
        return;
    }
    let name = image.name();
    if !name.contains("redis") && !name.contains("valkey") || NO_SERVERS.iter().any(|other| name.contains(other)) {
        check.report(
            IMAGE_UNKNOWN
                .at(
                    path,
                    format!(
                        "{image} does not look like Redis or Valkey: the scripts need redis-server or valkey-server"
                    ),
                )
                .help("use the official redis or valkey/valkey image, or one made from it"),
        );
    }
    let is_of =
        |makers: &[&str]| image.as_str().split('/').any(|part| makers.iter().any(|maker| part.starts_with(maker)));
    let is_for_developers = image.tag().is_some_and(|tag| tag.ends_with("-dev"));
    if is_of(&["cgr.dev", "chainguard", "dhi.io", "distroless"]) && !is_for_developers {
        check.report(
            IMAGE_WITHOUT_SHELL
                .at(
                    path,
                    format!("{image} has no shell, and what runs in the pods are shell scripts: none would start"),
                )
                .help("use the official redis or valkey/valkey image, or the tag of this one that ends in -dev"),
        );
    }
    if is_of(&["bitnami"]) {
        check.report(
            IMAGE_OF_BITNAMI
                .at(
                    path,
                    format!("the entry point of {image} is not run: variables as REDIS_PASSWORD do nothing, and paths are others"),
                )
                .help("use the official redis or valkey/valkey image, which this is tested with"),
        );
    }
    let old = match name {
        "redis" => 7,
        "valkey" => 8,
        _ => return,
    };
    if image.version().is_some_and(|(major, _)| major < old) {
        check.report(
            IMAGE_VERSION_OLD
                .at(path, format!("{image} is older than what is tested: Redis 7 and 8, Valkey 8 and 9"))
                .help(format!("use {} or valkey/valkey:9", defaults::IMAGE)),
        );
    }
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    use crate::api_version::ApiVersion;
    &[
        case("image-not-pinned", "spec.image", "spec: {image: redis}", "spec: {image: 'redis:8.2'}"),
        case(
            "image-unknown",
            "spec.sentinel.image",
            "spec: {sentinel: {image: 'nginx:1'}}",
            "spec: {sentinel: {image: 'valkey/valkey:9'}}",
        ),
        case(
            "image-registry-invalid",
            "spec.imageRegistry",
            "spec: {imageRegistry: 'https://registry.example.com'}",
            "spec: {imageRegistry: 'registry.example.com:5000'}",
        ),
        case(
            "image-registry-invalid",
            "spec.imageRegistry",
            "spec: {imageRegistry: mirror}",
            "spec: {imageRegistry: localhost/mirror}",
        ),
        case(
            "modules-unknown",
            "spec.modules",
            "spec: {modules: image, image: 'redis:7.4'}",
            "spec: {modules: image, image: 'redis:8.4-alpine'}",
        ),
        case(
            "modules-unknown",
            "spec.modules",
            "spec: {modules: image, image: 'valkey/valkey:9'}",
            "spec: {modules: image, image: 'valkey/valkey-bundle:9'}",
        ),
        case(
            "image-not-pinned",
            "spec.image",
            "spec: {image: 'valkey/valkey:latest'}",
            "spec: {image: 'valkey/valkey:9-alpine'}",
        ),
        case(
            "image-not-pinned",
            "spec.image",
            "spec: {image: 'registry.example.com:5000/redis'}",
            "spec: {image: 'redis@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'}",
        ),
        case("image-not-pinned", "spec.image", "spec: {image: redis}", "spec: {image: 'kubernetes/redis:v1'}")
            .on(ApiVersion::V1Beta3),
        case(
            "image-unknown",
            "spec.image",
            "spec: {image: 'registry.example.com/redis/cache:1'}",
            "spec: {image: 'registry.example.com/cache/my-redis:1'}",
        ),
        case(
            "image-unknown",
            "spec.image",
            "spec: {image: 'oliver006/redis_exporter:v1.80'}",
            "spec: {image: 'example.com/redis-stack-server:7.4'}",
        ),
        case(
            "image-without-shell",
            "spec.image",
            "spec: {image: 'cgr.dev/chainguard/redis:8'}",
            "spec: {image: 'cgr.dev/chainguard/redis:8-dev'}",
        ),
        case(
            "image-of-bitnami",
            "spec.image",
            "spec: {image: 'docker.io/bitnamilegacy/redis:8.2'}",
            "spec: {image: 'docker.io/library/redis:8.2'}",
        ),
        case(
            "image-version-old",
            "spec.image",
            "spec: {image: 'redis:6.2-alpine'}",
            "spec: {image: 'redis:7.2-alpine'}",
        ),
        case(
            "image-version-old",
            "spec.image",
            "spec: {image: 'valkey/valkey:7.2'}",
            "spec: {image: 'valkey/valkey:8.1'}",
        ),
    ]
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api_version::ApiVersion;

    #[test]
    fn tells_the_server_from_name_and_tag() {
        let server = |text: &str| {
            let redis = crate::check::tests::document(&format!("spec: {{image: '{text}'}}"));
            server(&Check::new(&redis, ApiVersion::AppsV1))
        };
        assert_eq!(server("redis:7.4.2-alpine"), Some(Server::redis(74)));
        assert_eq!(server("localhost:5000/library/redis:8"), Some(Server::redis(89)));
        assert_eq!(server(&format!("valkey/valkey:9.0@sha256:{}", "0".repeat(64))), Some(Server::valkey(90)));
        assert_eq!(server("valkey/valkey:8.1"), Some(Server::valkey(81)));
        assert_eq!(server("redis:9"), None);
        assert_eq!(server("redis:latest"), None);
        assert_eq!(server("example.com/my-redis:8"), None);
    }
}
