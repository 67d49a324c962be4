//! A unary call over HTTP: the method's first binding, else its RPC path, with JSON that every Kratos version reads.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use serde_json::{Map, Value};

use super::transport::Answer;
use super::unreadable;
use super::{path, query};
use crate::call::Body;
use crate::error::reasons;
use crate::message::{self, Dialect, Message, TypeRef, Types};
use crate::route::Template;
use crate::service::MethodSpec;
use crate::{Error, Result};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// How a method is called, worked out once for each client.
pub(super) struct Plan {
    verb: Method,
    /// `None` is the RPC path, which takes the whole message as its body.
    template: Option<Template<'static>>,
    operation: &'static str,
    body: Option<&'static str>,
    response_body: Option<&'static str>,
    types: Types,
    input: TypeRef,
}

impl Plan {
    pub(super) fn new(method: &'static MethodSpec) -> Result<Self> {
        let wrong = |what: String| {
            Error::internal(reasons::INTERNAL, format!("{}: {what}", method.operation))
        };
        let mut types = Types::default();
        let input = (method.input)(&mut types);
        let Some(binding) = method.bindings.first() else {
            return Ok(Self {
                verb: Method::POST,
                template: None,
                operation: method.operation,
                body: Some("*"),
                response_body: None,
                types,
                input,
            });
        };
        let verb = match (binding.verb, binding.body) {
            // Any verb will do.
            ("*", None) => Method::GET,
            ("*", Some(_)) => Method::POST,
            (verb, _) => Method::from_bytes(verb.as_bytes())
                .map_err(|_| wrong(format!("`{verb}` is not an HTTP method")))?,
        };
        Ok(Self {
            verb,
            template: Some(Template::parse(binding.path).map_err(wrong)?),
            operation: method.operation,
            body: binding.body,
            response_body: binding.response_body,
            types,
            input,
        })
    }

    /// The path with its query, and the request without it.
    pub(super) fn request<Req: Message>(
        &self,
        message: &Req,
        headers: HeaderMap,
    ) -> Result<(String, Request<Body>)> {
        let (path, body) = match &self.template {
            None => {
                (self.operation.to_owned(), Some(message::to_json(message, Dialect::Original)?))
            }
            Some(template) if template.variables.is_empty() && self.body == Some("*") => (
                path::expand(template, &mut Map::new())?,
                Some(message::to_json(message, Dialect::Original)?),
            ),
            Some(template) => self.spread(template, message)?,
        };
        let mut request = Request::new(Body::empty());
        *request.headers_mut() = headers;
        request.headers_mut().insert(ACCEPT, JSON);
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(super::AGENT));
        if let Some(body) = body {
            request.headers_mut().insert(CONTENT_TYPE, JSON);
            *request.body_mut() = Body::from(Bytes::from(body));
        }
        *request.method_mut() = self.verb.clone();
        Ok((path, request))
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
        let body = match self.response_body {
            // What has nothing to say answers without a body: 204, HEAD.
            _ if answer.body.is_empty() => b"{}".to_vec().into(),
            // The message that has the body in this field.
            Some(field) => {
                let field = format!("{{{}:", Value::from(field));
                [field.as_bytes(), &answer.body, b"}"].concat().into()
            }
            None => answer.body.clone(),
        };
        message::from_json(&body).map_err(|fault| unreadable(self.operation, &fault))
    }
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
    let text = |key: &str| body.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (reason, message) = (text("reason"), text("message"));
    if reason.is_none() && message.is_none() {
        return Error::new(status.as_u16(), "", foreign_text(answer));
    }
    let message = message.or(status.canonical_reason()).unwrap_or_default();
    let mut error =
        Error::new(status.as_u16(), reason.unwrap_or_default().to_owned(), message.to_owned());
    for (key, value) in body.get("metadata").and_then(Value::as_object).into_iter().flatten() {
        if let Some(value) = path::text(value) {
            error = error.with(key.clone(), value);
        }
    }
    error
}

/// Enough of a foreign body to recognise it in a log.
fn foreign_text(answer: &Answer) -> String {
    const MOST: usize = 200;
    let text = String::from_utf8_lossy(&answer.body[..answer.body.len().min(MOST)]);
    match text.trim() {
        "" => format!("the answer is HTTP {}", answer.head.status),
        text => format!("the answer is HTTP {}: {text}", answer.head.status),
    }
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
