//! What was written: an impl or a trait with its `#[rpc]`, `#[hook]` and `#[construct]` methods. Syntax alone.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned as _;
use syn::{Attribute, FnArg, Generics, Pat, Signature, Type, parse_quote};

use crate::driver::Parsed;
use crate::shared::attr::attribute_entries;
use crate::shared::cx::crate_path;
use crate::shared::doc_text::doc_text;
use crate::shared::fields::{self, FieldDecl};
use crate::shared::item::{FnItem, ImplBlock, Member, TraitBlock, cfgs, strip, take_helpers};
use crate::shared::{Cx, Entry, Sink, Site, Slot, Spanned, entries};

/// The helper attributes inside a service.
const HELPERS: [&str; 3] = ["rpc", "hook", "construct"];

/// Everything that was declared.
pub(crate) struct ServiceDecl {
    pub(crate) options: ServiceOptions,
    pub(crate) doc: String,
    pub(crate) target: Target,
    pub(crate) members: Members,
}

/// The methods that carry one of our attributes.
#[derive(Default)]
pub(crate) struct Members {
    pub(crate) rpcs: Vec<RpcDecl>,
    pub(crate) hooks: Vec<HookDecl>,
    pub(crate) constructors: Vec<ConstructDecl>,
}

/// `#[service(...)]`.
#[derive(Default)]
pub(crate) struct ServiceOptions {
    pub(crate) package: Slot<String>,
    pub(crate) name: Slot<String>,
    pub(crate) hooks: Slot<()>,
    pub(crate) linked: Slot<()>,
    pub(crate) deprecated: Slot<()>,
    root: Slot<syn::Path>,
}

/// What the attribute stands on.
pub(crate) enum Target {
    Impl { generics: Generics, self_ty: Box<Type>, of_trait: Option<Span> },
    Trait(Box<TraitBlock>),
}

/// A method with `#[rpc]`.
pub(crate) struct RpcDecl {
    pub(crate) sig: Signature,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) deprecated_in_rust: bool,
    /// Where `#[traced]` stands on it.
    pub(crate) traced: Option<Span>,
    pub(crate) options: RpcOptions,
}

/// `#[rpc(...)]`.
#[derive(Default)]
pub(crate) struct RpcOptions {
    pub(crate) name: Slot<String>,
    pub(crate) timeout: Slot<String>,
    pub(crate) idempotent: Slot<()>,
    pub(crate) deprecated: Slot<()>,
    pub(crate) form: Slot<()>,
    pub(crate) body: Slot<String>,
    pub(crate) response_body: Slot<String>,
    pub(crate) event_id: Slot<String>,
    pub(crate) traced: Slot<Vec<FieldDecl>>,
    pub(crate) bindings: Vec<BindingDecl>,
    /// Whether anything in the attribute was wrong.
    pub(crate) failed: bool,
}

/// `get = "/path"`, `post(path = "/path", body = "book")`, `custom(...)`.
#[derive(Default)]
pub(crate) struct BindingDecl {
    /// The key as written: `get`, ..., `custom`.
    pub(crate) verb: String,
    pub(crate) kind: Slot<String>,
    pub(crate) path: Slot<String>,
    pub(crate) body: Slot<String>,
    pub(crate) response_body: Slot<String>,
}

/// A method with `#[hook(...)]`.
pub(crate) struct HookDecl {
    pub(crate) sig: Signature,
    pub(crate) cfgs: Vec<Attribute>,
    /// The attribute itself, for mistakes about its place.
    pub(crate) span: Span,
    /// The moments, as written.
    pub(crate) at: Vec<Spanned<String>>,
}

/// A function with `#[construct]`.
pub(crate) struct ConstructDecl {
    pub(crate) sig: Signature,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) span: Span,
}

/// Reads the attribute and the item.
pub(crate) fn parse(attr: TokenStream, item: TokenStream, sink: &Sink<'_>) -> Parsed<ServiceDecl> {
    let options = service_options(attr, sink);
    let cx = Cx::new(options.root.get().map(|root| root.value.clone()));
    let unread = |cx: Cx, error: syn::Error| {
        sink.push(error);
        let item = strip(item.clone(), &cx, &HELPERS);
        Parsed { cx, item, decl: None }
    };
    if is_trait(&item) {
        match syn::parse2::<TraitBlock>(item.clone()) {
            Ok(block) => from_trait(cx, options, block, sink),
            Err(error) => unread(cx, error),
        }
    } else {
        match syn::parse2::<ImplBlock>(item.clone()) {
            Ok(block) => from_impl(cx, options, block, sink),
            Err(error) if is_impl(&item) => unread(cx, error),
            Err(error) => {
                let at = error.span();
                unread(cx, syn::Error::new(at, "`#[service]` stands on an impl or a trait"))
            }
        }
    }
}

