//! An app's life: hooks in their order, what stops it, and how it stops.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bident::prelude::*;
use bident::{Error, Result};
use e2e::{Connection, Sink, Wire, bounded, built, call, events, start};
use tokio::sync::Notify;

/// Tells every hook that runs; the one called `fails` fails, the one called `panics` panics.
struct Hooked {
    sink: Sink,
    fails: &'static str,
    panics: &'static str,
}

impl Hooked {
    fn tell(&self, event: &'static str) -> Result {
        self.sink.tell(event);
        assert_ne!(self.panics, event, "a panic on purpose");
        if self.fails == event {
            Err(Error::conflict("BROKEN", "broken on purpose"))
        } else {
            Ok(())
        }
    }
}

#[service(package = "hooked.v1")]
impl Hooked {
    #[rpc(get = "/called")]
    async fn called(&self) {
        self.sink.tell("called");
    }

    #[hook(before_start)]
    async fn warm_up(&self) -> Result {
        self.tell("before_start")
    }

    #[hook(after_start)]
    async fn started(&self) -> Result {
        self.tell("after_start")
    }

    #[hook(before_stop)]
    async fn stopping(&self) -> Result {
        self.tell("before_stop")
    }

    #[hook(after_stop)]
    async fn stopped(&self) -> Result {
        self.tell("after_stop")
    }
}

fn hooked(sink: &Sink, fails: &'static str, panics: &'static str) -> App {
    App::new("hooked").service(Hooked { sink: sink.clone(), fails, panics })
}

#[tokio::test]
async fn hooks_run_around_serving() {
    let (sink, mut events) = events();
    let app = start(hooked(&sink, "", "")).await;
    assert_eq!(events.take(2).await, ["before_start", "after_start"]);
    call("GET", "/called").send(app.addr).await;
    app.stop().await.expect("a good end");
    assert_eq!(events.rest(), ["called", "before_stop", "after_stop"]);
}

#[tokio::test]
async fn a_hook_that_fails_before_the_start_ends_the_run() {
    for (fails, panics) in [("before_start", ""), ("", "before_start")] {
        let (sink, mut events) = events();
        let app = start(hooked(&sink, fails, panics)).await;
        let error = app.ended().await.expect_err("the hook's error");
        assert!(
            error
                .message()
                .starts_with("the before_start hook `warm_up` of hooked.v1.Hooked failed: "),
            "{error:?}"
        );
        assert_eq!(events.rest(), ["before_start", "after_stop"]);
    }
}

#[tokio::test]
async fn a_hook_that_fails_after_the_start_stops_the_app_in_order() {
    let (sink, mut events) = events();
    let app = start(hooked(&sink, "after_start", "before_stop")).await;
    let error = app.ended().await.expect_err("the first error");
    let text = "the after_start hook `started` of hooked.v1.Hooked failed: broken on purpose";
    assert_eq!(error.message(), text);
    assert_eq!(events.rest(), ["before_start", "after_start", "before_stop", "after_stop"]);
}

#[message]
struct Text {
    value: String,
}

/// Answers when it is let go.
struct Slow {
    sink: Sink,
    go: Arc<Notify>,
}

#[service(package = "slow.v1")]
impl Slow {
    #[rpc(get = "/slow")]
    async fn wait(&self) {
        let _end = self.sink.on_drop("ended");
        self.sink.tell("began");
        self.go.notified().await;
    }
}

fn slow(sink: &Sink) -> (App, Arc<Notify>) {
    let go = Arc::new(Notify::new());
    (App::new("slow").service(Slow { sink: sink.clone(), go: go.clone() }), go)
}

#[tokio::test]
async fn a_call_under_way_is_answered_before_the_app_ends() {
    let (sink, mut events) = events();
    let (app, go) = slow(&sink);
    let app = start(app).await;
    let pending = call("GET", "/slow").begin(app.addr).await;
    assert_eq!(events.next().await, "began");
    let stop = tokio::spawn(app.stop());
    go.notify_one();
    assert_eq!(pending.answer().await.status, 200);
    bounded("the stop", stop).await.expect("no panic").expect("a good end");
}

#[tokio::test]
async fn what_is_left_at_the_drains_end_is_aborted() {
    let (sink, mut events) = events();
    let (app, _go) = slow(&sink);
    let app = start(app.defaults("server: { drain: 50ms }")).await;
    let pending = call("GET", "/slow").begin(app.addr).await;
    assert_eq!(events.next().await, "began");
    app.stop().await.expect("a good end");
    assert_eq!(events.next().await, "ended");
    pending.hang_up();
}

