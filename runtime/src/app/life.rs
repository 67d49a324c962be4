//! A built app's life: hooks, serving, the wait for a reason to stop, and the stop in its order.
//!
//! Every wait has a bound: hooks have theirs, the grace period and the drain are configured, and a second signal cuts all
//! of it short.

use std::future::poll_fn;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::hooks::Hooks;
use super::reload::Reloading;
use super::signals::Signals;
use crate::config::{ServerSettings, Settings};
use crate::error::reasons;
use crate::health::{Health, Phase};
use crate::server::{Bound, Limits, Serving, Site, serve};
use crate::service::HookAt;
use crate::telemetry::Running;
use crate::{Error, Result};

/// The key of the admin listener's address.
pub(super) const ADMIN_KEY: &str = "admin.addr";

/// How long the admin listener's last requests may take, once everything else has ended.
const ADMIN_DRAIN: Duration = Duration::from_millis(500);

/// A built app: its listeners are bound. Clones are the same app.
#[derive(Clone)]
pub struct Server(Arc<Shared>);

/// Where an app listens, with the ports that were free where the configuration said 0.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Addresses {
    /// `server.addr`: HTTP and gRPC.
    pub server: SocketAddr,
    /// `server.grpc.addr`, where there is one: the same services.
    pub grpc: Option<SocketAddr>,
    /// `admin.addr`.
    pub admin: SocketAddr,
    /// `OTEL_EXPORTER_PROMETHEUS_HOST` and `_PORT`, where one is set: `/metrics` alone, which is on `admin` too.
    pub metrics: Option<SocketAddr>,
}

struct Shared {
    title: String,
    addresses: Addresses,
    state: Mutex<State>,
    stop: watch::Sender<bool>,
    ended: watch::Sender<bool>,
}

enum State {
    Built(Box<Parts>),
    Running,
    Ended,
}

/// What a run consumes.
pub(super) struct Parts {
    pub(super) settings: Settings,
    pub(super) listeners: Vec<Listener>,
    pub(super) admin: Listener,
    pub(super) hooks: Hooks,
    pub(super) health: Health,
    /// The services that the linker brought along, to be told once there is a log.
    pub(super) linked: Vec<&'static str>,
    pub(super) running: Running,
    pub(super) reloading: Reloading,
}

/// A bound listener, what it serves, and the key that its address came from.
pub(super) struct Listener {
    pub(super) key: &'static str,
    pub(super) bound: Bound,
    pub(super) site: Site,
    pub(super) limits: Limits,
}

impl Server {
    pub(super) fn new(title: String, addresses: Addresses, parts: Parts) -> Self {
        Self(Arc::new(Shared {
            title,
            addresses,
            state: Mutex::new(State::Built(Box::new(parts))),
            stop: watch::Sender::new(false),
            ended: watch::Sender::new(false),
        }))
    }

    /// Where the app listens.
    pub fn addresses(&self) -> &Addresses {
        &self.0.addresses
    }

    /// Serves until a signal, [`Server::stop`] or a part that fails, then stops in order: `before_stop` hooks, not
    /// ready, `server.grace`, no new connections, the calls under way for at most `server.drain`, `after_stop` hooks.
    ///
    /// Dropping the future stops at once.
    ///
    /// # Errors
    /// What a hook failed with, the part that failed, or that a second signal cut the stop short. An app runs once: a
    /// second run is an error too, and one that was stopped before it ran ends well at once.
    pub async fn run(self) -> Result {
        let parts = match self.0.take(State::Running) {
            State::Built(parts) => *parts,
            State::Running => {
                return Err(Error::internal(reasons::INTERNAL, "this app is already running"));
            }
            State::Ended => return Ok(()),
        };
        // However this future ends, whoever waits for the end hears of it.
        let _ended = Ended(&self.0);
        let mut running = parts.running;
        let tuning = running.start_log(&parts.settings.log);
        let _reloading = parts.reloading.start(tuning);
        if !parts.linked.is_empty() {
            tracing::info!(services = parts.linked.join(", "), "linked services");
        }
        let signals = Signals::install()?;
        let mut orders = Orders { signals, heard: 0, stop: self.0.stop.subscribe() };
        let Parts { settings, listeners, admin, hooks, health, .. } = parts;
        let life = Life { shared: &self.0, server: &settings.server, hooks, health };
        let ended = life.live(listeners, admin, &mut orders).await;
        // Everything has been said by now.
        tokio::select! {
            biased;
            () = running.stop() => ended,
            error = orders.stop_at_once() => ended.and(Err(error)),
        }
    }

