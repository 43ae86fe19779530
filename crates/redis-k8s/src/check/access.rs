//! Passwords and certificates.

use super::Check;
use super::at::At;
use super::rule::rules;
use crate::model::{Auth, Certificate, ClientCertificates, Tls, defaults};
use crate::value::{Duration, SecretKey};

/// Characters of a key in a Secret.
pub(super) const MOST_OF_KEY: usize = 253;
/// In seconds.
const HOUR: u64 = 3600;
/// How long a certificate of cert-manager is valid that says nothing of it: 90 days.
const CERT_MANAGER_DURATION: u64 = 90 * 24 * HOUR;

rules! { RULES;
    AUTH_SECRET_MISSING = Error "auth-secret-missing", "`spec.auth` is there without `secret`",
        "passwords are never made while rendering: without a Secret no server could start";
    AUTH_KEYS_EQUAL = Error "auth-keys-equal", "the key of a password before is the key of one in use",
        "the password before would be the password now, so no change of it could ever be finished";
    SENTINEL_KEY_TOO_LONG = Error "sentinel-key-too-long", "`spec.auth.sentinelKey` is longer than 244 characters",
        "the key of the password before is `previous-` and this one, and a key has 253 characters at most";
    SENTINEL_KEY_UNUSED = Error "sentinel-key-unused", "`spec.auth.sentinelKey` is set while `spec.auth.sentinel` is false",
        "the sentinels would ask for no password, against what the key says";
    TLS_SECRET_MISSING = Error "tls-secret-missing", "`spec.tls` is there without `secret`",
        "certificates are never made while rendering: without a Secret no server could start";
    TLS_KEYS_EQUAL = Error "tls-keys-equal", "two of the certificate, the private key and the authority are the same key of the Secret",
        "no file is both: the server would refuse to start";
    TLS_AUTHORITY_UNCLEAR = Error "tls-authority-unclear", "`spec.tls.authority` names no Secret or ConfigMap, both, or stands beside `authorityKey`",
        "the certificates of the authority come from one place";
    CERTIFICATE_INCOMPLETE = Error "certificate-incomplete", "`spec.tls.certificate` names no issuer, or the document no namespace",
        "cert-manager signs nothing without an issuer, and the names of a certificate hold the namespace";
    CERTIFICATE_KEYS = Error "certificate-keys", "`spec.tls.certificate` stands beside another name of a key than cert-manager writes",
        "it writes tls.crt, tls.key and ca.crt: pods would wait for a key that never comes";
    CERTIFICATE_TIMES = Error "certificate-times", "a certificate is valid for less than 1h, or renewed less than 5m before its end or before it begins",
        "cert-manager refuses it";
    TLS_WITHOUT_PASSWORD = Warning "tls-without-password", "`spec.tls` is set, `spec.auth` is not, and no certificate of the client is demanded",
        "connections are private, but everybody may open one";
}

pub(super) fn check(check: &mut Check) {
    if let Some(auth) = check.spec.auth.as_deref() {
        passwords(check, auth);
    }
    if let Some(tls) = check.spec.tls.as_deref() {
        certificates(check, tls);
    }
}

