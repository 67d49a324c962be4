//! Services that the linker brings along: `#[service(..., linked)]` submits one, `App::linked()` mounts them all.
//!
//! The linker drops a crate that nothing refers to, its services with it: `App::service` is the sure way.

use super::{Mount, Service};
use crate::call::BoxFuture;
use crate::{Config, Result};

/// A linked service and how it is made from the configuration.
pub struct Linked {
    /// `helloworld.v1.Greeter`.
    pub name: &'static str,
    /// Makes the service: by its constructor, or by default.
    pub make: fn(&Config) -> BoxFuture<'_, Result<Mount>>,
}

inventory::collect!(Linked);

impl Linked {
    /// Every linked service, sorted by name.
    pub(crate) fn all() -> Vec<&'static Self> {
        let mut all: Vec<_> = inventory::iter::<Self>.into_iter().collect();
        all.sort_by_key(|linked| linked.name);
        all
    }
}

/// The service with its methods and hooks.
pub fn mounted<S: Service>(service: S) -> Mount {
    let mut mount = Mount::new(S::SPEC);
    std::sync::Arc::new(service).mount(&mut mount);
    mount
}
