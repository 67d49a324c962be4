//! A body that arrives in pieces, put together.

use bytes::{Bytes, BytesMut};

/// What a buffer for a body in pieces starts with at most: a peer's word on a length reserves no more.
const FIRST_BUFFER: usize = 64 * 1024;

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
