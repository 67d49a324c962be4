//! The rules of HTTP bindings: templates, bodies, verbs. They are `google.api.http`'s.

use crate::service::model::Binding;
use crate::service::parse::{BindingDecl, RpcOptions};
use crate::service::template::{self, Template};
use crate::shared::case::is_identifier;
use crate::shared::{Sink, Spanned};

/// Checks every binding of a method.
pub(super) fn check_all(options: &RpcOptions, sink: &Sink<'_>) -> Vec<Binding> {
    check_shared(options, sink);
    options.bindings.iter().filter_map(|decl| check(decl, options, sink)).collect()
}

/// `body` and `response_body` beside the bindings: they need one to apply to.
fn check_shared(options: &RpcOptions, sink: &Sink<'_>) {
    if let Some(body) = options.body.get()
        && !options.bindings.iter().any(|decl| sends_body(&decl.verb))
    {
        let wrong = "`body` beside the bindings is for `post`, `put` and `patch`, and there is none; \
                     elsewhere write it inside: `delete(path = \"...\", body = \"*\")`";
        sink.at(body.span, wrong);
    }
    if let Some(response_body) = options.response_body.get() {
        if options.bindings.is_empty() {
            let wrong = "`response_body` needs a binding: `get = \"/path\"` or another";
            sink.at(response_body.span, wrong);
        }
        check_field("response_body", response_body, sink);
    }
}

fn sends_body(verb: &str) -> bool {
    matches!(verb, "post" | "put" | "patch")
}

fn check(decl: &BindingDecl, options: &RpcOptions, sink: &Sink<'_>) -> Option<Binding> {
    let section = sink.section();
    let verb = match decl.kind.get() {
        Some(kind) => check_kind(kind, &section),
        None => decl.verb.to_ascii_uppercase(),
    };
    let path = decl.path.get()?;
    let template = template::parse(&path.value).map_err(|wrong| section.at(path.span, wrong)).ok();
    let own_body = decl.body.get();
    if let (Some(body), "get") = (own_body, decl.verb.as_str()) {
        section.at(body.span, "a GET has no body");
    }
    let shared_body = options.body.get().filter(|_| sends_body(&decl.verb));
    let body = match own_body.or(shared_body) {
        Some(body) if body.value.is_empty() => None,
        Some(body) => Some(body.clone()),
        None => sends_body(&decl.verb).then(|| Spanned::new("*".to_owned(), path.span)),
    };
    if let (Some(body), Some(template)) = (&body, &template) {
        check_body(body, template, &section);
    }
    if let Some(field) = decl.response_body.get() {
        check_field("response_body", field, &section);
    }
    let response_body = decl.response_body.get().or(options.response_body.get()).cloned();
    let template = Spanned::new(template?, path.span);
    (!section.has_errors()).then_some(Binding { verb, template, body, response_body })
}

fn check_kind(kind: &Spanned<String>, sink: &Sink<'_>) -> String {
    let text = &kind.value;
    let word = !text.is_empty() && text.bytes().all(|it| it.is_ascii_uppercase() || it == b'-');
    if text != "*" && !word {
        let wrong = "is not an HTTP method: expected capital letters, or `*` for every method";
        sink.at(kind.span, format!("`{text}` {wrong}"));
    }
    if matches!(text.as_str(), "GET" | "PUT" | "POST" | "PATCH" | "DELETE") {
        let verb = text.to_ascii_lowercase();
        sink.at(kind.span, format!("{text} has an option of its own: `{verb} = \"/path\"`"));
    }
    text.clone()
}

fn check_body(body: &Spanned<String>, template: &Template, sink: &Sink<'_>) {
    if body.value == "*" {
        return;
    }
    check_field("body", body, sink);
    if template.variables.iter().any(|variable| variable.first() == Some(&body.value)) {
        let wrong = format!("`{}` is set from the path: it cannot be the body too", body.value);
        sink.at(body.span, wrong);
    }
}

/// A body is a field of the message itself.
pub(super) fn check_field(key: &str, field: &Spanned<String>, sink: &Sink<'_>) {
    if !is_identifier(&field.value) {
        let wrong = format!("`{key}` names one field of the message, not `{}`", field.value);
        sink.at(field.span, wrong);
    }
}
