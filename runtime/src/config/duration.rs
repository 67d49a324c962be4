//! Durations as people write them: `1s`, `0.2s`, `500ms`, `1m30s`, `2h`.

use std::time::Duration;

/// What a duration looks like, for messages about one that does not.
pub(crate) const EXPECTED: &str = "a duration such as 500ms, 1s or 1m30s";

const UNITS: [(&str, f64); 7] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
];

/// Reads a duration: numbers with units, largest first or not, and a bare `0`.
pub(crate) fn parse(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(end);
        let unit_end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(unit_end);
        let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
        total = total.checked_add(part(number, *seconds)?)?;
        rest = tail;
    }
    (!text.is_empty()).then_some(total)
}

/// Whole numbers stay exact; only fractions go through floating point.
fn part(number: &str, unit: f64) -> Option<Duration> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let nanos_per_unit = (unit * 1e9).round() as u128;
    let nanos = u128::from(whole).checked_mul(nanos_per_unit)?;
    let mut total = Duration::new(
        u64::try_from(nanos / 1_000_000_000).ok()?,
        u32::try_from(nanos % 1_000_000_000).ok()?,
    );
    if !fraction.is_empty() {
        let fraction: f64 = format!("0.{fraction}").parse().ok()?;
        let nanos = (fraction * nanos_per_unit as f64).round() as u64;
        total = total.checked_add(Duration::from_nanos(nanos))?;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        for (text, millis) in [
            ("1s", 1000),
            ("0.2s", 200),
            ("500ms", 500),
            ("1m30s", 90_000),
            ("2h", 7_200_000),
            ("1h0.5m", 3_630_000),
            ("0", 0),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Some(Duration::from_millis(millis)), "{text}");
        }
        assert_eq!(parse("18446744073709551615s"), Some(Duration::from_secs(u64::MAX)));
    }

    #[test]
    fn refuses_the_rest() {
        for text in [
            "",
            "10",
            "s",
            "-1s",
            "1 s",
            "1d",
            "1s5",
            ".s",
            "1..2s",
            "99999999999999999999s",
            "1m18446744073709551615s",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