fn is_trait(item: &TokenStream) -> bool {
    has_keyword(item, "trait")
}

fn is_impl(item: &TokenStream) -> bool {
    has_keyword(item, "impl")
}

/// Whether the item has this keyword before its first braces.
fn has_keyword(item: &TokenStream, keyword: &str) -> bool {
    item.clone()
        .into_iter()
        .take_while(|token| {
            !matches!(token, proc_macro2::TokenTree::Group(group)
                if group.delimiter() == proc_macro2::Delimiter::Brace)
        })
        .any(|token| matches!(token, proc_macro2::TokenTree::Ident(ident) if ident == keyword))
}

fn service_options(attr: TokenStream, sink: &Sink<'_>) -> ServiceOptions {
    let mut options = ServiceOptions::default();
    for entry in entries(attr, sink) {
        let Some(key) = entry.key_at(Site::Service, sink) else { continue };
        match key.to_string().as_str() {
            "package" => options.package.set(key, entry.string(sink), sink),
            "name" => options.name.set(key, entry.string(sink), sink),
            "hooks" => options.hooks.set(key, entry.flag(sink), sink),
            "linked" => options.linked.set(key, entry.flag(sink), sink),
            "deprecated" => options.deprecated.set(key, entry.flag(sink), sink),
            _ => {
                let path = crate_path(&entry, sink).map(|path| Spanned::new(path, entry.span));
                options.root.set(key, path, sink);
            }
        }
    }
    options
}

fn from_impl(
    cx: Cx,
    options: ServiceOptions,
    mut block: ImplBlock,
    sink: &Sink<'_>,
) -> Parsed<ServiceDecl> {
    let target = Target::Impl {
        generics: block.generics.clone(),
        self_ty: block.self_ty.clone(),
        of_trait: block.trait_.as_ref().map(|(_, path, _)| path.span()),
    };
    let members = Members::take(&cx, &mut block.members, sink);
    let decl = ServiceDecl { options, doc: doc_text(&block.attrs), target, members };
    Parsed { item: block.into_token_stream(), cx, decl: Some(decl) }
}

fn from_trait(
    cx: Cx,
    options: ServiceOptions,
    mut block: TraitBlock,
    sink: &Sink<'_>,
) -> Parsed<ServiceDecl> {
    let members = Members::take(&cx, &mut block.members, sink);
    let doc = doc_text(&block.head.attrs);
    let item = block.to_token_stream();
    let decl = ServiceDecl { options, doc, target: Target::Trait(Box::new(block)), members };
    Parsed { item, cx, decl: Some(decl) }
}

impl Members {
    /// Takes our attributes off the members and notes what they say.
    fn take(cx: &Cx, members: &mut [Member], sink: &Sink<'_>) -> Self {
        let mut found = Self::default();
        for member in members {
            let Member::Fn(method) = member else { continue };
            let rpcs = take_helpers(cx, &mut method.attrs, "rpc");
            let hooks = take_helpers(cx, &mut method.attrs, "hook");
            let constructs = take_helpers(cx, &mut method.attrs, "construct");
            if let Some(extra) = rpcs.iter().chain(&hooks).chain(&constructs).nth(1) {
                sink.on(extra, "a method takes one of `#[rpc]`, `#[hook]`, `#[construct]`, once");
                continue;
            }
            if let Some(attr) = rpcs.first() {
                found.rpcs.push(rpc_decl(cx, method, attr, sink));
            }
            if let Some(attr) = hooks.first() {
                found.hooks.push(hook_decl(method, attr, sink));
            }
            if let Some(attr) = constructs.first() {
                let (sig, cfgs) = (method.sig.clone(), cfgs(&method.attrs));
                found.constructors.push(ConstructDecl { sig, cfgs, span: attr.path().span() });
                for entry in attribute_entries(attr, sink) {
                    sink.at(entry.span, "`#[construct]` takes no options");
                }
            }
        }
        found
    }
}

