//! Stands in the place of telemetry where the cargo feature is off: traces are passed on, nothing is measured.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version};

use crate::__private::Attributes;
use crate::Error;
use crate::call::{self, Body, BoxFuture, Protocol, Trace};
use crate::client::pass_on;
use crate::config::{Happening, LogSettings, Settings};
use crate::error::Code;
use crate::service::MethodSpec;

pub(crate) struct Telemetry {
    /// What callers say of traces is not believed.
    public: bool,
}

/// What answers `/metrics`.
pub(crate) type Scrape = Arc<dyn Fn() -> Option<BoxFuture<'static, Text>> + Send + Sync>;

type Text = Result<String, (StatusCode, &'static str)>;

pub(crate) struct Running {
    pub(crate) telemetry: Arc<Telemetry>,
}

/// What can be told otherwise while an app runs.
pub(crate) struct Tuning;

impl Tuning {
    pub(crate) fn apply(&self, _: &Settings) {}
}

impl Running {
    pub(crate) fn open(settings: &Settings, _: &str, _: &str) -> Result<Self, Vec<String>> {
        let public = settings.server.public;
        Ok(Self { telemetry: Arc::new(Telemetry { public }) })
    }

    pub(crate) fn set_globals(&self) {}

    pub(crate) fn tells_of_config(&self) -> impl Fn(&Happening) + Send + 'static {
        |_| {}
    }

    pub(crate) fn start_log(&mut self, _: &LogSettings) -> Tuning {
        Tuning
    }

    pub(crate) fn scrape(&self) -> Scrape {
        Arc::new(|| None)
    }

    pub(crate) fn scrape_at(&self) -> Option<&str> {
        None
    }

    pub(crate) async fn stop(&self) {}
}

/// See the real one.
#[allow(dead_code, reason = "the real one reads it")]
pub(crate) struct Callee<'a> {
    pub(crate) operation: &'static str,
    pub(crate) protocol: Protocol,
    pub(crate) secure: bool,
    pub(crate) host: &'a str,
    pub(crate) port: Option<u16>,
    pub(crate) http: Option<(&'a str, &'a str, &'a str)>,
    pub(crate) secrets: Option<&'a Secrets>,
}

/// Of what spans tell, of which there are none.
pub(crate) struct Secrets;

impl Secrets {
    pub(crate) fn of(_: &MethodSpec, _: &'static str) -> Option<Self> {
        None
    }
}

#[derive(Default)]
pub(crate) struct Outbound(());

impl Outbound {
    pub(crate) fn begin(_: &Callee<'_>, headers: &mut HeaderMap) -> Self {
        if let Some(handled) = call::current() {
            pass_on(&handled, headers);
        }
        Self(())
    }

    pub(crate) fn sends(&mut self, _: &mut Body) {}

    pub(crate) fn answered(&mut self, _: &http::response::Parts) -> Option<Counter> {
        None
    }

    pub(crate) fn end(&mut self, _: Option<&Error>) {}
}

/// Nothing counts.
#[derive(Clone, Copy)]
pub(crate) struct Counter;

impl Counter {
    pub(crate) fn add(&self, _: usize) {}
}

#[derive(Clone)]
pub(crate) struct Place;

/// See the real one, as of everything here.
pub(crate) struct Origin {
    pub(crate) possible: bool,
}

#[allow(dead_code, reason = "the real one reads it")]
pub(crate) struct Request<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: Option<&'a Uri>,
    pub(crate) version: Version,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) protocol: Protocol,
    pub(crate) started: Instant,
    pub(crate) length: Option<u64>,
}

#[allow(dead_code, reason = "the real one reads it")]
pub(crate) struct Ending<'a> {
    pub(crate) operation: &'a str,
    pub(crate) protocol: Protocol,
    pub(crate) code: u16,
    pub(crate) grpc: Code,
    pub(crate) error: Option<&'a Error>,
    pub(crate) took: Duration,
}

#[derive(Clone, Default)]
pub(crate) struct Presence;

/// Nobody has decided otherwise.
pub(crate) fn sampled() -> bool {
    true
}

pub(crate) struct Seen;

pub(crate) struct Places(Arc<Place>);

pub(crate) struct Foreign(Arc<Place>);

impl Telemetry {
    #[cfg(test)]
    pub(crate) fn off() -> Arc<Self> {
        Arc::new(Self { public: false })
    }

    #[inline]
    pub(crate) fn arrive(
        &self,
        traceparent: Option<&HeaderValue>,
        _: &HeaderMap,
        _: bool,
    ) -> (Trace, Origin) {
        (Trace::open(traceparent.filter(|_| !self.public)), Origin { possible: false })
    }

    #[inline]
    pub(crate) fn begin(
        _: &Arc<Place>,
        _: &Request<'_>,
        _: &mut Trace,
        _: Origin,
    ) -> (Seen, Presence) {
        (Seen, Presence)
    }
}

impl Places {
    pub(crate) fn of(_: &Arc<Telemetry>, _: &'static MethodSpec) -> Self {
        Self(Arc::new(Place))
    }

    pub(crate) fn raw(_: &Arc<Telemetry>, _: &'static str) -> Self {
        Self(Arc::new(Place))
    }

    #[inline]
    pub(crate) fn get(&self, _: Option<usize>) -> &Arc<Place> {
        &self.0
    }
}

impl Foreign {
    pub(crate) fn new(_: &Arc<Telemetry>, _: &'static str) -> Self {
        Self(Arc::new(Place))
    }

    pub(crate) fn route(&self, _: &str) -> Arc<Place> {
        Arc::clone(&self.0)
    }

    pub(crate) fn method(&self, _: &str) -> Arc<Place> {
        Arc::clone(&self.0)
    }
}

impl Presence {
    pub(crate) fn attach(&self) -> Option<()> {
        None
    }

    pub(crate) fn is_recording(&self) -> bool {
        false
    }

    pub(crate) fn declare(&self, _: impl FnOnce(&mut Attributes)) {}
}

impl Seen {
    #[inline]
    pub(crate) fn count(&mut self, body: Body) -> Body {
        body
    }

    #[inline]
    pub(crate) fn answered(&mut self, _: u16, _: &HeaderMap, _: Protocol) {}

    pub(crate) fn answers_itself(&mut self) {}

    #[cfg(feature = "ws")]
    pub(crate) fn switched(&mut self) {}

    #[inline]
    pub(crate) fn sent(&mut self, _: usize) {}

    #[inline]
    pub(crate) fn listens(&self) -> bool {
        false
    }

    #[inline]
    pub(crate) fn end(&mut self, _: &Ending<'_>) {}
}
