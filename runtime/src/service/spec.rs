//! The constant description of a service. Generated code builds these as `const`s.

use std::time::Duration;

use crate::message::{TypeRef, Types};

/// A service as declared.
#[derive(Debug)]
pub struct ServiceSpec {
    /// `helloworld.v1`; may be empty.
    pub package: &'static str,
    /// `Greeter`.
    pub name: &'static str,
    /// `helloworld.v1.Greeter`.
    pub full_name: &'static str,
    /// The doc comment.
    pub doc: &'static str,
    /// Whether it is deprecated.
    pub deprecated: bool,
    /// The methods in the order of their declaration.
    pub methods: &'static [MethodSpec],
}

/// A method as declared.
#[derive(Debug)]
pub struct MethodSpec {
    /// `SayHello`.
    pub name: &'static str,
    /// `/helloworld.v1.Greeter/SayHello`: the gRPC path, the RPC path over HTTP, and `kratos.operation`.
    pub operation: &'static str,
    /// The doc comment.
    pub doc: &'static str,
    /// The HTTP bindings in the order of their declaration; the RPC path is not among them.
    pub bindings: &'static [BindingSpec],
    /// Which sides stream.
    pub shape: Shape,
    /// The method's own upper bound; the server's and the caller's hold too.
    pub timeout: Option<Duration>,
    /// Whether calling twice is the same as calling once.
    pub idempotent: bool,
    /// Whether it is deprecated.
    pub deprecated: bool,
    /// Whether HTML forms are accepted as bodies.
    pub form: bool,
    /// The field of each reply that is the id of its server-sent event.
    pub event_id: Option<&'static str>,
    /// Whether traces of its calls are always recorded: `traced(priority = "high")`.
    pub high_priority: bool,
    /// Whether anything is declared for the spans of its calls: `traced(...)` on the method or on a field of its messages.
    pub traced: bool,
    /// Describes the request type.
    pub input: fn(&mut Types) -> TypeRef,
    /// Describes the reply type.
    pub output: fn(&mut Types) -> TypeRef,
}

impl MethodSpec {
    /// A unary method of which nothing else is said.
    pub const fn new(
        name: &'static str,
        operation: &'static str,
        input: fn(&mut Types) -> TypeRef,
        output: fn(&mut Types) -> TypeRef,
    ) -> Self {
        Self {
            name,
            operation,
            doc: "",
            bindings: &[],
            shape: Shape::Unary,
            timeout: None,
            idempotent: false,
            deprecated: false,
            form: false,
            event_id: None,
            high_priority: false,
            traced: false,
            input,
            output,
        }
    }
}

/// One `google.api.http` binding.
#[derive(Debug)]
pub struct BindingSpec {
    /// `GET`, ..., or a custom kind.
    pub verb: &'static str,
    /// The path template: `/v1/{name=shelves/*}:move`.
    pub path: &'static str,
    /// `None` for no body, `"*"` for the whole message, else the field that is the body.
    pub body: Option<&'static str>,
    /// The field that is the reply's body; `None` for the whole message.
    pub response_body: Option<&'static str>,
}

/// Which sides of a method stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One request, one reply.
    Unary,
    /// One request, many replies.
    ServerStream,
    /// Many requests, one reply.
    ClientStream,
    /// Many requests, many replies.
    Bidi,
}

impl Shape {
    /// The shape of a method with these sides.
    pub const fn of(requests: bool, replies: bool) -> Self {
        match (requests, replies) {
            (false, false) => Self::Unary,
            (false, true) => Self::ServerStream,
            (true, false) => Self::ClientStream,
            (true, true) => Self::Bidi,
        }
    }

    /// Whether there may be many requests.
    pub(crate) const fn requests(self) -> bool {
        matches!(self, Self::ClientStream | Self::Bidi)
    }

    /// Whether there may be many replies.
    pub(crate) const fn replies(self) -> bool {
        matches!(self, Self::ServerStream | Self::Bidi)
    }
}
