//! The coarse clock of a server: a thread of its own that looks at every connection's time limits.
//!
//! A thread and not a task, because one timer in tokio makes every worker ask for the time whenever it goes to sleep: 600
//! instructions for each request of a server that is not busy. It sleeps for as long as there are no connections.

use std::io;
use std::sync::Arc;
use std::thread::{self, Thread};
use std::time::Duration;

use super::connections::Connections;

/// How often the sweeper looks.
const BEAT: Duration = Duration::from_millis(250);

/// The thread. It ends when this is dropped.
pub(super) struct Sweeper {
    connections: Arc<Connections>,
    thread: Thread,
}

impl Sweeper {
    /// Starts the thread.
    ///
    /// # Errors
    /// The operating system's, when it has no threads left.
    pub(super) fn start() -> io::Result<Self> {
        let connections = Connections::new();
        let swept = Arc::clone(&connections);
        let thread = thread::Builder::new().name("bident-sweeper".to_owned()).spawn(move || {
            while !swept.closed() {
                if swept.is_empty() {
                    thread::park();
                } else {
                    thread::park_timeout(BEAT);
                    swept.sweep();
                }
            }
        })?;
        let thread = thread.thread().clone();
        connections.swept_by(thread.clone());
        Ok(Self { connections, thread })
    }

    pub(super) fn connections(&self) -> &Arc<Connections> {
        &self.connections
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.connections.close();
        self.thread.unpark();
    }
}