fn rpc_decl(cx: &Cx, method: &mut FnItem, attr: &Attribute, sink: &Sink<'_>) -> RpcDecl {
    let section = sink.section();
    let mut options = rpc_options(attribute_entries(attr, &section), &section);
    options.failed = section.has_errors();
    let sig = method.sig.clone();
    for field in options.traced.get().into_iter().flat_map(|traced| &traced.value) {
        may_be_unused(&mut method.sig, &field.value);
    }
    let mut attrs = method.attrs.iter();
    RpcDecl {
        sig,
        cfgs: cfgs(&method.attrs),
        docs: method.attrs.iter().filter(|attr| attr.path().is_ident("doc")).cloned().collect(),
        traced: attrs
            .find(|attr| cx.is_helper(attr.path(), "traced"))
            .map(|attr| attr.path().span()),
        deprecated_in_rust: method.attrs.iter().any(|attr| attr.path().is_ident("deprecated")),
        options,
    }
}

/// What is put on a span is put there outside of the method: its arguments need no other use.
fn may_be_unused(sig: &mut Signature, value: &TokenStream) {
    for arg in &mut sig.inputs {
        if let FnArg::Typed(arg) = arg
            && let Pat::Ident(named) = &*arg.pat
            && mentions(value, &named.ident)
        {
            arg.attrs.push(parse_quote!(#[allow(unused_variables)]));
        }
    }
}

fn mentions(value: &TokenStream, name: &Ident) -> bool {
    value.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(&group.stream(), name),
        // `"{name}"`
        TokenTree::Literal(literal) => literal.to_string().contains(&format!("{{{name}")),
        TokenTree::Punct(_) => false,
    })
}

fn rpc_options(all: Vec<Entry>, sink: &Sink<'_>) -> RpcOptions {
    let mut options = RpcOptions::default();
    for entry in all {
        let Some(key) = entry.key_at(Site::Rpc, sink) else { continue };
        match key.to_string().as_str() {
            "name" => options.name.set(key, entry.string(sink), sink),
            "timeout" => options.timeout.set(key, entry.string(sink), sink),
            "idempotent" => options.idempotent.set(key, entry.flag(sink), sink),
            "deprecated" => options.deprecated.set(key, entry.flag(sink), sink),
            "form" => options.form.set(key, entry.flag(sink), sink),
            "body" => options.body.set(key, entry.string(sink), sink),
            "response_body" => options.response_body.set(key, entry.string(sink), sink),
            "traced" => options.traced.set(key, fields::list(&entry, sink), sink),
            "event_id" => options.event_id.set(key, entry.string(sink), sink),
            verb => options.bindings.extend(binding(verb, key, &entry, sink)),
        }
    }
    options
}

fn binding(verb: &str, key: &Ident, entry: &Entry, sink: &Sink<'_>) -> Option<BindingDecl> {
    let mut binding = BindingDecl { verb: verb.to_owned(), ..BindingDecl::default() };
    let custom = verb == "custom";
    if !custom && !matches!(entry.value, crate::shared::Value::List(_)) {
        binding.path.set(key, Some(entry.string(sink)?), sink);
        return Some(binding);
    }
    let site = if custom { Site::Custom } else { Site::Binding };
    for inner in entry.list(sink)? {
        let Some(key) = inner.key_at(site, sink) else { continue };
        let value = inner.string(sink);
        match key.to_string().as_str() {
            "kind" => binding.kind.set(key, value, sink),
            "path" => binding.path.set(key, value, sink),
            "body" => binding.body.set(key, value, sink),
            _ => binding.response_body.set(key, value, sink),
        }
    }
    if !binding.path.is_set() || (custom && !binding.kind.is_set()) {
        let usage = crate::shared::keys::allowed(site);
        sink.on(key, format!("`{verb}(...)` lacks an option; {site} takes {usage}"));
        return None;
    }
    Some(binding)
}

fn hook_decl(method: &FnItem, attr: &Attribute, sink: &Sink<'_>) -> HookDecl {
    let mut at = Vec::new();
    let section = sink.section();
    for entry in attribute_entries(attr, &section) {
        let Some(key) = entry.key_at(Site::Hook, &section) else { continue };
        if let Some(flag) = entry.flag(&section) {
            at.push(Spanned::new(key.to_string(), flag.span));
        }
    }
    if at.is_empty() && !section.has_errors() {
        let usage = crate::shared::keys::allowed(Site::Hook);
        section.on(attr, format!("a hook says when it runs: one of {usage}"));
    }
    let (sig, cfgs) = (method.sig.clone(), cfgs(&method.attrs));
    HookDecl { sig, cfgs, span: attr.path().span(), at }
}
