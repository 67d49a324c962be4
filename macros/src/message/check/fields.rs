//! Fields: numbers, names, and which options go together.

use proc_macro2::Span;
use syn::spanned::Spanned as _;

use super::is_deprecated;
use crate::message::model::{Field, Format, Names};
use crate::message::parse::{FieldDecl, FieldOptions};
use crate::shared::case;
use crate::shared::doc_text::doc_text;
use crate::shared::{Sink, Slot, item};

const MAX_NUMBER: i64 = (1 << 29) - 1;
const RESERVED: std::ops::RangeInclusive<i64> = 19_000..=19_999;

/// The fields of a message or of a struct variant.
pub(super) fn check(declared: Vec<FieldDecl>, sink: &Sink<'_>) -> Option<Vec<Field>> {
    let mut taken = Taken::default();
    let mut counter = Counter::default();
    let fields: Vec<Field> = declared
        .into_iter()
        .enumerate()
        .filter_map(|(index, field)| one(index, field, &mut counter, &mut taken, &sink.section()))
        .collect();
    (!sink.has_errors()).then_some(fields)
}

fn one(
    index: usize,
    declared: FieldDecl,
    counter: &mut Counter,
    taken: &mut Taken,
    sink: &Sink<'_>,
) -> Option<Field> {
    let FieldDecl { attrs, ident, ty, options } = declared;
    let span = ident.as_ref().map_or_else(|| ty.span(), proc_macro2::Ident::span);
    let plain = ident.as_ref().map(case::plain).unwrap_or_default();
    let cfgs = item::cfgs(&attrs);
    let oneof = options.oneof.is_set();
    let format = format(&options, sink);
    check_secret(&options, sink);
    let (names, number) = if oneof {
        check_oneof(&options, sink);
        (Names { declared: plain.clone(), json: plain, doc: String::new(), deprecated: false }, 0)
    } else {
        let number = counter.next(&options.number, span, sink);
        let names = names(&options, plain, span, &attrs, sink);
        if let Some((number, span)) = number {
            taken.number(number.into(), span, &cfgs, sink);
        }
        taken.names(&names, name_span(&options, span), &cfgs, sink);
        (names, number?.0)
    };
    (!sink.has_errors()).then(|| Field {
        secret: options.secret.is_set(),
        traced: options.traced.into_value(),
        cfgs,
        ident,
        ty,
        index,
        names,
        number,
        format,
        oneof,
    })
}

/// The one field of a newtype or of a variant, which has neither number nor name of its own.
pub(super) fn inner(declared: FieldDecl, of: &str, sink: &Sink<'_>) -> Option<Field> {
    let FieldDecl { ty, options, .. } = declared;
    let place = if of.starts_with("a variant") { ": write it above the variant" } else { "" };
    let refuse = |span: Option<Span>, key: &str| {
        if let Some(span) = span {
            sink.at(span, format!("the field of {of} has no `{key}` of its own{place}"));
        }
    };
    refuse(options.number.get().map(|number| number.span), "tag");
    refuse(options.name.get().map(|name| name.span), "name");
    refuse(options.json.get().map(|json| json.span), "json");
    refuse(options.deprecated.get().map(|flag| flag.span), "deprecated");
    refuse(options.oneof.get().map(|flag| flag.span), "oneof");
    check_secret(&options, sink);
    let format = format(&options, sink);
    (!sink.has_errors()).then(|| Field {
        cfgs: Vec::new(),
        ident: None,
        ty,
        index: 0,
        names: Names {
            declared: String::new(),
            json: String::new(),
            doc: String::new(),
            deprecated: false,
        },
        number: 0,
        format,
        secret: options.secret.is_set(),
        traced: options.traced.into_value(),
        oneof: false,
    })
}

/// Where a name was written.
pub(super) fn name_span(options: &FieldOptions, default: Span) -> Span {
    options.json.get().or_else(|| options.name.get()).map_or(default, |name| name.span)
}

/// The names of a field or of a variant of an enum with data.
pub(super) fn names(
    options: &FieldOptions,
    default: String,
    span: Span,
    attrs: &[syn::Attribute],
    sink: &Sink<'_>,
) -> Names {
    let (declared, span) = match options.name.get() {
        Some(name) => (name.value.clone(), name.span),
        None => (default, span),
    };
    if !case::is_identifier(&declared) {
        let what = "is no name in protobuf: use ASCII letters, digits and `_`, or `name = \"...\"`";
        sink.at(span, format!("`{declared}` {what}"));
    }
    let json = match options.json.get() {
        Some(json) if json.value.is_empty() => {
            sink.at(json.span, "the name in JSON is empty");
            String::new()
        }
        Some(json) => json.value.clone(),
        None => case::json(&declared),
    };
    let deprecated = options.deprecated.is_set() || is_deprecated(attrs);
    Names { declared, json, doc: doc_text(attrs), deprecated }
}

