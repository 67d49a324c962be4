//! What is served beside operations: the user's own axum routes and services built with tonic, behind the same middleware.
//!
//! This module is where axum and tonic are known; beside it only the signatures of `App::routes` and `App::tonic` name them.

#[cfg(feature = "http")]
mod probe;
#[cfg(feature = "grpc")]
mod tonic;

use std::sync::Arc;

use bytes::Bytes;
use http::header::ALLOW;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};

use crate::call::{Added, Body, BoxFuture, Call, Guard, Reply, metadata};
use crate::service::Handler;
use crate::surface::{Codec, Head, Web};
use crate::{Error, Result};

#[cfg(feature = "grpc")]
pub(crate) use self::tonic::TonicService;

/// What a call is called that nothing serves. No route is: a template begins with a slash.
pub(crate) const UNMATCHED: &str = "unmatched";

/// The answer to a request that nobody serves.
#[derive(Debug, Clone)]
pub(crate) enum Otherwise {
    /// No route has this path.
    NotFound,
    /// No service has this method, as gRPC asks for it.
    UnknownMethod,
    /// No service has this method, as gRPC-Web asks for it. A service built with tonic does not speak that: it is translated.
    UnknownOnWeb(
        #[cfg_attr(
            not(feature = "grpc"),
            expect(dead_code, reason = "no service is there to be translated for")
        )]
        Web,
    ),
    /// The path has operations for these methods.
    MethodNotAllowed(HeaderValue),
    /// A question for the methods of a path.
    Options(HeaderValue),
}

impl Otherwise {
    /// The methods that a path of the user's router takes, after those that our own operations take there.
    fn allowing(&self, theirs: &HeaderValue) -> HeaderValue {
        let Self::MethodNotAllowed(ours) = self else { return theirs.clone() };
        let both = [ours.as_bytes(), b", ", theirs.as_bytes()].concat();
        HeaderValue::from_maybe_shared(Bytes::from(both)).unwrap_or_else(|_| ours.clone())
    }

    fn answer(self) -> Result<Reply> {
        match self {
            Self::NotFound => Err(Error::route_not_found()),
            Self::UnknownMethod | Self::UnknownOnWeb(_) => Err(Error::method_not_found()),
            Self::MethodNotAllowed(allow) => Err(not_allowed(Some(allow))),
            Self::Options(allow) => {
                let headers = HeaderMap::from_iter([(ALLOW, allow)]);
                Ok(Reply::raw(StatusCode::NO_CONTENT, headers, Body::empty()))
            }
        }
    }
}

pub(crate) fn not_allowed(allow: Option<HeaderValue>) -> Error {
    let mut added = Added::default();
    added.headers.extend(allow.map(|allow| (ALLOW, allow)));
    Error::method_not_allowed().with_added(Box::new(added))
}

/// The user's routes and services.
#[derive(Default, Clone)]
pub(crate) struct Routes {
    #[cfg(feature = "http")]
    pub(crate) router: Option<axum::Router>,
    #[cfg(feature = "grpc")]
    pub(crate) tonic: Vec<TonicService>,
}

/// What answers requests that no operation takes.
pub(crate) struct Foreign {
    pub(crate) handler: Handler,
    routes: Arc<Routes>,
    #[cfg(feature = "http")]
    probe: Option<probe::Probe>,
}

/// What takes a request that is no operation's.
pub(crate) enum Taker {
    /// A tonic service. What its method is called is the caller's word.
    #[cfg_attr(not(feature = "grpc"), expect(dead_code, reason = "there is no such service"))]
    Method(String),
    /// The user's route of this template.
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "there is no router"))]
    Route(String),
    Nothing,
}

impl Foreign {
    pub(crate) fn new(routes: Routes) -> Self {
        let routes = Arc::new(routes);
        let served = Arc::clone(&routes);
        Self {
            handler: Arc::new(move |call| handle(&served, call)),
            #[cfg(feature = "http")]
            probe: routes.router.as_ref().map(probe::Probe::new),
            routes,
        }
    }

    /// What takes the request.
    pub(crate) fn taker(&self, head: &Head) -> Taker {
        #[cfg(feature = "grpc")]
        if self.routes.tonic(head).is_some() {
            return Taker::Method(head.uri.path().to_owned());
        }
        #[cfg(feature = "http")]
        if let Some(template) = self.probe.as_ref().and_then(|probe| probe.template(head)) {
            return Taker::Route(template);
        }
        let _ = (head, &self.routes);
        Taker::Nothing
    }
}

