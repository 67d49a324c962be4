//! Where one message ends and the next begins, in what arrives in any pieces: envelopes, base64, server-sent events, lines.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Buf as _, Bytes, BytesMut};

/// Messages behind a byte of flags and four bytes of length: gRPC, gRPC-Web, Connect.
#[derive(Debug, Default)]
pub struct Envelopes(BytesMut);

impl Envelopes {
    /// Takes in a piece.
    pub fn push(&mut self, piece: &[u8]) {
        self.0.extend_from_slice(piece);
    }

    /// A message that is whole, and its flags.
    pub fn cut(&mut self) -> Option<(u8, Bytes)> {
        let (flags, length) = (*self.0.first()?, self.0.get(1..5)?);
        let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
        if self.0.len() < 5 + length {
            return None;
        }
        self.0.advance(5);
        Some((flags, self.0.split_to(length).freeze()))
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Base64 of which any group of four may be padded, as `application/grpc-web-text` is.
#[derive(Debug, Default)]
pub struct Base64(Vec<u8>);

impl Base64 {
    /// The bytes of the groups that a piece has completed.
    ///
    /// # Panics
    /// When it is no base64.
    pub fn decode(&mut self, piece: &[u8]) -> Vec<u8> {
        self.0.extend_from_slice(piece);
        let rest = self.0.split_off(self.0.len() / 4 * 4);
        let groups = std::mem::replace(&mut self.0, rest);
        let mut bytes = Vec::new();
        let mut left = &groups[..];
        while !left.is_empty() {
            let padded = left.iter().position(|byte| *byte == b'=');
            let end = padded.map_or(left.len(), |at| at / 4 * 4 + 4);
            STANDARD.decode_vec(&left[..end], &mut bytes).expect("base64");
            left = &left[end..];
        }
        bytes
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The lines that a piece completes, without their ends; what is left of it waits in `buffer`.
pub fn lines(buffer: &mut Vec<u8>, piece: &[u8]) -> Vec<String> {
    let Some(last) = piece.iter().rposition(|byte| *byte == b'\n') else {
        buffer.extend_from_slice(piece);
        return Vec::new();
    };
    let mut whole = std::mem::replace(buffer, piece[last + 1..].to_vec());
    whole.extend_from_slice(&piece[..last]);
    String::from_utf8_lossy(&whole).split('\n').map(str::to_owned).collect()
}

/// Server-sent events, as a browser's `EventSource` reads them.
#[derive(Debug, Default)]
pub struct SentEvents {
    buffer: Vec<u8>,
    name: String,
    data: Vec<String>,
}

impl SentEvents {
    /// The events that a piece has completed: name and data. Comments are passed over.
    ///
    /// # Panics
    /// At a field that nobody is to send.
    pub fn read(&mut self, piece: &[u8]) -> Vec<(String, String)> {
        let mut events = Vec::new();
        for line in lines(&mut self.buffer, piece) {
            if line.is_empty() {
                if !self.data.is_empty() {
                    let data = std::mem::take(&mut self.data).join("\n");
                    events.push((std::mem::take(&mut self.name), data));
                }
            } else if let Some(name) = line.strip_prefix("event: ") {
                name.clone_into(&mut self.name);
            } else if let Some(data) = line.strip_prefix("data: ") {
                self.data.push(data.to_owned());
            } else {
                assert!(line.starts_with(':'), "no field of an event: {line:?}");
            }
        }
        events
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty() && self.data.is_empty()
    }
}
