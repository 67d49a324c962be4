//! Metadata: headers that travel with a call, in both directions and on every surface.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use http::header::AsHeaderName;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::TRACESTATE;

/// What metadata starts with; `x-md-global-` flows through the whole chain of calls, `x-md-local-` goes one hop.
pub(crate) const PREFIX: &str = "x-md-";
const GLOBAL: &str = "x-md-global-";
const BAGGAGE: HeaderName = HeaderName::from_static("baggage");
/// Jaeger's baggage: a header for each key, or one for all.
const JAEGERS: &str = "uberctx-";
const JAEGERS_LIST: HeaderName = HeaderName::from_static("jaeger-baggage");

/// gRPC's base64: written without padding, read with or without it.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A header from what a user gave: base64 where the name ends in `-bin`. `None` where HTTP does not allow it.
pub(crate) fn entry(name: &str, value: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    let value = if name.as_str().ends_with("-bin") {
        HeaderValue::try_from(BASE64.encode(value)).ok()?
    } else {
        HeaderValue::from_bytes(value).ok()?
    };
    Some((name, value))
}

/// Takes out what flows through the whole chain of calls, where it is not for a caller to say: metadata, and the priority
/// that baggage may name.
pub(crate) fn disown(headers: &mut HeaderMap) {
    let not_theirs = |name: &HeaderName| {
        let key = name.as_str().strip_prefix(JAEGERS);
        name.as_str().starts_with(GLOBAL) || key.is_some_and(names_priority)
    };
    while let Some(name) = headers.keys().find(|name| not_theirs(name)).cloned() {
        headers.remove(name);
    }
    for list in [BAGGAGE, JAEGERS_LIST] {
        let http::header::Entry::Occupied(baggage) = headers.entry(list) else { continue };
        let (name, values) = baggage.remove_entry_mult();
        for value in values.collect::<Vec<_>>() {
            // What is no text is no baggage.
            let members = value.to_str().unwrap_or_default().split(',');
            let left: Vec<_> = members.filter(|member| !names_priority(member)).collect();
            if let Ok(value) = HeaderValue::try_from(left.join(","))
                && !value.is_empty()
            {
                headers.append(name.clone(), value);
            }
        }
    }
}

fn names_priority(member: &str) -> bool {
    let key = member.split(['=', ';']).next().unwrap_or_default().trim();
    percent_encoding::percent_decode_str(key).eq(*b"priority")
}

/// Takes out what says how a message is framed on one connection. Those headers are hyper's to write, and it believes the
/// ones that it finds: a wrong length would let one answer run into the next.
pub(crate) fn unframe(headers: &mut HeaderMap) {
    while let Some(name) = headers.keys().find(|name| is_framing(name)).cloned() {
        headers.remove(name);
    }
}

/// See [`unframe`].
pub(crate) fn is_framing(name: &HeaderName) -> bool {
    use http::header::{CONNECTION, CONTENT_LENGTH, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
    [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, TE, TRAILER, UPGRADE].contains(name)
        || name == "keep-alive"
        || name == "proxy-connection"
}

/// The values of the binary header `name`, which ends in `-bin`, decoded from base64, in the order in which they were sent.
/// Several may be headers of their own or one header with commas between them, for a proxy may join the former into the
/// latter. What is not base64 is left out.
///
/// It reads any headers or trailers: those of a [`Streaming`](super::Streaming), a [`Reply`](super::Reply) or an
/// [`Error`](crate::Error), and a request's, where [`Context::binaries`](super::Context::binaries) is shorter.
///
/// ```
/// use bident::call::binaries;
///
/// let reply = bident::Reply::new(()).header("x-seal-bin", "AP8, /w").header("x-seal-bin", "AQ==");
/// let seals: Vec<_> = binaries(reply.headers(), "x-seal-bin").collect();
/// assert_eq!(seals, [&[0, 255][..], &[255], &[1]]);
/// ```
pub fn binaries(headers: &HeaderMap, name: &str) -> impl Iterator<Item = Bytes> {
    members(headers, name).filter_map(|value| BASE64.decode(value).ok().map(Bytes::from))
}

/// What stands between the commas of a header that is a list, of all headers of that name.
pub(crate) fn members(headers: &HeaderMap, name: impl AsHeaderName) -> impl Iterator<Item = &[u8]> {
    let values = headers.get_all(name).into_iter();
    values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii)
}

/// The headers that concern outgoing calls: metadata and the trace's state.
pub(crate) fn flowing(headers: &HeaderMap) -> HeaderMap {
    let flows = |name: &HeaderName| name.as_str().starts_with(PREFIX) || *name == TRACESTATE;
    let mut flowing = HeaderMap::new();
    for (name, value) in headers.iter().filter(|(name, _)| flows(name)) {
        flowing.append(name, value.clone());
    }
    flowing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_values_come_back_padded_or_not() {
        let (name, value) = entry("X-Key-Bin", &[0, 159, 255, 10]).unwrap();
        assert_eq!((name.as_str(), value.as_bytes()), ("x-key-bin", &b"AJ//Cg"[..]));
        for value in [value, HeaderValue::from_static("AJ//Cg==")] {
            let headers = HeaderMap::from_iter([(name.clone(), value)]);
            let values: Vec<_> = binaries(&headers, "x-key-bin").collect();
            assert_eq!(values, [&[0, 159, 255, 10][..]]);
        }
    }

    #[test]
    fn binary_values_may_be_joined_repeated_empty_and_wrong() {
        let mut headers = HeaderMap::new();
        for value in ["AA,AQ==, Ag", "%, Aw", ""] {
            headers.append("x-key-bin", HeaderValue::from_static(value));
        }
        let values: Vec<_> = binaries(&headers, "X-Key-Bin").collect();
        assert_eq!(values, [&[0][..], &[1], &[2], &[3], &[]]);
        assert_eq!(binaries(&headers, "x-other-bin").count(), 0);
        assert_eq!(binaries(&headers, "not a name").count(), 0);
    }

    #[test]
    fn what_flows_everywhere_is_taken_out_and_nothing_else() {
        let mut headers = HeaderMap::new();
        for name in ["x-md-global-a", "x-md-local-a", "x-md-global-b", "x-md-global-a", "x-md-a"] {
            headers.append(name, HeaderValue::from_static("1"));
        }
        disown(&mut headers);
        let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["x-md-a", "x-md-local-a"]);
    }

    #[test]
    fn no_priority_flows_in_baggage_and_the_rest_of_it_does() {
        let mut headers = HeaderMap::new();
        for value in ["a=b,priority=high;p=1, c=d", " priority = high", "prior%69ty=high,e=f"] {
            headers.append(BAGGAGE, HeaderValue::from_static(value));
        }
        disown(&mut headers);
        let left: Vec<_> = headers.get_all(BAGGAGE).iter().collect();
        assert_eq!(left, ["a=b, c=d", "e=f"]);
        let jaegers = [
            ("uberctx-priority", "high"),
            ("uberctx-a", "1"),
            ("jaeger-baggage", "priority=high, b=2"),
        ];
        let mut headers: HeaderMap = jaegers
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .into_iter()
            .collect();
        disown(&mut headers);
        assert_eq!(headers.len(), 2, "{headers:?}");
        assert_eq!(
            (&headers["uberctx-a"], &headers["jaeger-baggage"]),
            (&HeaderValue::from_static("1"), &HeaderValue::from_static(" b=2"))
        );
    }

    #[test]
    fn what_http_forbids_is_refused() {
        assert!(entry("a b", b"c").is_none());
        assert!(entry("a", b"c\nd").is_none());
    }
}
