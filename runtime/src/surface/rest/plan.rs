//! How one binding of a method is read and written, worked out and checked once when the server is built.

use crate::message::{FORM_PART, HTTP_BODY, Kind, Label, TypeRef, Types};
use crate::route::Template;
use crate::service::{BindingSpec, MethodSpec};

/// A binding ready to be used.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(super) variables: Vec<PathVariable>,
    pub(super) body: BodyRule,
    /// Whether the field that is the body, if one is, has a binary form of its own: it is a message.
    pub(super) binary_body: bool,
    /// The field that is the answer's body.
    pub(super) response_body: Option<&'static str>,
    /// Whether what is the answer's body has a binary form.
    pub(super) binary_response: bool,
    /// Whether what is the body is taken as it is, of any content type.
    pub(super) raw_body: bool,
    /// Whether what is the body of each of many requests is the part of a form.
    pub(super) parts: bool,
    /// Whether what is the answer's body is sent as it is, under a content type of its own.
    pub(super) raw_response: bool,
    /// Whether HTML forms are read.
    pub(super) form: bool,
    /// The field that is the id of an event.
    pub(super) event_id: Option<&'static str>,
}

#[derive(Debug)]
pub(super) struct PathVariable {
    /// `book.name`, for messages.
    pub(super) name: String,
    pub(super) path: Box<[&'static str]>,
    /// One segment: an escaped slash is part of its value.
    pub(super) single: bool,
}

/// Where the body of a request goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyRule {
    /// Nowhere: the body is not read.
    Ignored,
    /// It is the whole message, and the query is not read.
    Whole,
    /// It is this field.
    Field(&'static str),
}

impl Plan {
    /// The plan of an RPC path over HTTP: the body is the request, the answer is the reply.
    pub(crate) fn rpc(method: &MethodSpec) -> Self {
        Self {
            variables: Vec::new(),
            body: BodyRule::Whole,
            binary_body: true,
            response_body: None,
            binary_response: true,
            raw_body: false,
            parts: false,
            raw_response: false,
            form: method.form,
            event_id: method.event_id,
        }
    }

    /// Whether the field that events take their ids from is one that they can.
    ///
    /// # Errors
    /// Why not, without the operation's name.
    pub(crate) fn check_event_id(method: &MethodSpec, types: &mut Types) -> Result<(), String> {
        let Some(field) = method.event_id else { return Ok(()) };
        let output = (method.output)(types);
        let at = |why: String| format!("`event_id = \"{field}\"`: {why}");
        match find(types, &output, field).map_err(at)? {
            Some((Label::Singular | Label::Optional, kind))
                if !matches!(kind, Kind::Type(_) | Kind::Bytes) =>
            {
                Ok(())
            }
            _ => Err(at("an id is one number, one text or one `bool`".to_owned())),
        }
    }

