//! Calls over WebSocket: they are given their socket when they ask for it, and a task that owns both.

#[cfg(feature = "ws")]
pub(super) use spoken::{Socket, asked, body, mark, only};
#[cfg(not(feature = "ws"))]
pub(super) use unspoken::{Socket, asked, body, mark, only};

#[cfg(feature = "ws")]
mod spoken {
    use std::future::{poll_fn, ready};
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::task::{Context, Poll};

    use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Response, Uri, Version};
    use hyper::upgrade::OnUpgrade;

    use crate::call::{Body, BoxFuture, Caught};
    use crate::foreign::not_allowed;
    use crate::server::core::{Core, End, Kind};
    use crate::server::cors::socket_allowed;
    use crate::server::dispatch::Dispatch;
    use crate::server::outgoing::Outgoing;
    use crate::server::state::{Order, State};
    use crate::service::Shape;
    use crate::surface::rest::{Plan, Rest};
    pub(in crate::server) use crate::surface::ws::Socket;
    use crate::surface::ws::{Handshake, Inbox, Leave, upgrade_required};
    use crate::surface::{Answer, Codec, Payload};
    use crate::{Error, Result};

    type Asked = (End, Codec, Option<usize>, Result<Option<Box<Socket>>>);

    /// The connection of a request that may change the protocol, among its extensions.
    #[derive(Clone)]
    struct Switching(Arc<State>);

    /// A request that may change the protocol takes along when its server wants the connection closed.
    #[inline]
    pub(in crate::server) fn mark<B>(request: &mut Request<B>, state: &Arc<State>) {
        if request.extensions().get::<OnUpgrade>().is_some() {
            request.extensions_mut().insert(Switching(Arc::clone(state)));
        }
    }

    /// What answers a request for a WebSocket: a method whose requests are a stream. On any other path the request goes on as
    /// it is, since the user's routes may know what to do with it.
    #[cold]
    pub(in crate::server) fn asked(
        core: &Core,
        peer: Option<SocketAddr>,
        method: &Method,
        headers: &HeaderMap,
        uri: &mut Uri,
        extensions: &mut Extensions,
        answer: Answer,
    ) -> Option<Asked> {
        let Answer::Rest(answer) = answer else { return None };
        if method != Method::GET || !Handshake::asked(headers) {
            return None;
        }
        let (route, captures) = core.table.socket(uri.path())?;
        let Kind::Method(_, plans) = &core.operations[route.operation].kind else { return None };
        // HTTP/1.1 alone has it.
        let upgrade = extensions.remove::<OnUpgrade>()?;
        let leave = extensions.remove::<Switching>();
        let leave = leave.map(|it| Leave(Arc::new(move || it.0.order() >= Order::Close)));
        let plan = Arc::clone(plans.of(route.binding));
        let target = std::mem::take(uri).into_parts().path_and_query;
        let rest = Rest::new(plan, captures, target, answer.socket(headers), headers);
        let socket = Handshake::read(headers).and_then(|handshake| {
            socket_allowed(core, peer, headers)?;
            let inbox = Arc::<Inbox>::default();
            Ok(Some(Box::new(Socket {
                handshake,
                upgrade,
                leave,
                inbox,
                limit: core.bounds.max_body(),
            })))
        });
        Some((End::Operation(route.operation), Codec::Rest(rest), route.binding, socket))
    }

    /// What the call reads in place of its request's body.
    pub(in crate::server) fn body(socket: &Socket) -> Body {
        socket.inbox.body()
    }

    /// What is wrong with a request of plain HTTP, where nothing but a socket could bring its messages.
    pub(in crate::server) fn only(shape: Shape, plan: &Plan, version: Version) -> Option<Error> {
        if !shape.requests() || plan.reads_body() {
            return None;
        }
        // HTTP/2 has no upgrade that a 426 could name.
        let upgrades = version < Version::HTTP_2;
        let allowed = HeaderValue::from_static("OPTIONS");
        Some(if upgrades { upgrade_required() } else { not_allowed(Some(allowed)) })
    }

    impl Dispatch {
        /// The answer that changes the protocol, once the call has asked for a message or has answered well. What fails before
        /// is an answer of HTTP.
        #[cold]
        pub(in crate::server) fn poll_socket<B>(
            &mut self,
            cx: &mut Context<'_>,
            wrap: impl FnOnce(Outgoing) -> B,
        ) -> Poll<Response<B>> {
            let Some(socket) = self.socket.take() else { return Poll::Pending };
            let call: BoxFuture<'static, Response<Outgoing>> =
                match self.poll_call(cx, |outgoing| outgoing) {
                    Poll::Ready(response) if !response.status().is_success() => {
                        return Poll::Ready(response.map(wrap));
                    }
                    Poll::Ready(response) => Box::pin(ready(response)),
                    Poll::Pending if socket.inbox.poll_asked(cx).is_pending() => {
                        self.socket = Some(socket);
                        return Poll::Pending;
                    }
                    Poll::Pending => {
                        if let Some(record) = &mut self.record {
                            record.seen.switched();
                        }
                        let future = std::mem::replace(&mut self.future, Caught::ended());
                        let (record, answer) = (self.record.take(), self.answer);
                        let mut rest = Self { future, record, answer, socket: None };
                        Box::pin(poll_fn(move |cx| rest.poll_call(cx, |it| it)))
                    }
                };
            let (response, task) = socket.accept(call);
            tokio::spawn(task);
            Poll::Ready(response.map(|()| wrap(Outgoing::plain(Payload::Empty))))
        }
    }
}

#[cfg(not(feature = "ws"))]
mod unspoken {
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::task::{Context, Poll};

    use http::{Extensions, HeaderMap, Method, Request, Response, Uri, Version};

    use crate::call::Body;
    use crate::server::core::{Core, End};
    use crate::server::dispatch::Dispatch;
    use crate::server::outgoing::Outgoing;
    use crate::server::state::State;
    use crate::service::Shape;
    use crate::surface::rest::Plan;
    use crate::surface::{Answer, Codec};
    use crate::{Error, Result};

    /// There is none.
    pub(in crate::server) enum Socket {}

    pub(in crate::server) fn mark<B>(_: &mut Request<B>, _: &Arc<State>) {}

    type Asked = (End, Codec, Option<usize>, Result<Option<Box<Socket>>>);

    pub(in crate::server) fn asked(
        _: &Core,
        _: Option<SocketAddr>,
        _: &Method,
        _: &HeaderMap,
        _: &mut Uri,
        _: &mut Extensions,
        _: Answer,
    ) -> Option<Asked> {
        None
    }

    pub(in crate::server) fn body(socket: &Socket) -> Body {
        match *socket {}
    }

    pub(in crate::server) fn only(_: Shape, _: &Plan, _: Version) -> Option<Error> {
        None
    }

    impl Dispatch {
        pub(in crate::server) fn poll_socket<B>(
            &mut self,
            _: &mut Context<'_>,
            _: impl FnOnce(Outgoing) -> B,
        ) -> Poll<Response<B>> {
            Poll::Pending
        }
    }
}
