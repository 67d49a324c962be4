//! A whole app on free ports of loopback, for the length of one test.

use std::net::SocketAddr;

use bident::App;
use bident::app::Server;
use tokio::task::JoinHandle;

use crate::bounded;

/// A running app. Dropping it aborts it; [`stop`](Self::stop) ends it as a signal would.
pub struct Running {
    /// Where HTTP and gRPC are served.
    pub addr: SocketAddr,
    /// The admin listener.
    pub admin: SocketAddr,
    /// The app itself.
    pub server: Server,
    task: JoinHandle<bident::Result>,
}

const ADDRESSES: &str = "
server: {addr: '127.0.0.1:0'}
admin: {addr: '127.0.0.1:0'}
log: {level: 'off'}
";

/// Builds the app on ports of its own and runs it.
///
/// # Panics
/// When it cannot be built.
pub async fn start(app: App) -> Running {
    let server = built(app).await;
    let (addr, admin) = (server.addresses().server, server.addresses().admin);
    let task = tokio::spawn(server.clone().run());
    Running { addr, admin, server, task }
}

/// Builds the app on ports of its own, for a test that runs it by itself.
///
/// # Panics
/// When it cannot be built.
pub async fn built(app: App) -> Server {
    match bounded("building the app", app.defaults(ADDRESSES).build()).await {
        Ok(server) => server,
        Err(error) => panic!("{error:?}"),
    }
}

/// What `build` says of an app with mistakes.
///
/// # Panics
/// When it finds none.
pub async fn refused(app: App) -> String {
    match bounded("building the app", app.defaults(ADDRESSES).build()).await {
        Ok(_) => panic!("the app has mistakes and was built"),
        Err(error) => format!("{error:?}"),
    }
}

impl Running {
    /// Stops the app and waits until it has; what `run` returned.
    ///
    /// # Errors
    /// When a part of it failed.
    ///
    /// # Panics
    /// When it does not end in time.
    pub async fn stop(mut self) -> bident::Result {
        bounded("stopping", self.server.stop()).await;
        bounded("the end of run", &mut self.task).await.expect("run does not panic")
    }

    /// Waits until the app ends by itself; what `run` returned.
    ///
    /// # Errors
    /// When a part of it failed.
    ///
    /// # Panics
    /// When it does not end in time.
    pub async fn ended(mut self) -> bident::Result {
        bounded("the end of run", &mut self.task).await.expect("run does not panic")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
