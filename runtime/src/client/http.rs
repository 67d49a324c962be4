//! A call over HTTP: the method's first binding, else its RPC path, with JSON that every Kratos version reads. Streams are
//! lines of JSON, or the parts of a form; of the replies, events are read too.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Version};
use serde_json::{Map, Value};

use super::form::Form;
use super::reader::{self, Events, Reader};
use super::requests::{Link, Write};
use super::stream::Begun;
use super::transport::{Answer, Opened};
use super::{path, query, unreadable};
use crate::call::Body;
use crate::error::reasons;
use crate::message::{self, Dialect, Message, TypeRef, Types};
use crate::route::Template;
use crate::service::{BindingSpec, Given, MethodSpec, Shape};
use crate::surface::lines::Unread;
use crate::surface::rest::{is_form_part, is_http_body};
use crate::telemetry::Secrets;
use crate::{Error, Result};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

const LINES: HeaderValue = HeaderValue::from_static("application/x-ndjson");

/// Lines, or the events that Kratos answers with whatever it is asked for.
const LINES_OR_EVENTS: HeaderValue =
    HeaderValue::from_static("application/x-ndjson, text/event-stream;q=0.9");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");

/// How a method is called, worked out once for each client.
pub(super) struct Plan {
    verb: Method,
    /// `None` is the RPC path, which takes the whole message as its body.
    template: Option<Template<'static>>,
    /// The path with its variables as they are declared.
    pattern: &'static str,
    operation: &'static str,
    body: Option<&'static str>,
    response_body: Option<&'static str>,
    accept: HeaderValue,
    /// Both sides stream, at once.
    both: bool,
    /// The requests are the parts of a form.
    parts: bool,
    types: Types,
    input: TypeRef,
    secrets: Option<Secrets>,
}

impl Plan {
    pub(super) fn new(method: &'static MethodSpec) -> Result<Self> {
        let wrong = |what: String| {
            Error::internal(reasons::INTERNAL, format!("{}: {what}", method.operation))
        };
        let mut types = Types::default();
        let (input, output) = ((method.input)(&mut types), (method.output)(&mut types));
        let mut plan = Self {
            verb: Method::POST,
            template: None,
            pattern: method.operation,
            operation: method.operation,
            body: Some("*"),
            response_body: None,
            accept: if method.shape.replies() { LINES_OR_EVENTS } else { JSON },
            both: method.shape == Shape::Bidi,
            parts: false,
            types,
            input,
            secrets: None,
        };
        if let Some(binding) = method.bindings.first() {
            let template = Template::parse(binding.path).map_err(wrong)?;
            if plan.can_use(method, binding, &template, &output) {
                plan.verb = match (binding.verb, binding.body) {
                    // Any verb will do.
                    ("*", None) => Method::GET,
                    ("*", Some(_)) => Method::POST,
                    (verb, _) => Method::from_bytes(verb.as_bytes())
                        .map_err(|_| wrong(format!("`{verb}` is not an HTTP method")))?,
                };
                plan.template = Some(template);
                plan.pattern = binding.path;
                plan.body = binding.body;
                plan.parts = method.shape.requests() && is_form_part(&plan.types, &plan.input);
                plan.response_body = binding.response_body.filter(|field| *field != "*");
            }
        }
        if method.shape.replies() && plan.replies_may_look_like_errors(&output) {
            plan.accept = EVENTS;
        }
        plan.secrets = Secrets::of(method, plan.pattern);
        Ok(plan)
    }

