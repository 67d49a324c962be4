//! Inner functions under names that `tests/fuzz` can reach. Each is one call of what a server does: nothing is decided here,
//! and nothing here is part of the public interface.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request};

use crate::call::{Body, Meta, Streaming};
use crate::message::{Message, Types};
use crate::route::{self, Builder, Segment, Table};
use crate::service::{MethodSpec, Shape};
use crate::surface::rest::{Answer, Plan, Rest};
use crate::surface::{self, Codec, Encoding, Format, Payload, connect, envelope};
use crate::{Error, Result};

/// Cuts pieces into envelopes.
pub struct Envelopes(envelope::Envelopes);

impl Envelopes {
    /// For messages of at most `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Self(envelope::Envelopes::new(limit))
    }

    /// Takes what has arrived.
    pub fn push(&mut self, piece: Bytes) {
        self.0.push(piece);
    }

    /// The flags and the bytes of the next whole message.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE` as soon as a prefix says so.
    pub fn cut(&mut self) -> Result<Option<(u8, Bytes)>> {
        self.0.next()
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A message with its envelope around it.
pub fn enveloped(flags: u8, message: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    // Memory is written to.
    let _ = envelope::append(flags, &mut out, |out| {
        out.extend_from_slice(message);
        Ok(())
    });
    out
}

/// The compressed form of a message; `None` for an encoding that is not known.
pub fn packed(encoding: &str, message: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    Encoding::named(encoding.as_bytes())?.compress(message, &mut out).ok()?;
    Some(out)
}

/// The message that these bytes are the compressed form of; `None` for an encoding that is not known.
pub fn unpacked(encoding: &str, bytes: Bytes, limit: usize) -> Option<Result<Bytes>> {
    Some(Encoding::named(encoding.as_bytes())?.decompress(bytes, limit))
}

/// How the messages of an RPC are written.
#[derive(Debug, Clone, Copy)]
pub struct Wire(surface::Wire);

impl Wire {
    /// In JSON or in the binary form, compressed in this way; `None` for an encoding that is not known.
    pub fn new(json: bool, encoding: &str) -> Option<Self> {
        let format = if json { Format::Json } else { Format::Proto };
        let encoding = Encoding::named(encoding.as_bytes())?;
        let plain = surface::Wire::default();
        Some(Self(surface::Wire { format, received: encoding, sent: encoding, ..plain }))
    }

    /// A body that is one message.
    ///
    /// # Errors
    /// As the surface has them.
    pub async fn read<M: Message>(self, mut body: Body, limit: usize) -> Result<M> {
        self.0.read(&mut body, limit).await
    }

    /// A body that is a stream of messages.
    ///
    /// # Errors
    /// As the surface has them.
    pub fn requests<M: Message>(self, body: Body, limit: usize) -> Result<Streaming<M>> {
        Codec::Enveloped(self.0).requests(body, limit)
    }

    /// One message in an envelope.
    ///
    /// # Errors
    /// As the surface has them.
    pub fn write<M: Message>(self, message: &M) -> Result<Bytes> {
        self.0.write(message)
    }
}

/// The bytes of a body in the base64 of gRPC-Web.
pub fn web_text(body: Body) -> Body {
    surface::web::decoded(body)
}

/// A parsed path template.
#[derive(Debug, PartialEq, Eq)]
pub struct Template {
    /// What each segment of a path must be.
    pub segments: Vec<Part>,
    /// The variables: field path, first segment, segment after the last one.
    pub variables: Vec<(Vec<String>, u16, Option<u16>)>,
    /// What follows the closing colon.
    pub verb: Option<String>,
    /// The whole path, where there is no wildcard.
    pub literal: Option<Vec<u8>>,
}

/// One segment of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// This text, in the form that all its spellings share.
    Literal(Vec<u8>),
    /// `*`.
    One,
    /// `**`.
    Rest,
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parsed = route::Template::parse(text)?;
        let literal = parsed.literal();
        let segments = parsed.segments.into_iter().map(|segment| match segment {
            Segment::Literal(text) => Part::Literal(text.into_vec()),
            Segment::One => Part::One,
            Segment::Rest => Part::Rest,
        });
        let variables = parsed.variables.into_iter().map(|variable| {
            let path = variable.path.into_iter().map(str::to_owned).collect();
            (path, variable.span.first, variable.span.end)
        });
        Ok(Self {
            segments: segments.collect(),
            variables: variables.collect(),
            verb: parsed.verb.map(str::to_owned),
            literal,
        })
    }
}

/// The table of routes.
pub struct Routes(Table);

/// What a lookup gives.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// The place of the binding, and what its variables took of the path.
    Route(usize, Vec<Range<usize>>),
    /// Nothing for this method, but for others.
    OtherMethods,
    /// Nothing at all.
    Nothing,
}

