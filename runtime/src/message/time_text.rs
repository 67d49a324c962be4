//! Times and durations as text: RFC 3339, ProtoJSON's `1.5s`, and Go's `1h2m`.
//!
//! Dates are those of the proleptic Gregorian calendar, without leap seconds, as `google.protobuf.Timestamp` says.

use std::fmt::Write as _;

use super::Fault;
use super::text::expected;

/// Seconds and nanoseconds, as both well-known types have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stamp {
    pub(crate) seconds: i64,
    pub(crate) nanos: i32,
}

const NANOS: i32 = 1_000_000_000;
const DAY: i64 = 86_400;
/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
const TIMES: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
/// About ten thousand years.
const DURATIONS: std::ops::RangeInclusive<i64> = -315_576_000_000..=315_576_000_000;

const TIMESTAMP: &str = "a time such as 2024-05-06T07:08:09Z";
const DURATION: &str = "a duration such as 1.5s";

/// Whether ProtoJSON has a form for this time.
fn check_timestamp(stamp: Stamp) -> Result<(), Fault> {
    if TIMES.contains(&stamp.seconds) && (0..NANOS).contains(&stamp.nanos) {
        return Ok(());
    }
    Err(Fault::new("a time outside the years 1 to 9999"))
}

/// Whether ProtoJSON has a form for this duration.
fn check_duration(stamp: Stamp) -> Result<(), Fault> {
    let signs =
        (stamp.seconds >= 0 || stamp.nanos <= 0) && (stamp.seconds <= 0 || stamp.nanos >= 0);
    if DURATIONS.contains(&stamp.seconds) && stamp.nanos.abs() < NANOS && signs {
        return Ok(());
    }
    Err(Fault::new("a duration beyond 315576000000 seconds"))
}

/// `2024-05-06T07:08:09.120Z`, with 0, 3, 6 or 9 digits of a second.
pub(crate) fn print_timestamp(stamp: Stamp) -> Result<String, Fault> {
    check_timestamp(stamp)?;
    let (year, month, day) = date(stamp.seconds.div_euclid(DAY));
    let second = stamp.seconds.rem_euclid(DAY);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let mut out = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    print_fraction(stamp.nanos.unsigned_abs(), &mut out);
    out.push('Z');
    Ok(out)
}

/// `1.500s`, with 0, 3, 6 or 9 digits of a second.
pub(crate) fn print_duration(stamp: Stamp) -> Result<String, Fault> {
    check_duration(stamp)?;
    let sign = if stamp.seconds < 0 || stamp.nanos < 0 { "-" } else { "" };
    let mut out = format!("{sign}{}", stamp.seconds.unsigned_abs());
    print_fraction(stamp.nanos.unsigned_abs(), &mut out);
    out.push('s');
    Ok(out)
}

fn print_fraction(nanos: u32, out: &mut String) {
    let (value, width) = match nanos {
        0 => return,
        nanos if nanos % 1_000_000 == 0 => (nanos / 1_000_000, 3),
        nanos if nanos % 1000 == 0 => (nanos / 1000, 6),
        nanos => (nanos, 9),
    };
    // Writing to a string does not fail.
    let _ = write!(out, ".{value:0width$}");
}

/// RFC 3339 with capital `T` and `Z`, or an offset.
pub(crate) fn parse_timestamp(text: &str) -> Result<Stamp, Fault> {
    timestamp(text).ok_or_else(|| expected(TIMESTAMP, text))
}

fn timestamp(text: &str) -> Option<Stamp> {
    let (day, time) = text.split_once('T')?;
    let [year, month, day] = numbers(day, '-', [4, 2, 2])?;
    let offset = time.find(['Z', '+', '-'])?;
    let (time, offset) = time.split_at(offset);
    let (time, fraction) = match time.split_once('.') {
        Some((time, fraction)) => (time, parse_fraction(fraction)?),
        None => (time, 0),
    };
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days(year, month, day)?;
    let seconds = days * DAY + hour * 3600 + minute * 60 + second - parse_offset(offset)?;
    let stamp = Stamp { seconds, nanos: fraction };
    check_timestamp(stamp).is_ok().then_some(stamp)
}

fn parse_offset(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let [hour, minute] = numbers(text.get(1..)?, ':', [2, 2])?;
    (hour <= 23 && minute <= 59).then_some(sign * (hour * 3600 + minute * 60))
}

/// One to nine digits of a second.
fn parse_fraction(text: &str) -> Option<i32> {
    if text.is_empty() || text.len() > 9 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{text:0<9}").parse().ok()
}

/// Decimal parts of exact widths.
fn numbers<const N: usize>(text: &str, separator: char, widths: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(separator);
    let mut out = [0; N];
    for (value, width) in out.iter_mut().zip(widths) {
        let part = parts.next()?;
        if part.len() != width || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *value = part.parse().ok()?;
    }
    parts.next().is_none().then_some(out)
}

/// ProtoJSON's form: seconds with up to nine digits after the point, and an `s`.
pub(crate) fn parse_duration(text: &str) -> Result<Stamp, Fault> {
    seconds(text).ok_or_else(|| expected(DURATION, text))
}

fn seconds(text: &str) -> Option<Stamp> {
    let number = text.strip_suffix('s')?;
    let (negative, number) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) => (whole, parse_fraction(fraction)?),
        None => (number, 0),
    };
    if whole.is_empty() || whole.len() > 12 || !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds: i64 = whole.parse().ok()?;
    let stamp = match negative {
        true => Stamp { seconds: -seconds, nanos: -fraction },
        false => Stamp { seconds, nanos: fraction },
    };
    check_duration(stamp).is_ok().then_some(stamp)
}

