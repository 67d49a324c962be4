//! From a request to its message: the body, then the query, then the path variables, later ones winning.

use bytes::Bytes;
use http::HeaderValue;
use smallvec::SmallVec;

use super::media::{Format, Input};
use super::plan::{BodyRule, Plan};
use super::text::{form_value, path_value};
use crate::message::{self, Fault, HttpBody, Message};
use crate::route::Captures;
use crate::surface::grpc;
use crate::{Error, Result};

/// How many names the keys of a query or a form may have together: each may become an element, or a message in one.
const MAX_NAMES: usize = 16_384;

/// Everything of a request that its message is made from, but for the body.
pub(super) struct Parts<'a> {
    pub(super) plan: &'a Plan,
    pub(super) input: Input,
    pub(super) path: &'a str,
    pub(super) captures: &'a Captures,
    pub(super) query: Option<&'a str>,
    /// The content type of a body that is taken as it is.
    pub(super) media: Option<&'a HeaderValue>,
}

impl Parts<'_> {
    pub(super) fn decode<M: Message>(&self, body: Bytes) -> Result<M> {
        let mut message = match self.plan.body {
            BodyRule::Ignored => initial()?,
            BodyRule::Whole => self.whole(body)?,
            BodyRule::Field(field) => self.field(field, body)?,
        };
        if self.plan.body != BodyRule::Whole
            && let Some(query) = self.query
        {
            bind_pairs(&mut message, None, query)?;
        }
        self.bind_variables(&mut message)?;
        Ok(message)
    }

    /// One message of many: its body is never left out, and the query is always read.
    pub(super) fn item<M: Message>(&self, body: Bytes) -> Result<M> {
        let mut message = match self.plan.body {
            BodyRule::Ignored | BodyRule::Whole => self.whole(body)?,
            BodyRule::Field(field) => self.field(field, body)?,
        };
        if let Some(query) = self.query {
            bind_pairs(&mut message, None, query)?;
        }
        self.bind_variables(&mut message)?;
        Ok(message)
    }

    /// A body of any content type, in the encoded form of its message.
    #[inline(never)]
    fn raw(&self, body: Bytes) -> Vec<u8> {
        let media = self.media.and_then(|media| media.to_str().ok()).unwrap_or_default();
        message::encode(&HttpBody::new(media, body))
    }

    #[inline]
    fn whole<M: Message>(&self, body: Bytes) -> Result<M> {
        if self.plan.raw_body {
            return Ok(message::decode(self.raw(body).into())?);
        }
        if body.is_empty() {
            return initial();
        }
        Ok(match self.input {
            Input::Message(Format::Proto) => message::decode(body)?,
            Input::Message(_) => message::from_json(&body)?,
            Input::Form if self.plan.form => form(None, &body)?,
            other => return Err(unsupported(other)),
        })
    }

    fn field<M: Message>(&self, field: &'static str, body: Bytes) -> Result<M> {
        let mut message: M = initial()?;
        if self.plan.raw_body {
            message::field_from_wire(&mut message, field, &self.raw(body))?;
            return Ok(message);
        }
        if body.is_empty() {
            return Ok(message);
        }
        match self.input {
            Input::Message(Format::Proto) if !self.plan.binary_body => {
                return Err(Error::unsupported_media_type(
                    "the body of this route is no message and has no binary form; send application/json",
                ));
            }
            Input::Message(Format::Proto) => {
                message::field_from_wire(&mut message, field, &body)?;
            }
            Input::Message(_) => message::field_from_json(&mut message, field, &body)?,
            Input::Form if self.plan.form => return form(Some(field), &body),
            other => return Err(unsupported(other)),
        }
        Ok(message)
    }

    #[inline]
    fn bind_variables<M: Message>(&self, message: &mut M) -> Result {
        for (variable, &(start, end)) in self.plan.variables.iter().zip(self.captures) {
            let raw = &self.path[start as usize..end as usize];
            let value = path_value(raw, !variable.single)
                .map_err(|why| Error::from(Fault::new(why).within(variable.name.clone())))?;
            // The plan has checked that there is such a field.
            message.bind(&variable.path, &value)?;
        }
        Ok(())
    }
}

/// The message that bindings start from. `build` refuses bindings of a message that has none, so that only an empty body
/// in the place of a whole message gets here.
fn initial<M: Message>() -> Result<M> {
    M::initial().ok_or_else(|| Error::codec("the body is empty"))
}

fn form<M: Message>(field: Option<&str>, body: &[u8]) -> Result<M> {
    let text = std::str::from_utf8(body).map_err(|_| Error::codec("the form is not UTF-8"))?;
    let mut message = initial()?;
    bind_pairs(&mut message, field, text)?;
    Ok(message)
}

#[cold]
fn unsupported(input: Input) -> Error {
    Error::unsupported_media_type(match input {
        Input::Grpc => return grpc::needs_http2(),
        Input::Unsaid => "a body needs a content type: application/json",
        Input::Lines => "this method takes one message; send application/json",
        Input::Form => "this method does not read forms; send application/json",
        Input::Multipart => "this method does not read forms in parts; send application/json",
        Input::Message(_) | Input::Unknown => {
            "send application/json, application/protojson or application/proto"
        }
    })
}

/// Binds `a=1&b.c=2&labels[k]=v`, each below `field` if there is one. A key that is no field is ignored.
fn bind_pairs<M: Message>(message: &mut M, field: Option<&str>, pairs: &str) -> Result {
    let mut names = 0;
    for pair in pairs.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        // No field has a name that does not decode.
        let Ok(key) = form_value(key) else { continue };
        let mut path: SmallVec<[&str; 4]> = field.into_iter().collect();
        split_key(&key, &mut path);
        if path.len() > message::MAX_DEPTH as usize {
            return Err(Error::codec(format!("`{}...` nests too deeply", path[..3].join("."))));
        }
        names += path.len();
        if names > MAX_NAMES {
            return Err(Error::codec(format!("more than {MAX_NAMES} names in a query or a form")));
        }
        bind_pair(message, &path, value)?;
    }
    Ok(())
}

fn bind_pair<M: Message>(message: &mut M, path: &[&str], value: &str) -> Result<(), Fault> {
    let value = match form_value(value) {
        Ok(value) => value,
        // What is not read need not be right, so whether there is such a field is asked with an empty value.
        Err(why) => {
            return match message.bind(path, "") {
                Ok(false) => Ok(()),
                _ => Err(Fault::new(why).within(path.join("."))),
            };
        }
    };
    match message.bind(path, &value) {
        // An input that a browser's form leaves empty: no number, no time, but no mistake either.
        Err(_) if value.is_empty() => Ok(()),
        Err(fault) => Err(fault),
        Ok(_) => Ok(()),
    }
}

/// Splits `a.b[k].c[]` into its names: `a`, `b`, `k`, `c`. A key in brackets may hold dots.
pub(crate) fn split_key<'k>(key: &'k str, path: &mut SmallVec<[&'k str; 4]>) {
    let mut rest = key;
    while !rest.is_empty() {
        if let Some(inside) = rest.strip_prefix('[')
            && let Some((name, after)) = inside.split_once(']')
        {
            if !name.is_empty() {
                path.push(name);
            }
            rest = after.strip_prefix('.').unwrap_or(after);
            continue;
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len()).max(1);
        path.push(&rest[..end]);
        rest = rest[end..].strip_prefix('.').unwrap_or(&rest[end..]);
    }
}
