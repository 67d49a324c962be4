//! What was written: the options of `#[message]` and `#[field]`, each where it stands. Syntax only.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens as _;
use syn::{Attribute, DeriveInput, Expr, Fields, Ident, Type};

use crate::driver::Parsed;
use crate::shared::attr::attribute_entries;
use crate::shared::{Cx, Entry, Sink, Site, Slot, cx, entries, item};

/// The helper attribute.
const FIELD: &str = "field";

/// The whole declaration.
pub(super) struct Decl {
    pub(super) options: Options,
    pub(super) attrs: Vec<Attribute>,
    pub(super) ident: Ident,
    pub(super) generics: syn::Generics,
    pub(super) body: Body,
}

/// What `#[message(...)]` says.
#[derive(Default)]
pub(super) struct Options {
    pub(super) package: Slot<String>,
    pub(super) name: Slot<String>,
    pub(super) json: Slot<String>,
    pub(super) deprecated: Slot<()>,
    pub(super) skip: Vec<Ident>,
}

/// What stands in the braces.
pub(super) enum Body {
    Struct(FieldsDecl),
    Enum(Vec<VariantDecl>),
    Union(Span),
}

/// The fields of a struct or of a variant.
pub(super) struct FieldsDecl {
    pub(super) shape: Shape,
    pub(super) fields: Vec<FieldDecl>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Named,
    Tuple,
    Unit,
}

/// One field.
pub(super) struct FieldDecl {
    pub(super) attrs: Vec<Attribute>,
    pub(super) ident: Option<Ident>,
    pub(super) ty: Type,
    pub(super) options: FieldOptions,
}

/// One variant.
pub(super) struct VariantDecl {
    pub(super) attrs: Vec<Attribute>,
    pub(super) ident: Ident,
    pub(super) fields: FieldsDecl,
    pub(super) discriminant: Option<Expr>,
    pub(super) options: FieldOptions,
}

/// What `#[field(...)]` says, on a field or a variant.
#[derive(Default)]
pub(super) struct FieldOptions {
    pub(super) number: Slot<i64>,
    pub(super) name: Slot<String>,
    pub(super) json: Slot<String>,
    pub(super) traced: Slot<String>,
    pub(super) foreign: Slot<String>,
    pub(super) secret: Slot<()>,
    pub(super) deprecated: Slot<()>,
    pub(super) zigzag: Slot<()>,
    pub(super) fixed: Slot<()>,
    pub(super) oneof: Slot<()>,
    pub(super) other: Slot<()>,
}

pub(super) fn parse(attr: TokenStream, tokens: TokenStream, sink: &Sink<'_>) -> Parsed<Decl> {
    let (cx, options) = message_options(attr, sink);
    let mut input: DeriveInput = match syn::parse2(tokens.clone()) {
        Ok(input) => input,
        Err(error) => {
            sink.push(error);
            let item = item::strip(tokens, &cx, &[FIELD]);
            return Parsed { cx, item, decl: None };
        }
    };
    let body = match &mut input.data {
        syn::Data::Struct(data) => Body::Struct(fields(&cx, &mut data.fields, sink)),
        syn::Data::Enum(data) => {
            Body::Enum(data.variants.iter_mut().map(|v| variant(&cx, v, sink)).collect())
        }
        syn::Data::Union(data) => {
            let span = data.union_token.span;
            for field in &mut data.fields.named {
                item::take_helpers(&cx, &mut field.attrs, FIELD);
            }
            Body::Union(span)
        }
    };
    for misplaced in item::take_helpers(&cx, &mut input.attrs, FIELD) {
        sink.on(
            misplaced,
            "`#[field]` belongs on a field or a variant; here stands `#[message(...)]`",
        );
    }
    let decl = Decl {
        options,
        attrs: input.attrs.clone(),
        ident: input.ident.clone(),
        generics: input.generics.clone(),
        body,
    };
    Parsed { cx, item: input.into_token_stream(), decl: Some(decl) }
}

