//! What telemetry knows of one way to an operation before anybody calls it: names, the rule of its sampling, and the series
//! of its metrics, each bound when it is first needed.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use http::Version;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{BoundCounter, BoundHistogram};

use super::names::{key, older};
use super::places::Proven;
use super::sampling::Rule;
use super::verb::Verb;
use super::{Secrets, Telemetry};
use crate::call::Protocol;
use crate::error::Code;

/// The statuses whose series are bound; those of errors of the server are told with their reasons and are rare.
const STATUSES: [u16; 16] =
    [200, 201, 202, 204, 206, 301, 302, 304, 400, 401, 403, 404, 405, 409, 422, 429];
/// The versions whose series are bound.
const VERSIONS: [Version; 2] = [Version::HTTP_11, Version::HTTP_2];
const CODES: usize = 17;
const KINDS: usize = 5;

/// One way to an operation: its RPC path, one of its bindings, a route of the user's, a method of a service built with tonic,
/// or what nothing answers.
pub(crate) struct Place {
    pub(super) telemetry: Arc<Telemetry>,
    /// `kratos.operation`.
    pub(super) operation: Cow<'static, str>,
    /// `rpc.method`, without the slash; `None` where no such method is known.
    pub(super) method: Option<Cow<'static, str>>,
    /// `http.route`.
    pub(super) route: Option<Cow<'static, str>>,
    /// What of the path and the query is secret.
    pub(super) secrets: Option<Secrets>,
    /// Whether the program declares attributes of its own for the spans of such calls.
    pub(super) declares: bool,
    pub(super) rule: Rule,
    /// The method that it was declared with, and the name of a span with that method.
    pub(super) verb: Verb,
    pub(super) name: String,
    /// There in the one place that all methods share which have not answered yet: where those that have are kept.
    pub(super) unproven: Option<Arc<Proven>>,
    http: HttpCells,
    /// Of what comes by the other scheme, made where something does.
    http_other: OnceLock<Box<HttpCells>>,
    rpc: RpcCells,
    /// There where older names are asked for.
    older_rpc: Option<Box<RpcCells>>,
    kratos: [OnceLock<Box<KratosSeries>>; KINDS * 2],
}

/// By version and status.
type HttpCells = [OnceLock<Box<HttpSeries>>; STATUSES.len() * VERSIONS.len()];
/// By system and code.
type RpcCells = [OnceLock<BoundHistogram<f64>>; CODES * 2];

/// What series tell apart of how an HTTP request came.
#[derive(Clone, Copy)]
pub(super) struct Arrival {
    pub(super) verb: Verb,
    pub(super) version: Version,
    /// Not by the listeners' own scheme, as a trusted proxy says.
    pub(super) other_scheme: bool,
}

/// The series of HTTP requests that end alike.
pub(super) struct HttpSeries {
    pub(super) duration: BoundHistogram<f64>,
    pub(super) request_size: BoundHistogram<u64>,
    pub(super) response_size: BoundHistogram<u64>,
    pub(super) older: Option<BoundHistogram<f64>>,
}

/// The same, by Kratos's names.
pub(super) struct KratosSeries {
    pub(super) count: BoundCounter<u64>,
    pub(super) duration: BoundHistogram<f64>,
    pub(super) size: BoundHistogram<u64>,
}

impl Place {
    /// `verb` is the method that the route was declared with.
    pub(super) fn new(
        telemetry: &Arc<Telemetry>,
        operation: Cow<'static, str>,
        route: Option<Cow<'static, str>>,
        verb: &str,
        rule: Rule,
        known: bool,
        secrets: Option<Secrets>,
    ) -> Self {
        let verb = telemetry.verbs.named(verb);
        let name = span_name(telemetry.verbs.in_name(verb), route.as_deref());
        let method = known.then(|| match &operation {
            Cow::Borrowed(operation) => Cow::Borrowed(operation.trim_start_matches('/')),
            Cow::Owned(operation) => Cow::Owned(operation.trim_start_matches('/').to_owned()),
        });
        Self {
            telemetry: Arc::clone(telemetry),
            operation,
            method,
            route,
            secrets,
            declares: false,
            rule,
            verb,
            name,
            unproven: None,
            http: empty(),
            http_other: OnceLock::new(),
            rpc: empty(),
            older_rpc: telemetry.older.rpc.then(|| Box::new(empty())),
            kratos: empty(),
        }
    }

