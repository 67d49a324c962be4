//! A body of either direction: what hyper delivers, whole bytes, or any other.

use std::any::Any;
use std::future::poll_fn;
use std::pin::Pin;
#[cfg(feature = "telemetry")]
use std::sync::Arc;
#[cfg(feature = "telemetry")]
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::Version;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;

use super::Added;
use super::guard::GuardedBody;
use super::held::Hold;
use crate::error::BoxError;
use crate::{Error, Result};

/// What a buffer for a body in pieces starts with at most: a peer's word on a length reserves no more.
const FIRST_BUFFER: usize = 64 * 1024;

/// The most that is read of a body that nobody wants, and the longest that it may take.
const MOST_DRAINED: usize = 1024 * 1024;
const DRAINED_WITHIN: Duration = Duration::from_secs(1);

/// A body as the call layer passes it around.
#[derive(Default)]
pub struct Body(Kind);

#[derive(Default)]
enum Kind {
    #[default]
    Empty,
    Full(Bytes),
    /// And whether it came over HTTP/1.
    Incoming(hyper::body::Incoming, bool),
    Attended(Attended),
    /// And whether it stands for one that came over HTTP/1.
    Boxed(UnsyncBoxBody<Bytes, BoxError>, bool),
    Guarded(Box<GuardedBody>),
    #[cfg(feature = "telemetry")]
    Counted(Box<Counted>),
}

/// A body whose bytes are counted as they arrive.
#[cfg(feature = "telemetry")]
struct Counted {
    body: Body,
    bytes: Arc<AtomicU64>,
}

/// A body over HTTP/1 whose reader may stop in the middle. What it leaves is drained beside the answer, which the peer might not
/// get to read otherwise; the task ends with the connection, and has the bounds of [`Body::drain`].
struct Attended(Option<hyper::body::Incoming>);

impl Drop for Attended {
    fn drop(&mut self) {
        let left = self.0.take().map(|body| Body(Kind::Incoming(body, true)));
        if let Some(left) = left.filter(|body| !body.is_end_stream())
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(left.drain());
        }
    }
}

impl Body {
    /// No bytes at all.
    pub const fn empty() -> Self {
        Self(Kind::Empty)
    }

