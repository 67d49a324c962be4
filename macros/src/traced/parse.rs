//! What was written: a function or an impl with `#[traced(...)]`. Syntax alone.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::Type;

use crate::driver::Parsed;
use crate::shared::attr::attribute_entries;
use crate::shared::cx::crate_path;
use crate::shared::fields::{self, FieldDecl};
use crate::shared::item::{FnItem, ImplBlock, Member, strip, take_helpers};
use crate::shared::{Cx, Entry, Sink, Site, Slot, Spanned, entries};

/// Everything that was declared.
pub(crate) enum TracedDecl {
    Fn(Box<FnDecl>),
    Impl {
        block: Box<ImplBlock>,
        /// By position among the members; `None` for what is not a function with a body.
        functions: Vec<Option<FnDecl>>,
    },
}

/// One function.
pub(crate) struct FnDecl {
    pub(crate) item: FnItem,
    pub(crate) options: Options,
    /// Whether the attribute stands on the function itself.
    pub(crate) explicit: bool,
    /// The type of the impl around it, where that is seen.
    pub(crate) owner: Option<Box<Type>>,
}

/// `#[traced(...)]`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Slot<String>,
    pub(crate) kind: Slot<String>,
    pub(crate) fields: Slot<Vec<FieldDecl>>,
    root: Slot<syn::Path>,
}

/// Reads the attribute and the item.
pub(crate) fn parse(attr: TokenStream, item: TokenStream, sink: &Sink<'_>) -> Parsed<TracedDecl> {
    let all = entries(attr, sink);
    let is_impl = has_impl(&item);
    let site = if is_impl { Site::TracedImpl } else { Site::Traced };
    let options = options(all, site, sink);
    let cx = Cx::new(options.root.get().map(|root| root.value.clone()));
    let decl = if is_impl {
        syn::parse2::<ImplBlock>(item.clone()).map(|block| from_impl(&cx, block, sink))
    } else {
        syn::parse2::<FnItem>(item.clone()).map(|item| {
            TracedDecl::Fn(Box::new(FnDecl { item, options, explicit: true, owner: None }))
        })
    };
    match decl {
        Ok(decl) => Parsed { item: decl.plain(), cx, decl: Some(decl) },
        Err(error) => {
            let at = error.span();
            let is_fn = item.clone().into_iter().any(|token| is_word(&token, "fn"));
            let wrong = "`#[traced]` stands on a function or an impl";
            sink.push(if is_fn || is_impl { error } else { syn::Error::new(at, wrong) });
            Parsed { item: strip(item, &cx, &["traced"]), cx, decl: None }
        }
    }
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

/// Whether the item is an impl: the word comes before any `fn`.
fn has_impl(item: &TokenStream) -> bool {
    item.clone()
        .into_iter()
        .find(|token| is_word(token, "fn") || is_word(token, "impl"))
        .is_some_and(|token| is_word(&token, "impl"))
}

fn options(all: Vec<Entry>, site: Site, sink: &Sink<'_>) -> Options {
    let mut options = Options::default();
    for entry in all {
        let Some(key) = entry.key_at(site, sink) else { continue };
        match key.to_string().as_str() {
            "name" => options.name.set(key, entry.string(sink), sink),
            "kind" => options.kind.set(key, entry.string(sink), sink),
            "fields" => options.fields.set(key, fields::list(&entry, sink), sink),
            _ => {
                let path = crate_path(&entry, sink).map(|path| Spanned::new(path, entry.span));
                options.root.set(key, path, sink);
            }
        }
    }
    options
}

fn from_impl(cx: &Cx, mut block: ImplBlock, sink: &Sink<'_>) -> TracedDecl {
    let owner = block.self_ty.clone();
    let functions = block.members.iter_mut().map(|member| {
        let Member::Fn(item) = member else { return None };
        let own = take_helpers(cx, &mut item.attrs, "traced");
        if let Some(second) = own.get(1) {
            sink.on(second, "`#[traced]` is given twice");
        }
        let explicit = !own.is_empty();
        if !explicit && (!item.has_body() || item.sig.constness.is_some()) {
            return None;
        }
        let all = own.first().map(|attr| attribute_entries(attr, sink)).unwrap_or_default();
        Some(FnDecl {
            item: (**item).clone(),
            options: options(all, Site::Traced, sink),
            explicit,
            owner: Some(owner.clone()),
        })
    });
    let functions = functions.collect();
    TracedDecl::Impl { block: Box::new(block), functions }
}

impl TracedDecl {
    /// The user's item as it would be without us.
    fn plain(&self) -> TokenStream {
        match self {
            Self::Fn(function) => function.item.to_token_stream(),
            Self::Impl { block, .. } => block.to_token_stream(),
        }
    }
}
