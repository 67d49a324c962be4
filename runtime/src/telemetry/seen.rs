//! What telemetry remembers of a call until its end, and what it says then: the series of its metrics, and the rest of its
//! span. One clock reading serves both.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Version};
use opentelemetry::trace::{Status, TraceContextExt as _};
use opentelemetry::{KeyValue, Value};

use super::attributes::{header_attributes, method_attributes};
use super::begin::Request;
use super::live::{Live, Presence};
use super::names::{key, older};
use super::place::{Arrival, Place, is_rpc_error, rpc_status};
use super::places::Proven;
use super::size::Size;
use super::verb::Verb;
use crate::Error;
use crate::call::{Body, Protocol};
use crate::error::Code;

/// The status with which a socket leaves HTTP.
const SWITCHING: u16 = 101;

/// What is remembered of a call. Small: it moves with the answer.
pub(crate) struct Seen {
    place: Arc<Place>,
    live: Option<Arc<Live>>,
    arrival: Arrival,
    counted: bool,
    /// Whether the answer is that of a service built with tonic, not one of the kit's in its name.
    own_answer: bool,
    /// The status that was sent, 0 before.
    status: u16,
    /// Bytes of the bodies, as they are on the wire.
    received: Size,
    sent: u64,
}

/// How a call ended.
pub(crate) struct Ending<'a> {
    pub(crate) operation: &'a str,
    pub(crate) protocol: Protocol,
    /// The outcome in HTTP's terms, 499 where the caller went away.
    pub(crate) code: u16,
    pub(crate) grpc: Code,
    pub(crate) error: Option<&'a Error>,
    pub(crate) took: Duration,
}

impl Seen {
    /// Of a call that nobody watches.
    pub(super) fn nothing(place: &Arc<Place>) -> Self {
        Self {
            place: Arc::clone(place),
            live: None,
            arrival: Arrival { verb: place.verb, version: Version::HTTP_11, other_scheme: false },
            counted: false,
            own_answer: false,
            status: 0,
            received: Size::Known(0),
            sent: 0,
        }
    }

    #[inline]
    pub(super) fn begin(
        place: &Arc<Place>,
        request: &Request<'_>,
        verb: Verb,
        presence: &Presence,
    ) -> Self {
        let live = match presence {
            Presence::Live(live) => Some(Arc::clone(live)),
            _ => None,
        };
        let counted = !request.protocol.is_rpc();
        let telemetry = &place.telemetry;
        let other_scheme = counted && telemetry.is_by_other_scheme(request);
        let arrival = Arrival { verb, version: request.version, other_scheme };
        if counted {
            telemetry.meters.began(arrival);
        }
        Self {
            live,
            counted,
            arrival,
            received: Size::Known(request.length.unwrap_or(0)),
            ..Self::nothing(place)
        }
    }

    /// Takes down the length of a request's body; where nobody has said it and somebody asks for it, it is counted.
    #[inline]
    pub(crate) fn count(&mut self, mut body: Body) -> Body {
        if self.place.telemetry.off {
            return body;
        }
        match http_body::Body::size_hint(&body).exact() {
            Some(length) => self.received = Size::Known(length),
            None if self.measures_requests() => self.received = Size::of(&mut body),
            None => {}
        }
        body
    }

    fn measures_requests(&self) -> bool {
        let telemetry = &self.place.telemetry;
        self.counted || telemetry.meters.kratos.is_some()
    }

    /// The head of the answer is known.
    #[inline]
    pub(crate) fn answered(&mut self, status: u16, headers: &HeaderMap, protocol: Protocol) {
        if self.status == 0 {
            let socket = protocol == Protocol::WebSocket && (200..300).contains(&status);
            self.status = if socket { SWITCHING } else { status };
        }
        if let Some(live) = &self.live {
            let wanted = &self.place.telemetry.response_headers;
            if !wanted.is_empty() {
                let prefix = response_header(protocol.is_rpc());
                live.context.span().set_attributes(header_attributes(wanted, headers, prefix));
            }
        }
    }

