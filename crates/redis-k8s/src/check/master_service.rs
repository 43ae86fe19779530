//! The Service that follows the master.

use super::rule::rules;
use super::{Check, image, services};
use crate::check::at::At;
use crate::model::{MasterService, ServiceOptions, defaults};

/// More proxies than anybody needs: each asks each server four times a second.
const MOST_PROXIES: u32 = 16;
/// The first HAProxy this configuration was run with.
const OLDEST: (u32, u32) = (2, 6);

rules! { RULES;
    PROXIES_OUT_OF_RANGE = Error "proxies-out-of-range", "`spec.services.master.replicas` is not 1 to 16",
        "every proxy asks every server four times a second, and without one nobody gets through";
    ONE_PROXY = Warning "one-proxy", "`spec.services.master.replicas` is 1",
        "whenever the only proxy restarts or its node is lost nobody gets through";
    PROXY_IMAGE_UNKNOWN = Warning "proxy-image-unknown", "`spec.services.master.image` is not named haproxy",
        "its configuration is for HAProxy, which must be found by the name haproxy";
    PROXY_IMAGE_OLD = Warning "proxy-image-old", "`spec.services.master.image` is HAProxy older than 2.6",
        "older ones do not take the configuration, or were never tried with it";
    MASTER_SERVICE_UNGUARDED = Warning "master-service-unguarded", "`spec.services.master` is enabled, and a write needs no replica, as with two servers",
        "a master that is cut off from the others, but not from the proxies, goes on taking their clients' writes, which are lost";
    PROXIES_KEEP_CERTIFICATE = Warning "proxies-keep-certificate", "`spec.services.master` is enabled with `spec.tls.clientCertificates: required`",
        "a proxy shows the certificate it started with, and nobody gets through once that has expired";
}

pub(super) fn check(check: &mut Check) {
    let Some(master) = check.spec.services.as_deref().and_then(|services| services.master.as_deref()) else { return };
    let path = At::root("spec.services.master");
    if master.enabled != Some(true) {
        let MasterService { enabled: _, replicas, image, resources, port, .. } = master;
        let described = replicas.is_some() || image.is_some() || resources.is_some() || port.is_some();
        let of_service = ServiceOptions { enabled: None, ..master.service() } != ServiceOptions::default();
        return services::settings_of_disabled(check, &path, described || of_service);
    }
    replicas(check, &path, master);
    proxy_image(check, &path, master);
    services::exposed(check, &path, &master.service());
    if check.servers > 1 && check.instance.min_replicas_to_write() == 0 {
        check.report(
            MASTER_SERVICE_UNGUARDED
                .at(
                    path.field("enabled"),
                    "a master that only the proxies still reach goes on taking writes that are lost",
                )
                .help(
                    "3 servers, or spec.minReplicasToWrite: 1 with them, close such a master before another is elected",
                ),
        );
    }
    if check.instance.demands_certificates() {
        check.report(
            PROXIES_KEEP_CERTIFICATE
                .at(path.field("enabled"), "proxies show servers the certificate they started with, a renewed one only after a restart")
                .help(format!(
                    "run kubectl rollout restart deployment/{}-master after each renewal, or set clientCertificates: optional",
                    check.instance.name()
                )),
        );
    }
}

fn replicas(check: &mut Check, path: &At, master: &MasterService) {
    let Some(replicas) = master.replicas else { return };
    let path = path.field("replicas");
    if !(1..=MOST_PROXIES).contains(&replicas) {
        check.report(
            PROXIES_OUT_OF_RANGE
                .at(path, format!("{replicas} proxies cannot be rendered: 1 to {MOST_PROXIES}"))
                .help(if replicas == 0 { "to have none leave out enabled" } else { "2 survive the loss of one" }),
        );
    } else if replicas == 1 {
        check.report(
            ONE_PROXY
                .at(path, "whenever the only proxy restarts nobody gets through")
                .help("2, the default, survive the loss of one"),
        );
    }
}