    /// The series of a request that is no error, where it is a usual one.
    #[inline]
    pub(super) fn http(&self, arrival: Arrival, status: u16) -> Option<&HttpSeries> {
        if arrival.verb != self.verb {
            return None;
        }
        let status_at = STATUSES.iter().position(|known| *known == status)?;
        let version_at = VERSIONS.iter().position(|known| *known == arrival.version)?;
        let cells = match arrival.other_scheme {
            false => &self.http,
            true => &**self.http_other.get_or_init(|| Box::new(empty())),
        };
        let cell = cells.get(version_at * STATUSES.len() + status_at)?;
        Some(cell.get_or_init(|| {
            let attributes = self.http_attributes(arrival, Some(status), None);
            let meters = &self.telemetry.meters;
            let older = meters.older_http.as_ref();
            Box::new(HttpSeries {
                duration: meters.http_duration.bind(&attributes),
                request_size: meters.request_size.bind(&attributes),
                response_size: meters.response_size.bind(&attributes),
                older: older
                    .map(|older| older.bind(&self.older_http_attributes(arrival, Some(status)))),
            })
        }))
    }

    /// What tells the series of HTTP requests apart.
    pub(super) fn http_attributes(
        &self,
        arrival: Arrival,
        status: Option<u16>,
        error: Option<&str>,
    ) -> Vec<KeyValue> {
        let mut attributes = vec![
            KeyValue::new(key::HTTP_METHOD, self.telemetry.verbs.name(arrival.verb)),
            KeyValue::new(key::URL_SCHEME, self.scheme(arrival)),
            KeyValue::new(key::PROTOCOL_VERSION, version_name(arrival.version)),
        ];
        attributes.extend(status.map(|it| KeyValue::new(key::HTTP_STATUS, i64::from(it))));
        attributes.extend(self.route.clone().map(|it| KeyValue::new(key::HTTP_ROUTE, it)));
        attributes.extend(error.map(|it| KeyValue::new(key::ERROR_TYPE, it.to_owned())));
        attributes
    }

    /// The same in the metrics of before.
    pub(super) fn older_http_attributes(
        &self,
        arrival: Arrival,
        status: Option<u16>,
    ) -> Vec<KeyValue> {
        let mut attributes = vec![
            KeyValue::new(older::HTTP_METHOD, self.telemetry.verbs.name(arrival.verb)),
            KeyValue::new(older::HTTP_SCHEME, self.scheme(arrival)),
        ];
        attributes.extend(status.map(|it| KeyValue::new(older::HTTP_STATUS, i64::from(it))));
        attributes.extend(self.route.clone().map(|it| KeyValue::new(key::HTTP_ROUTE, it)));
        attributes
    }

