//! What goes beside a request: the deadline, the caller's metadata, and what flows on from the call being handled.
//!
//! `x-md-global-*` and the W3C trace headers flow on; `x-md-local-*` and everything else end at the service they were
//! sent to.

use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName, HeaderValue};

use super::Deadline;
use crate::call::{Context, TRACEPARENT, TRACESTATE, metadata};
use crate::error::reasons;
use crate::surface::Encoding;
use crate::surface::grpc::GRPC_TIMEOUT;
use crate::{Error, Result};

/// What bounds a unary call that nothing else bounds.
pub(super) const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

const BAGGAGE: HeaderName = HeaderName::from_static("baggage");

const GLOBAL: &str = "x-md-global-";

/// Headers that the client writes itself, or that HTTP keeps for the connection.
const OWN: [&str; 12] = [
    "accept",
    "connection",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// The largest answer that is read where nothing is said, as servers bound requests.
pub(super) const MAX_BODY: usize = 4 * 1024 * 1024;

/// What one client was told of each call.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) deadline: Option<Deadline>,
    /// What requests over gRPC are compressed with.
    pub(super) compression: Encoding,
    /// The most bytes that an answer may have, and each message of one that streams.
    pub(super) max_body: usize,
    metadata: HeaderMap,
    /// The first entry that cannot be sent; every call reports it, because a builder has nowhere else to.
    mistake: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            deadline: None,
            compression: Encoding::Identity,
            max_body: MAX_BODY,
            metadata: HeaderMap::new(),
            mistake: None,
        }
    }
}

impl Options {
    pub(super) fn add(&mut self, key: &str, value: &[u8]) {
        match entry(key, value) {
            Ok((name, value)) => {
                self.metadata.append(name, value);
            }
            Err(mistake) => {
                self.mistake.get_or_insert(mistake);
            }
        }
    }

    /// The deadline and the headers of one call that starts now. `default` bounds it where nothing else does.
    pub(super) fn outgoing(
        &self,
        handled: Option<&Context>,
        default: Option<Duration>,
    ) -> Result<(Option<Instant>, HeaderMap)> {
        if let Some(mistake) = &self.mistake {
            return Err(Error::internal(reasons::INTERNAL, mistake.clone()));
        }
        let now = Instant::now();
        let deadline = match self.deadline {
            Some(Deadline::At(at)) => Some(at),
            // Later than any clock can tell is never.
            Some(Deadline::After(after)) => now.checked_add(after),
            None => handled.and_then(Context::deadline).or_else(|| default.map(|it| now + it)),
        };
        let left = deadline.map(|deadline| deadline.saturating_duration_since(now));
        if left.is_some_and(|left| left.is_zero()) {
            return Err(Error::deadline_passed());
        }
        let mut headers = self.metadata.clone();
        if let Some(handled) = handled {
            for (name, value) in handled.headers() {
                if name.as_str().starts_with(GLOBAL) && !self.metadata.contains_key(name) {
                    headers.append(name, value.clone());
                }
            }
        }
        if let Some(left) = left {
            headers.insert(GRPC_TIMEOUT, timeout(left));
        }
        Ok((deadline, headers))
    }
}

/// Lets the trace of the call that is handled flow on, and its baggage, where no span of this process takes its place. What
/// the program set itself stays.
pub(crate) fn pass_on(handled: &Context, headers: &mut HeaderMap) {
    if !headers.contains_key(TRACEPARENT) {
        headers.insert(TRACEPARENT, handled.trace().header());
        // The state belongs to the caller's trace and would be a lie on a new one.
        if handled.trace().parent().is_some() {
            take_over(handled, &TRACESTATE, headers);
        }
    }
    take_over(handled, &BAGGAGE, headers);
}

/// Lets one header flow on as it came, if the program did not set it.
fn take_over(handled: &Context, name: &HeaderName, headers: &mut HeaderMap) {
    if headers.contains_key(name) {
        return;
    }
    for value in handled.headers().get_all(name) {
        headers.append(name, value.clone());
    }
}

/// What is left of an answer's headers or trailers without those of its transport: the metadata. The rest would be wrong
/// on any other answer that it is passed on with.
pub(super) fn answered(mut answered: HeaderMap) -> HeaderMap {
    const TRANSPORT: [&str; 14] = [
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "grpc-accept-encoding",
        "grpc-encoding",
        "keep-alive",
        "grpc-message",
        "grpc-status",
        "grpc-status-details-bin",
        "server",
        "trailer",
        "transfer-encoding",
    ];
    for name in TRANSPORT {
        answered.remove(name);
    }
    answered
}

/// One entry of metadata as a header; the value of a `-bin` key may be any bytes.
fn entry(key: &str, value: &[u8]) -> Result<(HeaderName, HeaderValue), String> {
    let name = HeaderName::from_bytes(key.as_bytes())
        .map_err(|_| format!("the metadata key `{key}` is not a header name"))?;
    if OWN.contains(&name.as_str()) || name.as_str().starts_with("grpc-") {
        return Err(format!("the metadata key `{key}` is the protocol's own"));
    }
    metadata::entry(key, value).ok_or_else(|| {
        format!("the metadata value of `{key}` is not printable; a key that ends in `-bin` takes any bytes")
    })
}

/// `grpc-timeout`: at most eight digits and a unit, the finest that fits.
fn timeout(left: Duration) -> HeaderValue {
    const MOST: u128 = 99_999_999;
    let text = match left.as_micros().max(1) {
        micros if micros <= MOST => format!("{micros}u"),
        micros if micros / 1_000 <= MOST => format!("{}m", micros / 1_000),
        micros => format!("{}S", (micros / 1_000_000).min(MOST)),
    };
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("10S"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_takes_the_finest_unit_of_eight_digits() {
        for (left, text) in [
            (Duration::from_nanos(1), "1u"),
            (Duration::from_millis(1500), "1500000u"),
            (Duration::from_micros(99_999_999), "99999999u"),
            (Duration::from_secs(100), "100000m"),
            (Duration::from_secs(100_000), "100000S"),
            (Duration::from_secs(u64::MAX), "99999999S"),
        ] {
            assert_eq!(timeout(left), text);
        }
    }

    #[test]
    fn metadata_is_checked_and_binary_keys_are_base64() {
        let mut options = Options::default();
        options.add("X-Md-Global-Who", b"me");
        options.add("trace-bin", &[0, 255]);
        let (_, headers) = options.outgoing(None, None).unwrap();
        assert_eq!(headers["x-md-global-who"], "me");
        assert_eq!(headers["trace-bin"], "AP8");

        for (key, value, part) in [
            ("a key", &b"v"[..], "not a header name"),
            ("grpc-timeout", b"1S", "the protocol's own"),
            ("host", b"elsewhere", "the protocol's own"),
            ("who", b"a\nb", "not printable"),
        ] {
            let mut options = Options::default();
            options.add(key, value);
            let error = options.outgoing(None, None).unwrap_err();
            assert!(error.message().contains(part), "{error}");
        }
    }

    #[test]
    fn a_deadline_that_has_passed_sends_nothing() {
        let at = Deadline::At(Instant::now());
        let options = Options { deadline: Some(at), ..Options::default() };
        assert_eq!(options.outgoing(None, None).unwrap_err().code(), 504);
    }
}
