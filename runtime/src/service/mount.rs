//! The glue between a user's method and an operation: what each generated method calls once.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::{Arg, Input, MethodSpec, Outcome, Sending, ServiceSpec, Signature};
use crate::Result;
use crate::call::{Answers, BoxFuture, Call, Context, Reply};
use crate::message::Message;

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

    /// Mounts a method of the user's with one reply.
    pub fn method<S, F, Fut>(&mut self, method: &'static MethodSpec, f: F)
    where
        S: Signature,
        F: FnOnce(Context, S::Input) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = S::Output> + Send + 'static,
    {
        self.unary(method, move |context, request| f(context, S::Input::from_request(request)));
    }

    /// Mounts a method of the user's that answers with a stream: `f` gives what the method returned to [`Sending::send`].
    pub fn streaming<S, F, Fut>(&mut self, method: &'static MethodSpec, f: F)
    where
        S: Signature,
        F: FnOnce(Context, S::Input, Sending<S>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.stream(method, move |context, request, answers| {
            f(context, S::Input::from_request(request), Sending::to(answers))
        });
    }

    /// Mounts a method with one reply. Decoding, the user's method and encoding live in one boxed future.
    pub(crate) fn unary<In, Out, F, Fut>(&mut self, method: &'static MethodSpec, f: F)
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
    pub(crate) fn stream<In, F, Fut>(&mut self, method: &'static MethodSpec, f: F)
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
