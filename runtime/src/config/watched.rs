//! A part of the configuration that is read anew at every change of it.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use super::tree::{Mistake, Node};
use super::{de, diff};

/// The value at a key, as it is now. [`Config::watch`](crate::Config::watch) makes one; a clone watches on its own.
///
/// Every change of the configuration is read before it holds: one that is no `T` is refused as a whole, and the last good
/// value stays.
///
/// ```
/// # use bident::{App, Watched};
/// # async fn price(app: &App) -> bident::Result {
/// let price: Watched<u32> = app.config().await?.watch("shop.price")?;
/// tokio::spawn(async move {
///     let mut price = price;
///     loop {
///         println!("a book is {}", price.get());
///         price.changed().await;
///     }
/// });
/// # Ok(())
/// # }
/// ```
pub struct Watched<T> {
    slot: Arc<Slot<T>>,
    news: watch::Receiver<()>,
}

struct Slot<T> {
    key: Box<str>,
    value: ArcSwap<T>,
    news: watch::Sender<()>,
}

impl<T> Watched<T> {
    /// The value that holds now. Takes no lock.
    pub fn get(&self) -> Arc<T> {
        self.slot.value.load_full()
    }

    /// Waits until there is a value that this one has not waited for yet. Several changes may be one by then. Where nothing
    /// changes any more it waits for ever.
    pub async fn changed(&mut self) {
        // The sender lives as long as the slot.
        let _ = self.news.changed().await;
    }
}

impl<T> Clone for Watched<T> {
    fn clone(&self) -> Self {
        Self { slot: Arc::clone(&self.slot), news: self.news.clone() }
    }
}

impl<T> fmt::Debug for Watched<T> {
    /// The key only: the value may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watched").field(&self.slot.key).finish()
    }
}

/// Puts a value that was read in its place.
pub(super) type Commit = Box<dyn FnOnce() + Send>;

/// Something that reads a part of the configuration.
pub(super) trait Part: Send + Sync {
    /// Reads its part of what is new, where that differs from what there was.
    fn prepare(self: Arc<Self>, old: &Node, new: &Node) -> Result<Option<Commit>, Mistake>;
}

impl<T: DeserializeOwned + Send + Sync + 'static> Watched<T> {
    pub(super) fn new(key: &str, tree: &Node) -> Result<Self, Mistake> {
        let value = ArcSwap::from_pointee(read(tree, key)?);
        let (news, receiver) = watch::channel(());
        Ok(Self { slot: Arc::new(Slot { key: key.into(), value, news }), news: receiver })
    }

    /// What reads it for as long as somebody has it.
    pub(super) fn part(&self) -> Weak<dyn Part> {
        Arc::downgrade(&self.slot) as _
    }
}

impl<T: DeserializeOwned + Send + Sync + 'static> Part for Slot<T> {
    fn prepare(self: Arc<Self>, old: &Node, new: &Node) -> Result<Option<Commit>, Mistake> {
        if diff::same(old.find(&self.key), new.find(&self.key)) {
            return Ok(None);
        }
        let value = Arc::new(read::<T>(new, &self.key)?);
        Ok(Some(Box::new(move || {
            self.value.store(value);
            self.news.send_replace(());
        })))
    }
}

/// Reads the value at a key. What a reader of the user's panics with is a mistake.
fn read<T: DeserializeOwned>(tree: &Node, key: &str) -> Result<T, Mistake> {
    catch_unwind(AssertUnwindSafe(|| de::read(tree, key))).unwrap_or_else(|_| {
        let origin = tree.find(key).map(|node| node.origin.clone());
        let what = "what reads it has panicked".to_owned();
        Err(Mistake { origin, key: key.to_owned(), what })
    })
}
