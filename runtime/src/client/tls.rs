//! How a client secures its connections: whom it trusts, and what it shows.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::{Deserialize, Deserializer};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsConnector, rustls};

use super::target::Target;
use crate::call::Protocol;
use crate::error::BoxError;

const H2: &[u8] = b"h2";
const HTTP1: &[u8] = b"http/1.1";

/// How a client secures its connections, for [`Client::with_tls`](super::Client::with_tls).
///
/// Without an authority the client trusts those of the operating system, where bident's cargo feature `tls-roots` is on,
/// and nobody where it is off.
///
/// It is read from a configuration too, as a map of `ca`, `cert`, `key` (PEM files) and `server_name`, each of them
/// optional: `config.get::<Tls>("clients.user.tls")`.
#[derive(Clone, Default)]
pub struct Tls {
    ca: Option<Pem>,
    identity: Option<(Pem, Pem)>,
    server_name: Option<String>,
}

#[derive(Clone)]
enum Pem {
    Bytes(Vec<u8>),
    File(PathBuf),
}

impl Tls {
    /// TLS as the operating system and the target have it: nothing is shown to the server.
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts servers whose certificates one of these authorities has signed, and no others. In PEM, several one after the
    /// other.
    #[must_use]
    pub fn ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.ca = Some(Pem::Bytes(pem.into()));
        self
    }

    /// The same from a file.
    #[must_use]
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca = Some(Pem::File(path.into()));
        self
    }

    /// Shows this certificate to servers that ask for one. In PEM: the certificate, followed by those between it and its
    /// authority, and its private key.
    #[must_use]
    pub fn identity_pem(mut self, cert: impl Into<Vec<u8>>, key: impl Into<Vec<u8>>) -> Self {
        self.identity = Some((Pem::Bytes(cert.into()), Pem::Bytes(key.into())));
        self
    }

    /// The same from files.
    #[must_use]
    pub fn identity_file(mut self, cert: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.identity = Some((Pem::File(cert.into()), Pem::File(key.into())));
        self
    }

    /// Expects a certificate for this name, in place of the target's host, and asks for it by SNI.
    #[must_use]
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// What connections to `target` need. Files are read here, once; `None` where they need nothing.
    ///
    /// # Errors
    /// What is wrong with one of the parts, which it names.
    pub(super) fn secure(&self, target: &Target) -> Result<Option<Secured>, String> {
        if !target.secure {
            let plain = self.ca.is_none() && self.identity.is_none() && self.server_name.is_none();
            let advice = "TLS was set up for a target without it; write `grpcs` or `https`";
            return if plain { Ok(None) } else { Err(advice.to_owned()) };
        }
        let host = target.authority.host();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let name = self.server_name.as_deref().unwrap_or(host);
        let name = ServerName::try_from(name.to_owned())
            .map_err(|_| format!("`{name}` is no name that a certificate could have"))?;
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(self.roots()?);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((cert, key)) => {
                let (chain, private) = (cert.certificates("certificate")?, key.key()?);
                builder.with_client_auth_cert(chain, private).map_err(|error| match error {
                    rustls::Error::InconsistentKeys(_) => {
                        format!(
                            "{} is not the key of {}",
                            key.name("key"),
                            cert.name("certificate")
                        )
                    }
                    error => format!("the certificate to show cannot be used: {error}"),
                })?
            }
        };
        let http2 = target.protocol == Protocol::Grpc;
        config.alpn_protocols = vec![if http2 { H2 } else { HTTP1 }.to_vec()];
        Ok(Some(Secured { connector: TlsConnector::from(Arc::new(config)), name, http2 }))
    }

    fn roots(&self) -> Result<RootCertStore, String> {
        let Some(ca) = &self.ca else { return system_roots() };
        let mut roots = RootCertStore::empty();
        for authority in ca.certificates("authority")? {
            let added = roots.add(authority);
            added.map_err(|error| format!("{} cannot be used: {error}", ca.name("authority")))?;
        }
        Ok(roots)
    }
}

