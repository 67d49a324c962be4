//! The rules of `#[message]`. Everything wrong is said at once, each under its token; defaults are resolved here.

mod enums;
mod fields;

use quote::ToTokens as _;
use syn::GenericParam;

use super::derives::{self, Derived};
use super::model::{Body, Content, Head, Model};
use super::parse::{self, Decl, FieldsDecl, Options, Shape};
use crate::shared::Sink;
use crate::shared::case;
use crate::shared::doc_text::doc_text;

pub(super) fn check(decl: Decl, sink: &Sink<'_>) -> Option<Model> {
    let Decl { options, attrs, ident, generics, body } = decl;
    let derived = derives::derived(&attrs);
    check_generics(&generics, sink);
    let own_serde = own_serde(&options, sink);
    check_package(&options, sink);
    let name = name(&options, &ident, sink);
    let body = match body {
        parse::Body::Struct(fields) => structure(fields, &ident, &options, sink),
        parse::Body::Enum(variants) => enums::check(variants, &ident, &name, &generics, sink),
        parse::Body::Union(span) => {
            sink.at(
                span,
                "a union is no message: write a struct, or an enum with data for a oneof",
            );
            None
        }
    }?;
    if has_secret(&body) {
        check_debug(&derived, sink);
    }
    let head = Head {
        derives: derives::added(&derived, &options.skip),
        deprecated: options.deprecated.is_set() || is_deprecated(&attrs),
        package: options.package.into_value(),
        doc: doc_text(&attrs),
        ident,
        generics,
        name,
        own_serde,
    };
    (!sink.has_errors()).then_some(Model { head, body })
}

fn check_generics(generics: &syn::Generics, sink: &Sink<'_>) {
    for parameter in &generics.params {
        match parameter {
            GenericParam::Type(_) => {}
            GenericParam::Lifetime(lifetime) => sink.on(
                lifetime,
                "a message owns what it holds: use `String` and `Vec<u8>` instead of borrowed data",
            ),
            GenericParam::Const(constant) => {
                sink.on(
                    constant,
                    "a message has no constant parameters: the schema has no name for them",
                );
            }
        }
    }
}

fn own_serde(options: &Options, sink: &Sink<'_>) -> bool {
    let Some(json) = options.json.get() else { return false };
    if json.value != "serde" {
        sink.at(
            json.span,
            "the only value is `json = \"serde\"`: your own `Serialize` and `Deserialize` are the JSON form",
        );
    }
    true
}

fn check_package(options: &Options, sink: &Sink<'_>) {
    if let Some(package) = options.package.get()
        && !case::is_package(&package.value)
    {
        sink.at(package.span, "a package is made of names with dots between them: `acme.users.v1`");
    }
}

fn name(options: &Options, ident: &syn::Ident, sink: &Sink<'_>) -> String {
    let (name, span) = match options.name.get() {
        Some(name) => (name.value.clone(), name.span),
        None => (case::plain(ident), ident.span()),
    };
    // `Outer.Inner` is a type inside another message.
    if !case::is_package(&name) {
        sink.at(
            span,
            format!("`{name}` is no name in protobuf: use ASCII letters, digits and `_`"),
        );
    }
    name
}

fn structure(
    declared: FieldsDecl,
    ident: &syn::Ident,
    options: &Options,
    sink: &Sink<'_>,
) -> Option<Body> {
    match (declared.shape, declared.fields.len()) {
        (Shape::Tuple, 1) => {
            for (slot, key) in [(&options.package, "package"), (&options.name, "name")] {
                if let Some(given) = slot.get() {
                    sink.at(
                        given.span,
                        format!(
                            "a tuple struct of one field is its field and has no `{key}` of its own"
                        ),
                    );
                }
            }
            let field = declared.fields.into_iter().next()?;
            Some(Body::Newtype(Box::new(fields::inner(
                field,
                "a tuple struct of one field",
                sink,
            )?)))
        }
        (Shape::Tuple, 2..) => {
            let what = "a message has named fields: write `struct X { name: Type }`; only a tuple struct of one \
                        field is allowed, which stands for that field";
            sink.on(ident, what);
            None
        }
        _ => Some(Body::Struct(fields::check(declared.fields, sink)?)),
    }
}

fn has_secret(body: &Body) -> bool {
    match body {
        Body::Struct(fields) => fields.iter().any(|field| field.secret),
        Body::Newtype(field) => field.secret,
        Body::Enum(_) => false,
        Body::Oneof(variants) => variants.iter().any(|variant| match &variant.content {
            Content::Empty => false,
            Content::Value(field) => field.secret,
            Content::Struct(fields) => fields.iter().any(|field| field.secret),
        }),
    }
}

fn check_debug(derived: &[Derived], sink: &Sink<'_>) {
    for debug in derived.iter().filter(|derived| derived.is("Debug")) {
        sink.on(
            debug.path.to_token_stream(),
            "a derived `Debug` would show the secret: leave it out, and `#[message]` adds one with `***`",
        );
    }
}

/// Whether Rust's own attribute says so.
fn is_deprecated(attrs: &[syn::Attribute]) -> bool {
    attrs.iter().any(|attr| attr.path().is_ident("deprecated"))
}
