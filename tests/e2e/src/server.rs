//! A server on a port of its own.

use std::net::SocketAddr;

use bident::App;
use bident::app::Server;
use tokio::task::JoinHandle;

use crate::bounded;

/// An app that runs until it is stopped or dropped.
pub struct Running {
    /// Where HTTP and gRPC are answered.
    pub address: SocketAddr,
    /// Where the admin listener is.
    pub admin: SocketAddr,
    /// The app itself.
    pub server: Server,
    task: JoinHandle<bident::Result>,
}

/// Free ports on the loopback interface, whatever the environment of the tests says about files.
const PORTS: &str = "server: { addr: '127.0.0.1:0' }\nadmin: { addr: '127.0.0.1:0' }\n";

impl Running {
    /// Builds and runs an app. It answers from here on.
    ///
    /// # Panics
    /// When the app cannot be built.
    pub async fn start(app: App) -> Self {
        let built = bounded("build", app.defaults(PORTS).build()).await;
        let server = built.unwrap_or_else(|error| panic!("the app is refused: {error:?}"));
        let addresses = server.addresses();
        let (address, admin) = (addresses.server, addresses.admin);
        let task = tokio::spawn(server.clone().run());
        Self { address, admin, server, task }
    }

    /// What `build` says of an app with mistakes.
    ///
    /// # Panics
    /// When it finds none.
    pub async fn refused(app: App) -> String {
        match bounded("build", app.defaults(PORTS).build()).await {
            Ok(_) => panic!("the app has mistakes and was built"),
            Err(error) => format!("{error:?}"),
        }
    }

    /// Stops the app and gives what `run` returned.
    ///
    /// # Panics
    /// When the run panicked.
    pub async fn stop(self) -> bident::Result {
        let Self { server, task, .. } = self;
        bounded("stop", server.stop()).await;
        bounded("run", task).await.expect("a run without a panic")
    }
}
