//! Protobuf, written from the end of a message to its beginning: its length is known when it has to be told, so that
//! nothing is measured before or moved afterwards, and a whole batch is one piece of memory.

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
pub(super) const LENGTH: u32 = 2;
const FIXED32: u32 = 5;

/// What room is filled with until it is written.
const FILL: u8 = 0xff;

/// What is written comes before everything that was written earlier: fields are told from the last to the first, and so
/// are the elements of a repeated one.
pub(in crate::telemetry) struct Backwards {
    bytes: Vec<u8>,
    /// Where what is written begins.
    start: usize,
}

impl Backwards {
    pub(in crate::telemetry) fn with_room(room: usize) -> Self {
        // Zeroes would be asked of the system, which keeps what was freed before for those that do not.
        Self { bytes: vec![FILL; room], start: room }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    pub(in crate::telemetry) fn written(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// The bytes before what is written, from now on part of it.
    #[inline]
    pub(super) fn take(&mut self, size: usize) -> &mut [u8] {
        if self.start < size {
            self.grow(size);
        }
        let end = self.start;
        self.start -= size;
        &mut self.bytes[self.start..end]
    }

    #[cold]
    fn grow(&mut self, size: usize) {
        let room = (self.bytes.len() * 2).max(self.len() + size).max(1024);
        let mut bytes = vec![FILL; room];
        let start = room - self.len();
        bytes[start..].copy_from_slice(self.written());
        *self = Self { bytes, start };
    }

    /// Bytes as they are.
    #[inline]
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        self.take(bytes.len()).copy_from_slice(bytes);
    }

    /// A tag and the number behind it, which is mostly a short length: two bytes.
    #[inline]
    fn begin(&mut self, field: u32, kind: u32, number: u64) {
        let tag = field << 3 | kind;
        if tag < 0x80 && number < 0x80 {
            self.take(2).copy_from_slice(&[tag as u8, number as u8]);
        } else {
            self.varint(number);
            self.varint(tag.into());
        }
    }

    #[inline]
    fn varint(&mut self, value: u64) {
        if value < 0x80 {
            self.take(1)[0] = value as u8;
        } else {
            self.long_varint(value);
        }
    }

    fn long_varint(&mut self, value: u64) {
        let size = (64 - (value | 1).leading_zeros()).div_ceil(7) as usize;
        let bytes = self.take(size);
        let mut rest = value;
        for byte in &mut *bytes {
            *byte = rest as u8 | 0x80;
            rest >>= 7;
        }
        // The last of them ends it.
        bytes[size - 1] &= 0x7f;
    }

    #[inline]
    pub(super) fn bytes(&mut self, field: u32, value: &[u8]) {
        self.raw(value);
        self.begin(field, LENGTH, value.len() as u64);
    }

    /// A text, where there is one.
    #[inline]
    pub(super) fn text(&mut self, field: u32, value: &str) {
        if !value.is_empty() {
            self.bytes(field, value.as_bytes());
        }
    }

    /// A number, zero too.
    #[inline]
    pub(super) fn number(&mut self, field: u32, value: u64) {
        self.begin(field, VARINT, value);
    }

    /// A number, where it is not zero.
    #[inline]
    pub(super) fn count(&mut self, field: u32, value: u32) {
        if value != 0 {
            self.number(field, value.into());
        }
    }

    #[inline]
    pub(super) fn fixed32(&mut self, field: u32, value: u32) {
        self.raw(&value.to_le_bytes());
        self.varint((field << 3 | FIXED32).into());
    }

    #[inline]
    pub(super) fn fixed64(&mut self, field: u32, value: u64) {
        self.raw(&value.to_le_bytes());
        self.varint((field << 3 | FIXED64).into());
    }

    /// A message of what `write` writes.
    #[inline]
    pub(super) fn message(&mut self, field: u32, write: impl FnOnce(&mut Self)) {
        let behind = self.len();
        write(self);
        self.begin(field, LENGTH, (self.len() - behind) as u64);
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[derive(Clone, PartialEq, prost::Message)]
    struct Read {
        #[prost(uint64, repeated, packed = "false", tag = "1")]
        numbers: Vec<u64>,
        #[prost(bytes = "vec", tag = "300")]
        bytes: Vec<u8>,
        #[prost(message, optional, boxed, tag = "16")]
        inner: Option<Box<Read>>,
    }

    #[test]
    fn lengths_and_numbers_of_every_size_are_those_that_prost_writes() {
        let numbers: Vec<u64> =
            (0..64).flat_map(|bit| [(1_u64 << bit) - 1, 1 << bit]).chain([u64::MAX]).collect();
        for size in [0, 1, 127, 128, 16_383, 16_384, 3_000_000] {
            let inner = Read { numbers: numbers.clone(), bytes: vec![7; size], inner: None };
            let outer = Read { inner: Some(Box::new(inner)), ..Read::default() };
            for room in [0, 1, 4_000_000] {
                let mut out = Backwards::with_room(room);
                out.message(16, |out| {
                    if size > 0 {
                        out.bytes(300, &vec![7; size]);
                    }
                    numbers.iter().rev().for_each(|number| out.number(1, *number));
                });
                assert_eq!(out.written().len(), out.len());
                assert_eq!(out.written(), outer.encode_to_vec(), "{size} bytes, {room} of room");
            }
        }
    }
}
