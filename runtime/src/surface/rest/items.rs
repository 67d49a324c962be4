//! The messages of a request that has many: one JSON document a line, one part of a form, or one message that is the whole
//! body.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;

use super::Rest;
#[cfg(feature = "ws")]
use super::flow::Flow;
use super::form::Form;
use super::media::Input;
use crate::call::{Body, Gathered};
use crate::message::Message;
use crate::surface::lines::Unread;
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
    /// Where the parts of a form do, and in the middle of one that is long.
    Form(Box<Form>),
    /// Where the pieces of the body do, an empty one among them.
    #[cfg(feature = "ws")]
    Pieces,
}

impl<M: Message> Items<M> {
    /// # Errors
    /// `CODEC` for a form whose content type names no boundary.
    pub(super) fn new(rest: Rest, body: Body, limit: usize) -> Result<Self> {
        let cut = match rest.answer.input {
            #[cfg(feature = "ws")]
            _ if rest.answer.flow == Flow::Socket => Cut::Pieces,
            _ if rest.plan.raw_body => Cut::Raw(Bytes::new()),
            Input::Multipart => Cut::Form(Box::new(Form::new(rest.media.as_deref())?)),
            Input::Lines => Cut::Lines(Unread::default()),
            _ => Cut::Whole(Gathered::default()),
        };
        Ok(Self { rest, body: Some(body), cut, limit, message: PhantomData })
    }

    fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<M>>> {
        loop {
            if let Cut::Lines(unread) = &mut self.cut
                && let Some(line) = unread.document(self.limit)?
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
            if let Cut::Form(form) = &mut self.cut {
                let part = ready!(form.poll_part(body, self.limit, cx))?;
                return Poll::Ready(part.map(|part| self.rest.form_part(&part)).transpose());
            }
            let piece = ready!(body.poll_piece(cx))?;
            let ended = piece.is_none();
            if ended {
                self.body = None;
            }
            let last = match (&mut self.cut, piece) {
                (Cut::Lines(unread), Some(piece)) => {
                    unread.push(&piece);
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
                (Cut::Raw(_) | Cut::Form(_), _) => return Poll::Ready(Ok(None)),
                (Cut::Lines(unread), None) => unread.rest().unwrap_or_default(),
                (Cut::Whole(gathered), None) => std::mem::take(gathered).finish(),
                #[cfg(feature = "ws")]
                (Cut::Pieces, _) => return Poll::Ready(Ok(None)),
            };
            if last.is_empty() {
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
