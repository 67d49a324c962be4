//! A unary call by GET: the whole request in the query.

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use http::header::ACCEPT_ENCODING;

use crate::surface::rest::form_value;
use crate::surface::{Encoding, Format, Wire};
use crate::{Error, Result};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How the messages are written, and the request's as it came. Parameters that are not Connect's are passed over.
///
/// # Errors
/// `UNSUPPORTED_MEDIA_TYPE` without an encoding that is read, `CODEC` for all else that is wrong.
pub(super) fn read(query: &str) -> Result<(Wire, Bytes)> {
    let (mut format, mut message, mut received) = (None, None, Encoding::Identity);
    let mut in_base64 = false;
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        match key {
            "connect" if value != "v1" => {
                return Err(Error::codec("connect: only v1 is spoken here"));
            }
            "encoding" => {
                format = match value {
                    "json" => Some(Format::Json),
                    "proto" => Some(Format::Proto),
                    _ => None,
                };
            }
            "message" => message = Some(value),
            "base64" => in_base64 = value == "1",
            "compression" => received = super::known(value.as_bytes(), ACCEPT_ENCODING)?,
            _ => {}
        }
    }
    let format =
        format.ok_or_else(|| Error::unsupported_media_type("encoding: expected proto or json"))?;
    let message = message.ok_or_else(|| Error::codec("the query has no message"))?;
    let message = form_value(message).map_err(|why| Error::codec(format!("message: {why}")))?;
    let message = if in_base64 {
        let bytes = BASE64.decode(message.as_bytes());
        Bytes::from(bytes.map_err(|error| Error::codec(format!("message: {error}")))?)
    } else {
        Bytes::from(message.into_owned())
    };
    Ok((Wire { format, received, ..Wire::default() }, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::reasons;

    #[test]
    fn messages_are_text_or_base64_in_any_order_of_parameters() {
        for (query, format, expected) in [
            ("connect=v1&encoding=json&message=%7B%7D", Format::Json, "{}"),
            (
                "message=%7B%22a%22:%20%22b+c%22%7D&x=y&encoding=json",
                Format::Json,
                r#"{"a": "b c"}"#,
            ),
            ("base64=1&message=aGn_&encoding=proto", Format::Proto, "hi\u{ff}"),
            ("message=aGk%3D&base64=1&encoding=proto", Format::Proto, "hi"),
            ("message=&base64=1&encoding=proto", Format::Proto, ""),
            ("message=aGk&base64=0&encoding=proto", Format::Proto, "aGk"),
        ] {
            let (wire, message) = read(query).unwrap();
            let expected: Vec<u8> = match expected {
                "hi\u{ff}" => b"hi\xff".to_vec(),
                text => text.as_bytes().to_vec(),
            };
            assert_eq!((wire.format, &message[..]), (format, &expected[..]), "{query}");
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (query, reason) in [
            ("", reasons::UNSUPPORTED_MEDIA_TYPE),
            ("message=a", reasons::UNSUPPORTED_MEDIA_TYPE),
            ("message=a&encoding=xml", reasons::UNSUPPORTED_MEDIA_TYPE),
            ("encoding=json", reasons::CODEC),
            ("encoding=json&message=%F", reasons::CODEC),
            ("encoding=json&message=%FF", reasons::CODEC),
            ("encoding=json&base64=1&message=a%25", reasons::CODEC),
            ("connect=v2&encoding=json&message=a", reasons::CODEC),
            ("compression=br&encoding=json&message=a", reasons::UNSUPPORTED_MEDIA_TYPE),
        ] {
            assert_eq!(read(query).unwrap_err().reason(), reason, "{query}");
        }
    }
}
