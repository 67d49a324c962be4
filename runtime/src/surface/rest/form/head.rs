//! What stands before the data of a part, and the boundary that the content type of a form names.

use httparse::{EMPTY_HEADER, Status};
use percent_encoding::percent_decode_str;

use crate::message::FormPart;
use crate::{Error, Result};

/// How many headers a part may have. Three are known of.
const MOST_HEADERS: usize = 16;

/// The longest boundary of RFC 2046.
const MOST_BOUNDARY: usize = 70;

/// The boundary of a form of this content type.
///
/// # Errors
/// `CODEC` where there is none.
pub(super) fn boundary(content_type: &str) -> Result<String> {
    parameter(content_type, "boundary")
        .filter(|boundary| (1..=MOST_BOUNDARY).contains(&boundary.len()))
        .ok_or_else(|| {
            Error::codec(format!(
                "the content type of a form names a boundary of 1 to {MOST_BOUNDARY} characters"
            ))
        })
}

/// The part that has this head: what is left of the boundary's line, the headers, an empty line.
///
/// # Errors
/// `CODEC` for what is no head, or has no name in it.
pub(super) fn part(head: &[u8]) -> Result<FormPart> {
    let line = memchr::memmem::find(head, b"\r\n").ok_or_else(malformed)?;
    let (padding, headers) = (&head[..line], &head[line + 2..]);
    if !padding.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
        return Err(malformed());
    }
    let mut room = [EMPTY_HEADER; MOST_HEADERS];
    let Ok(Status::Complete((_, headers))) = httparse::parse_headers(headers, &mut room) else {
        return Err(malformed());
    };
    let header = |name: &str| {
        let found = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        str::from_utf8(found.map_or(&[], |header| header.value)).map_err(|_| malformed())
    };
    let disposition = header("content-disposition")?;
    let kind = disposition.split(';').next().unwrap_or_default().trim();
    let name = parameter(disposition, "name");
    let Some(name) = name.filter(|_| kind.eq_ignore_ascii_case("form-data")) else {
        return Err(Error::codec(
            "a part of the form has no name: it needs `content-disposition: form-data; name=\"...\"`",
        ));
    };
    Ok(FormPart {
        name,
        file_name: file_name(disposition),
        content_type: header("content-type")?.to_owned(),
        ..FormPart::default()
    })
}

#[cold]
fn malformed() -> Error {
    Error::codec("the head of a form's part is malformed")
}

/// `filename*` is none of RFC 7578's, but some send nothing else that is right for names beyond ASCII.
fn file_name(disposition: &str) -> Option<String> {
    let encoded = parameter(disposition, "filename*").and_then(|value| {
        let (charset, value) = value.split_once('\'')?;
        let (_language, value) = value.split_once('\'')?;
        let utf8 = charset.eq_ignore_ascii_case("utf-8");
        percent_decode_str(value).decode_utf8().ok().filter(|_| utf8).map(Into::into)
    });
    encoded.or_else(|| parameter(disposition, "filename"))
}

/// The parameter of this name in the value of a header, out of its quotes.
fn parameter(header: &str, wanted: &str) -> Option<String> {
    let (_, mut rest) = header.split_once(';')?;
    loop {
        let (name, value) = rest.split_once('=')?;
        // A parameter without a value is none.
        let name = name.rsplit(';').next().unwrap_or_default().trim();
        let (value, after) = parameter_value(value.trim_start())?;
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = after;
    }
}

/// The value that a text begins with, and what is behind it; `None` where its quotes do not end.
fn parameter_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        return Some((text[..end].trim_end().to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut rest = quoted;
    loop {
        let end = rest.find(['"', '\\'])?;
        value.push_str(&rest[..end]);
        let after = &rest[end + 1..];
        if rest[end..].starts_with('"') {
            return Some((value, after));
        }
        // Some write the backslashes of a path as they are.
        let escaped = after.chars().next().filter(|next| matches!(next, '"' | '\\'));
        value.push(escaped.unwrap_or('\\'));
        rest = &after[usize::from(escaped.is_some())..];
    }
}
