//! A linked service is made by default, or by its constructor.

use bident::{Config, service};

#[derive(Default)]
struct ByDefault;

#[service(package = "a.v1", linked)]
impl ByDefault {
    #[rpc]
    async fn ping(&self) {}
}

struct ByConstructor(u32);

#[service(package = "b.v1", linked)]
impl ByConstructor {
    #[construct]
    async fn new(config: &Config) -> bident::Result<Self> {
        Ok(Self(config.get::<Option<u32>>("start")?.unwrap_or(1)))
    }

    #[rpc]
    async fn ping(&self) {
        drop(self.0);
    }
}

fn main() {}
