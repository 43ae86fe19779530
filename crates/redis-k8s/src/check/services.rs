//! Services and ports.

use super::Check;
use super::rule::rules;
use crate::check::at::At;
use crate::instance::Component;
use crate::model::{IpFamilyPolicy, ServiceOptions, ServiceType};

rules! { RULES;
    SENTINEL_SERVICE_NEEDED = Error "sentinel-service-needed", "`spec.services.sentinel.enabled` is false",
        "clients find the sentinels, and through them the master, by this Service alone";
    SETTINGS_OF_DISABLED = Warning "settings-of-disabled", "something is switched off with `enabled: false`, or not switched on where that is the default, and described all the same",
        "the description has no effect";
    SENTINEL_SERVICE_EXPOSED = Warning "sentinel-service-exposed", "`spec.services.sentinel.type` is NodePort or LoadBalancer",
        "sentinels answer with addresses of Services inside the cluster, which clients outside cannot reach";
    EXPOSED_WITHOUT_PASSWORD = Warning "exposed-without-password", "a Service is reachable from outside the cluster, or a client block is the whole network, without a password or client certificates",
        "everybody who reaches the address may read, change and delete everything";
    IP_FAMILIES_INVALID = Error "ip-families-invalid", "`spec.services.ipFamilies` is empty, or names a family twice",
        "the API server refuses such a Service";
    IP_FAMILIES_AGAINST_POLICY = Error "ip-families-against-policy", "two families are named with the policy SingleStack or none, or one with a policy of two",
        "the API server refuses a second family unless the policy allows two; where it can it adds the second, and refuses the next apply, which would take it away";
    PORTS_EQUAL = Error "ports-equal", "`spec.port` and `spec.sentinel.port` are the same on v1beta3 or v1",
        "the bootstrap pod holds a server and a sentinel, which share one network: only one of them could listen";
    PORT_PRIVILEGED = Warning "port-privileged", "a port is less than 1024",
        "the containers run without root and without capabilities; not every container runtime lets them listen there";
}

pub(super) fn check(check: &mut Check) {
    ports(check);
    let Some(services) = check.spec.services.as_deref() else { return };
    if let Some(sentinel) = &services.sentinel {
        let path = At::root("spec.services.sentinel");
        if sentinel.enabled == Some(false) {
            check.report(
                SENTINEL_SERVICE_NEEDED
                    .at(path.field("enabled"), "without this Service clients cannot find the sentinels, nor the master")
                    .help("leave it out; to keep clients away, use spec.networkPolicy.clients"),
            );
        }
        if let Some(kind) = sentinel.r#type.filter(|kind| *kind != ServiceType::ClusterIp) {
            check.report(
                SENTINEL_SERVICE_EXPOSED
                    .at(
                        path.field("type"),
                        format!("{} lets clients outside ask the sentinels, but the answers are addresses inside the cluster", kind.as_str()),
                    )
                    .help("run clients inside the cluster, or where its Service addresses are routed"),
            );
        }
        exposed(check, &path, sentinel);
    }
    if let Some(read) = &services.read {
        let path = At::root("spec.services.read");
        if read.enabled == Some(false) {
            let described = read.r#type.is_some()
                || read.labels.is_some()
                || read.annotations.is_some()
                || read.session_affinity.is_some()
                || read.traffic_distribution.is_some();
            settings_of_disabled(check, &path, described);
        } else {
            exposed(check, &path, read);
        }
    }
    if let Some(families) = &services.ip_families {
        let path = "spec.services.ipFamilies";
        let dual = matches!(
            services.ip_family_policy,
            Some(IpFamilyPolicy::PreferDualStack | IpFamilyPolicy::RequireDualStack)
        );
        match families.as_slice() {
            [] => check.report(
                IP_FAMILIES_INVALID
                    .at(path, "a Service needs a family")
                    .help("leave it out for the cluster's default, or name IPv4, IPv6 or both"),
            ),
            [one] => {
                if dual {
                    check.report(
                        IP_FAMILIES_AGAINST_POLICY
                            .at(path, format!("with two families in the cluster, the second apply would take away the one beside {}, and be refused", one.as_str()))
                            .help("name both families, the preferred one first, or leave them or the policy out"),
                    );
                }
            }
            [one, other] if one != other => {
                if !dual {
                    let policy = services.ip_family_policy.map_or("absent", IpFamilyPolicy::as_str);
                    check.report(
                        IP_FAMILIES_AGAINST_POLICY
                            .at(
                                path,
                                format!("two families need a policy that allows two, and ipFamilyPolicy is {policy}"),
                            )
                            .help("set ipFamilyPolicy to PreferDualStack, or name one family"),
                    );
                }
            }
            _ => check.report(
                IP_FAMILIES_INVALID
                    .at(path, "a family stands twice: there are IPv4 and IPv6")
                    .help("name each once, the preferred one first"),
            ),
        }
    }
}

/// Reports a part that is switched off and described all the same.
pub(super) fn settings_of_disabled(check: &mut Check, path: &At, described: bool) {
    if described {
        check.report(
            SETTINGS_OF_DISABLED
                .at(path.field("enabled"), "it is switched off, so its other settings have no effect")
                .help("switch it on, or leave the settings out"),
        );
    }
}

