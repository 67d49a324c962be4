//! Asks an axum router for the template that a request would match, without running anything of the user's.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::response::Response;
use tower_service::Service;

use crate::surface::Head;

/// A copy of the user's router in which every route answers with its own template.
#[derive(Clone)]
pub(super) struct Probe(Router);

impl Probe {
    pub(super) fn new(router: &Router) -> Self {
        Self(router.clone().layer(tower_layer::layer_fn(|_| Answer)))
    }

    /// The template of the route that takes the request, as axum writes it; `None` where only a fallback would.
    pub(super) fn template(&self, head: &Head) -> Option<String> {
        let mut request = Request::new(axum::body::Body::empty());
        *request.method_mut() = head.method.clone();
        *request.uri_mut() = head.uri.clone();
        let answer = pin!(Service::call(&mut self.0.clone(), request));
        // Routing waits for nothing, and every route is ready with its answer.
        match answer.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(mut response)) => {
                let matched = response.extensions_mut().remove::<MatchedPath>();
                matched.map(|matched| matched.as_str().to_owned())
            }
            _ => None,
        }
    }
}

#[derive(Clone)]
struct Answer;

impl Service<Request> for Answer {
    type Response = Response;
    type Error = Infallible;
    type Future = Ready<Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let mut response = Response::default();
        if let Some(matched) = request.extensions_mut().remove::<MatchedPath>() {
            response.extensions_mut().insert(matched);
        }
        ready(Ok(response))
    }
}
