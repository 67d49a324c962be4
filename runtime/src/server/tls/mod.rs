//! TLS on a listener: handshakes, and a certificate that is read again once its files have changed.
//!
//! The files are looked at when somebody connects, at most once a second: only new connections have a use for a new
//! certificate, so nothing runs between them. Nothing in here knows HTTP, beyond the names that ALPN offers.

mod files;
mod identity;
#[cfg(all(test, unix))]
mod tests;

pub(crate) use files::{Files, Mistake};
pub use identity::PeerIdentity;

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{Mutex, oneshot};
use tokio::time::{Instant, timeout};
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
    /// A look that took longer than anybody waits for it, and is not back yet.
    late: Option<Look>,
}

/// What a look at the files has seen, where that is new: its fingerprint, and what is made of it.
type Look = oneshot::Receiver<Option<(u64, Result<ServerConfig, Vec<Mistake>>)>>;

impl Tls {
    /// Reads and checks the files.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub(crate) fn load(files: Files) -> Result<Self, Vec<Mistake>> {
        let contents = files.read();
        let config = files.config(&contents)?;
        let fingerprint = contents.fingerprint();
        let (config, looked) = (Arc::new(config), Instant::now());
        let current = Current { config, fingerprint, looked, late: None };
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

    /// Takes over what the files hold now, where that is new and usable. A look that hangs stays the only one: whoever connects
    /// meanwhile gets what there was, and what it has seen counts once it is back.
    async fn look_again(&self, current: &mut Current) {
        let (mut look, patience) = match current.late.take() {
            Some(late) => (late, Duration::ZERO),
            None => (self.look(current.fingerprint), READ_TIMEOUT),
        };
        match timeout(patience, &mut look).await {
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
            // The system has no thread left. Asked again by the next connection a second from now.
            Ok(Err(_)) => self.unread(),
            Err(_) => {
                if !patience.is_zero() {
                    self.unread();
                }
                current.late = Some(look);
            }
        }
    }

    /// Reads the files on a thread of its own, since the end of the program would wait for one of tokio's.
    fn look(&self, known: u64) -> Look {
        let (seen, look) = oneshot::channel();
        let files = Arc::clone(&self.files);
        // Where there is no thread the sender is dropped, which is how that is heard.
        let _ = thread::Builder::new().name("bident-tls".to_owned()).spawn(move || {
            let contents = files.read();
            let fingerprint = contents.fingerprint();
            let new = (fingerprint != known).then(|| (fingerprint, files.config(&contents)));
            // Nobody waits any more once the server is gone.
            let _ = seen.send(new);
        });
        look
    }

    fn unread(&self) {
        let cert = self.files.cert.display();
        tracing::warn!(%cert, "the TLS files cannot be read in time, the old ones stay");
    }
}
