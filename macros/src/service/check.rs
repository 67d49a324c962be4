//! The rules of a service as a whole. The rules of one method stand below, in `method` and `binding`.

mod binding;
mod method;
mod traced;

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::{Generics, Type};

use super::model::{Hook, Host, Make, Method, Model, Service};
use super::parse::{ConstructDecl, HookDecl, Members, ServiceDecl, ServiceOptions, Target};
use crate::shared::Sink;
use crate::shared::case::is_identifier;

/// Checks everything; `None` where something is wrong.
pub(crate) fn check(decl: ServiceDecl, sink: &Sink<'_>) -> Option<Model> {
    if decl.options.hooks.is_set() {
        return check_hooks_impl(decl, sink);
    }
    let package = check_package(&decl.options, sink);
    let ident = check_target(&decl, sink);
    let ServiceDecl { options, doc, target, members } = decl;
    if members.rpcs.is_empty() {
        let on = match &target {
            Target::Impl { self_ty, .. } => self_ty.to_token_stream(),
            Target::Trait(block) => block.head.ident.to_token_stream(),
        };
        sink.on(on, "a service has at least one method with `#[rpc]`");
    }
    let parameters = match &target {
        Target::Impl { generics, .. } => names_of(generics),
        Target::Trait(_) => Vec::new(),
    };
    let deprecated = options.deprecated.is_set();
    if let Target::Trait(_) = &target {
        check_trait(&members, sink);
    }
    let full_name_of = |name: &str| match &package {
        Some(package) if !package.is_empty() => format!("{package}.{name}"),
        _ => name.to_owned(),
    };
    let name = check_name(&options, ident.as_ref(), sink);
    let full_name = full_name_of(name.as_deref().unwrap_or_default());
    let methods: Vec<Method> = members
        .rpcs
        .into_iter()
        .filter_map(|rpc| method::check(rpc, &full_name, &parameters, sink))
        .collect();
    check_unique(&methods, sink);

    let host = match target {
        Target::Trait(block) => Host::Trait(block),
        Target::Impl { generics, self_ty, .. } => {
            let hooks = members.hooks.iter().filter_map(|hook| check_hook(hook, sink)).collect();
            let linked = check_linked(&options, &generics, &members.constructors, sink);
            Host::Impl { generics, self_ty, hooks, linked }
        }
    };
    let (package, name, ident) = (package?, name?, ident?);
    (!sink.has_errors()).then(|| {
        Model::Service(Box::new(Service {
            package,
            name,
            full_name,
            ident,
            doc,
            deprecated,
            methods,
            host,
        }))
    })
}

/// What has no place in a trait.
fn check_trait(members: &Members, sink: &Sink<'_>) {
    for span in members.rpcs.iter().filter_map(|rpc| rpc.traced) {
        let wrong = "a method of a `#[service]` trait is not traced here, where it is no `async fn` any more: \
                     trace the implementation, or a function that it calls";
        sink.at(span, wrong);
    }
    for hook in &members.hooks {
        sink.at(hook.span, "hooks stand in an inherent impl marked `#[service(hooks)]`");
    }
    for construct in &members.constructors {
        sink.at(construct.span, "`#[construct]` stands in an inherent impl");
    }
}

fn check_hooks_impl(decl: ServiceDecl, sink: &Sink<'_>) -> Option<Model> {
    let ServiceOptions { package, name, linked, deprecated, .. } = &decl.options;
    for (key, span) in [
        ("package", package.get().map(|slot| slot.span)),
        ("name", name.get().map(|slot| slot.span)),
        ("linked", linked.get().map(|slot| slot.span)),
        ("deprecated", deprecated.get().map(|slot| slot.span)),
    ] {
        if let Some(span) = span {
            sink.at(span, format!("`{key}` is the service's own: with `hooks` it has no meaning"));
        }
    }
    for rpc in &decl.members.rpcs {
        sink.on(&rpc.sig.ident, "an impl marked `#[service(hooks)]` holds no `#[rpc]` methods");
    }
    for construct in &decl.members.constructors {
        sink.at(construct.span, "`#[construct]` needs `#[service(..., linked)]`");
    }
    let hooks = decl.members.hooks.iter().filter_map(|hook| check_hook(hook, sink)).collect();
    match decl.target {
        Target::Trait(block) => {
            sink.on(&block.head.ident, "`#[service(hooks)]` stands on an inherent impl");
            None
        }
        Target::Impl { of_trait: Some(span), .. } => {
            sink.at(span, "`#[service(hooks)]` stands on an inherent impl");
            None
        }
        Target::Impl { generics, self_ty, of_trait: None } => {
            (!sink.has_errors()).then_some(Model::Hooks { generics, self_ty, hooks })
        }
    }
}

fn check_package(options: &ServiceOptions, sink: &Sink<'_>) -> Option<String> {
    let Some(package) = options.package.get() else {
        if !sink.has_errors() {
            let usage = "a service belongs to a package: `#[service(package = \"acme.v1\")]`";
            sink.at(Span::call_site(), usage);
        }
        return None;
    };
    if !package.value.is_empty() && !package.value.split('.').all(is_identifier) {
        let wrong = format!("`{}` is not a package: expected names and dots", package.value);
        sink.at(package.span, wrong);
        return None;
    }
    Some(package.value.clone())
}

