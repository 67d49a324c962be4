//! A service that keeps every rule. Built in `check` alone.

use std::time::Duration;

use proc_macro2::{Ident, Span};
use syn::{Generics, Type};

use super::template::Template;
use crate::shared::Spanned;
use crate::shared::fields::FieldDecl;
use crate::shared::item::TraitBlock;

/// What one `#[service]` expands to.
pub(crate) enum Model {
    /// Methods, hooks and a client.
    Service(Box<Service>),
    /// `#[service(hooks)]`: hooks alone.
    Hooks { generics: Generics, self_ty: Box<Type>, hooks: Vec<Hook> },
}

pub(crate) struct Service {
    pub(crate) package: String,
    /// The name in the schema.
    pub(crate) name: String,
    /// `helloworld.v1.Greeter`.
    pub(crate) full_name: String,
    /// The type's or the trait's own name, which the client's is made from.
    pub(crate) ident: Ident,
    pub(crate) doc: String,
    pub(crate) deprecated: bool,
    pub(crate) methods: Vec<Method>,
    pub(crate) host: Host,
}

/// Who implements the methods.
pub(crate) enum Host {
    Impl { generics: Generics, self_ty: Box<Type>, hooks: Vec<Hook>, linked: Option<Make> },
    Trait(Box<TraitBlock>),
}

/// How a linked service is made.
pub(crate) enum Make {
    Default,
    Construct(Ident),
}

pub(crate) struct Method {
    pub(crate) ident: Ident,
    /// The name in the schema.
    pub(crate) name: String,
    /// `/helloworld.v1.Greeter/SayHello`.
    pub(crate) operation: String,
    pub(crate) doc: String,
    pub(crate) docs: Vec<syn::Attribute>,
    pub(crate) cfgs: Vec<syn::Attribute>,
    /// In the order of the signature, the receiver left out.
    pub(crate) args: Vec<Arg>,
    pub(crate) output: Output,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) idempotent: bool,
    pub(crate) deprecated: bool,
    /// Where it is said that forms are accepted.
    pub(crate) form: Option<Span>,
    /// The field of the reply that is the id of each event.
    pub(crate) event_id: Option<Spanned<String>>,
    pub(crate) traced: Traced,
}

/// What a method puts on the span of its call.
#[derive(Default)]
pub(crate) struct Traced {
    /// What is known before the method has its arguments.
    pub(crate) before: Vec<Attribute>,
    /// What is known of its reply.
    pub(crate) after: Vec<Attribute>,
    /// Whether it has the constant `priority = "high"`.
    pub(crate) high_priority: bool,
}

/// One attribute of a span.
pub(crate) struct Attribute {
    pub(crate) field: FieldDecl,
    /// `reply`, as its value says it.
    pub(crate) reply: Option<Ident>,
    /// Whether its value uses the context.
    pub(crate) uses_context: bool,
}

/// What a method returns.
pub(crate) enum Output {
    /// One reply.
    One(Type),
    /// A type with one `impl Stream<Item = ..>` in it.
    Many {
        ty: Type,
        item: Box<Type>,
        /// Where the `impl` stands.
        stream: Span,
        /// Whether the function is an `async fn`.
        awaited: bool,
    },
}

pub(crate) enum Arg {
    /// `ctx: &Context`: its name, and what the reference points to.
    Context(Option<Ident>, Box<Type>),
    /// A field of the request, or the request itself.
    Value(Value),
}

pub(crate) struct Value {
    pub(crate) ident: Ident,
    /// The field's name in the schema.
    pub(crate) name: String,
    /// The field's name in JSON.
    pub(crate) json: String,
    pub(crate) ty: Box<Type>,
}

impl Method {
    /// The arguments that make up the request.
    pub(crate) fn values(&self) -> Vec<&Value> {
        self.args
            .iter()
            .filter_map(|arg| match arg {
                Arg::Value(value) => Some(value),
                Arg::Context(..) => None,
            })
            .collect()
    }
}

pub(crate) struct Binding {
    pub(crate) verb: String,
    pub(crate) template: Spanned<Template>,
    /// `None` for no body, `*` for the whole message, else a field.
    pub(crate) body: Option<Spanned<String>>,
    pub(crate) response_body: Option<Spanned<String>>,
}

pub(crate) struct Hook {
    pub(crate) ident: Ident,
    pub(crate) cfgs: Vec<syn::Attribute>,
    /// The variants of `HookAt`.
    pub(crate) at: Vec<Ident>,
}
