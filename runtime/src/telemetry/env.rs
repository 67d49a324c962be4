//! The variables of the environment, by OpenTelemetry's general rules: an empty one is as good as none, and one that cannot
//! be read is told and passed over. See
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.

use std::ffi::OsString;
use std::str::FromStr;
use std::time::Duration;

/// What a timeout of 0 means: no limit. As OpenTelemetry suggests it is the longest that fits, 24 days.
const NO_LIMIT: Duration = Duration::from_millis(i32::MAX as u64);

/// Looks variables up, and gathers what is wrong with them.
pub(super) struct Env<'a> {
    find: &'a dyn Fn(&str) -> Option<OsString>,
    pub(super) warnings: Vec<String>,
}

impl<'a> Env<'a> {
    pub(super) fn new(find: &'a dyn Fn(&str) -> Option<OsString>) -> Self {
        Self { find, warnings: Vec::new() }
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        let Ok(text) = (self.find)(name)?.into_string() else {
            self.warn(name, "expected text in UTF-8");
            return None;
        };
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    pub(super) fn warn(&mut self, name: &str, what: impl std::fmt::Display) {
        self.tell(format!("{name}: {what}; it is ignored"));
    }

    fn tell(&mut self, warning: String) {
        // What is for every signal is read for each.
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// True for `true` alone, however it is written; whatever else somebody says is false.
    pub(super) fn boolean(&mut self, name: &str) -> Option<bool> {
        let text = self.text(name)?;
        let truth = text.eq_ignore_ascii_case("true");
        if !truth && !text.eq_ignore_ascii_case("false") {
            self.tell(format!(
                "{name}: expected true or false, found {text:?}; it is taken for false"
            ));
        }
        Some(truth)
    }

    pub(super) fn number<T: FromStr>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        // Rust would also read a sign.
        let number = text.parse().ok().filter(|_| !text.starts_with('+'));
        if number.is_none() {
            self.warn(name, format_args!("expected a number, found {text:?}"));
        }
        number
    }

    /// A number above zero.
    pub(super) fn positive(&mut self, name: &str) -> Option<usize> {
        let number: usize = self.number(name)?;
        if number > 0 {
            return Some(number);
        }
        self.warn(name, "expected a number above 0");
        None
    }

    pub(super) fn millis(&mut self, name: &str) -> Option<Duration> {
        self.number(name).map(Duration::from_millis)
    }

    /// How far apart things are, which cannot be nothing.
    pub(super) fn interval(&mut self, name: &str) -> Option<Duration> {
        self.positive(name).map(|millis| Duration::from_millis(millis as u64))
    }

    /// The longest that something may take.
    pub(super) fn timeout(&mut self, name: &str) -> Option<Duration> {
        self.millis(name).map(|most| if most.is_zero() { NO_LIMIT } else { most })
    }

    /// One of these words, whatever their case.
    pub(super) fn choice<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let found = words.iter().find(|(word, _)| text.eq_ignore_ascii_case(word));
        if found.is_none() {
            let known: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            self.warn(name, format_args!("expected one of {}, found {text:?}", known.join(", ")));
        }
        found.map(|(_, value)| *value)
    }

    /// Words separated by commas; those that are none of these are passed over. Where all are, nothing was said.
    pub(super) fn choices<T: Copy + PartialEq>(
        &mut self,
        name: &str,
        words: &[(&str, T)],
    ) -> Option<Vec<T>> {
        let text = self.text(name)?;
        let mut chosen = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match words.iter().find(|(word, _)| part.eq_ignore_ascii_case(word)) {
                Some((_, value)) if !chosen.contains(value) => chosen.push(*value),
                Some(_) => {}
                None => self.warn(name, format_args!("{part:?} is not known here")),
            }
        }
        (!chosen.is_empty()).then_some(chosen)
    }

    /// `key=value,key=value`, with `%` escapes. One that is wrong takes all of it along, as OpenTelemetry asks. Values may be
    /// secrets and are never told.
    pub(super) fn pairs(&mut self, name: &str) -> Option<Vec<(String, String)>> {
        let text = self.text(name)?;
        let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=')?;
            let (key, value) = (decoded(key.trim())?, decoded(value.trim())?);
            (!key.is_empty()).then_some((key, value))
        });
        let pairs: Option<Vec<_>> = pairs.collect();
        if pairs.is_none() {
            self.warn(name, "expected key=value,key=value, with % for what is not ASCII");
        }
        pairs
    }
}

/// Without its escapes; `None` where a `%` escapes nothing, or all of it is no text.
fn decoded(text: &str) -> Option<String> {
    let escapes = |rest: &str| {
        rest.get(..2).is_some_and(|two| two.bytes().all(|digit| digit.is_ascii_hexdigit()))
    };
    if !text.split('%').skip(1).all(escapes) {
        return None;
    }
    let text = percent_encoding::percent_decode_str(text).decode_utf8().ok()?;
    Some(text.into_owned())
}
