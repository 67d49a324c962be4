//! The HTTP peer: the Greeter as an axum user writes it.

use std::io;

use axum::extract::Path;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use bench::peer;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct HelloRequest {
    name: String,
}

#[derive(Serialize)]
struct HelloReply {
    message: String,
}

fn main() -> io::Result<()> {
    peer::run(|listener| async move {
        let app = Router::new()
            .route("/v1/hello", post(hello))
            .route("/helloworld/{name}", get(hello_by_path));
        // As the other servers: no Nagle delay. A socket that refuses the option is served all the same.
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap_or_default());
        axum::serve(listener, app).await
    })
}

async fn hello(Json(request): Json<HelloRequest>) -> Json<HelloReply> {
    Json(HelloReply { message: format!("Hello {}", request.name) })
}

async fn hello_by_path(Path(name): Path<String>) -> Json<HelloReply> {
    Json(HelloReply { message: format!("Hello {name}") })
}
