//! What `cfg` takes away is taken away everywhere, and what comes after it keeps its place.
#![allow(
    clippy::non_minimal_cfg,
    reason = "conditions that need no feature to hold or not to hold"
)]

/// A message.
#[kit::message(crate = ::kit)]
pub struct Item {
    /// Never there.
    #[cfg(any())]
    pub gone: NoSuchType,
    /// Always there.
    #[cfg(all())]
    pub kept: u32,
}

/// What goes wrong.
#[kit::error_reason(crate = ::kit)]
#[derive(Debug)]
pub enum Wrong {
    /// Never there.
    #[cfg(any())]
    #[error_reason(code = 400)]
    Gone {
        /// Of no type.
        what: NoSuchType,
    },
    /// Always there.
    #[cfg(all())]
    #[error_reason(code = 404)]
    Kept {
        /// Never there.
        #[cfg(any())]
        what: NoSuchType,
        /// Always there.
        id: u32,
    },
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("wrong")
    }
}

/// A service.
pub struct Service;

#[kit::service(package = "cfgs.v1", crate = ::kit)]
impl Service {
    /// Never there.
    #[cfg(any())]
    #[rpc(get = "/cfgs/{id}")]
    pub async fn gone(&self, id: NoSuchType) -> NoSuchType {}

    /// Always there.
    ///
    /// # Errors
    /// Always.
    #[cfg(all())]
    #[rpc(get = "/cfgs/{id}")]
    pub async fn kept(&self, id: u32) -> Result<Item, Wrong> {
        Err(Wrong::Kept { id })
    }

    /// Stands in for the one above under another condition.
    #[cfg(all(any(), all()))]
    #[rpc]
    pub async fn kept(&self, id: NoSuchType) {}

    /// Never there.
    #[cfg(any())]
    #[rpc]
    pub async fn gone_stream(&self, all: Streaming<NoSuchType>) -> impl Stream<Item = NoSuchType> {}

    /// Comes last.
    #[rpc]
    pub async fn last(&self) {}

    /// Never there.
    #[cfg(any())]
    #[hook(before_start)]
    pub async fn hook(&self) -> NoSuchType {}
}

#[cfg(test)]
mod tests {
    use kit::service::Service as _;

    #[test]
    fn the_methods_left_keep_their_descriptions() {
        let names: Vec<_> = super::Service::SPEC.methods.iter().map(|method| method.name).collect();
        assert_eq!(names, ["Kept", "Last"]);
    }
}