    fn scheme(&self, arrival: Arrival) -> &'static str {
        self.telemetry.schemes[usize::from(arrival.other_scheme)]
    }

    /// The series of RPCs that end with this code.
    #[inline]
    pub(super) fn rpc(&self, protocol: Protocol, code: Code) -> &BoundHistogram<f64> {
        self.rpc[rpc_cell(protocol, code)].get_or_init(|| {
            self.telemetry.meters.rpc_duration.bind(&self.rpc_attributes(protocol, code))
        })
    }

    /// The same in the metric of before, where it is asked for.
    #[inline]
    pub(super) fn older_rpc(&self, protocol: Protocol, code: Code) -> Option<&BoundHistogram<f64>> {
        let older = self.telemetry.meters.older_rpc.as_ref()?;
        let cell = &self.older_rpc.as_ref()?[rpc_cell(protocol, code)];
        Some(cell.get_or_init(|| older.bind(&self.older_rpc_attributes(protocol, code))))
    }

    fn older_rpc_attributes(&self, protocol: Protocol, code: Code) -> Vec<KeyValue> {
        let mut attributes = vec![
            KeyValue::new(older::RPC_SYSTEM, rpc_system(protocol)),
            KeyValue::new(older::RPC_STATUS, i64::from(code.number())),
        ];
        let method = self.method.as_deref().unwrap_or(super::names::OTHER);
        let (service, method) = method.rsplit_once('/').unwrap_or(("", method));
        if !service.is_empty() {
            attributes.push(KeyValue::new(older::RPC_SERVICE, service.to_owned()));
        }
        // The key is that of today; its meaning was another.
        attributes.push(KeyValue::new(key::RPC_METHOD, method.to_owned()));
        attributes
    }

    /// What tells the series of RPCs apart.
    pub(super) fn rpc_attributes(&self, protocol: Protocol, code: Code) -> Vec<KeyValue> {
        let mut attributes = vec![KeyValue::new(key::RPC_SYSTEM, rpc_system(protocol))];
        let method = self.method.clone().unwrap_or(Cow::Borrowed(super::names::OTHER));
        attributes.push(KeyValue::new(key::RPC_METHOD, method));
        let status = rpc_status(protocol, code);
        attributes.extend(status.map(|it| KeyValue::new(key::RPC_STATUS, it)));
        if is_rpc_error(code) {
            attributes.extend(status.map(|it| KeyValue::new(key::ERROR_TYPE, it)));
        }
        attributes
    }

    /// The series by Kratos's names, where they are asked for.
    pub(super) fn kratos(&self, protocol: Protocol, success: bool) -> Option<&KratosSeries> {
        let meters = self.telemetry.meters.kratos.as_ref()?;
        let kind = protocol as usize % KINDS;
        let cell = &self.kratos[kind * 2 + usize::from(success)];
        Some(cell.get_or_init(|| {
            let attributes = [
                KeyValue::new("operation", self.operation.clone()),
                KeyValue::new("kind", protocol.name()),
                KeyValue::new("success", success),
            ];
            Box::new(KratosSeries {
                count: meters.count.bind(&attributes),
                duration: meters.duration.bind(&attributes),
                size: meters.size.bind(&attributes),
            })
        }))
    }
}

fn empty<T, const N: usize>() -> [OnceLock<T>; N] {
    std::array::from_fn(|_| OnceLock::new())
}

/// Where the series of RPCs that end with this code stand.
#[inline]
fn rpc_cell(protocol: Protocol, code: Code) -> usize {
    let connect = protocol == Protocol::Connect;
    let at = usize::from(code.number()) + if connect { CODES } else { 0 };
    // Every code has its place.
    at.min(CODES * 2 - 1)
}

/// The name of the span of an HTTP request: never its path.
pub(super) fn span_name(method: &str, route: Option<&str>) -> String {
    match route {
        Some(route) => format!("{method} {route}"),
        None => method.to_owned(),
    }
}

/// `network.protocol.version`.
pub(super) fn version_name(version: Version) -> &'static str {
    match version {
        Version::HTTP_09 => "0.9",
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2",
        Version::HTTP_3 => "3",
        _ => "1.1",
    }
}

/// `rpc.system.name`.
pub(super) fn rpc_system(protocol: Protocol) -> &'static str {
    if protocol == Protocol::Connect { "connectrpc" } else { "grpc" }
}

/// How a call ended, as its protocol writes it; Connect has no word for success.
pub(super) fn rpc_status(protocol: Protocol, code: Code) -> Option<&'static str> {
    match protocol {
        Protocol::Connect if code == Code::Ok => None,
        Protocol::Connect => Some(crate::surface::connect::code_name(code)),
        _ => Some(code.name()),
    }
}

/// The codes that are errors of the server, by the conventions.
pub(super) fn is_rpc_error(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown
            | Code::DeadlineExceeded
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss
    )
}