/// Either form: ProtoJSON's, or Go's `1h2m0.5s`, which is what Kratos reads in queries.
pub(crate) fn parse_any_duration(text: &str) -> Result<Stamp, Fault> {
    seconds(text)
        .or_else(|| go_duration(text))
        .ok_or_else(|| expected("a duration such as 1.5s or 1h2m", text))
}

fn go_duration(text: &str) -> Option<Stamp> {
    let (negative, mut rest) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    if rest == "0" {
        return Some(Stamp::default());
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at(end);
        let end = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || whole.len() > 18 || fraction.contains('.') {
            return None;
        }
        if !whole.is_empty() {
            total += whole.parse::<i128>().ok()? * unit;
        }
        // What is below a nanosecond is cut off, as Go does.
        let fraction = &fraction[..fraction.len().min(18)];
        if !fraction.is_empty() {
            let scale = 10i128.pow(u32::try_from(fraction.len()).ok()?);
            total += fraction.parse::<i128>().ok()? * unit / scale;
        }
        rest = tail;
    }
    if text.len() < 2 {
        return None;
    }
    let total = if negative { -total } else { total };
    let stamp = Stamp {
        seconds: i64::try_from(total / i128::from(NANOS)).ok()?,
        nanos: i32::try_from(total % i128::from(NANOS)).ok()?,
    };
    check_duration(stamp).is_ok().then_some(stamp)
}

/// Days since 1970-01-01 of a date; `None` where there is no such day.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // The year begins in March here, so that the leap day is its last; 719468 days lie before 1970-01-01.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, month) = (year.div_euclid(400), (month + 9) % 12);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    Some(
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year
            - 719_468,
    )
}

/// The date of a day since 1970-01-01: the reverse of [`days`].
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(seconds: i64, nanos: i32) -> Stamp {
        Stamp { seconds, nanos }
    }

    #[test]
    fn every_day_has_one_date() {
        let mut expected = (1, 1, 1);
        for day in -719_162..2_932_896 {
            let (year, month, dom) = date(day);
            assert_eq!((year, month, dom), expected);
            assert_eq!(days(year, month, dom), Some(day));
            expected = match days(year, month, dom + 1) {
                Some(_) => (year, month, dom + 1),
                None if month < 12 => (year, month + 1, 1),
                None => (year + 1, 1, 1),
            };
        }
        assert_eq!(expected, (9999, 12, 31));
    }

    #[test]
    fn times_are_rfc_3339() {
        for (text, value) in [
            ("1970-01-01T00:00:00Z", stamp(0, 0)),
            ("2024-02-29T23:59:59.120Z", stamp(1_709_251_199, 120_000_000)),
            ("1969-12-31T23:59:59.999999999Z", stamp(-1, 999_999_999)),
            ("0001-01-01T00:00:00Z", stamp(-62_135_596_800, 0)),
            ("9999-12-31T23:59:59.000001Z", stamp(253_402_300_799, 1000)),
        ] {
            assert_eq!(parse_timestamp(text).expect(text), value);
            assert_eq!(print_timestamp(value).expect(text), text);
        }
        let offset = parse_timestamp("1970-01-01T01:30:00+01:30").expect("an offset");
        assert_eq!(offset, stamp(0, 0));
        assert_eq!(
            parse_timestamp("1970-01-01T00:00:00.5-00:01").expect("text"),
            stamp(60, 500_000_000)
        );
        for text in [
            "1970-01-01t00:00:00Z",
            "1970-01-01T00:00:00z",
            "1970-01-01T00:00:00",
            "2023-02-29T00:00:00Z",
            "1970-01-01T24:00:00Z",
            "1970-01-01T00:00:60Z",
            "0000-01-01T00:00:00Z",
            "10000-01-01T00:00:00Z",
            "0001-01-01T00:00:00+01:00",
            "1970-01-01T00:00:00.Z",
            "1970-01-01T00:00:00.1234567890Z",
            "",
            "T",
            "Z",
            "1970-01-01T00:00:00Zé",
            "1970-01-01T00:00:00+é",
        ] {
            assert!(parse_timestamp(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_have_seconds_and_go_forms() {
        for (text, value) in [
            ("0s", stamp(0, 0)),
            ("1.500s", stamp(1, 500_000_000)),
            ("-0.000000001s", stamp(0, -1)),
            ("-3s", stamp(-3, 0)),
            ("315576000000s", stamp(315_576_000_000, 0)),
        ] {
            assert_eq!(parse_duration(text).expect(text), value);
            assert_eq!(print_duration(value).expect(text), text);
        }
        for text in
            ["", "s", "1", "1.s", "+1s", "--1s", "1.0000000001s", "315576000001s", "1h", "é"]
        {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        for (text, value) in [
            ("1h2m", stamp(3720, 0)),
            ("1.5h", stamp(5400, 0)),
            ("-1m0.25s", stamp(-60, -250_000_000)),
            ("3us", stamp(0, 3000)),
            ("0", stamp(0, 0)),
            ("2s", stamp(2, 0)),
        ] {
            assert_eq!(parse_any_duration(text).expect(text), value);
        }
        for text in ["", "-", "1", "h", ".s", "1x", "1h2", "1..5s", "99999999999999999999h", "1é"]
        {
            assert!(parse_any_duration(text).is_err(), "{text}");
        }
    }
}
