//! Configuration: files, arguments and the environment, merged into one tree, read by type, and read anew when files change.
//!
//! Later wins: the kit's defaults, [`App::defaults`](crate::App::defaults), `configs/config.yaml` where it exists, each
//! file or folder given with `-c` or `--conf`, and the environment, where `BIDENT_SERVER__ADDR` is `server.addr`. A mistake names
//! its document, line, column and key, and all of them are told at once. Nothing in here notices by itself that a file has
//! changed: the app watches while it runs, and says where to look.

mod cors;
mod de;
mod diff;
mod duration;
mod endpoint;
mod env;
mod files;
mod journal;
mod load;
mod nearest;
mod secret;
mod settings;
mod stack;
mod telemetry;
mod tree;
mod watched;
mod yaml;

#[cfg(test)]
mod change_tests;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use cors::CorsSettings;
pub(crate) use diff::Diff;
#[cfg(feature = "telemetry")]
pub(crate) use endpoint::{EXPECTED as EXPECTED_ENDPOINT, Endpoint, shown};
pub(crate) use files::Changed;
pub(crate) use journal::Happening;
#[cfg(feature = "telemetry")]
pub(crate) use journal::What;
pub(crate) use load::{Start, kit_defaults};
#[cfg(feature = "telemetry")]
pub(crate) use secret::{Secret, header};
#[cfg(feature = "tls")]
pub(crate) use settings::ClientAuth;
#[cfg(feature = "telemetry")]
pub(crate) use settings::LogFormat;
pub(crate) use settings::LogSettings;
pub(crate) use settings::{AccessLog, ServerSettings, Settings};
pub(crate) use stack::{Change, Look, Stack};
#[cfg(feature = "telemetry")]
pub(crate) use telemetry::{
    Compression, Exporter, OtlpProtocol, Propagator, SamplingRule, SignalKeys, TelemetryKeys,
};
pub(crate) use tree::{Mistake, Node};
pub use watched::Watched;

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// The reason of every error about the configuration.
pub(crate) const REASON: &str = "CONFIG";

/// The configuration of an app, as it is now. Cheap to clone: all clones are the same.
///
/// It changes while the app runs, when its files do; a change holds as a whole or not at all.
#[derive(Clone)]
pub struct Config(Arc<Stack>);

impl Config {
    pub(crate) fn new(stack: Arc<Stack>) -> Self {
        Self(stack)
    }

    /// Reads the value at a dotted key, such as `clients.user.target`; the empty key is the whole configuration.
    ///
    /// Below everything that the user set stand the kit's own defaults and those of
    /// [`App::defaults`](crate::App::defaults); `T`'s own, as `#[serde(default)]`, come last. `T` is any type that serde can read. A [`Duration`](std::time::Duration) in it reads `1s`, `0.2s`, `500ms`,
    /// `1m30s` or `2h`. A key that is missing reads as `None` where `T` is an `Option`.
    ///
    /// # Errors
    /// With the reason `CONFIG` (500): a missing key, or a value that is no `T`: the text says where it was set, as in
    /// `configs/config.yaml:3:8: demo.n: expected u32, found "many"`.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<T> {
        de::read(&self.0.present(), key).map_err(unreadable)
    }

    /// Reads the value at a dotted key as [`Config::get`] does, and again at every change of it. From then on a
    /// configuration in which it is no `T` is refused, and the one that there was stays.
    ///
    /// # Errors
    /// Those of [`Config::get`].
    pub fn watch<T>(&self, key: &str) -> Result<Watched<T>>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        self.0.watch(key).map_err(unreadable)
    }

    /// What to say of a value that reads well and does not work: where it was set, its key, and why.
    pub(crate) fn mistake(&self, key: &str, what: String) -> String {
        let set = self.0.present().find(key).map(|node| node.origin.clone());
        let origin = set.filter(|origin| *origin != tree::Origin::Default);
        Mistake { origin, key: key.to_owned(), what }.to_string()
    }
}

fn unreadable(mistake: Mistake) -> Error {
    Error::internal(REASON, mistake.to_string())
}

impl std::fmt::Debug for Config {
    /// The keys of the first level only: values may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys = match &self.0.present().value {
            tree::Value::Map(entries) => entries.iter().map(|entry| entry.key.clone()).collect(),
            _ => Vec::new(),
        };
        f.debug_tuple("Config").field(&keys).finish()
    }
}

impl Settings {
    /// Reads the kit's own settings and adds everything that is wrong with them to `mistakes`.
    pub(crate) fn read(tree: &Node, mistakes: &mut Vec<Mistake>) -> Option<Self> {
        settings::read(tree, &kit_defaults(), mistakes)
    }
}
