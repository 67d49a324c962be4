//! The rules of traced functions.

use syn::ext::IdentExt as _;

use super::model::{Function, Model, Name, type_name};
use super::parse::{FnDecl, TracedDecl};
use crate::shared::Sink;

/// What the kinds are called in OpenTelemetry.
const KINDS: [&str; 5] = ["internal", "client", "server", "producer", "consumer"];

/// The fields that every traced span has by itself.
pub(crate) const OWN_FIELDS: [&str; 3] = ["otel.kind", "otel.status_code", "error.type"];

/// Checks everything; `None` where something is wrong.
pub(crate) fn check(decl: TracedDecl, sink: &Sink<'_>) -> Option<Model> {
    let model = match decl {
        TracedDecl::Fn(function) => check_fn(*function, sink).map(|one| Model::Fn(Box::new(one))),
        TracedDecl::Impl { block, functions } => {
            let check = |function: Option<FnDecl>| function.and_then(|one| check_fn(one, sink));
            Some(Model::Impl(block, functions.into_iter().map(check).collect()))
        }
    };
    model.filter(|_| !sink.has_errors())
}

fn check_fn(decl: FnDecl, sink: &Sink<'_>) -> Option<Function> {
    let section = sink.section();
    let FnDecl { item, options, explicit, owner } = decl;
    if explicit && !item.has_body() {
        section.on(&item.sig.ident, "there is no body here to be traced");
    }
    if let Some(constness) = item.sig.constness.filter(|_| explicit) {
        section.on(constness, "a `const fn` runs while the program is compiled: it has no span");
    }
    let kind = options.kind.into_inner();
    if let Some(kind) = kind.as_ref().filter(|kind| !KINDS.contains(&kind.value.as_str())) {
        let wrong =
            format!("`{}` is not a kind of span: expected {}", kind.value, KINDS.join(", "));
        section.at(kind.span, wrong);
    }
    if let Some(name) = options.name.get().filter(|name| name.value.trim().is_empty()) {
        section.at(name.span, "a span has a name");
    }
    let fields = options.fields.into_value().unwrap_or_default();
    for (at, field) in fields.iter().enumerate() {
        if OWN_FIELDS.contains(&field.name.as_str()) {
            section.at(field.span, format!("`{}` is set by `#[traced]` itself", field.name));
        }
        if fields[..at].iter().any(|other| other.name == field.name) {
            section.at(field.span, format!("the field `{}` is given twice", field.name));
        }
    }
    let own = item.sig.ident.unraw().to_string();
    let name = match (options.name.into_value(), owner.as_deref().and_then(type_name)) {
        (Some(name), _) => Name::Fixed(name),
        (None, Some(owner)) => Name::Fixed(format!("{owner}::{own}")),
        (None, None) if owner.is_some() || item.sig.receiver().is_some() => Name::OfSelf(own),
        (None, None) => Name::Fixed(own),
    };
    let kind = kind.map(|kind| kind.value);
    (!section.has_errors()).then_some(Function { item, name, kind, fields })
}
