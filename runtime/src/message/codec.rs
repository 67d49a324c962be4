//! Whole messages to and from bytes: what the rest of the kit calls.
//!
//! Nothing here knows where bytes come from or go to; sizes are limited by whoever reads the body.

use std::cell::Cell;

use bytes::Bytes;

use super::json::JsonCx;
use super::wire::{Reader, WireCx};
use super::{Dialect, Fault, Message, Raw};

/// The room that a JSON answer starts with; most fit, the others grow.
const JSON_SCRATCH: usize = 256;

/// The largest buffer that a thread keeps for printing; longer texts are rare, and not worth holding memory for.
const KEPT_SCRATCH: usize = 16 * 1024;

/// The length of gRPC's message prefix: a flag and four bytes of length.
const FRAME_PREFIX: usize = 5;

/// Decodes a message. `Bytes` fields share the body's memory.
///
/// # Errors
/// A [`Fault`] that names the field.
pub fn decode<T: Message>(body: Bytes) -> Result<T, Fault> {
    decode_part(&body, &body)
}

/// Decodes a message that is a part of `source`, whose memory `Bytes` fields share.
///
/// # Errors
/// A [`Fault`] that names the field.
pub fn decode_part<T: Message>(source: &Bytes, body: &[u8]) -> Result<T, Fault> {
    T::read(body, &mut WireCx::part(source, body.len()))
}

/// Decodes a message from borrowed bytes; `Bytes` fields are copied.
///
/// # Errors
/// A [`Fault`] that names the field.
pub fn decode_slice<T: Message>(body: &[u8]) -> Result<T, Fault> {
    T::read(body, &mut WireCx::borrowed(body.len()))
}

/// Encodes a message in one allocation of the exact size.
pub fn encode<T: Message>(message: &T) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.size());
    message.write(&mut out);
    out
}

/// Encodes a message as one uncompressed gRPC frame, in one allocation of the exact size.
///
/// # Errors
/// A message of 4 GiB or more has no frame.
pub fn encode_framed<T: Message>(message: &T) -> Result<Bytes, Fault> {
    let mut out = Vec::new();
    append_framed(message, &mut out)?;
    Ok(Bytes::from(out))
}

/// Writes a message as one uncompressed gRPC frame behind what is there already.
///
/// # Errors
/// A message of 4 GiB or more has no frame.
pub fn append_framed<T: Message>(message: &T, out: &mut Vec<u8>) -> Result<(), Fault> {
    let size = message.size();
    let Ok(prefix) = u32::try_from(size) else {
        return Err(Fault::new("the message is larger than a gRPC frame"));
    };
    let room = FRAME_PREFIX + size;
    // A first message has exactly the room that it needs; several double it, as vectors do.
    if out.is_empty() {
        out.reserve_exact(room)
    } else {
        out.reserve(room)
    }
    out.push(0);
    out.extend_from_slice(&prefix.to_be_bytes());
    message.write(out);
    Ok(())
}

/// Reads a message from JSON of either dialect.
///
/// # Errors
/// A [`Fault`] with the path of the field, and the line and column where there is one.
pub fn from_json<T: Message>(body: &[u8]) -> Result<T, Fault> {
    parse(body, |input, cx| T::from_json(input, cx))
}

/// Writes a message as JSON.
///
/// # Errors
/// A value that has no JSON form, such as a time outside the years 1 to 9999.
pub fn to_json<T: Message>(message: &T, dialect: Dialect) -> Result<Vec<u8>, Fault> {
    print(|out| message.to_json(out, dialect))
}

/// Writes a message as JSON into bytes of the exact size.
///
/// # Errors
/// A value that has no JSON form, such as a time outside the years 1 to 9999.
pub fn to_json_bytes<T: Message>(message: &T, dialect: Dialect) -> Result<Bytes, Fault> {
    print_shared(|out| message.to_json(out, dialect))
}