    /// The path as it is declared, which tells calls apart by their method alone.
    pub(super) fn pattern(&self) -> &'static str {
        self.pattern
    }

    /// What of a request's path and query spans do not tell.
    pub(super) fn secrets(&self) -> Option<&Secrets> {
        self.secrets.as_ref()
    }

    /// Whether messages can be written as this binding has them. The RPC path takes the others: messages that have no part
    /// in common to put into a path, and bytes that would be taken as they are.
    fn can_use(
        &self,
        method: &MethodSpec,
        binding: &BindingSpec,
        template: &Template<'_>,
        output: &TypeRef,
    ) -> bool {
        let field = |name: Option<&'static str>| name.filter(|name| *name != "*");
        let raw_body =
            binding.body.is_some() && is_http_body(&self.types, &self.input, field(binding.body));
        let raw = raw_body || is_http_body(&self.types, output, field(binding.response_body));
        let alike = binding.body == Some("*") && template.variables.is_empty();
        !raw && (alike || !method.shape.requests())
    }

    /// Whether the line of a reply may look like the line of an error, `{"error":..}`.
    fn replies_may_look_like_errors(&self, output: &TypeRef) -> bool {
        let named = match output {
            TypeRef::Message(index) => {
                let fields = &self.types.messages()[*index].fields;
                fields.iter().any(|field| field.name == "error" || field.json == "error")
            }
            // What JSON it has is its own affair.
            TypeRef::Named(_) | TypeRef::Enum(_) => true,
        };
        named || self.response_body.is_some()
    }

    /// The path with its query, and the request without it.
    pub(super) fn request<M: Message>(
        &self,
        given: Given<M>,
        headers: HeaderMap,
        link: &Link,
    ) -> Result<(String, Request<Body>)> {
        let (path, content) = match given {
            Given::One(message) => {
                let (path, body) = self.one(&message)?;
                (path, body.map(|body| (JSON, Body::from(Bytes::from(body)))))
            }
            Given::Many(messages) => {
                let (kind, write) = if self.parts {
                    let form = Form::new();
                    (form.content_type()?, Write::Form(form))
                } else {
                    (LINES, Write::Lines)
                };
                (self.path(&mut Map::new())?, Some((kind, link.body(messages, write))))
            }
        };
        let mut request = Request::new(Body::empty());
        *request.headers_mut() = headers;
        request.headers_mut().insert(ACCEPT, self.accept.clone());
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(super::AGENT));
        if let Some((kind, body)) = content {
            request.headers_mut().insert(CONTENT_TYPE, kind);
            *request.body_mut() = body;
        }
        *request.method_mut() = self.verb.clone();
        if self.both {
            // Over HTTP/1.1 many a proxy reads the whole request before it sends any of the answer.
            *request.version_mut() = Version::HTTP_2;
        }
        Ok((path, request))
    }

    /// The path for `fields`, from which everything that went into the path is taken away.
    fn path(&self, fields: &mut Map<String, Value>) -> Result<String> {
        match &self.template {
            None => Ok(self.operation.to_owned()),
            Some(template) => path::expand(template, fields),
        }
    }

    /// The path and the body for one message.
    fn one<M: Message>(&self, message: &M) -> Result<(String, Option<Vec<u8>>)> {
        match &self.template {
            Some(template) if !template.variables.is_empty() || self.body != Some("*") => {
                self.spread(template, message)
            }
            _ => {
                let body = message::to_json(message, Dialect::Original)?;
                Ok((self.path(&mut Map::new())?, Some(body)))
            }
        }
    }

    /// Spreads the fields over path, body and query.
    fn spread<Req: Message>(
        &self,
        template: &Template<'_>,
        message: &Req,
    ) -> Result<(String, Option<Vec<u8>>)> {
        let tree = message.to_json(serde_json::value::Serializer, Dialect::Original)?;
        let Value::Object(mut fields) = tree else {
            return Err(Error::codec("a message without fields of its own has no place in a path"));
        };
        let mut path = path::expand(template, &mut fields)?;
        let body = match self.body {
            Some("*") => return Ok((path, Some(serde_json::to_vec(&fields)?))),
            Some(field) => fields.remove(field).filter(|value| !value.is_null()),
            None => None,
        };
        query::append(&mut path, &fields, &self.types, &self.input)?;
        Ok((path, body.map(|body| serde_json::to_vec(&body)).transpose()?))
    }

    /// The reply's message, or the error that the answer stands for.
    pub(super) fn message<Rep: Message>(&self, answer: &Answer) -> Result<Rep> {
        if !answer.head.status.is_success() {
            return Err(error(answer));
        }
        match answer.body.is_empty() {
            // What has nothing to say answers without a body: 204, HEAD.
            true => self.read(b"{}"),
            false => self.item(&answer.body),
        }
    }

    /// One message, or what its answer's body is.
    pub(super) fn item<Rep: Message>(&self, body: &[u8]) -> Result<Rep> {
        match self.response_body {
            // The message that has the body in this field.
            Some(field) => {
                let field = format!("{{{}:", Value::from(field));
                self.read(&[field.as_bytes(), body, b"}"].concat())
            }
            None => self.read(body),
        }
    }

    fn read<Rep: Message>(&self, json: &[u8]) -> Result<Rep> {
        message::from_json(json).map_err(|fault| unreadable(self.operation, &fault))
    }

    /// One line of an answer: a message, or the error that came in place of one.
    pub(super) fn line<Rep: Message>(&self, line: &[u8]) -> Result<Rep> {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Failed {
            error: Value,
        }
        let start = line.trim_ascii_start().strip_prefix(b"{").unwrap_or_default();
        if start.trim_ascii_start().starts_with(b"\"error\"")
            && let Ok(failed) = serde_json::from_slice::<Failed>(line)
            && let Some(error) = late(&failed.error)
        {
            return Err(error);
        }
        self.item(line)
    }

    /// The error in the last event of a stream that failed.
    pub(super) fn error_event(&self, data: &[u8]) -> Error {
        let told = serde_json::from_slice(data).ok().and_then(|body| late(&body));
        told.unwrap_or_else(|| {
            let text = foreign_text(data);
            Error::internal("", format!("{} failed: {}", self.operation, text.trim()))
        })
    }
}

