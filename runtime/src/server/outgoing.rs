//! The body of an answer, tied to its call: its end, or its drop, closes the call's record.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as _, Frame, SizeHint};

use super::state::InFlight;
use crate::call::{Protocol, Record};
use crate::error::BoxError;
use crate::surface::{Payload, grpc};

/// What hyper sends.
pub(crate) struct Outgoing {
    payload: Payload,
    /// Before the connection's count: whoever waits for that finds the record closed.
    record: Option<Record>,
    flight: Option<InFlight>,
}

impl Outgoing {
    /// The answer to a call.
    #[inline]
    pub(super) fn new(payload: Payload, record: Record, flight: Option<InFlight>) -> Self {
        Self { payload, record: Some(record), flight }
    }

    /// A response that has no record of its own.
    pub(super) fn plain(payload: Payload, flight: Option<InFlight>) -> Self {
        Self { payload, record: None, flight }
    }

    /// Whether the server is stopping, so that this should be its connection's last answer.
    pub(super) fn draining(&self) -> bool {
        self.flight.as_ref().is_some_and(InFlight::draining)
    }

    /// Everything has been handed over.
    #[inline]
    fn end(&mut self) {
        self.payload = Payload::Empty;
        if let Some(record) = &mut self.record {
            record.sent();
        }
        self.record = None;
        self.flight = None;
    }

    /// The trailers of someone else's gRPC answer say how it ended.
    fn read_trailers(&mut self, trailers: &HeaderMap) {
        if let Some(record) = &mut self.record
            && record.protocol == Protocol::Grpc
            && let Some(code) = grpc::read_status(trailers)
        {
            record.ended_with(code);
        }
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
                this.end();
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Payload::Trailed(frame, _) if !frame.is_empty() => {
                let frame = std::mem::take(frame);
                Poll::Ready(Some(Ok(Frame::data(frame))))
            }
            Payload::Trailed(_, beside) => {
                let trailers = grpc::ok_trailers(beside.take());
                this.end();
                Poll::Ready(Some(Ok(Frame::trailers(trailers))))
            }
            Payload::Stream(stream, beside) => {
                let trailers = match ready!(stream.as_mut().poll_next(cx)) {
                    Some(Ok(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                    None => grpc::ok_trailers(beside.take()),
                    Some(Err(error)) => {
                        let trailers = grpc::error_trailers(&error);
                        if let Some(record) = &mut this.record {
                            record.failed(error);
                        }
                        trailers
                    }
                };
                this.end();
                Poll::Ready(Some(Ok(Frame::trailers(trailers))))
            }
            Payload::Body(body) => {
                let frame = ready!(Pin::new(&mut **body).poll_frame(cx));
                let ended = body.is_end_stream();
                match &frame {
                    None => this.end(),
                    // A body that breaks off is not an answer; its record says so when it is dropped.
                    Some(Err(_)) => {}
                    Some(Ok(frame)) => {
                        // Nothing follows trailers, and nobody asks for it.
                        if let Some(trailers) = frame.trailers_ref() {
                            this.read_trailers(trailers);
                            this.end();
                        } else if ended {
                            this.end();
                        }
                    }
                }
                Poll::Ready(frame)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.payload {
            Payload::Empty => true,
            Payload::Body(body) => body.is_end_stream(),
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