    /// A body of another library. Nothing bounds it: [`Body::collect`] takes a limit.
    pub fn new<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        use http_body_util::BodyExt as _;
        let mut body = Some(body);
        // What a layer has not touched is one already, and stays what it is.
        let same = (&mut body as &mut dyn Any).downcast_mut::<Option<Self>>();
        if let Some(same) = same.and_then(Option::take) {
            return same;
        }
        match body {
            Some(body) => Self(Kind::Boxed(body.map_err(Into::into).boxed_unsync(), false)),
            None => Self::empty(),
        }
    }

    pub(super) fn guarded(body: GuardedBody) -> Self {
        Self(Kind::Guarded(Box::new(body)))
    }

    /// The same body, counting its bytes.
    #[cfg(feature = "telemetry")]
    pub(crate) fn counted(self, bytes: &Arc<AtomicU64>) -> Self {
        Self(Kind::Counted(Box::new(Counted { body: self, bytes: Arc::clone(bytes) })))
    }

    /// Whether it goes on under a guard.
    pub(super) fn is_guarded(&self) -> bool {
        matches!(self.0, Kind::Guarded(_))
    }

    /// Whether it is nothing but bytes.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.0, Kind::Empty | Kind::Full(_))
    }

    /// The same bytes once more, where it is nothing but bytes.
    pub(crate) fn copied(&self) -> Option<Self> {
        match &self.0 {
            Kind::Empty => Some(Self(Kind::Empty)),
            Kind::Full(bytes) => Some(Self(Kind::Full(bytes.clone()))),
            _ => None,
        }
    }

    /// What its call's context has been given for the trailers.
    pub(crate) fn added(&self) -> Option<Box<Added>> {
        match &self.0 {
            Kind::Guarded(body) => body.added(),
            _ => None,
        }
    }

    /// Reads the whole body, of at most `limit` bytes. A body that arrives in one piece is not copied.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE` (413) beyond the limit, and before reading where the length is known; `CANCELLED` (499) where the
    /// peer went away in the middle.
    pub async fn collect(mut self, limit: usize) -> Result<Bytes> {
        self.read(limit).await
    }

    /// The same for who keeps the body: an argument by value would have its place in a call's future twice.
    pub(crate) async fn read(&mut self, limit: usize) -> Result<Bytes> {
        if self.size_hint().lower() > limit as u64 {
            return Err(Error::body_too_large(limit));
        }
        let Some(first) = self.piece().await? else { return Ok(Bytes::new()) };
        if first.len() > limit {
            return Err(Error::body_too_large(limit));
        }
        if self.is_end_stream() {
            return Ok(first);
        }
        // Few bodies come in pieces: they are not worth room in every call's future.
        Box::pin(self.gather(first, limit)).await
    }

    /// The pieces after the first one.
    async fn gather(&mut self, first: Bytes, limit: usize) -> Result<Bytes> {
        let mut gathered = Gathered::default();
        gathered.push(first);
        while let Some(piece) = self.piece().await? {
            if gathered.len() + piece.len() > limit {
                return Err(Error::body_too_large(limit));
            }
            gathered.push(piece);
            if self.is_end_stream() {
                break;
            }
        }
        Ok(gathered.finish())
    }

    /// The body of a request of this version of HTTP. One that a layer of the user's has put in its place counts as it.
    #[inline]
    pub(crate) fn over(mut self, version: Version) -> Self {
        if let Kind::Incoming(_, http1) | Kind::Boxed(_, http1) = &mut self.0 {
            *http1 = version < Version::HTTP_2;
        }
        self
    }

    /// The same for who reads it as far as it likes: the messages of a stream.
    pub(crate) fn attended(self) -> Self {
        match self.0 {
            Kind::Incoming(body, true) => Self(Kind::Attended(Attended(Some(body)))),
            #[cfg(feature = "telemetry")]
            Kind::Counted(mut counted) => {
                counted.body = std::mem::take(&mut counted.body).attended();
                Self(Kind::Counted(counted))
            }
            _ => self,
        }
    }

    /// Whether it came over HTTP/1.
    fn is_http1(&self) -> bool {
        match &self.0 {
            Kind::Incoming(_, http1) | Kind::Boxed(_, http1) => *http1,
            #[cfg(feature = "telemetry")]
            Kind::Counted(counted) => counted.body.is_http1(),
            _ => false,
        }
    }

    /// Whoever has it drains it.
    fn dismiss(&mut self) {
        match &mut self.0 {
            Kind::Attended(Attended(body)) => {
                if let Some(body) = body.take() {
                    self.0 = Kind::Incoming(body, true);
                }
            }
            #[cfg(feature = "telemetry")]
            Kind::Counted(counted) => counted.body.dismiss(),
            _ => {}
        }
    }

    /// Reads what is left of a request that has failed, and forgets it. Over HTTP/1 a connection cannot take another request
    /// before, and who is still writing may never read the answer. What is long is left to the connection, which closes.
    pub(crate) async fn drain(mut self) {
        self.dismiss();
        let over = !self.is_http1() || self.is_end_stream();
        if over || self.size_hint().lower() > MOST_DRAINED as u64 {
            return;
        }
        let mut left = MOST_DRAINED;
        let drained = async {
            while let Ok(Some(piece)) = self.piece().await {
                match left.checked_sub(piece.len()) {
                    Some(less) => left = less,
                    None => break,
                }
            }
        };
        // Whoever goes on for longer is not waited for.
        let _ = tokio::time::timeout(DRAINED_WITHIN, drained).await;
    }

    /// The next bytes, never none of them; `None` at the end. Trailers are passed over.
    pub(crate) async fn piece(&mut self) -> Result<Option<Bytes>> {
        poll_fn(|cx| self.poll_piece(cx)).await
    }

    #[inline]
    pub(crate) fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>>> {
        loop {
            match ready!(Pin::new(&mut *self).poll_frame(cx)) {
                None => return Poll::Ready(Ok(None)),
                Some(Err(error)) => {
                    return Poll::Ready(Err(match error.downcast::<Error>() {
                        // What stood between says itself what is wrong with the body.
                        Ok(known) => *known,
                        Err(error) => Error::cancelled().with_source(error),
                    }));
                }
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(bytes) if !bytes.is_empty() => return Poll::Ready(Ok(Some(bytes))),
                    _ => {}
                },
            }
        }
    }
}

