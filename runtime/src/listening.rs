//! For tests that listen to what is traced, which run beside tests that do not.

use std::sync::LazyLock;

use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

/// A subscriber that nobody uses. While there is only one, `tracing` asks just the thread that is first at a place in the code
/// whether anyone wants it, and that may be another test's thread, where nobody does. With a second one all are asked.
static SECOND: LazyLock<Dispatch> =
    LazyLock::new(|| Dispatch::new(tracing_subscriber::registry().with(LevelFilter::OFF)));

/// From now on every subscriber is asked. To be called before one is set.
pub(crate) fn ask_all() {
    LazyLock::force(&SECOND);
}
