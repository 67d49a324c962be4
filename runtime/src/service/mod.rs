//! What `#[service]` declares: plain, constant data about a service and its methods, and how they are mounted.

mod arg;
mod hooks;
mod linked;
mod mount;
mod outcome;
mod signature;
mod spec;
mod stream;
mod wrapped;

pub use arg::Arg;
pub use hooks::{Hooks, WithHooks};
#[doc(hidden)]
pub use linked::{Linked, mounted};
pub(crate) use mount::{HOOK_TIMEOUT, Handler, Hook, Mounted};
pub use mount::{HookAt, Mount};
pub use outcome::{Form, Outcome};
pub use signature::{Answer, Signature, StreamAnswer};
pub(crate) use signature::{InputOf, MessageOf, RequestOf};
pub use spec::{BindingSpec, MethodSpec, ServiceSpec, Shape};
pub(crate) use stream::trace_fields;
pub use stream::{Given, Incoming, Input, IntoItems, Item, Sending, StreamOf};
pub use wrapped::{RequestNames, Wrapped};

use std::sync::Arc;

/// A type whose methods are served: `#[service]` writes this impl.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a service",
    label = "expected a type with `#[service]` on its impl",
    note = "for a `#[service]` trait, mount the generated server: `.service(UsersServer(value))`"
)]
pub trait Service: Send + Sync + 'static {
    /// The constant description.
    const SPEC: &'static ServiceSpec;

    /// Hands every method and hook to `mount`.
    fn mount(self: Arc<Self>, mount: &mut Mount);
}
