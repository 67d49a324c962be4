//! A body of either direction: what hyper delivers, whole bytes, or any other.

use std::any::Any;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::Version;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;

use super::Added;
use super::gathered::Gathered;
use super::guard::GuardedBody;
use super::held::Hold;
use crate::error::BoxError;
#[cfg(feature = "telemetry")]
use crate::telemetry::Counter;
use crate::{Error, Result};

/// The most that is read of a body that nobody wants, and the longest that it may take.
const MOST_DRAINED: usize = 1024 * 1024;
const DRAINED_WITHIN: Duration = Duration::from_secs(1);

/// A body as the call layer passes it around.
#[derive(Default)]
pub struct Body {
    kind: Kind,
    /// Whether it is a request's over HTTP/1, or stands for one.
    http1: bool,
}

#[derive(Default)]
enum Kind {
    #[default]
    Empty,
    Full(Bytes),
    Incoming(hyper::body::Incoming),
    Boxed(UnsyncBoxBody<Bytes, BoxError>),
    Attended(Box<Attended>),
    Translated(Box<Translated>),
    Guarded(Box<GuardedBody>),
    #[cfg(feature = "telemetry")]
    Counted(Box<Counted>),
}

/// A body whose bytes are counted as they arrive.
#[cfg(feature = "telemetry")]
struct Counted {
    body: Body,
    bytes: Counter,
}

/// A body over HTTP/1 whose reader may stop in the middle. What it leaves is drained beside the answer, which the peer might not
/// get to read otherwise; the task ends with the connection, and has the bounds of [`Body::drain`].
struct Attended(Option<Body>);

impl Drop for Attended {
    fn drop(&mut self) {
        if let Some(left) = self.0.take().filter(|body| !body.is_end_stream())
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(left.drain());
        }
    }
}

/// A body that is read as something else. What nobody reads any more need not be translated.
struct Translated {
    body: Body,
    by: Box<dyn Translate>,
}

/// How the pieces of a body become those of another.
pub(crate) trait Translate: Send {
    /// What a piece stands for, which may be nothing yet; `None` is the end.
    fn piece(&mut self, piece: Option<&[u8]>) -> Result<Vec<u8>>;

    /// Whether something of an earlier piece is still to come.
    fn is_waiting(&self) -> bool;
}

impl Translated {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        loop {
            let piece = ready!(self.body.poll_piece(cx))?;
            let translated = self.by.piece(piece.as_deref())?;
            if !translated.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(translated.into()))));
            }
            if piece.is_none() {
                return Poll::Ready(None);
            }
        }
    }
}

impl Body {
    /// No bytes at all.
    pub const fn empty() -> Self {
        Self::of(Kind::Empty)
    }

    const fn of(kind: Kind) -> Self {
        Self { kind, http1: false }
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
            Some(body) => Self::of(Kind::Boxed(body.map_err(Into::into).boxed_unsync())),
            None => Self::empty(),
        }
    }

    pub(super) fn guarded(body: GuardedBody) -> Self {
        Self::of(Kind::Guarded(Box::new(body)))
    }

    /// The same body, counting its bytes.
    #[cfg(feature = "telemetry")]
    pub(crate) fn counted(self, bytes: Counter) -> Self {
        let http1 = self.http1;
        let counted = Counted { body: self, bytes };
        Self { kind: Kind::Counted(Box::new(counted)), http1 }
    }

    /// The same body, read as something else.
    pub(crate) fn translated(self, by: impl Translate + 'static) -> Self {
        let http1 = self.http1;
        let translated = Translated { body: self, by: Box::new(by) };
        Self { kind: Kind::Translated(Box::new(translated)), http1 }
    }

    /// Whether it goes on under a guard.
    pub(super) fn is_guarded(&self) -> bool {
        matches!(self.kind, Kind::Guarded(_))
    }

    /// Whether it is nothing but bytes.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.kind, Kind::Empty | Kind::Full(_))
    }

    /// The same bytes once more, where it is nothing but bytes.
    pub(crate) fn copied(&self) -> Option<Self> {
        match &self.kind {
            Kind::Empty => Some(Self::empty()),
            Kind::Full(bytes) => Some(Self::of(Kind::Full(bytes.clone()))),
            _ => None,
        }
    }

    /// What its call's context has been given for the trailers.
    pub(crate) fn added(&self) -> Option<Box<Added>> {
        match &self.kind {
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
    pub(crate) fn over(self, version: Version) -> Self {
        Self { http1: version < Version::HTTP_2, ..self }
    }

    /// The same for who reads it as far as it likes: the messages of a stream.
    pub(crate) fn attended(self) -> Self {
        if !self.http1 || self.is_end_stream() {
            return self;
        }
        Self { kind: Kind::Attended(Box::new(Attended(Some(self)))), http1: true }
    }

    /// As it came. Whoever has it drains it.
    fn dismissed(self) -> Self {
        match self.kind {
            Kind::Attended(mut attended) => attended.0.take().unwrap_or_default(),
            Kind::Translated(translated) => translated.body.dismissed(),
            _ => self,
        }
    }

    /// Reads what is left of a request that has failed, and forgets it. Over HTTP/1 a connection cannot take another request
    /// before, and who is still writing may never read the answer. What is long is left to the connection, which closes.
    pub(crate) async fn drain(self) {
        let mut body = self.dismissed();
        let over = !body.http1 || body.is_end_stream();
        if over || body.size_hint().lower() > MOST_DRAINED as u64 {
            return;
        }
        let mut left = MOST_DRAINED;
        let drained = async {
            while let Ok(Some(piece)) = body.piece().await {
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

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::of(Kind::Full(bytes))
    }
}

impl From<hyper::body::Incoming> for Body {
    fn from(body: hyper::body::Incoming) -> Self {
        Self::of(Kind::Incoming(body))
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
        match &mut self.kind {
            Kind::Empty => Poll::Ready(None),
            Kind::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                self.kind = Kind::Empty;
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Kind::Incoming(body) => {
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
                polled
            }
            Kind::Boxed(body) => Pin::new(body).poll_frame(cx),
            Kind::Translated(translated) => translated.poll_frame(cx),
            Kind::Guarded(body) => body.poll_frame(cx),
            #[cfg(feature = "telemetry")]
            Kind::Counted(counted) => {
                let polled = Pin::new(&mut counted.body).poll_frame(cx);
                if let Poll::Ready(Some(Ok(frame))) = &polled
                    && let Some(bytes) = frame.data_ref()
                {
                    counted.bytes.add(bytes.len());
                }
                polled
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Empty => true,
            Kind::Full(bytes) => bytes.is_empty(),
            Kind::Incoming(body) => body.is_end_stream(),
            Kind::Attended(attended) => attended.0.as_ref().is_none_or(Self::is_end_stream),
            Kind::Boxed(body) => body.is_end_stream(),
            Kind::Translated(it) => it.body.is_end_stream() && !it.by.is_waiting(),
            Kind::Guarded(body) => body.is_end_stream(),
            #[cfg(feature = "telemetry")]
            Kind::Counted(counted) => counted.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Incoming(body) => body.size_hint(),
            Kind::Attended(attended) => {
                attended.0.as_ref().map_or_else(|| SizeHint::with_exact(0), Self::size_hint)
            }
            Kind::Boxed(body) => body.size_hint(),
            Kind::Translated(_) => SizeHint::default(),
            Kind::Guarded(body) => body.size_hint(),
            #[cfg(feature = "telemetry")]
            Kind::Counted(counted) => counted.body.size_hint(),
        }
    }
}
