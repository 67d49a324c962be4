//! Enums: which kind one is, and the numbers and names of its variants.

use syn::{Expr, ExprLit, ExprUnary, Generics, Ident, Lit, UnOp};

use super::fields::{self, Counter, Taken};
use super::is_deprecated;
use crate::message::model::{Body, Content, EnumValue, Variant};
use crate::message::parse::{Shape, VariantDecl};
use crate::shared::case;
use crate::shared::doc_text::doc_text;
use crate::shared::{Sink, item};

pub(super) fn check(
    variants: Vec<VariantDecl>,
    ident: &Ident,
    name: &str,
    generics: &Generics,
    sink: &Sink<'_>,
) -> Option<Body> {
    if variants.is_empty() {
        sink.on(ident, "an enum without variants has no value");
        return None;
    }
    let has_data =
        variants.iter().any(|v| v.fields.shape != Shape::Unit && !v.options.other.is_set());
    if has_data {
        let mut counter = Counter::default();
        let mut taken = Taken::default();
        let members: Vec<Variant> = variants
            .into_iter()
            .enumerate()
            .filter_map(|(i, variant)| {
                member(i, variant, &mut counter, &mut taken, &sink.section())
            })
            .collect();
        (!sink.has_errors()).then_some(Body::Oneof(members))
    } else {
        if let Some(parameter) = generics.params.first() {
            sink.on(parameter, "an enum without data has no parameters");
        }
        Some(Body::Enum(values(variants, name, sink)?))
    }
}

/// A variant of an enum with data.
fn member(
    index: usize,
    declared: VariantDecl,
    counter: &mut Counter,
    taken: &mut Taken,
    sink: &Sink<'_>,
) -> Option<Variant> {
    let VariantDecl { attrs, ident, fields: content, discriminant, options } = declared;
    if let Some(other) = options.other.get() {
        sink.at(
            other.span,
            "an enum with data has no catch-all: `None` in an `Option` is for what is unknown",
        );
    }
    if let Some(discriminant) = discriminant {
        sink.on(discriminant, "a variant of an enum with data is numbered by `#[field(5)]`");
    }
    let span = ident.span();
    let cfgs = item::cfgs(&attrs);
    let number = counter.next(&options.number, span, sink);
    let names = fields::names(&options, case::snake(&case::plain(&ident)), span, &attrs, sink);
    if let Some((number, span)) = number {
        taken.number(number.into(), span, &cfgs, sink);
    }
    taken.names(&names, fields::name_span(&options, span), &cfgs, sink);
    let content = match (content.shape, content.fields.len()) {
        (Shape::Unit, _) => Content::Empty,
        (Shape::Named, _) => Content::Struct(fields::check(content.fields, sink)?),
        (Shape::Tuple, 1) => {
            let field = content.fields.into_iter().next()?;
            Content::Value(Box::new(fields::inner(field, "a variant", sink)?))
        }
        (Shape::Tuple, _) => {
            let what = "a variant holds one value, `A(Type)`, named fields, `A { name: Type }`, or nothing, `A`";
            sink.on(&ident, what);
            return None;
        }
    };
    let (number, _) = number?;
    let pinned = options.number.is_set();
    (!sink.has_errors()).then_some(Variant { cfgs, ident, index, names, number, pinned, content })
}

/// The variants of an enum without data.
fn values(variants: Vec<VariantDecl>, enum_name: &str, sink: &Sink<'_>) -> Option<Vec<EnumValue>> {
    // A value has no dots, wherever its enum stands.
    let prefix = case::screaming(enum_name.rsplit('.').next().unwrap_or(enum_name));
    let mut next = 0i64;
    let mut numbers: Vec<(i64, bool)> = Vec::new();
    let mut names: Vec<(String, bool)> = Vec::new();
    let mut values = Vec::new();
    for VariantDecl { attrs, ident, fields, discriminant, options } in variants {
        let sink = &sink.section();
        let cfgs = item::cfgs(&attrs);
        if let Some(json) = options.json.get() {
            sink.at(
                json.span,
                "a value of an enum has one name, in JSON as well: `name = \"...\"`",
            );
        }
        if options.other.is_set() {
            catch_all(&ident, &fields, &options, discriminant.as_ref(), sink);
            if values.iter().any(|value: &EnumValue| value.other) {
                sink.on(&ident, "there is one catch-all already");
            }
            values.push(EnumValue {
                cfgs,
                ident,
                number: 0,
                name: String::new(),
                doc: String::new(),
                deprecated: false,
                other: true,
            });
            continue;
        }
        let (number, span) = match (&discriminant, options.number.get()) {
            (Some(_), Some(pin)) => {
                sink.at(pin.span, "the discriminant is the number: one of the two is enough");
                continue;
            }
            (Some(value), None) => match literal(value) {
                Some(number) => (number, syn::spanned::Spanned::span(value)),
                None => {
                    sink.on(value, "a macro cannot compute this: write the number as a literal");
                    continue;
                }
            },
            (None, Some(pin)) => (pin.value, pin.span),
            (None, None) => (next, ident.span()),
        };
        next = number.saturating_add(1);
        let is_first = numbers.is_empty();
        if is_first && number != 0 {
            sink.at(span, "the first value of an enum has number 0: it is what a field reads as when it is not set");
        }
        let conditional = !cfgs.is_empty();
        if numbers.iter().any(|(other, both)| *other == number && !(conditional && *both)) {
            sink.at(span, format!("the number {number} is taken by a variant above"));
        }
        numbers.push((number, conditional));
        let (name, name_span) = match options.name.get() {
            Some(name) => (name.value.clone(), name.span),
            None => (format!("{prefix}_{}", case::screaming(&case::plain(&ident))), ident.span()),
        };
        if !case::is_identifier(&name) {
            sink.at(
                name_span,
                format!("`{name}` is no name in protobuf: use ASCII letters, digits and `_`"),
            );
        }
        if names.iter().any(|(other, both)| *other == name && !(conditional && *both)) {
            sink.at(name_span, format!("the name `{name}` is taken by a variant above"));
        }
        names.push((name.clone(), conditional));
        let Ok(number) = i32::try_from(number) else {
            sink.at(span, format!("{number} is no number of an enum: they have 32 bits"));
            continue;
        };
        let deprecated = options.deprecated.is_set() || is_deprecated(&attrs);
        let doc = doc_text(&attrs);
        values.push(EnumValue { cfgs, ident, number, name, doc, deprecated, other: false });
    }
    if !sink.has_errors() && values.iter().all(|value| value.other) {
        sink.on(&values.first()?.ident, "an enum needs a value with number 0 beside its catch-all");
    }
    (!sink.has_errors()).then_some(values)
}

fn catch_all(
    ident: &Ident,
    fields: &crate::message::parse::FieldsDecl,
    options: &crate::message::parse::FieldOptions,
    discriminant: Option<&Expr>,
    sink: &Sink<'_>,
) {
    if fields.shape != Shape::Tuple || fields.fields.len() != 1 {
        sink.on(ident, "the catch-all keeps the unknown number: `#[field(other)] Other(i32)`");
    }
    if options.number.is_set() || options.name.is_set() || discriminant.is_some() {
        sink.on(ident, "the catch-all has neither a number nor a name of its own");
    }
}

/// The number of a literal discriminant.
fn literal(value: &Expr) -> Option<i64> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok(),
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => literal(expr).map(|n| -n),
        Expr::Paren(inner) => literal(&inner.expr),
        Expr::Group(inner) => literal(&inner.expr),
        _ => None,
    }
}