impl Routes {
    /// A table of bindings: verb and template each.
    ///
    /// # Errors
    /// Every mistake and every conflict.
    pub fn new<'a>(
        bindings: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<String>> {
        let mut routes = Builder::default();
        for (index, (verb, path)) in bindings.into_iter().enumerate() {
            let route = route::Route { operation: 0, binding: Some(index) };
            routes.binding(route, "Operation", verb, path);
        }
        routes.build().map(Self)
    }

    /// Looks up the raw path of a request.
    pub fn find(&self, method: &Method, path: &str) -> Found {
        match self.0.find(method, path) {
            route::Found::Route(route, captures) => Found::Route(
                route.binding.unwrap_or_default(),
                captures.iter().map(|&(start, end)| start as usize..end as usize).collect(),
            ),
            route::Found::Options(_) | route::Found::MethodNotAllowed(_) => Found::OtherMethods,
            route::Found::Nothing => Found::Nothing,
        }
    }
}

/// The HTTP bindings of one method.
pub struct Bindings {
    table: Table,
    plans: Vec<Arc<Plan>>,
}

/// How one request is read and answered.
pub struct Binding(Rest);

impl Bindings {
    /// Those of a method whose request has a value with nothing set.
    ///
    /// # Errors
    /// Every mistake.
    pub fn new(method: &'static MethodSpec) -> Result<Self, Vec<String>> {
        let mut types = Types::default();
        let table =
            Routes::new(method.bindings.iter().map(|binding| (binding.verb, binding.path)))?.0;
        let plans = method
            .bindings
            .iter()
            .map(|binding| Plan::binding(method, binding, &mut types, true).map(Arc::new))
            .collect::<Result<_, _>>()?;
        Ok(Self { table, plans })
    }

    /// The place of the binding of a request, and how it is read; `None` where the table has no route for it.
    pub fn of(&self, request: &Request<()>) -> Option<(usize, Binding)> {
        let path = request.uri().path();
        let route::Found::Route(route, captures) = self.table.find(request.method(), path) else {
            return None;
        };
        let index = route.binding?;
        let content_type = request.headers().get(http::header::CONTENT_TYPE);
        let answer = Answer::of(request.method(), content_type, Some(request.headers()));
        let target = request.uri().path_and_query().cloned();
        let rest =
            Rest::new(Arc::clone(&self.plans[index]), captures, target, answer, request.headers());
        Some((index, Binding(rest)))
    }
}

impl Binding {
    /// The request's message.
    ///
    /// # Errors
    /// As the surface has them.
    pub fn decode<M: Message>(&self, body: Bytes) -> Result<M> {
        self.0.decode(body)
    }

    /// The request's messages.
    ///
    /// # Errors
    /// As the surface has them.
    pub fn requests<M: Message>(&self, body: Body, limit: usize) -> Result<Streaming<M>, Error> {
        self.0.requests(body, limit)
    }

    /// The answer's body.
    ///
    /// # Errors
    /// As the surface has them.
    pub fn encode<M: Message>(&self, message: &M) -> Result<Bytes> {
        self.0.encode(message, &mut Meta::default())
    }
}

/// How one request over Connect is read and answered.
pub struct Connect {
    answer: connect::Answer,
    codec: Codec,
}

impl Connect {
    /// For a method of this shape; `None` where the request is no call over Connect.
    ///
    /// # Errors
    /// What is wrong with the head of the request.
    pub fn of(request: &Request<()>, shape: Shape) -> Option<Result<Self>> {
        let (method, headers) = (request.method(), request.headers());
        let (mut answer, mut codec) = if matches!(*method, Method::GET | Method::HEAD) {
            let unary = connect::Unary::get(method, request.uri());
            (unary.answer(), Codec::Connect(unary))
        } else {
            let content_type = headers.get(http::header::CONTENT_TYPE);
            let named = headers.contains_key(connect::VERSION);
            let answer = connect::Answer::recognise(content_type, named)?;
            (answer, answer.codec(shape))
        };
        Some(answer.agree(&mut codec, headers).map(|()| Self { answer, codec }))
    }

    /// A body that is one message.
    ///
    /// # Errors
    /// As the surface has them.
    pub async fn read<M: Message>(&self, mut body: Body, limit: usize) -> Result<M> {
        self.codec.read(&mut body, limit).await
    }

    /// A body that is a stream of messages.
    ///
    /// # Errors
    /// As the surface has them.
    pub fn requests<M: Message>(&self, body: Body, limit: usize) -> Result<Streaming<M>> {
        self.codec.requests(body, limit)
    }

    /// The status and the body of the answer to a call that failed.
    pub fn failed(&self, error: &Error) -> (u16, Bytes) {
        let response = self.answer.error(error);
        let status = response.status().as_u16();
        match response.into_body() {
            Payload::Full(bytes) => (status, bytes),
            _ => (status, Bytes::new()),
        }
    }
}
