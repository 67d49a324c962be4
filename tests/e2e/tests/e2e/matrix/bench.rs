//! A server with the service and a recording middleware, and the calls that are made to it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};

use bident::call::BoxFuture;
use bident::prelude::*;
use e2e::{Events, Feed, Running, events, start};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::exchange::Exchange;
use super::service::{CELL, Cell, Cells, Matrix};
use super::table::{Question, Shape, Surface, Way, cells};

/// Tells the cell of a call that it came in, and how it went out.
pub(super) struct Recorder(Cells);

/// Goes along with a call below the middleware. Dropped before the call has ended, it says so.
struct Seen(Option<Arc<Cell>>);

impl Seen {
    fn end(mut self, how: String) {
        if let Some(cell) = self.0.take() {
            cell.see(how);
        }
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        if let Some(cell) = self.0.take() {
            cell.see("exit dropped".to_owned());
        }
    }
}

impl Middleware for Recorder {
    fn handle<'a>(&'a self, call: Call, next: Next<'a>) -> BoxFuture<'a, bident::Result<Reply>> {
        let name = call.headers().get(CELL).and_then(|name| name.to_str().ok());
        let cell = self.0.get(name);
        if let Some(cell) = &cell {
            cell.see(format!("enter {} {}", call.protocol().name(), call.operation()));
        }
        let seen = Seen(cell);
        Box::pin(async move {
            match next.run(call).await {
                Ok(reply) => Ok(reply.on_end(move |end| {
                    seen.end(format!("exit {} {}", end.code, end.reason));
                })),
                Err(error) => {
                    seen.end(format!("exit {} {}", error.code(), error.reason()));
                    Err(error)
                }
            }
        })
    }
}

/// A server under test.
pub(super) struct Bench {
    pub(super) server: Running,
    cells: Cells,
    count: AtomicUsize,
}

/// A call, and what happens to it inside.
pub(super) struct Asked {
    pub(super) exchange: Exchange,
    pub(super) cell: Arc<Cell>,
    pub(super) events: Events,
}

impl Bench {
    pub(super) async fn open(settings: &str) -> Arc<Self> {
        Self::with(settings, |app| app).await
    }

    /// With more than the service.
    pub(super) async fn with(settings: &str, more: impl FnOnce(App) -> App) -> Arc<Self> {
        let cells = Cells::default();
        let app = App::new("matrix").defaults(settings).service(Matrix(cells.clone()));
        let app = more(app.middleware(Recorder(cells.clone())));
        Arc::new(Self { server: start(app).await, cells, count: AtomicUsize::new(0) })
    }

    /// A cell for a call, and the header that names it.
    pub(super) fn cell(&self, what: &str) -> (Arc<Cell>, Events, (String, String)) {
        let (sink, events) = events();
        let name = format!("{what} #{}", self.count.fetch_add(1, Ordering::Relaxed));
        (self.cells.add(&name, sink), events, (CELL.to_owned(), name))
    }

    /// A call that is told its messages one by one.
    pub(super) async fn begin(&self, way: Way, shape: Shape) -> Asked {
        self.begin_with(way, shape, &[]).await
    }

    pub(super) async fn begin_with(
        &self,
        way: Way,
        shape: Shape,
        headers: &[(String, String)],
    ) -> Asked {
        let (cell, events, named) = self.cell(&format!("{way:?} {shape:?}"));
        let headers = [&[named], headers].concat();
        let exchange = Exchange::begin(self.server.addr, way, shape, &headers).await;
        Asked { exchange, cell, events }
    }

    /// A call whose messages come from a feed.
    pub(super) async fn fed(
        &self,
        way: Way,
        shape: Shape,
        feed: impl FnOnce(Arc<Cell>) -> Feed,
    ) -> Asked {
        let (cell, events, named) = self.cell(&format!("{way:?} {shape:?}"));
        let (path, feed) = (way.path(shape), feed(Arc::clone(&cell)));
        let address = self.server.addr;
        let exchange = Exchange::fed(address, way, shape, path, &[named], feed).await;
        Asked { exchange, cell, events }
    }

    /// A call with these messages and no more.
    pub(super) async fn ask(&self, way: Way, shape: Shape, messages: &[&str]) -> Exchange {
        let mut asked = self.begin(way, shape).await;
        for message in messages {
            asked.exchange.say(message);
        }
        asked.exchange.finish();
        asked.exchange
    }

    /// Stops the server. Every call was seen exactly once, to its end: their names, and how each came in and went out.
    pub(super) async fn finish(self: Arc<Self>) -> Vec<(String, Vec<String>)> {
        let this = Arc::into_inner(self).expect("no call is under way");
        let _ = this.server.stop().await;
        let all = this.cells.all().into_iter().map(|(name, cell)| {
            let seen = cell.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let exact = matches!(&seen[..], [enter, exit]
                if enter.starts_with("enter ") && exit.starts_with("exit "));
            assert!(exact, "{name}: {seen:?}");
            (name, seen)
        });
        all.collect()
    }
}

/// Names the deadline of a call, as its surface does.
pub(super) fn timeout(way: Way, milliseconds: u32) -> (String, String) {
    match way.surface {
        Surface::Connect => ("connect-timeout-ms".to_owned(), milliseconds.to_string()),
        _ => ("grpc-timeout".to_owned(), format!("{milliseconds}m")),
    }
}

/// Asks a question of all its cells together, and of each to the end. What is wrong is told of all of them.
pub(super) async fn ask_all<F, Fut>(question: Question, settings: &str, ask: F)
where
    F: Fn(Arc<Bench>, Way, Shape) -> Fut,
    Fut: Future<Output = ()> + Send + 'static,
{
    let bench = Bench::open(settings).await;
    let cells = cells(question);
    let turns = Arc::new(Semaphore::new(if question == Question::Large { 4 } else { 20 }));
    let mut tasks = JoinSet::new();
    let mut names = std::collections::HashMap::new();
    for (way, shape) in &cells {
        // Work waits for its turn: deadlines and bounds are not for a machine that is only busy.
        let (turn, asked) = (Arc::clone(&turns), ask(Arc::clone(&bench), *way, *shape));
        let task = tasks.spawn(async move {
            let _turn = turn.acquire_owned().await;
            asked.await;
        });
        names.insert(task.id(), format!("{question:?} of {shape:?} over {way:?}"));
    }
    let (mut good, mut bad) = (0, Vec::new());
    while let Some(ended) = tasks.join_next_with_id().await {
        match ended {
            Ok(_) => good += 1,
            Err(error) => bad.push(names[&error.id()].clone()),
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert_eq!(good, cells.len());
    let calls = bench.finish().await.len();
    println!("{question:?}: {good} cells, {calls} calls, each seen once by the middleware");
}