/// Reads one field alone, by its declared name: for `body = "field"`.
///
/// # Errors
/// A [`Fault`] with the path of the field; an unknown name.
pub fn field_from_json<T: Message>(message: &mut T, field: &str, body: &[u8]) -> Result<(), Fault> {
    parse(body, |input, cx| message.field_from_json(field, input, cx))
}

/// Writes one field alone, by its declared name: for `response_body`. A field that is not set is `null`.
///
/// # Errors
/// A value that has no JSON form; an unknown name.
pub fn field_to_json<T: Message>(
    message: &T,
    field: &str,
    dialect: Dialect,
) -> Result<Vec<u8>, Fault> {
    print(|out| message.field_to_json(field, out, dialect))
}

/// Reads one field alone from the encoded form of its message: for `body = "field"` with a binary body.
///
/// # Errors
/// A [`Fault`] that names the field; a field whose type has no encoding of its own.
pub fn field_from_wire<T: Message>(message: &mut T, field: &str, body: &[u8]) -> Result<(), Fault> {
    let number = number::<T>(field)?;
    message.merge_field(number, Raw::Len(body), &mut WireCx::borrowed(body.len())).map(|_known| ())
}

/// Writes one field alone in the encoded form of its message; nothing where the field is not set.
///
/// # Errors
/// An unknown name; a field whose type has no encoding of its own.
pub fn field_to_wire<T: Message>(message: &T, field: &str) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    message.write_field(number::<T>(field)?, &mut out);
    match Reader::new(&out).next_field()? {
        None => Ok(Vec::new()),
        Some((_, Raw::Len(body))) => Ok(body.to_vec()),
        Some(_) => {
            Err(Fault::new("not a message: it has no binary form of its own")
                .within(field.to_owned()))
        }
    }
}

fn number<T: Message>(field: &str) -> Result<u32, Fault> {
    T::field_number(field).ok_or_else(|| Fault::new("no such field").within(field.to_owned()))
}

type JsonInput<'a, 'de> = &'a mut serde_json::Deserializer<serde_json::de::SliceRead<'de>>;

fn parse<'de, R>(
    body: &'de [u8],
    read: impl FnOnce(JsonInput<'_, 'de>, &mut JsonCx) -> Result<R, serde_json::Error>,
) -> Result<R, Fault> {
    let mut input = serde_json::Deserializer::from_slice(body);
    let mut cx = JsonCx::of(body.len());
    match read(&mut input, &mut cx).and_then(|value| input.end().map(|()| value)) {
        Ok(value) => Ok(value),
        Err(error) => Err(cx.fault(error.to_string())),
    }
}

fn print(
    write: impl FnOnce(&mut serde_json::Serializer<&mut Vec<u8>>) -> Result<(), serde_json::Error>,
) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(JSON_SCRATCH);
    print_into(&mut out, write)?;
    Ok(out)
}

/// Prints into a buffer that the thread keeps, and copies the text out: one allocation of the exact size, where a vector
/// with room to spare would cost a second one to become `Bytes`.
fn print_shared(
    write: impl FnOnce(&mut serde_json::Serializer<&mut Vec<u8>>) -> Result<(), serde_json::Error>,
) -> Result<Bytes, Fault> {
    thread_local! {
        static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    }
    // Taken, not borrowed: a user's own `Serialize` may print another message meanwhile.
    let mut out = SCRATCH.take();
    out.clear();
    out.reserve(JSON_SCRATCH);
    print_into(&mut out, write)?;
    if out.capacity() > KEPT_SCRATCH {
        return Ok(Bytes::from(out));
    }
    let text = Bytes::copy_from_slice(&out);
    SCRATCH.set(out);
    Ok(text)
}

fn print_into(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut serde_json::Serializer<&mut Vec<u8>>) -> Result<(), serde_json::Error>,
) -> Result<(), Fault> {
    write(&mut serde_json::Serializer::new(out)).map_err(|error| Fault::new(error.to_string()))
}
