//! What most modules share: one message of ours, and the same message as prost's own derive writes and reads it.

use bident::prelude::*;

/// The one message of most services here.
#[message(package = "e2e.v1")]
pub(crate) struct Note {
    pub(crate) text: String,
}

impl Note {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

/// [`Note`] on the wire, by prost: the tests do not trust the kit's own encoding.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Plain {
    #[prost(string, tag = "1")]
    pub(crate) text: String,
}

pub(crate) fn wire(text: impl Into<String>) -> Plain {
    Plain { text: text.into() }
}

pub(crate) fn json(text: &str) -> String {
    serde_json::json!({ "text": text }).to_string()
}
