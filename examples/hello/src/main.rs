//! The smallest service: one impl, reachable over HTTP and over gRPC.

use bident::prelude::*;

#[message]
pub struct HelloRequest {
    pub name: String,
}

#[message]
pub struct HelloReply {
    pub message: String,
}

#[error_reason(domain = "helloworld.v1")]
#[derive(Debug, thiserror::Error)]
pub enum GreeterError {
    #[error("user {name} not found")]
    #[error_reason(code = 404)]
    UserNotFound { name: String },
}

pub struct Greeter;

#[service(package = "helloworld.v1")]
impl Greeter {
    /// Says hello.
    #[rpc(get = "/helloworld/{name}", post = "/v1/hello")]
    async fn say_hello(&self, req: HelloRequest) -> Result<HelloReply, GreeterError> {
        if req.name == "ghost" {
            return Err(GreeterError::UserNotFound { name: req.name });
        }
        Ok(HelloReply { message: format!("Hello {}", req.name) })
    }
}

#[tokio::main]
async fn main() -> bident::Result {
    App::new("helloworld").service(Greeter).run().await
}