    /// Tells the app to stop and waits until it has. Calling it again, or from several places, changes nothing.
    pub async fn stop(&self) {
        self.0.stop.send_replace(true);
        if let State::Built(parts) = self.0.take(State::Ended) {
            // It never ran: closing the listeners is all there is to do.
            drop(parts);
            self.0.ended.send_replace(true);
        }
        // An error would mean that the sender is gone, which this very handle prevents.
        let _ = self.0.ended.subscribe().wait_for(|ended| *ended).await;
    }
}

impl Shared {
    /// Takes the parts and leaves `next` in their place; other states stay.
    fn take(&self, next: State) -> State {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match *state {
            State::Built(_) => std::mem::replace(&mut *state, next),
            State::Running => State::Running,
            State::Ended => State::Ended,
        }
    }

    /// Says on stdout where the app listens, in one line, for people and for those who started it with port 0.
    fn announce(&self, secure: bool) {
        let Addresses { server, grpc, admin, metrics } = &self.addresses;
        let grpc = grpc.map_or_else(String::new, |grpc| format!(" and {grpc}"));
        let metrics = metrics.map_or_else(String::new, |metrics| format!(", metrics on {metrics}"));
        let spoken = if secure { "https+grpcs" } else { "http+grpc" };
        let line =
            format!("{}: {spoken} on {server}{grpc}, admin on {admin}{metrics}\n", self.title);
        // A closed stdout is no reason not to serve.
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}

/// Marks the end of a run when it is dropped.
struct Ended<'a>(&'a Shared);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        *self.0.state.lock().unwrap_or_else(PoisonError::into_inner) = State::Ended;
        self.0.ended.send_replace(true);
    }
}

/// Who may tell a running app to stop.
struct Orders {
    signals: Signals,
    heard: u32,
    stop: watch::Receiver<bool>,
}

impl Orders {
    /// Waits until the app is told to stop.
    async fn stop(&mut self) {
        let signal = tokio::select! {
            biased;
            signal = self.signals.next() => signal,
            _ = self.stop.wait_for(|stop| *stop) => {
                tracing::info!("stopping");
                return;
            }
        };
        self.heard += 1;
        tracing::info!(signal, "stopping");
    }

    /// Waits for a second signal.
    async fn stop_at_once(&mut self) -> Error {
        loop {
            let signal = self.signals.next().await;
            self.heard += 1;
            if self.heard >= 2 {
                let text = format!("a second signal, {signal}, stopped the app at once");
                return Error::internal(reasons::INTERNAL, text);
            }
        }
    }
}

/// A listener at work, with the key of its address.
type Part = (&'static str, Serving);

struct Life<'a> {
    shared: &'a Shared,
    server: &'a ServerSettings,
    hooks: Hooks,
    health: Health,
}