/// The name that everything generated is named after.
fn check_target(decl: &ServiceDecl, sink: &Sink<'_>) -> Option<Ident> {
    match &decl.target {
        Target::Trait(block) => {
            if !block.head.generics.params.is_empty() {
                sink.on(&block.head.generics, "a `#[service]` trait has no generic parameters");
            }
            Some(block.head.ident.clone())
        }
        Target::Impl { of_trait: Some(span), .. } => {
            let wrong = "`#[service]` stands on an inherent impl or on the trait itself, not on an \
                         impl of a trait";
            sink.at(*span, wrong);
            None
        }
        Target::Impl { self_ty, .. } => match &**self_ty {
            Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.clone()),
            other => {
                sink.on(other, "a service is a named type");
                None
            }
        },
    }
}

fn check_name(options: &ServiceOptions, ident: Option<&Ident>, sink: &Sink<'_>) -> Option<String> {
    match options.name.get() {
        Some(name) if !is_identifier(&name.value) => {
            sink.at(name.span, format!("`{}` cannot name a service", name.value));
            None
        }
        Some(name) => Some(name.value.clone()),
        None => ident.map(|ident| syn::ext::IdentExt::unraw(ident).to_string()),
    }
}

/// The names of the type and const parameters: no message may depend on them.
fn names_of(generics: &Generics) -> Vec<Ident> {
    generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            syn::GenericParam::Type(parameter) => Some(parameter.ident.clone()),
            syn::GenericParam::Const(parameter) => Some(parameter.ident.clone()),
            syn::GenericParam::Lifetime(_) => None,
        })
        .collect()
}

/// Names and routes within one service. Methods under `cfg` are left to `build()`: which of them exist is not known here.
fn check_unique(methods: &[Method], sink: &Sink<'_>) {
    let always: Vec<&Method> = methods.iter().filter(|method| method.cfgs.is_empty()).collect();
    for (at, method) in always.iter().enumerate() {
        if let Some(other) = always[..at].iter().find(|other| other.name == method.name) {
            let (name, one, two) = (&method.name, &other.ident, &method.ident);
            sink.on(&method.ident, format!("`{one}` and `{two}` are both called `{name}`"));
        }
        for binding in &method.bindings {
            let (verb, shape) = (&binding.verb, &binding.template.value.shape);
            let same = |other: &&&Method| {
                other.bindings.iter().any(|b| b.verb == *verb && b.template.value.shape == *shape)
            };
            if let Some(other) = always[..at].iter().find(same) {
                let (one, two) = (&other.ident, &method.ident);
                let wrong = format!("`{one}` and `{two}` are both at {verb} {}", {
                    &binding.template.value.text
                });
                sink.at(binding.template.span, wrong);
            }
        }
    }
}

/// A hook is an `async fn(&self)`.
fn check_hook(hook: &HookDecl, sink: &Sink<'_>) -> Option<Hook> {
    let section = sink.section();
    let sig = &hook.sig;
    method::check_async(sig, "hook", &section);
    method::check_receiver(sig, &section);
    if let Some(extra) = sig.inputs.iter().nth(1) {
        section.on(extra, "a `#[hook]` takes `&self` alone");
    }
    let mut at: Vec<Ident> = Vec::new();
    for moment in &hook.at {
        let variant = match moment.value.as_str() {
            "before_start" => "BeforeStart",
            "after_start" => "AfterStart",
            "before_stop" => "BeforeStop",
            _ => "AfterStop",
        };
        if at.iter().any(|known| known == variant) {
            section.at(moment.span, format!("`{}` is given twice", moment.value));
        }
        at.push(Ident::new(variant, Span::mixed_site()));
    }
    (!section.has_errors()).then(|| Hook { ident: sig.ident.clone(), cfgs: hook.cfgs.clone(), at })
}

fn check_linked(
    options: &ServiceOptions,
    generics: &Generics,
    constructors: &[ConstructDecl],
    sink: &Sink<'_>,
) -> Option<Make> {
    let Some(linked) = options.linked.get() else {
        for construct in constructors {
            sink.at(construct.span, "`#[construct]` needs `#[service(..., linked)]`");
        }
        return None;
    };
    if !names_of(generics).is_empty() {
        sink.at(linked.span, "a linked service has no generic parameters");
    }
    if let Some(extra) = constructors.get(1) {
        sink.at(extra.span, "a linked service has one constructor");
    }
    let Some(construct) = constructors.first() else { return Some(Make::Default) };
    let (sig, section) = (&construct.sig, sink.section());
    method::check_async(sig, "construct", &section);
    if let Some(attr) = construct.cfgs.first() {
        section.on(attr, "the constructor of a linked service is not under `cfg`");
    }
    let mut inputs = sig.inputs.iter();
    let config = matches!(inputs.next(), Some(syn::FnArg::Typed(argument))
        if matches!(&*argument.ty, Type::Reference(r) if r.mutability.is_none()));
    if !config || inputs.next().is_some() {
        let span = sig.paren_token.span.join();
        section.at(span, "a constructor takes the configuration alone: `(config: &Config)`");
    }
    (!section.has_errors()).then(|| Make::Construct(sig.ident.clone()))
}