fn passwords(check: &mut Check, auth: &Auth) {
    if auth.secret.is_none() {
        check.report(
            AUTH_SECRET_MISSING
                .at("spec.auth", "there is no Secret to take the password from")
                .help("name it in spec.auth.secret; redis-k8s-gen secret prints one to create"),
        );
    }
    let key = auth.key.as_ref().map_or(defaults::AUTH_KEY, |key| key.as_str());
    let previous = auth.previous_key.as_ref().map_or(defaults::AUTH_PREVIOUS_KEY, |key| key.as_str());
    let sentinel = auth.sentinel_key.as_ref().map_or(key, |key| key.as_str());
    if previous == key || previous == sentinel {
        // The field to change is the one that was written.
        let path = match (&auth.previous_key, &auth.key) {
            (Some(_), _) => "spec.auth.previousKey",
            (None, Some(own)) if own.as_str() == previous => "spec.auth.key",
            _ => "spec.auth.sentinelKey",
        };
        check.report(
            AUTH_KEYS_EQUAL
                .at(path, format!("{previous} is the key of the password before, and cannot hold one in use too"))
                .help("give each password a key of its own in the Secret"),
        );
    }
    if let Some(own) = auth.sentinel_key.as_ref().filter(|own| own.as_str() != key && auth.sentinel != Some(false)) {
        let before = defaults::previous_key(own.as_str());
        if before.len() > MOST_OF_KEY {
            let most = MOST_OF_KEY - (before.len() - own.as_str().len());
            check.report(
                SENTINEL_KEY_TOO_LONG
                    .at(
                        "spec.auth.sentinelKey",
                        format!(
                            "the key of the password before has {} characters: at most {}",
                            before.len(),
                            MOST_OF_KEY
                        ),
                    )
                    .help(format!("use {most} characters or less")),
            );
        } else if before == key {
            check.report(
                AUTH_KEYS_EQUAL
                    .at(
                        "spec.auth.sentinelKey",
                        format!(
                            "{before} is the key of the sentinels' password before, and cannot hold the servers' too"
                        ),
                    )
                    .help("give each password a key of its own in the Secret"),
            );
        }
    }
    if auth.sentinel == Some(false) && auth.sentinel_key.is_some() {
        check.report(
            SENTINEL_KEY_UNUSED
                .at("spec.auth.sentinelKey", format!("{sentinel} is never asked for: spec.auth.sentinel is false"))
                .help("leave out one of the two"),
        );
    }
}

fn certificates(check: &mut Check, tls: &Tls) {
    if tls.secret.is_none() {
        check.report(
            TLS_SECRET_MISSING
                .at("spec.tls", "there is no Secret to take the certificates from")
                .help("name it in spec.tls.secret, as cert-manager makes it: tls.crt, tls.key and ca.crt"),
        );
    }
    if let Some(authority) = &tls.authority {
        let path = At::root("spec.tls.authority");
        if authority.secret.is_some() == authority.config_map.is_some() {
            check.report(
                TLS_AUTHORITY_UNCLEAR
                    .at(path, "the certificates of the authority come from a Secret or a ConfigMap, one of them")
                    .help("name it in secret or in configMap"),
            );
        }
        if tls.authority_key.is_some() {
            check.report(
                TLS_AUTHORITY_UNCLEAR
                    .at(
                        "spec.tls.authorityKey",
                        "it is a key of spec.tls.secret, where the authority is not taken from",
                    )
                    .help("leave it out, or write it as spec.tls.authority.key"),
            );
        }
    }
    let keys = tls_keys(tls).map(|(path, key, default)| (path, key.is_some(), key.map_or(default, SecretKey::as_str)));
    let keys = if tls.authority.is_some() { &keys[..2] } else { &keys[..] };
    for (place, (path, is_written, key)) in keys.iter().enumerate() {
        // Reported at the field that was written, once for each pair.
        let others = keys.iter().enumerate().filter(|(other, _)| *other != place);
        let clash = others
            .filter(|(_, (_, _, theirs))| theirs == key)
            .any(|(other, (_, theirs_is_written, _))| *is_written && (!theirs_is_written || other < place));
        if clash {
            check.report(
                TLS_KEYS_EQUAL
                    .at(*path, format!("{key} of the Secret cannot be two of certificate, private key and authority"))
                    .help("name three different keys; cert-manager writes tls.crt, tls.key and ca.crt"),
            );
        }
    }
    if let Some(certificate) = &tls.certificate {
        made(check, tls, certificate);
    }
    if !check.has_password() && tls.client_certificates != Some(ClientCertificates::Required) {
        check.report(
            TLS_WITHOUT_PASSWORD
                .at("spec.tls", "connections are private, but nobody is asked for a password or a certificate")
                .help("add spec.auth, or set spec.tls.clientCertificates to required"),
        );
    }
}