/// An answer that is a stream: messages of at most `limit` bytes follow each other as its content type says.
///
/// # Errors
/// The error that the answer stands for; an answer that is no stream.
pub(super) async fn begun(plan: Arc<Plan>, answer: Opened, limit: usize) -> Result<Begun> {
    if !answer.head.status.is_success() {
        return Err(error(&answer.read(limit).await?));
    }
    let kind =
        answer.head.headers.get(CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap_or("?"));
    let media = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let form = match media.as_str() {
        "text/event-stream" => reader::Form::Events(Events::default(), plan),
        "application/x-ndjson"
        | "application/ndjson"
        | "application/jsonl"
        | "application/x-jsonl" => reader::Form::Lines(Unread::default(), plan),
        // Nothing has no type: 204.
        _ if answer.is_alone() => reader::Form::Lines(Unread::default(), plan),
        _ => {
            let text = format!("the answer of {} is no stream but `{kind}`", plan.operation);
            return Err(Error::internal(reasons::INTERNAL, text));
        }
    };
    Ok((answer, Some(Reader::new(form, limit))))
}

/// Trailers travel as headers whose names start with `trailer-`, as in Connect: here they become trailers again.
pub(super) fn take_trailers(answer: &mut Answer) {
    let moved: Vec<_> = answer
        .head
        .headers
        .iter()
        .filter_map(|(name, value)| {
            let trailer = name.as_str().strip_prefix("trailer-")?.parse::<HeaderName>().ok()?;
            Some((name.clone(), trailer, value.clone()))
        })
        .collect();
    for (name, trailer, value) in moved {
        answer.head.headers.remove(name);
        answer.trailers.append(trailer, value);
    }
}

/// The status is what counts; the body adds what it can.
///
/// A JSON object with a `reason` or a `message` is read as the kit and Kratos write it, every part optional. Of any other
/// body only the text is kept.
fn error(answer: &Answer) -> Error {
    let status = answer.head.status;
    let body = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    told(status.as_u16(), &body).unwrap_or_else(|| {
        let text = match foreign_text(&answer.body).trim() {
            "" => format!("the answer is HTTP {status}"),
            text => format!("the answer is HTTP {status}: {text}"),
        };
        Error::new(status.as_u16(), "", text)
    })
}

/// The error of a stream that had begun: its body has the code too.
fn late(body: &Value) -> Option<Error> {
    let code = body.get("code").and_then(Value::as_u64)?;
    told(u16::try_from(code).unwrap_or(500), body)
}

/// The error that a body tells; `None` where it tells none that the kit or Kratos could have written.
fn told(status: u16, body: &Value) -> Option<Error> {
    let text = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (reason, message) = (text("reason"), text("message"));
    if reason.is_none() && message.is_none() {
        return None;
    }
    let known = || StatusCode::from_u16(status).ok()?.canonical_reason();
    let message = message.or_else(known).unwrap_or_default();
    let mut error = Error::new(status, reason.unwrap_or_default().to_owned(), message.to_owned());
    for (key, value) in body.get("metadata").and_then(Value::as_object).into_iter().flatten() {
        if let Some(value) = path::text(value) {
            error = error.with(key.clone(), value);
        }
    }
    Some(error)
}

/// Enough of a foreign body to recognise it in a log.
fn foreign_text(body: &[u8]) -> Cow<'_, str> {
    const MOST: usize = 200;
    String::from_utf8_lossy(&body[..body.len().min(MOST)])
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
