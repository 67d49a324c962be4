//! From what an app was given to what it serves: every check, then the listeners.
//!
//! Nothing stops at the first mistake. Binding is the only thing in here that the outside could notice.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::hooks::Hooks;
use super::life::{ADMIN_KEY, Addresses, Listener, Parts, Server};
use super::reload::Reloading;
use super::{App, probe, refuse};
use crate::call::{Caught, Telling};
#[cfg(feature = "tls")]
use crate::config::ClientAuth;
use crate::config::{AccessLog, Config, CorsSettings, ServerSettings, Settings};
use crate::foreign::{Foreign, UNMATCHED};
use crate::health::{self, Health};
use crate::message::Types;
#[cfg(feature = "tls")]
use crate::server::tls::{Files, Tls};
use crate::server::{Assembly, Bound, Bounds, Core, Cors, Limits, site};
use crate::service::{HOOK_TIMEOUT, Linked, Mount};
use crate::telemetry::{self, Running};
use crate::{Result, describe, reflection};

const SERVER_KEY: &str = "server.addr";
const GRPC_KEY: &str = "server.grpc.addr";
const PROMETHEUS_KEY: &str = "OTEL_EXPORTER_PROMETHEUS_HOST, _PORT";
/// How long the name in an address may take to resolve.
const BIND_TIMEOUT: Duration = Duration::from_secs(10);

pub(super) async fn build(mut app: App) -> Result<Server> {
    let (settings, found) = app.load();
    let config = Config::new(Arc::clone(&app.config));
    let mut mistakes: Vec<String> = found.iter().map(ToString::to_string).collect();
    let mut linked = Vec::new();
    if app.linked {
        let mounts = link(&config, &mut mistakes).await;
        linked.extend(mounts.iter().map(|mount| mount.spec.full_name));
        app.mounts.extend(mounts);
    }
    let mut mounts = unique(std::mem::take(&mut app.mounts), &mut mistakes);
    let mut hooks = Hooks::default();
    for mount in &mut mounts {
        hooks.add(mount.spec.full_name, std::mem::take(&mut mount.hooks));
    }
    let health = Health::new();
    let reflect = settings.as_ref().is_none_or(|settings| settings.server.reflection);
    let tonic = app.routes.service_names();
    add_own(&mut mounts, &tonic, &health, reflect, &mut mistakes);
    hidden(&tonic, &mounts, &mut mistakes);
    let assembled = assemble(mounts, &health);
    let running = settings.as_ref().and_then(|settings| {
        let opened = Running::open(settings, &app.name, &app.version);
        opened.map_err(|found| mistakes.extend(found)).ok()
    });
    let bound = match &settings {
        Some(settings) => {
            let bound = bind(&config, settings, &mut mistakes).await;
            secure(&config, settings, bound, &mut mistakes)
        }
        None => None,
    };
    let scraped = match running.as_ref().and_then(Running::scrape_at) {
        Some(at) => {
            let mistake =
                |why| mistakes.push(format!("{PROMETHEUS_KEY}: cannot listen on {at}: {why}"));
            bind_one(at).await.map_err(mistake).ok()
        }
        None => None,
    };
    let (operations, table) = match assembled {
        Ok(served) if mistakes.is_empty() => served,
        Ok(_) => return Err(refuse(&app.name, &mistakes)),
        Err(found) => {
            mistakes.extend(found);
            return Err(refuse(&app.name, &mistakes));
        }
    };
    // Where either is missing there was a mistake.
    let (Some(settings), Some(bound), Some(running)) = (settings, bound, running) else {
        return Err(refuse(&app.name, &mistakes));
    };
    running.set_globals();
    app.config.journal().open(running.tells_of_config());
    let telemetry = Arc::clone(&running.telemetry);
    let cors = settings.server.cors.clone().map(|cors| {
        let CorsSettings { origins, credentials, expose, max_age } = cors;
        Cors::new(origins, credentials, &expose, max_age)
    });
    let core = Core {
        places: operations.iter().map(|operation| operation.places(&telemetry)).collect(),
        others: telemetry::Foreign::new(&telemetry, UNMATCHED),
        telemetry,
        operations,
        table,
        middleware: app.middleware,
        bounds: Bounds::new(settings.server.timeout, settings.server.max_body),
        telling: Telling {
            log_all: settings.log.access == AccessLog::All,
            bare: !settings.server.reasons,
        },
        log_arguments: settings.log.arguments,
        public: settings.server.public,
        trusted: settings.server.trusted_proxies.clone(),
        secure: settings.server.tls.is_some(),
        #[cfg(feature = "ws")]
        cors: cors.clone(),
        foreign: Foreign::new(app.routes),
    };
    let core = Arc::new(core);
    let reloading = Reloading::new(app.config, Arc::clone(&core));
    let site = site(core, app.layers, cors);
    let limits = limits(&settings.server);
    let mut addresses = bound.addresses();
    addresses.metrics = scraped.as_ref().map(Bound::address);
    let listener = |key, bound| Listener { key, bound, site: site.clone(), limits: limits.clone() };
    let listeners = [(SERVER_KEY, Some(bound.server)), (GRPC_KEY, bound.grpc)];
    let listeners = listeners.into_iter().filter_map(|(key, at)| Some(listener(key, at?)));
    let scraped = scraped.map(|bound| Listener {
        key: PROMETHEUS_KEY,
        bound,
        site: probe::site(&[], health.clone(), running.scrape()),
        limits: Limits::default(),
    });
    let parts = Parts {
        listeners: listeners.chain(scraped).collect(),
        admin: Listener {
            key: ADMIN_KEY,
            bound: bound.admin,
            site: probe::site(&probe::PROBES, health.clone(), running.scrape()),
            limits: Limits::default(),
        },
        settings,
        hooks,
        health,
        linked,
        running,
        reloading,
    };
    let title = match app.version.as_str() {
        "" => app.name,
        version => format!("{} {version}", app.name),
    };
    Ok(Server::new(title, addresses, parts))
}