/// The keys of the Secret: each field, what it says, and the key where it says nothing.
fn tls_keys(tls: &Tls) -> [(&'static str, Option<&SecretKey>, &'static str); 3] {
    [
        ("spec.tls.certificateKey", tls.certificate_key.as_ref(), defaults::TLS_CERTIFICATE_KEY),
        ("spec.tls.privateKey", tls.private_key.as_ref(), defaults::TLS_PRIVATE_KEY),
        ("spec.tls.authorityKey", tls.authority_key.as_ref(), defaults::TLS_AUTHORITY_KEY),
    ]
}

/// What cert-manager is to make.
fn made(check: &mut Check, tls: &Tls, certificate: &Certificate) {
    let path = At::root("spec.tls.certificate");
    if certificate.issuer.is_none() {
        let fault = CERTIFICATE_INCOMPLETE.at(path, "nobody is named to sign it");
        check.report(fault.help("name an Issuer or a ClusterIssuer of the cluster in issuer"));
    }
    if check.redis.metadata.namespace.is_none() {
        let fault = CERTIFICATE_INCOMPLETE.at(path, "its names hold the namespace, and the document says none");
        check.report(fault.help("set metadata.namespace"));
    }
    for (path, key, written) in tls_keys(tls) {
        if key.is_some_and(|key| key.as_str() != written) {
            let fault = CERTIFICATE_KEYS.at(path, format!("cert-manager writes {written}"));
            check.report(fault.help("leave it out"));
        }
    }
    // As it is rendered.
    let valid = certificate.duration.map_or(CERT_MANAGER_DURATION, Duration::as_secs_rounded_up);
    let times = [
        ("duration", certificate.duration, HOUR, u64::MAX),
        ("renewBefore", certificate.renew_before, HOUR / 12, valid.saturating_sub(1)),
    ];
    for (field, time, least, most) in times {
        if time.is_some_and(|time| !(least..=most).contains(&time.as_secs_rounded_up())) {
            let fault = CERTIFICATE_TIMES
                .at(path.field(field), "cert-manager takes 1h or more, and renews 5m or more before the end");
            check.report(fault.help("leave it out for 90 days, the last third of which it is renewed in"));
        }
    }
}

