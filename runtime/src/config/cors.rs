//! `server.cors`: which pages of other origins may call.

use std::time::Duration;

use http::uri::Scheme;
use http::{HeaderName, HeaderValue, Uri};

use super::settings::Source;

/// `server.cors`, where it names any origin.
#[derive(Debug, Clone)]
pub(crate) struct CorsSettings {
    /// `None` is every one.
    pub(crate) origins: Option<Vec<HeaderValue>>,
    pub(crate) credentials: bool,
    pub(crate) expose: Vec<String>,
    pub(crate) max_age: Duration,
}

impl Source<'_> {
    pub(super) fn cors(&mut self) -> Option<Option<CorsSettings>> {
        let origins: Option<Option<Vec<String>>> = self.get("server.cors.origins");
        let credentials = self.get("server.cors.credentials");
        let expose: Option<Option<Vec<String>>> = self.get("server.cors.expose");
        let max_age = self.duration("server.cors.max_age");
        let (origins, credentials, expose) = (origins?, credentials?, expose?.unwrap_or_default());
        let Some(origins) = origins.filter(|origins| !origins.is_empty()) else {
            return Some(None);
        };
        let every = origins.iter().any(|origin| origin == "*");
        if every && credentials {
            let what = "expected the origins by name: with credentials every page could act as its visitor";
            self.mistake("server.cors.origins", what.to_owned());
            return None;
        }
        let mut named = Vec::new();
        for text in origins.iter().filter(|text| *text != "*") {
            match origin(text) {
                Some(origin) => named.push(origin),
                None => {
                    let what =
                        format!("expected an origin such as https://example.com, found {text:?}");
                    self.mistake("server.cors.origins", what);
                    return None;
                }
            }
        }
        if let Some(name) = expose.iter().find(|name| HeaderName::try_from(name.as_str()).is_err())
        {
            let what = format!("expected names of headers, found {name:?}");
            self.mistake("server.cors.expose", what);
            return None;
        }
        let origins = (!every).then_some(named);
        Some(Some(CorsSettings { origins, credentials, expose, max_age: max_age? }))
    }
}

/// An origin as browsers write it: no path, not even a slash, and no capitals.
fn origin(text: &str) -> Option<HeaderValue> {
    let uri: Uri = text.parse().ok()?;
    let known = [Some(&Scheme::HTTP), Some(&Scheme::HTTPS)].contains(&uri.scheme());
    let bare = uri.authority().is_some_and(|at| text.ends_with(at.as_str()));
    let lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
    (known && bare && lower).then(|| HeaderValue::try_from(text).ok())?
}
