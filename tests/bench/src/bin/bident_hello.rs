//! The measured server: the Greeter as a bident user writes it, with every default in place.
//!
//! `--middleware N` adds N layers of user middleware that only pass the call on, to see what one of them costs.

use bench::peer;
use bench::workload::MESSAGES;
use bident::prelude::*;
use futures_util::{Stream, StreamExt as _, stream};

#[message]
struct HelloRequest {
    name: String,
}

#[message]
struct HelloReply {
    message: String,
}

#[error_reason(domain = "helloworld.v1")]
#[derive(Debug, thiserror::Error)]
enum GreeterError {
    #[error("user {name} not found")]
    #[error_reason(code = 404)]
    UserNotFound { name: String },
}

struct Greeter;

#[service(package = "helloworld.v1")]
impl Greeter {
    #[rpc(get = "/helloworld/{name}", post = "/v1/hello")]
    async fn say_hello(&self, req: HelloRequest) -> Result<HelloReply, GreeterError> {
        if req.name == "ghost" {
            return Err(GreeterError::UserNotFound { name: req.name });
        }
        Ok(HelloReply { message: format!("Hello {}", req.name) })
    }

    #[rpc]
    async fn say_many(
        &self,
        req: HelloRequest,
    ) -> impl Stream<Item = Result<HelloReply, GreeterError>> + Send {
        stream::iter(0..MESSAGES)
            .map(move |_| Ok(HelloReply { message: format!("Hello {}", req.name) }))
    }

    #[rpc]
    async fn say_each(
        &self,
        requests: Streaming<HelloRequest>,
    ) -> impl Stream<Item = Result<HelloReply, Error>> + Send {
        requests.map(|req| req.map(|req| HelloReply { message: format!("Hello {}", req.name) }))
    }
}

fn main() -> bident::Result {
    let mut words = std::env::args().skip_while(|word| word != "--middleware").skip(1);
    let layers = words.next().and_then(|count| count.parse().ok()).unwrap_or(0);
    let app = (0..layers)
        .fold(App::new("bench").service(Greeter), |app, _: usize| app.middleware(pass_on));
    // On the worker thread, as every peer: see `peer`.
    peer::runtime()?.block_on(async { tokio::spawn(app.run()).await? })
}

async fn pass_on(call: Call, next: Next<'_>) -> Result<Reply, Error> {
    next.run(call).await
}