/// Makes the services that the linker brought along. A panic of one is its mistake, and the others are made all the same.
async fn link(config: &Config, mistakes: &mut Vec<String>) -> Vec<Mount> {
    let mut mounts = Vec::new();
    for linked in Linked::all() {
        let made = Caught::begin(|| (linked.make)(config));
        match tokio::time::timeout(HOOK_TIMEOUT, made).await {
            Ok(Ok(mount)) => mounts.push(mount),
            Ok(Err(error)) => mistakes.push(format!("{}: {}", linked.name, error.message())),
            Err(_) => mistakes.push(format!(
                "{}: its constructor did not end within {HOOK_TIMEOUT:?}",
                linked.name
            )),
        }
    }
    mounts
}

/// The mounts whose services have names of their own.
fn unique(mounts: Vec<Mount>, mistakes: &mut Vec<String>) -> Vec<Mount> {
    let mut kept: Vec<Mount> = Vec::new();
    for mount in mounts {
        let name = mount.spec.full_name;
        if kept.iter().any(|other| other.spec.full_name == name) {
            mistakes.push(format!("the service `{name}` is mounted twice"));
        } else {
            kept.push(mount);
        }
    }
    kept
}

/// Adds health and reflection to the user's services.
fn add_own(
    mounts: &mut Vec<Mount>,
    tonic: &[&'static str],
    health: &Health,
    reflect: bool,
    mistakes: &mut Vec<String>,
) {
    let mut specs: Vec<_> = mounts.iter().map(|mount| mount.spec).collect();
    let names = specs.iter().map(|spec| spec.full_name).chain(tonic.iter().copied()).collect();
    mounts.push(health::mount(health.clone(), names));
    specs.push(&health::SPEC);
    if reflect {
        specs.extend(reflection::SPECS);
    }
    // What is wrong across services is wrong without reflection too.
    match describe::describe(&specs) {
        Ok(schema) if reflect => mounts.extend(reflection::mounts(schema, &specs, health)),
        Ok(_) => {}
        Err(found) => mistakes.extend(found),
    }
}

/// A service built with tonic gets only the calls that no operation takes: one of the same name would never get any.
fn hidden(tonic: &[&'static str], mounts: &[Mount], mistakes: &mut Vec<String>) {
    for (index, name) in tonic.iter().enumerate() {
        let ours = mounts.iter().any(|mount| mount.spec.full_name == *name);
        if ours && name.starts_with("grpc.reflection.") {
            mistakes.push(format!(
                "the service `{name}` is the kit's own: `server.reflection: false` leaves that one out"
            ));
        } else if ours || tonic[..index].contains(name) {
            mistakes.push(format!("the service `{name}` is mounted twice"));
        }
    }
}

type Served = (Vec<crate::server::Operation>, crate::route::Table);

fn assemble(mounts: Vec<Mount>, health: &Health) -> Result<Served, Vec<String>> {
    let mut assembly = Assembly::default();
    let mut types = Types::default();
    for mounted in mounts.into_iter().flat_map(|mount| mount.handlers) {
        assembly.method(mounted, &mut types);
    }
    for probe in probe::PROBES {
        assembly.raw("GET", probe.path, probe.handler(health.clone()));
    }
    assembly.finish()
}

struct BoundAll {
    server: Bound,
    grpc: Option<Bound>,
    admin: Bound,
}

impl BoundAll {
    fn addresses(&self) -> Addresses {
        Addresses {
            server: self.server.address(),
            grpc: self.grpc.as_ref().map(Bound::address),
            admin: self.admin.address(),
            metrics: None,
        }
    }
}

/// Binds every address; each that cannot be bound is a mistake of its key's.
async fn bind(
    config: &Config,
    settings: &Settings,
    mistakes: &mut Vec<String>,
) -> Option<BoundAll> {
    let mut wanted = vec![(SERVER_KEY, &settings.server.addr), (ADMIN_KEY, &settings.admin.addr)];
    wanted.extend(settings.server.grpc_addr.as_ref().map(|addr| (GRPC_KEY, addr)));
    let mut bound = Vec::new();
    for (key, address) in wanted {
        match bind_one(&address.0).await {
            Ok(one) => bound.push(one),
            Err(why) => {
                let text = format!("cannot listen on {}: {why}", address.0);
                mistakes.push(config.mistake(key, text));
            }
        }
    }
    let mut bound = bound.into_iter();
    let (server, admin) = (bound.next()?, bound.next()?);
    Some(BoundAll { server, admin, grpc: bound.next() })
}

/// The listeners behind the TLS that `server.tls` asks for.
#[cfg(feature = "tls")]
fn secure(
    config: &Config,
    settings: &Settings,
    bound: Option<BoundAll>,
    mistakes: &mut Vec<String>,
) -> Option<BoundAll> {
    let Some(settings) = &settings.server.tls else { return bound };
    let files = Files {
        cert: settings.cert.clone(),
        key: settings.key.clone(),
        client_ca: settings.client_ca.clone(),
        anonymous: settings.client_auth == ClientAuth::Request,
    };
    match Tls::load(files) {
        Ok(tls) => {
            let (tls, bound) = (Arc::new(tls), bound?);
            let server = bound.server.secured(Arc::clone(&tls));
            let grpc = bound.grpc.map(|grpc| grpc.secured(tls));
            Some(BoundAll { server, grpc, admin: bound.admin })
        }
        Err(found) => {
            let texts = found.into_iter().map(|mistake| {
                config.mistake(&format!("server.tls.{}", mistake.key), mistake.what)
            });
            mistakes.extend(texts);
            None
        }
    }
}

#[cfg(not(feature = "tls"))]
fn secure(
    config: &Config,
    settings: &Settings,
    bound: Option<BoundAll>,
    mistakes: &mut Vec<String>,
) -> Option<BoundAll> {
    if settings.server.tls.is_none() {
        return bound;
    }
    let text = "this program was built without TLS: bident's cargo feature `tls` is off";
    mistakes.push(config.mistake("server.tls.cert", text.to_owned()));
    None
}

async fn bind_one(address: &str) -> Result<Bound, String> {
    match tokio::time::timeout(BIND_TIMEOUT, Bound::bind(address)).await {
        Ok(bound) => bound.map_err(|error| error.to_string()),
        Err(_) => Err(format!("its name did not resolve within {BIND_TIMEOUT:?}")),
    }
}

fn limits(server: &ServerSettings) -> Limits {
    Limits {
        header_read: server.header_timeout,
        idle: server.idle_timeout,
        // The most that can be counted.
        max_connections: server.max_connections.get().min(Semaphore::MAX_PERMITS),
        max_streams: server.max_streams.get(),
        max_age: server.max_connection_age,
        age_grace: server.max_connection_age_grace,
        keep_alive: server.keep_alive.map(|pings| (pings.interval, pings.timeout)),
        ..Limits::default()
    }
}
