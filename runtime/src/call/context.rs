//! What a handler may know of its call, and what it may add to the answer.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use tokio::sync::Notify;

use super::compression::Compression;
use super::{Body, Meta, Protocol, Trace, metadata};
use crate::Result;
use crate::message::Message;
#[cfg(feature = "tls")]
use crate::server::tls::PeerIdentity;
use crate::service::Input;
use crate::surface::{self, Codec};
use crate::telemetry::Presence;

/// A call is taken apart once, by its handler, and is gone then.
const WHOLE: &str = "a call is whole until its handler takes it apart";

/// The call as its handler sees it. Cheap to clone; a clone keeps the call's headers alive.
#[derive(Clone)]
pub struct Context(Arc<Inner>);

pub(super) struct Inner {
    pub(super) operation: Cow<'static, str>,
    pub(super) protocol: Protocol,
    pub(super) headers: HeaderMap,
    pub(super) extensions: Extensions,
    pub(super) deadline: Option<Instant>,
    pub(super) peer: Option<SocketAddr>,
    pub(super) trace: Trace,
    pub(super) span: tracing::Span,
    pub(super) presence: Presence,
    /// Where the request goes for the log, where it is asked for.
    arguments: Option<Arguments>,
    /// What the handler adds to the answer. Most handlers never touch it.
    added: Mutex<Option<Box<Added>>>,
    /// Whether there is anything added, to look at before the lock.
    adding: AtomicBool,
    compression: Compression,
    over: AtomicBool,
    /// Whether anyone has asked to be told of the end.
    awaited: AtomicBool,
    ended: Notify,
    /// There until the handler takes it. The lock is for the compiler alone: until then nobody shares the context.
    unread: Mutex<Option<Unread>>,
}

/// What a call is besides its context, until its handler reads it.
pub(super) struct Unread {
    pub(super) body: Body,
    /// The most bytes that the body may have.
    pub(super) limit: usize,
    /// How this call is decoded and encoded; the surface decided it.
    pub(super) codec: Codec,
}

/// What is known of a call before anything of the user's has seen it.
pub(crate) struct Opening {
    pub(crate) operation: Cow<'static, str>,
    pub(crate) protocol: Protocol,
    pub(crate) headers: HeaderMap,
    pub(crate) extensions: Extensions,
    pub(crate) deadline: Option<Instant>,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) trace: Trace,
    pub(crate) presence: Presence,
    pub(crate) arguments: Option<Arguments>,
}

/// The request as it is logged, once it is decoded.
pub(crate) type Arguments = Arc<OnceLock<String>>;

/// What goes beside an answer, whether it is a success or an error.
#[derive(Debug, Clone, Default)]
pub(crate) struct Added {
    pub(crate) headers: HeaderMap,
    pub(crate) trailers: HeaderMap,
}

impl Context {
    /// The context of a new call, in the one place where it stays: middleware changes it there, the handler shares it.
    #[inline(always)]
    pub(super) fn open(opening: Opening, unread: Option<Unread>) -> Self {
        let span = tracing::debug_span!(
            target: "bident::call",
            "call",
            operation = &*opening.operation,
            protocol = opening.protocol.name(),
            trace_id = %opening.trace.id(),
        );
        Self(Arc::new(Inner {
            operation: opening.operation,
            protocol: opening.protocol,
            headers: opening.headers,
            extensions: opening.extensions,
            deadline: opening.deadline,
            peer: opening.peer,
            trace: opening.trace,
            span,
            presence: opening.presence,
            arguments: opening.arguments,
            added: Mutex::new(None),
            adding: AtomicBool::new(false),
            compression: Compression::default(),
            over: AtomicBool::new(false),
            awaited: AtomicBool::new(false),
            ended: Notify::new(),
            unread: Mutex::new(unread),
        }))
    }

    /// For the call that has not handed its context to anyone yet.
    pub(super) fn inner_mut(&mut self) -> &mut Inner {
        Arc::get_mut(&mut self.0).expect("a call's context is its own until its handler has it")
    }