fn handle(routes: &Arc<Routes>, mut call: Call) -> BoxFuture<'static, Result<Reply>> {
    let headers = std::mem::take(call.headers_mut());
    // The request has the headers themselves; the context keeps what flows on.
    *call.headers_mut() = metadata::flowing(&headers);
    let extensions = std::mem::take(call.extensions_mut());
    let (context, body, _, codec) = call.into_parts();
    let Codec::Raw(head) = codec else {
        return Box::pin(std::future::ready(Err(Error::route_not_found())));
    };
    let head = *head;
    let Some(service) = routes.find(&head) else {
        return Box::pin(async move {
            body.drain().await;
            head.otherwise.answer()
        });
    };
    let mut request = Request::new(body);
    *request.method_mut() = head.method;
    *request.uri_mut() = head.uri;
    *request.version_mut() = head.version;
    *request.headers_mut() = headers;
    *request.extensions_mut() = extensions;
    request.extensions_mut().insert(context.clone());
    #[cfg(feature = "http")]
    if let Some(peer) = context.peer() {
        request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
    }
    let otherwise = head.otherwise;
    // A route that has the path answers for itself, however little it says.
    let matched = context.operation() != UNMATCHED;
    Box::pin(Guard::new(context, async move {
        let response = service(request).await;
        match bare(&response) {
            Some(StatusCode::NOT_FOUND) if !matched => return otherwise.answer(),
            // The router's own, for a path that it has for other methods: it says which.
            Some(StatusCode::METHOD_NOT_ALLOWED) => {
                if let Some(theirs) = response.headers().get(ALLOW) {
                    return Err(not_allowed(Some(otherwise.allowing(theirs))));
                }
            }
            _ => {}
        }
        // A page is no answer to a gRPC call, whatever its status: such a fallback was written for browsers.
        let rpc = matches!(otherwise, Otherwise::UnknownMethod | Otherwise::UnknownOnWeb(_));
        if rpc && !is_grpc(response.headers()) {
            return otherwise.answer();
        }
        let (parts, body) = response.into_parts();
        Ok(Reply::raw(parts.status, parts.headers, body))
    }))
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let media = headers.get(http::header::CONTENT_TYPE);
    media.is_some_and(|media| media.as_bytes().starts_with(b"application/grpc"))
}

/// The 404 or 405 of a router that has no fallback of its own: a status, and no word beside it.
fn bare(response: &Response<Body>) -> Option<StatusCode> {
    let status = response.status();
    let known = status == StatusCode::NOT_FOUND || status == StatusCode::METHOD_NOT_ALLOWED;
    let empty = http_body::Body::size_hint(response.body()).exact() == Some(0);
    let silent = response.headers().get(http::header::CONTENT_TYPE).is_none();
    (known && empty && silent).then_some(status)
}

type Service = Box<dyn FnOnce(Request<Body>) -> BoxFuture<'static, Response<Body>> + Send>;

impl Routes {
    /// The full names of the services built with tonic.
    pub(crate) fn service_names(&self) -> Vec<&'static str> {
        #[cfg(feature = "grpc")]
        let names = self.tonic.iter().map(TonicService::name).collect();
        #[cfg(not(feature = "grpc"))]
        let names = Vec::new();
        names
    }

    /// The tonic service that takes a gRPC request. Such a service would not notice that a request is no gRPC at all.
    #[cfg(feature = "grpc")]
    fn tonic(&self, head: &Head) -> Option<&TonicService> {
        let grpc = matches!(head.otherwise, Otherwise::UnknownMethod | Otherwise::UnknownOnWeb(_));
        self.tonic.iter().find(|service| grpc && service.takes(head.uri.path()))
    }

    /// What takes the request, if anything does.
    fn find(&self, head: &Head) -> Option<Service> {
        #[cfg(feature = "grpc")]
        if let Some(service) = self.tonic(head) {
            let web = match head.otherwise {
                Otherwise::UnknownOnWeb(web) => Some(web),
                _ => None,
            };
            return Some(service.serve(web));
        }
        #[cfg(feature = "http")]
        if let Some(router) = &self.router {
            use http_body_util::BodyExt as _;

            let router = router.clone();
            return Some(Box::new(move |request| {
                Box::pin(async move {
                    let answer = tower::ServiceExt::oneshot(router, request).await;
                    match answer {
                        Ok(response) => response.map(|body| {
                            // What axum wrapped is what broke.
                            Body::new(body.map_err(axum::Error::into_inner))
                        }),
                        Err(never) => match never {},
                    }
                })
            }));
        }
        let _ = head;
        None
    }
}
