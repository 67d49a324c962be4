//! `/healthz` and `/readyz`: for probes that speak plain HTTP, on the main port and on the admin port.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use crate::call::{Body, Reply};
use crate::health::Health;
use crate::server::Site;
use crate::service::Handler;

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

/// What the admin listener serves.
pub(super) fn site(health: Health) -> Site {
    Site::Plain(Arc::new(move |request| {
        let probe = PROBES.iter().find(|probe| probe.path == request.uri().path());
        let read = matches!(*request.method(), Method::GET | Method::HEAD);
        let (status, text) = match probe {
            Some(probe) if read => (probe.answer)(&health),
            Some(_) => (StatusCode::METHOD_NOT_ALLOWED, ""),
            None => (StatusCode::NOT_FOUND, ""),
        };
        let mut response = Response::new(Body::from(Bytes::from_static(text.as_bytes())));
        *response.status_mut() = status;
        *response.headers_mut() = headers();
        if status == StatusCode::METHOD_NOT_ALLOWED {
            let allow = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(http::header::ALLOW, allow);
        }
        Box::pin(std::future::ready(response))
    }))
}
