//! The glue between a user's method and an operation: what each generated method calls once.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::{Input, MethodSpec, ServiceSpec};
use crate::call::{Answers, BoxFuture, Call, Context, Reply};
use crate::error::Reason;
use crate::message::Message;
use crate::{Error, Result};

/// A type that may be an argument of an `#[rpc]` method, given the request message `G` that the macro would generate for
/// it: a message is its own request, any other value is the one field of `G`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of an `#[rpc]` method",
    label = "expected a `#[message]` type or a plain value",
    note = "put `#[message]` above the definition of `{Self}`"
)]
pub trait Arg<G>: Sized {
    /// How the request arrives.
    type Request: Input;

    /// The argument that the handler gets.
    fn from_request(request: Self::Request) -> Self;

    /// The request that a client sends.
    fn into_request(self) -> Self::Request;
}

#[diagnostic::do_not_recommend]
impl<G, M: Message> Arg<G> for M {
    type Request = M;

    fn from_request(request: M) -> M {
        request
    }

    fn into_request(self) -> M {
        self
    }
}

/// What an `#[rpc]` method may return.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by an `#[rpc]` method",
    label = "expected a `#[message]` type, `Reply<T>`, or a `Result` of one of them whose error has `#[error_reason]`",
    note = "`bident::Error` and `anyhow::Error` are such errors by themselves"
)]
pub trait Outcome: Send {
    /// The reply message on the wire.
    type Message: Message;
    /// The method's own errors, as a client gets them back.
    type Error: Reason;

    /// The one shape that the call layer works with.
    ///
    /// # Errors
    /// What the method returned as its error.
    fn into_reply(self) -> Result<Reply<Self::Message>>;
}

#[diagnostic::do_not_recommend]
impl<M: Message> Outcome for M {
    type Message = M;
    type Error = Error;

    fn into_reply(self) -> Result<Reply<M>> {
        Ok(Reply::new(self))
    }
}

impl<M: Message> Outcome for Reply<M> {
    type Message = M;
    type Error = Error;

    fn into_reply(self) -> Result<Reply<M>> {
        Ok(self)
    }
}

impl<M: Message, E: Reason> Outcome for std::result::Result<M, E> {
    type Message = M;
    type Error = E;

    fn into_reply(self) -> Result<Reply<M>> {
        self.map(Reply::new).map_err(Reason::into_error)
    }
}

impl<M: Message, E: Reason> Outcome for std::result::Result<Reply<M>, E> {
    type Message = M;
    type Error = E;

    fn into_reply(self) -> Result<Reply<M>> {
        self.map_err(Reason::into_error)
    }
}

/// A method with its types erased: takes the undecoded call, gives the encoded reply.
pub(crate) type Handler = Arc<dyn Fn(Call) -> BoxFuture<'static, Result<Reply>> + Send + Sync>;

/// A hook with its types erased.
pub(crate) type Hook = Arc<dyn Fn() -> BoxFuture<'static, Result> + Send + Sync>;

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookAt {
    /// Before anything is served.
    BeforeStart,
    /// When everything is served.
    AfterStart,
    /// When the app has been told to stop, before anything else happens.
    BeforeStop,
    /// When nothing is served any more.
    AfterStop,
}

/// A method ready to be served.
pub(crate) struct Mounted {
    pub(crate) method: &'static MethodSpec,
    pub(crate) handler: Handler,
    /// Whether the request has a value with nothing set. One that has none must be the whole body of its bindings: there
    /// is nothing that path variables and queries could be bound to.
    pub(crate) has_initial: bool,
}

/// What one service brings to an app.
pub struct Mount {
    pub(crate) spec: &'static ServiceSpec,
    pub(crate) handlers: Vec<Mounted>,
    pub(crate) hooks: Vec<(HookAt, &'static str, Hook)>,
}

impl Mount {
    pub(crate) fn new(spec: &'static ServiceSpec) -> Self {
        Self { spec, handlers: Vec::new(), hooks: Vec::new() }
    }

    /// Mounts a method with one reply. Decoding, the user's method and encoding live in one boxed future.
    pub fn unary<In, Out, F, Fut>(&mut self, method: &'static MethodSpec, f: F)
    where
        In: Input,
        Out: Outcome,
        F: FnOnce(Context, In) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Out> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |call| crate::call::serve_unary(call, f.clone()));
        self.mounted::<In>(method, handler);
    }

    /// Mounts a method whose reply is a stream.
    pub fn stream<In, F, Fut>(&mut self, method: &'static MethodSpec, f: F)
    where
        In: Input,
        F: FnOnce(Context, In, Answers) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |call| crate::call::serve_stream(call, f.clone()));
        self.mounted::<In>(method, handler);
    }

    fn mounted<In: Input>(&mut self, method: &'static MethodSpec, handler: Handler) {
        let has_initial = In::Message::initial().is_some();
        self.handlers.push(Mounted { method, handler, has_initial });
    }

    /// Adds a hook; `name` is the method's, for the log.
    pub fn hook<F, Fut>(&mut self, at: HookAt, name: &'static str, f: F)
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result> + Send + 'static,
    {
        self.hooks.push((at, name, Arc::new(move || Box::pin(f()))));
    }
}

/// The longest that one hook may take.
pub(crate) const HOOK_TIMEOUT: Duration = Duration::from_secs(30);

/// A generated request message with the one field `T`: `<Method>Request`.
pub trait Wraps<T>: Message {
    /// The message around the value.
    fn wrap(value: T) -> Self;

    /// The value inside the message.
    fn unwrap(self) -> T;
}
