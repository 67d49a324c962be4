//! The rules of reasons.

use proc_macro2::{Ident, Span};
use quote::quote;
use syn::ext::IdentExt as _;

use super::model::{Field, Kind, Model, Role, Variant};
use super::parse::{FieldDecl, ReasonDecl, Shape, VariantDecl, VariantOptions};
use crate::shared::{Sink, Spanned};

/// The gRPC status codes of errors. The specification has no others.
const GRPC_CODES: [&str; 16] = [
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// Checks everything; `None` where something is wrong.
pub(crate) fn check(decl: ReasonDecl, sink: &Sink<'_>) -> Option<Model> {
    let ReasonDecl { ident, generics, domain, shape } = decl;
    let mut names: Vec<(String, Ident, bool)> = Vec::new();
    let variants = match shape {
        Shape::Enum(variants) => {
            if variants.is_empty() {
                sink.on(&ident, "an enum of reasons has at least one variant");
            }
            let checked = variants.into_iter().filter_map(|variant| {
                let name = variant.ident.clone();
                let always = variant.cfgs.is_empty();
                let variant = check_variant(quote!(Self::#name), variant, sink)?;
                if let Kind::Own { reason, .. } = &variant.kind {
                    names.push((reason.clone(), name, always));
                }
                Some(variant)
            });
            checked.collect()
        }
        Shape::Struct(variant) => {
            check_variant(quote!(Self), variant, sink).into_iter().collect::<Vec<_>>()
        }
    };
    check_unique(&names, sink);
    let domain = domain.into_value().unwrap_or_default();
    (!sink.has_errors()).then_some(Model { ident, generics, domain, variants })
}

/// A reason is what a client rebuilds a variant by. Variants under `cfg` may stand in for each other.
fn check_unique(names: &[(String, Ident, bool)], sink: &Sink<'_>) {
    let always: Vec<_> = names.iter().filter(|(_, _, always)| *always).collect();
    for (at, (reason, variant, _)) in always.iter().enumerate() {
        if let Some((_, other, _)) = always[..at].iter().find(|(known, ..)| known == reason) {
            let wrong = format!("`{other}` and `{variant}` both have the reason `{reason}`");
            sink.on(variant, wrong);
        }
    }
}

fn check_variant(
    path: proc_macro2::TokenStream,
    decl: VariantDecl,
    sink: &Sink<'_>,
) -> Option<Variant> {
    let section = sink.section();
    let VariantDecl { ident, cfgs, options, fields, sound } = decl;
    let kind = if options.transparent.is_set() {
        check_transparent(&ident, &options, fields, &section)
            .map(|field| Kind::Transparent(Box::new(field)))
    } else {
        check_own(&ident, options, fields, sound, &section)
    };
    let kind = kind.filter(|_| sound && !section.has_errors())?;
    Some(Variant { path, cfgs, kind })
}

fn check_transparent(
    ident: &Ident,
    options: &VariantOptions,
    fields: Vec<FieldDecl>,
    sink: &Sink<'_>,
) -> Option<Field> {
    for (key, span) in [
        ("code", options.code.get().map(|slot| slot.span)),
        ("reason", options.reason.get().map(|slot| slot.span)),
        ("grpc", options.grpc.get().map(|slot| slot.span)),
        ("expose", options.expose.get().map(|slot| slot.span)),
    ] {
        if let Some(span) = span {
            let wrong = format!("`{key}` beside `transparent`: the field inside has its own");
            sink.at(span, wrong);
        }
    }
    let count = fields.len();
    let mut fields = fields.into_iter();
    match (fields.next(), count) {
        (Some(field), 1) => {
            if let Some(skip) = field.skip.get() {
                sink.at(skip.span, "the field of a transparent reason is the reason itself");
            }
            Some(model_field(0, field, Role::Source))
        }
        _ => {
            sink.on(ident, "a transparent reason has one field, which is a reason itself");
            None
        }
    }
}

fn check_own(
    ident: &Ident,
    options: VariantOptions,
    fields: Vec<FieldDecl>,
    sound: bool,
    sink: &Sink<'_>,
) -> Option<Kind> {
    let code = match options.code.get() {
        Some(code) if !(400..=599).contains(&code.value) => {
            let wrong = format!("{} is not the code of an error: expected 400 to 599", code.value);
            sink.at(code.span, wrong);
            None
        }
        Some(code) => Some(code.value),
        None => {
            // An option that could not be read may have been the code.
            if sound {
                let wrong = format!(
                    "`{ident}` needs `#[error_reason(code = 404)]`, or `#[error_reason(transparent)]` over \
                     another reason"
                );
                sink.on(ident, wrong);
            }
            None
        }
    };
    let reason = match options.reason.get() {
        Some(reason) if !is_reason(&reason.value) => {
            let wrong = format!(
                "`{}` is not a reason: expected capital letters, digits and `_`, such as `USER_NOT_FOUND`",
                reason.value
            );
            sink.at(reason.span, wrong);
            None
        }
        Some(reason) => Some(reason.value.clone()),
        None => Some(screaming_snake(&ident.unraw().to_string())),
    };
    let grpc = options.grpc.get().and_then(|grpc| grpc_code(grpc, sink));
    let fields: Vec<Field> = fields
        .into_iter()
        .enumerate()
        .map(|(position, field)| {
            let role = role(&field, sink);
            model_field(position, field, role)
        })
        .collect();
    let sources: Vec<_> = fields.iter().filter(|field| field.role == Role::Source).collect();
    if let Some(second) = sources.get(1) {
        sink.on(&second.ty, "a reason has one source");
    }
    let expose = options.expose.is_set();
    Some(Kind::Own { code: code?, reason: reason?, grpc, expose, fields })
}

/// The variant of the runtime's `Code` for the name of a gRPC status code.
fn grpc_code(grpc: &Spanned<String>, sink: &Sink<'_>) -> Option<Ident> {
    if grpc.value == "OK" {
        sink.at(grpc.span, "an error is not OK");
        return None;
    }
    if !GRPC_CODES.contains(&grpc.value.as_str()) {
        let (wrong, codes) = (&grpc.value, GRPC_CODES.join(", "));
        sink.at(grpc.span, format!("`{wrong}` is not a gRPC status code: expected {codes}"));
        return None;
    }
    let words = grpc.value.split('_').map(|word| word[..1].to_owned() + &word[1..].to_lowercase());
    Some(Ident::new(&words.collect::<String>(), Span::call_site()))
}

/// What becomes of a field. `source` and `backtrace` are thiserror's names for what is never sent.
fn role(field: &FieldDecl, sink: &Sink<'_>) -> Role {
    let named = |name: &str| field.ident.as_ref().is_some_and(|ident| ident == name);
    if field.skip.is_set() {
        Role::Skipped
    } else if field.marked_backtrace || named("backtrace") {
        Role::Backtrace
    } else if field.marked_source || named("source") {
        Role::Source
    } else {
        if field.ident.is_none() {
            let wrong = "a field that is sent has a name, its key in the metadata: write `{ id: String }`, or \
                         mark it `#[source]` or `#[error_reason(skip)]`";
            sink.at(field.span, wrong);
        }
        Role::Sent
    }
}

fn model_field(position: usize, field: FieldDecl, role: Role) -> Field {
    let member = match field.ident {
        Some(ident) => syn::Member::Named(ident),
        None => syn::Member::from(position),
    };
    Field { member, ty: field.ty, cfgs: field.cfgs, role }
}

fn is_reason(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// `UserNotFound` is `USER_NOT_FOUND`, `HTTPError` is `HTTP_ERROR`.
fn screaming_snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let after_small = at > 0 && !letters[at - 1].is_uppercase() && letters[at - 1] != '_';
        let before_small = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase()
            && at > 0
            && (after_small || before_small && letters[at - 1] != '_')
        {
            out.push('_');
        }
        out.extend(letter.to_uppercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::screaming_snake;

    #[test]
    fn reasons_are_screaming_snake() {
        for (name, reason) in [
            ("UserNotFound", "USER_NOT_FOUND"),
            ("HTTPError", "HTTP_ERROR"),
            ("TooManyHTTP", "TOO_MANY_HTTP"),
            ("Http2Gone", "HTTP2_GONE"),
            ("A", "A"),
            ("Snake_Case", "SNAKE_CASE"),
        ] {
            assert_eq!(screaming_snake(name), reason);
        }
    }
}
