//! Hooks of implementations, and the bounds of hooks and constructors: whatever hangs is given up, by name.

use std::time::Duration;

use bident::Result;
use bident::prelude::*;
use e2e::{Sink, built, call, events, start};
use tokio::time::{Instant, timeout};

use crate::common::Note;

/// A contract, as another crate would declare it.
#[service(package = "shelves.v1")]
trait Shelves {
    #[rpc(get = "/shelves/{id}")]
    async fn get_shelf(&self, id: String) -> Note;
}

/// Tells what its hooks do.
struct Wooden {
    sink: Sink,
}

impl Wooden {
    fn tell(&self, event: &str) -> Result {
        self.sink.tell(event);
        Ok(())
    }
}

impl Shelves for Wooden {
    async fn get_shelf(&self, id: String) -> Note {
        self.sink.tell(format!("shelf {id}"));
        Note::new(id)
    }
}

#[service(hooks)]
impl Wooden {
    #[hook(before_start)]
    async fn saw(&self) -> Result {
        self.tell("saw")
    }

    #[hook(before_start)]
    async fn paint(&self) -> Result {
        self.tell("paint")
    }

    #[hook(after_start)]
    async fn open(&self) -> Result {
        self.tell("open")
    }

    #[hook(before_stop)]
    async fn close(&self) -> Result {
        self.tell("close")
    }

    #[hook(after_stop)]
    async fn sweep(&self) -> Result {
        self.tell("sweep")
    }

    #[hook(after_start, after_stop)]
    async fn count(&self) -> Result {
        self.tell("count")
    }
}

/// Stands beside the shelves, with hooks of its own.
struct Ladder {
    sink: Sink,
}

#[service(package = "ladder.v1")]
impl Ladder {
    #[rpc]
    async fn climb(&self) {}

    #[hook(before_start, after_start, before_stop, after_stop)]
    async fn move_it(&self) -> Result {
        self.sink.tell("ladder");
        Ok(())
    }
}

#[tokio::test]
async fn the_hooks_of_an_implementation_run_in_their_order() {
    let (sink, mut events) = events();
    let wooden = ShelvesServer(Wooden { sink: sink.clone() }).with_hooks();
    let app = App::new("shelves").service(wooden).service(Ladder { sink });
    let app = start(app).await;
    assert_eq!(
        events.take(6).await,
        ["saw", "paint", "ladder", "open", "count", "ladder"],
        "a start goes through the services as they were mounted"
    );
    assert_eq!(call("GET", "/shelves/1").send(app.addr).await.json()["text"], "1");
    app.stop().await.expect("a good end");
    assert_eq!(
        events.rest(),
        ["shelf 1", "ladder", "close", "ladder", "count", "sweep"],
        "a stop goes through them backwards"
    );
}

#[tokio::test]
async fn an_implementation_that_is_mounted_without_its_hooks_runs_none() {
    let (sink, mut events) = events();
    let app = start(App::new("shelves").service(ShelvesServer(Wooden { sink }))).await;
    assert_eq!(call("GET", "/shelves/2").send(app.addr).await.status, 200);
    app.stop().await.expect("a good end");
    assert_eq!(events.rest(), ["shelf 2"]);
}

/// What a hook or a constructor may take. Time stands still in the tests below and jumps to the next timer whenever
/// everyone waits, so that nothing takes as long.
const BOUND: Duration = Duration::from_secs(30);

/// Tells every hook that runs; the one called `hangs` never ends.
struct Hanging {
    sink: Sink,
    hangs: &'static str,
}

