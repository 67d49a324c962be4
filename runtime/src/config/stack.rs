//! The configuration as a whole: what there is, what it is made of, and how it becomes another.
//!
//! A change is all or nothing. Everything is read before anything of it holds: the files, the kit's own settings, every part
//! that somebody watches.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use serde::de::DeserializeOwned;

use super::Settings;
use super::diff::{self, Diff};
use super::files::{Changed, Files};
use super::journal::{Journal, What};
use super::load::{Start, load};
use super::tree::{Mistake, Node, Origin};
use super::watched::{Part, Watched};

/// What all handles of an app's configuration share.
pub(crate) struct Stack {
    present: ArcSwap<Node>,
    sources: Mutex<Sources>,
    held: Mutex<Held>,
    journal: Journal,
}

/// What it is read from. Whoever reads has it alone.
#[derive(Default)]
struct Sources {
    defaults: Vec<String>,
    start: Start,
    files: Files,
    /// What was refused last, and why.
    refused: Option<(Node, BTreeSet<String>)>,
    /// The files that were told to have vanished.
    told: BTreeSet<String>,
}

/// What a change changes. Whoever holds it decides what holds.
#[derive(Default)]
struct Held {
    /// 0 until there is something that holds.
    revision: u64,
    parts: Vec<Weak<dyn Part>>,
}

/// What came of looking again.
#[derive(Default)]
pub(crate) struct Look {
    /// The files that have vanished since. What they said stays.
    pub(crate) gone: Vec<String>,
    pub(crate) change: Option<Change>,
}

/// What came of a change.
pub(crate) enum Change {
    Applied {
        diff: Diff,
        revision: u64,
        settings: Box<Settings>,
    },
    /// The mistakes that were not there before.
    Refused(Vec<String>),
}

