//! `prost::Message` for our types, and prost's types as ours: the only module that touches `prost::encoding`.
//!
//! Where one of prost's messages holds one of ours that holds one of prost's, each side counts its own depth. Every
//! crossing into prost therefore takes a fixed share of ours, so that the nesting is bounded all the same.

use std::cell::Cell;

use prost::encoding;

pub use prost::bytes::{Buf, BufMut};
pub use prost::encoding::{DecodeContext, WireType};
pub use prost::{DecodeError, Message};

use super::wire::{MAX_DEPTH, WireCx, too_deep};
use super::{Fault, Raw};

/// What one crossing into prost costs of our depth: prost may nest 100 levels of its own behind it.
const CROSSING: u32 = 25;

thread_local! {
    /// How deep our messages may nest inside the prost message that is being decoded on this thread.
    static DEPTH: Cell<u32> = const { Cell::new(MAX_DEPTH) };
}

/// Sets the depth while prost decodes, and puts the old one back however that ends.
struct Inside(u32);

impl Inside {
    fn enter(depth: u32) -> Self {
        Self(DEPTH.replace(depth))
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        DEPTH.set(self.0);
    }
}

/// Runs prost's decoder, one crossing deeper.
pub(crate) fn foreign<R>(
    cx: &WireCx<'_>,
    decode: impl FnOnce() -> Result<R, DecodeError>,
) -> Result<R, Fault> {
    let Some(depth) = cx.depth().checked_sub(CROSSING) else {
        return Err(too_deep());
    };
    let _inside = Inside::enter(depth);
    decode().map_err(|error| Fault::new(error.to_string()))
}

/// `prost::Message::encode_raw`.
pub fn encode_raw<M: super::Message>(message: &M, out: &mut impl BufMut) {
    let mut encoded = Vec::with_capacity(message.size());
    message.write(&mut encoded);
    out.put_slice(&encoded);
}

/// `prost::Message::merge_field`, with prost's laxness: what is missing stays as it was.
pub fn merge_field<M: super::Message>(
    message: &mut M,
    number: u32,
    wire: WireType,
    input: &mut impl Buf,
    cx: DecodeContext,
) -> Result<(), DecodeError> {
    let copied;
    let raw = match wire {
        WireType::Varint => Raw::Varint(encoding::decode_varint(input)?),
        WireType::SixtyFourBit => {
            Raw::Fixed64(input.try_get_u64_le().map_err(|_| error("buffer underflow"))?)
        }
        WireType::ThirtyTwoBit => {
            Raw::Fixed32(input.try_get_u32_le().map_err(|_| error("buffer underflow"))?)
        }
        WireType::LengthDelimited => {
            let length = encoding::decode_varint(input)?;
            if length > input.remaining() as u64 {
                return Err(error("buffer underflow"));
            }
            copied = input.copy_to_bytes(usize::try_from(length).unwrap_or(input.remaining()));
            Raw::Len(&copied)
        }
        WireType::StartGroup | WireType::EndGroup => {
            return encoding::skip_field(wire, number, input, cx);
        }
    };
    let mut cx = WireCx::with_depth(DEPTH.get());
    let merged = cx.nested(|cx| message.merge_field(number, raw, cx));
    merged.map(|_known| ()).map_err(|fault| error(fault.to_string()))
}

/// `prost::Message::clear`; a message without an initial value keeps what it has.
pub fn clear<M: super::Message>(message: &mut M) {
    if let Some(initial) = M::initial() {
        *message = initial;
    }
}

fn error(text: impl Into<std::borrow::Cow<'static, str>>) -> DecodeError {
    #[allow(deprecated, reason = "prost has no other way to say that decoding failed")]
    DecodeError::new(text)
}
