//! The files of a listener's TLS: read, checked against each other, and made into what rustls takes.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};

/// What a client asks for by ALPN, the preferred one first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Where certificate, key and the authority of clients are.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    /// The certificate and those between it and its authority, in PEM.
    pub(crate) cert: PathBuf,
    /// Its private key, in PEM.
    pub(crate) key: PathBuf,
    /// The authorities that sign clients' certificates, in PEM; without it clients are not asked for any.
    pub(crate) client_ca: Option<PathBuf>,
    /// Whether a client may come without a certificate all the same.
    pub(crate) anonymous: bool,
}

/// What is wrong with one of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// `cert`, `key` or `client_ca`.
    pub(crate) key: &'static str,
    /// With the file's name.
    pub(crate) what: String,
}

/// What the files held at one moment.
pub(super) struct Contents {
    cert: io::Result<Vec<u8>>,
    key: io::Result<Vec<u8>>,
    client_ca: Option<io::Result<Vec<u8>>>,
}

impl Contents {
    /// The same for the same contents. The key itself need not be kept to see that it has changed.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for read in [Some(&self.cert), Some(&self.key), self.client_ca.as_ref()] {
            read.map(|read| read.as_ref().map_err(io::Error::kind)).hash(&mut hasher);
        }
        hasher.finish()
    }
}

impl Files {
    pub(super) fn read(&self) -> Contents {
        Contents {
            cert: fs::read(&self.cert),
            key: fs::read(&self.key),
            client_ca: self.client_ca.as_ref().map(fs::read),
        }
    }

    /// What rustls takes.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub(super) fn config(&self, contents: &Contents) -> Result<ServerConfig, Vec<Mistake>> {
        let provider = Arc::new(ring::default_provider());
        let mut mistakes = Vec::new();
        let mut note = |key, what: String| mistakes.push(Mistake { key, what });
        let chain = certificates(&self.cert, &contents.cert).map_err(|what| note("cert", what));
        let key = private_key(&self.key, &contents.key, &provider);
        let key = key.map_err(|what| note("key", what));
        let verifier = match (&self.client_ca, &contents.client_ca) {
            (Some(path), Some(read)) => {
                let verifier = verifier(path, read, self.anonymous, &provider);
                verifier.map(Some).map_err(|what| note("client_ca", what))
            }
            _ => Ok(None),
        };
        let (Ok(chain), Ok(key), Ok(verifier)) = (chain, key, verifier) else {
            return Err(mistakes);
        };
        let wrong = |error: rustls::Error| vec![self.mismatch(&error)];
        let builder = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(wrong)?;
        let builder = match verifier {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_single_cert(chain, key).map_err(wrong)?;
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(config)
    }

    /// Certificate and key are fine, each by itself.
    fn mismatch(&self, error: &rustls::Error) -> Mistake {
        let (cert, key) = (self.cert.display(), self.key.display());
        match error {
            rustls::Error::InconsistentKeys(_) => {
                Mistake { key: "key", what: format!("{key} is not the key of {cert}") }
            }
            error => Mistake { key: "cert", what: format!("{cert} cannot be used: {error}") },
        }
    }
}

fn bytes<'a>(path: &Path, read: &'a io::Result<Vec<u8>>) -> Result<&'a [u8], String> {
    read.as_deref().map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

fn certificates(
    path: &Path,
    read: &io::Result<Vec<u8>>,
) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes(path, read)?).collect();
    match found {
        Ok(none) if none.is_empty() => Err(format!("{} holds no certificate", path.display())),
        Ok(chain) => {
            for certificate in &chain {
                webpki::EndEntityCert::try_from(certificate).map_err(|error| {
                    format!("{} holds a certificate that cannot be read: {error}", path.display())
                })?;
            }
            Ok(chain)
        }
        Err(error) => Err(format!("{} is not PEM: {error}", path.display())),
    }
}

fn private_key(
    path: &Path,
    read: &io::Result<Vec<u8>>,
    provider: &CryptoProvider,
) -> Result<PrivateKeyDer<'static>, String> {
    let key = PrivateKeyDer::from_pem_slice(bytes(path, read)?)
        .map_err(|error| format!("{} holds no private key: {error}", path.display()))?;
    match provider.key_provider.load_private_key(key.clone_key()) {
        Ok(_) => Ok(key),
        Err(error) => Err(format!("{} cannot be used: {error}", path.display())),
    }
}

fn verifier(
    path: &Path,
    read: &io::Result<Vec<u8>>,
    anonymous: bool,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let wrong =
        |error: &dyn std::fmt::Display| format!("{} cannot be used: {error}", path.display());
    let mut roots = RootCertStore::empty();
    for authority in certificates(path, read)? {
        roots.add(authority).map_err(|error| wrong(&error))?;
    }
    let builder =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    let builder = if anonymous { builder.allow_unauthenticated() } else { builder };
    builder.build().map_err(|error| wrong(&error))
}
