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
use http::{HeaderMap, Method, Request, Response, Uri, Version};
use http_body::Body as _;
use tower::ServiceExt as _;
use tower::util::BoxCloneSyncService;
use tower_layer::Layer;
use tower_service::Service;

use super::dispatch::{dispatch, route};
use super::known::Known;
use super::{Core, Cors, Http, Outgoing, Peer, Site};
use crate::Error;
use crate::call::{Body, BoxFuture, Caught, Protocol, Record};
use crate::error::{BoxError, Code};
use crate::surface::{Answer, End, Payload, connect, grpc};
use crate::telemetry::{self, Telemetry};

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

/// The calls behind the user's layers. Whatever becomes of a request in one of them, it is answered, and told of once.
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
        let asked = Asked::of(&core, &mut request);
        let answered = Caught::begin(|| {
            let answered = WAY.scope(asked.way.clone(), service.clone().oneshot(request));
            Box::pin(async move { answered.await.map_err(Error::from) })
        });
        Box::pin(async move {
            match answered.await {
                Ok(response) => asked.answered(response),
                Err(error) => asked.failed(error),
            }
        })
    })
}

/// What is kept of a request while layers have it, or that is none of the calls': enough to answer it where a layer fails, and to
/// tell of it where it does not come through. Dropped before any of that, its caller has gone away.
pub(super) struct Asked {
    core: Arc<Core>,
    told: bool,
    started: Instant,
    method: Method,
    uri: Uri,
    version: Version,
    headers: HeaderMap,
    length: Option<u64>,
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
    pub(super) fn of(core: &Arc<Core>, request: &mut Request<Body>) -> Self {
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
            core: Arc::clone(core),
            told: false,
            started: Instant::now(),
            method: method.clone(),
            uri: request.uri().clone(),
            version: request.version(),
            headers: headers.clone(),
            length: request.body().size_hint().exact(),
            answer,
            way,
        }
    }

    /// What has come through has a record of its own. What a layer answers itself has this one.
    pub(super) fn answered(mut self, response: Response<Body>) -> Response<Body> {
        if self.came_through() {
            return response;
        }
        let mut record = self.record();
        let grpc = matches!(record.protocol, Protocol::Grpc | Protocol::GrpcWeb);
        match grpc::read_status(response.headers()).filter(|_| grpc) {
            Some(code) if code != Code::Ok => record.ended_with(code),
            _ => record.answered(response.status()),
        }
        record.seen.answered(response.status().as_u16(), response.headers(), record.protocol);
        // Over gRPC its trailers say how it ended.
        let end = if record.protocol == Protocol::Grpc { End::Trailers } else { End::Abrupt };
        let payload = |body| Payload::Body(Box::new(body), None, end);
        response.map(|body| Body::new(Outgoing::new(payload(body), record)))
    }

    /// A layer that gives up, or panics, fails its call, in the form that the caller reads.
    fn failed(mut self, error: Error) -> Response<Body> {
        let answer = self.answer;
        if self.came_through() {
            // What became of the call its own record says; why nobody got it, only the layer knows.
            if error.code() >= 500 {
                tracing::error!(error = ?error, "a layer failed on a call that it had let through");
            }
            return answer.error(&error).map(|payload| Body::new(Outgoing::plain(payload)));
        }
        let mut record = self.record();
        let error = record.told(error);
        let response = answer.error(&error);
        record.failed(error);
        record.seen.answered(response.status().as_u16(), response.headers(), record.protocol);
        response.map(|payload| Body::new(Outgoing::new(payload, record)))
    }

    fn came_through(&self) -> bool {
        self.way.reached.load(Ordering::Relaxed)
    }

    /// The record of a request that goes no further, under the name of what it asked for.
    fn record(&mut self) -> Box<Record> {
        self.told = true;
        let (core, headers) = (&self.core, &self.headers);
        let known = Known::of(headers);
        let (mut trace, origin) = core.telemetry.arrive(known.traceparent, headers, known.marked);
        let uri = self.uri.clone();
        let (end, codec, binding) =
            route(core, &self.method, &mut self.uri, self.version, headers, self.answer);
        let (operation, place) = core.place(end, binding, &codec);
        let (protocol, peer) = (self.answer.protocol(), self.way.peer);
        let request = telemetry::Request {
            method: &self.method,
            uri: Some(&uri),
            version: self.version,
            headers,
            peer,
            protocol,
            started: self.started,
            length: self.length,
        };
        let (seen, _) = Telemetry::begin(&place, &request, &mut trace, origin);
        let mut record = Record::open(
            operation.clone(),
            protocol,
            self.started,
            peer,
            trace,
            core.telling,
            seen,
        );
        record.client = core.client(peer, headers);
        record
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        if !self.told && !self.came_through() {
            drop(self.record());
        }
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
