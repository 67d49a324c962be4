//! One error for every surface: a code, a reason, a message and metadata.
//!
//! [`Error`] is what a call ends with when it does not end well. How it looks on the wire is decided by the surface that
//! carries it, from the parts here; which gRPC code stands for which HTTP code is decided in [`Code`] alone.

mod convert;
pub(crate) mod details;
mod reason;
pub mod reasons;
mod status;
#[cfg(test)]
mod tests;

pub use convert::ResultExt;
pub use reason::{CallError, Reason};
pub use status::Code;

use crate::call::Added;
use crate::message::Any;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// The most metadata that is sent, keys and values together: over gRPC it travels in a header, and peers cap those.
const MOST_METADATA: usize = 4096;

/// The most of a message that is sent over gRPC, in bytes: it travels in headers, and twice.
const MOST_HEADER_MESSAGE: usize = 2048;

/// A boxed error of any kind that may cross threads.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The result of everything in bident that can fail: `bident::Result` alone is `Result<(), bident::Error>`.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// What a call failed with.
///
/// The code is an HTTP status; the gRPC status follows from it by [`Code::from_http`] unless one was set. A code of 500
/// or more shows callers only its code and its reason, unless [`Error::expose`] was called: the message, the metadata,
/// the details and the source stay in the server's log.
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    code: u16,
    grpc: Option<Code>,
    reason: Cow<'static, str>,
    domain: Cow<'static, str>,
    message: Cow<'static, str>,
    metadata: BTreeMap<Cow<'static, str>, String>,
    details: Vec<Any>,
    source: Option<BoxError>,
    exposed: bool,
    /// Whether the reason is not told where it would be a detail.
    bare: bool,
    /// A gRPC status that came from elsewhere, kept whole so that it can be passed on unchanged.
    foreign: Option<ForeignStatus>,
    /// What the answer carries beside the error.
    added: Option<Box<Added>>,
}

/// The parts of a foreign gRPC status that [`Error`] has no field for.
#[derive(Debug, Clone, Default)]
pub(crate) struct ForeignStatus {
    /// The bytes of `grpc-status-details-bin`, decoded from base64.
    pub(crate) details: bytes::Bytes,
    /// The trailers that came with it.
    pub(crate) trailers: http::HeaderMap,
    /// The headers that came before it; they are not passed on.
    pub(crate) headers: http::HeaderMap,
}

pub(crate) static NO_HEADERS: std::sync::LazyLock<http::HeaderMap> =
    std::sync::LazyLock::new(http::HeaderMap::new);

impl Error {
    /// An error with an HTTP status, a SCREAMING_SNAKE reason and a text for people.
    ///
    /// A code outside 400 to 599 becomes 500: an error never looks like a success or a redirect.
    pub fn new(
        code: u16,
        reason: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self(Box::new(Inner {
            code: if (400..600).contains(&code) { code } else { 500 },
            grpc: None,
            reason: reason.into(),
            domain: Cow::Borrowed(""),
            message: message.into(),
            metadata: BTreeMap::new(),
            details: Vec::new(),
            source: None,
            exposed: false,
            bare: false,
            foreign: None,
            added: None,
        }))
    }

    /// The same to callers, without its cause.
    pub(crate) fn repeated(&self) -> Self {
        Self(Box::new(Inner {
            code: self.0.code,
            grpc: self.0.grpc,
            reason: self.0.reason.clone(),
            domain: self.0.domain.clone(),
            message: self.0.message.clone(),
            metadata: self.0.metadata.clone(),
            details: self.0.details.clone(),
            source: None,
            exposed: self.0.exposed,
            bare: self.0.bare,
            foreign: self.0.foreign.clone(),
            added: self.0.added.clone(),
        }))
    }

    /// Adds one entry to the metadata that callers see.
    #[must_use]
    pub fn with(mut self, key: impl Into<Cow<'static, str>>, value: impl fmt::Display) -> Self {
        self.0.metadata.insert(key.into(), value.to_string());
        self
    }