impl Hanging {
    async fn run(&self, hook: &'static str) -> Result {
        self.sink.tell(hook);
        if self.hangs == hook {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

#[service(package = "hanging.v1")]
impl Hanging {
    #[rpc]
    async fn ping(&self) {}

    #[hook(before_start)]
    async fn warm_up(&self) -> Result {
        self.run("before_start").await
    }

    #[hook(after_start)]
    async fn started(&self) -> Result {
        self.run("after_start").await
    }

    #[hook(before_stop)]
    async fn stopping(&self) -> Result {
        self.run("before_stop").await
    }

    #[hook(after_stop)]
    async fn stopped(&self) -> Result {
        self.run("after_stop").await
    }
}

/// Runs an app of which one hook hangs: the run's error, how long the app lived, and what was told. `ladder` is mounted
/// first, so that it comes last in a stop.
async fn hang(hangs: &'static str) -> (String, Duration, Vec<String>) {
    let (sink, mut events) = events();
    let app = App::new("hanging").service(Ladder { sink: sink.clone() });
    let server = built(app.service(Hanging { sink, hangs })).await;
    let began = Instant::now();
    let run = tokio::spawn(server.clone().run());
    let mut told = Vec::new();
    if hangs.ends_with("stop") {
        told = events.take(4).await;
        timeout(2 * BOUND, server.stop()).await.expect("the stop ends");
    }
    let ended = timeout(2 * BOUND, run).await.expect("the run ends").expect("no panic");
    told.extend(events.rest());
    let error = ended.expect_err("the hook that hangs");
    (error.message().to_owned(), began.elapsed(), told)
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_hangs_ends_the_start_by_name() {
    for (hangs, text, told) in [
        (
            "before_start",
            "the before_start hook `warm_up` of hanging.v1.Hanging did not end within 30s",
            &["ladder", "before_start", "after_stop", "ladder"][..],
        ),
        (
            "after_start",
            "the after_start hook `started` of hanging.v1.Hanging did not end within 30s",
            &[
                "ladder",
                "before_start",
                "ladder",
                "after_start",
                "before_stop",
                "ladder",
                "after_stop",
                "ladder",
            ],
        ),
    ] {
        let (error, lived, seen) = hang(hangs).await;
        assert_eq!(error, text);
        assert!(lived >= BOUND && lived < BOUND + Duration::from_secs(1), "{hangs}: {lived:?}");
        assert_eq!(seen, told, "{hangs}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_hangs_does_not_hang_the_stop() {
    for (hangs, name) in [("before_stop", "stopping"), ("after_stop", "stopped")] {
        let (error, lived, seen) = hang(hangs).await;
        assert_eq!(
            error,
            format!("the {hangs} hook `{name}` of hanging.v1.Hanging did not end within 30s")
        );
        assert!(lived >= BOUND && lived < BOUND + Duration::from_secs(1), "{hangs}: {lived:?}");
        let stop = ["before_stop", "ladder", "after_stop", "ladder"];
        assert_eq!(seen[4..], stop, "{hangs}: what comes after it runs nonetheless");
    }
}

#[tokio::test(start_paused = true)]
async fn a_constructor_that_hangs_ends_the_build_by_name() {
    // Only these defaults make the linked service of `lifecycle` hang.
    let addresses = "server: {addr: '127.0.0.1:0'}\nadmin: {addr: '127.0.0.1:0'}";
    let app = App::new("linked").linked().defaults(addresses).defaults("hang: true");
    let began = Instant::now();
    let refused = timeout(2 * BOUND, app.build()).await.expect("the build ends");
    let Err(error) = refused else { panic!("it was built") };
    let text = "linked cannot start: linked.v1.Constructed: its constructor did not end within 30s";
    assert_eq!(error.message(), text);
    assert!(began.elapsed() >= BOUND && began.elapsed() < BOUND + Duration::from_secs(1));
}

#[tokio::test]
async fn a_constructor_that_panics_ends_the_build_by_name() {
    // Only these defaults make the linked service of `lifecycle` panic. The address is a mistake of its own.
    let defaults = "server: {addr: nowhere}\nadmin: {addr: '127.0.0.1:0'}\npanic: true";
    let build = tokio::spawn(App::new("linked").linked().defaults(defaults).build());
    let built = timeout(BOUND, build).await.expect("the build ends").expect("the panic is caught");
    let Err(error) = built else { panic!("it was built") };
    let (constructor, address) = ("linked.v1.Constructed: a panic: ", "server.addr");
    let text = error.message();
    assert!(text.contains(constructor) && text.contains("on purpose"), "{text}");
    assert!(text.contains(address), "and whatever else is wrong is told beside it: {text}");
}
