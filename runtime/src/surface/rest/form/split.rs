//! Where the parts of a form begin and end: RFC 2046's syntax as RFC 7578 narrows it. Knows nothing of where bytes come from.

use bytes::{Buf as _, Bytes};
use memchr::memmem::Finder;

use super::head;
use crate::message::FormPart;
use crate::{Error, Result};

/// How many parts a form may have.
const MOST_PARTS: usize = 1000;

/// How many bytes may stand before the data of a part, and before the first boundary.
const MOST_HEAD: usize = 8 * 1024;

/// Takes a form apart as its bytes arrive. Data is given away as slices of what was put in: only what may be half a boundary,
/// or half a head, is copied.
pub(super) struct Splitter {
    /// What ends the data of a part: a line's end, two dashes, the boundary.
    delimiter: Finder<'static>,
    unread: Bytes,
    /// How many bytes at the beginning of `unread` are known to be no delimiter's.
    data: usize,
    at: At,
    /// Parts that have begun.
    parts: usize,
    /// Bytes before the first boundary, which nobody reads.
    skipped: usize,
}

enum At {
    Preamble,
    /// Behind a delimiter: the head of the next part, or the end.
    Head,
    Data,
    Over,
}

/// What comes next in a form.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// A part, of which nothing but its data is missing.
    Begin(FormPart),
    Data(Bytes),
    /// The end of a part.
    End,
    /// The end of the form.
    Over,
    /// Nobody knows before more bytes are there.
    Starved,
}

impl Splitter {
    pub(super) fn new(boundary: &str) -> Self {
        let delimiter = [b"\r\n--", boundary.as_bytes()].concat();
        Self {
            delimiter: Finder::new(&delimiter).into_owned(),
            // The first boundary has no line before it that it could end.
            unread: Bytes::from_static(b"\r\n"),
            data: 0,
            at: At::Preamble,
            parts: 0,
            skipped: 0,
        }
    }

    pub(super) fn push(&mut self, piece: Bytes) {
        self.unread =
            if self.unread.is_empty() { piece } else { [&self.unread[..], &piece].concat().into() };
    }

    /// The next step; of data `most` bytes, which must be one at least.
    ///
    /// # Errors
    /// `CODEC` for what is no form, `BODY_TOO_LARGE` for more than a form may have.
    pub(super) fn next(&mut self, most: usize) -> Result<Step> {
        loop {
            match self.at {
                At::Preamble => match self.data(MOST_HEAD)? {
                    Step::Data(skipped) => {
                        self.skipped += skipped.len();
                        if self.skipped > MOST_HEAD {
                            return Err(self.broken_off());
                        }
                    }
                    Step::End => {}
                    step => return Ok(step),
                },
                At::Head => return self.head(),
                At::Data => return self.data(most),
                At::Over => return Ok(Step::Over),
            }
        }
    }

    fn data(&mut self, most: usize) -> Result<Step> {
        if self.data == 0 {
            match self.delimiter.find(&self.unread) {
                Some(0) => {
                    self.unread.advance(self.delimiter.needle().len());
                    self.at = At::Head;
                    return Ok(Step::End);
                }
                Some(at) => self.data = at,
                None => self.data = self.unread.len() - self.half_a_delimiter(),
            }
            if self.data == 0 {
                return Ok(Step::Starved);
            }
        }
        let taken = self.data.min(most);
        self.data -= taken;
        Ok(Step::Data(self.unread.split_to(taken)))
    }

    /// How many bytes at the end may be the beginning of a delimiter.
    fn half_a_delimiter(&self) -> usize {
        let delimiter = self.delimiter.needle();
        let most = self.unread.len().min(delimiter.len() - 1);
        (1..=most)
            .rev()
            .find(|&length| self.unread.ends_with(&delimiter[..length]))
            .unwrap_or_default()
    }

    fn head(&mut self) -> Result<Step> {
        const END: &[u8] = b"\r\n\r\n";
        if self.unread.starts_with(b"--") {
            self.at = At::Over;
            return Ok(Step::Over);
        }
        let end = memchr::memmem::find(&self.unread, END);
        // Of its end a part may be there.
        let length = end.unwrap_or(self.unread.len().saturating_sub(END.len() - 1));
        if length > MOST_HEAD {
            let text = format!("the head of a form's part is larger than {MOST_HEAD} bytes");
            return Err(Error::form_too_large(text));
        }
        let Some(end) = end else { return Ok(Step::Starved) };
        self.parts += 1;
        if self.parts > MOST_PARTS {
            return Err(Error::form_too_large(format!(
                "the form has more than {MOST_PARTS} parts"
            )));
        }
        let head = self.unread.split_to(end + END.len());
        self.at = At::Data;
        head::part(&head).map(Step::Begin)
    }

    /// The form ended where it must not.
    #[cold]
    pub(super) fn broken_off(&self) -> Error {
        Error::codec(match self.at {
            At::Preamble => "the body is no form: the boundary of its content type is not in it",
            _ => "the form breaks off before its last boundary",
        })
    }
}
