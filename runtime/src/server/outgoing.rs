//! The body of an answer, tied to its call: its end, or its drop, closes the call's record.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};

use crate::Error;
use crate::call::{Added, Record, caught};
use crate::error::BoxError;
use crate::surface::{End, Payload, grpc, web};

/// What is sent.
pub(crate) struct Outgoing {
    payload: Payload,
    record: Option<Box<Record>>,
}

impl Outgoing {
    /// The answer to a call.
    #[inline]
    pub(super) fn new(payload: Payload, record: Box<Record>) -> Self {
        Self { payload, record: Some(record) }
    }

    /// A response that has no record of its own.
    pub(super) fn plain(payload: Payload) -> Self {
        Self { payload, record: None }
    }

    /// Everything has been handed over.
    #[inline]
    fn end(&mut self) {
        self.payload = Payload::Empty;
        if let Some(record) = &mut self.record {
            record.sent();
        }
        self.record = None;
    }

    /// So much of the body is on its way.
    #[inline]
    fn count(&mut self, bytes: usize) {
        if let Some(record) = &mut self.record {
            record.seen.sent(bytes);
        }
    }

    /// The trailers of someone else's gRPC answer say how it ended; what was added to them goes along.
    fn read_trailers(
        &mut self,
        frame: Frame<Bytes>,
        added: [Option<Box<Added>>; 2],
        end: End,
    ) -> Frame<Bytes> {
        let Some(record) = self.record.as_mut().filter(|_| end != End::Abrupt) else {
            return frame;
        };
        match frame.into_trailers() {
            Ok(mut trailers) => {
                if let Some(code) = grpc::read_status(&trailers) {
                    record.ended_with(code);
                }
                for added in added.iter().flatten() {
                    grpc::add_trailers(&mut trailers, added);
                }
                match end {
                    End::Web { text } => Frame::data(web::trailers(&trailers, text)),
                    _ => Frame::trailers(trailers),
                }
            }
            Err(frame) => frame,
        }
    }

    /// The end of an answer that has begun and cannot be finished.
    fn broken(
        &mut self,
        error: Error,
        beside: Option<Box<Added>>,
        end: End,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let error = match beside {
            Some(beside) => error.with_added(beside),
            None => error,
        };
        let error = match &self.record {
            Some(record) => record.told(error),
            None => error,
        };
        let last = end.bad(&error);
        if let Some(record) = &mut self.record {
            record.failed(error);
        }
        self.end();
        Poll::Ready(Some(last))
    }
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        match &mut this.payload {
            Payload::Empty => Poll::Ready(None),
            Payload::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                this.count(bytes.len());
                this.end();
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Payload::Trailed(frame, _) if !frame.is_empty() => {
                let frame = std::mem::take(frame);
                this.count(frame.len());
                Poll::Ready(Some(Ok(Frame::data(frame))))
            }
            Payload::Trailed(_, beside) => {
                let trailers = grpc::ok_trailers(beside.take());
                this.end();
                Poll::Ready(Some(Ok(Frame::trailers(trailers))))
            }
            Payload::Stream(stream, beside, end) => match ready!(stream.as_mut().poll_next(cx)) {
                Some(Ok(frame)) if frame.is_data() => {
                    this.count(frame.data_ref().map_or(0, Bytes::len));
                    Poll::Ready(Some(Ok(frame)))
                }
                Some(Err(error)) => {
                    let (beside, end) = (beside.take(), *end);
                    this.broken(error, beside, end)
                }
                last => {
                    let end = *end;
                    let mut beside = beside.take();
                    if let Some(Ok(late)) = last.map(|last| last.map(Frame::into_trailers))
                        && let Ok(late) = late
                    {
                        beside.get_or_insert_default().trailers.extend(late);
                    }
                    let last = end.good(beside);
                    this.end();
                    Poll::Ready(last.map(Ok))
                }
            },
            Payload::Body(body, beside, end) => {
                let end = *end;
                // A layer of the user's may have put anything here.
                let polled = caught(|| Pin::new(&mut **body).poll_frame(cx));
                let frame = match polled {
                    Ok(polled) => ready!(polled),
                    Err(panic) => Some(Err(panic.into())),
                };
                match frame {
                    Some(Ok(frame)) if frame.is_data() => {
                        if let Some(record) = &mut this.record {
                            record.seen.sent(frame.data_ref().map_or(0, Bytes::len));
                        }
                        if body.is_end_stream() {
                            this.end();
                        }
                        Poll::Ready(Some(Ok(match end {
                            End::Web { text } => frame.map_data(|data| web::piece(data, text)),
                            _ => frame,
                        })))
                    }
                    Some(Ok(frame)) => {
                        let added = [beside.take(), body.added()];
                        // Nothing follows trailers, and nobody asks for it.
                        let frame = this.read_trailers(frame, added, end);
                        this.end();
                        Poll::Ready(Some(Ok(frame)))
                    }
                    Some(Err(error)) => {
                        let mut error = Error::from(error);
                        if let Some(late) = body.added() {
                            error = error.with_added(late);
                        }
                        let beside = beside.take();
                        this.broken(error, beside, end)
                    }
                    None => {
                        this.end();
                        Poll::Ready(None)
                    }
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.payload {
            Payload::Empty => true,
            Payload::Body(body, ..) => body.is_end_stream(),
            _ => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.payload.length().map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        // hyper asks a body that has nothing for nothing: dropped at its end, it has been sent.
        if self.record.is_some() && self.is_end_stream() {
            self.end();
        }
    }
}
