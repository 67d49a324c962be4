//! The protobuf wire format: varints, tags, and a reader that splits bytes into fields.
//!
//! The rules are those of <https://protobuf.dev/programming-guides/encoding/>. A length is compared with what is left
//! before anything is read or allocated, and groups are skipped with a bounded stack. Nothing here knows of types.

use bytes::Bytes;

use super::Fault;
use super::budget::Budget;

/// How deep messages may nest, on the wire and in JSON; what is deeper is a mistake (`CODEC`, 400).
///
/// In JSON the parser has a bound of its own: 127 objects and lists inside each other. A list of messages takes two of
/// them for a level: a tree of such lists is at most 64 messages deep there.
pub const MAX_DEPTH: u32 = 100;

/// The largest field number that the format has room for.
const MAX_NUMBER: u64 = (1 << 29) - 1;

/// One undecoded field value, as the wire format delivers it.
#[derive(Debug, Clone, Copy)]
pub enum Raw<'a> {
    /// Wire type 0.
    Varint(u64),
    /// Wire type 1.
    Fixed64(u64),
    /// Wire type 2.
    Len(&'a [u8]),
    /// Wire type 5.
    Fixed32(u32),
}

impl<'a> Raw<'a> {
    /// The value of a varint.
    ///
    /// # Errors
    /// Any other wire type.
    #[inline]
    pub fn varint(self) -> Result<u64, Fault> {
        match self {
            Self::Varint(value) => Ok(value),
            _ => Err(self.mismatch("a varint")),
        }
    }

    /// The value of eight fixed bytes.
    ///
    /// # Errors
    /// Any other wire type.
    #[inline]
    pub fn fixed64(self) -> Result<u64, Fault> {
        match self {
            Self::Fixed64(value) => Ok(value),
            _ => Err(self.mismatch("eight fixed bytes")),
        }
    }

    /// The value of four fixed bytes.
    ///
    /// # Errors
    /// Any other wire type.
    #[inline]
    pub fn fixed32(self) -> Result<u32, Fault> {
        match self {
            Self::Fixed32(value) => Ok(value),
            _ => Err(self.mismatch("four fixed bytes")),
        }
    }

    /// The bytes of a length-delimited value.
    ///
    /// # Errors
    /// Any other wire type.
    #[inline]
    pub fn bytes(self) -> Result<&'a [u8], Fault> {
        match self {
            Self::Len(bytes) => Ok(bytes),
            _ => Err(self.mismatch("a length-delimited value")),
        }
    }

    /// The text of a length-delimited value.
    ///
    /// # Errors
    /// Any other wire type; bytes that are no UTF-8.
    #[inline]
    pub fn text(self) -> Result<&'a str, Fault> {
        match std::str::from_utf8(self.bytes()?) {
            Ok(text) => Ok(text),
            Err(_) => Err(Fault::new("invalid UTF-8")),
        }
    }

    #[cold]
    fn mismatch(self, wanted: &str) -> Fault {
        let found = match self {
            Self::Varint(_) => "a varint",
            Self::Fixed64(_) => "eight fixed bytes",
            Self::Len(_) => "a length-delimited value",
            Self::Fixed32(_) => "four fixed bytes",
        };
        Fault::new(format!("wrong wire type: expected {wanted}, found {found}"))
    }
}

/// How a value is laid out on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum WireType {
    /// Seven bits a byte.
    Varint = 0,
    /// Eight bytes, least significant first.
    Fixed64 = 1,
    /// A varint length, then that many bytes.
    Len = 2,
    /// Four bytes, least significant first.
    Fixed32 = 5,
}

/// What decoding carries along: the buffer that `Bytes` fields share, how much deeper messages may nest, and how much
/// memory their lists may take.
#[derive(Debug)]
pub struct WireCx<'a> {
    source: Option<&'a Bytes>,
    depth: u32,
    pub(crate) budget: Budget,
}

impl<'a> WireCx<'a> {
    /// At the outermost message, of so many bytes of this source: its slices are shared instead of copied.
    pub(crate) fn part(source: &'a Bytes, length: usize) -> Self {
        Self { source: Some(source), depth: MAX_DEPTH, budget: Budget::of(length) }
    }

    /// At the outermost message of so many bytes, whose slices are copied.
    pub(crate) fn borrowed(length: usize) -> Self {
        Self::within(MAX_DEPTH, Budget::of(length))
    }

    /// With what is left of another decoder's room.
    pub(crate) fn within(depth: u32, budget: Budget) -> Self {
        Self { source: None, depth, budget }
    }

    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    /// The slice as `Bytes`: shared where the source is known, else copied.
    pub(crate) fn share(&self, slice: &[u8]) -> Bytes {
        match self.source {
            Some(source) => source.slice_ref(slice),
            None => Bytes::copy_from_slice(slice),
        }
    }

    /// Runs `read` one level further in.
    #[inline]
    pub(crate) fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let Some(depth) = self.depth.checked_sub(1) else {
            return Err(too_deep());
        };
        self.depth = depth;
        let result = read(self);
        self.depth = depth + 1;
        result
    }
}

#[cold]
pub(crate) fn too_deep() -> Fault {
    Fault::new(format!("nested deeper than {MAX_DEPTH} levels"))
}

