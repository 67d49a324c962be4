//! The signals that end a process: SIGTERM, SIGINT and SIGQUIT; elsewhere ctrl-c.

use std::io;

/// The handlers. Once they are installed, none of these signals ends the process by itself.
pub(crate) struct Signals {
    #[cfg(unix)]
    kinds: [(&'static str, tokio::signal::unix::Signal); 3],
}

impl Signals {
    #[cfg(unix)]
    pub(crate) fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            kinds: [
                ("SIGTERM", signal(SignalKind::terminate())?),
                ("SIGINT", signal(SignalKind::interrupt())?),
                ("SIGQUIT", signal(SignalKind::quit())?),
            ],
        })
    }

    #[cfg(not(unix))]
    pub(crate) fn install() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits for the next signal and gives its name.
    #[cfg(unix)]
    pub(crate) async fn next(&mut self) -> &'static str {
        let [(term, on_term), (int, on_int), (quit, on_quit)] = &mut self.kinds;
        tokio::select! {
            _ = on_term.recv() => term,
            _ = on_int.recv() => int,
            _ = on_quit.recv() => quit,
        }
    }

    #[cfg(not(unix))]
    pub(crate) async fn next(&mut self) -> &'static str {
        match tokio::signal::ctrl_c().await {
            Ok(()) => "ctrl-c",
            // Without a handler the process ends by itself, which is what was asked for.
            Err(_) => std::future::pending().await,
        }
    }
}
