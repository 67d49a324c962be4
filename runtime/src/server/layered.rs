//! The calls of a server as a tower service, for the user's own HTTP layers to stand around.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use tower::ServiceExt as _;
use tower::util::BoxCloneSyncService;
use tower_layer::Layer;
use tower_service::Service;

use super::dispatch::dispatch;
use super::{Core, Outgoing, Peer, Site};
use crate::Error;
use crate::call::{Body, BoxFuture, Caught};
use crate::error::BoxError;
use crate::surface::{Answer, connect};

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

/// The calls behind layers, the first of which is the outermost.
pub(crate) fn layered(core: Arc<Core>, layers: Vec<Wrap>) -> Site {
    let calls = tower::service_fn(move |request| {
        let core = Arc::clone(&core);
        async move { Ok::<_, Infallible>(call(&core, request).await) }
    });
    let calls = HttpService(BoxCloneSyncService::new(calls.map_err(|never| match never {})));
    let service = layers.into_iter().rev().fold(calls, |inner, wrap| wrap(inner));
    Site::Plain(Arc::new(move |request: Request<Body>| {
        let (method, headers) = (request.method(), request.headers());
        let answer = Answer::of(
            method,
            request.version(),
            headers.get(http::header::CONTENT_TYPE),
            Some(headers),
            headers.contains_key(connect::VERSION),
        );
        let asked = Caught::begin(|| {
            let answered = service.clone().oneshot(request);
            Box::pin(async move { answered.await.map_err(Error::from) })
        });
        Box::pin(async move {
            match asked.await {
                Ok(response) => response,
                // A layer that gives up, or panics, fails its call, in the form that the caller reads.
                Err(error) => body(answer.error(&error)),
            }
        })
    }))
}

async fn call(core: &Arc<Core>, request: Request<Body>) -> Response<Body> {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    let mut dispatch = pin!(dispatch(core, request, peer));
    poll_fn(|cx| dispatch.as_mut().poll(cx, Body::new)).await
}

fn body(response: Response<crate::surface::Payload>) -> Response<Body> {
    response.map(|payload| Body::new(Outgoing::plain(payload)))
}