    fn unread(&mut self) -> &mut Option<Unread> {
        self.inner_mut().unread.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the call that has not been taken apart yet.
    pub(super) fn unread_mut(&mut self) -> &mut Unread {
        self.unread().as_mut().expect(WHOLE)
    }

    /// Takes the call apart.
    pub(super) fn take_unread(&mut self) -> Unread {
        self.unread().take().expect(WHOLE)
    }

    /// A message in the form in which the call is answered, for the call that has not been taken apart yet.
    pub(super) fn write<M: Message>(&self, message: &M, meta: &mut Meta) -> Result<Bytes> {
        let unread = self.0.unread.lock().unwrap_or_else(PoisonError::into_inner);
        unread.as_ref().expect(WHOLE).codec.write(message, meta)
    }

    /// `/package.Service/Method`; for the user's own routes the route's template.
    pub fn operation(&self) -> &str {
        &self.0.operation
    }

    /// The surface that the call came in on.
    pub fn protocol(&self) -> Protocol {
        self.0.protocol
    }

    /// The request's header `name`, the first of several; `None` where it is absent or not visible ASCII. Case does not
    /// matter.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.headers.get(name)?.to_str().ok()
    }

    /// The bytes of the request's binary header `name`, which ends in `-bin`, the first of several; `None` where it is absent
    /// or not base64.
    pub fn binary(&self, name: &str) -> Option<Bytes> {
        self.binaries(name).next()
    }

    /// The bytes of each of the request's binary headers `name`, as [`binaries`](super::binaries) reads them.
    pub fn binaries(&self, name: &str) -> impl Iterator<Item = Bytes> {
        metadata::binaries(&self.0.headers, name)
    }

    /// The request's headers, which are its metadata too.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The request's `x-md-*` headers, name and value. Those of `x-md-global-*` flow on into outgoing calls.
    pub fn metadata(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .headers
            .iter()
            .filter(|(name, _)| name.as_str().starts_with(metadata::PREFIX))
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }

    /// Sets a header of the answer, on success and on error alike, in place of one that was set before; once a stream or a
    /// body has begun, the headers have left and it is too late. The value of a name that ends in `-bin` is any bytes
    /// and travels as base64. A name or value that HTTP does not allow is dropped.
    pub fn set_header(&self, name: &str, value: impl AsRef<[u8]>) {
        self.put(name, value.as_ref(), |added, name, value| {
            added.headers.insert(name, value);
        });
    }

    /// Adds a header of the answer to those of the same name. Otherwise as [`set_header`](Self::set_header).
    pub fn add_header(&self, name: &str, value: impl AsRef<[u8]>) {
        self.put(name, value.as_ref(), |added, name, value| {
            added.headers.append(name, value);
        });
    }

    /// Sets a trailer of the answer, for a stream up to its end; over HTTP, where many callers cannot read trailers, it is
    /// a header whose name starts with `trailer-`. Otherwise as [`set_header`](Self::set_header).
    pub fn set_trailer(&self, name: &str, value: impl AsRef<[u8]>) {
        self.put(name, value.as_ref(), |added, name, value| {
            added.trailers.insert(name, value);
        });
    }

    /// Adds a trailer of the answer to those of the same name. Otherwise as [`set_trailer`](Self::set_trailer).
    pub fn add_trailer(&self, name: &str, value: impl AsRef<[u8]>) {
        self.put(name, value.as_ref(), |added, name, value| {
            added.trailers.append(name, value);
        });
    }

    /// Says whether the messages of the answer that come after this are compressed, whatever their size: for a reply that
    /// is known to be worth it or not, and for a stream message by message. Where nothing is said, those of 1 KiB and more
    /// are compressed as the request was, over Connect as the caller names it.
    ///
    /// It is compressed with what the request was, where the caller reads that, else with the first encoding that it says
    /// it reads; who reads none gets it as it is. A stream names its encoding in its head: one whose messages
    /// are compressed only now and then says `true` once before it is returned. In a unary call the last word counts, over
    /// Connect for the whole body. Over plain HTTP and WebSocket nothing is compressed, and this changes nothing.
    pub fn set_compression(&self, on: bool) {
        let readable = || surface::readable(self.0.protocol, &self.0.headers);
        self.0.compression.say(on, readable);
    }