/// Bytes that arrive in pieces: the first one is kept as it is for as long as it is the only one.
#[derive(Default)]
pub(crate) struct Gathered {
    first: Bytes,
    rest: BytesMut,
}

impl Gathered {
    pub(crate) fn len(&self) -> usize {
        self.first.len() + self.rest.len()
    }

    pub(crate) fn push(&mut self, piece: Bytes) {
        if self.len() == 0 {
            self.first = piece;
            return;
        }
        if self.rest.is_empty() {
            self.rest.reserve((2 * (self.first.len() + piece.len())).min(FIRST_BUFFER));
            self.rest.extend_from_slice(&std::mem::take(&mut self.first));
        }
        self.rest.extend_from_slice(&piece);
    }

    /// The first `N` bytes. There must be as many.
    pub(crate) fn head<const N: usize>(&self) -> [u8; N] {
        let bytes = if self.rest.is_empty() { &self.first[..] } else { &self.rest[..] };
        bytes.first_chunk().copied().unwrap_or([0; N])
    }

    pub(crate) fn finish(self) -> Bytes {
        if self.rest.is_empty() { self.first } else { self.rest.freeze() }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(Kind::Full(bytes))
    }
}

impl From<hyper::body::Incoming> for Body {
    fn from(body: hyper::body::Incoming) -> Self {
        Self(Kind::Incoming(body, false))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    #[inline]
    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.0 {
            Kind::Empty => Poll::Ready(None),
            Kind::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Kind::Empty;
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Kind::Incoming(body, _) => {
                let hold = Hold::begin();
                let polled = Pin::new(&mut *body).poll_frame(cx);
                // Only a length that was announced is known to have been read: then there is nothing to wake for.
                if body.is_end_stream() {
                    hold.forget();
                }
                polled.map_err(Into::into)
            }
            Kind::Attended(attended) => {
                let Some(body) = &mut attended.0 else { return Poll::Ready(None) };
                let polled = Pin::new(body).poll_frame(cx);
                if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
                    attended.0 = None;
                }
                polled.map_err(Into::into)
            }
            Kind::Boxed(body, _) => Pin::new(body).poll_frame(cx),
            Kind::Guarded(body) => body.poll_frame(cx),
            #[cfg(feature = "telemetry")]
            Kind::Counted(counted) => {
                let polled = Pin::new(&mut counted.body).poll_frame(cx);
                if let Poll::Ready(Some(Ok(frame))) = &polled
                    && let Some(bytes) = frame.data_ref()
                {
                    counted.bytes.fetch_add(bytes.len() as u64, Relaxed);
                }
                polled
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Empty => true,
            Kind::Full(bytes) => bytes.is_empty(),
            Kind::Incoming(body, _) => body.is_end_stream(),
            Kind::Attended(Attended(body)) => {
                body.as_ref().is_none_or(http_body::Body::is_end_stream)
            }
            Kind::Boxed(body, _) => body.is_end_stream(),
            Kind::Guarded(body) => body.is_end_stream(),
            #[cfg(feature = "telemetry")]
            Kind::Counted(counted) => counted.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Incoming(body, _) => body.size_hint(),
            Kind::Attended(Attended(body)) => {
                body.as_ref().map_or_else(|| SizeHint::with_exact(0), http_body::Body::size_hint)
            }
            Kind::Boxed(body, _) => body.size_hint(),
            Kind::Guarded(body) => body.size_hint(),
            #[cfg(feature = "telemetry")]
            Kind::Counted(counted) => counted.body.size_hint(),
        }
    }
}
