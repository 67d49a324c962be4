use std::sync::Arc;

use rcgen::{BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, rustls};

use super::collector::{Collector, Does, SOON};
use super::{open, otlp, record, settings};
use crate::telemetry::settings::OtlpProtocol;

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
}

fn signed(issuer: &CertifiedIssuer<'static, KeyPair>, name: &str) -> (Certificate, KeyPair) {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
    (params.signed_by(&key, issuer).expect("a certificate"), key)
}

/// Takes connections from those alone whom the authority knows.
fn acceptor(issuer: &CertifiedIssuer<'static, KeyPair>, alpn: &[u8]) -> TlsAcceptor {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(issuer.der().clone()).expect("an authority");
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let (cert, key) = signed(issuer, "127.0.0.1");
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).expect("a key");
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(clients.build().expect("a verifier"))
        .with_single_cert(vec![cert.der().clone()], key)
        .expect("a certificate");
    config.alpn_protocols = vec![alpn.to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

#[tokio::test]
async fn collectors_are_asked_who_they_are_and_are_told_who_we_are() {
    let folder = std::env::temp_dir().join(format!("bident-otlp-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    let issuer = authority();
    let ca = write("ca.pem", issuer.pem());
    let stranger = write("stranger.pem", authority().pem());
    let (cert, key) = signed(&issuer, "client");
    let identity = (write("cert.pem", cert.pem()), write("key.pem", key.serialize_pem()));
    for protocol in [OtlpProtocol::Grpc, OtlpProtocol::HttpProtobuf] {
        for known in [true, false] {
            let alpn: &[u8] = if protocol == OtlpProtocol::Grpc { b"h2" } else { b"http/1.1" };
            let collector = Collector::with(Does::Take, Some(acceptor(&issuer, alpn)));
            let mut settings = settings();
            let mut otlp = otlp(protocol, collector.address(), "/v1/traces");
            otlp.endpoint = otlp.endpoint.replace("http://", "https://");
            otlp.ca = Some(if known { ca.clone() } else { stranger.clone() });
            otlp.identity = Some(identity.clone());
            settings.traces.otlp = Some(otlp);
            let pipeline = open(&settings);
            record(&pipeline, 1);
            let provider = pipeline.tracer_provider().expect("spans are exported");
            assert_eq!(provider.force_flush().is_ok(), known, "{protocol:?}");
            assert_eq!(collector.rest().len(), usize::from(known));
            pipeline.shutdown(SOON).await;
        }
    }
    std::fs::remove_dir_all(&folder).expect("removed");
}