impl Stack {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            present: ArcSwap::from_pointee(Node::empty(Origin::Default)),
            sources: Mutex::default(),
            held: Mutex::default(),
            journal: Journal::new(),
        })
    }

    /// Adds defaults of the program's own, which the next load reads.
    pub(crate) fn add_defaults(&self, yaml: String) {
        lock(&self.sources).defaults.push(yaml);
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    pub(super) fn present(&self) -> Arc<Node> {
        self.present.load_full()
    }

    /// Reads all of it, for the start.
    pub(crate) fn load(&self, start: Start) -> (Option<Settings>, Vec<Mistake>) {
        let began = SystemTime::now();
        let mut sources = lock(&self.sources);
        sources.start = start;
        let (tree, mistakes) = sources.read(&Changed::Everything);
        let mut held = lock(&self.held);
        let taken = self.take(&mut held, tree, mistakes);
        let first = taken.as_ref().err().and_then(|(_, mistakes)| mistakes.first());
        self.journal.note(What::Load, began, first.map(Mistake::to_string));
        match taken {
            Ok((settings, _)) => (Some(settings), Vec::new()),
            Err((tree, mistakes)) => {
                if held.revision == 0 {
                    // For what else is wrong, which is told with where it was set.
                    self.present.store(Arc::new(tree));
                }
                (None, mistakes)
            }
        }
    }

    /// Looks again at what may have changed, and takes it over where all of it can be read.
    pub(crate) fn look(&self, changed: &Changed) -> Look {
        let began = SystemTime::now();
        let mut sources = lock(&self.sources);
        let (tree, mistakes) = sources.read(changed);
        let gone = sources.newly_gone();
        let mut held = lock(&self.held);
        let change = match self.take(&mut held, tree, mistakes) {
            Ok((settings, diff)) => {
                sources.refused = None;
                diff.map(|diff| self.applied(settings, diff, held.revision, began))
            }
            Err((tree, mistakes)) => {
                let new = sources.refuse(tree, &mistakes);
                new.and_then(|new| self.refused(&mistakes, new, held.revision, began))
            }
        };
        Look { gone, change }
    }

    fn applied(&self, settings: Settings, diff: Diff, revision: u64, began: SystemTime) -> Change {
        let sources: Vec<_> = diff.sources.iter().map(String::as_str).collect();
        let (key, source) = (diff.key().to_owned(), sources.join(", "));
        self.journal.note(What::Update { key, source, revision }, began, None);
        Change::Applied { diff, revision, settings: Box::new(settings) }
    }

    fn refused(
        &self,
        mistakes: &[Mistake],
        new: Vec<String>,
        revision: u64,
        began: SystemTime,
    ) -> Option<Change> {
        let first = mistakes.first()?;
        let source = first.origin.as_ref().map(Origin::source).unwrap_or_default();
        let update = What::Update { key: first.key.clone(), source, revision };
        self.journal.note(update, began, Some(first.to_string()));
        Some(Change::Refused(new))
    }

    /// Puts the tree in the place of what there was, where everybody can read it.
    fn take(
        &self,
        held: &mut Held,
        tree: Node,
        mut mistakes: Vec<Mistake>,
    ) -> Result<(Settings, Option<Diff>), (Node, Vec<Mistake>)> {
        let old = self.present();
        let settings = Settings::read(&tree, &mut mistakes);
        let mut commits = Vec::new();
        held.parts.retain(|part| part.strong_count() > 0);
        for part in held.parts.iter().filter_map(Weak::upgrade) {
            match part.prepare(&old, &tree) {
                Ok(commit) => commits.extend(commit),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        let settings = match settings {
            Some(settings) if mistakes.is_empty() => settings,
            _ => return Err((tree, mistakes)),
        };
        let diff = Diff::between(&old, &tree);
        self.present.store(Arc::new(tree));
        held.revision += u64::from(diff.is_some());
        commits.into_iter().for_each(|commit| commit());
        Ok((settings, diff))
    }

    pub(super) fn watch<T>(&self, key: &str) -> Result<Watched<T>, Mistake>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let began = SystemTime::now();
        let mut held = lock(&self.held);
        let watched = Watched::new(key, &self.present());
        let error = watched.as_ref().err().map(Mistake::to_string);
        self.journal.note(What::Watch { key: key.to_owned() }, began, error);
        held.parts.retain(|part| part.strong_count() > 0);
        held.parts.extend(watched.as_ref().map(Watched::part));
        watched
    }

    /// The folders in which a change can be seen.
    pub(crate) fn places(&self) -> BTreeSet<PathBuf> {
        let sources = lock(&self.sources);
        sources.files.places(&sources.start.folder)
    }

    /// What may have changed where something happened to this path.
    pub(crate) fn touched(&self, path: &Path) -> Option<Changed> {
        let sources = lock(&self.sources);
        sources.files.touched(&sources.start.folder, path)
    }
}

impl Sources {
    fn read(&mut self, changed: &Changed) -> (Node, Vec<Mistake>) {
        self.files.expire(changed);
        let mut mistakes = Vec::new();
        let tree = load(&self.defaults, &self.start, &mut self.files, &mut mistakes);
        (tree, mistakes)
    }

    /// The files that have vanished since this was asked last.
    fn newly_gone(&mut self) -> Vec<String> {
        let gone: BTreeSet<_> = self.files.gone().iter().cloned().collect();
        let new = gone.difference(&self.told).cloned().collect();
        self.told = gone;
        new
    }

    /// Keeps what was refused. The mistakes that were not there the last time, or `None` where nothing is other than then.
    fn refuse(&mut self, tree: Node, mistakes: &[Mistake]) -> Option<Vec<String>> {
        let all: BTreeSet<_> = mistakes.iter().map(Mistake::to_string).collect();
        let known = self.refused.replace((tree, all));
        let (tree, all) = self.refused.as_ref()?;
        match known {
            Some((old, told)) if told == *all && diff::same(Some(&old), Some(tree)) => None,
            known => {
                let told = known.map(|(_, told)| told).unwrap_or_default();
                Some(all.difference(&told).cloned().collect())
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What panics in here is caught, and no lock is held while anything else is called.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
