//! The thread that everything is exported on. It has a runtime of its own, so that a program with one worker can wait for
//! a flush on that worker.

use std::future::Future;
use std::io;
use std::sync::Mutex;
use std::thread::JoinHandle;
use std::time::Duration;

use opentelemetry::Context;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio_util::task::TaskTracker;

/// How long the thread waits, once it is told to end, for those that were told before.
const ENDING: Duration = Duration::from_secs(1);

pub(in crate::telemetry) struct ExportThread {
    handle: Handle,
    tasks: TaskTracker,
    running: Mutex<Option<(oneshot::Sender<()>, JoinHandle<()>)>>,
}

impl ExportThread {
    pub(super) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let tasks = TaskTracker::new();
        let (stop, stopped) = oneshot::channel();
        let waits = tasks.clone();
        #[cfg(test)]
        let log = tracing::dispatcher::get_default(Clone::clone);
        let thread =
            std::thread::Builder::new().name("bident-export".to_owned()).spawn(move || {
                // Tests read what is logged here, each its own.
                #[cfg(test)]
                let _log = tracing::dispatcher::set_default(&log);
                work(runtime, stopped, &waits);
            })?;
        Ok(Self { handle, tasks, running: Mutex::new(Some((stop, thread))) })
    }

    /// Runs a task that ends when it is told to, which has to be before the thread is.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn_on(task, &self.handle);
    }

    /// Ends the thread. Its tasks have been told to end.
    pub(in crate::telemetry) fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        if let Some((stop, thread)) = running {
            // It is there to hear: nothing else ends it.
            let _ = stop.send(());
            let _ = thread.join();
        }
    }

    #[cfg(test)]
    pub(in crate::telemetry) fn is_running(&self) -> bool {
        self.running.lock().expect("no panic under the lock").is_some()
    }
}

impl Drop for ExportThread {
    fn drop(&mut self) {
        self.stop();
    }
}

fn work(runtime: Runtime, stopped: oneshot::Receiver<()>, tasks: &TaskTracker) {
    // What is sent about telemetry is none itself: neither a span nor a record comes from this thread.
    let _quiet = Context::enter_telemetry_suppressed_scope();
    runtime.block_on(async {
        let _ = stopped.await;
        tasks.close();
        let _ = tokio::time::timeout(ENDING, tasks.wait()).await;
    });
    // A name lookup may still hold a thread of its own, and nobody waits for that.
    runtime.shutdown_background();
}
