//! Files on a file system that hangs: what is read is a pipe that nobody writes to.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use rcgen::{CertificateParams, KeyPair};
use tokio::task::spawn_blocking;
use tokio::time::advance;

use super::*;
use crate::server::tests::listen;

/// A folder with a certificate and its key, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("bident-tls-look-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        let folder = Self(path);
        let [cert, key] = pair();
        fs::write(folder.cert(), cert).unwrap();
        fs::write(folder.key(), key).unwrap();
        folder
    }

    fn cert(&self) -> PathBuf {
        self.0.join("tls.crt")
    }

    fn key(&self) -> PathBuf {
        self.0.join("tls.key")
    }

    /// Whoever reads the certificate, which is read first, hangs from now on.
    fn hang(&self) {
        fs::remove_file(self.cert()).unwrap();
        assert!(Command::new("mkfifo").arg(self.cert()).status().unwrap().success());
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A certificate and its key, in PEM.
fn pair() -> [String; 2] {
    let key = KeyPair::generate().unwrap();
    let cert = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    [cert.self_signed(&key).unwrap().pem(), key.serialize_pem()]
}

/// What a connection gets a second from now, and how long it waits for it.
async fn next(tls: &Tls) -> (Arc<ServerConfig>, Duration) {
    advance(FRESH).await;
    let began = Instant::now();
    (tls.config().await, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_look_that_hangs_is_the_only_one_and_counts_once_it_is_back() {
    let folder = Folder::new();
    let (cert, key) = (folder.cert(), folder.key());
    let files = Files { cert, key, client_ca: None, anonymous: false };
    let tls = Tls::load(files).map_err(drop).unwrap();
    let old = tls.config().await;
    let (mut lines, _guard) = listen();
    let is_old = |config: &Arc<ServerConfig>| Arc::ptr_eq(config, &old);

    folder.hang();
    let (config, waited) = next(&tls).await;
    assert!(is_old(&config) && waited >= READ_TIMEOUT, "{waited:?}");
    // Nobody else waits for it, and nobody looks again.
    for _ in 0..8 {
        let (config, waited) = next(&tls).await;
        assert!(is_old(&config) && waited < FRESH, "{waited:?}");
    }
    let told = std::iter::from_fn(|| lines.try_recv().ok());
    assert_eq!(told.filter(|line| line.contains("cannot be read in time")).count(), 1);
    let [cert, key] = pair();
    fs::write(folder.key(), key).unwrap();
    let pipe = folder.cert();
    spawn_blocking(move || fs::write(pipe, cert).unwrap()).await.unwrap();
    let began = std::time::Instant::now();
    while is_old(&next(&tls).await.0) {
        assert!(began.elapsed().as_secs() < 20, "the look is not back");
        std::thread::yield_now();
    }
    // The next look hangs again, and the end of the test does not wait for it.
    next(&tls).await;
}
