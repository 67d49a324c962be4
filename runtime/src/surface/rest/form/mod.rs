//! The messages of a form with files, `multipart/form-data`.

mod head;
mod split;
#[cfg(test)]
mod tests;

use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderValue;

use self::split::{Splitter, Step};
use crate::Result;
use crate::call::{Body, Gathered};
use crate::message::FormPart;

/// A part of fewer bytes is one message. What is longer is most likely a file.
const WHOLE: usize = 64 * 1024;

/// A form in its parts, as they arrive. It reads no further than to what it gives away.
pub(super) struct Form {
    splitter: Splitter,
    /// The part that has begun, without data.
    part: FormPart,
    /// Its data, until that is too much for one message.
    gathered: Option<Gathered>,
}

impl Form {
    /// # Errors
    /// `CODEC` for a content type that names no boundary.
    pub(super) fn new(content_type: Option<&HeaderValue>) -> Result<Self> {
        let media = content_type.and_then(|media| media.to_str().ok()).unwrap_or_default();
        Ok(Self {
            splitter: Splitter::new(&head::boundary(media)?),
            part: FormPart::default(),
            gathered: None,
        })
    }

    /// The next part, or the next piece of one; none has more than `limit` bytes.
    pub(super) fn poll_part(
        &mut self,
        body: &mut Body,
        limit: usize,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<FormPart>>> {
        let limit = limit.max(1);
        let whole = WHOLE.min(limit);
        loop {
            let room = self.gathered.as_ref().map_or(limit, |gathered| whole - gathered.len());
            match self.splitter.next(room)? {
                Step::Begin(part) => {
                    self.part = part;
                    self.gathered = Some(Gathered::default());
                }
                Step::Data(data) => {
                    let Some(gathered) = &mut self.gathered else {
                        return Poll::Ready(Ok(Some(self.piece(data, true))));
                    };
                    gathered.push(data);
                    if gathered.len() >= whole {
                        return Poll::Ready(Ok(Some(self.take(true))));
                    }
                }
                Step::End => return Poll::Ready(Ok(Some(self.take(false)))),
                Step::Over => return Poll::Ready(Ok(None)),
                Step::Starved => match ready!(body.poll_piece(cx))? {
                    Some(piece) => self.splitter.push(piece),
                    None => return Poll::Ready(Err(self.splitter.broken_off())),
                },
            }
        }
    }

    /// What has been gathered of the part.
    fn take(&mut self, more: bool) -> FormPart {
        let data = self.gathered.take().map(Gathered::finish).unwrap_or_default();
        self.piece(data, more)
    }

    fn piece(&self, data: Bytes, more: bool) -> FormPart {
        FormPart { data, more, ..self.part.clone() }
    }
}
