//! Runs a measured server: one worker thread, one listener on a free port, one line on stdout that names it.
//!
//! Every server, bident's too, runs on the same runtime, so that a difference between two of them is theirs.

use std::future::Future;
use std::io;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

/// A multi-threaded runtime with a single worker: the scheduler of production, countable by callgrind.
///
/// # Errors
/// When the operating system gives no thread or no epoll instance.
pub fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(1).enable_all().build()
}

/// Binds a free loopback port, announces it and runs `serve` on the worker thread until the process is ended.
///
/// # Errors
/// When no port can be bound, or `serve` ends with an error or by a panic.
pub fn run<S, F>(serve: S) -> io::Result<()>
where
    S: FnOnce(TcpListener) -> F,
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let runtime = runtime()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("listening on {}", listener.local_addr()?);
        tokio::spawn(serve(listener)).await?
    })
}

/// Accepts the next connection, without Nagle's delay as every peer has it. A failed accept is one client's trouble and
/// is passed over.
pub async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        if let Ok((stream, _)) = listener.accept().await
            && stream.set_nodelay(true).is_ok()
        {
            return stream;
        }
    }
}