#[cfg(test)]
pub(super) const CASES: &[super::tests::Case] = {
    use super::tests::case;
    &[
        case("auth-secret-missing", "spec.auth", "spec: {auth: {}}", "spec: {auth: {secret: a}}"),
        case(
            "auth-keys-equal",
            "spec.auth.previousKey",
            "spec: {auth: {secret: a, key: p, previousKey: p}}",
            "spec: {auth: {secret: a, key: p, previousKey: q}}",
        ),
        case(
            "auth-keys-equal",
            "spec.auth.key",
            "spec: {auth: {secret: a, key: previous-password}}",
            "spec: {auth: {secret: a, key: password}}",
        ),
        case(
            "auth-keys-equal",
            "spec.auth.sentinelKey",
            "spec: {auth: {secret: a, sentinelKey: previous-password}}",
            "spec: {auth: {secret: a, sentinelKey: password}}",
        ),
        case(
            "auth-keys-equal",
            "spec.auth.sentinelKey",
            "spec: {auth: {secret: a, key: previous-s, sentinelKey: s}}",
            "spec: {auth: {secret: a, key: s, sentinelKey: previous-s}}",
        ),
        case(
            "sentinel-key-too-long",
            "spec.auth.sentinelKey",
            "spec: {auth: {secret: a, sentinelKey: LONG(245)}}",
            "spec: {auth: {secret: a, sentinelKey: LONG(244)}}",
        ),
        case(
            "sentinel-key-unused",
            "spec.auth.sentinelKey",
            "spec: {auth: {secret: a, sentinel: false, sentinelKey: s}}",
            "spec: {auth: {secret: a, sentinel: true, sentinelKey: s}}",
        ),
        case(
            "tls-secret-missing",
            "spec.tls",
            "spec: {tls: {}, auth: {secret: a}}",
            "spec: {tls: {secret: t}, auth: {secret: a}}",
        ),
        case(
            "certificate-incomplete",
            "spec.tls.certificate",
            "{metadata: {name: a, namespace: b}, spec: {auth: {secret: a}, tls: {secret: t, certificate: {}}}}",
            "{metadata: {name: a, namespace: b}, spec: {auth: {secret: a}, tls: {secret: t, certificate: {issuer: c}}}}",
        ),
        case(
            "certificate-incomplete",
            "spec.tls.certificate",
            "spec: {auth: {secret: a}, tls: {secret: t, certificate: {issuer: c}}}",
            "{metadata: {name: a, namespace: b}, spec: {auth: {secret: a}, tls: {secret: t, certificate: {issuer: c}}}}",
        ),
        case(
            "certificate-keys",
            "spec.tls.privateKey",
            "{metadata: {name: a, namespace: b}, spec: {auth: {secret: a}, tls: {secret: t, privateKey: k, certificate: {issuer: c}}}}",
            "{metadata: {name: a, namespace: b}, spec: {auth: {secret: a}, tls: {secret: t, privateKey: tls.key, certificate: {issuer: c}}}}",
        ),
        case(
            "certificate-times",
            "spec.tls.certificate.duration",
            "{metadata: {name: a, namespace: b}, spec: {auth: {secret: a}, tls: {secret: t, certificate: {issuer: c, duration: 59m}}}}",
            "{metadata: {name: a, namespace: b}, spec: {auth: {secret: a}, tls: {secret: t, certificate: {issuer: c, duration: 1h}}}}",
        ),
        case(
            "certificate-times",
            "spec.tls.certificate.renewBefore",
            "{metadata: {name: a, namespace: b}, spec: {auth: {secret: a}, tls: {secret: t, certificate: {issuer: c, duration: 2h, renewBefore: 2h}}}}",
            "{metadata: {name: a, namespace: b}, spec: {auth: {secret: a}, tls: {secret: t, certificate: {issuer: c, duration: 2h, renewBefore: 1h}}}}",
        ),
        case(
            "certificate-times",
            "spec.tls.certificate.renewBefore",
            "{metadata: {name: a, namespace: b}, spec: {auth: {secret: a}, tls: {secret: t, certificate: {issuer: c, duration: 1h, renewBefore: 59m59s1ms}}}}",
            "{metadata: {name: a, namespace: b}, spec: {auth: {secret: a}, tls: {secret: t, certificate: {issuer: c, duration: 1h, renewBefore: 59m59s}}}}",
        ),
        case(
            "tls-keys-equal",
            "spec.tls.privateKey",
            "spec: {auth: {secret: a}, tls: {secret: t, privateKey: tls.crt}}",
            "spec: {auth: {secret: a}, tls: {secret: t, privateKey: tls.pem}}",
        ),
        case(
            "tls-keys-equal",
            "spec.tls.authorityKey",
            "spec: {auth: {secret: a}, tls: {secret: t, certificateKey: a, authorityKey: a}}",
            "spec: {auth: {secret: a}, tls: {secret: t, certificateKey: a, authorityKey: b}}",
        ),
        case(
            "tls-authority-unclear",
            "spec.tls.authority",
            "spec: {auth: {secret: a}, tls: {secret: t, authority: {key: bundle.crt}}}",
            "spec: {auth: {secret: a}, tls: {secret: t, authority: {configMap: c, key: bundle.crt}}}",
        ),
        case(
            "tls-authority-unclear",
            "spec.tls.authority",
            "spec: {auth: {secret: a}, tls: {secret: t, authority: {configMap: c, secret: s}}}",
            "spec: {auth: {secret: a}, tls: {secret: t, certificateKey: ca.crt, authority: {secret: s}}}",
        ),
        case(
            "tls-authority-unclear",
            "spec.tls.authorityKey",
            "spec: {auth: {secret: a}, tls: {secret: t, authorityKey: bundle.crt, authority: {secret: s}}}",
            "spec: {auth: {secret: a}, tls: {secret: t, authority: {secret: s, key: bundle.crt}}}",
        ),
        case(
            "tls-without-password",
            "spec.tls",
            "spec: {tls: {secret: t}}",
            "spec: {tls: {secret: t, clientCertificates: required}}",
        ),
        case(
            "tls-without-password",
            "spec.tls",
            "spec: {tls: {secret: t, clientCertificates: optional}}",
            "spec: {tls: {secret: t}, auth: {secret: a}}",
        ),
    ]
};
