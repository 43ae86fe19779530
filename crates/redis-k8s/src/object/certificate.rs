//! The certificate of the pods, where cert-manager makes it.

use std::net::IpAddr;

use super::metadata::metadata;
use crate::cert_manager::{Certificate, CertificateSpec, IssuerRef, PrivateKey};
use crate::instance::Instance;
use crate::model::IssuerKind;
use crate::value::Duration;

pub(super) fn build(instance: Instance<'_>) -> Option<Certificate> {
    let tls = instance.redis.spec.tls.as_deref()?;
    let asked = tls.certificate.as_ref()?;
    let (ip_addresses, dns_names) =
        instance.certificate_names().into_iter().partition(|name| name.parse::<IpAddr>().is_ok());
    // Go has no days.
    let time = |time: Duration| format!("{}s", time.as_secs_rounded_up());
    Some(Certificate {
        metadata: metadata(instance, instance.name().to_owned(), None),
        spec: CertificateSpec {
            dns_names,
            duration: asked.duration.map(time),
            ip_addresses,
            issuer_ref: IssuerRef {
                kind: asked.issuer_kind.unwrap_or(IssuerKind::Issuer).as_str().to_owned(),
                name: asked.issuer.as_ref().map(ToString::to_string).unwrap_or_default(),
            },
            private_key: PrivateKey { rotation_policy: "Always".to_owned() },
            renew_before: asked.renew_before.map(time),
            secret_name: tls.secret.as_ref().map(ToString::to_string).unwrap_or_default(),
            usages: ["server auth", "client auth"].map(str::to_owned).into(),
        },
    })
}