#[cfg(feature = "tls-roots")]
fn system_roots() -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    // Systems carry old authorities that nobody can read any more; the others are what counts.
    let (added, _) = roots.add_parsable_certificates(found.certs);
    match (added, found.errors.first()) {
        (0, Some(error)) => Err(format!("the system's authorities cannot be read: {error}")),
        (0, None) => Err("the system knows no authority; name one with `Tls::ca_pem`".to_owned()),
        _ => Ok(roots),
    }
}

#[cfg(not(feature = "tls-roots"))]
fn system_roots() -> Result<RootCertStore, String> {
    Err("no authority is trusted: name one with `Tls::ca_pem`, or turn on bident's cargo feature `tls-roots` for the \
         system's"
        .to_owned())
}

impl Pem {
    /// What a message calls it.
    fn name(&self, what: &str) -> String {
        match self {
            Self::Bytes(_) => format!("the given {what}"),
            Self::File(path) => path.display().to_string(),
        }
    }

    fn read(&self) -> Result<std::borrow::Cow<'_, [u8]>, String> {
        let unreadable =
            |path: &Path, error: io::Error| format!("{} cannot be read: {error}", path.display());
        match self {
            Self::Bytes(bytes) => Ok(bytes.into()),
            Self::File(path) => {
                std::fs::read(path).map(Into::into).map_err(|error| unreadable(path, error))
            }
        }
    }

    fn certificates(&self, what: &str) -> Result<Vec<CertificateDer<'static>>, String> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.read()?).collect();
        match found {
            Ok(none) if none.is_empty() => Err(format!("{} holds no certificate", self.name(what))),
            found => found.map_err(|error| format!("{} is not PEM: {error}", self.name(what))),
        }
    }

    fn key(&self) -> Result<PrivateKeyDer<'static>, String> {
        PrivateKeyDer::from_pem_slice(&self.read()?)
            .map_err(|error| format!("{} holds no private key: {error}", self.name("key")))
    }
}

/// What every connection of a transport is secured with.
#[derive(Clone)]
pub(super) struct Secured {
    connector: TlsConnector,
    name: ServerName<'static>,
    http2: bool,
}

impl Secured {
    /// The same for connections that need HTTP/2.
    pub(super) fn over_http2(&self) -> Self {
        let mut config = ClientConfig::clone(self.connector.config());
        config.alpn_protocols = vec![H2.to_vec()];
        let connector = TlsConnector::from(Arc::new(config));
        Self { connector, name: self.name.clone(), http2: true }
    }

    /// Shakes hands.
    pub(super) async fn connect(self, socket: TcpStream) -> Result<TlsStream<TcpStream>, BoxError> {
        let stream = self.connector.connect(self.name, socket).await?;
        if self.http2 && stream.get_ref().1.alpn_protocol() != Some(H2) {
            return Err("the server does not offer HTTP/2, which this call needs, by ALPN".into());
        }
        Ok(stream)
    }
}

impl fmt::Debug for Tls {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("ca", &self.ca.as_ref().map(|ca| ca.name("authority")))
            .field("identity", &self.identity.as_ref().map(|(cert, _)| cert.name("certificate")))
            .field("server_name", &self.server_name)
            .finish()
    }
}

impl<'de> Deserialize<'de> for Tls {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Written {
            ca: Option<PathBuf>,
            cert: Option<PathBuf>,
            key: Option<PathBuf>,
            server_name: Option<String>,
        }
        let Written { ca, cert, key, server_name } = Written::deserialize(input)?;
        if cert.is_some() != key.is_some() {
            return Err(serde::de::Error::custom("expected `cert` and `key`, or neither"));
        }
        let identity = cert.zip(key).map(|(cert, key)| (Pem::File(cert), Pem::File(key)));
        Ok(Self { ca: ca.map(Pem::File), identity, server_name })
    }
}