/// Reports that everybody outside may connect to what stands at `path`.
pub(super) fn exposed_without_password(check: &mut Check, path: At, what: &str) {
    check.report(
        EXPOSED_WITHOUT_PASSWORD
            .at(
                path,
                format!("{what} lets everybody who reaches it in: there is no password and no client certificate"),
            )
            .help("add spec.auth, or spec.tls with clientCertificates: required"),
    );
}

pub(super) fn exposed(check: &mut Check, path: &At, service: &ServiceOptions) {
    if let Some(kind) = service.r#type.filter(|kind| *kind != ServiceType::ClusterIp)
        && !check.is_guarded()
    {
        exposed_without_password(check, path.field("type"), kind.as_str());
    }
}

fn ports(check: &mut Check) {
    let server = check.spec.port.map(std::num::NonZeroU16::get);
    let sentinel = check.sentinel().and_then(|sentinel| sentinel.port).map(std::num::NonZeroU16::get);
    let master = check.spec.services.as_deref().and_then(|services| services.master.as_deref()?.port);
    let master = master.map(std::num::NonZeroU16::get);
    for (path, port) in [("spec.port", server), ("spec.sentinel.port", sentinel), ("spec.services.master.port", master)]
    {
        if let Some(port) = port.filter(|port| *port < 1024) {
            check.report(
                PORT_PRIVILEGED
                    .at(
                        path,
                        format!("port {port} is below 1024, and the containers run without root and capabilities"),
                    )
                    .help("use 1024 or more"),
            );
        }
    }
    let (server, sentinel) = (check.instance.port(Component::Server), check.instance.port(Component::Sentinel));
    if server == sentinel && check.target.is_tutorial() {
        let path = if check.spec.port.is_some() { "spec.port" } else { "spec.sentinel.port" };
        check.report(
            PORTS_EQUAL
                .at(
                    path,
                    format!(
                        "server and sentinel of the bootstrap pod share one network: both cannot listen on {server}"
                    ),
                )
                .help("use two ports; on apps/v1 they may be the same"),
        );
    }
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    use crate::api_version::ApiVersion;
    &[
        case(
            "sentinel-service-needed",
            "spec.services.sentinel.enabled",
            "spec: {services: {sentinel: {enabled: false}}}",
            "spec: {services: {sentinel: {enabled: true}}}",
        ),
        case(
            "settings-of-disabled",
            "spec.services.read.enabled",
            "spec: {services: {read: {enabled: false, sessionAffinity: ClientIP}}}",
            "spec: {services: {read: {enabled: false}}}",
        ),
        case(
            "sentinel-service-exposed",
            "spec.services.sentinel.type",
            "spec: {auth: {secret: a}, services: {sentinel: {type: LoadBalancer}}}",
            "spec: {auth: {secret: a}, services: {sentinel: {type: ClusterIP}}}",
        ),
        case(
            "exposed-without-password",
            "spec.services.read.type",
            "spec: {services: {read: {type: NodePort}}}",
            "spec: {auth: {secret: a}, services: {read: {type: NodePort}}}",
        ),
        case(
            "ip-families-invalid",
            "spec.services.ipFamilies",
            "spec: {services: {ipFamilies: []}}",
            "spec: {services: {ipFamilies: [IPv6]}}",
        ),
        case(
            "ip-families-invalid",
            "spec.services.ipFamilies",
            "spec: {services: {ipFamilies: [IPv4, IPv4], ipFamilyPolicy: PreferDualStack}}",
            "spec: {services: {ipFamilies: [IPv4, IPv6], ipFamilyPolicy: PreferDualStack}}",
        ),
        case(
            "ip-families-invalid",
            "spec.services.ipFamilies",
            "spec: {services: {ipFamilies: [IPv4, IPv6, IPv4], ipFamilyPolicy: RequireDualStack}}",
            "spec: {services: {ipFamilies: [IPv4, IPv6], ipFamilyPolicy: RequireDualStack}}",
        ),
        case(
            "ip-families-against-policy",
            "spec.services.ipFamilies",
            "spec: {services: {ipFamilies: [IPv6], ipFamilyPolicy: PreferDualStack}}",
            "spec: {services: {ipFamilyPolicy: PreferDualStack}}",
        ),
        case(
            "ip-families-against-policy",
            "spec.services.ipFamilies",
            "spec: {services: {ipFamilies: [IPv4, IPv6], ipFamilyPolicy: SingleStack}}",
            "spec: {services: {ipFamilies: [IPv4], ipFamilyPolicy: SingleStack}}",
        ),
        case(
            "ip-families-against-policy",
            "spec.services.ipFamilies",
            "spec: {services: {ipFamilies: [IPv6, IPv4]}}",
            "spec: {services: {ipFamilies: [IPv6, IPv4], ipFamilyPolicy: RequireDualStack}}",
        ),
        case("ports-equal", "spec.port", "spec: {port: 26379}", "spec: {port: 26380}").on(ApiVersion::V1),
        case("ports-equal", "spec.sentinel.port", "spec: {sentinel: {port: 6379}}", "spec: {sentinel: {port: 6380}}")
            .on(ApiVersion::V1Beta3),
        case("port-privileged", "spec.port", "spec: {port: 1023}", "spec: {port: 26379}"),
    ]
};
