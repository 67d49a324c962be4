//! `/healthz` and `/readyz`: for probes that speak plain HTTP, on the main port and on the admin port. And `/metrics`, on the
//! admin port alone.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
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

/// What the admin listener serves.
pub(super) fn site(health: Health, scrape: Scrape) -> Site {
    Site::Plain(Arc::new(move |request| {
        let path = request.uri().path();
        let probe = PROBES.iter().find(|probe| probe.path == path);
        let read = matches!(*request.method(), Method::GET | Method::HEAD);
        let metrics = if path == "/metrics" { scrape() } else { None };
        let known = probe.is_some() || metrics.is_some();
        let mut media = None;
        let (status, text) = match (probe, metrics) {
            _ if known && !read => (StatusCode::METHOD_NOT_ALLOWED, Bytes::new()),
            (Some(probe), _) => {
                let (status, text) = (probe.answer)(&health);
                (status, Bytes::from_static(text.as_bytes()))
            }
            (None, Some(Ok(text))) => {
                media = Some(EXPOSITION);
                (StatusCode::OK, Bytes::from(text))
            }
            (None, Some(Err(why))) => {
                (StatusCode::INTERNAL_SERVER_ERROR, Bytes::from(format!("{why}\n")))
            }
            (None, None) => (StatusCode::NOT_FOUND, Bytes::new()),
        };
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = status;
        *response.headers_mut() = headers();
        if let Some(media) = media {
            response.headers_mut().insert(CONTENT_TYPE, media);
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            let allow = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(http::header::ALLOW, allow);
        }
        Box::pin(std::future::ready(response))
    }))
}
