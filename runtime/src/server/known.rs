//! The headers that decide how a request is taken.

use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use crate::Result;
use crate::surface::{Answer, grpc};

/// The headers that every request is looked at for, found in one pass: each look-up by name would cost a hash.
#[derive(Default)]
pub(super) struct Known<'a> {
    pub(super) content_type: Option<&'a HeaderValue>,
    pub(super) accepts: bool,
    pub(super) encoding: Option<&'a HeaderValue>,
    /// The only one: of several nobody knows which is meant.
    pub(super) traceparent: Option<&'a HeaderValue>,
    traceparents: usize,
    pub(super) grpc_timeout: Option<&'a HeaderValue>,
    pub(super) connect_timeout: Option<&'a HeaderValue>,
    pub(super) upgrade: bool,
    pub(super) connect: bool,
    /// Whether there is a header that may say that the call matters.
    pub(super) marked: bool,
}

impl<'a> Known<'a> {
    #[inline]
    pub(super) fn of(headers: &'a HeaderMap) -> Self {
        let mut known = Self::default();
        for (name, value) in headers {
            let place = match name.as_str() {
                "accept" => {
                    known.accepts = true;
                    continue;
                }
                "content-type" => &mut known.content_type,
                "grpc-encoding" => &mut known.encoding,
                "traceparent" => {
                    known.traceparents += 1;
                    known.traceparent = (known.traceparents == 1).then_some(value);
                    continue;
                }
                "grpc-timeout" => &mut known.grpc_timeout,
                "connect-timeout-ms" => &mut known.connect_timeout,
                "baggage" | "x-priority" | "x-md-global-priority" => {
                    known.marked = true;
                    continue;
                }
                "upgrade" => {
                    known.upgrade = true;
                    continue;
                }
                "connect-protocol-version" => {
                    known.connect = true;
                    continue;
                }
                _ => continue,
            };
            // Of several the first one counts.
            place.get_or_insert(value);
        }
        known
    }

    /// How the call is answered.
    #[inline(always)]
    pub(super) fn answer(&self, parts: &Parts) -> Answer {
        let accepting = self.accepts.then_some(&parts.headers);
        Answer::of(&parts.method, parts.version, self.content_type, accepting, self.connect)
    }

    /// How long the caller waits, by whichever header it sent.
    pub(super) fn timeout(&self) -> Result<Option<Duration>> {
        match (self.grpc_timeout, self.connect_timeout) {
            (Some(value), _) => grpc::timeout(value).map(Some),
            (None, Some(value)) => grpc::connect_timeout(value).map(Some),
            (None, None) => Ok(None),
        }
    }
}
