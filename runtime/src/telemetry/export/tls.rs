//! How connections to a collector are secured.

use http::Uri;

use crate::call::Protocol;
use crate::client::{Secured, Target, Tls};
use crate::telemetry::settings::{OtlpProtocol, OtlpSettings};

/// Reads and checks the files, once.
pub(super) fn secured(settings: &OtlpSettings, endpoint: &Uri) -> Result<Secured, String> {
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
    Ok(tls.secure(&target)?.ok_or("it is not secured")?)
}
