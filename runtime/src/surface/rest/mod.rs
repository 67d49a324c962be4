//! REST: the routes of `google.api.http` and JSON on the RPC path, in JSON, ProtoJSON, binary protobuf and forms.
//!
//! Translation only: a request becomes the method's request message, a reply or an error becomes an HTTP response. What a
//! call may do and how long it may take is decided elsewhere.

mod answer;
#[cfg(test)]
mod hostile_tests;
mod media;
mod plan;
#[cfg(test)]
mod plan_tests;
mod request;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use media::Answer;
pub(crate) use plan::Plan;

use std::sync::Arc;

use bytes::Bytes;
use http::uri::PathAndQuery;

use self::media::Format;
use crate::Result;
use crate::message::{self, Dialect, Message};
use crate::route::Captures;

/// How one REST call is decoded and encoded.
pub(crate) struct Rest {
    plan: Arc<Plan>,
    captures: Captures,
    /// `None` where nothing of it goes into the message.
    target: Option<PathAndQuery>,
    answer: Answer,
}

impl Rest {
    /// The codec of a request: its binding, what the path's variables took, and what its headers say.
    pub(crate) fn new(
        plan: Arc<Plan>,
        captures: Captures,
        target: Option<PathAndQuery>,
        mut answer: Answer,
    ) -> Self {
        if answer.format == Format::Proto && !plan.binary_response {
            answer.format = Format::Json;
        }
        Self { plan, captures, target, answer }
    }

    /// How the call is answered: in JSON where the binding's answer has no other form.
    pub(crate) fn answer(&self) -> Answer {
        self.answer
    }

    /// Whether there is a body to read; without one, [`decode`](Self::decode) takes an empty one.
    pub(crate) fn reads_body(&self) -> bool {
        self.plan.reads_body()
    }

    /// The request message.
    ///
    /// # Errors
    /// `CODEC` with the path of the field, or `UNSUPPORTED_MEDIA_TYPE`.
    pub(crate) fn decode<M: Message>(&self, body: Bytes) -> Result<M> {
        let parts = request::Parts {
            plan: &self.plan,
            input: self.answer.input,
            path: self.target.as_ref().map_or("", PathAndQuery::path),
            captures: &self.captures,
            query: self.target.as_ref().and_then(PathAndQuery::query),
        };
        parts.decode(body)
    }

    /// The body of the answer.
    ///
    /// # Errors
    /// A value that has no form in the answer's format, which is the handler's mistake: `INTERNAL`.
    pub(crate) fn encode<M: Message>(&self, message: &M) -> Result<Bytes> {
        let encoded = match (self.answer.format, self.plan.response_body) {
            (Format::Proto, None) => Ok(message::encode(message).into()),
            (Format::Proto, Some(field)) => message::field_to_wire(message, field).map(Bytes::from),
            (_, None) => message::to_json_bytes(message, Dialect::Proto),
            (_, Some(field)) => {
                message::field_to_json(message, field, Dialect::Proto).map(Bytes::from)
            }
        };
        encoded.map_err(unencodable)
    }
}

#[cold]
fn unencodable(fault: message::Fault) -> crate::Error {
    crate::Error::internal(
        crate::error::reasons::INTERNAL,
        format!("the reply has no encoding: {fault}"),
    )
}
