//! What one connection serves: each of its requests becomes a call, or goes to what answers plain HTTP.
//!
//! [`Answering`] ties the answer to the connection, which must not be closed before the last byte of it is sent.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{HeaderValue, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use pin_project_lite::pin_project;

use super::dispatch::{Dispatch, dispatch};
use super::sending::Sending;
use super::socket;
use super::state::{InFlight, State};
#[cfg(feature = "tls")]
use super::tls::PeerIdentity;
use super::{Outgoing, Peer, Site};
use crate::call::{Body, BoxFuture, caught};
use crate::surface::{self, Payload, rest};
use crate::{Error, Result};

/// The service of one connection.
pub(super) struct Connected {
    site: Site,
    state: Arc<State>,
    peer: SocketAddr,
    #[cfg(feature = "tls")]
    identity: Option<PeerIdentity>,
}

impl Connected {
    pub(super) fn new(site: Site, state: Arc<State>, peer: SocketAddr) -> Self {
        Self {
            site,
            state,
            peer,
            #[cfg(feature = "tls")]
            identity: None,
        }
    }

    /// Tells every request who sent it.
    #[cfg(feature = "tls")]
    pub(super) fn identified(self, identity: Option<PeerIdentity>) -> Self {
        Self { identity, ..self }
    }
}

impl hyper::service::Service<Request<Incoming>> for Connected {
    type Response = Response<Sending>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, mut request: Request<Incoming>) -> Answering {
        socket::mark(&mut request, &self.state);
        if let Site::Calls(core) = &self.site {
            core.disown(&mut request);
        }
        let flight = InFlight::new(&self.state);
        #[cfg(feature = "tls")]
        if let Some(identity) = &self.identity {
            request.extensions_mut().insert(identity.clone());
        }
        let last = request.version() < Version::HTTP_2;
        let work = match &self.site {
            Site::Calls(core) => Work::Call { dispatch: dispatch(core, request, Some(self.peer)) },
            Site::Plain(handler) => {
                let mut request = request.map(Body::from);
                request.extensions_mut().insert(Peer(self.peer));
                let handler = Arc::clone(handler);
                Work::Plain { future: Box::pin(async move { handler(request).await }) }
            }
        };
        Answering { work, flight: Some(flight), http1: last }
    }
}

pin_project! {
    /// The answer to one request of a connection.
    pub(super) struct Answering {
        #[pin]
        work: Work,
        flight: Option<InFlight>,
        http1: bool,
    }
}

pin_project! {
    #[project = WorkPinned]
    enum Work {
        Call { dispatch: Dispatch },
        Plain { future: BoxFuture<'static, Response<Body>> },
    }
}

impl Future for Answering {
    type Output = Result<Response<Sending>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = match this.work.project() {
            WorkPinned::Call { dispatch } => {
                let flight = this.flight;
                let tied = |outgoing| Sending::new(outgoing, flight.take());
                ready!(Pin::new(dispatch).poll(cx, tied))
            }
            WorkPinned::Plain { future } => {
                // What is served here has guards of its own; this keeps a connection alive where one has none.
                let response = match caught(|| future.as_mut().poll(cx)) {
                    Ok(Poll::Pending) => return Poll::Pending,
                    Ok(Poll::Ready(response)) => response.map(theirs),
                    Err(panic) => fault(&panic).map(theirs),
                };
                response.map(|payload| Sending::new(Outgoing::plain(payload), this.flight.take()))
            }
        };
        if *this.http1
            && let Some(state) = response.body().state()
        {
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                // Its `connection` header says that the protocol changes.
                state.switch();
            } else if state.ending() {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(http::header::CONNECTION, close);
            }
        }
        Poll::Ready(Ok(response))
    }
}

/// The answer to a request of which nothing is known any more.
fn fault(error: &Error) -> Response<Body> {
    rest::Answer::PLAIN.error(error).map(Body::from)
}

fn theirs(body: Body) -> Payload {
    Payload::Body(Box::new(body), None, surface::End::Abrupt)
}