    /// Adds a message that callers see, with its type: a detail of the status on gRPC and Connect. It travels in a header
    /// there, so that peers cap it; plain HTTP leaves it out.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Any>) -> Self {
        self.0.details.push(detail.into());
        // What came from elsewhere has its details as bytes too, which are no longer all.
        if let Some(foreign) = &mut self.0.foreign {
            foreign.details = bytes::Bytes::new();
        }
        self
    }

    /// Keeps what caused this error. It is logged and never sent.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Says which service's reasons this one belongs to: `ErrorInfo.domain` on gRPC.
    #[must_use]
    pub fn with_domain(mut self, domain: impl Into<Cow<'static, str>>) -> Self {
        self.0.domain = domain.into();
        self
    }

    /// Sets the gRPC code where the table's choice is not the wanted one.
    #[must_use]
    pub fn with_grpc(mut self, code: Code) -> Self {
        self.0.grpc = Some(code);
        self
    }

    /// Shows the message, the metadata and the details to callers even though the code is 500 or more.
    #[must_use]
    pub fn expose(mut self) -> Self {
        self.0.exposed = true;
        self
    }

    /// Keeps the headers of the answer that this error came with.
    pub(crate) fn with_headers(mut self, headers: http::HeaderMap) -> Self {
        if !headers.is_empty() {
            self.0.foreign.get_or_insert_default().headers = headers;
        }
        self
    }

    pub(crate) fn with_foreign(mut self, foreign: ForeignStatus) -> Self {
        self.0.foreign = Some(foreign);
        self
    }

    /// The HTTP status.
    pub fn code(&self) -> u16 {
        self.0.code
    }

    /// The gRPC status.
    pub fn grpc_code(&self) -> Code {
        self.0.grpc.unwrap_or_else(|| Code::from_http(self.0.code))
    }

    /// The reason: what programs match on.
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// Whose reason it is; empty where nobody said.
    pub fn domain(&self) -> &str {
        &self.0.domain
    }

    /// The text for people.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The metadata, sorted by key.
    pub fn metadata(&self) -> &BTreeMap<Cow<'static, str>, String> {
        &self.0.metadata
    }

    /// The messages beside the reason and the metadata.
    pub fn details(&self) -> &[Any] {
        &self.0.details
    }

    /// The first of the details that is such a message. One that cannot be read is none.
    pub fn detail<M: crate::message::Message>(&self) -> Option<M> {
        self.0.details.iter().find_map(|detail| detail.read().ok().flatten())
    }

    /// The headers that came before this error, where a client got it over gRPC; none otherwise.
    pub fn headers(&self) -> &http::HeaderMap {
        self.foreign().map_or(&*NO_HEADERS, |foreign| &foreign.headers)
    }

    /// The trailers that came with this error, where a client got it over gRPC; none otherwise.
    pub fn trailers(&self) -> &http::HeaderMap {
        self.foreign().map_or(&*NO_HEADERS, |foreign| &foreign.trailers)
    }

    /// Whether callers may see the message, the metadata and the details.
    pub fn is_exposed(&self) -> bool {
        self.0.exposed || self.0.code < 500
    }

    /// Sends headers and trailers along with the error.
    pub(crate) fn with_added(mut self, added: Box<Added>) -> Self {
        match &mut self.0.added {
            Some(before) => {
                before.headers.extend(added.headers);
                before.trailers.extend(added.trailers);
            }
            none => *none = Some(added),
        }
        self
    }

    pub(crate) fn added(&self) -> Option<&Added> {
        self.0.added.as_deref()
    }

    pub(crate) fn foreign(&self) -> Option<&ForeignStatus> {
        self.0.foreign.as_ref()
    }

    /// The metadata that callers see: all of it up to [`MOST_METADATA`] bytes, where an entry that no longer fits is left
    /// out.
    pub(crate) fn public_metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        let shown = self.is_exposed().then_some(&self.0.metadata);
        let mut left = MOST_METADATA;
        shown.into_iter().flatten().filter_map(move |(key, value)| {
            left = left.checked_sub(key.len() + value.len())?;
            Some((&**key, &**value))
        })
    }

    /// The same without a detail for its reason, where that is one of the kit's own.
    pub(crate) fn without_own_reason(mut self) -> Self {
        self.0.bare = self.is_own();
        self
    }

    /// Whether the reason is one of the kit's own: nobody has given it another.
    pub(crate) fn is_own(&self) -> bool {
        self.0.domain.is_empty() && reasons::ALL.contains(&&*self.0.reason)
    }

    pub(crate) fn is_bare(&self) -> bool {
        self.0.bare
    }

    /// The details that callers see.
    pub(crate) fn public_details(&self) -> &[Any] {
        if self.is_exposed() { &self.0.details } else { &[] }
    }

    /// The message that callers over gRPC see: its beginning, where it is too long for a header.
    pub(crate) fn header_message(&self) -> &str {
        let message = self.public_message();
        let mut end = message.len().min(MOST_HEADER_MESSAGE);
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        &message[..end]
    }

    /// The message that callers see.
    pub(crate) fn public_message(&self) -> &str {
        if self.is_exposed() {
            return self.message();
        }
        match self.0.code {
            501 => "not implemented",
            503 => "service unavailable",
            504 => "deadline exceeded",
            _ => "internal error",
        }
    }
}

