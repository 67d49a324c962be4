//! The rules of one `#[rpc]` method: its signature and its options.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::visit_mut::{self, VisitMut};
use syn::{
    FnArg, GenericArgument, Pat, PathArguments, ReturnType, Signature, Type, TypeImplTrait,
    TypeParamBound, parse_quote,
};

use super::{binding, traced};
use crate::service::duration;
use crate::service::model::{Arg, Method, Output, Value};
use crate::service::parse::RpcDecl;
use crate::shared::Sink;
use crate::shared::case::{self, is_identifier};
use crate::shared::doc_text::doc_text;

/// The generated client's own functions: no method may be called like one.
const CLIENT_OWN: [&str; 6] = [
    "connect",
    "from_client",
    "with_compression",
    "with_deadline",
    "with_max_body",
    "with_metadata",
];

/// Checks one method; `None` where something in it is wrong.
pub(super) fn check(
    rpc: RpcDecl,
    service: &str,
    parameters: &[Ident],
    sink: &Sink<'_>,
) -> Option<Method> {
    let section = sink.section();
    let RpcDecl { sig, cfgs, docs, deprecated_in_rust, options, .. } = rpc;
    check_form(&sig, &section);
    check_receiver(&sig, &section);
    let args = check_args(&sig, parameters, &section);
    let output = check_output(&sig, parameters, &section);

    let name = match options.name.get() {
        Some(name) if !is_identifier(&name.value) => {
            section.at(name.span, format!("`{}` cannot name a method", name.value));
            String::new()
        }
        Some(name) => name.value.clone(),
        None => pascal_case(&sig.ident.unraw().to_string()),
    };
    if CLIENT_OWN.iter().any(|own| sig.ident.unraw() == own) {
        let wrong =
            format!("`{}` is a function of the generated client: choose another", sig.ident);
        section.on(&sig.ident, format!("{wrong} name, and `#[rpc(name = \"...\")]` for the wire"));
    }
    let timeout = options.timeout.get().and_then(|text| {
        let timeout = duration::parse(&text.value);
        if timeout.is_none() {
            let wrong = "expected a duration such as `5s`, `0.2s`, `500ms`, `1m30s` or `2h`";
            section.at(text.span, wrong);
        }
        timeout
    });
    let bindings = binding::check_all(&options, &section);
    let event_id = options.event_id.get().cloned();
    if let Some(field) = &event_id {
        binding::check_field("event_id", field, &section);
        if matches!(output, Output::One(_)) {
            let wrong = "events are those of a stream: `event_id` is for a method that returns an `impl Stream`";
            section.at(field.span, wrong);
        }
    }

    let traced = traced::check(&options, &args, &output, &section);

    (!section.has_errors() && !options.failed).then(|| Method {
        operation: format!("/{service}/{name}"),
        name,
        doc: doc_text(&docs),
        docs,
        cfgs,
        args,
        output,
        bindings,
        timeout,
        idempotent: options.idempotent.is_set(),
        deprecated: options.deprecated.is_set() || deprecated_in_rust,
        form: options.form.get().map(|flag| flag.span),
        event_id,
        traced,
        ident: sig.ident,
    })
}

/// `attribute` is the helper that the function carries.
pub(super) fn check_async(sig: &Signature, attribute: &str, sink: &Sink<'_>) {
    if sig.asyncness.is_none() {
        sink.on(sig.fn_token, format!("a function with `#[{attribute}]` is an `async fn`"));
    }
}

/// Who does not wait for anything returns a stream.
fn check_waits(sig: &Signature, sink: &Sink<'_>) {
    if sig.asyncness.is_none() {
        let wrong = "an `#[rpc]` method is an `async fn`, unless it returns an `impl Stream`";
        sink.on(sig.fn_token, wrong);
    }
}

fn check_form(sig: &Signature, sink: &Sink<'_>) {
    if let Some(unsafety) = &sig.unsafety {
        sink.on(unsafety, "a method with `#[rpc]` is not `unsafe`: its callers are on the network");
    }
    if let Some(abi) = &sig.abi {
        sink.on(abi, "a method with `#[rpc]` is plain Rust");
    }
    if !sig.generics.params.is_empty() {
        sink.on(&sig.generics, "a method with `#[rpc]` has no generic parameters");
    }
    if let Some(clause) = &sig.generics.where_clause {
        sink.on(clause, "a method with `#[rpc]` has no `where` clause");
    }
}

/// The first argument is `&self`.
pub(super) fn check_receiver(sig: &Signature, sink: &Sink<'_>) {
    match sig.inputs.first() {
        Some(FnArg::Receiver(receiver)) => {
            let plain = receiver.reference.is_some()
                && receiver.mutability.is_none()
                && receiver.colon_token.is_none();
            if !plain {
                sink.on(receiver, "calls run side by side and share the service: write `&self`");
            }
        }
        Some(other) => sink.on(other, "expected `&self` as the first argument"),
        None => {
            let span = sig.paren_token.span.join();
            sink.at(span, "expected `&self` as the first argument");
        }
    }
}

