//! Names that are words of the language.

/// A message.
#[kit::message(crate = ::kit)]
pub struct Item {
    /// Its kind.
    pub r#type: String,
    /// Whether it moves.
    pub r#move: bool,
}

/// Kinds.
#[kit::message(crate = ::kit)]
pub enum Kind {
    /// The first.
    r#Unsafe,
    /// The second.
    r#Loop,
}

/// What goes wrong.
#[kit::error_reason(crate = ::kit)]
#[derive(Debug)]
pub enum Wrong {
    /// It is none.
    #[error_reason(code = 400)]
    r#Type {
        /// Which.
        r#type: String,
    },
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("wrong")
    }
}

/// A service.
pub struct r#Abstract;

#[kit::service(package = "raw.v1", crate = ::kit)]
impl r#Abstract {
    /// Takes fields that are words of the language.
    ///
    /// # Errors
    /// Never.
    #[rpc(get = "/raw/{type}", post(path = "/raw", body = "match"), traced(r#type, r#fn = r#type.len()))]
    pub async fn r#match(&self, r#type: String, r#match: Item) -> Result<Item, Wrong> {
        if r#type.is_empty() {
            return Err(Wrong::r#Type { r#type });
        }
        Ok(r#match)
    }

    /// Takes one.
    #[rpc(get = "/raw/one/{fn}")]
    pub async fn r#fn(&self, r#fn: u32) {
        let _ = r#fn;
    }

    /// Takes a stream and gives one.
    #[rpc]
    pub async fn r#yield(
        &self,
        r#gen: kit::Streaming<Item>,
    ) -> impl kit::Stream<Item = kit::Result<Item>> + Send {
        r#gen
    }

    /// Is traced.
    #[kit::traced(crate = ::kit, fields(r#type, kind.r#type = r#type))]
    pub async fn r#async(&self, r#type: u32) -> u32 {
        r#type
    }
}

#[cfg(test)]
mod tests {
    use kit::error::Reason as _;
    use kit::service::Service as _;

    #[test]
    fn names_lose_their_prefix() {
        let spec = super::Abstract::SPEC;
        assert_eq!(spec.full_name, "raw.v1.Abstract");
        let names: Vec<_> = spec.methods.iter().map(|method| method.name).collect();
        assert_eq!(names, ["Match", "Fn", "Yield"]);
        let error = super::Wrong::r#Type { r#type: "x".into() }.into_error();
        assert_eq!(error.reason(), "TYPE");
        assert_eq!(error.metadata().get("type").map(String::as_str), Some("x"));
    }
}
