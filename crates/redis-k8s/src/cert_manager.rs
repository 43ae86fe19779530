//! Objects of cert-manager (`cert-manager.io/v1`), with the fields that are rendered.
//!
//! [Their reference](https://cert-manager.io/docs/reference/api-docs/) has more.

use serde::Serialize;

use crate::custom_resource::custom_resources;

custom_resources! { "cert-manager.io" "v1";
    /// A certificate that is made and renewed.
    Certificate(CertificateSpec) "certificates",
}

/// What it holds, who signs it, and where it goes.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateSpec {
    /// Names by which clients and pods reach the pods.
    pub dns_names: Vec<String>,
    /// How long it is valid, as Go writes it: `2160h`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// Addresses by which they do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ip_addresses: Vec<String>,
    /// Who signs it.
    pub issuer_ref: IssuerRef,
    /// Its key.
    pub private_key: PrivateKey,
    /// How long before its end it is renewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renew_before: Option<String>,
    /// The Secret it is written to.
    pub secret_name: String,
    /// What it is good for.
    pub usages: Vec<String>,
}

/// An issuer.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct IssuerRef {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// What becomes of the key.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PrivateKey {
    /// `Always` for a new one at each renewal.
    pub rotation_policy: String,
}
