//! What a call is answered with.

use std::pin::Pin;
use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body::Frame;

use super::{Added, Body, Said};
use crate::Result;
use crate::error::Code;
use crate::surface::Encoding;

/// A reply with what goes beside its message: a status, headers, trailers.
///
/// A handler returns `Reply<T>`; middleware sees the plain `Reply`, whose message is already encoded.
pub struct Reply<T = Encoded> {
    pub(crate) message: T,
    pub(crate) meta: Meta,
}

/// What goes beside a message, shared by every form of a reply.
#[derive(Default)]
pub(crate) struct Meta {
    /// The HTTP status of a success; gRPC has no such thing and ignores it.
    pub(crate) status: Option<StatusCode>,
    /// What the handler said of compression before the head was made.
    pub(crate) compression: Option<Said>,
    /// Most replies have neither headers nor trailers of their own.
    pub(crate) beside: Option<Box<Added>>,
    pub(crate) on_end: OnEnd,
}

impl Meta {
    /// What the head of the answer names as the encoding of its messages, `agreed` where the handler said nothing.
    #[inline]
    pub(crate) fn encoding(&self, agreed: Encoding) -> Encoding {
        self.compression.map_or(agreed, |said| said.head(agreed))
    }

    /// The headers and trailers, to be changed.
    pub(crate) fn beside(&mut self) -> &mut Added {
        self.beside.get_or_insert_default()
    }
}

/// What waits for a call's end. Dropped before, it hears that the call was given up. Of most calls nothing does: they
/// carry one word along.
#[derive(Default)]
pub(crate) struct OnEnd(Option<Box<Observers>>);

#[derive(Default)]
struct Observers(Vec<Observer>);

type Observer = Box<dyn FnOnce(&CallOutcome) + Send>;

impl OnEnd {
    fn add(&mut self, f: impl FnOnce(&CallOutcome) + Send + 'static) {
        self.0.get_or_insert_default().0.push(Box::new(f));
    }

    pub(crate) fn fire(&mut self, outcome: &CallOutcome) {
        for f in self.0.take().into_iter().flat_map(|observers| observers.0) {
            // One observer's panic is no reason to keep the others from hearing of the end.
            if let Err(panic) = super::caught(|| f(outcome)) {
                tracing::error!(error = %panic, "a function given to `Reply::on_end` panicked");
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl Drop for OnEnd {
    #[inline]
    fn drop(&mut self) {
        if !self.is_empty() {
            self.fire(&CallOutcome::given_up(Duration::ZERO));
        }
    }
}

/// A message in the form that its surface sends.
pub struct Encoded {
    pub(crate) body: EncodedBody,
}

/// Messages as they go on the wire, then the trailers that the handler added, if any. An `Err` ends the call with that error.
pub(crate) type Frames = Pin<Box<dyn Stream<Item = Result<Frame<Bytes>>> + Send>>;

pub(crate) enum EncodedBody {
    /// One message: for gRPC with its five-byte prefix.
    Unary(Bytes),
    /// Many messages, each with its prefix.
    Stream(Frames),
    /// A whole HTTP response, whose headers are the reply's: the user's own routes.
    Raw(StatusCode, Box<Body>),
}

/// How a call ended: for [`Reply::on_end`] and the access log.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CallOutcome {
    /// The HTTP code: 200 or the like on success, the error's otherwise, 499 where the caller went away.
    pub code: u16,
    /// The gRPC code.
    pub grpc: Code,
    /// The error's reason; empty on success, and where an HTTP response of the user's own says no more than its status.
    pub reason: String,
    /// From the call's arrival to the last byte of its answer.
    pub latency: Duration,
}

impl CallOutcome {
    pub(crate) fn given_up(latency: Duration) -> Self {
        let error = crate::Error::cancelled();
        Self {
            code: error.code(),
            grpc: error.grpc_code(),
            reason: error.reason().to_owned(),
            latency,
        }
    }
}

impl Reply {
    /// A whole HTTP response.
    pub(crate) fn raw(status: StatusCode, headers: HeaderMap, body: Body) -> Self {
        let beside = Box::new(Added { headers, ..Added::default() });
        let meta = Meta { beside: Some(beside), ..Meta::default() };
        Self { message: Encoded { body: EncodedBody::Raw(status, Box::new(body)) }, meta }
    }
}

static NONE: LazyLock<HeaderMap> = LazyLock::new(HeaderMap::new);

impl<T> Reply<T> {
    /// A reply with nothing beside the message.
    pub fn new(message: T) -> Self {
        Self { message, meta: Meta::default() }
    }

    /// The HTTP status of this success, 200 by default; one outside 200 to 399 is ignored. gRPC has no such thing and is
    /// sent OK.
    #[must_use]
    pub fn status(mut self, code: u16) -> Self {
        self.meta.status =
            StatusCode::from_u16(code).ok().filter(|s| s.is_success() || s.is_redirection());
        self
    }

    /// Adds a response header. A name or value that HTTP does not allow is dropped.
    #[must_use]
    pub fn header(
        mut self,
        name: impl TryInto<HeaderName>,
        value: impl TryInto<HeaderValue>,
    ) -> Self {
        if let (Ok(name), Ok(value)) = (name.try_into(), value.try_into()) {
            self.meta.beside().headers.append(name, value);
        }
        self
    }

    /// Adds a trailer; over HTTP it is a header whose name starts with `trailer-`. A name or value that HTTP
    /// does not allow is dropped.
    #[must_use]
    pub fn trailer(
        mut self,
        name: impl TryInto<HeaderName>,
        value: impl TryInto<HeaderValue>,
    ) -> Self {
        if let (Ok(name), Ok(value)) = (name.try_into(), value.try_into()) {
            self.meta.beside().trailers.append(name, value);
        }
        self
    }

    /// The response headers.
    pub fn headers(&self) -> &HeaderMap {
        self.meta.beside.as_ref().map_or(&*NONE, |beside| &beside.headers)
    }

    /// The response headers, to be changed.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.meta.beside().headers
    }

    /// The response trailers.
    pub fn trailers(&self) -> &HeaderMap {
        self.meta.beside.as_ref().map_or(&*NONE, |beside| &beside.trailers)
    }

    /// Runs `f` once, when the last byte of the answer has left or the call was dropped.
    #[must_use]
    pub fn on_end(mut self, f: impl FnOnce(&CallOutcome) + Send + 'static) -> Self {
        self.meta.on_end.add(f);
        self
    }

    /// The message alone.
    pub fn into_inner(self) -> T {
        self.message
    }
}

impl<T> std::ops::Deref for Reply<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.message
    }
}

impl<T> From<T> for Reply<T> {
    fn from(message: T) -> Self {
        Self::new(message)
    }
}