    /// The socket has left HTTP.
    #[cfg(feature = "ws")]
    pub(crate) fn switched(&mut self) {
        self.status = SWITCHING;
    }

    #[inline]
    pub(crate) fn sent(&mut self, bytes: usize) {
        self.sent += bytes as u64;
    }

    /// The answer comes from a service built with tonic.
    pub(crate) fn answers_itself(&mut self) {
        self.own_answer = true;
    }

    /// Takes the place of its method, where the service has answered with a message or with success: then it has that method.
    #[cold]
    fn prove(&mut self, proven: &Proven, ending: &Ending<'_>) {
        if self.own_answer && (ending.grpc == Code::Ok || self.sent > 0) {
            let place = proven.add(&self.place.telemetry, ending.operation);
            self.place = place.unwrap_or_else(|| Arc::clone(&self.place));
        }
    }

    /// Whether anybody is told of the end.
    #[inline]
    pub(crate) fn listens(&self) -> bool {
        !self.place.telemetry.off
    }

    /// Tells the end.
    #[inline]
    pub(crate) fn end(&mut self, ending: &Ending<'_>) {
        if self.place.telemetry.off {
            return;
        }
        if let Some(proven) = self.place.unproven.clone() {
            self.prove(&proven, ending);
        }
        let telemetry = &self.place.telemetry;
        if self.counted {
            telemetry.meters.ended(self.arrival);
        }
        let seconds = ending.took.as_secs_f64();
        if ending.protocol.is_rpc() {
            self.measure_rpc(ending, seconds);
        } else {
            self.measure_http(ending, seconds);
        }
        if let Some(series) = self.place.kratos(ending.protocol, ending.code < 400) {
            series.count.add(1);
            series.duration.record(seconds);
            series.size.record(self.received.bytes());
        }
        if let Some(live) = self.live.take() {
            self.end_span(&live, ending);
        }
    }

