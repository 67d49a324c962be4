//! Takes over what changes in the configuration files while an app runs.
//!
//! A thread of its own reads them: a file system that hangs holds up nothing else, and the end of the program does not wait
//! for it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::config::{Change, Changed, Diff, Look, Stack};
use crate::server::Core;
use crate::telemetry::Tuning;

/// How long further changes may take to count as the same one.
const TOGETHER: Duration = Duration::from_millis(20);
/// The most events that wait here; more of them wait in the kernel, which says when it has lost some.
const WAITING: usize = 64;
/// The kit's own sections, and what of them takes another value at once.
const OWN: [&str; 5] = ["admin", "clients", "log", "server", "telemetry"];
const HOT: [&str; 4] = ["log.level", "server.max_body", "server.timeout", "telemetry.sample"];

/// An app's configuration, and what of a built app it can still change.
pub(super) struct Reloading {
    config: Arc<Stack>,
    core: Arc<Core>,
}

/// The configuration is followed until this is dropped.
pub(super) struct Following {
    over: Arc<AtomicBool>,
    news: SyncSender<News>,
}

enum News {
    Of(Event),
    /// To hear that it is over.
    Over,
}

impl Reloading {
    pub(super) fn new(config: Arc<Stack>, core: Arc<Core>) -> Self {
        Self { config, core }
    }

    /// Follows the files from now on, where there are any.
    pub(super) fn start(self, tuning: Tuning) -> Option<Following> {
        if self.config.places().is_empty() {
            return None;
        }
        let (news, heard) = sync_channel(WAITING);
        let following = Following { over: Arc::default(), news: news.clone() };
        let over = Arc::clone(&following.over);
        let hear = move |event: notify::Result<Event>| {
            // Where nobody hears any more this ends soon.
            let _ = event.ok().filter(tells).map(|event| news.send(News::Of(event)));
        };
        let started = notify::recommended_watcher(hear).and_then(|watcher| {
            let follower =
                Follower { app: self, tuning, watcher, watched: BTreeSet::new(), heard, over };
            let thread = thread::Builder::new().name("bident-config".to_owned());
            Ok(thread.spawn(move || follower.follow())?)
        });
        if let Err(error) = &started {
            tracing::warn!(%error, "changes of the configuration files will not be seen");
        }
        started.is_ok().then_some(following)
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.over.store(true, Relaxed);
        // A full queue wakes it too.
        let _ = self.news.try_send(News::Over);
    }
}

/// Whether something that can be read as a whole has come, gone or changed.
fn tells(event: &Event) -> bool {
    // Where the end of writing is told, its course says nothing.
    const ENDS_TOLD: bool = cfg!(any(target_os = "linux", target_os = "android"));
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Access(_) => false,
        EventKind::Modify(ModifyKind::Data(_)) => !ENDS_TOLD,
        EventKind::Create(CreateKind::File) => {
            !ENDS_TOLD || event.paths.iter().any(|path| path.is_symlink())
        }
        _ => true,
    }
}

struct Follower {
    app: Reloading,
    tuning: Tuning,
    watcher: RecommendedWatcher,
    watched: BTreeSet<PathBuf>,
    heard: Receiver<News>,
    over: Arc<AtomicBool>,
}

impl Follower {
    fn follow(mut self) {
        self.watch();
        // What has changed since `build` was not seen.
        let mut changed = Some(Changed::Everything);
        while let Some(seen) = changed {
            self.take_over(&seen);
            self.watch();
            changed = self.next();
        }
    }

    /// Watches where the files lie now.
    fn watch(&mut self) {
        let places = self.app.config.places();
        for left in self.watched.difference(&places) {
            // It may be gone, with its watch.
            let _ = self.watcher.unwatch(left);
        }
        for place in places.difference(&self.watched) {
            if let Err(error) = self.watcher.watch(place, RecursiveMode::NonRecursive) {
                let place = place.display();
                tracing::warn!(%place, %error, "changes of the configuration here will not be seen");
            }
        }
        self.watched = places;
    }

    /// Waits for a change, and a moment for more of it. `None` once it is over.
    fn next(&mut self) -> Option<Changed> {
        let mut changed: Option<(Changed, Instant)> = None;
        while !self.over.load(Relaxed) {
            let heard = match &changed {
                None => self.heard.recv().map_err(RecvTimeoutError::from),
                Some((_, until)) => {
                    self.heard.recv_timeout(until.saturating_duration_since(Instant::now()))
                }
            };
            match heard {
                Ok(News::Of(event)) => {
                    let Some(more) = self.changed_by(&event) else { continue };
                    changed = Some(match changed {
                        Some((known, until)) => (known.and(more), until),
                        None => (more, Instant::now() + TOGETHER),
                    });
                }
                Err(RecvTimeoutError::Timeout) => return changed.map(|(changed, _)| changed),
                Ok(News::Over) | Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        None
    }

    fn changed_by(&mut self, event: &Event) -> Option<Changed> {
        if event.need_rescan() {
            return Some(Changed::Everything);
        }
        if matches!(event.kind, EventKind::Remove(_)) {
            // A folder that is made anew has to be watched anew.
            self.watched.retain(|place| !event.paths.contains(place));
        }
        let touched = |path: &PathBuf| self.app.config.touched(Path::new(path));
        event.paths.iter().filter_map(touched).reduce(Changed::and)
    }

    fn take_over(&self, changed: &Changed) {
        let Look { gone, change } = self.app.config.look(changed);
        for file in gone {
            tracing::warn!(file, "a configuration file is gone: what it said stays");
        }
        match change {
            None => {}
            Some(Change::Refused(mistakes)) => {
                for error in mistakes {
                    tracing::error!(error, "the new configuration is refused, the old one stays");
                }
            }
            Some(Change::Applied { diff, revision, settings }) => {
                let server = &settings.server;
                self.app.core.bounds.set(server.timeout, server.max_body);
                self.tuning.apply(&settings);
                let key = diff.key();
                tracing::info!(key, revision, "the configuration has changed");
                for key in late(&diff) {
                    tracing::warn!(key, "takes effect after a restart");
                }
            }
        }
    }
}

/// What has changed of the kit's own settings and is read at the start alone.
fn late(diff: &Diff) -> impl Iterator<Item = &str> {
    let own = |key: &&str| OWN.iter().any(|section| key.split('.').next() == Some(section));
    diff.keys.iter().map(String::as_str).filter(own).filter(|key| !HOT.contains(key))
}
