//! What was written: an enum or a struct with `#[error_reason(...)]` on it, its variants and its fields. Syntax alone.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::spanned::Spanned as _;
use syn::{Attribute, Data, DeriveInput, Fields, Generics, Type};

use crate::driver::Parsed;
use crate::shared::attr::attribute_entries;
use crate::shared::cx::crate_path;
use crate::shared::item::{cfgs, strip, take_helpers};
use crate::shared::{Cx, Entry, Sink, Site, Slot, Spanned, entries};

/// Everything that was declared.
pub(crate) struct ReasonDecl {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) domain: Slot<String>,
    pub(crate) shape: Shape,
}

/// Where the reasons stand.
pub(crate) enum Shape {
    Enum(Vec<VariantDecl>),
    Struct(VariantDecl),
}

/// A variant, or the struct itself.
pub(crate) struct VariantDecl {
    pub(crate) ident: Ident,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) options: VariantOptions,
    pub(crate) fields: Vec<FieldDecl>,
    /// Whether the options could all be read.
    pub(crate) sound: bool,
}

/// `#[error_reason(...)]` on a variant or a struct.
#[derive(Default)]
pub(crate) struct VariantOptions {
    pub(crate) code: Slot<u16>,
    pub(crate) reason: Slot<String>,
    pub(crate) grpc: Slot<String>,
    pub(crate) expose: Slot<()>,
    pub(crate) transparent: Slot<()>,
}

/// A field.
pub(crate) struct FieldDecl {
    /// `None` in a tuple.
    pub(crate) ident: Option<Ident>,
    pub(crate) ty: Type,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) skip: Slot<()>,
    /// `#[source]`, `#[from]`.
    pub(crate) marked_source: bool,
    /// `#[backtrace]`.
    pub(crate) marked_backtrace: bool,
    pub(crate) span: Span,
}

/// Reads the attribute and the item.
pub(crate) fn parse(attr: TokenStream, item: TokenStream, sink: &Sink<'_>) -> Parsed<ReasonDecl> {
    let all = entries(attr, sink);
    let cx = Cx::new(root(&all, sink));
    let mut input = match syn::parse2::<DeriveInput>(item.clone()) {
        Ok(input) => input,
        Err(error) => {
            let at = error.span();
            let known = ["enum", "struct"].iter().any(|word| has_word(&item, word));
            let wrong = "`#[error_reason]` stands on an enum or a struct";
            sink.push(if known { error } else { syn::Error::new(at, wrong) });
            return Parsed { item: strip(item, &cx, &["error_reason"]), cx, decl: None };
        }
    };
    let mut domain = Slot::default();
    let shape = match &mut input.data {
        Data::Enum(data) => {
            item_options(all, Site::ErrorEnum, &mut domain, None, sink);
            let variants = data.variants.iter_mut().map(|variant| {
                let section = sink.section();
                let attrs = take_helpers(&cx, &mut variant.attrs, "error_reason");
                let mut options = VariantOptions::default();
                for attr in &attrs {
                    for entry in attribute_entries(attr, &section) {
                        variant_option(&entry, Site::ErrorVariant, &mut options, &section);
                    }
                }
                let fields = fields(&cx, &mut variant.fields, &section);
                VariantDecl {
                    ident: variant.ident.clone(),
                    cfgs: cfgs(&variant.attrs),
                    options,
                    fields,
                    sound: !section.has_errors(),
                }
            });
            Some(Shape::Enum(variants.collect()))
        }
        Data::Struct(data) => {
            let section = sink.section();
            let mut options = VariantOptions::default();
            item_options(all, Site::ErrorStruct, &mut domain, Some(&mut options), &section);
            let fields = fields(&cx, &mut data.fields, &section);
            let (ident, sound) = (input.ident.clone(), !section.has_errors());
            Some(Shape::Struct(VariantDecl { ident, cfgs: Vec::new(), options, fields, sound }))
        }
        Data::Union(data) => {
            sink.on(data.union_token, "`#[error_reason]` stands on an enum or a struct");
            None
        }
    };
    let (ident, generics) = (input.ident.clone(), input.generics.clone());
    let decl = shape.map(|shape| ReasonDecl { ident, generics, domain, shape });
    Parsed { cx, item: input.into_token_stream(), decl }
}

fn has_word(item: &TokenStream, word: &str) -> bool {
    item.clone()
        .into_iter()
        .any(|token| matches!(token, proc_macro2::TokenTree::Ident(ident) if ident == word))
}

/// The runtime's path, which everything else depends on.
fn root(all: &[Entry], sink: &Sink<'_>) -> Option<syn::Path> {
    let entry = all.iter().find(|entry| entry.key.as_ref().is_some_and(|key| key == "crate"))?;
    crate_path(entry, sink)
}

fn item_options(
    all: Vec<Entry>,
    site: Site,
    domain: &mut Slot<String>,
    mut options: Option<&mut VariantOptions>,
    sink: &Sink<'_>,
) {
    let mut root = Slot::default();
    for entry in all {
        match (&entry.key, &mut options) {
            (Some(key), _) if key == "crate" => {
                root.set(key, Some(Spanned::new((), entry.span)), sink);
            }
            (Some(key), _) if key == "domain" => domain.set(key, entry.string(sink), sink),
            (_, Some(options)) => variant_option(&entry, site, options, sink),
            (_, None) => {
                entry.key_at(site, sink);
            }
        }
    }
}

fn variant_option(entry: &Entry, site: Site, options: &mut VariantOptions, sink: &Sink<'_>) {
    let Some(key) = entry.key_at(site, sink) else { return };
    match key.to_string().as_str() {
        "code" => options.code.set(key, entry.integer(sink), sink),
        "reason" => options.reason.set(key, entry.string(sink), sink),
        "grpc" => options.grpc.set(key, entry.string(sink), sink),
        "expose" => options.expose.set(key, entry.flag(sink), sink),
        _ => options.transparent.set(key, entry.flag(sink), sink),
    }
}

fn fields(cx: &Cx, fields: &mut Fields, sink: &Sink<'_>) -> Vec<FieldDecl> {
    fields
        .iter_mut()
        .map(|field| {
            let mut skip = Slot::default();
            for attr in take_helpers(cx, &mut field.attrs, "error_reason") {
                for entry in attribute_entries(&attr, sink) {
                    if let Some(key) = entry.key_at(Site::ErrorField, sink) {
                        skip.set(key, entry.flag(sink), sink);
                    }
                }
            }
            let marked = |name: &str| field.attrs.iter().any(|attr| attr.path().is_ident(name));
            FieldDecl {
                ident: field.ident.clone(),
                ty: field.ty.clone(),
                cfgs: cfgs(&field.attrs),
                skip,
                marked_source: marked("source") || marked("from"),
                marked_backtrace: marked("backtrace"),
                span: field.ident.as_ref().map_or_else(|| field.ty.span(), Ident::span),
            }
        })
        .collect()
}