impl Life<'_> {
    async fn live(&self, listeners: Vec<Listener>, admin: Listener, orders: &mut Orders) -> Result {
        let mut first = First(Ok(()));
        let ready = tokio::select! {
            biased;
            () = orders.stop() => None,
            result = self.hooks.start(HookAt::BeforeStart) => Some(result),
        };
        let mut parts: Vec<Part> = Vec::new();
        if let Some(Ok(())) = ready {
            parts.extend(listeners.into_iter().chain([admin]).map(Listener::serve));
            self.health.set(Phase::Serving);
            self.shared.announce(self.server.tls.is_some());
            first.keep(self.serve(&mut parts, orders).await);
        } else if let Some(failed) = ready {
            first.keep(failed);
        }
        tokio::select! {
            biased;
            error = orders.stop_at_once() => first.keep(Err(error)),
            () = self.wind_down(parts, &mut first) => {}
        }
        first.0
    }

    /// Serves until there is a reason to stop; it is an error where nobody asked for it.
    async fn serve(&self, parts: &mut Vec<Part>, orders: &mut Orders) -> Result {
        let hooks = async {
            self.hooks.start(HookAt::AfterStart).await?;
            std::future::pending().await
        };
        tokio::select! {
            biased;
            () = orders.stop() => Ok(()),
            error = failed(parts) => Err(error),
            result = hooks => result,
        }
    }

    /// The stop in its order. What has not been started needs no stopping, but `after_stop` hooks run in any case.
    async fn wind_down(&self, mut parts: Vec<Part>, first: &mut First) {
        if !parts.is_empty() {
            first.keep(self.hooks.stop(HookAt::BeforeStop).await);
            self.health.set(Phase::Stopping);
            tokio::time::sleep(self.server.grace).await;
            self.health.set(Phase::Draining);
            // The admin listener is the last: it says that the app is not ready for as long as there is an app.
            let admin =
                parts.iter().position(|(key, _)| *key == ADMIN_KEY).map(|at| parts.remove(at));
            let mut drains = JoinSet::new();
            for (key, serving) in parts {
                let within = self.server.drain;
                drains.spawn(async move { (key, serving.drain(within).await) });
            }
            while let Some(drained) = drains.join_next().await {
                if let Ok((key, aborted @ 1..)) = drained {
                    tracing::warn!(key, aborted, "connections did not end within server.drain");
                }
            }
            if let Some((_, admin)) = admin {
                admin.drain(ADMIN_DRAIN).await;
            }
        }
        first.keep(self.hooks.stop(HookAt::AfterStop).await);
    }
}

/// The first error of a run; further ones are logged.
struct First(Result);

impl First {
    fn keep(&mut self, result: Result) {
        match (&self.0, result) {
            (_, Ok(())) => {}
            (Ok(()), Err(error)) => {
                tracing::error!(error = error.message(), "the app ends with an error");
                self.0 = Err(error);
            }
            (Err(_), Err(error)) => tracing::error!(error = error.message(), "a further error"),
        }
    }
}

impl Listener {
    fn serve(self) -> Part {
        (self.key, serve(self.bound, self.site, self.limits))
    }
}

/// Waits until a listener ends by itself.
async fn failed(parts: &mut Vec<Part>) -> Error {
    let index = poll_fn(|cx| {
        let ended = parts.iter_mut().position(|(_, serving)| serving.poll_ended(cx).is_ready());
        ended.map_or(Poll::Pending, Poll::Ready)
    })
    .await;
    let (key, serving) = parts.remove(index);
    let text = format!("{key}: the listener on {} ended by itself", serving.address());
    Error::internal(reasons::INTERNAL, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::App;

    #[tokio::test]
    async fn a_listener_that_ends_by_itself_stops_the_app() {
        let app = App::new("broken")
            .defaults("server: {addr: '127.0.0.1:0'}\nadmin: {addr: '127.0.0.1:0'}");
        let server = app.build().await.expect("an app");
        let State::Built(parts) = server.0.take(State::Running) else { panic!("it is built") };
        let Parts { settings, listeners, hooks, health, .. } = *parts;
        let life = Life { shared: &server.0, server: &settings.server, hooks, health };
        let mut parts: Vec<Part> = listeners.into_iter().map(Listener::serve).collect();
        parts[0].1.break_off();
        let signals = Signals::install().expect("signals");
        let mut orders = Orders { signals, heard: 0, stop: server.0.stop.subscribe() };
        let error = life.serve(&mut parts, &mut orders).await.expect_err("the part that failed");
        let address = server.addresses().server;
        let text = format!("server.addr: the listener on {address} ended by itself");
        assert_eq!(error.message(), text);
        assert!(parts.is_empty(), "what has ended is not stopped again");
    }
}
