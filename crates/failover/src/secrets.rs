//! Certificates, as an operator of the cluster would provide them.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// What a connection runs over.
pub(crate) trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// Who signs certificates.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate of an authority, and its key.
pub(crate) struct Certificate {
    shown: String,
    key: String,
    shown_der: CertificateDer<'static>,
    key_der: Vec<u8>,
}

impl Authority {
    pub(crate) fn new(name: &str) -> io::Result<Self> {
        let mut authority = CertificateParams::new(Vec::new()).map_err(io::Error::other)?;
        // Two certificates of one name look to OpenSSL like one that signed itself.
        authority.distinguished_name.push(DnType::CommonName, name);
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(authority, generate()?).map_err(io::Error::other)?;
        Ok(Self { issuer })
    }

    /// Its own certificate, in PEM.
    pub(crate) fn root(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for these names that is valid for this long from now on.
    pub(crate) fn issue(&self, names: Vec<String>, valid: Duration) -> io::Result<Certificate> {
        let key = generate()?;
        let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
        params.distinguished_name.push(DnType::CommonName, "redis");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(io::Error::other)?;
        params.not_before = rcgen::date_time_ymd(1970, 1, 1) + now - Duration::from_secs(1);
        params.not_after = rcgen::date_time_ymd(1970, 1, 1) + now + valid;
        let certificate = params.signed_by(&key, &self.issuer).map_err(io::Error::other)?;
        Ok(Certificate {
            shown: certificate.pem(),
            key: key.serialize_pem(),
            shown_der: certificate.der().clone(),
            key_der: key.serialize_der(),
        })
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Certificate {
    /// The entries of the Secret that are its own, as cert-manager names them.
    pub(crate) fn entries(&self) -> [(&'static str, &str); 2] {
        [("tls.crt", &self.shown), ("tls.key", &self.key)]
    }
}

fn generate() -> io::Result<KeyPair> {
    KeyPair::generate().map_err(io::Error::other)
}

/// The client's side of TLS.
#[derive(Debug, Clone)]
pub(crate) struct Tls(Arc<ClientConfig>);

impl Tls {
    /// Trusts these authorities, and shows this certificate when asked for one.
    pub(crate) fn trusting(authorities: &[Authority], own: &Certificate) -> io::Result<Self> {
        let mut roots = RootCertStore::empty();
        for authority in authorities {
            roots.add(authority.issuer.der().clone()).map_err(io::Error::other)?;
        }
        let key = PrivateKeyDer::try_from(own.key_der.clone()).map_err(io::Error::other)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|config| {
                let config = config.with_root_certificates(roots);
                config.with_client_auth_cert(vec![own.shown_der.clone()], key)
            })
            .map_err(io::Error::other)?;
        Ok(Self(Arc::new(config)))
    }

    /// Encrypts a connection to the server of this name.
    pub(crate) fn wrap(&self, socket: TcpStream, name: &str) -> io::Result<Box<dyn Stream>> {
        let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
        let session = ClientConnection::new(Arc::clone(&self.0), name).map_err(io::Error::other)?;
        Ok(Box::new(StreamOwned::new(session, socket)))
    }

    /// True if who listens there shows this certificate.
    pub(crate) fn sees(&self, mut socket: TcpStream, name: &str, certificate: &Certificate) -> io::Result<bool> {
        let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
        let mut session = ClientConnection::new(Arc::clone(&self.0), name).map_err(io::Error::other)?;
        while session.is_handshaking() {
            session.complete_io(&mut socket)?;
        }
        Ok(session.peer_certificates().and_then(<[_]>::first) == Some(&certificate.shown_der))
    }
}