fn proxy_image(check: &mut Check, path: &At, master: &MasterService) {
    let Some(asked) = &master.image else { return };
    let path = path.field("image");
    image::pinned(check, path, asked, defaults::PROXY_IMAGE);
    if !asked.name().contains("haproxy") {
        check.report(
            PROXY_IMAGE_UNKNOWN
                .at(path, format!("{asked} does not look like HAProxy, for which the configuration is"))
                .help("use the official haproxy image, or one made from it"),
        );
    } else if asked.name() == "haproxy"
        && asked.version().is_some_and(|(major, minor)| (major, minor.unwrap_or(u32::MAX)) < OLDEST)
    {
        check.report(
            PROXY_IMAGE_OLD
                .at(path, format!("{asked} is older than what the configuration was tried with: HAProxy 2.6"))
                .help(format!("use {}", defaults::PROXY_IMAGE)),
        );
    }
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case(
            "proxies-out-of-range",
            "spec.services.master.replicas",
            "spec: {services: {master: {enabled: true, replicas: 0}}}",
            "spec: {services: {master: {enabled: true, replicas: 2}}}",
        ),
        case(
            "proxies-out-of-range",
            "spec.services.master.replicas",
            "spec: {services: {master: {enabled: true, replicas: 17}}}",
            "spec: {services: {master: {enabled: true, replicas: 16}}}",
        ),
        case(
            "one-proxy",
            "spec.services.master.replicas",
            "spec: {services: {master: {enabled: true, replicas: 1}}}",
            "spec: {services: {master: {enabled: true, replicas: 2}}}",
        ),
        case(
            "image-not-pinned",
            "spec.services.master.image",
            "spec: {services: {master: {enabled: true, image: haproxy}}}",
            "spec: {services: {master: {enabled: true, image: 'haproxy:3.2-alpine'}}}",
        ),
        case(
            "proxy-image-unknown",
            "spec.services.master.image",
            "spec: {services: {master: {enabled: true, image: 'envoyproxy/envoy:v1.36.0'}}}",
            "spec: {services: {master: {enabled: true, image: 'registry.example.com/my-haproxy:1'}}}",
        ),
        case(
            "proxy-image-old",
            "spec.services.master.image",
            "spec: {services: {master: {enabled: true, image: 'haproxy:2.4'}}}",
            "spec: {services: {master: {enabled: true, image: 'haproxy:2.6'}}}",
        ),
        case(
            "master-service-unguarded",
            "spec.services.master.enabled",
            "spec: {replicas: 2, services: {master: {enabled: true}}}",
            "spec: {replicas: 3, services: {master: {enabled: true}}}",
        ),
        case(
            "proxies-keep-certificate",
            "spec.services.master.enabled",
            "spec: {auth: {secret: a}, tls: {secret: t, clientCertificates: required}, services: {master: {enabled: true}}}",
            "spec: {auth: {secret: a}, tls: {secret: t, clientCertificates: optional}, services: {master: {enabled: true}}}",
        ),
        case(
            "settings-of-disabled",
            "spec.services.master.enabled",
            "spec: {services: {master: {port: 6380}}}",
            "spec: {services: {master: {enabled: true, port: 6380}}}",
        ),
        case(
            "settings-of-disabled",
            "spec.services.master.enabled",
            "spec: {services: {master: {enabled: false, type: LoadBalancer}}}",
            "spec: {services: {master: {enabled: false}}}",
        ),
        case(
            "exposed-without-password",
            "spec.services.master.type",
            "spec: {services: {master: {enabled: true, type: NodePort}}}",
            "spec: {auth: {secret: a}, services: {master: {enabled: true, type: NodePort}}}",
        ),
        case(
            "port-privileged",
            "spec.services.master.port",
            "spec: {services: {master: {enabled: true, port: 80}}}",
            "spec: {services: {master: {enabled: true, port: 6380}}}",
        ),
        case(
            "memory-too-small",
            "spec.services.master.resources.limits.memory",
            "spec: {services: {master: {enabled: true, resources: {limits: {memory: 8Mi}}}}}",
            "spec: {services: {master: {enabled: true, resources: {limits: {memory: 64Mi}}}}}",
        ),
    ]
};
