//! gRPC-Web, as <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md> has it: gRPC without the trailers of HTTP,
//! for browsers, over any version of HTTP and in base64 where the caller reads nothing else.
//!
//! Translation only: messages, statuses and trailers are gRPC's own. An answer always ends with them in its body, where
//! no browser needs leave to read them.

mod text;

pub(crate) use text::decoded;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response};

use self::text::InText;
use crate::Error;
use crate::call::{Added, EncodedBody, Meta, metadata};
use crate::surface::rest::quality;
use crate::surface::{Codec, End, Format, Payload, Wire, after, envelope, grpc};

/// What the envelope of the trailers begins with.
const TRAILERS: u8 = 0x80;

/// How a call over gRPC-Web is read and answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Web {
    pub(crate) wire: Wire,
    /// Whether the request is in base64.
    pub(crate) reads_text: bool,
    /// Whether the answer is.
    pub(crate) writes_text: bool,
}

/// How a request is read and answered, where it is a call over gRPC-Web. `accepting` is only needed where there is an
/// `accept`, which may ask for another encoding than the request's.
pub(crate) fn recognise(
    content_type: Option<&HeaderValue>,
    accepting: Option<&HeaderMap>,
) -> Option<Web> {
    let (text, format) = media(content_type?.as_bytes())?;
    let writes_text = accepting.map_or(text, |headers| wants_text(headers, text));
    let wire = Wire { format, ..Wire::default() };
    Some(Web { wire, reads_text: text, writes_text })
}

/// Whether the `accept` headers rate an answer in base64 above one in bytes; `text` where they have both for equal.
fn wants_text(headers: &HeaderMap, text: bool) -> bool {
    let (mut any, mut named) = (0, [None, None]);
    for range in metadata::members(headers, ACCEPT) {
        let quality = quality(std::str::from_utf8(range).unwrap_or_default());
        if let Some((text, _)) = media(range) {
            let rated = &mut named[usize::from(text)];
            *rated = (*rated).max(Some(quality));
        } else if range.starts_with(b"*/*") || after(range, b"application/*").is_some() {
            any = any.max(quality);
        }
    }
    let [in_bytes, in_text] = named.map(|quality| quality.unwrap_or(any));
    in_text > in_bytes || (text && in_text == in_bytes)
}

/// Whether a media type is in base64, and what its messages are written in.
fn media(media: &[u8]) -> Option<(bool, Format)> {
    let rest = after(media, b"application/grpc-web")?;
    let (text, rest) = match rest.strip_prefix(b"-text") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    Some((text, grpc::format(rest)?))
}

impl Web {
    fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match (self.writes_text, self.wire.format) {
            (false, Format::Proto) => "application/grpc-web+proto",
            (false, Format::Json) => "application/grpc-web+json",
            (true, Format::Proto) => "application/grpc-web-text+proto",
            (true, Format::Json) => "application/grpc-web-text+json",
        })
    }

    pub(crate) fn codec(self) -> Codec {
        if self.reads_text { Codec::Text(self.wire) } else { Codec::Enveloped(self.wire) }
    }

    fn end(self) -> End {
        End::Web { text: self.writes_text }
    }

    /// The response to a call that ended well, or whose stream has begun.
    pub(crate) fn reply(self, meta: Meta, body: EncodedBody) -> Response<Payload> {
        let sent = meta.encoding(self.wire.sent);
        let mut beside = meta.beside;
        let headers = beside.as_mut().map(|beside| std::mem::take(&mut beside.headers));
        let payload = match body {
            EncodedBody::Unary(frame) => {
                let trailers = envelope_of(&grpc::ok_trailers(beside));
                let whole = envelope::joined(frame, &trailers);
                Payload::Full(if self.writes_text { text::encoded(&whole) } else { whole })
            }
            EncodedBody::Stream(frames) => {
                let frames = if self.writes_text { InText::frames(frames) } else { frames };
                Payload::Stream(frames, beside, self.end())
            }
            // Someone else's answer says itself how it went: over gRPC where it is a service's, which is translated.
            EncodedBody::Raw(status, body) => {
                let grpc = headers.as_ref().is_some_and(is_grpc);
                let end = if grpc { self.end() } else { End::Abrupt };
                let mut response = grpc::theirs(status, headers, Payload::Body(body, beside, end));
                if grpc {
                    response.headers_mut().insert(CONTENT_TYPE, self.content_type());
                }
                return response;
            }
        };
        grpc::head(payload, headers, self.content_type(), sent)
    }

    /// The response to a call that failed before anything was sent.
    pub(crate) fn error(self, error: &Error) -> Response<Payload> {
        let headers = error.added().map(|added| added.headers.clone());
        let payload = Payload::Full(trailers(&grpc::error_trailers(error), self.writes_text));
        grpc::head(payload, headers, self.content_type(), self.wire.sent)
    }
}

