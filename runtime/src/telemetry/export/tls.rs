//! How connections to a collector are secured.

use http::Uri;
use opentelemetry_otlp::tonic_types::transport::{Certificate, ClientTlsConfig, Identity};

use crate::call::Protocol;
use crate::client::{self, Target, Tls};
use crate::telemetry::settings::{OtlpProtocol, OtlpSettings};

pub(super) struct Secured {
    /// For the client of the kit, by whichever protocol.
    pub(super) any: client::Secured,
    /// For tonic's.
    pub(super) grpc: ClientTlsConfig,
}

impl Secured {
    /// Reads and checks the files, once.
    pub(super) fn new(settings: &OtlpSettings, endpoint: &Uri) -> Result<Self, String> {
        if settings.ca.is_none() && !cfg!(feature = "tls-roots") {
            return Err("no authority is trusted: name one in a file of PEM, or turn on bident's cargo feature \
                        `tls-roots` for the system's"
                .to_owned());
        }
        let authority = endpoint.authority().ok_or("it has no host")?.clone();
        let protocol = match settings.protocol {
            OtlpProtocol::Grpc => Protocol::Grpc,
            OtlpProtocol::HttpProtobuf => Protocol::Http,
        };
        let target = Target { protocol, secure: true, authority };
        let mut tls = Tls::new();
        if let Some(ca) = &settings.ca {
            tls = tls.ca_file(ca);
        }
        if let Some((cert, key)) = &settings.identity {
            tls = tls.identity_file(cert, key);
        }
        let any = tls.secure(&target)?.ok_or("it is not secured")?;
        Ok(Self { any, grpc: grpc(settings)? })
    }
}

/// tonic reads PEM itself. What is wrong with a file has been told before it comes to this.
fn grpc(settings: &OtlpSettings) -> Result<ClientTlsConfig, String> {
    let read = |path: &std::path::Path| {
        std::fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
    };
    let mut tls = ClientTlsConfig::new();
    match &settings.ca {
        Some(ca) => tls = tls.ca_certificate(Certificate::from_pem(read(ca)?)),
        #[cfg(feature = "tls-roots")]
        None => tls = tls.with_native_roots(),
        #[cfg(not(feature = "tls-roots"))]
        None => {}
    }
    if let Some((cert, key)) = &settings.identity {
        tls = tls.identity(Identity::from_pem(read(cert)?, read(key)?));
    }
    Ok(tls)
}
