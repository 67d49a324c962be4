//! The encodings that messages are compressed with, each message by itself.
//!
//! A peer's word on a size is never believed: what is unpacked is bounded while it is being unpacked.

use std::io::{self, Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use http::HeaderMap;
use http::header::AsHeaderName;

use crate::call::metadata::members;
use crate::{Error, Result};

/// A smaller message is sent as it is: its headers alone would make it larger.
pub(crate) const WORTH: usize = 1024;

/// How the messages of one direction are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Encoding {
    #[default]
    Identity,
    Gzip,
    /// zlib, as HTTP and gRPC call it.
    Deflate,
    #[cfg(feature = "zstd")]
    Zstd,
}

/// The base-two logarithm of the window that a zstd frame may ask for: 8 MiB, what RFC 8878 asks of a decoder, and more
/// than any level below 20 uses. A few bytes can ask for far more, and get it at once.
#[cfg(feature = "zstd")]
const WINDOW_LOG: u32 = 23;

/// Every encoding that is read, in the order in which they are preferred.
const KNOWN: &[Encoding] = &[
    #[cfg(feature = "zstd")]
    Encoding::Zstd,
    Encoding::Gzip,
    Encoding::Deflate,
    Encoding::Identity,
];

impl Encoding {
    /// Every encoding that is read, as `grpc-accept-encoding` and its like list them.
    pub(crate) const ACCEPTED: &'static str =
        if cfg!(feature = "zstd") { "zstd,gzip,deflate,identity" } else { "gzip,deflate,identity" };

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            #[cfg(feature = "zstd")]
            Self::Zstd => "zstd",
        }
    }

    /// Which of the encodings this is; 0 for `Identity`, and all below 4.
    pub(crate) const fn number(self) -> u8 {
        self as u8
    }

    /// The encoding of this number; `Identity` for any other.
    pub(crate) fn numbered(number: u8) -> Self {
        KNOWN.iter().copied().find(|known| known.number() == number).unwrap_or_default()
    }

    /// The encoding of this name; `None` for one that is not known here.
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        KNOWN.iter().copied().find(|known| known.name().as_bytes() == name)
    }

    /// Those of a header like `grpc-accept-encoding` that are known here, in its order.
    pub(crate) fn listed(
        headers: &HeaderMap,
        name: impl AsHeaderName,
    ) -> impl Iterator<Item = Self> {
        members(headers, name).filter_map(Self::named)
    }

    /// Whether a list like that of `grpc-accept-encoding` names this encoding. Weights are not looked at: nobody sends any.
    pub(crate) fn is_in(self, list: &[u8]) -> bool {
        list.split(|byte| *byte == b',').any(|name| name.trim_ascii() == self.name().as_bytes())
    }

    /// Appends the compressed form of `message`.
    ///
    /// # Errors
    /// None in practice: memory is written to.
    pub(crate) fn compress(self, message: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::Identity => out.extend_from_slice(message),
            Self::Gzip => {
                let mut encoder = GzEncoder::new(out, Compression::fast());
                encoder.write_all(message)?;
                encoder.finish()?;
            }
            Self::Deflate => {
                let mut encoder = ZlibEncoder::new(out, Compression::fast());
                encoder.write_all(message)?;
                encoder.finish()?;
            }
            #[cfg(feature = "zstd")]
            Self::Zstd => zstd::stream::copy_encode(message, out, 0)?,
        }
        Ok(())
    }

    /// The message that these bytes are the compressed form of.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE` for more than `limit` bytes; `CODEC` for what is no such form.
    pub(crate) fn decompress(self, bytes: Bytes, limit: usize) -> Result<Bytes> {
        match self {
            Self::Identity => Ok(bytes),
            Self::Gzip => self.unpack(MultiGzDecoder::new(&*bytes), bytes.len(), limit),
            Self::Deflate => self.unpack(ZlibDecoder::new(&*bytes), bytes.len(), limit),
            #[cfg(feature = "zstd")]
            Self::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(&*bytes)
                    .map_err(|error| self.broken(&error))?;
                decoder.window_log_max(WINDOW_LOG).map_err(|error| self.broken(&error))?;
                self.unpack(decoder, bytes.len(), limit)
            }
        }
    }

    fn unpack(self, packed: impl Read, size: usize, limit: usize) -> Result<Bytes> {
        // Grown as it fills: what a few bytes unpack to is known when it is there.
        let mut out = Vec::with_capacity(size.min(limit));
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        packed.take(most).read_to_end(&mut out).map_err(|error| self.broken(&error))?;
        if out.len() > limit { Err(Error::body_too_large(limit)) } else { Ok(out.into()) }
    }

    #[cold]
    fn broken(self, error: &io::Error) -> Error {
        Error::codec(format!("the message cannot be unpacked as {}: {error}", self.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::reasons;

    const PACKED: &[Encoding] = KNOWN.split_last().unwrap().1;

    fn packed(encoding: Encoding, message: &[u8]) -> Bytes {
        let mut out = Vec::new();
        encoding.compress(message, &mut out).unwrap();
        out.into()
    }

    #[test]
    fn every_encoding_gives_back_what_it_got() {
        let message = b"again and again ".repeat(1000);
        for encoding in KNOWN {
            let packed = packed(*encoding, &message);
            assert_eq!(encoding.decompress(packed.clone(), message.len()).unwrap(), message);
            if *encoding != Encoding::Identity {
                assert!(packed.len() < message.len() / 10, "{encoding:?}");
            }
            assert_eq!(Encoding::named(encoding.name().as_bytes()), Some(*encoding));
            assert_eq!(Encoding::numbered(encoding.number()), *encoding);
            assert!(encoding.number() < 4);
            assert!(encoding.is_in(Encoding::ACCEPTED.as_bytes()));
        }
    }

    #[test]
    fn a_bomb_is_refused_at_the_limit() {
        let bomb = vec![0; 64 << 20];
        for encoding in PACKED {
            let error = encoding.decompress(packed(*encoding, &bomb), 1 << 20).unwrap_err();
            assert_eq!(error.reason(), reasons::BODY_TOO_LARGE, "{encoding:?}");
        }
    }

    #[cfg(feature = "zstd")]
    #[test]
    fn a_window_beyond_what_decoders_need_is_refused() {
        for (log, read) in [(WINDOW_LOG, true), (WINDOW_LOG + 1, false)] {
            let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 0).unwrap();
            encoder.window_log(log).unwrap();
            encoder.write_all(b"few words").unwrap();
            let packed = encoder.finish().unwrap();
            let unpacked = Encoding::Zstd.decompress(packed.into(), 1 << 20);
            assert_eq!(unpacked.is_ok(), read, "{unpacked:?}");
        }
    }

    #[test]
    fn what_is_not_packed_or_cut_short_is_an_error() {
        for encoding in PACKED {
            let whole = packed(*encoding, b"some words that are packed");
            for bytes in [Bytes::from_static(b"some words"), whole.slice(..whole.len() - 1)] {
                let error = encoding.decompress(bytes, 1 << 20).unwrap_err();
                assert_eq!(error.reason(), reasons::CODEC, "{encoding:?}");
            }
        }
    }

    #[test]
    fn names_are_whole_words_of_a_list() {
        assert!(Encoding::Gzip.is_in(b"identity, gzip"));
        assert!(!Encoding::Gzip.is_in(b"x-gzip,gzipped"));
        assert_eq!(Encoding::named(b"br"), None);
    }
}