fn check_args(sig: &Signature, parameters: &[Ident], sink: &Sink<'_>) -> Vec<Arg> {
    let mut args = Vec::new();
    for input in &sig.inputs {
        let FnArg::Typed(argument) = input else { continue };
        if let Some(attr) = argument.attrs.first() {
            sink.on(attr, "an argument of an `#[rpc]` method takes no attributes");
        }
        check_mentions(argument.ty.to_token_stream(), parameters, sink);
        match (&*argument.ty, &*argument.pat) {
            (Type::Reference(reference), pat) => {
                if let Some(mutability) = &reference.mutability {
                    sink.on(mutability, "the context is shared: write `&Context`");
                }
                if args.iter().any(|arg| matches!(arg, Arg::Context(..))) {
                    let wrong = "a reference is the call's context, and there is one already; values \
                                 are taken by value";
                    sink.on(&argument.ty, wrong);
                }
                let name = match pat {
                    Pat::Ident(pat) => Some(pat.ident.clone()),
                    _ => None,
                };
                args.push(Arg::Context(name, reference.elem.clone()));
            }
            (Type::ImplTrait(ty), _) => {
                sink.on(
                    ty,
                    "an argument of an `#[rpc]` method has a type of its own, not `impl Trait`",
                );
            }
            (_, Pat::Ident(pat)) if pat.by_ref.is_none() && pat.subpat.is_none() => {
                let name = pat.ident.unraw().to_string();
                if !is_identifier(&name) {
                    let what = "is no name in protobuf: use ASCII letters, digits and `_`";
                    sink.on(&pat.ident, format!("`{name}` {what}"));
                }
                args.push(Arg::Value(Value {
                    ident: pat.ident.clone(),
                    json: case::json(&name),
                    name,
                    ty: argument.ty.clone(),
                }));
            }
            (_, pat) => {
                sink.on(pat, "an argument has a plain name: it is the field's name on the wire");
            }
        }
    }
    args
}

fn check_output(sig: &Signature, parameters: &[Ident], sink: &Sink<'_>) -> Output {
    let ReturnType::Type(_, output) = &sig.output else {
        check_waits(sig, sink);
        return Output::One(parse_quote!(()));
    };
    if let Type::Reference(ty) = &**output {
        sink.on(ty, "an `#[rpc]` method returns a message of its own, not a reference");
    }
    check_mentions(output.to_token_stream(), parameters, sink);
    let ty = (**output).clone();
    let mut impls = Impls(Vec::new());
    impls.visit_type_mut(&mut ty.clone());
    let Some((first, others)) = impls.0.split_first() else {
        check_waits(sig, sink);
        return Output::One(ty);
    };
    for other in others {
        sink.on(other, "a method returns one stream: this is a second `impl Trait`");
    }
    let item = item_of(first);
    if item.is_none() {
        let wrong =
            "an `#[rpc]` method returns a message, or `impl Stream<Item = Result<T, E>> + Send`";
        sink.on(first, wrong);
    }
    let item = item.unwrap_or_else(|| parse_quote!(()));
    let (stream, awaited) = (first.impl_token.span, sig.asyncness.is_some());
    Output::Many { item: Box::new(item), stream, awaited, ty }
}

/// Every `impl Trait` of a type.
struct Impls(Vec<TypeImplTrait>);

impl VisitMut for Impls {
    fn visit_type_impl_trait_mut(&mut self, ty: &mut TypeImplTrait) {
        self.0.push(ty.clone());
        visit_mut::visit_type_impl_trait_mut(self, ty);
    }
}

/// What `Item` is in the bounds of a stream, however the trait is called here.
fn item_of(stream: &TypeImplTrait) -> Option<Type> {
    let arguments = stream.bounds.iter().filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => match &bound.path.segments.last()?.arguments {
            PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
            _ => None,
        },
        _ => None,
    });
    arguments.flatten().find_map(|argument| match argument {
        GenericArgument::AssocType(it) if it.ident == "Item" => Some(it.ty.clone()),
        _ => None,
    })
}

/// The client and the description stand outside of the impl: a type in a signature means the same there.
fn check_mentions(ty: TokenStream, parameters: &[Ident], sink: &Sink<'_>) {
    for token in ty {
        match token {
            TokenTree::Ident(ident) if ident == "Self" => {
                sink.on(ident, "the client and the schema have no `Self`: write the type out");
            }
            TokenTree::Ident(ident) if parameters.contains(&ident) => {
                let wrong =
                    format!("`{ident}` is a parameter of the impl: no message depends on it");
                sink.on(ident, wrong);
            }
            TokenTree::Group(group) => check_mentions(group.stream(), parameters, sink),
            _ => {}
        }
    }
}

/// `say_hello` is `SayHello` on the wire.
fn pascal_case(name: &str) -> String {
    let mut out = String::new();
    for word in name.split('_') {
        let mut letters = word.chars();
        if let Some(first) = letters.next() {
            out.extend(first.to_uppercase());
            out.push_str(letters.as_str());
        }
    }
    out
}
