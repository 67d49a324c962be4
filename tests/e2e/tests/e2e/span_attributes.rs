//! What is declared for a call's span: `traced` fields of messages, and `traced(...)` of a method.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use bident::__private::recorded;
use bident::prelude::*;
use e2e::{Running, call, grpc, start};
use futures_util::stream;

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

#[derive(Default, Clone)]
struct Shop {
    /// The context of the last call.
    last: Arc<Mutex<Option<Context>>>,
}

static EVALUATED: AtomicU32 = AtomicU32::new(0);

fn evaluated(text: &str) -> String {
    EVALUATED.fetch_add(1, Ordering::SeqCst);
    text.to_uppercase()
}

impl Shop {
    fn keep(&self, ctx: &Context) {
        *self.last.lock().unwrap() = Some(ctx.clone());
    }

    /// What the last call put on its span.
    fn recorded(&self) -> Vec<(&'static str, String)> {
        recorded(self.last.lock().unwrap().as_ref().expect("a call"))
    }
}

#[service(package = "spans.v1")]
impl Shop {
    #[rpc(post = "/orders")]
    async fn order(&self, ctx: &Context, order: Order) -> Receipt {
        self.keep(ctx);
        Receipt { total: order.counts.iter().map(|count| u64::from(count.unsigned_abs())).sum() }
    }

    #[rpc(
        get = "/sums/{a}/{b}",
        traced(
            a,
            sum.of = a + b,
            "sum.text" = %format_args!("{a}+{b}"),
            sum.debug = ?(a, Some(b)),
            agent = ctx.header("x-agent"),
            sum.result = reply.total,
            sum.twice = ?[reply.total, reply.total],
            sum.by = %format!("{reply:?} {}", ctx.operation()),
        )
    )]
    async fn sum(&self, ctx: &Context, a: u32, b: u32) -> Result<Reply<Receipt>, Error> {
        self.keep(ctx);
        if a == 0 {
            return Err(Error::conflict("ZERO", "nothing to add"));
        }
        Ok(Reply::new(Receipt { total: u64::from(a + b) }))
    }

    /// Its argument is gone when it runs, and was looked at before.
    #[rpc(get = "/shout/{text}", traced(shouted = evaluated(&text), lengths = vec![text.len()]))]
    async fn shout(&self, ctx: &Context, text: String) {
        self.keep(ctx);
        drop(text);
    }

    #[rpc(get = "/feed/{id}", traced(feed = order.id))]
    async fn feed(&self, ctx: &Context, order: Order) -> impl Stream<Item = Receipt> + Send {
        self.keep(ctx);
        stream::iter([Receipt { total: order.id.len() as u64 }])
    }

    #[rpc(post = "/many", traced(kind = "many"))]
    async fn many(&self, ctx: &Context, mut orders: Streaming<Order>) -> Result<Receipt, Error> {
        self.keep(ctx);
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
    async fn read(&self, ctx: &Context, name: String) -> Receipt;
}

impl Wall for Shop {
    async fn read(&self, ctx: &Context, name: String) -> Receipt {
        self.keep(ctx);
        Receipt { total: name.len() as u64 }
    }
}

async fn shop() -> (Shop, Running) {
    let shop = Shop::default();
    let app = App::new("spans").service(shop.clone()).service(WallServer(shop.clone()));
    (shop, start(app).await)
}

fn pairs(expected: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    expected.iter().map(|(key, value)| (*key, (*value).to_owned())).collect()
}

const ORDER: &str = r#"{"id":"o1","level":"LEVEL_HIGH","tags":["a","b"],"counts":[1,-2],"owner":{"id":"7","key":{"id":"k"}},
    "paid":{"card":{"bank":"b1"}},"owners":[{"id":"8"}],"card":"4242"}"#;

