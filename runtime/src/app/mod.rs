//! The app: what is served, how it is configured, and its life from start to stop.
//!
//! [`App`] collects, [`App::build`] checks everything and binds, [`Server`] lives. Nothing in here touches a request.

mod build;
mod hooks;
mod life;
mod probe;
mod reload;
mod signals;

pub use life::{Addresses, Server};

pub use crate::server::HttpService;

use std::sync::Arc;

use crate::call::{Body, Middleware};
use crate::config::{self, Config, Mistake, Settings, Stack};
use crate::error::{BoxError, reasons};
use crate::foreign::Routes;
#[cfg(feature = "grpc")]
use crate::foreign::TonicService;
use crate::server::{Wrap, wrap};
use crate::service::{Mount, Service, mounted};
use crate::{Error, Result};

/// A program that serves.
///
/// ```no_run
/// # use bident::App;
/// # async fn main_() -> bident::Result {
/// App::new("helloworld").version("v1.2.0").run().await
/// # }
/// ```
///
/// Where it listens and every limit is configuration: see [`Config`] for where it comes from.
#[must_use = "an app does nothing until `run` or `build` is called"]
pub struct App {
    name: String,
    version: String,
    config: Arc<Stack>,
    mounts: Vec<Mount>,
    linked: bool,
    middleware: Vec<Arc<dyn Middleware>>,
    routes: Routes,
    layers: Vec<Wrap>,
}

impl App {
    /// An app with the name that it is known by in logs.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: String::new(),
            config: Stack::new(),
            mounts: Vec::new(),
            linked: false,
            middleware: Vec::new(),
            routes: Routes::default(),
            layers: Vec::new(),
        }
    }

    /// The program's version, for logs.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// Serves every method of a `#[service]`, and runs its hooks. The same service twice is a mistake that
    /// [`App::build`] reports.
    pub fn service(mut self, service: impl Service) -> Self {
        self.mounts.push(mounted(service));
        self
    }

    /// Serves every service that is declared `linked` in a crate that this program refers to, sorted by name.
    ///
    /// The linker drops crates that nothing refers to, and their services with them; [`App::service`] is the sure way.
    pub fn linked(mut self) -> Self {
        self.linked = true;
        self
    }

    /// Wraps every call, whatever surface it comes in on. The first one added is the outermost.
    pub fn middleware(mut self, middleware: impl Middleware) -> Self {
        self.middleware.push(Arc::new(middleware));
        self
    }

    /// Serves the user's own axum routes, behind the same middleware: whatever no service takes goes to them. Given again,
    /// the routers are merged.
    ///
    /// # Panics
    /// Where two of the routers answer the same path, as [`axum::Router::merge`] does.
    #[cfg(feature = "http")]
    pub fn routes(mut self, router: axum::Router) -> Self {
        self.routes.router = Some(match self.routes.router.take() {
            Some(known) => known.merge(router),
            None => router,
        });
        self
    }

    /// Serves a service built with tonic, with an interceptor or without, behind the same middleware.
    #[cfg(feature = "grpc")]
    pub fn tonic<S, B>(mut self, service: S) -> Self
    where
        S: tower_service::Service<
                http::Request<tonic::body::Body>,
                Response = http::Response<B>,
                Error = std::convert::Infallible,
            > + tonic::server::NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
        B: http_body::Body<Data = bytes::Bytes, Error = tonic::Status> + Send + 'static,
    {
        self.routes.tonic.push(TonicService::new(service));
        self
    }

    /// Puts a tower layer around everything that the app serves, as HTTP and before it is known which call it is. The
    /// first one added is the outermost. A layer's error, or its panic, ends its call as any other [`Error`] does. What a layer
    /// fails with or answers itself has its span, its metrics and its line in the access log like any other request;
    /// middleware stands below and sees only what layers let through.
    ///
    /// For that the head of each request is kept while layers have it, which an app without layers does not pay for.
    pub fn layer<L, B>(mut self, layer: L) -> Self
    where
        L: tower_layer::Layer<HttpService> + Send + 'static,
        L::Service: tower_service::Service<http::Request<Body>, Response = http::Response<B>>
            + Clone
            + Send
            + Sync
            + 'static,
        <L::Service as tower_service::Service<http::Request<Body>>>::Error: Into<BoxError>,
        <L::Service as tower_service::Service<http::Request<Body>>>::Future: Send,
        B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.layers.push(wrap(layer));
        self
    }

    /// The program's own defaults, as YAML: above the kit's, below every file and variable. Given again, the later one
    /// is above.
    pub fn defaults(self, yaml: impl Into<String>) -> Self {
        self.config.add_defaults(yaml.into());
        self
    }

    /// The configuration that [`App::build`] uses, for services that need it to be made. Reads the files, the arguments and
    /// the environment each time; defaults that are given later are in it once the app is built.
    ///
    /// # Errors
    /// With the reason `CONFIG`: everything that is wrong with it, a line each.
    pub async fn config(&self) -> Result<Config> {
        let (_, mistakes) = self.load();
        if mistakes.is_empty() {
            return Ok(Config::new(Arc::clone(&self.config)));
        }
        Err(Error::internal(config::REASON, lines(mistakes.iter().map(Mistake::to_string))))
    }

    /// Checks everything and binds the listeners; nothing is served yet.
    ///
    /// # Errors
    /// Everything that is wrong, a line each: the configuration, routes that conflict, services that are given twice,
    /// types that two packages reach, addresses that are taken.
    pub async fn build(self) -> Result<Server> {
        build::build(self).await
    }

    /// Builds the app and runs it until it is told to stop by SIGTERM, SIGINT or SIGQUIT; a second signal stops it at
    /// once. Once it serves, a line on stdout says where.
    ///
    /// # Errors
    /// Those of [`App::build`] and of [`Server::run`].
    pub async fn run(self) -> Result {
        self.build().await?.run().await
    }

    fn load(&self) -> (Option<Settings>, Vec<Mistake>) {
        self.config.load(config::Start::of_process())
    }
}

/// One error for all that is wrong with an app.
fn refuse(name: &str, mistakes: &[String]) -> Error {
    let text = match mistakes {
        [only] => format!("{name} cannot start: {only}"),
        _ => format!("{name} cannot start:\n  {}", mistakes.join("\n  ")),
    };
    Error::internal(reasons::INTERNAL, text)
}

fn lines(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join("\n")
}
