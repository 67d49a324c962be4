//! An answer on its connection: its call is under way until its last byte has left hyper's buffers.
//!
//! On HTTP/2 hyper takes what a body has and keeps it until the peer's window opens, by which time the body may be gone. So
//! each piece of it knows its connection, and counts as unsent until the piece has been written or thrown away.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http_body::{Frame, SizeHint};

use super::Outgoing;
use super::state::{InFlight, State};
use crate::error::BoxError;

/// The body of an answer, as hyper gets it.
pub(super) struct Sending {
    /// Before the connection's count: whoever waits for that finds the record closed.
    outgoing: Outgoing,
    flight: Option<InFlight>,
}

impl Sending {
    #[inline]
    pub(super) fn new(outgoing: Outgoing, flight: Option<InFlight>) -> Self {
        Self { outgoing, flight }
    }

    /// The state of the connection that it is sent on.
    pub(super) fn state(&self) -> Option<&State> {
        self.flight.as_ref().map(|flight| &**flight.state())
    }
}

impl http_body::Body for Sending {
    type Data = Piece;
    type Error = BoxError;

    #[inline]
    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, BoxError>>> {
        let this = &mut *self;
        let frame = ready!(Pin::new(&mut this.outgoing).poll_frame(cx));
        let state = this.flight.as_ref().map(InFlight::state);
        let frame = frame.map(|frame| {
            frame.map(|frame| frame.map_data(|bytes| Piece { unsent: Unsent::new(state), bytes }))
        });
        if this.outgoing.is_end_stream() {
            this.flight = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.outgoing.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.outgoing.size_hint()
    }
}

/// Bytes of an answer.
pub(super) struct Piece {
    bytes: Bytes,
    unsent: Option<Unsent>,
}

impl Buf for Piece {
    #[inline]
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    #[inline]
    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    #[inline]
    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        if let Some(unsent) = &mut self.unsent {
            unsent.moved();
        }
    }
}

/// A piece that is on its way, and the lap of the server's clock in which it last got on.
struct Unsent {
    state: Arc<State>,
    lap: u32,
}

impl Unsent {
    /// HTTP/1.1 keeps nothing but what the socket has no room for, which its connection knows by itself.
    #[inline]
    fn new(state: Option<&Arc<State>>) -> Option<Self> {
        let state = Arc::clone(state.filter(|state| state.http2())?);
        let lap = state.lap();
        state.unsent().add(lap);
        Some(Self { state, lap })
    }

    #[inline]
    fn moved(&mut self) {
        let lap = self.state.lap();
        if lap != self.lap {
            self.state.unsent().add(lap);
            self.state.unsent().remove(self.lap);
            self.lap = lap;
        }
    }
}

impl Drop for Unsent {
    fn drop(&mut self) {
        // What was thrown away has ended something just as what was sent.
        self.state.touch();
        self.state.unsent().remove(self.lap);
    }
}