fn message_options(attr: TokenStream, sink: &Sink<'_>) -> (Cx, Options) {
    let mut options = Options::default();
    let mut root = None;
    for entry in entries(attr, sink) {
        let Some(key) = entry.key_at(Site::Message, sink) else { continue };
        match key.to_string().as_str() {
            "package" => options.package.set(key, entry.string(sink), sink),
            "name" => options.name.set(key, entry.string(sink), sink),
            "json" => options.json.set(key, entry.string(sink), sink),
            "deprecated" => options.deprecated.set(key, entry.flag(sink), sink),
            "crate" => root = cx::crate_path(&entry, sink),
            "skip" => {
                for skipped in entry.list(sink).into_iter().flatten() {
                    options.skip.extend(skip(&skipped, sink));
                }
            }
            _ => {}
        }
    }
    (Cx::new(root), options)
}

fn skip(entry: &Entry, sink: &Sink<'_>) -> Option<Ident> {
    let known = ["Debug", "Clone", "PartialEq", "Default"];
    match &entry.key {
        Some(name) if known.iter().any(|known| name == known) => {
            entry.flag(sink)?;
            Some(name.clone())
        }
        _ => {
            let what =
                "only what `#[message]` adds can be left out: Debug, Clone, PartialEq, Default";
            sink.at(entry.span, what);
            None
        }
    }
}

fn fields(cx: &Cx, fields: &mut Fields, sink: &Sink<'_>) -> FieldsDecl {
    let shape = match fields {
        Fields::Named(_) => Shape::Named,
        Fields::Unnamed(_) => Shape::Tuple,
        Fields::Unit => Shape::Unit,
    };
    let fields = fields
        .iter_mut()
        .map(|field| {
            let helpers = item::take_helpers(cx, &mut field.attrs, FIELD);
            FieldDecl {
                options: field_options(&helpers, Site::Field, sink),
                attrs: field.attrs.clone(),
                ident: field.ident.clone(),
                ty: field.ty.clone(),
            }
        })
        .collect();
    FieldsDecl { shape, fields }
}

fn variant(cx: &Cx, variant: &mut syn::Variant, sink: &Sink<'_>) -> VariantDecl {
    let helpers = item::take_helpers(cx, &mut variant.attrs, FIELD);
    VariantDecl {
        options: field_options(&helpers, Site::Variant, sink),
        attrs: variant.attrs.clone(),
        ident: variant.ident.clone(),
        fields: fields(cx, &mut variant.fields, sink),
        discriminant: variant.discriminant.as_ref().map(|(_, value)| value.clone()),
    }
}

fn field_options(helpers: &[Attribute], site: Site, sink: &Sink<'_>) -> FieldOptions {
    let mut options = FieldOptions::default();
    for entry in helpers.iter().flat_map(|helper| attribute_entries(helper, sink)) {
        // A number that stands alone is the tag.
        if entry.key.is_none() {
            let tag = Ident::new("tag", entry.span);
            options.number.set(&tag, entry.integer(sink), sink);
            continue;
        }
        let Some(key) = entry.key_at(site, sink) else { continue };
        match key.to_string().as_str() {
            "tag" => options.number.set(key, entry.integer(sink), sink),
            "name" => options.name.set(key, entry.string(sink), sink),
            "json" => options.json.set(key, entry.string(sink), sink),
            "traced" => options.traced.set(key, entry.string(sink), sink),
            "foreign" => options.foreign.set(key, entry.string(sink), sink),
            "secret" => options.secret.set(key, entry.flag(sink), sink),
            "deprecated" => options.deprecated.set(key, entry.flag(sink), sink),
            "zigzag" => options.zigzag.set(key, entry.flag(sink), sink),
            "fixed" => options.fixed.set(key, entry.flag(sink), sink),
            "oneof" => options.oneof.set(key, entry.flag(sink), sink),
            "other" => options.other.set(key, entry.flag(sink), sink),
            _ => {}
        }
    }
    options
}