#[cold]
fn truncated() -> Fault {
    Fault::new("truncated: the value is longer than what is left of the message")
}

/// Splits the bytes of one message into its fields.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader at the start of a message, or of a packed list.
    pub(crate) fn new(body: &'a [u8]) -> Self {
        Self { rest: body }
    }

    /// Whether everything has been read.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next field's number and value; groups, which proto3 does not have, are skipped whole.
    ///
    /// # Errors
    /// Bytes that are no field.
    #[inline]
    pub(crate) fn next_field(&mut self) -> Result<Option<(u32, Raw<'a>)>, Fault> {
        while !self.rest.is_empty() {
            let (number, wire) = self.tag()?;
            match wire {
                3 => self.skip_group(number)?,
                4 => return Err(Fault::new("the end of a group that never began")),
                _ => {
                    let raw = self.value(wire);
                    // Names are the generated code's: here a field has its number only.
                    let raw = raw.map_err(|fault| fault.within(format!("field {number}")))?;
                    return Ok(Some((number, raw)));
                }
            }
        }
        Ok(None)
    }

    /// The next value of a packed list.
    ///
    /// # Errors
    /// A list that ends inside a value.
    #[inline]
    pub(crate) fn next_packed(&mut self, wire: WireType) -> Result<Raw<'a>, Fault> {
        self.value(wire as u8)
    }

    #[inline]
    fn tag(&mut self) -> Result<(u32, u8), Fault> {
        let tag = self.varint()?;
        let number = tag >> 3;
        if number == 0 || number > MAX_NUMBER {
            return Err(Fault::new(format!("{number} is not a field number")));
        }
        #[expect(clippy::cast_possible_truncation, reason = "both are bounded by the lines above")]
        Ok((number as u32, (tag & 7) as u8))
    }

    #[inline]
    fn value(&mut self, wire: u8) -> Result<Raw<'a>, Fault> {
        match wire {
            0 => self.varint().map(Raw::Varint),
            1 => self.array().map(|bytes| Raw::Fixed64(u64::from_le_bytes(bytes))),
            2 => {
                let length = self.varint()?;
                match usize::try_from(length).ok().and_then(|n| self.rest.split_at_checked(n)) {
                    Some((value, rest)) => {
                        self.rest = rest;
                        Ok(Raw::Len(value))
                    }
                    None => Err(truncated()),
                }
            }
            5 => self.array().map(|bytes| Raw::Fixed32(u32::from_le_bytes(bytes))),
            _ => Err(Fault::new(format!("{wire} is not a wire type"))),
        }
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        match self.rest.split_first_chunk::<N>() {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(*bytes)
            }
            None => Err(truncated()),
        }
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, Fault> {
        if let [byte @ 0..0x80, rest @ ..] = self.rest {
            self.rest = rest;
            return Ok(u64::from(*byte));
        }
        self.long_varint()
    }

    fn long_varint(&mut self) -> Result<u64, Fault> {
        let mut value = 0u64;
        for (index, byte) in self.rest.iter().enumerate().take(10) {
            if index == 9 && *byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << (7 * index);
            if *byte < 0x80 {
                self.rest = &self.rest[index + 1..];
                return Ok(value);
            }
        }
        Err(if self.rest.len() < 10 {
            truncated()
        } else {
            Fault::new("a varint of more than 64 bits")
        })
    }

    /// Skips to the end of the group `number`, and of the groups inside it.
    fn skip_group(&mut self, number: u32) -> Result<(), Fault> {
        let mut open = vec![number];
        while let Some(innermost) = open.last() {
            if self.rest.is_empty() {
                return Err(truncated());
            }
            let (number, wire) = self.tag()?;
            match wire {
                3 if open.len() >= MAX_DEPTH as usize => return Err(too_deep()),
                3 => open.push(number),
                4 if number != *innermost => {
                    return Err(Fault::new("the end of a group that never began"));
                }
                4 => drop(open.pop()),
                _ => drop(self.value(wire)?),
            }
        }
        Ok(())
    }
}

/// The encoded length of a varint.
#[inline]
pub(crate) const fn varint_size(value: u64) -> usize {
    // A byte carries seven bits: ⌈bits / 7⌉, with one byte for zero.
    ((((value | 1).ilog2() + 1) * 9 + 64) / 64) as usize
}

/// Appends a varint.
#[inline]
pub(crate) fn write_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        #[expect(clippy::cast_possible_truncation, reason = "seven bits at a time is the format")]
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the loop left seven bits")]
    out.push(value as u8);
}

/// The encoded length of a field's tag.
#[inline]
pub(crate) const fn tag_size(number: u32) -> usize {
    varint_size((number as u64) << 3)
}

/// Appends a field's tag.
#[inline]
pub(crate) fn write_tag(number: u32, wire: WireType, out: &mut Vec<u8>) {
    write_varint(u64::from(number) << 3 | wire as u64, out);
}

/// The encoded length of `length` bytes with their length in front.
#[inline]
pub(crate) const fn len_size(length: usize) -> usize {
    varint_size(length as u64) + length
}

/// Appends bytes with their length in front.
#[inline]
pub(crate) fn write_len(bytes: &[u8], out: &mut Vec<u8>) {
    write_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests;
