//! Certificates.

use super::{choice, document};
use crate::value::{Duration, ObjectName, SecretKey};

/// What a field of the certificate needs beside it.
const CERTIFIED: &str = r#"{"tls": {"secret": "redis-tls", "certificate": {"issuer": "company-ca"}}}"#;

document! {
    /// Where the certificates are, and who must show one. Plain connections are refused.
    pub struct Tls {
        /// The Secret, as cert-manager makes it: certificate, key and authority. A renewed one is taken up without a restart of pods.
        pub secret: Option<ObjectName> => sample(r#""redis-tls""#),
        /// Its key with the certificate. Servers and sentinels show it to clients and to each other, whatever `clientCertificates`
        /// says: its extended key usage is both `serverAuth` and `clientAuth`. Its names, each with `.NAMESPACE.svc`:
        /// `*.NAME-headless`, `*.NAME-sentinel-headless`, `NAME-announce-I` and `NAME-sentinel-announce-I` of every pod,
        /// `NAME-sentinel`, `NAME-read` and, where it is rendered, `NAME-master`; and those of `spec.services.external`.
        /// `redis-k8s-gen explain spec.tls --file FILE` lists those of a document.
        pub certificate_key: Option<SecretKey> = "tls.crt" => sample(r#""server.crt""#).beside(r#"{"tls": {"secret": "redis-tls"}}"#),
        /// Its key with the private key.
        pub private_key: Option<SecretKey> = "tls.key" => sample(r#""server.key""#).beside(r#"{"tls": {"secret": "redis-tls"}}"#),
        /// Its key with the certificate of the authority.
        pub authority_key: Option<SecretKey> = "ca.crt" => sample(r#""root.crt""#).beside(r#"{"tls": {"secret": "redis-tls"}}"#),
        /// Where the certificate of the authority is, if it is not in the Secret: a bundle may hold several, as during a change of authority.
        pub authority: Option<Authority> else "the Secret's" => sample(r#"{"configMap": "company-ca", "key": "bundle.crt"}"#).beside(r#"{"tls": {"secret": "redis-tls"}}"#),
        /// A `Certificate` of cert-manager, which makes and renews what is in `secret`, with all names it must hold. The document says
        /// its namespace, since the names do.
        pub certificate: Option<Certificate> else "there is none" => sample(r#"{"issuer": "company-ca"}"#).beside(r#"{"tls": {"secret": "redis-tls"}}"#).namespaced(),
        /// Whether clients show a certificate: `none`, `optional` or `required`.
        pub client_certificates: Option<ClientCertificates> = "optional" => sample(r#""required""#).beside(r#"{"tls": {"secret": "redis-tls"}}"#),
    }
}

document! {
    /// What cert-manager makes.
    pub struct Certificate {
        /// Who signs it. With an authority that others have, too, as Let's Encrypt, servers trust more than their own clients.
        /// Before another authority signs, `spec.tls.authority` holds both: pods do not get their certificates at the same moment.
        pub issuer: Option<ObjectName> => sample(r#""team-ca""#).beside(CERTIFIED),
        /// The kind of the issuer: `Issuer`, which is in the namespace of the instance, or `ClusterIssuer`.
        pub issuer_kind: Option<IssuerKind> = "Issuer" => sample(r#""ClusterIssuer""#).beside(CERTIFIED),
        /// How long it is valid, 1h or more. Where nothing was said before it waits for the next renewal.
        pub duration: Option<Duration> else "cert-manager's, 90 days" => sample(r#""720h""#).beside(CERTIFIED),
        /// How long before its end it is renewed, 5m or more.
        pub renew_before: Option<Duration> else "cert-manager's, a third of the time it is valid" => sample(r#""240h""#).beside(CERTIFIED),
    }
}

choice! {
    /// A kind of issuer.
    pub enum IssuerKind {
        /// In the namespace of the instance.
        Issuer = "Issuer",
        /// For every namespace.
        ClusterIssuer = "ClusterIssuer",
    }
}

document! {
    /// Where the certificates of authorities are, in PEM: a Secret or a `ConfigMap`.
    pub struct Authority {
        /// The Secret.
        pub secret: Option<ObjectName> => sample(r#""company-ca""#),
        /// The `ConfigMap`, as trust-manager makes it.
        pub config_map: Option<ObjectName> => sample(r#""company-ca""#),
        /// The key.
        pub key: Option<SecretKey> = "ca.crt" => sample(r#""bundle.crt""#).beside(r#"{"tls": {"secret": "redis-tls", "authority": {"configMap": "company-ca"}}}"#),
    }
}

choice! {
    /// Whether clients show a certificate (`tls-auth-clients`).
    pub enum ClientCertificates {
        /// Not asked for.
        None = "none",
        /// Checked when shown.
        Optional = "optional",
        /// Demanded.
        Required = "required",
    }
}
