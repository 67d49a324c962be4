//! What is declared for a call's span: `traced` fields of messages, and `traced(...)` of a method.

use std::sync::atomic::{AtomicU32, Ordering};

use e2e::{GrpcCall, call, grpc};

use super::*;

#[message(package = "spans.v1")]
enum Level {
    Low,
    High,
}

#[message(package = "spans.v1")]
struct Owner {
    #[field(traced = "owner.id")]
    id: u64,
    #[field(secret)]
    key: Key,
}

/// Whoever holds it as a secret keeps everything in it.
#[message(package = "spans.v1")]
struct Key {
    #[field(traced = "key.id")]
    id: String,
}

#[message(package = "spans.v1")]
struct Order {
    #[field(traced = "order.id")]
    id: String,
    #[field(traced = "order.note")]
    note: Option<String>,
    #[field(traced = "order.level")]
    level: Level,
    #[field(traced = "order.tags")]
    tags: Vec<String>,
    #[field(traced = "order.counts")]
    counts: Vec<i32>,
    owner: Option<Owner>,
    paid: Option<Paid>,
    /// Of several, none is the call's.
    owners: Vec<Owner>,
    parent: Option<Box<Order>>,
    #[field(secret)]
    card: String,
}

#[message(package = "spans.v1")]
enum Paid {
    Cash(#[field(traced = "paid.cash")] u32),
    Card {
        #[field(traced = "paid.bank")]
        bank: String,
    },
    Not,
}

#[message(package = "spans.v1")]
struct Receipt {
    #[field(traced = "receipt.total")]
    total: u64,
}

#[message(package = "spans.v1")]
struct Path {
    #[field(traced = "url.path")]
    path: String,
}

struct Shop;

static EVALUATED: AtomicU32 = AtomicU32::new(0);

fn evaluated(text: &str) -> String {
    EVALUATED.fetch_add(1, Ordering::SeqCst);
    text.to_uppercase()
}

#[service(package = "spans.v1")]
impl Shop {
    #[rpc(post = "/orders")]
    async fn order(&self, order: Order) -> Receipt {
        Receipt { total: order.counts.iter().map(|count| u64::from(count.unsigned_abs())).sum() }
    }

    #[rpc(
        get = "/sums/{a}/{b}",
        traced(
            a,
            sum.of = a + b,
            sum.even = (a + b) % 2 == 0,
            sum.half = f64::from(a + b) / 2.0,
            "sum.text" = %format_args!("{a}+{b}"),
            sum.debug = ?(a, Some(b)),
            agent = ctx.header("x-agent"),
            sum.result = reply.total,
            sum.twice = ?[reply.total, reply.total],
            sum.by = %format!("{reply:?} {}", ctx.operation()),
        )
    )]
    async fn sum(&self, ctx: &Context, a: u32, b: u32) -> Result<Reply<Receipt>, Error> {
        assert!(ctx.is_recording());
        if a == 0 {
            return Err(Error::conflict("ZERO", "nothing to add"));
        }
        Ok(Reply::new(Receipt { total: u64::from(a + b) }))
    }

    /// Its argument is gone when it runs, and was looked at before.
    #[rpc(get = "/shout/{text}", traced(shouted = evaluated(&text), lengths = vec![text.len()]))]
    async fn shout(&self, text: String) {
        drop(text);
    }

    #[rpc(get = "/feed/{id}", traced(feed = order.id))]
    async fn feed(&self, order: Order) -> impl Stream<Item = Receipt> + Send {
        stream::iter([Receipt { total: order.id.len() as u64 }])
    }

    /// Declares what the kit says itself.
    #[rpc(
        get = "/own/{path}",
        traced(
            http.route = "mine",
            kratos.operation = "mine",
            rpc.method = "mine",
            "http.request.header.x-agent" = "mine",
            user_agent.original = "mine",
        )
    )]
    async fn own(&self, path: Path) -> Path {
        path
    }

    #[rpc(post = "/many", traced(kind = "many"))]
    async fn many(&self, mut orders: Streaming<Order>) -> Result<Receipt, Error> {
        let mut total = 0;
        while let Some(order) = orders.next().await {
            total += order?.id.len() as u64;
        }
        Ok(Receipt { total })
    }
}

