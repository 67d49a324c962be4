//! What a server serves: operations, the routes to them, the middleware around them. Made once, never changed.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "ws")]
use super::cors::Cors;
use crate::call::{BoxFuture, Call, Middleware, Reply};
use crate::foreign::{Foreign, UNMATCHED};
use crate::route::Table;
use crate::service::{Handler, Shape};
use crate::surface::Codec;
use crate::surface::rest::Plan;
use crate::{Error, Result};

/// Everything that is shared by all calls.
pub(crate) struct Core {
    /// The table's operations, by index.
    pub(crate) operations: Vec<Operation>,
    pub(crate) table: Table,
    /// The outermost first.
    pub(crate) middleware: Vec<Arc<dyn Middleware>>,
    /// `server.timeout`: the longest that a unary call may take.
    pub(crate) timeout: Option<Duration>,
    /// `server.max_body`: the most bytes of a request's body, or of one message.
    pub(crate) max_body: usize,
    /// `log.access: all`: successes are logged at `info`.
    pub(crate) log_all: bool,
    /// `server.reasons: false`: the kit's own reasons are not told as details of a status.
    pub(crate) bare: bool,
    /// `server.cors`: the pages of other origins that may have a WebSocket.
    #[cfg(feature = "ws")]
    pub(crate) cors: Option<Cors>,
    /// What is served beside operations.
    pub(crate) foreign: Foreign,
}

/// Something that is served: a method of a service, or a path of the kit's own.
pub(crate) struct Operation {
    /// `/helloworld.v1.Greeter/SayHello`.
    pub(crate) name: &'static str,
    pub(crate) handler: Handler,
    /// The method's own upper bound.
    pub(crate) timeout: Option<Duration>,
    pub(crate) kind: Kind,
}

/// How an operation is reached.
pub(crate) enum Kind {
    /// A method. `server.timeout` holds for unary ones alone.
    Method(Shape, Plans),
    /// An HTTP request as it is, on HTTP alone.
    Raw,
}

/// How each way to an operation over HTTP is read and written.
pub(crate) struct Plans {
    pub(crate) rpc: Arc<Plan>,
    pub(crate) bindings: Vec<Arc<Plan>>,
}

impl Plans {
    pub(super) fn of(&self, binding: Option<usize>) -> &Arc<Plan> {
        binding.and_then(|binding| self.bindings.get(binding)).unwrap_or(&self.rpc)
    }
}

/// What is below the middleware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The operation of this index.
    Operation(usize),
    /// The user's routes and tonic services; unmatched paths are theirs too.
    Foreign,
    /// Nothing: the call's codec holds what is wrong.
    Refusal,
}

type Handle = dyn Fn(Call) -> BoxFuture<'static, Result<Reply>> + Send + Sync;

impl Core {
    pub(super) fn end(&self, end: End) -> &Handle {
        match end {
            End::Operation(index) => &*self.operations[index].handler,
            End::Foreign => &*self.foreign.handler,
            End::Refusal => &refuse,
        }
    }

    /// What the call is called: the operation, or the template of the user's own route.
    #[inline]
    pub(super) fn name(&self, end: End, codec: &Codec) -> Cow<'static, str> {
        match (end, codec) {
            (End::Operation(index), _) => Cow::Borrowed(self.operations[index].name),
            (End::Foreign, Codec::Raw(head)) => self.foreign.operation(head),
            _ => Cow::Borrowed(UNMATCHED),
        }
    }
}

/// Tells what is wrong with a call that has no handler.
fn refuse(call: Call) -> BoxFuture<'static, Result<Reply>> {
    let (body, error) = match call.into_parts() {
        (_, body, _, Codec::Refused(error)) => (body, error),
        (_, body, ..) => (body, Error::route_not_found()),
    };
    Box::pin(async move {
        body.drain().await;
        Err(error)
    })
}
