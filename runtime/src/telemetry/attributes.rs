//! What the span of a call that is served says from its beginning.

use http::header::{HOST, USER_AGENT};
use http::{HeaderMap, Uri};
use opentelemetry::trace::Span as _;
use opentelemetry::{Key, KeyValue, StringValue, Value};

use super::begin::Request;
use super::names::{key, older};
use super::place::{Place, rpc_system, version_name};
use super::span::CallSpan;
use super::verb::Verb;
use super::{address, query};
use crate::server::forwarded;

/// The attributes that a span has from its beginning.
pub(super) struct Attributes<'s> {
    span: &'s mut CallSpan,
    /// Their keys, where the program may declare the same.
    said: Option<Vec<Key>>,
}

impl<'s> Attributes<'s> {
    /// They are remembered where the program may declare the same.
    pub(super) fn of(span: &'s mut CallSpan, remembered: bool) -> Self {
        Self { span, said: remembered.then(Vec::new) }
    }

    /// The keys, if they were remembered.
    pub(super) fn said(self) -> Vec<Key> {
        self.said.unwrap_or_default()
    }

    fn put(&mut self, key: &'static str, value: &str) {
        self.say(|| key.into());
        self.span.text(key, value);
    }

    fn number(&mut self, key: &'static str, value: i64) {
        self.say(|| key.into());
        self.span.number(key, value);
    }

    #[inline]
    fn say(&mut self, key: impl FnOnce() -> Key) {
        if let Some(said) = &mut self.said {
            said.push(key());
        }
    }

    pub(super) fn http(&mut self, place: &Place, request: &Request<'_>, verb: Verb) {
        let telemetry = &place.telemetry;
        self.put(key::HTTP_METHOD, &telemetry.verbs.name(verb));
        if telemetry.verbs.is_other(verb) {
            self.put(key::HTTP_METHOD_ORIGINAL, request.method.as_str());
        }
        let forwarded = request
            .peer
            .map(|peer| forwarded::seen(peer.ip(), request.headers, &telemetry.trusted));
        let scheme = forwarded.and_then(|seen| seen.scheme).unwrap_or(telemetry.schemes[0]);
        self.put(key::URL_SCHEME, scheme);
        if let Some(uri) = request.uri {
            let secrets = place.secrets.as_ref();
            self.put(key::URL_PATH, &query::path(uri.path(), secrets));
            if let Some(query) = uri.query() {
                self.put(key::URL_QUERY, &query::redacted(query, secrets));
            }
            if telemetry.older.http {
                let target = uri.path_and_query().map_or("/", |target| target.as_str());
                self.put(older::HTTP_TARGET, &query::target(target, secrets));
            }
        }
        if let Some(route) = &place.route {
            self.put(key::HTTP_ROUTE, route);
        }
        self.put(key::PROTOCOL_VERSION, version_name(request.version));
        if let Some(client) = forwarded.map(|seen| seen.client) {
            address::with(client, |client| {
                if telemetry.older.http {
                    self.put(older::HTTP_CLIENT_IP, client);
                }
                self.put(key::CLIENT_ADDRESS, client);
            });
        }
        let agent = text(request.headers, USER_AGENT);
        if let Some(agent) = agent {
            self.put(key::USER_AGENT, agent);
        }
        if telemetry.older.http {
            self.put(older::HTTP_METHOD, request.method.as_str());
            if let Some(agent) = agent {
                self.put(older::HTTP_USER_AGENT, agent);
            }
        }
        self.server(forwarded.and_then(|seen| seen.host).or_else(|| authority(request)));
        self.headers(&telemetry.request_headers, request.headers, key::HTTP_REQUEST_HEADER);
    }

    pub(super) fn rpc(&mut self, place: &Place, request: &Request<'_>) {
        let telemetry = &place.telemetry;
        let system = rpc_system(request.protocol);
        self.put(key::RPC_SYSTEM, system);
        if telemetry.older.rpc {
            self.put(older::RPC_SYSTEM, system);
        }
        if place.unproven.is_none() {
            let asked = request.uri.map(Uri::path);
            method_attributes(place, asked, |key, value| self.put(key, value));
        }
        self.server(authority(request));
        self.headers(&telemetry.request_headers, request.headers, key::RPC_REQUEST_METADATA);
    }

    pub(super) fn both(&mut self, place: &Place, request: &Request<'_>, rpc: bool) {
        let telemetry = &place.telemetry;
        if let Some(peer) = request.peer {
            let port = i64::from(peer.port());
            let wanted = if rpc { telemetry.older.rpc } else { telemetry.older.http };
            address::with(peer.ip().to_canonical(), |address| {
                if wanted {
                    self.put(older::PEER_IP, address);
                    self.number(older::PEER_PORT, port);
                }
                self.put(key::PEER_ADDRESS, address);
            });
            self.number(key::PEER_PORT, port);
        }
        self.put(key::KRATOS_KIND, request.protocol.name());
        let operation = match request.uri.filter(|_| place.unproven.is_some()) {
            Some(uri) => uri.path(),
            None => &place.operation,
        };
        self.put(key::KRATOS_OPERATION, operation);
        if let Some(service) = text(request.headers, super::SERVICE_NAME) {
            self.put(key::PEER_SERVICE, service);
        }
    }

    /// `server.address` and `server.port`: what the caller asked for.
    fn server(&mut self, authority: Option<&str>) {
        let Some(authority) = authority else { return };
        let (host, port) = address::host_and_port(authority);
        if !host.is_empty() {
            self.put(key::SERVER_ADDRESS, host);
            if let Some(port) = port {
                self.number(key::SERVER_PORT, i64::from(port));
            }
        }
    }

    /// The headers that somebody asked for by name.
    fn headers(&mut self, wanted: &[String], headers: &HeaderMap, prefix: &str) {
        for attribute in header_attributes(wanted, headers, prefix) {
            self.say(|| attribute.key.clone());
            self.span.set_attribute(attribute);
        }
    }
}

/// What the method of an RPC is called, which its caller `asked` for by a path. Of one that may prove to be one this is known
/// at the end.
pub(super) fn method_attributes(
    place: &Place,
    asked: Option<&str>,
    mut put: impl FnMut(&'static str, &str),
) {
    match &place.method {
        Some(method) => {
            put(key::RPC_METHOD, method);
            if place.telemetry.older.rpc
                && let Some((service, _)) = method.rsplit_once('/')
            {
                put(older::RPC_SERVICE, service);
            }
        }
        None => {
            put(key::RPC_METHOD, super::names::OTHER);
            if let Some(asked) = asked {
                put(key::RPC_METHOD_ORIGINAL, asked.trim_start_matches('/'));
            }
        }
    }
}

/// The values of these headers, each a list.
pub(super) fn header_attributes<'a>(
    wanted: &'a [String],
    headers: &'a HeaderMap,
    prefix: &'a str,
) -> impl Iterator<Item = KeyValue> + 'a {
    wanted.iter().filter(|name| headers.contains_key(name.as_str())).map(move |name| {
        let values = headers.get_all(name.as_str()).iter();
        let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let values: Vec<StringValue> = values.map(StringValue::from).collect();
        KeyValue::new(format!("{prefix}{name}"), Value::Array(values.into()))
    })
}

fn text(headers: &HeaderMap, name: http::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// What the caller called the server: `:authority`, else `host`.
fn authority<'a>(request: &Request<'a>) -> Option<&'a str> {
    let named = request.uri.and_then(Uri::authority).map(http::uri::Authority::as_str);
    named.or_else(|| text(request.headers, HOST))
}
