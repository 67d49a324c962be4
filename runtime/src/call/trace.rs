//! The W3C trace context of a call: parsed once, kept with the record, sent on by clients.
//!
//! No span is made here and nothing is exported: this is identity alone. What is recorded is decided in `telemetry`.

use std::cell::Cell;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};

use http::{HeaderName, HeaderValue};

/// The header that carries it: <https://www.w3.org/TR/trace-context/>.
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// What goes with it, passed on as it came.
pub(crate) const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// Which trace a call belongs to, and which span of it the call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trace {
    /// In two halves: a `u128` would make every call carry padding along.
    id: (u64, u64),
    span: u64,
    /// 0 where there is none.
    parent: u64,
    sampled: bool,
}

impl Trace {
    /// The caller's trace, with a span of our own; a new, sampled trace where the caller sent none that is valid.
    #[inline]
    pub(crate) fn open(traceparent: Option<&HeaderValue>) -> Self {
        let (span, high, low) = random();
        match traceparent.and_then(|value| parse(value.as_bytes())) {
            Some((id, parent, sampled)) => Self { id, span, parent, sampled },
            None => Self { id: (high, low), span, parent: 0, sampled: true },
        }
    }

    /// A trace that came in another form, with a span of our own.
    #[cfg(feature = "telemetry")]
    pub(crate) fn child(id: u128, parent: u64, sampled: bool) -> Self {
        let (span, ..) = random();
        Self { id: ((id >> 64) as u64, id as u64), span, parent, sampled }
    }

    /// The half of the trace's id by which shares are decided.
    #[cfg(feature = "telemetry")]
    #[inline]
    pub(crate) fn low(&self) -> u64 {
        self.id.1
    }

    /// Decides whether the trace is recorded.
    #[cfg(feature = "telemetry")]
    #[inline]
    pub(crate) fn set_sampled(&mut self, sampled: bool) {
        self.sampled = sampled;
    }

    /// The trace's id; shown as 32 hexadecimal digits.
    pub fn id(&self) -> impl fmt::Display + fmt::Debug + use<> {
        Id(self.id)
    }

    /// The id of the call's own span.
    pub(crate) fn span(&self) -> u64 {
        self.span
    }

    /// The trace's id and the span's as numbers.
    #[cfg(feature = "telemetry")]
    pub(crate) fn ids(&self) -> (u128, u64) {
        let (high, low) = self.id;
        (u128::from(high) << 64 | u128::from(low), self.span)
    }

    /// The caller's span, where it sent one.
    pub fn parent(&self) -> Option<u64> {
        (self.parent != 0).then_some(self.parent)
    }

    /// Whether the trace is recorded.
    pub fn sampled(&self) -> bool {
        self.sampled
    }

    /// The `traceparent` of outgoing calls, with this call as the parent.
    pub(crate) fn header(&self) -> HeaderValue {
        let flags = u8::from(self.sampled);
        let text = format!("00-{}-{:016x}-{flags:02x}", self.id(), self.span);
        // Hexadecimal digits and dashes are a valid value.
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

struct Id((u64, u64));

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (high, low) = self.0;
        write!(f, "{high:016x}{low:016x}")
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `00-<32 hex>-<16 hex>-<2 hex>`; a later version may go on after another dash.
pub(crate) fn parse(value: &[u8]) -> Option<((u64, u64), u64, bool)> {
    let version = hex(value.get(..2)?)?;
    let dashes = [2, 35, 52].iter().all(|at| value.get(*at) == Some(&b'-'));
    let length = value.len() == 55 || (version != 0 && value.get(55) == Some(&b'-'));
    if version == 0xff || !dashes || !length {
        return None;
    }
    let id = (hex(&value[3..19])?, hex(&value[19..35])?);
    let parent = hex(&value[36..52])?;
    let flags = hex(&value[53..55])?;
    (id != (0, 0) && parent != 0).then_some((id, parent, flags & 1 == 1))
}

/// Lower-case hexadecimal digits alone, as the specification asks.
fn hex(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |value, digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(value << 4 | u64::from(digit))
    })
}

/// Three random numbers, none of them 0. Identifiers need to differ, not to be secret.
fn random() -> (u64, u64, u64) {
    thread_local! {
        static STATE: Cell<u64> = const { Cell::new(0) };
    }
    STATE.with(|state| {
        let first = match state.get() {
            0 => RandomState::new().hash_one(0_u8) | 1,
            seed => next(seed),
        };
        state.set(first);
        // Odd factors: what is not 0 does not become 0, and no two numbers become one.
        let second = first.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let third = first.rotate_left(32).wrapping_mul(0xd1b5_4a32_d192_ed03);
        (first, second, third)
    })
}

/// Marsaglia's xorshift64: never 0 when it did not start there.
fn next(mut x: u64) -> u64 {
    x ^= x << 13;
    x ^= x >> 7;
    x ^ x << 17
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(value: &'static str) -> Trace {
        Trace::open(Some(&HeaderValue::from_static(value)))
    }

    #[test]
    fn a_valid_parent_is_continued() {
        let trace = open("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        assert_eq!(trace.id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(trace.parent(), Some(0x00f0_67aa_0ba9_02b7));
        assert!(trace.sampled());
        let sent = trace.header();
        let sent = sent.to_str().unwrap();
        assert!(sent.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"), "{sent}");
        assert!(sent.ends_with("-01") && !sent.contains("00f067aa0ba902b7"), "{sent}");
    }

    #[test]
    fn an_unsampled_parent_stays_unsampled() {
        let trace = open("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
        assert!(!trace.sampled());
        assert!(trace.header().to_str().unwrap().ends_with("-00"));
    }

    #[test]
    fn an_invalid_parent_starts_a_new_trace() {
        for value in [
            "",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        ] {
            let trace = open(value);
            assert_eq!(trace.parent(), None, "{value}");
            assert_ne!(trace.id, (0x4bf9_2f35_77b3_4da6, 0xa3ce_929d_0e0e_4736), "{value}");
        }
        let later = "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more";
        assert!(open(later).parent().is_some());
    }
}
