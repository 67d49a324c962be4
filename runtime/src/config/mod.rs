//! Configuration: files, arguments and the environment, merged into one tree and read by type.
//!
//! Later wins: the kit's defaults, [`App::defaults`](crate::App::defaults), `configs/config.yaml` where it exists, each
//! file or folder given with `-c` or `--conf`, and the environment, where `BIDENT_SERVER__ADDR` is `server.addr`. A mistake names
//! its document, line, column and key, and all of them are told at once. Nothing in here watches for changes.

mod cors;
mod de;
mod duration;
mod endpoint;
mod env;
mod load;
mod nearest;
mod secret;
mod settings;
mod telemetry;
mod tree;
mod yaml;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use cors::CorsSettings;
#[cfg(feature = "telemetry")]
pub(crate) use endpoint::{EXPECTED as EXPECTED_ENDPOINT, Endpoint, shown};
pub(crate) use load::{Start, kit_defaults, load};
#[cfg(feature = "telemetry")]
pub(crate) use secret::{Secret, header};
#[cfg(feature = "tls")]
pub(crate) use settings::ClientAuth;
#[cfg(feature = "telemetry")]
pub(crate) use settings::LogFormat;
pub(crate) use settings::LogSettings;
pub(crate) use settings::{AccessLog, ServerSettings, Settings};
#[cfg(feature = "telemetry")]
pub(crate) use telemetry::{
    Compression, Exporter, OtlpProtocol, Propagator, SamplingRule, SignalKeys, TelemetryKeys,
};
pub(crate) use tree::{Mistake, Node};

use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// The reason of every error about the configuration.
pub(crate) const REASON: &str = "CONFIG";

/// The merged configuration. Cheap to clone.
#[derive(Clone)]
pub struct Config(Arc<Node>);

impl Config {
    pub(crate) fn new(tree: Node) -> Self {
        Self(Arc::new(tree))
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
        de::read(&self.0, key).map_err(|mistake| Error::internal(REASON, mistake.to_string()))
    }

    /// What to say of a value that reads well and does not work: where it was set, its key, and why.
    pub(crate) fn mistake(&self, key: &str, what: String) -> String {
        let set = self.0.find(key).map(|node| node.origin.clone());
        let origin = set.filter(|origin| *origin != tree::Origin::Default);
        Mistake { origin, key: key.to_owned(), what }.to_string()
    }
}

impl std::fmt::Debug for Config {
    /// The keys of the first level only: values may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let keys = match &self.0.value {
            tree::Value::Map(entries) => entries.iter().map(|entry| entry.key.as_str()).collect(),
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
