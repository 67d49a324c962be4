//! `prost::Message` for our types, and prost's types as ours: the only module that touches `prost::encoding`.
//!
//! Where one of prost's messages holds one of ours that holds one of prost's, each side counts its own depth. Every
//! crossing into prost therefore takes a fixed share of ours, so that the nesting is bounded all the same.

use std::cell::Cell;
use std::mem;

use prost::encoding;

pub use prost::bytes::{Buf, BufMut};
pub use prost::encoding::{DecodeContext, WireType};
pub use prost::{DecodeError, Message};

use super::budget::Budget;
use super::wire::{MAX_DEPTH, WireCx, too_deep};
use super::{Fault, Raw};

/// What one crossing into prost costs of our depth: prost may nest 100 levels of its own behind it.
const CROSSING: u32 = 25;

thread_local! {
    /// How deep our messages may nest inside the prost message that is being decoded on this thread.
    static DEPTH: Cell<u32> = const { Cell::new(MAX_DEPTH) };

    /// How much memory their elements may still take, together; prost shows us one field at a time.
    static BUDGET: Cell<Option<Budget>> = const { Cell::new(None) };
}

/// Sets depth and budget while prost decodes, and puts the old ones back however that ends.
struct Inside {
    depth: u32,
    budget: Option<Budget>,
}

impl Inside {
    fn enter(depth: u32, budget: Budget) -> Self {
        Self { depth: DEPTH.replace(depth), budget: BUDGET.replace(Some(budget)) }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        DEPTH.set(self.depth);
        BUDGET.set(self.budget.take());
    }
}

/// Runs prost's decoder, one crossing deeper.
pub(crate) fn foreign<R>(
    cx: &mut WireCx<'_>,
    decode: impl FnOnce() -> Result<R, DecodeError>,
) -> Result<R, Fault> {
    let Some(depth) = cx.depth().checked_sub(CROSSING) else {
        return Err(too_deep());
    };
    let _inside = Inside::enter(depth, mem::replace(&mut cx.budget, Budget::of(0)));
    let result = decode();
    if let Some(left) = BUDGET.take() {
        cx.budget = left;
    }
    result.map_err(|error| Fault::new(error.to_string()))
}

/// `prost::Message::encode_raw`.
pub fn encode_raw<M: super::Message>(message: &M, out: &mut impl BufMut) {
    let mut encoded = Vec::with_capacity(message.size());
    message.write(&mut encoded);
    out.put_slice(&encoded);
}

/// `prost::Message::merge`, which `decode` goes through: the fields of one input share one budget.
pub fn merge_input<M: super::Message>(
    message: &mut M,
    mut input: impl Buf,
) -> Result<(), DecodeError> {
    let outer = BUDGET.take();
    let is_inside = outer.is_some();
    BUDGET.set(Some(outer.unwrap_or_else(|| Budget::of(input.remaining()))));
    let merged = merge_fields(message, &mut input);
    if !is_inside {
        BUDGET.set(None);
    }
    merged
}

fn merge_fields<M: super::Message>(
    message: &mut M,
    input: &mut impl Buf,
) -> Result<(), DecodeError> {
    while input.has_remaining() {
        let (number, wire) = encoding::decode_key(input)?;
        merge_field(message, number, wire, input, DecodeContext::default())?;
    }
    Ok(())
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
    let length = if let Raw::Len(body) = raw { body.len() } else { 0 };
    let shared = BUDGET.take();
    let is_shared = shared.is_some();
    let budget = shared.unwrap_or_else(|| Budget::of(length));
    let mut cx = WireCx::within(DEPTH.get(), budget);
    let merged = cx.nested(|cx| message.merge_field(number, raw, cx));
    if is_shared {
        BUDGET.set(Some(cx.budget));
    }
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

/// Appends a message of prost's.
pub fn write<T: Message>(message: &T, out: &mut Vec<u8>) {
    message.encode_raw(out);
}

/// The encoded size of a message of prost's.
pub fn size<T: Message>(message: &T) -> usize {
    message.encoded_len()
}

/// Decodes a message of prost's inside one of ours.
pub fn read<T: Message + Default>(body: &[u8], cx: &mut WireCx<'_>) -> Result<T, Fault> {
    foreign(cx, || T::decode(body))
}

/// Merges into a message of prost's inside one of ours.
pub(crate) fn merge<T: Message>(
    message: &mut T,
    body: &[u8],
    cx: &mut WireCx<'_>,
) -> Result<(), Fault> {
    foreign(cx, || message.merge(body))
}

/// Merges one field into a message of prost's. Whether it has such a field only prost knows.
pub fn merge_one<T: Message>(
    message: &mut T,
    number: u32,
    raw: Raw<'_>,
    cx: &mut WireCx<'_>,
) -> Result<bool, Fault> {
    let wire = match raw {
        Raw::Varint(_) => WireType::Varint,
        Raw::Fixed64(_) => WireType::SixtyFourBit,
        Raw::Len(_) => WireType::LengthDelimited,
        Raw::Fixed32(_) => WireType::ThirtyTwoBit,
    };
    let mut value = Vec::new();
    match raw {
        Raw::Varint(varint) => encoding::encode_varint(varint, &mut value),
        Raw::Fixed64(fixed) => value.put_u64_le(fixed),
        Raw::Fixed32(fixed) => value.put_u32_le(fixed),
        Raw::Len(bytes) => {
            encoding::encode_varint(bytes.len() as u64, &mut value);
            value.put_slice(bytes);
        }
    }
    let cx_of_prost = DecodeContext::default();
    foreign(cx, || message.merge_field(number, wire, &mut value.as_slice(), cx_of_prost))?;
    Ok(true)
}
