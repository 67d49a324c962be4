//! REST: the routes of `google.api.http` and JSON on the RPC path, in JSON, ProtoJSON, binary protobuf and forms; streams as
//! server-sent events or lines of JSON.
//!
//! Translation only: a request becomes the method's request message, a reply or an error becomes an HTTP response. What a
//! call may do and how long it may take is decided elsewhere.

mod answer;
mod awake;
mod flow;
mod form;
#[cfg(test)]
mod hostile_tests;
mod items;
mod media;
mod plan;
#[cfg(test)]
mod plan_tests;
mod request;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use answer::add_trailers;
#[cfg(feature = "ws")]
pub(crate) use answer::error_json;
#[cfg(feature = "ws")]
pub(crate) use flow::{FAILED, TEXT, error_envelope};
pub(crate) use flow::{Writer, error_event, error_line};
pub(crate) use media::{Answer, quality};
pub(crate) use plan::{Plan, is_form_part, is_http_body};
#[cfg(feature = "telemetry")]
pub(crate) use request::split_key;
pub(crate) use text::form_value;

use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue};

use self::flow::Flow;
use self::media::{Format, Input};
use crate::call::{Body, Meta, Streaming};
use crate::message::{self, Dialect, FormPart, HttpBody, Message};
use crate::route::Captures;
use crate::surface::grpc;
use crate::{Error, Result};

/// How one REST call is decoded and encoded.
#[derive(Clone)]
pub(crate) struct Rest {
    plan: Arc<Plan>,
    captures: Captures,
    /// `None` where nothing of it goes into the message.
    target: Option<PathAndQuery>,
    answer: Answer,
    /// The content type of a body that is taken as it is, or of a form in parts.
    media: Option<Box<HeaderValue>>,
}

impl Rest {
    /// The codec of a request: its binding, what the path's variables took, and what its headers say.
    #[inline(always)]
    pub(crate) fn new(
        plan: Arc<Plan>,
        captures: Captures,
        target: Option<PathAndQuery>,
        mut answer: Answer,
        headers: &HeaderMap,
    ) -> Self {
        if answer.format == Format::Proto && !plan.binary_response {
            answer.format = Format::Json;
        }
        let takes_media = plan.raw_body || plan.parts;
        let media = takes_media.then(|| headers.get(CONTENT_TYPE).cloned().map(Box::new));
        Self { plan, captures, target, answer, media: media.flatten() }
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
        self.parts(self.answer.input).decode(body)
    }

    /// The messages of a request that has many.
    ///
    /// # Errors
    /// `UNSUPPORTED_MEDIA_TYPE` for a content type that no messages come in, `CODEC` for one that leaves out where they end.
    pub(crate) fn requests<M: Message>(&self, body: Body, limit: usize) -> Result<Streaming<M>> {
        let come_in = match self.answer.input {
            _ if self.plan.raw_body => true,
            Input::Lines | Input::Message(_) | Input::Unsaid => true,
            Input::Multipart => self.plan.parts,
            Input::Grpc => return Err(grpc::needs_http2()),
            Input::Form | Input::Unknown => false,
        };
        if come_in {
            return Ok(Streaming::new(items::Items::new(self.clone(), body, limit)?));
        }
        Err(Error::unsupported_media_type(if self.plan.parts {
            "send multipart/form-data, or application/x-ndjson with one part a line"
        } else {
            "send application/x-ndjson with one message a line, or application/json with one message"
        }))
    }

    /// One message of a request that has many.
    fn item<M: Message>(&self, body: Bytes) -> Result<M> {
        let input = match self.answer.input {
            Input::Lines => Input::Message(Format::Json),
            other => other,
        };
        self.parts(input).item(body)
    }

    /// One message of many that has come as the part of a form.
    fn form_part<M: Message>(&self, part: &FormPart) -> Result<M> {
        self.parts(Input::Message(Format::Proto)).item(message::encode(part).into())
    }

    #[inline]
    fn parts(&self, input: Input) -> request::Parts<'_> {
        request::Parts {
            plan: &self.plan,
            input,
            path: self.target.as_ref().map_or("", PathAndQuery::path),
            captures: &self.captures,
            query: self.target.as_ref().and_then(PathAndQuery::query),
            media: self.media.as_deref(),
        }
    }

    /// Writes the messages of an answer that may have many.
    pub(crate) fn writer(&self) -> Writer {
        Writer { plan: Arc::clone(&self.plan), answer: self.answer }
    }

    /// The body of the answer.
    ///
    /// # Errors
    /// A value that has no form in the answer's format, which is the handler's mistake: `INTERNAL`.
    pub(crate) fn encode<M: Message>(&self, message: &M, meta: &mut Meta) -> Result<Bytes> {
        if self.answer.flow == Flow::One && !self.plan.raw_response {
            return encode_message(&self.plan, self.answer.format, message);
        }
        self.encode_rare(message, meta)
    }

    /// One message of many, or one that is bytes.
    #[inline(never)]
    fn encode_rare<M: Message>(&self, message: &M, meta: &mut Meta) -> Result<Bytes> {
        if self.plan.raw_response {
            self.writer().describe(message, meta)?;
        }
        if self.answer.flow == Flow::One {
            return encode(&self.plan, self.answer, message);
        }
        let mut out = Vec::new();
        self.writer().append(message, &mut out)?;
        Ok(out.into())
    }
}

/// One message, or the field of it that is the answer.
fn encode<M: Message>(plan: &Plan, answer: Answer, message: &M) -> Result<Bytes> {
    // Lines and events are text: bytes are in base64 there, as part of the JSON.
    if plan.raw_response && !matches!(answer.flow, Flow::Lines(_) | Flow::Events) {
        return http_body(plan, message).map(|body| body.data);
    }
    encode_message(plan, answer.format, message)
}

#[inline]
fn encode_message<M: Message>(plan: &Plan, format: Format, message: &M) -> Result<Bytes> {
    let encoded = match (format, plan.response_body) {
        (Format::Proto, None) => Ok(message::encode(message).into()),
        (Format::Proto, Some(field)) => message::field_to_wire(message, field).map(Bytes::from),
        (_, None) => message::to_json_bytes(message, Dialect::Proto),
        (_, Some(field)) => message::field_to_json(message, field, Dialect::Proto).map(Bytes::from),
    };
    encoded.map_err(unencodable)
}

/// What is the answer, as the bytes that it holds.
#[inline(never)]
fn http_body<M: Message>(plan: &Plan, message: &M) -> Result<HttpBody> {
    let encoded = match plan.response_body {
        None => Ok(message::encode(message)),
        Some(field) => message::field_to_wire(message, field),
    };
    encoded.and_then(|bytes| message::decode(bytes.into())).map_err(unencodable)
}

#[cold]
fn unencodable(fault: message::Fault) -> Error {
    Error::internal(crate::error::reasons::INTERNAL, format!("the reply has no encoding: {fault}"))
}
