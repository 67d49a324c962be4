//! A server for the tests of telemetry that need a process: the environment is its own, and so are OpenTelemetry's globals.
//! It runs on one thread, as in a container that has one processor.

use std::collections::HashMap;

use bident::Watched;
use bident::opentelemetry::trace::{SpanKind, TraceContextExt as _, Tracer as _};
use bident::opentelemetry::{Context as Current, KeyValue, global};
use bident::prelude::*;

#[message]
struct Answer {
    /// What a request that the program sends by itself would carry.
    headers: HashMap<String, String>,
}

#[message]
struct Price {
    cents: u32,
}

struct Told {
    /// What is changed while it runs.
    price: Watched<Option<u32>>,
}

#[service(package = "told.v1")]
impl Told {
    /// Fails, or tells about itself in every way that a program has.
    #[rpc(get = "/told/{how}")]
    async fn work(&self, how: String) -> bident::Result<Answer> {
        tracing::info!(desk = 7, "working {how}");
        think(&how, 7_u8);
        if how == "fail" {
            return Err(Error::internal("BROKEN", "a leg is gone").with("desk", 8));
        }
        if how == "panic" {
            panic!("a leg gave way");
        }
        if how == "wait" {
            std::future::pending::<()>().await;
        }
        if how == "oops" {
            return Err(std::io::Error::other("a leg is missing").into());
        }
        let meter = global::meter("mine");
        let counter = meter.u64_counter("mine.count").with_description("How often.").build();
        counter.add(2, &[KeyValue::new("how", how)]);
        let tracer = global::tracer("mine");
        let builder = tracer.span_builder("mine").with_kind(SpanKind::Producer);
        let span = tracer.build(builder);
        let _attached = Current::current_with_span(span).attach();
        let mut headers = HashMap::new();
        global::get_text_map_propagator(|all| {
            all.inject_context(&Current::current(), &mut headers);
        });
        Ok(Answer { headers })
    }

    /// What it sends along when it calls itself at this scheme; then what it says of itself may fail.
    #[rpc(get = "/relayed/{scheme}/{how}")]
    async fn relayed(&self, ctx: &Context, scheme: String, how: String) -> bident::Result<Answer> {
        let own = ctx.header("host").unwrap_or_default();
        let own = ToldClient::connect(format!("{scheme}://{own}")).await?;
        let seen = own.seen().await?;
        if how == "fail" {
            own.work(how).await?;
        }
        Ok(seen)
    }

    /// Repeats what its caller says in its error, as many do.
    #[rpc(get = "/broken/{leg}")]
    async fn broken(&self, leg: String) -> bident::Result<Answer> {
        Err(Error::internal("BROKEN", format!("{leg} is broken")).with("leg", leg))
    }

    #[rpc(get = "/price")]
    async fn price(&self) -> Price {
        Price { cents: self.price.get().unwrap_or_default() }
    }

    #[rpc(get = "/seen")]
    async fn seen(&self, ctx: &Context) -> Answer {
        let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers = ctx.headers().iter();
        Answer { headers: headers.map(|(name, value)| (name.to_string(), text(value))).collect() }
    }
}

/// Looks at who calls, where that is asked for.
async fn guard(call: Call, next: Next<'_>) -> bident::Result<Reply> {
    if call.headers().contains_key("x-guarded") {
        look(call.operation()).await;
    }
    next.run(call).await
}

#[traced]
async fn look(operation: &str) {
    tracing::info!("looking at a call of {operation}");
}

#[traced(fields(how, length = how.len(), shown = %how.len(), most = u64::MAX, number, absent = None::<u32>))]
fn think<N: tracing::Value>(how: &str, number: N) -> usize {
    tracing::debug!("thinking about {how}");
    how.len()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> bident::Result {
    let app = App::new("told").version("v1");
    let price = app.config().await?.watch("told.price")?;
    app.service(Told { price }).middleware(guard).run().await
}