#[tokio::test]
async fn in_the_grace_period_the_app_serves_and_is_not_ready() {
    let (sink, mut events) = events();
    let app = hooked(&sink, "", "").defaults("server: { grace: 300ms }");
    let app = start(app).await;
    let (address, admin) = (app.addr, app.admin);
    assert_eq!(call("GET", "/readyz").send(admin).await.status, 200);
    let stop = tokio::spawn(app.stop());
    while events.next().await != "before_stop" {}
    while call("GET", "/readyz").send(admin).await.status != 503 {}
    assert_eq!(call("GET", "/called").send(address).await.status, 200);
    assert_eq!(call("GET", "/healthz").send(admin).await.status, 200);
    bounded("the stop", stop).await.expect("no panic").expect("a good end");
}

#[tokio::test]
async fn stopping_twice_or_at_once_or_never_run_is_the_same() {
    let (sink, _events) = events();
    let app = start(hooked(&sink, "", "")).await;
    let server = app.server.clone();
    bounded("both stops", async { tokio::join!(server.stop(), server.stop()) }).await;
    bounded("a late stop", server.stop()).await;
    app.stop().await.expect("a good end");

    let built = built(hooked(&sink, "", "")).await;
    let address = built.addresses().server;
    bounded("a stop before the run", built.stop()).await;
    bounded("again", built.stop()).await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "the listener is closed");
    built.run().await.expect("nothing to run");
}

#[tokio::test]
async fn an_app_runs_once() {
    let (sink, mut events) = events();
    let app = start(hooked(&sink, "", "")).await;
    events.take(2).await;
    let error = app.server.clone().run().await.expect_err("a second run");
    assert_eq!(error.message(), "this app is already running");
    app.stop().await.expect("the first run goes on until it is stopped");
}

#[tokio::test]
async fn a_run_that_is_dropped_lets_go_of_its_port() {
    let (sink, mut events) = events();
    let server = built(hooked(&sink, "", "")).await;
    let address = server.addresses().server;
    let run = tokio::spawn(server.clone().run());
    events.take(2).await;
    run.abort();
    bounded("whoever waits hears of it", server.stop()).await;
    let closed = async { while tokio::net::TcpStream::connect(address).await.is_ok() {} };
    bounded("the listener's end", closed).await;
}

#[tokio::test]
async fn a_second_listener_serves_the_same() {
    let (sink, _events) = events();
    let app = hooked(&sink, "", "").defaults("server: { grpc: { addr: '127.0.0.1:0' } }");
    let app = start(app).await;
    let second = app.server.addresses().grpc.expect("a second address");
    assert_ne!(second, app.addr);
    for address in [app.addr, second] {
        assert_eq!(call("GET", "/called").over(Wire::H2c).send(address).await.status, 200);
    }
    app.stop().await.expect("a good end");
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_the_stop() {
    let (sink, _events) = events();
    let app = start(hooked(&sink, "", "").defaults("server: { drain: 1h }")).await;
    let mut kept = Connection::open(app.addr, Wire::Http1).await;
    assert_eq!(call("GET", "/called").send_on(&mut kept).await.status, 200);
    let began = std::time::Instant::now();
    app.stop().await.expect("a good end");
    assert!(began.elapsed() < Duration::from_secs(10));
    kept.closed().await;
}

/// Says what it is told; the linker brings it along.
#[derive(Default)]
struct Linked;

static MADE: Mutex<Vec<&str>> = Mutex::new(Vec::new());

#[service(package = "linked.v1", linked)]
impl Linked {
    #[rpc(get = "/linked/default")]
    async fn named(&self) -> Text {
        Text { value: "default".into() }
    }
}

struct Constructed {
    greeting: String,
}

#[service(package = "linked.v1", linked)]
impl Constructed {
    #[construct]
    async fn new(config: &Config) -> Result<Self> {
        if config.get::<Option<bool>>("hang")? == Some(true) {
            std::future::pending::<()>().await;
        }
        assert_ne!(config.get::<Option<bool>>("panic")?, Some(true), "a panic on purpose");
        MADE.lock().expect("no panic").push("constructed");
        Ok(Self { greeting: config.get::<Option<String>>("greeting")?.unwrap_or_default() })
    }

    #[rpc(get = "/linked/constructed")]
    async fn greeting(&self) -> Text {
        Text { value: self.greeting.clone() }
    }
}

#[tokio::test]
async fn linked_services_are_mounted_where_it_is_asked_for() {
    let (sink, _events) = events();
    let plain = start(hooked(&sink, "", "")).await;
    assert_eq!(call("GET", "/linked/default").send(plain.addr).await.status, 404);
    plain.stop().await.expect("a good end");

    let app = start(App::new("linked").linked().defaults("greeting: hi")).await;
    assert_eq!(call("GET", "/linked/default").send(app.addr).await.json()["value"], "default");
    assert_eq!(call("GET", "/linked/constructed").send(app.addr).await.json()["value"], "hi");
    assert_eq!(*MADE.lock().expect("no panic"), ["constructed"]);
    app.stop().await.expect("a good end");
}
