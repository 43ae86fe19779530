//! Certificates.

use super::{choice, document};
use crate::value::{ObjectName, SecretKey};

document! {
    /// Where the certificates are, and who must show one. Plain connections are refused.
    pub struct Tls {
        /// The Secret, as cert-manager makes it: certificate, key and authority.
        pub secret: Option<ObjectName>,
        /// Its key with the certificate. Servers and sentinels show it to clients and to each other, whatever `clientCertificates`
        /// says: its extended key usage is both `serverAuth` and `clientAuth`. Its names, each with `.NAMESPACE.svc`:
        /// `*.NAME-headless`, `*.NAME-sentinel-headless`, `NAME-announce-I` and `NAME-sentinel-announce-I` of every pod,
        /// `NAME-sentinel` and `NAME-read`. Default `tls.crt`.
        pub certificate_key: Option<SecretKey>,
        /// Its key with the private key; default `tls.key`.
        pub private_key: Option<SecretKey>,
        /// Its key with the certificate of the authority; default `ca.crt`.
        pub authority_key: Option<SecretKey>,
        /// Whether clients show a certificate: `none`, `optional` (default) or `required`.
        pub client_certificates: Option<ClientCertificates>,
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
