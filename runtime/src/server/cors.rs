//! Which pages of other origins may call: `server.cors`, around everything. Where nothing is configured it is not there, and
//! nobody pays for it.
//!
//! Only browsers ask and obey: this keeps no other caller out. A WebSocket is the one thing that they do not ask for
//! beforehand, and that is refused here.

#[cfg(feature = "ws")]
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, COOKIE, HOST,
    ORIGIN, UPGRADE, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};

use super::layered::Asked;
#[cfg(feature = "tls")]
use super::tls::PeerIdentity;
use super::{Core, Http, Peer};
use crate::call::{Body, BoxFuture};
#[cfg(feature = "ws")]
use crate::error::reasons;
#[cfg(feature = "ws")]
use crate::{Error, Result as Plain};

/// What scripts may read beside the few headers that they always may, where `*` may not be said.
const EXPOSED: &str = "grpc-status, grpc-message, grpc-status-details-bin, grpc-encoding, content-encoding, \
                       connect-content-encoding, accept-encoding, allow, etag, location, retry-after";

/// Who may call, and what they may see.
#[derive(Clone)]
pub(crate) struct Cors(Arc<Rules>);

struct Rules {
    /// `None` is every one.
    origins: Option<Vec<HeaderValue>>,
    /// Whether calls may carry cookies and the like.
    credentials: bool,
    exposed: HeaderValue,
    max_age: HeaderValue,
}

impl Cors {
    /// `origins` of `None` are all of them; `exposed` are headers of the user's own that scripts may read, and matter with
    /// `credentials` alone: without them scripts may read every one.
    pub(crate) fn new(
        origins: Option<Vec<HeaderValue>>,
        credentials: bool,
        exposed: &[String],
        max_age: Duration,
    ) -> Self {
        let all = HeaderValue::from_static("*");
        let listed = [&[EXPOSED.to_owned()], exposed].concat().join(", ");
        let exposed = if credentials { HeaderValue::try_from(listed).unwrap_or(all) } else { all };
        let max_age = HeaderValue::from(max_age.as_secs());
        Self(Arc::new(Rules { origins, credentials, exposed, max_age }))
    }

    /// Everything that is served, with a word for browsers.
    pub(super) fn around(
        &self,
        mut request: Request<Body>,
        core: &Arc<Core>,
        answer: &Http,
    ) -> BoxFuture<'static, Response<Body>> {
        let headers = request.headers();
        let Some(origin) = headers.get(ORIGIN).cloned() else {
            let answered = answer(request);
            // A cache in between must not give a page what it kept for somebody who is none.
            return match self.0.origins.is_some() {
                true => Box::pin(async move {
                    let mut response = answered.await;
                    response.headers_mut().append(VARY, HeaderValue::from_static("origin"));
                    response
                }),
                false => answered,
            };
        };
        // Any other OPTIONS is a question for the route.
        if request.method() == Method::OPTIONS
            && let Some(method) = headers.get(ACCESS_CONTROL_REQUEST_METHOD)
        {
            let answer = self.0.preflight(&origin, method, headers);
            // Nobody else tells of it.
            core.disown(&mut request);
            let answer = Asked::of(core, &mut request).answered(answer);
            return Box::pin(std::future::ready(answer));
        }
        // With everything else a browser itself leaves them out; a WebSocket it sends them with, whoever opens it.
        if asks_for_socket(headers)
            && !self.0.trusts(&origin)
            && !same_origin(&origin, core.scheme(Peer::of(&request), headers), headers)
        {
            disguise(&mut request);
        }
        let rules = Arc::clone(&self.0);
        let answered = answer(request);
        Box::pin(async move {
            let mut response = answered.await;
            rules.mark(&origin, response.headers_mut());
            response
        })
    }
}

/// Whether the page that asks for a WebSocket, if one does, may have it: one of this host, or one that `server.cors` names.
///
/// # Errors
/// `ORIGIN_NOT_ALLOWED` (403) for any other page: no preflight protects a WebSocket.
#[cfg(feature = "ws")]
pub(super) fn socket_allowed(
    core: &Core,
    peer: Option<SocketAddr>,
    headers: &HeaderMap,
) -> Plain<()> {
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let named = core.cors.as_ref().is_some_and(|cors| cors.0.allowed(origin).is_some());
    if named || same_origin(origin, core.scheme(peer, headers), headers) {
        return Ok(());
    }
    let why =
        "pages of another origin may open this WebSocket only if `server.cors.origins` names it";
    Err(Error::forbidden(reasons::ORIGIN_NOT_ALLOWED, why))
}

/// Whether a page of this origin came from the host that it asks, and by the same scheme where it is known by which one the
/// page asks.
fn same_origin(origin: &HeaderValue, asked_by: Option<&str>, headers: &HeaderMap) -> bool {
    let parts = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let (Some((scheme, authority)), Some(host)) = (parts, headers.get(HOST)) else { return false };
    authority.as_bytes().eq_ignore_ascii_case(host.as_bytes())
        && asked_by.is_none_or(|known| scheme.eq_ignore_ascii_case(known))
}

/// Takes off what a browser adds by itself to tell who its user is.
fn disguise(request: &mut Request<Body>) {
    request.headers_mut().remove(COOKIE);
    request.headers_mut().remove(AUTHORIZATION);
    #[cfg(feature = "tls")]
    request.extensions_mut().remove::<PeerIdentity>();
}

fn asks_for_socket(headers: &HeaderMap) -> bool {
    headers.get(UPGRADE).is_some_and(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

impl Rules {
    /// The origin that the answer names, where the caller's is allowed.
    fn allowed(&self, origin: &HeaderValue) -> Option<HeaderValue> {
        match &self.origins {
            None if !self.credentials => Some(HeaderValue::from_static("*")),
            None => Some(origin.clone()),
            Some(origins) => origins.contains(origin).then(|| origin.clone()),
        }
    }

    /// Whether calls of this origin may carry cookies and the like.
    fn trusts(&self, origin: &HeaderValue) -> bool {
        self.credentials && self.allowed(origin).is_some()
    }

    /// What every answer to an origin says.
    fn mark(&self, origin: &HeaderValue, headers: &mut HeaderMap) {
        headers.append(VARY, HeaderValue::from_static("origin"));
        let Some(allowed) = self.allowed(origin) else { return };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed.clone());
        if self.credentials {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }

    /// The answer to a browser that asks before it calls: the method and the headers that it asks for.
    fn preflight(
        &self,
        origin: &HeaderValue,
        method: &HeaderValue,
        asked: &HeaderMap,
    ) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        self.mark(origin, headers);
        headers.append(VARY, HeaderValue::from_static("access-control-request-method"));
        headers.append(VARY, HeaderValue::from_static("access-control-request-headers"));
        if headers.remove(ACCESS_CONTROL_EXPOSE_HEADERS).is_some() {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, method.clone());
            headers.insert(ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
            if let Some(names) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
                headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
            }
        }
        response
    }
}