    /// `error.type` of an HTTP request that is an error of the server: the reason, else the status, which is one also where the
    /// caller did not wait for all of its body.
    fn http_error(&self, ending: &Ending<'_>) -> Option<Cow<'static, str>> {
        let reason = ending.error.map(Error::reason).filter(|reason| !reason.is_empty());
        match (ending.code, reason) {
            (500.., Some(reason)) => Some(Cow::Owned(reason.to_owned())),
            (500.., None) => Some(Cow::Owned(ending.code.to_string())),
            _ if self.status >= 500 => Some(Cow::Owned(self.status.to_string())),
            _ => None,
        }
    }

    fn measure_rpc(&self, ending: &Ending<'_>, seconds: f64) {
        self.place.rpc(ending.protocol, ending.grpc).record(seconds);
        if let Some(older) = self.place.older_rpc(ending.protocol, ending.grpc) {
            older.record(seconds * 1000.0);
        }
    }

    #[inline]
    fn measure_http(&self, ending: &Ending<'_>, seconds: f64) {
        let (place, meters) = (&self.place, &self.place.telemetry.meters);
        let bound = match ending.code {
            ..500 => place.http(self.arrival, self.status),
            _ => None,
        };
        if let Some(series) = bound {
            series.duration.record(seconds);
            series.request_size.record(self.received.bytes());
            series.response_size.record(self.sent);
            if let Some(older) = &series.older {
                older.record(seconds * 1000.0);
            }
        } else {
            let error = self.http_error(ending);
            let status = (self.status != 0).then_some(self.status);
            let attributes = place.http_attributes(self.arrival, status, error.as_deref());
            meters.http_duration.record(seconds, &attributes);
            meters.request_size.record(self.received.bytes(), &attributes);
            meters.response_size.record(self.sent, &attributes);
            if let Some(older) = &meters.older_http {
                let attributes = place.older_http_attributes(self.arrival, status);
                older.record(seconds * 1000.0, &attributes);
            }
        }
    }

    /// The rest of the span.
    #[cold]
    fn end_span(&self, live: &Live, ending: &Ending<'_>) {
        let telemetry = &self.place.telemetry;
        let span = live.context.span();
        let mut attributes = Vec::with_capacity(8);
        let mut put = |key: &'static str, value: Value| attributes.push(KeyValue::new(key, value));
        if live.place.unproven.is_some() {
            let asked = Some(ending.operation);
            method_attributes(&self.place, asked, |key, value| put(key, value.to_owned().into()));
            if let Some(method) = &self.place.method {
                span.update_name(method.clone());
            }
        }
        let rpc = ending.protocol.is_rpc();
        let failed = if rpc {
            let status = rpc_status(ending.protocol, ending.grpc);
            if let Some(status) = status {
                put(key::RPC_STATUS, status.into());
            }
            if telemetry.older.rpc {
                put(older::RPC_STATUS, i64::from(ending.grpc.number()).into());
            }
            is_rpc_error(ending.grpc).then(|| Cow::Borrowed(status.unwrap_or_default()))
        } else {
            if self.status != 0 {
                put(key::HTTP_STATUS, i64::from(self.status).into());
            }
            if telemetry.older.http {
                if self.status != 0 {
                    put(older::HTTP_STATUS, i64::from(self.status).into());
                }
                put(older::HTTP_REQUEST_SIZE, integer(self.received.bytes()));
                put(older::HTTP_RESPONSE_SIZE, integer(self.sent));
            }
            self.http_error(ending)
        };
        let is_error = failed.is_some();
        if let Some(kind) = failed {
            put(key::ERROR_TYPE, Value::from(kind.into_owned()));
        }
        if let Some(error) = ending.error {
            let older = if rpc { telemetry.older.rpc } else { telemetry.older.http };
            error_attributes(error, older, &mut attributes);
        }
        attributes.extend(self.declared(live, &attributes, rpc));
        span.set_attributes(attributes);
        if is_error {
            let text = ending.error.map(|error| error.message().to_owned()).unwrap_or_default();
            span.set_status(Status::error(text));
        }
        span.end_with_timestamp(live.started + ending.took);
    }

    /// What the program declared, but for what the kit says itself: at the beginning, of the answer's head, or `now`.
    fn declared(&self, live: &Live, now: &[KeyValue], rpc: bool) -> Vec<KeyValue> {
        let wanted = &self.place.telemetry.response_headers;
        let declared = live.take_declared().into_key_values().filter(|declared| {
            let key = declared.key.as_str();
            let header = key.strip_prefix(response_header(rpc));
            !live.said.contains(&declared.key)
                && !now.iter().any(|own| own.key == declared.key)
                && !header.is_some_and(|header| wanted.iter().any(|name| name == header))
        });
        declared.collect()
    }
}

/// The beginning of the keys of an answer's headers.
fn response_header(rpc: bool) -> &'static str {
    if rpc { key::RPC_RESPONSE_METADATA } else { key::HTTP_RESPONSE_HEADER }
}

/// What an error says of itself, whether the conventions call it one or not.
pub(super) fn error_attributes(error: &Error, older: bool, to: &mut Vec<KeyValue>) {
    let code = i64::from(error.code());
    let reason = error.reason();
    if !reason.is_empty() {
        to.push(KeyValue::new(key::KRATOS_ERROR_CODE, code));
        to.push(KeyValue::new(key::KRATOS_ERROR_REASON, reason.to_owned()));
        for (name, value) in error.metadata() {
            let name = format!("{}{name}", key::KRATOS_ERROR_METADATA);
            to.push(KeyValue::new(name, value.clone()));
        }
    }
    if older {
        to.push(KeyValue::new(older::ERROR_CODE, code));
        to.push(KeyValue::new(older::ERROR_REASON, reason.to_owned()));
        to.push(KeyValue::new(older::ERROR_MESSAGE, error.message().to_owned()));
        let metadata = error.metadata().iter();
        let flat: Vec<opentelemetry::StringValue> = metadata
            .flat_map(|(name, value)| [name.clone().into_owned().into(), value.clone().into()])
            .collect();
        if !flat.is_empty() {
            to.push(KeyValue::new(older::ERROR_METADATA, Value::Array(flat.into())));
        }
    }
}

fn integer(number: u64) -> Value {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}