/// The same over a trait, whose methods are called through a wrapper.
#[service(package = "spans.v1")]
trait Wall {
    #[rpc(get = "/wall/{name}", traced(wall = name, wall.total = reply.total))]
    async fn read(&self, name: String) -> Receipt;
}

impl Wall for Shop {
    async fn read(&self, name: String) -> Receipt {
        Receipt { total: name.len() as u64 }
    }
}

/// The shop, and how many of its spans have been looked at.
struct Open {
    told: Told,
    seen: usize,
}

impl Open {
    async fn shop() -> Self {
        let app = App::new("spans").service(Shop).service(WallServer(Shop));
        Self { told: Told::open(app, "telemetry: {batch: {delay: 10ms}}").await, seen: 0 }
    }

    /// What the program declared of the next call, beside what every call has.
    async fn recorded(&mut self) -> Attributes {
        let next = |received: &Received| {
            received.spans.iter().filter(|span| span.name != START).nth(self.seen).cloned()
        };
        let span = self.told.receiver.wait_for("the next span", next).await;
        self.seen += 1;
        assert_eq!(span.duplicates, Vec::<String>::new(), "{span:?}");
        let kits = ["client.", "http.", "kratos.", "network.", "rpc.", "server.", "url."];
        let own = |key: &String| !kits.iter().any(|kit| key.starts_with(kit));
        span.attributes.into_iter().filter(|(key, _)| own(key)).collect()
    }
}

/// A list of texts or numbers.
fn list<const N: usize>(values: [impl Into<Value>; N]) -> Value {
    Value::List(values.map(Into::into).into())
}

const ORDER: &str = r#"{"id":"o1","level":"LEVEL_HIGH","tags":["a","b"],"counts":[1,-2],"owner":{"id":"7","key":{"id":"k"}},
    "paid":{"card":{"bank":"b1"}},"owners":[{"id":"8"}],"card":"4242"}"#;

#[tokio::test]
async fn traced_fields_of_requests_and_replies_are_on_the_span() {
    let mut shop = Open::shop().await;
    let addr = shop.told.addr;
    let answer = call("POST", "/orders").json(ORDER).send(addr).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let all = [
        ("order.id", "o1".into()),
        ("order.level", "LEVEL_HIGH".into()),
        ("order.tags", list(["a", "b"])),
        ("order.counts", list([1, -2])),
        ("owner.id", 7.into()),
        ("paid.bank", "b1".into()),
        ("receipt.total", 3.into()),
    ];
    assert_eq!(
        shop.recorded().await,
        attributes(all),
        "what is not set and what is secret is not there"
    );

    // The message within is the same message: the last one has the say.
    let parent =
        r#"{"id":"o1","note":"n","paid":{"cash":5},"parent":{"id":"o0","level":"LEVEL_HIGH"}}"#;
    call("POST", "/orders").json(parent).send(addr).await;
    let recorded = shop.recorded().await;
    let last = [("order.id", "o0".into()), ("order.note", "n".into()), ("paid.cash", 5.into())];
    for (key, value) in attributes(last) {
        assert_eq!(recorded.get(&key), Some(&value), "{key}: {recorded:?}");
    }

    let order = Order { id: "g".into(), ..Order::default() };
    let answer = grpc(addr, "/spans.v1.Shop/Order", &order).await;
    assert_eq!(shop.recorded().await.get("order.id"), Some(&"g".into()), "{answer:?}");
}

#[tokio::test]
async fn a_method_says_what_is_on_its_span() {
    let mut shop = Open::shop().await;
    let addr = shop.told.addr;
    let answer = call("GET", "/sums/2/3").header("x-agent", "me").send(addr).await;
    assert_eq!(answer.json()["total"], "5");
    let expected = attributes([
        ("a", 2.into()),
        ("sum.of", 5.into()),
        ("sum.even", false.into()),
        ("sum.half", Value::Float(2.5)),
        ("sum.text", "2+3".into()),
        ("sum.debug", "(2, Some(3))".into()),
        ("agent", "me".into()),
        ("sum.result", 5.into()),
        ("sum.twice", "[5, 5]".into()),
        ("sum.by", "Receipt { total: 5 } /spans.v1.Shop/Sum".into()),
        ("receipt.total", 5.into()),
    ]);
    assert_eq!(shop.recorded().await, expected);

    assert_eq!(call("GET", "/sums/0/3").send(addr).await.status, 409);
    let failed = attributes([
        ("a", 0.into()),
        ("sum.of", 3.into()),
        ("sum.even", false.into()),
        ("sum.half", Value::Float(1.5)),
        ("sum.text", "0+3".into()),
        ("sum.debug", "(0, Some(3))".into()),
    ]);
    assert_eq!(shop.recorded().await, failed, "there is no reply, and no such header");

    call("GET", "/wall/ann").send(addr).await;
    let expected = [("wall", "ann".into()), ("wall.total", 3.into()), ("receipt.total", 3.into())];
    assert_eq!(shop.recorded().await, attributes(expected));
}

