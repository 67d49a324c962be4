//! Which format a body is in, and which one the caller wants back.
//!
//! A request's format is the subtype of its `content-type`, as in Kratos; parameters such as a charset are accepted and
//! the letter case does not matter. The answer's format is negotiated with quality values; whatever cannot be satisfied
//! is answered in JSON, because an answer in the wrong format still says more than a 406.

use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, Method};

use super::flow::{Flow, Lines};
use crate::surface::grpc;

/// A format of a message in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// `application/json`.
    Json,
    /// `application/protojson`: the same text under the name that Kratos v3 gives it.
    ProtoJson,
    /// `application/proto`, and when read `application/x-protobuf`.
    Proto,
}

impl Format {
    /// The `content-type` of an answer.
    pub(super) fn content_type(self) -> HeaderValue {
        // Inline constants: checking the text for characters that no header may hold is done at compile time.
        match self {
            Self::Json => const { HeaderValue::from_static("application/json") },
            Self::ProtoJson => const { HeaderValue::from_static("application/protojson") },
            Self::Proto => const { HeaderValue::from_static("application/proto") },
        }
    }

    fn named(subtype: &str) -> Option<Self> {
        let is = |name: &str| subtype.eq_ignore_ascii_case(name);
        if is("json") {
            Some(Self::Json)
        } else if is("protojson") {
            Some(Self::ProtoJson)
        } else if is("proto") || is("x-protobuf") {
            Some(Self::Proto)
        } else {
            None
        }
    }
}

/// What a request says its body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    Message(Format),
    /// `application/x-ndjson` or `application/jsonl`: a message a line, for methods that take many.
    Lines,
    /// `application/x-www-form-urlencoded`, which only methods that say `form` read.
    Form,
    /// `multipart/form-data`, which only methods that take many parts of forms read.
    Multipart,
    /// There is no content type.
    Unsaid,
    /// gRPC, by who does not speak HTTP/2: over that it is no request of this surface.
    Grpc,
    /// A content type that nothing here reads.
    Unknown,
}

impl Input {
    #[inline]
    pub(super) fn of(content_type: Option<&HeaderValue>) -> Self {
        let Some(value) = content_type else { return Self::Unsaid };
        if value == "application/json" {
            return Self::Message(Format::Json);
        }
        let Ok(text) = value.to_str() else { return Self::Unknown };
        let subtype = subtype(text);
        if subtype.eq_ignore_ascii_case("x-www-form-urlencoded") {
            return Self::Form;
        }
        if subtype.eq_ignore_ascii_case("form-data") {
            return Self::Multipart;
        }
        match Format::named(subtype) {
            Some(format) => Self::Message(format),
            None if Lines::named(subtype).is_some() => Self::Lines,
            None if grpc::is_media(value.as_bytes()) => Self::Grpc,
            None => Self::Unknown,
        }
    }
}

/// The text between the slash and the parameters.
pub(super) fn subtype(media: &str) -> &str {
    let essence = media.split_once(';').map_or(media, |(essence, _)| essence);
    essence.split_once('/').map_or("", |(_, subtype)| subtype).trim()
}

/// What a request's headers say of formats. Kept beside the call, so that errors from anywhere are rendered by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    /// What the request's own body is.
    pub(super) input: Input,
    pub(super) format: Format,
    /// Errors as RFC 9457 problem details.
    pub(super) problem: bool,
    /// A HEAD request: headers only.
    pub(super) head: bool,
    pub(super) flow: Flow,
}

impl Answer {
    /// The answer to a request that says nothing about it.
    pub(crate) const PLAIN: Self = Self {
        input: Input::Unsaid,
        format: Format::Json,
        problem: false,
        head: false,
        flow: Flow::One,
    };

    /// Reads `accept`; without one, a request in `application/protojson` is answered in it and any other in JSON.
    #[cfg(test)]
    pub(super) fn negotiate(method: &Method, headers: &HeaderMap) -> Self {
        Self::of(method, headers.get(http::header::CONTENT_TYPE), Some(headers))
    }

    /// The same, for who has looked at the headers already. `accepting` is only needed where there is an `accept`.
    #[inline]
    pub(crate) fn of(
        method: &Method,
        content_type: Option<&HeaderValue>,
        accepting: Option<&HeaderMap>,
    ) -> Self {
        let input = Input::of(content_type);
        let head = method == Method::HEAD;
        // Without an `accept` a request is answered in the format that it came in, as far as that is text.
        let mirrored = input == Input::Message(Format::ProtoJson);
        let format = if mirrored { Format::ProtoJson } else { Format::Json };
        let plain = Self { input, format, problem: false, head, flow: Flow::One };
        accepting.map_or(plain, |headers| plain.accepted(headers))
    }

    fn accepted(mut self, headers: &HeaderMap) -> Self {
        let mut wanted = Wanted { any: 0, named: None, json: 0, refused: [None; 3], problem: 0 };
        let mut said = false;
        for value in headers.get_all(ACCEPT) {
            said = true;
            value.to_str().unwrap_or_default().split(',').for_each(|range| wanted.read(range));
        }
        if said {
            let default = if wanted.any > 0 { self.format } else { Format::Json };
            self.format = wanted.best(default);
            self.problem = wanted.problem > 0 && wanted.problem >= wanted.json;
        }
        self
    }
}

/// What the `accept` headers ask for, with qualities in thousandths.
struct Wanted {
    /// The quality of `*/*` or `application/*`.
    any: u16,
    /// The best format that was named; the first among equals.
    named: Option<(u16, Format)>,
    /// The quality of JSON by its own name, which problem details compete with.
    json: u16,
    /// Formats named with a quality of zero.
    refused: [Option<Format>; 3],
    problem: u16,
}

impl Wanted {
    fn read(&mut self, range: &str) {
        if range == "*/*" {
            self.any = 1000;
            return;
        }
        let media = range.split_once(';').map_or(range, |(media, _)| media).trim();
        let quality = quality(range);
        if media == "*/*" || media.eq_ignore_ascii_case("application/*") {
            self.any = self.any.max(quality);
            return;
        }
        let subtype = subtype(media);
        if subtype.eq_ignore_ascii_case("problem+json") {
            self.problem = self.problem.max(quality);
        }
        let Some(format) = Format::named(subtype) else { return };
        if format == Format::Json {
            self.json = self.json.max(quality);
        }
        if quality == 0 {
            self.refused[format as usize] = Some(format);
        } else if self.named.is_none_or(|(best, _)| quality > best) {
            self.named = Some((quality, format));
        }
    }

    fn best(&self, default: Format) -> Format {
        match self.named {
            Some((quality, format)) if quality >= self.any => return format,
            None if self.any == 0 => return default,
            _ => {}
        }
        [default, Format::Json, Format::ProtoJson, Format::Proto]
            .into_iter()
            .find(|&format| !self.refused.contains(&Some(format)))
            .unwrap_or(default)
    }
}

/// The quality value of a media range in thousandths: 1000 where there is none, 0 where it is not a number.
pub(crate) fn quality(range: &str) -> u16 {
    let mut parameters = range.split(';').skip(1).filter_map(|it| it.split_once('='));
    let Some((_, value)) = parameters.find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
    else {
        return 1000;
    };
    let value: f32 = value.trim().parse().unwrap_or(0.0);
    // Saturates: a NaN or a negative quality is zero, one above 1 is 1.
    (value.min(1.0) * 1000.0) as u16
}
