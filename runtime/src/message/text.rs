//! Text forms that JSON, path variables and queries share: numbers, booleans, base64.

use std::fmt::Display;
use std::str::FromStr;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::Fault;

/// Bits after the last whole byte are ignored, as every protobuf library does.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);

/// Both alphabets: the URL-safe one is known by its two own characters.
pub(crate) fn base64_decode(text: &str) -> Result<Vec<u8>, Fault> {
    let alphabet = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    match GeneralPurpose::new(alphabet, LENIENT).decode(text) {
        Ok(bytes) => Ok(bytes),
        Err(_) => Err(Fault::new("invalid base64")),
    }
}

pub(crate) fn base64_encode(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// As Go's `strconv.ParseBool`, which is what Kratos reads.
pub(crate) fn parse_bool(text: &str) -> Result<bool, Fault> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(expected("true or false", text)),
    }
}

/// An integer, with ProtoJSON's integral exponent and point forms: `1e3`, `5.0`.
pub(crate) fn parse_integer<T: FromStr + TryFrom<i128>>(text: &str) -> Option<T> {
    if let Ok(value) = text.parse::<T>() {
        // A leading plus is Rust's own; neither JSON nor Go's form has it.
        return (!text.starts_with('+')).then_some(value);
    }
    T::try_from(exponent_form(text)?).ok()
}

/// Exact, without a detour over floating point: 64-bit integers do not fit in an `f64`.
fn exponent_form(text: &str) -> Option<i128> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let (sign, whole) = whole.strip_prefix('-').map_or((1, whole), |rest| (-1, rest));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let all = format!("{whole}{fraction}");
    let digits = all.trim_start_matches('0');
    if digits.is_empty() {
        return Some(0);
    }
    let shift = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let digits = if shift < 0 {
        // Only zeros may go: 120e-1 is 12, 125e-1 is no integer.
        let cut = digits.len().checked_sub(shift.unsigned_abs() as usize)?;
        let (kept, gone) = digits.split_at(cut);
        gone.bytes().all(|byte| byte == b'0').then_some(kept)?
    } else {
        digits
    };
    if digits.len() > 20 || shift > 20 {
        return None;
    }
    let value = digits.parse::<i128>().ok()?;
    let value = value.checked_mul(10i128.checked_pow(shift.max(0).unsigned_abs())?)?;
    Some(sign * value)
}

/// A floating-point number, with ProtoJSON's names for what JSON has no number for.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => {
            // Rust also reads "inf" and "nan" in any case: only digits may begin a number here.
            let digits = text.strip_prefix('-').unwrap_or(text);
            let begins = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
            text.parse::<f64>().ok().filter(|value| begins && value.is_finite())
        }
    }
}

/// The mistake of a text that is not what was expected.
#[cold]
pub(crate) fn expected(what: impl Display, found: &str) -> Fault {
    /// Enough to recognise the value; the rest of a long one helps nobody.
    const SHOWN: usize = 64;
    match found.char_indices().nth(SHOWN) {
        Some((end, _)) => Fault::new(format!("expected {what}, found {:?}...", &found[..end])),
        None => Fault::new(format!("expected {what}, found {found:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_exactly() {
        for (text, value) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("-0.0", Some(0)),
            ("1e3", Some(1000)),
            ("1.5e1", Some(15)),
            ("120e-1", Some(12)),
            ("125e-1", None),
            ("1.5", None),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("9.223372036854775807e18", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("1e400", None),
            ("1e-2147483648", None),
            ("0e999", Some(0)),
            ("+1", None),
            ("", None),
            (" 1", None),
            ("0x10", None),
            ("1e", None),
            (".5e1", None),
        ] {
            assert_eq!(parse_integer::<i64>(text), value, "{text}");
        }
        assert_eq!(parse_integer::<u64>("18446744073709551615"), Some(u64::MAX));
        assert_eq!(parse_integer::<u64>("-1"), None);
        assert_eq!(parse_integer::<u8>("256"), None);
    }

    #[test]
    fn floats_have_three_names_and_no_others() {
        assert!(parse_float("NaN").is_some_and(f64::is_nan));
        assert_eq!(parse_float("-Infinity"), Some(f64::NEG_INFINITY));
        assert_eq!(parse_float("1e-3"), Some(0.001));
        for text in ["inf", "nan", "infinity", "+1", "1e999", "", "-"] {
            assert_eq!(parse_float(text), None, "{text}");
        }
    }

    #[test]
    fn base64_is_read_in_either_alphabet_padded_or_not() {
        for text in ["-_8=", "-_8", "+/8=", "+/8"] {
            assert_eq!(base64_decode(text).expect("base64"), [0xfb, 0xff], "{text}");
        }
        assert!(base64_decode("a b").is_err());
        assert_eq!(base64_encode(&[0xfb, 0xff]), "+/8=");
    }
}