macro_rules! shorthands {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        /// Shorthands for the usual codes.
        impl Error {
            $($(#[$doc])*
            pub fn $name(
                reason: impl Into<Cow<'static, str>>,
                message: impl Into<Cow<'static, str>>,
            ) -> Self {
                Self::new($code, reason, message)
            })*
        }
    };
}

shorthands! {
    /// 400, INVALID_ARGUMENT.
    bad_request = 400;
    /// 401, UNAUTHENTICATED.
    unauthorized = 401;
    /// 403, PERMISSION_DENIED.
    forbidden = 403;
    /// 404, NOT_FOUND.
    not_found = 404;
    /// 409, ABORTED.
    conflict = 409;
    /// 412, FAILED_PRECONDITION.
    failed_precondition = 412;
    /// 429, RESOURCE_EXHAUSTED.
    too_many_requests = 429;
    /// 500, INTERNAL.
    internal = 500;
    /// 501, UNIMPLEMENTED.
    unimplemented = 501;
    /// 503, UNAVAILABLE.
    unavailable = 503;
    /// 504, DEADLINE_EXCEEDED.
    deadline_exceeded = 504;
}

/// The kit's own errors: fixed texts, always shown.
impl Error {
    pub(crate) fn route_not_found() -> Self {
        Self::not_found(reasons::ROUTE_NOT_FOUND, "no route has this path")
    }

    pub(crate) fn method_not_found() -> Self {
        Self::unimplemented(reasons::METHOD_NOT_FOUND, "no service has this method").expose()
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(405, reasons::METHOD_NOT_ALLOWED, "this path does not take this HTTP method")
    }

    pub(crate) fn codec(message: impl Into<Cow<'static, str>>) -> Self {
        Self::bad_request(reasons::CODEC, message)
    }

    pub(crate) fn unsupported_media_type(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(415, reasons::UNSUPPORTED_MEDIA_TYPE, message)
    }

    pub(crate) fn body_too_large(limit: usize) -> Self {
        Self::new(413, reasons::BODY_TOO_LARGE, format!("the body is larger than {limit} bytes"))
    }

    pub(crate) fn form_too_large(message: String) -> Self {
        Self::new(413, reasons::BODY_TOO_LARGE, message)
    }

    pub(crate) fn deadline_passed() -> Self {
        Self::deadline_exceeded(reasons::DEADLINE_EXCEEDED, "deadline exceeded").expose()
    }

    pub(crate) fn cancelled() -> Self {
        Self::new(499, reasons::CANCELLED, "the caller went away")
    }

    pub(crate) fn panicked(text: &str) -> Self {
        Self::internal(reasons::INTERNAL, format!("a panic: {text}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

/// For people: the code, the reason, the message, the metadata and every cause below. `main` prints this.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} {})", self.0.message, self.0.code, self.0.reason)?;
        for (key, value) in &self.0.metadata {
            write!(f, "\n  {key}: {value}")?;
        }
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            write!(f, "\n  caused by: {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
