//! How long a caller waits: `grpc-timeout`, and Connect's header, which is read on every surface too.

use std::time::Duration;

use http::{HeaderName, HeaderValue};

pub(crate) const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

use crate::{Error, Result};

/// Reads `grpc-timeout`: one to eight digits and a unit.
///
/// # Errors
/// `CODEC` for anything else.
pub(crate) fn timeout(value: &HeaderValue) -> Result<Duration> {
    let malformed =
        || Error::codec("grpc-timeout: expected one to eight digits and one of H M S m u n");
    let (unit, digits) = value.as_bytes().split_last().ok_or_else(malformed)?;
    let number = number(digits, 8).ok_or_else(malformed)?;
    Ok(match unit {
        b'H' => Duration::from_secs(number * 3600),
        b'M' => Duration::from_secs(number * 60),
        b'S' => Duration::from_secs(number),
        b'm' => Duration::from_millis(number),
        b'u' => Duration::from_micros(number),
        b'n' => Duration::from_nanos(number),
        _ => return Err(malformed()),
    })
}

/// Reads `Connect-Timeout-Ms`: one to ten digits, in milliseconds.
///
/// # Errors
/// `CODEC` for anything else.
pub(crate) fn connect_timeout(value: &HeaderValue) -> Result<Duration> {
    let number = number(value.as_bytes(), 10);
    number
        .map(Duration::from_millis)
        .ok_or_else(|| Error::codec("connect-timeout-ms: expected one to ten digits"))
}

fn number(digits: &[u8], most: usize) -> Option<u64> {
    if digits.is_empty() || digits.len() > most {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Option<Duration> {
        timeout(&HeaderValue::from_static(text)).ok()
    }

    #[test]
    fn every_unit_is_read() {
        assert_eq!(read("2H"), Some(Duration::from_secs(7200)));
        assert_eq!(read("3M"), Some(Duration::from_secs(180)));
        assert_eq!(read("1S"), Some(Duration::from_secs(1)));
        assert_eq!(read("250m"), Some(Duration::from_millis(250)));
        assert_eq!(read("9u"), Some(Duration::from_micros(9)));
        assert_eq!(read("99999999n"), Some(Duration::from_nanos(99_999_999)));
        assert_eq!(read("99999999H"), Some(Duration::from_secs(99_999_999 * 3600)));
        assert_eq!(read("0m"), Some(Duration::ZERO));
    }

    #[test]
    fn anything_else_is_an_error() {
        for text in ["", "m", "1", "123456789m", "-1S", "1.5S", "1s", "1 S", "+1S"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    #[test]
    fn connect_timeouts_are_milliseconds() {
        let value = HeaderValue::from_static("1500");
        assert_eq!(connect_timeout(&value).unwrap(), Duration::from_millis(1500));
        for text in ["", "12345678901", "1s"] {
            assert!(connect_timeout(&HeaderValue::from_static(text)).is_err(), "{text:?}");
        }
    }
}
