//! The rules of `traced(...)` on a method: what an expression may use, and so when it is evaluated.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprPath, LitStr, Macro};

use crate::service::model::{Arg, Attribute, Output, Traced};
use crate::service::parse::RpcOptions;
use crate::shared::Sink;
use crate::shared::fields::{FieldDecl, Sigil};

/// Checks every attribute, and says when its value is there.
pub(super) fn check(
    options: &RpcOptions,
    args: &[Arg],
    output: &Output,
    sink: &Sink<'_>,
) -> Traced {
    let mut traced = Traced::default();
    let Some(list) = options.traced.get() else { return traced };
    if list.value.is_empty() {
        sink.at(list.span, "expected what to put on the span: `traced(user.id = id)`");
    }
    for (at, field) in list.value.iter().enumerate() {
        if field.name.is_empty() {
            sink.at(field.span, "the name of the span attribute is empty");
        }
        if list.value[..at].iter().any(|other| other.name == field.name) {
            sink.at(field.span, format!("the attribute `{}` is given twice", field.name));
        }
        traced.high_priority |= field.name == "priority" && is_high(field);
        let names = Names::of(field.value.clone(), sink);
        if let Some(this) = names.find("self") {
            let wrong = "the service itself is not at hand here: use the arguments and `reply`";
            sink.on(this, wrong);
        }
        let reply = names.find("reply").cloned();
        if let Some(reply) = &reply {
            check_reply(reply, &names, args, output, sink);
        }
        let uses_context = args
            .iter()
            .any(|arg| matches!(arg, Arg::Context(Some(name), _) if names.0.contains(name)));
        let when = if reply.is_some() { &mut traced.after } else { &mut traced.before };
        when.push(Attribute { field: field.clone(), reply, uses_context });
    }
    traced
}

/// Whether the value is the literal `"high"`: what is known before any call can decide about its trace.
fn is_high(field: &FieldDecl) -> bool {
    matches!(field.sigil, Sigil::Plain | Sigil::Display)
        && syn::parse2::<LitStr>(field.value.clone()).is_ok_and(|text| text.value() == "high")
}

fn check_reply(reply: &Ident, names: &Names, args: &[Arg], output: &Output, sink: &Sink<'_>) {
    let values = args.iter().filter_map(|arg| match arg {
        Arg::Value(value) => Some(&value.ident),
        Arg::Context(..) => None,
    });
    for value in values {
        if value == "reply" {
            let wrong = "in `traced`, `reply` is what the method returned: call the argument something else";
            return sink.on(value, wrong);
        }
        if let Some(used) = names.0.iter().find(|name| *name == value) {
            let wrong = "the method has taken its arguments when there is a `reply`: one expression uses \
                         either, in attributes of their own";
            sink.on(used, wrong);
        }
    }
    if matches!(output, Output::Many { .. }) {
        let wrong = "a stream has many replies, and none of them is the call's: use the arguments, or let the \
                     method record what it knows on `ctx.span()`";
        sink.on(reply, wrong);
    }
}

/// What an expression may mean by names alone: a variable, or anything inside a macro.
struct Names(Vec<Ident>);

impl Names {
    fn of(value: TokenStream, sink: &Sink<'_>) -> Self {
        let mut names = Self(Vec::new());
        if let Some(mut value) = sink.take(syn::parse2::<Expr>(value)) {
            names.visit_expr_mut(&mut value);
        }
        names
    }

    fn find(&self, name: &str) -> Option<&Ident> {
        self.0.iter().find(|known| *known == name)
    }

    fn inside(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => self.0.push(ident),
                TokenTree::Group(group) => self.inside(group.stream()),
                TokenTree::Literal(_) => self.formatted(token),
                TokenTree::Punct(_) => {}
            }
        }
    }

    /// `"{name}"`
    fn formatted(&mut self, literal: TokenTree) {
        let Ok(text) = syn::parse2::<LitStr>(literal.into()) else { return };
        for part in text.value().split('{').skip(1) {
            let end = part.find(['}', ':']).unwrap_or(0);
            if let Ok(mut ident) = syn::parse_str::<Ident>(&part[..end]) {
                ident.set_span(text.span());
                self.0.push(ident);
            }
        }
    }
}

impl VisitMut for Names {
    fn visit_expr_path_mut(&mut self, path: &mut ExprPath) {
        self.0.extend(path.path.get_ident().cloned());
        visit_mut::visit_expr_path_mut(self, path);
    }

    fn visit_macro_mut(&mut self, inside: &mut Macro) {
        self.inside(inside.tokens.clone());
    }
}
