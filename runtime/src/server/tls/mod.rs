//! TLS on a listener: handshakes, and a certificate that is read again once its files have changed.
//!
//! The files are looked at when somebody connects, at most once a second: only new connections have a use for a new
//! certificate, so nothing runs between them. Nothing in here knows HTTP, beyond the names that ALPN offers.

mod files;
mod identity;

pub(crate) use files::{Files, Mistake};
pub use identity::PeerIdentity;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

/// How old what was read may be when somebody connects.
const FRESH: Duration = Duration::from_secs(1);
/// How long reading the files may hold up a handshake: a file system that hangs is no reason to serve nobody.
const READ_TIMEOUT: Duration = Duration::from_secs(2);

/// What new connections of the listeners are secured with.
pub(crate) struct Tls {
    files: Arc<Files>,
    current: Mutex<Current>,
}

struct Current {
    config: Arc<ServerConfig>,
    /// Of what the files held when they were last looked at, whether it was usable or not.
    fingerprint: u64,
    looked: Instant,
}

impl Tls {
    /// Reads and checks the files.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub(crate) fn load(files: Files) -> Result<Self, Vec<Mistake>> {
        let contents = files.read();
        let config = files.config(&contents)?;
        let fingerprint = contents.fingerprint();
        let current = Current { config: Arc::new(config), fingerprint, looked: Instant::now() };
        Ok(Self { files: Arc::new(files), current: Mutex::new(current) })
    }

    /// Shakes hands with whoever has connected.
    ///
    /// # Errors
    /// What the handshake failed with.
    pub(super) async fn accept(&self, socket: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsAcceptor::from(self.config().await).accept(socket).await
    }

    async fn config(&self) -> Arc<ServerConfig> {
        let mut current = self.current.lock().await;
        if current.looked.elapsed() >= FRESH {
            self.look_again(&mut current).await;
            current.looked = Instant::now();
        }
        Arc::clone(&current.config)
    }

    /// Takes over what the files hold now, where that is new and usable.
    async fn look_again(&self, current: &mut Current) {
        let (files, known) = (Arc::clone(&self.files), current.fingerprint);
        let looking = spawn_blocking(move || {
            let contents = files.read();
            let fingerprint = contents.fingerprint();
            (fingerprint != known).then(|| (fingerprint, files.config(&contents)))
        });
        match timeout(READ_TIMEOUT, looking).await {
            Ok(Ok(None)) => {}
            Ok(Ok(Some((fingerprint, read)))) => {
                current.fingerprint = fingerprint;
                match read {
                    Ok(config) => {
                        current.config = Arc::new(config);
                        let cert = self.files.cert.display();
                        tracing::info!(%cert, "new connections get the new certificate");
                    }
                    Err(mistakes) => mistakes.iter().for_each(|mistake| {
                        let error = &mistake.what;
                        tracing::error!(
                            error,
                            "the new TLS files cannot be used, the old ones stay"
                        );
                    }),
                }
            }
            // Asked again by the next connection a second from now.
            Ok(Err(_)) | Err(_) => {
                let cert = self.files.cert.display();
                tracing::warn!(%cert, "the TLS files cannot be read in time, the old ones stay");
            }
        }
    }
}
