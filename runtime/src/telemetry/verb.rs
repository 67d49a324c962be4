//! HTTP methods as telemetry tells them: the known ones by name, all others as `_OTHER`.

use std::borrow::Cow;

use http::Method;

use super::names::OTHER;

/// The methods that are known unless somebody says otherwise: those of RFC 9110, `PATCH`, and `QUERY`.
const KNOWN: [&str; 10] =
    ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE", "QUERY"];

/// The methods that are told by name.
#[derive(Debug)]
pub(super) struct Verbs(Vec<Cow<'static, str>>);

/// A place among the known methods, or the one behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verb(u8);

impl Verbs {
    /// The most that are told apart.
    const MOST: usize = 100;

    /// The usual ones, or those that take their place.
    pub(super) fn new(known: Option<&[String]>) -> Self {
        Self(match known {
            None => KNOWN.iter().copied().map(Cow::Borrowed).collect(),
            Some(known) => known.iter().take(Self::MOST).cloned().map(Cow::Owned).collect(),
        })
    }

    /// How many there are, `_OTHER` included.
    pub(super) fn count(&self) -> usize {
        self.0.len() + 1
    }

    #[inline]
    pub(super) fn of(&self, method: &Method) -> Verb {
        self.named(method.as_str())
    }

    #[inline]
    pub(super) fn named(&self, method: &str) -> Verb {
        let index = self.0.iter().position(|known| known == method).unwrap_or(self.0.len());
        Verb::at(index)
    }

    /// `http.request.method`; `None` stands for `_OTHER`.
    fn known(&self, verb: Verb) -> Option<&Cow<'static, str>> {
        self.0.get(verb.index())
    }

    pub(super) fn is_other(&self, verb: Verb) -> bool {
        self.known(verb).is_none()
    }

    /// `http.request.method`.
    pub(super) fn name(&self, verb: Verb) -> Cow<'static, str> {
        self.known(verb).cloned().unwrap_or(Cow::Borrowed(OTHER))
    }

    /// What begins the name of a span.
    pub(super) fn in_name(&self, verb: Verb) -> &str {
        self.known(verb).map_or("HTTP", |name| name)
    }
}

impl Verb {
    /// The method at this place.
    pub(super) fn at(index: usize) -> Self {
        Self(u8::try_from(index).unwrap_or(u8::MAX))
    }

    #[inline]
    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_other() {
        let of = |verbs: &Verbs, method: &[u8]| {
            verbs.name(verbs.of(&Method::from_bytes(method).unwrap())).into_owned()
        };
        let usual = Verbs::new(None);
        assert_eq!([of(&usual, b"GET"), of(&usual, b"QUERY")], ["GET", "QUERY"]);
        assert_eq!([of(&usual, b"PURGE"), of(&usual, b"get")], [OTHER, OTHER]);
        assert_eq!(usual.in_name(usual.named("PURGE")), "HTTP");
        let own = Verbs::new(Some(&["POST".to_owned(), "PURGE".to_owned()]));
        assert_eq!([of(&own, b"GET"), of(&own, b"PURGE")], [OTHER, "PURGE"]);
    }
}
