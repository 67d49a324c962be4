//! The messages of a method that takes the parts of a form, as `multipart/form-data` on their way out.

use std::fmt::Write as _;
use std::hash::{BuildHasher as _, RandomState};

use bytes::Bytes;
use http::HeaderValue;

use crate::message::FormPart;
use crate::{Error, Result};

/// Writes parts one after the other, each of them or each piece of one as it comes.
#[derive(Debug)]
pub(super) struct Form {
    /// Data may not have it, and is not known beforehand: nobody who wrote any could guess it.
    boundary: String,
    /// Whether a part goes on with the next piece.
    open: bool,
}

impl Form {
    pub(super) fn new() -> Self {
        let random = || RandomState::new().hash_one(0_u8);
        Self { boundary: format!("bident-{:016x}{:016x}", random(), random()), open: false }
    }

    /// The content type of the request.
    pub(super) fn content_type(&self) -> Result<HeaderValue> {
        HeaderValue::try_from(format!("multipart/form-data; boundary={}", self.boundary))
            .map_err(|_| Error::codec("a form without a content type"))
    }

    /// A part, or a piece of the one that is open, whose names were sent with the first.
    ///
    /// # Errors
    /// `CODEC` for a content type that no header may hold.
    pub(super) fn part(&mut self, part: &FormPart) -> Result<Bytes> {
        let mut out = Vec::with_capacity(part.data.len() + 256);
        if !self.open {
            out.extend_from_slice(self.head(part)?.as_bytes());
        }
        out.extend_from_slice(&part.data);
        if !part.more {
            out.extend_from_slice(b"\r\n");
        }
        self.open = part.more;
        Ok(out.into())
    }

    /// # Errors
    /// `CODEC` where the last part says that there is more of it: its file would be half a one.
    pub(super) fn end(&self) -> Result<Bytes> {
        if self.open {
            return Err(Error::codec("the last part of a form says that there is more of it"));
        }
        Ok(format!("--{}--\r\n", self.boundary).into())
    }

    fn head(&self, part: &FormPart) -> Result<String> {
        let mut head = format!("--{}\r\ncontent-disposition: form-data; name=\"", self.boundary);
        quote(&part.name, &mut head);
        head.push('"');
        if let Some(file_name) = &part.file_name {
            head.push_str("; filename=\"");
            quote(file_name, &mut head);
            head.push('"');
        }
        if !part.content_type.is_empty() {
            if HeaderValue::try_from(&part.content_type).is_err() {
                let name = &part.name;
                let text = format!("the content type of the form's part `{name}` is no header");
                return Err(Error::codec(text));
            }
            head.push_str("\r\ncontent-type: ");
            head.push_str(&part.content_type);
        }
        head.push_str("\r\n\r\n");
        Ok(head)
    }
}

/// A name as it stands in quotes. What no header may hold is percent-encoded, as browsers do it.
fn quote(name: &str, out: &mut String) {
    for char in name.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            // Text is written to.
            _ if char.is_ascii_control() => _ = write!(out, "%{:02X}", u32::from(char)),
            _ => out.push(char),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_their_pieces_are_one_form() {
        let mut form = Form::new();
        let file = FormPart::file("a \"b\" \\", "ü\r\n\0.png", "image/png", "one ");
        let pieces = [
            FormPart::field("title", "Sky"),
            FormPart { more: true, ..file.clone() },
            FormPart { data: "two".into(), more: true, ..FormPart::default() },
            FormPart::default(),
            FormPart::file("none", "", "", ""),
        ];
        let mut written: Vec<u8> = Vec::new();
        for piece in &pieces {
            written.extend_from_slice(&form.part(piece).unwrap());
        }
        written.extend_from_slice(&form.end().unwrap());
        let expected = "--B\r\n\
            content-disposition: form-data; name=\"title\"\r\n\r\nSky\r\n\
            --B\r\n\
            content-disposition: form-data; name=\"a \\\"b\\\" \\\\\"; filename=\"ü%0D%0A%00.png\"\r\n\
            content-type: image/png\r\n\r\none two\r\n\
            --B\r\n\
            content-disposition: form-data; name=\"none\"; filename=\"\"\r\n\r\n\r\n\
            --B--\r\n";
        let written = String::from_utf8(written).unwrap();
        assert_eq!(written.replace(&form.boundary, "B"), expected);
        let media = format!("multipart/form-data; boundary={}", form.boundary);
        assert_eq!(form.content_type().unwrap(), media);
        assert_ne!(form.boundary, Form::new().boundary);
    }

    #[test]
    fn what_would_be_another_form_is_a_mistake() {
        let mut form = Form::new();
        let injected = FormPart::file("a", "a", "text/plain\r\nx: y", "");
        assert_eq!(form.part(&injected).unwrap_err().code(), 400);
        form.part(&FormPart { more: true, ..FormPart::field("a", "half of") }).unwrap();
        assert_eq!(form.end().unwrap_err().code(), 400);
    }
}
