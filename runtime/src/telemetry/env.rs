//! The variables of the environment, by OpenTelemetry's general rules: an empty one is as good as none, and one that cannot
//! be read is told and passed over. See
//! <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.

use std::str::FromStr;
use std::time::Duration;

/// Looks variables up, and gathers what is wrong with them.
pub(super) struct Env<'a> {
    find: &'a dyn Fn(&str) -> Option<String>,
    pub(super) warnings: Vec<String>,
}

impl<'a> Env<'a> {
    pub(super) fn new(find: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { find, warnings: Vec::new() }
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        let text = (self.find)(name)?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The first of these that says anything.
    pub(super) fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.text(name))
    }

    pub(super) fn warn(&mut self, name: &str, what: impl std::fmt::Display) {
        self.warnings.push(format!("{name}: {what}; it is ignored"));
    }

    /// True for `true` alone, however it is written.
    pub(super) fn boolean(&mut self, name: &str) -> bool {
        match self.text(name) {
            Some(text) if text.eq_ignore_ascii_case("true") => true,
            Some(text) if text.eq_ignore_ascii_case("false") => false,
            Some(text) => {
                self.warn(name, format_args!("expected true or false, found {text:?}"));
                false
            }
            None => false,
        }
    }

    pub(super) fn number<T: FromStr>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        let number = text.parse().ok();
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
        self.positive(name).map(|millis| Duration::from_millis(millis as u64))
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

    /// Words separated by commas; those that are none of these are passed over.
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
        Some(chosen)
    }

    /// `key=value,key=value`, with `%` escapes in the values. Values may be secrets and are never told.
    pub(super) fn pairs(&mut self, name: &str) -> Vec<(String, String)> {
        let Some(text) = self.text(name) else { return Vec::new() };
        let mut pairs = Vec::new();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let decoded = pair.split_once('=').and_then(|(key, value)| {
                let (key, value) = (key.trim(), value.trim());
                let value = percent_encoding::percent_decode_str(value).decode_utf8().ok()?;
                (!key.is_empty()).then(|| (key.to_owned(), value.into_owned()))
            });
            match decoded {
                Some(pair) => pairs.push(pair),
                None => self.warn(name, "expected key=value, with % for what is not ASCII"),
            }
        }
        pairs
    }
}