fn format(options: &FieldOptions, sink: &Sink<'_>) -> Format {
    let foreign = options.foreign.get();
    if let Some(name) = foreign
        && !case::is_package(&name.value)
    {
        sink.at(name.span, "expected the full protobuf name of the type: `acme.v1.Type`");
    }
    let given = [
        options.zigzag.get().map(|flag| flag.span),
        options.fixed.get().map(|flag| flag.span),
        foreign.map(|name| name.span),
    ];
    if let Some(second) = given.iter().flatten().nth(1) {
        sink.at(
            *second,
            "`zigzag`, `fixed` and `foreign` exclude each other: a field has one format",
        );
    }
    match (foreign, options.zigzag.is_set(), options.fixed.is_set()) {
        (Some(name), ..) => Format::Foreign(name.value.clone()),
        (None, true, _) => Format::Zigzag,
        (None, false, true) => Format::Fixed,
        (None, false, false) => Format::Plain,
    }
}

fn check_secret(options: &FieldOptions, sink: &Sink<'_>) {
    if let (Some(traced), Some(_)) = (options.traced.get(), options.secret.get()) {
        sink.at(
            traced.span,
            "a secret does not belong on a span: `traced` and `secret` exclude each other",
        );
    }
    if let Some(traced) = options.traced.get()
        && traced.value.is_empty()
    {
        sink.at(traced.span, "the name of the span attribute is empty");
    }
}

fn check_oneof(options: &FieldOptions, sink: &Sink<'_>) {
    let refuse = |span: Option<Span>, key: &str| {
        if let Some(span) = span {
            let what = "the variants of a `oneof` are the fields: they have their own numbers, names and options";
            sink.at(span, format!("`{key}` and `oneof` exclude each other; {what}"));
        }
    };
    refuse(options.number.get().map(|number| number.span), "tag");
    refuse(options.name.get().map(|name| name.span), "name");
    refuse(options.json.get().map(|json| json.span), "json");
    refuse(options.traced.get().map(|traced| traced.span), "traced");
    refuse(options.secret.get().map(|flag| flag.span), "secret");
    refuse(options.deprecated.get().map(|flag| flag.span), "deprecated");
    refuse(options.zigzag.get().map(|flag| flag.span), "zigzag");
    refuse(options.fixed.get().map(|flag| flag.span), "fixed");
    refuse(options.foreign.get().map(|name| name.span), "foreign");
}

/// Numbers in the order of declaration, going on from a pinned one.
#[derive(Default)]
pub(super) struct Counter(i64);

impl Counter {
    /// The next number and where to report about it.
    pub(super) fn next(
        &mut self,
        pin: &Slot<i64>,
        span: Span,
        sink: &Sink<'_>,
    ) -> Option<(u32, Span)> {
        let (number, span) = match pin.get() {
            Some(pin) => (pin.value, pin.span),
            None => (self.0 + 1, span),
        };
        self.0 = number;
        if RESERVED.contains(&number) {
            sink.at(
                span,
                format!("{number} is one of 19000 to 19999, which protobuf keeps for itself"),
            );
        } else if !(1..=MAX_NUMBER).contains(&number) {
            sink.at(span, format!("{number} is no field number: they go from 1 to {MAX_NUMBER}"));
        } else {
            return u32::try_from(number).ok().map(|number| (number, span));
        }
        None
    }
}

/// The numbers and names that are used up. Under `cfg` two may share one: no build has both.
#[derive(Default)]
pub(super) struct Taken {
    numbers: Vec<(i64, bool)>,
    names: Vec<(String, bool)>,
}

impl Taken {
    pub(super) fn number(
        &mut self,
        number: i64,
        span: Span,
        cfgs: &[syn::Attribute],
        sink: &Sink<'_>,
    ) {
        let conditional = !cfgs.is_empty();
        if self.numbers.iter().any(|(other, both)| *other == number && !(conditional && *both)) {
            sink.at(span, format!("the number {number} is taken by a field above"));
        }
        self.numbers.push((number, conditional));
    }

    pub(super) fn names(
        &mut self,
        names: &Names,
        span: Span,
        cfgs: &[syn::Attribute],
        sink: &Sink<'_>,
    ) {
        let conditional = !cfgs.is_empty();
        let own = [&names.declared, &names.json];
        let clash =
            self.names.iter().find(|(other, both)| own.contains(&other) && !(conditional && *both));
        if let Some((clash, _)) = clash {
            sink.at(span, format!("the name `{clash}` is taken by a field above"));
        }
        self.names.extend(own.map(|name| (name.clone(), conditional)));
    }
}
