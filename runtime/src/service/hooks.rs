//! Hooks of a type that implements a `#[service]` trait.

use std::sync::Arc;

use super::{Mount, Service, ServiceSpec};

/// The hooks of a type, declared in an inherent impl marked `#[service(hooks)]`, which writes this impl.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no hooks",
    note = "declare them in an inherent impl marked `#[service(hooks)]`"
)]
pub trait Hooks: Send + Sync + 'static {
    /// Hands every hook to `mount`. The value lives inside `host`, where `this` finds it.
    fn hooks<H: Send + Sync + 'static>(host: Arc<H>, this: fn(&H) -> &Self, mount: &mut Mount);
}

/// A service together with the hooks of the value inside it: what `UsersServer(value).with_hooks()` gives.
pub struct WithHooks<S, T> {
    service: Arc<S>,
    this: fn(&S) -> &T,
}

impl<S, T> WithHooks<S, T> {
    /// The service, and where in it the value with the hooks is found.
    pub fn new(service: S, this: fn(&S) -> &T) -> Self {
        Self { service: Arc::new(service), this }
    }
}

impl<S: Service, T: Hooks> Service for WithHooks<S, T> {
    const SPEC: &'static ServiceSpec = S::SPEC;

    fn mount(self: Arc<Self>, mount: &mut Mount) {
        Arc::clone(&self.service).mount(mount);
        T::hooks(Arc::clone(&self.service), self.this, mount);
    }
}
