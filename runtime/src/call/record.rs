//! The record of a call: opened when it arrives, closed when its last byte has left or nobody waits for it any more.
//!
//! This is the one place that knows how every call ended: the access log, the metrics and the call's span are told from here,
//! by one reading of the clock.

use std::borrow::Cow;
use std::error::Error as _;
use std::fmt::{self, Write as _};
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use http::StatusCode;
use tracing::level_filters::LevelFilter;

use super::{Arguments, CallOutcome, OnEnd, Protocol, Trace};
use crate::Error;
use crate::error::Code;
use crate::telemetry::{Ending, Seen};

/// The target of the access log's events.
pub(crate) const ACCESS: &str = "bident::access";

/// The names of those events that tell what nobody has handled: a panic, or an error that has no reason of its own. They are
/// OpenTelemetry's.
pub(crate) const HTTP_EXCEPTION: &str = "http.server.request.exception";
pub(crate) const RPC_EXCEPTION: &str = "rpc.server.call.exception";

/// A call that is under way. Dropping it closes it. It goes from the request to the answer's body by way of hyper, which
/// moves both several times: hence the box.
pub(crate) struct Record {
    pub(crate) operation: Cow<'static, str>,
    pub(crate) protocol: Protocol,
    pub(crate) started: Instant,
    pub(crate) peer: Option<SocketAddr>,
    /// The caller's address, where a trusted proxy tells another than the peer's.
    pub(crate) client: Option<IpAddr>,
    /// The request, with `log.arguments: true`.
    pub(crate) arguments: Option<Arguments>,
    pub(crate) trace: Trace,
    /// Successes are logged at `info` instead of `debug`.
    pub(crate) log_all: bool,
    /// The kit's own reasons are not told as details of a status.
    bare: bool,
    pub(crate) on_end: OnEnd,
    /// What metrics and spans are told.
    pub(crate) seen: Seen,
    outcome: Outcome,
    /// Whether everything that is to be sent has been handed over.
    sent: bool,
}

/// How much is told of calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Telling {
    /// `log.access: all`: successes are logged at `info`.
    pub(crate) log_all: bool,
    /// `server.reasons: false`: the kit's own reasons are not told as details of a status.
    pub(crate) bare: bool,
}

enum Outcome {
    /// Nobody knows yet.
    Open,
    /// A success, or an HTTP response of the user's own making.
    Answered(StatusCode, Code),
    Failed(Error),
}

impl Outcome {
    fn is_success(&self) -> bool {
        matches!(self, Self::Answered(_, Code::Ok))
    }
}

impl Record {
    #[inline]
    pub(crate) fn open(
        operation: Cow<'static, str>,
        protocol: Protocol,
        started: Instant,
        peer: Option<SocketAddr>,
        trace: Trace,
        Telling { log_all, bare }: Telling,
        seen: Seen,
    ) -> Box<Self> {
        Box::new(Self {
            operation,
            protocol,
            started,
            peer,
            client: None,
            arguments: None,
            trace,
            log_all,
            bare,
            on_end: OnEnd::default(),
            seen,
            outcome: Outcome::Open,
            sent: false,
        })
    }

    /// The answer is a response with this status, as far as is known.
    #[inline]
    pub(crate) fn answered(&mut self, status: StatusCode) {
        let grpc = match status.as_u16() {
            ..400 => Code::Ok,
            status => Code::from_http(status),
        };
        self.outcome = Outcome::Answered(status, grpc);
    }