#[tokio::test]
async fn traced_fields_of_requests_and_replies_are_on_the_span() {
    let (shop, server) = shop().await;
    let answer = call("POST", "/orders").json(ORDER).send(server.addr).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let all = [
        ("order.id", "o1"),
        ("order.level", "LEVEL_HIGH"),
        ("order.tags", "[\"a\", \"b\"]"),
        ("order.counts", "[1, -2]"),
        ("owner.id", "7"),
        ("paid.bank", "b1"),
        ("receipt.total", "3"),
    ];
    assert_eq!(shop.recorded(), pairs(&all), "what is not set and what is secret is not there");

    // The message within is the same message: the last one has the say.
    let parent =
        r#"{"id":"o1","note":"n","paid":{"cash":5},"parent":{"id":"o0","level":"LEVEL_HIGH"}}"#;
    call("POST", "/orders").json(parent).send(server.addr).await;
    let recorded = shop.recorded();
    for one in pairs(&[("order.id", "o0"), ("order.note", "n"), ("paid.cash", "5")]) {
        assert!(recorded.contains(&one), "{one:?}: {recorded:?}");
    }

    let order = Order { id: "g".into(), ..Order::default() };
    let answer = grpc(server.addr, "/spans.v1.Shop/Order", &order).await;
    assert!(shop.recorded().contains(&("order.id", "g".to_owned())), "{answer:?}");
}

#[tokio::test]
async fn a_method_says_what_is_on_its_span() {
    let (shop, server) = shop().await;
    let answer = call("GET", "/sums/2/3").header("x-agent", "me").send(server.addr).await;
    assert_eq!(answer.json()["total"], "5");
    let before = [
        ("a", "2"),
        ("sum.of", "5"),
        ("sum.text", "2+3"),
        ("sum.debug", "(2, Some(3))"),
        ("agent", "me"),
    ];
    let after = [
        ("sum.result", "5"),
        ("sum.twice", "[5, 5]"),
        ("sum.by", "Receipt { total: 5 } /spans.v1.Shop/Sum"),
        ("receipt.total", "5"),
    ];
    assert_eq!(shop.recorded(), pairs(&[&before[..], &after].concat()));

    assert_eq!(call("GET", "/sums/0/3").send(server.addr).await.status, 409);
    let failed = [("a", "0"), ("sum.of", "3"), ("sum.text", "0+3"), ("sum.debug", "(0, Some(3))")];
    assert_eq!(shop.recorded(), pairs(&failed), "there is no reply, and no such header");

    call("GET", "/wall/ann").send(server.addr).await;
    let expected = [("wall", "ann"), ("wall.total", "3"), ("receipt.total", "3")];
    assert_eq!(shop.recorded(), pairs(&expected));
}

#[tokio::test]
async fn a_stream_has_what_is_known_before_it() {
    let (shop, server) = shop().await;
    call("GET", "/feed/f1?note=n").send(server.addr).await;
    let request = [("order.id", "f1"), ("order.note", "n"), ("order.level", "LEVEL_LOW")];
    let lists = [("order.tags", "[]"), ("order.counts", "[]"), ("feed", "f1")];
    assert_eq!(shop.recorded(), pairs(&[&request[..], &lists].concat()));

    let lines = call("POST", "/many").header("content-type", "application/x-ndjson");
    let answer = lines.body("{\"id\":\"ab\"}\n{\"id\":\"c\"}\n").send(server.addr).await;
    assert_eq!(answer.json()["total"], "3");
    assert_eq!(shop.recorded(), pairs(&[("kind", "many"), ("receipt.total", "3")]));
}

#[tokio::test]
async fn nothing_is_evaluated_for_a_span_that_does_not_record() {
    let (shop, server) = shop().await;
    let trace = |flags| format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}");
    for (flags, times) in [("00", 0), ("01", 1)] {
        EVALUATED.store(0, Ordering::SeqCst);
        let shout = call("GET", "/shout/hi").header("traceparent", &trace(flags));
        assert_eq!(shout.send(server.addr).await.status, 200);
        assert_eq!(EVALUATED.load(Ordering::SeqCst), times, "{flags}");
        let shouted = [("shouted", "HI"), ("lengths", "[2]")];
        assert_eq!(shop.recorded(), pairs(&shouted[..times as usize * 2]));

        let order = call("POST", "/orders").json(ORDER).header("traceparent", &trace(flags));
        assert_eq!(order.send(server.addr).await.status, 200);
        assert_eq!(shop.recorded().is_empty(), times == 0);
    }
}
