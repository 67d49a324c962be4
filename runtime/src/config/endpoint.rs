//! Where a collector listens, as people write it: `http://127.0.0.1:4317`, `collector:4317`.

use http::Uri;
use serde::de::{Deserialize, Deserializer, Error as _};

/// An endpoint that has been checked. What it may hold of credentials is never shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Endpoint(String);

/// What to say of one that is none. It is never repeated: it may hold a password.
pub(crate) const EXPECTED: &str = "expected an address such as http://127.0.0.1:4317";

#[cfg_attr(not(feature = "telemetry"), allow(dead_code, reason = "only telemetry goes there"))]
impl Endpoint {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let endpoint = Self(text.trim().to_owned());
        let uri: Uri = endpoint.url("http").parse().ok()?;
        let authority = uri.authority()?;
        let host = authority.host();
        let after = authority.as_str().rsplit('@').next()?.strip_prefix(host)?;
        let port = after.is_empty() || authority.port_u16().is_some();
        let known = matches!(uri.scheme_str(), Some("http" | "https"));
        // Nobody sends what is behind it: it stands in a password that is not escaped, and what is before it is no host then.
        let whole = !endpoint.0.contains('#');
        (whole && known && port && !host.is_empty()).then_some(endpoint)
    }

    pub(crate) fn has_scheme(&self) -> bool {
        self.0.contains("://")
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.url("http").parse::<Uri>().ok()?.port_u16()
    }

    /// With a scheme, this one where none was written.
    pub(crate) fn url(&self, scheme: &str) -> String {
        if self.has_scheme() { self.0.clone() } else { format!("{scheme}://{}", self.0) }
    }

    /// The same with more of a path, before what may be asked there.
    pub(crate) fn below(&self, path: &str) -> Self {
        let (place, query) = match self.0.split_once('?') {
            Some((place, query)) => (place, Some(query)),
            None => (&*self.0, None),
        };
        let mut text = format!("{}{path}", place.trim_end_matches('/'));
        if let Some(query) = query {
            text.push('?');
            text.push_str(query);
        }
        Self(text)
    }
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let text = String::deserialize(input)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(EXPECTED))
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Endpoint").field(&shown(&self.0)).finish()
    }
}

/// A URL without the user, the password and the query that it may have.
pub(crate) fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    // A password may hold a slash, where somebody forgot to escape it: nothing before the last `@` is shown.
    let (hidden, rest) = match rest.rsplit_once('@') {
        Some((_, rest)) => ("***@", rest),
        None => ("", rest),
    };
    let colon = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{colon}{hidden}{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_read() {
        for (text, url, port) in [
            ("http://127.0.0.1:4317", "http://127.0.0.1:4317", Some(4317)),
            ("collector:4318", "http://collector:4318", Some(4318)),
            (" collector ", "http://collector", None),
            ("https://[::1]:1/x/", "https://[::1]:1/x/", Some(1)),
            ("http://me:secret@host:1", "http://me:secret@host:1", Some(1)),
        ] {
            let endpoint = Endpoint::parse(text).expect(text);
            assert_eq!((endpoint.url("http"), endpoint.port()), (url.to_owned(), port), "{text}");
        }
        assert_eq!(
            Endpoint::parse("collector").map(|it| it.url("https")).as_deref(),
            Some("https://collector")
        );
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "",
            "http://",
            "grpc://h:1",
            "http://h:99999",
            "http://h:x",
            "h:1:2",
            "a b",
            "://h",
            "http://h:1/#x",
            "http://me:12#34@h",
            "/v1/traces",
        ] {
            assert_eq!(Endpoint::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_path_goes_before_the_query() {
        for (text, below) in [
            ("http://h:1", "http://h:1/v1/logs"),
            ("http://h:1/", "http://h:1/v1/logs"),
            ("h/otlp/?t=1", "h/otlp/v1/logs?t=1"),
        ] {
            let endpoint = Endpoint::parse(text).expect(text);
            assert_eq!(endpoint.below("/v1/logs").0, below);
        }
    }

    #[test]
    fn credentials_are_not_shown() {
        for (url, expected) in [
            ("http://me:secret@host:1/x?token=secret", "http://***@host:1/x"),
            ("secret@host", "***@host"),
            ("http://me:secr/et@host", "http://***@host"),
            ("http://host:1", "http://host:1"),
        ] {
            assert_eq!(shown(url), expected);
        }
        let endpoint = Endpoint::parse("http://me:secret@host").expect("one");
        assert_eq!(format!("{endpoint:?}"), "Endpoint(\"http://***@host\")");
    }
}