    /// The answer ended with this gRPC status.
    pub(crate) fn ended_with(&mut self, grpc: Code) {
        let status = StatusCode::from_u16(grpc.http()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.outcome = Outcome::Answered(status, grpc);
    }

    /// An error in the form that callers get.
    pub(crate) fn told(&self, error: Error) -> Error {
        if self.bare { error.without_own_reason() } else { error }
    }

    /// The answer is this error.
    pub(crate) fn failed(&mut self, error: Error) {
        self.outcome = Outcome::Failed(error);
    }

    /// Everything has been handed over.
    pub(crate) fn sent(&mut self) {
        self.sent = true;
    }

    fn outcome(&mut self) -> (u16, Code, Option<Error>) {
        match std::mem::replace(&mut self.outcome, Outcome::Open) {
            Outcome::Failed(error) if self.sent || error.code() >= 500 => {
                (error.code(), error.grpc_code(), Some(error))
            }
            Outcome::Answered(status, grpc) if self.sent => (status.as_u16(), grpc, None),
            _ => {
                let error = Error::cancelled();
                (error.code(), error.grpc_code(), Some(error))
            }
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        // By far the most calls: nobody listens to this one.
        let quiet = !self.log_all && LevelFilter::current() < LevelFilter::DEBUG;
        let quiet = quiet && self.on_end.is_empty();
        if quiet && self.sent && self.outcome.is_success() && !self.seen.listens() {
            return;
        }
        let latency = self.started.elapsed();
        let (code, grpc, error) = self.outcome();
        self.seen.end(&Ending {
            operation: &self.operation,
            protocol: self.protocol,
            code,
            grpc,
            error: error.as_ref(),
            took: latency,
        });
        if quiet && grpc == Code::Ok {
            return;
        }
        let level = match code {
            501 => tracing::Level::WARN,
            500.. => tracing::Level::ERROR,
            400.. => tracing::Level::INFO,
            _ if self.log_all => tracing::Level::INFO,
            _ => tracing::Level::DEBUG,
        };
        let heard = level <= LevelFilter::current();
        if self.on_end.is_empty() && !heard {
            return;
        }
        let outcome = CallOutcome {
            code,
            grpc,
            reason: error.as_ref().map_or_else(String::new, |error| error.reason().to_owned()),
            latency,
        };
        if heard {
            self.log(level, &outcome, error.as_ref());
        }
        self.on_end.fire(&outcome);
    }
}

impl Record {
    fn log(&self, level: tracing::Level, outcome: &CallOutcome, error: Option<&Error>) {
        let client = self.client.or(self.peer.map(|peer| peer.ip().to_canonical()));
        let arguments = self.arguments.as_ref().and_then(|slot| slot.get()).map(String::as_str);
        // As text, which lines quote: what callers say, and errors repeat, begins no line of its own.
        let error_text = error.filter(|error| error.code() >= 500).map(causes);
        macro_rules! event {
            ($level:ident) => { event!($level, ACCESS) };
            ($level:ident, $name:expr) => {
                tracing::event!(
                    name: $name,
                    target: ACCESS,
                    tracing::Level::$level,
                    operation = &*self.operation,
                    protocol = self.protocol.name(),
                    code = outcome.code,
                    grpc = outcome.grpc.name(),
                    reason = (!outcome.reason.is_empty()).then_some(&*outcome.reason),
                    latency_us = u64::try_from(outcome.latency.as_micros()).unwrap_or(u64::MAX),
                    peer = self.peer.map(tracing::field::display),
                    client = client.map(tracing::field::display),
                    error = error_text.as_deref(),
                    arguments,
                    trace_id = %self.trace.id(),
                    span_id = %format_args!("{:016x}", self.trace.span()),
                )
            };
        }
        // An event's level and name are part of its static metadata, hence one event for each.
        match level {
            tracing::Level::ERROR if error.is_some_and(Error::is_own) => {
                match self.protocol.is_rpc() {
                    true => event!(ERROR, RPC_EXCEPTION),
                    false => event!(ERROR, HTTP_EXCEPTION),
                }
            }
            tracing::Level::ERROR => event!(ERROR),
            tracing::Level::WARN => event!(WARN),
            tracing::Level::INFO => event!(INFO),
            _ => event!(DEBUG),
        }
    }
}

/// An error's own message, which callers may not have seen, its metadata and every cause below.
fn causes(error: &Error) -> String {
    let mut text = error.message().to_owned();
    // The causes are the user's, and may refuse to be shown: what there is by then stands.
    let mut add = |more: fmt::Arguments<'_>| {
        let _ = text.write_fmt(more);
    };
    for (key, value) in error.metadata() {
        add(format_args!(" {key}={value}"));
    }
    let mut cause = error.source();
    while let Some(error) = cause {
        add(format_args!(": {error}"));
        cause = error.source();
    }
    text
}
