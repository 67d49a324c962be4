//! The messages of a request that has many: one JSON document a line, or one message that is the whole body.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;

use super::Rest;
#[cfg(feature = "ws")]
use super::flow::Flow;
use super::media::Input;
use crate::call::{Body, Gathered};
use crate::message::Message;
use crate::{Error, Result};

/// The messages of a request, decoded as they arrive; the query and the path are part of each. The first error is the last
/// item.
pub(super) struct Items<M> {
    rest: Rest,
    /// `None` once the stream has ended, well or not.
    body: Option<Body>,
    cut: Cut,
    /// The most bytes that one message may have.
    limit: usize,
    message: PhantomData<fn() -> M>,
}

/// Where one message ends.
enum Cut {
    /// At a line's end.
    Lines(Unread),
    /// At the end of the body. An empty one has none.
    Whole(Gathered),
    /// Where the pieces of the body do, or at the limit.
    Raw(Bytes),
    /// Where the pieces of the body do, an empty one among them.
    #[cfg(feature = "ws")]
    Pieces,
}

impl<M: Message> Items<M> {
    pub(super) fn new(rest: Rest, body: Body, limit: usize) -> Self {
        let cut = match rest.answer.input {
            #[cfg(feature = "ws")]
            _ if rest.answer.flow == Flow::Socket => Cut::Pieces,
            _ if rest.plan.raw_body => Cut::Raw(Bytes::new()),
            Input::Lines => Cut::Lines(Unread::default()),
            _ => Cut::Whole(Gathered::default()),
        };
        Self { rest, body: Some(body), cut, limit, message: PhantomData }
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<M>>> {
        loop {
            if let Cut::Lines(unread) = &mut self.cut
                && let Some(line) = unread.line(self.limit)?
            {
                return Poll::Ready(self.rest.item(line).map(Some));
            }
            if let Cut::Raw(unread) = &mut self.cut
                && !unread.is_empty()
            {
                let piece = unread.split_to(unread.len().min(self.limit));
                return Poll::Ready(self.rest.item(piece).map(Some));
            }
            let Some(body) = &mut self.body else { return Poll::Ready(Ok(None)) };
            #[cfg(feature = "ws")]
            if matches!(self.cut, Cut::Pieces) {
                let piece = ready!(poll_any_piece(body, cx))?;
                return Poll::Ready(piece.map(|piece| self.rest.item(piece)).transpose());
            }
            let piece = ready!(body.poll_piece(cx))?;
            let ended = piece.is_none();
            if ended {
                self.body = None;
            }
            let last = match (&mut self.cut, piece) {
                (Cut::Lines(unread), Some(piece)) => {
                    unread.bytes.extend_from_slice(&piece);
                    continue;
                }
                (Cut::Whole(gathered), Some(piece)) => {
                    gathered.push(piece);
                    if gathered.len() > self.limit {
                        return Poll::Ready(Err(Error::body_too_large(self.limit)));
                    }
                    continue;
                }
                (Cut::Raw(unread), Some(piece)) => {
                    *unread = piece;
                    continue;
                }
                (Cut::Raw(_), None) => return Poll::Ready(Ok(None)),
                (Cut::Lines(unread), None) => unread.bytes.split().freeze(),
                (Cut::Whole(gathered), None) => std::mem::take(gathered).finish(),
                #[cfg(feature = "ws")]
                (Cut::Pieces, _) => return Poll::Ready(Ok(None)),
            };
            if last.is_empty() || last.trim_ascii().is_empty() && matches!(self.cut, Cut::Lines(_))
            {
                return Poll::Ready(Ok(None));
            }
            return Poll::Ready(self.rest.item(last).map(Some));
        }
    }
}

impl<M: Message> Stream for Items<M> {
    type Item = Result<M>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<M>>> {
        if self.body.is_none() {
            return Poll::Ready(None);
        }
        let item = ready!(self.poll_message(cx)).transpose();
        if !matches!(item, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(item)
    }
}

/// The next piece of a body as it was sent, or the error that was sent in its place.
#[cfg(feature = "ws")]
fn poll_any_piece(body: &mut Body, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>>> {
    use http_body::Body as _;
    Poll::Ready(match ready!(Pin::new(body).poll_frame(cx)) {
        None => Ok(None),
        Some(Ok(frame)) => Ok(frame.into_data().ok()),
        Some(Err(error)) => Err(match error.downcast::<Error>() {
            Ok(error) => *error,
            Err(other) => Error::cancelled().with_source(other),
        }),
    })
}

/// What has arrived and is no whole line yet.
#[derive(Default)]
struct Unread {
    bytes: BytesMut,
    /// How much of it is known to have no line's end.
    seen: usize,
}

impl Unread {
    /// The next line that is not blank, without its end.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE` for a line of more than `limit` bytes, whether or not its end has been seen.
    fn line(&mut self, limit: usize) -> Result<Option<Bytes>> {
        loop {
            let end = self.bytes[self.seen..].iter().position(|&byte| byte == b'\n');
            let length = end.map_or(self.bytes.len(), |end| self.seen + end);
            if length > limit {
                return Err(Error::body_too_large(limit));
            }
            if end.is_none() {
                self.seen = length;
                return Ok(None);
            }
            self.seen = 0;
            let mut line = self.bytes.split_to(length + 1);
            line.truncate(length);
            if !line.trim_ascii().is_empty() {
                return Ok(Some(line.freeze()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> Vec<Bytes> {
        let mut unread = Unread::default();
        let mut out = Vec::new();
        for piece in pieces {
            unread.bytes.extend_from_slice(piece);
            while let Some(line) = unread.line(8).unwrap() {
                out.push(line);
            }
        }
        out.extend((!unread.bytes.is_empty()).then(|| unread.bytes.freeze()));
        out
    }

    #[test]
    fn lines_come_out_whole_wherever_the_pieces_were_cut() {
        let bytes = b"{}\r\n\n  \n{\"a\":1}\n[]";
        for at in 0..=bytes.len() {
            let (first, second) = bytes.split_at(at);
            assert_eq!(lines(&[first, second]), ["{}\r", "{\"a\":1}", "[]"], "cut at {at}");
        }
    }

    #[test]
    fn a_line_above_the_limit_is_refused_before_it_ends() {
        for bytes in [&b"123456789"[..], b"123456789\n"] {
            let mut unread = Unread { bytes: bytes.into(), seen: 0 };
            assert_eq!(unread.line(8).unwrap_err().code(), 413);
        }
    }
}
