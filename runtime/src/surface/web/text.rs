//! The base64 of `application/grpc-web-text`: whoever flushes pads, so that padding may stand after any group of four, and
//! the pieces of a body may be cut anywhere.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http_body::Frame;

use crate::call::metadata::BASE64;
use crate::call::{Body, Frames, Translate};
use crate::{Error, Result};

/// What is padded and decoded together.
const GROUP: usize = 4;

/// The bytes, padded.
pub(super) fn encoded(bytes: &[u8]) -> Bytes {
    BASE64_STANDARD.encode(bytes).into()
}

/// The messages of an answer, each piece in base64 of its own.
pub(super) struct InText(Frames);

impl InText {
    pub(super) fn frames(frames: Frames) -> Frames {
        Box::pin(Self(frames))
    }
}

impl Stream for InText {
    type Item = Result<Frame<Bytes>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let frame = ready!(self.0.as_mut().poll_next(cx));
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(|data| encoded(&data)))))
    }
}

/// The bytes of a body in base64. What is no base64 is an [`Error`] in the body's place.
pub(crate) fn decoded(body: Body) -> Body {
    body.translated(Decoded::default())
}

#[derive(Default)]
struct Decoded {
    /// What came after the last whole group.
    left: BytesMut,
}

impl Decoded {
    /// The whole groups of what is there.
    fn groups(&mut self, piece: &[u8]) -> Result<Vec<u8>> {
        self.left.extend_from_slice(piece);
        let whole = self.left.len() / GROUP * GROUP;
        let groups = self.left.split_to(whole);
        let mut out = Vec::with_capacity(whole / GROUP * 3);
        let mut rest = &groups[..];
        while !rest.is_empty() {
            // Up to the group that is padded, if one is.
            let padded = rest.iter().position(|byte| *byte == b'=');
            let end = padded.map_or(rest.len(), |at| at / GROUP * GROUP + GROUP);
            decode(&rest[..end], &mut out)?;
            rest = &rest[end..];
        }
        Ok(out)
    }
}

fn decode(text: &[u8], out: &mut Vec<u8>) -> Result<()> {
    BASE64.decode_vec(text, out).map_err(|error| Error::codec(format!("the body: {error}")))
}

impl Translate for Decoded {
    fn piece(&mut self, piece: Option<&[u8]>) -> Result<Vec<u8>> {
        match piece {
            Some(piece) => self.groups(piece),
            // The last group may go without its padding.
            None => {
                let mut out = Vec::new();
                decode(&self.left.split(), &mut out)?;
                Ok(out)
            }
        }
    }

    fn is_waiting(&self) -> bool {
        !self.left.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::error::{BoxError, reasons};

    /// A body in pieces.
    struct Pieces(VecDeque<Bytes>);

    impl http_body::Body for Pieces {
        type Data = Bytes;
        type Error = BoxError;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
            Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(piece))))
        }
    }

    async fn read(pieces: &[&str]) -> Result<Bytes> {
        let pieces = pieces.iter().map(|piece| Bytes::copy_from_slice(piece.as_bytes()));
        decoded(Body::new(Pieces(pieces.collect()))).collect(1 << 20).await
    }

    #[tokio::test]
    async fn groups_may_be_cut_anywhere_and_padded_in_the_middle() {
        let bytes: Vec<u8> = (0..=20).collect();
        for cut in 0..=bytes.len() {
            let (one, two) = bytes.split_at(cut);
            let text = [BASE64_STANDARD.encode(one), BASE64_STANDARD.encode(two)].concat();
            for first in 0..=text.len() {
                for second in first..=text.len() {
                    let pieces = [&text[..first], &text[first..second], &text[second..]];
                    assert_eq!(read(&pieces).await.unwrap(), bytes, "{pieces:?}");
                }
            }
            assert_eq!(read(&[text.trim_end_matches('=')]).await.unwrap(), bytes);
        }
    }

    #[tokio::test]
    async fn what_is_no_base64_is_a_mistake_of_the_callers() {
        for text in ["A", "AAAAA", "AA-A", "=AAA", "AA=A", "A===", "AAAA A"] {
            let error = read(&[text]).await.unwrap_err();
            assert_eq!(error.reason(), reasons::CODEC, "{text}");
        }
    }
}