/// Whether an answer is one of gRPC itself.
fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|media| grpc::is_media(media.as_bytes()))
}

/// A piece of someone else's answer.
pub(crate) fn piece(data: Bytes, text: bool) -> Bytes {
    if text { text::encoded(&data) } else { data }
}

/// The last of an answer that ended well.
pub(crate) fn ok(beside: Option<Box<Added>>, text: bool) -> Bytes {
    trailers(&grpc::ok_trailers(beside), text)
}

/// The last of an answer that failed.
pub(crate) fn failed(error: &Error, text: bool) -> Bytes {
    trailers(&grpc::error_trailers(error), text)
}

/// The last of an answer that ended so.
pub(crate) fn trailers(trailers: &HeaderMap, text: bool) -> Bytes {
    let envelope = envelope_of(trailers);
    if text { text::encoded(&envelope) } else { envelope.into() }
}

/// Trailers as a block of HTTP/1 in an envelope, the names in lower case.
fn envelope_of(trailers: &HeaderMap) -> Vec<u8> {
    let mut out = Vec::new();
    // Memory is written to, and no headers have 4 GiB.
    let _ = envelope::append(TRAILERS, &mut out, |out| {
        for (name, value) in trailers {
            for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
                out.extend_from_slice(part);
            }
        }
        Ok(())
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognised(content_type: &'static str, accept: Option<&'static str>) -> Option<Web> {
        let mut headers = HeaderMap::new();
        headers.extend(accept.map(|accept| (ACCEPT, HeaderValue::from_static(accept))));
        recognise(Some(&HeaderValue::from_static(content_type)), Some(&headers))
    }

    #[test]
    fn media_types_say_the_encoding_and_the_format() {
        for (media, expected) in [
            ("application/grpc-web", Some((false, Format::Proto))),
            ("application/grpc-web+proto", Some((false, Format::Proto))),
            ("Application/gRPC-Web+proto;charset=utf-8", Some((false, Format::Proto))),
            ("application/grpc-web+json", Some((false, Format::Json))),
            ("application/grpc-web-text", Some((true, Format::Proto))),
            ("application/grpc-web-text+proto", Some((true, Format::Proto))),
            ("application/grpc-web-text+json", Some((true, Format::Json))),
            ("application/grpc-web+thrift", None),
            ("application/grpc-website", None),
            ("application/grpc", None),
        ] {
            let web = recognised(media, None);
            assert_eq!(web.map(|web| (web.reads_text, web.wire.format)), expected, "{media}");
            assert_eq!(web.map(|web| web.writes_text), expected.map(|it| it.0), "{media}");
        }
    }

    #[test]
    fn the_answer_may_be_asked_for_in_base64_or_not() {
        for (content_type, accept, reads, writes) in [
            ("application/grpc-web", "application/grpc-web-text", false, true),
            ("application/grpc-web-text", "application/grpc-web", true, false),
            ("application/grpc-web-text", "*/*", true, true),
            ("application/grpc-web", "text/html, application/grpc-web-text+proto", false, true),
            ("application/grpc-web", "application/grpc-web-text ; q=0.5, */*;q=0.1", false, true),
            ("application/grpc-web", "application/grpc-web-text;q=0.5, */*", false, false),
            (
                "application/grpc-web-text",
                "application/grpc-web-text;q=0.4, application/grpc-web;q=0.9",
                true,
                false,
            ),
            ("application/grpc-web-text", "application/grpc-web-text;q=0, */*", true, false),
            (
                "application/grpc-web",
                "application/grpc-web-text, application/grpc-web",
                false,
                false,
            ),
            (
                "application/grpc-web-text",
                "application/grpc-web, application/grpc-web-text",
                true,
                true,
            ),
        ] {
            let web = recognised(content_type, Some(accept)).unwrap();
            assert_eq!((web.reads_text, web.writes_text), (reads, writes), "{accept}");
        }
    }

    #[test]
    fn trailers_are_lines_in_an_envelope() {
        let mut trailers = HeaderMap::new();
        trailers.append("x-a", HeaderValue::from_static("1"));
        trailers.append("x-a", HeaderValue::from_static("2"));
        assert_eq!(envelope_of(&trailers), b"\x80\0\0\0\x10x-a: 1\r\nx-a: 2\r\n");
    }
}
