//! Where the secret fields of a request may stand in its path and its query.

use std::borrow::Cow;

use smallvec::SmallVec;

use super::query::REDACTED;
use crate::message::{FieldDesc, Kind, Label, TypeRef, Types};
use crate::route::{Span, Template};
use crate::service::MethodSpec;
use crate::surface::rest::{form_value, split_key};

/// The secrets of one way to a method.
pub(crate) struct Secrets {
    types: Types,
    input: TypeRef,
    /// The segments of the path that are secret.
    segments: Vec<Span>,
    /// What follows the path's closing colon, which is none.
    verb: Option<&'static str>,
}

impl Secrets {
    /// Those of a method that is called by a path of this template; `None` where its request has none.
    pub(crate) fn of(method: &MethodSpec, path: &'static str) -> Option<Self> {
        let mut types = Types::default();
        let input = (method.input)(&mut types);
        if !types.messages().iter().any(|it| it.fields.iter().any(|field| field.secret)) {
            return None;
        }
        let mut secrets = Self { types, input, segments: Vec::new(), verb: None };
        // Whoever makes the table tells of a template that does not parse; such a route is never called.
        if let Ok(template) = Template::parse(path) {
            let secret = template.variables.iter().filter(|it| secrets.hold(&it.path));
            secrets.segments = secret.map(|variable| variable.span).collect();
            secrets.verb = template.verb;
        }
        Some(secrets)
    }

    /// Whether the key of a query leads to a secret field, or into one.
    pub(super) fn hold_key(&self, key: &str) -> bool {
        // No field has a name that does not decode.
        let Ok(key) = form_value(key) else { return false };
        let mut names = SmallVec::new();
        split_key(&key, &mut names);
        self.hold(&names)
    }

    /// Follows the names from field to field, whichever of its two names each is called by.
    fn hold(&self, names: &[&str]) -> bool {
        let mut message = &self.input;
        let mut names = names.iter();
        while let (TypeRef::Message(index), Some(name)) = (message, names.next()) {
            let named = |field: &&FieldDesc| field.name == *name || field.json == *name;
            let Some(field) = self.types.messages()[*index].fields.iter().find(named) else {
                return false;
            };
            if field.secret {
                return true;
            }
            let Kind::Type(of) = &field.kind else { return false };
            if matches!(field.label, Label::Map(_)) {
                names.next();
            }
            message = of;
        }
        false
    }

    /// A path without the segments that are secret.
    pub(super) fn redacted<'p>(&self, path: &'p str) -> Cow<'p, str> {
        if self.segments.is_empty() {
            return Cow::Borrowed(path);
        }
        let mut out = String::with_capacity(path.len());
        for (at, segment) in path.split('/').skip(1).enumerate() {
            let secret = self.segments.iter().any(|span| {
                at >= usize::from(span.first) && span.end.is_none_or(|end| at < usize::from(end))
            });
            out.push('/');
            out.push_str(if secret { REDACTED } else { segment });
        }
        if let Some(verb) = self.verb
            && out.ends_with(REDACTED)
        {
            out.push(':');
            out.push_str(verb);
        }
        Cow::Owned(out)
    }
}
