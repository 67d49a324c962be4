//! A contract: servers implement it, clients depend on it.

use bident::service::{Mount, Service};
use bident::{Context, message, service};

#[message]
pub struct User {
    pub id: String,
}

#[service(package = "user.v1")]
pub trait Users {
    /// Gets a user.
    #[rpc(get = "/v1/users/{id}")]
    async fn get_user(&self, ctx: &Context, id: String) -> bident::Result<User>;

    /// Has a body of its own.
    #[rpc]
    async fn guest(&self) -> User {
        User { id: self.prefix().to_owned() }
    }

    fn prefix(&self) -> &str {
        "guest"
    }
}

struct InMemory;

impl Users for InMemory {
    async fn get_user(&self, _ctx: &Context, id: String) -> bident::Result<User> {
        std::future::ready(()).await;
        Ok(User { id })
    }
}

#[service(hooks)]
impl InMemory {
    #[hook(before_start)]
    async fn load(&self) -> bident::Result {
        Ok(())
    }
}

fn is_service<S: Service>(_: &S) {}

/// A service can be mounted by hand too.
#[allow(dead_code)]
fn mount(service: UsersServer<InMemory>, mount: &mut Mount) {
    std::sync::Arc::new(service).mount(mount);
}

fn main() {
    is_service(&UsersServer(InMemory));
    is_service(&UsersServer(InMemory).with_hooks());
    assert_eq!(<UsersServer<InMemory> as Service>::SPEC.methods.len(), 2);
}
