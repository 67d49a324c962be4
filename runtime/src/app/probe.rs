//! `/healthz` and `/readyz`: for probes that speak plain HTTP, on the main port and on the admin port. And `/metrics`, on the
//! admin port alone.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use crate::call::{Body, Reply};
use crate::health::Health;
use crate::server::Site;
use crate::service::Handler;
use crate::telemetry::Scrape;

/// A path and what it asks.
pub(super) struct Probe {
    pub(super) path: &'static str,
    /// The status and the body of the answer.
    answer: fn(&Health) -> (StatusCode, &'static str),
}

/// All probes.
pub(super) const PROBES: [Probe; 2] = [
    // Whoever answers at all is alive.
    Probe { path: "/healthz", answer: |_| (StatusCode::OK, "ok\n") },
    Probe {
        path: "/readyz",
        answer: |health| match health.ready() {
            true => (StatusCode::OK, "ok\n"),
            false => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
        },
    },
];

impl Probe {
    /// The probe as an operation of the main port.
    pub(super) fn handler(&self, health: Health) -> Handler {
        let answer = self.answer;
        Arc::new(move |_| {
            let (status, text) = answer(&health);
            let body = Body::from(Bytes::from_static(text.as_bytes()));
            Box::pin(std::future::ready(Ok(Reply::raw(status, headers(), body))))
        })
    }
}

fn headers() -> HeaderMap {
    HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ])
}

/// The content type of `/metrics`: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
const EXPOSITION: HeaderValue =
    HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");

/// What the admin listener serves: these probes, and `/metrics`.
pub(super) fn site(probes: &'static [Probe], health: Health, scrape: Scrape) -> Site {
    Site::Plain(Arc::new(move |request| {
        let path = request.uri().path();
        let probe = probes.iter().find(|probe| probe.path == path);
        let metrics = if path == "/metrics" { scrape() } else { None };
        let response = match (probe, metrics) {
            (None, None) => plain(StatusCode::NOT_FOUND, ""),
            _ if !matches!(*request.method(), Method::GET | Method::HEAD) => {
                let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "");
                response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
                response
            }
            (Some(probe), _) => {
                let (status, text) = (probe.answer)(&health);
                plain(status, text)
            }
            (None, Some(text)) => {
                return Box::pin(async move {
                    match text.await {
                        Ok(text) => {
                            let mut response = plain(StatusCode::OK, text);
                            response.headers_mut().insert(CONTENT_TYPE, EXPOSITION);
                            response
                        }
                        Err((status, why)) => plain(status, format!("{why}\n")),
                    }
                });
            }
        };
        Box::pin(std::future::ready(response))
    }))
}

fn plain(status: StatusCode, text: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::from(text.into()));
    *response.status_mut() = status;
    *response.headers_mut() = headers();
    response
}
