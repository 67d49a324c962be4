//! The calls of a server as a tower service, for the user's own HTTP layers to stand around.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, Version};
use tower::ServiceExt as _;
use tower::util::BoxCloneSyncService;
use tower_layer::Layer;
use tower_service::Service;

use super::dispatch::{dispatch, route};
use super::{Core, Cors, Http, Outgoing, Peer, Site};
use crate::Error;
use crate::call::{Body, BoxFuture, Caught, Record};
use crate::error::BoxError;
use crate::surface::{Answer, connect};
use crate::telemetry::{self, Telemetry};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What a layer given to [`App::layer`](crate::App::layer) wraps: everything that the app serves, as HTTP.
#[derive(Clone)]
pub struct HttpService(BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>);

impl<B> Service<Request<B>> for HttpService
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<Body>, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.0.call(request.map(Body::new))
    }
}

/// A layer with its types erased.
pub(crate) type Wrap = Box<dyn FnOnce(HttpService) -> HttpService + Send>;

/// Erases the types of a layer.
pub(crate) fn wrap<L, B>(layer: L) -> Wrap
where
    L: Layer<HttpService> + Send + 'static,
    L::Service: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    <L::Service as Service<Request<Body>>>::Error: Into<BoxError>,
    <L::Service as Service<Request<Body>>>::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    Box::new(move |inner| {
        let service = layer.layer(inner);
        let service = service.map_response(|response: Response<B>| response.map(Body::new));
        HttpService(BoxCloneSyncService::new(service.map_err(Into::into)))
    })
}

/// What a listener serves: the calls, behind layers, the first of which is the outermost. Around everything stands `server.cors`:
/// a browser asks before it calls, and before the user's layers ask who it is, and reads how one of them failed.
pub(crate) fn site(core: Arc<Core>, layers: Vec<Wrap>, cors: Option<Cors>) -> Site {
    let Some(cors) = cors else {
        return match layers.is_empty() {
            true => Site::Calls(core),
            false => Site::Plain(layered(core, layers)),
        };
    };
    let served = Arc::clone(&core);
    let answer: Http = match layers.is_empty() {
        true => Arc::new(move |mut request| {
            served.disown(&mut request);
            let core = Arc::clone(&served);
            let peer = Peer::of(&request);
            Box::pin(async move { call(&core, request, peer).await })
        }),
        false => layered(served, layers),
    };
    Site::Plain(Arc::new(move |request| cors.around(request, &core, &answer)))
}

/// The calls behind the user's layers. Whatever becomes of a request in one of them, it is answered.
fn layered(core: Arc<Core>, layers: Vec<Wrap>) -> Http {
    let served = Arc::clone(&core);
    let calls = tower::service_fn(move |request| {
        let core = Arc::clone(&served);
        async move { Ok::<_, Infallible>(arrived(&core, request).await) }
    });
    let calls = HttpService(BoxCloneSyncService::new(calls.map_err(|never| match never {})));
    let service = layers.into_iter().rev().fold(calls, |inner, wrap| wrap(inner));
    Arc::new(move |mut request: Request<Body>| {
        core.disown(&mut request);
        let asked = Asked::of(&mut request);
        let answered = Caught::begin(|| {
            let answered = WAY.scope(asked.way.clone(), service.clone().oneshot(request));
            Box::pin(async move { answered.await.map_err(Error::from) })
        });
        let core = Arc::clone(&core);
        Box::pin(async move {
            match answered.await {
                Ok(response) => response,
                Err(error) => asked.failed(&core, error),
            }
        })
    })
}

/// What is kept of a request while layers have it: enough to answer it, and to tell of it, where one of them fails.
struct Asked {
    started: Instant,
    method: Method,
    uri: Uri,
    version: Version,
    parent: Option<HeaderValue>,
    answer: Answer,
    way: Arc<Way>,
}

/// What a request and the one that comes out of its layers have in common.
struct Way {
    peer: Option<SocketAddr>,
    /// Whether it has come through. From then on its call has a record.
    reached: AtomicBool,
}

tokio::task_local! {
    /// For layers that make a request of their own. Those that hand theirs to another task leave it its extensions, where the
    /// same is.
    static WAY: Arc<Way>;
}

impl Asked {
    fn of(request: &mut Request<Body>) -> Self {
        let way = Arc::new(Way { peer: Peer::of(request), reached: AtomicBool::new(false) });
        request.extensions_mut().insert(Arc::clone(&way));
        let (method, headers) = (request.method(), request.headers());
        let answer = Answer::of(
            method,
            request.version(),
            headers.get(CONTENT_TYPE),
            Some(headers),
            headers.contains_key(connect::VERSION),
        );
        Self {
            started: Instant::now(),
            method: method.clone(),
            uri: request.uri().clone(),
            version: request.version(),
            parent: headers.get(TRACEPARENT).cloned(),
            answer,
            way,
        }
    }

    /// A layer that gives up, or panics, fails its call, in the form that the caller reads.
    fn failed(mut self, core: &Core, error: Error) -> Response<Body> {
        if self.way.reached.load(Ordering::Relaxed) {
            // What became of the call its own record says; why nobody got it, only the layer knows.
            if error.code() >= 500 {
                tracing::error!(error = ?error, "a layer failed on a call that it had let through");
            }
            return self.answer.error(&error).map(|payload| Body::new(Outgoing::plain(payload)));
        }
        let none = HeaderMap::new();
        let (mut trace, origin) = core.telemetry.arrive(self.parent.as_ref(), &none, false);
        let uri = self.uri.clone();
        let (end, codec, binding) =
            route(core, &self.method, &mut self.uri, self.version, &none, self.answer);
        let operation = core.name(end, &codec);
        let place = core.place(end, binding, &operation);
        let protocol = self.answer.protocol();
        let request = telemetry::Request {
            method: &self.method,
            uri: Some(&uri),
            version: self.version,
            headers: &none,
            peer: self.way.peer,
            protocol,
            started: self.started,
            length: None,
        };
        let (seen, _) = Telemetry::begin(&place, &request, &mut trace, origin);
        let mut record = Record::open(
            operation.clone(),
            protocol,
            self.started,
            self.way.peer,
            trace,
            core.telling,
            seen,
        );
        let error = record.told(error);
        let response = self.answer.error(&error);
        record.failed(error);
        record.seen.answered(response.status().as_u16(), response.headers(), protocol);
        response.map(|payload| Body::new(Outgoing::new(payload, record)))
    }
}

/// Calls with what has come through the layers.
async fn arrived(core: &Arc<Core>, mut request: Request<Body>) -> Response<Body> {
    let way = request.extensions_mut().remove::<Arc<Way>>();
    let way = way.or_else(|| WAY.try_with(Arc::clone).ok());
    if let Some(way) = &way {
        way.reached.store(true, Ordering::Relaxed);
    }
    call(core, request, way.and_then(|way| way.peer)).await
}

async fn call(
    core: &Arc<Core>,
    request: Request<Body>,
    peer: Option<SocketAddr>,
) -> Response<Body> {
    let mut dispatch = pin!(dispatch(core, request, peer));
    poll_fn(|cx| dispatch.as_mut().poll(cx, Body::new)).await
}