    /// Whether the message of the request that was read last came compressed: over gRPC, gRPC-Web and in Connect's streams
    /// each says so itself, in Connect's unary calls the body does. `false` over plain HTTP and WebSocket.
    pub fn request_compressed(&self) -> bool {
        self.0.compression.heard()
    }

    pub(super) fn compression(&self) -> &Compression {
        &self.0.compression
    }

    /// Tells whether a message that is read now came compressed.
    pub(crate) fn hear_compression(&self, compressed: bool) {
        self.0.compression.hear(compressed);
    }

    fn put(&self, name: &str, value: &[u8], to: fn(&mut Added, HeaderName, HeaderValue)) {
        if let Some((name, value)) = metadata::entry(name, value) {
            let mut added = self.0.added.lock().unwrap_or_else(PoisonError::into_inner);
            to(added.get_or_insert_default(), name, value);
            self.0.adding.store(true, Ordering::Release);
        }
    }

    pub(crate) fn take_added(&self) -> Option<Box<Added>> {
        if !self.0.adding.load(Ordering::Acquire) {
            return None;
        }
        self.0.added.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The headers alone, which leave before the trailers.
    pub(super) fn take_added_headers(&self) -> Option<Box<Added>> {
        if !self.0.adding.load(Ordering::Acquire) {
            return None;
        }
        let mut added = self.0.added.lock().unwrap_or_else(PoisonError::into_inner);
        let headers = std::mem::take(&mut added.as_mut()?.headers);
        Some(Box::new(Added { headers, ..Added::default() }))
    }

    /// When the call must have ended: the earliest of the caller's, the method's and `server.timeout` (10 s by default);
    /// `None` where none of them sets a bound. Outgoing calls of this task end by
    /// it too, unless their client was given a deadline of its own.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline
    }

    /// The socket's other end: a proxy's, where there is one in front.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.0.peer
    }

    /// Who the peer is by its certificate, where `server.tls.client_ca` asks for one: `None` for a peer that showed none.
    #[cfg(feature = "tls")]
    pub fn peer_identity(&self) -> Option<&PeerIdentity> {
        self.0.extensions.get()
    }

    /// Values that middleware left with [`Call::extensions_mut`](super::Call::extensions_mut), one for each type.
    pub fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    /// The trace that the call belongs to.
    pub fn trace(&self) -> Trace {
        self.0.trace
    }

    /// What the call is to OpenTelemetry.
    pub(crate) fn presence(&self) -> &Presence {
        &self.0.presence
    }

    /// Whether the call's span is recorded. What is worked out for a span alone can be left out where it is not.
    pub fn is_recording(&self) -> bool {
        self.0.presence.is_recording()
    }

    /// The call's span; a disabled one where nobody listens at `debug`.
    pub fn span(&self) -> &tracing::Span {
        &self.0.span
    }

    /// Resolves when nobody waits for the call any more: the caller went away, the deadline passed, or the answer has
    /// been given. The handler itself is dropped in the first two; this is for tasks that it spawned.
    pub async fn cancelled(&self) {
        let ended = self.0.ended.notified();
        // Either this sees the end, or the end sees this: both orders are total.
        self.0.awaited.store(true, Ordering::SeqCst);
        if !self.0.over.load(Ordering::SeqCst) {
            ended.await;
        }
    }

    /// Keeps the request for the log, where that is asked for.
    #[inline]
    pub(super) fn show(&self, request: &impl Input) {
        if let Some(arguments) = &self.0.arguments
            && let Some(shown) = request.shown()
        {
            let _ = arguments.set(shown);
        }
    }

    /// Says that the call is over.
    pub(crate) fn end(&self) {
        self.0.over.store(true, Ordering::SeqCst);
        if self.0.awaited.load(Ordering::SeqCst) {
            self.0.ended.notify_waiters();
        }
    }
}