    /// The plan of one binding. `has_initial` says whether the request has a value with nothing set.
    ///
    /// # Errors
    /// Every mistake in the binding, one text each, without the operation's name.
    pub(crate) fn binding(
        method: &MethodSpec,
        binding: &'static BindingSpec,
        types: &mut Types,
        has_initial: bool,
    ) -> Result<Self, Vec<String>> {
        let at = |why: String| format!("{} {}: {why}", binding.verb, binding.path);
        // The table reports a template that does not parse; here it has no variables.
        let variables = Template::parse(binding.path).map(|it| it.variables).unwrap_or_default();
        let (input, output) = ((method.input)(types), (method.output)(types));
        let body = match binding.body {
            None => BodyRule::Ignored,
            Some("*") => BodyRule::Whole,
            Some(field) => BodyRule::Field(field),
        };
        let mut mistakes = Vec::new();
        if body != BodyRule::Whole && !has_initial {
            mistakes.push(at(format!(
                "a `{}` cannot be put together from a path and a query, because one of its fields has no value to start \
                 from: take it whole with `body = \"*\"`, or make that field an `Option`",
                types.name(&input)
            )));
        }
        let mut binary = |key: &str, message: &TypeRef, field: &str| {
            is_message(types, message, field).unwrap_or_else(|why| {
                mistakes.push(at(format!("`{key} = \"{field}\"`: {why}")));
                false
            })
        };
        let binary_body = match body {
            BodyRule::Field(field) => binary("body", &input, field),
            BodyRule::Ignored | BodyRule::Whole => true,
        };
        let response_body = binding.response_body.filter(|field| *field != "*");
        let binary_response =
            response_body.is_none_or(|field| binary("response_body", &output, field));
        let body_is = |name: &str| match body {
            BodyRule::Ignored => false,
            BodyRule::Whole => is_named(types, &input, None, name),
            BodyRule::Field(field) => is_named(types, &input, Some(field), name),
        };
        let raw_body = body_is(HTTP_BODY);
        let parts = method.shape.requests() && body_is(FORM_PART);
        let raw_response = is_http_body(types, &output, response_body);
        for variable in &variables {
            if let Err(why) = variable_fits(types, &input, &variable.path) {
                mistakes.push(at(format!("`{{{}}}`: {why}", variable.path.join("."))));
            }
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let variables = variables.into_iter().map(|variable| PathVariable {
            single: variable.is_single(),
            name: variable.path.join("."),
            path: variable.path.into(),
        });
        Ok(Self {
            variables: variables.collect(),
            body,
            binary_body,
            response_body,
            binary_response,
            raw_body,
            parts,
            raw_response,
            form: method.form,
            event_id: method.event_id,
        })
    }

    /// Whether the path or the query goes into a message that is a whole request.
    pub(crate) fn reads_target(&self) -> bool {
        self.body != BodyRule::Whole || !self.variables.is_empty()
    }

    /// Whether requests of this binding have a body to read.
    pub(crate) fn reads_body(&self) -> bool {
        self.body != BodyRule::Ignored
    }
}

/// Whether a field is one message, which alone has a binary form without its field around it.
fn is_message(types: &Types, message: &TypeRef, field: &str) -> Result<bool, String> {
    // What a type of elsewhere can do is known to its own code only.
    let Some((label, kind)) = find(types, message, field)? else { return Ok(true) };
    let one = matches!(label, Label::Singular | Label::Optional);
    Ok(one && matches!(kind, Kind::Type(TypeRef::Message(_) | TypeRef::Named(_))))
}

/// Whether a message, or the field of it that stands for it, is bytes with a content type.
pub(crate) fn is_http_body(types: &Types, message: &TypeRef, field: Option<&str>) -> bool {
    is_named(types, message, field, HTTP_BODY)
}

/// Whether a message is the part of a form.
pub(crate) fn is_form_part(types: &Types, message: &TypeRef) -> bool {
    is_named(types, message, None, FORM_PART)
}

/// Whether a message, or the field of it that stands for it, has this full name.
fn is_named(types: &Types, message: &TypeRef, field: Option<&str>, full_name: &str) -> bool {
    let field = field.map(|field| find(types, message, field));
    let message = match &field {
        None => message,
        Some(Ok(Some((Label::Singular | Label::Optional, Kind::Type(message))))) => message,
        Some(_) => return false,
    };
    match message {
        TypeRef::Message(index) => {
            let found = &types.messages()[*index];
            found.package.is_some_and(|package| {
                full_name.strip_prefix(package) == Some(&format!(".{}", found.name))
            })
        }
        TypeRef::Enum(_) => false,
        TypeRef::Named(name) => *name == full_name,
    }
}

/// Follows a variable's path down to a value that text can stand for.
fn variable_fits(types: &Types, message: &TypeRef, path: &[&str]) -> Result<(), String> {
    let mut message = message.clone();
    for (depth, name) in path.iter().enumerate() {
        let Some((label, kind)) = find(types, &message, name)? else { return Ok(()) };
        if !matches!(label, Label::Singular | Label::Optional) {
            return Err(format!("`{name}` holds many values; a path gives one"));
        }
        let last = depth + 1 == path.len();
        match kind {
            // A well-known type is read from text; what a foreign one can do is known to its own code only.
            Kind::Type(TypeRef::Named(_)) => return Ok(()),
            Kind::Type(inner @ TypeRef::Message(_)) if !last => message = inner,
            Kind::Type(TypeRef::Message(_)) => {
                return Err(format!("`{name}` is a message; name one of its fields: `{name}.…`"));
            }
            _ if !last => return Err(format!("`{name}` is a plain value and has no fields")),
            _ => {}
        }
    }
    Ok(())
}

/// The shape of a field; `None` where the type is defined elsewhere and its fields are not known here.
fn find(types: &Types, message: &TypeRef, field: &str) -> Result<Option<(Label, Kind)>, String> {
    let desc = match message {
        TypeRef::Message(index) => &types.messages()[*index],
        TypeRef::Enum(_) => return Err("an enum has no fields".to_owned()),
        TypeRef::Named(_) => return Ok(None),
    };
    match desc.fields.iter().find(|it| it.name == field) {
        Some(found) => Ok(Some((found.label.clone(), found.kind.clone()))),
        None => {
            let names: Vec<_> = desc.fields.iter().map(|it| format!("`{}`", it.name)).collect();
            let known = if names.is_empty() { "no fields".to_owned() } else { names.join(", ") };
            Err(format!("`{}` has no field `{field}`; it has {known}", desc.name))
        }
    }
}