#[tokio::test]
async fn a_stream_has_what_is_known_before_it() {
    let mut shop = Open::shop().await;
    let addr = shop.told.addr;
    call("GET", "/feed/f1?note=n").send(addr).await;
    let expected = attributes([
        ("order.id", "f1".into()),
        ("order.note", "n".into()),
        ("order.level", "LEVEL_LOW".into()),
        ("order.tags", Value::List(Vec::new())),
        ("order.counts", Value::List(Vec::new())),
        ("feed", "f1".into()),
    ]);
    assert_eq!(shop.recorded().await, expected);

    let lines = call("POST", "/many").header("content-type", "application/x-ndjson");
    let answer = lines.body("{\"id\":\"ab\"}\n{\"id\":\"c\"}\n").send(addr).await;
    assert_eq!(answer.json()["total"], "3");
    let expected = [("kind", "many".into()), ("receipt.total", 3.into())];
    assert_eq!(shop.recorded().await, attributes(expected));
}

#[tokio::test]
async fn nothing_is_evaluated_for_a_span_that_does_not_record() {
    let mut shop = Open::shop().await;
    let addr = shop.told.addr;
    let trace = |flags| format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}");
    for (flags, times) in [("00", 0), ("01", 1)] {
        EVALUATED.store(0, Ordering::SeqCst);
        let shout = call("GET", "/shout/hi").header("traceparent", &trace(flags));
        assert_eq!(shout.send(addr).await.status, 200);
        assert_eq!(EVALUATED.load(Ordering::SeqCst), times, "{flags}");
        let order = call("POST", "/orders").json(ORDER).header("traceparent", &trace(flags));
        assert_eq!(order.send(addr).await.status, 200);
    }
    let shouted = attributes([("shouted", "HI".into()), ("lengths", list([2]))]);
    assert_eq!(shop.recorded().await, shouted);
    assert_eq!(shop.recorded().await.get("order.id"), Some(&"o1".into()));
    let [_, _] = shop.told.spans().await;
}

#[tokio::test]
async fn what_the_kit_says_itself_is_said_once_and_is_the_kits() {
    // A name that is written twice, in whichever case, is one name.
    let names = "[X-Agent, x-agent, x-agent]";
    let settings = format!("telemetry: {{request_headers: {names}, response_headers: {names}}}");
    let told = Told::open(App::new("spans").service(Shop), &settings).await;
    let browser = call("GET", "/own/mine").header("x-agent", "me").header("user-agent", "test");
    assert_eq!(browser.send(told.addr).await.status, 200);
    let path = Path { path: "mine".into() };
    let program = GrpcCall::new("/spans.v1.Shop/Own", &path).header("x-agent", "me");
    assert_eq!(program.send(told.addr).await.status, 0);
    let [http, rpc] = told.spans().await;
    for (span, key, value) in [
        (&http, "http.route", "/own/{path}".into()),
        (&http, "kratos.operation", "/spans.v1.Shop/Own".into()),
        (&http, "url.path", "/own/mine".into()),
        (&http, "user_agent.original", "test".into()),
        (&http, "http.request.header.x-agent", list(["me"])),
        (&rpc, "rpc.method", "spans.v1.Shop/Own".into()),
        (&rpc, "kratos.operation", "/spans.v1.Shop/Own".into()),
        (&rpc, "rpc.request.metadata.x-agent", list(["me"])),
        // Of an RPC the kit says neither.
        (&rpc, "user_agent.original", "mine".into()),
        (&rpc, "http.route", "mine".into()),
    ] {
        assert_eq!(span.get(key), Some(&value), "{key}: {span:?}");
    }
}
