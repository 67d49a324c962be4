//! Percent-encoding of paths and of forms.

use std::borrow::Cow;

use crate::route::escape_at;

/// Decodes the value of a path variable. With `keep_slash` the escape of `/` stays as it is written, so that it can be
/// told from the slashes between segments.
pub(super) fn path_value(raw: &str, keep_slash: bool) -> Result<Cow<'_, str>, &'static str> {
    if !raw.contains('%') {
        return Ok(Cow::Borrowed(raw));
    }
    unescape(raw.as_bytes(), |byte| !(keep_slash && byte == b'/'), |byte| byte).map(Cow::Owned)
}

/// Decodes a key or a value of a query or a form, where `+` is a space.
pub(crate) fn form_value(raw: &str) -> Result<Cow<'_, str>, &'static str> {
    if !raw.contains(['%', '+']) {
        return Ok(Cow::Borrowed(raw));
    }
    unescape(raw.as_bytes(), |_| true, |byte| if byte == b'+' { b' ' } else { byte })
        .map(Cow::Owned)
}

fn unescape(
    raw: &[u8],
    decode: impl Fn(u8) -> bool,
    plain: impl Fn(u8) -> u8,
) -> Result<String, &'static str> {
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < raw.len() {
        if raw[at] != b'%' {
            out.push(plain(raw[at]));
            at += 1;
            continue;
        }
        match escape_at(raw, at) {
            None => return Err("`%` is not followed by two hexadecimal digits"),
            Some(byte) if decode(byte) => out.push(byte),
            Some(_) => out.extend_from_slice(&raw[at..at + 3]),
        }
        at += 3;
    }
    String::from_utf8(out).map_err(|_| "the escapes do not decode to UTF-8")
}
