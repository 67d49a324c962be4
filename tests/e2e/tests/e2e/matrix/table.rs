//! What the matrix is made of: the shapes, the ways to call, the questions; and the cells that HTTP or a protocol forbids.

use e2e::Wire::{self, H2c, Http1};

/// The shape of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Unary,
    ServerStream,
    ClientStream,
    Bidi,
}

pub(super) const SHAPES: [Shape; 4] =
    [Shape::Unary, Shape::ServerStream, Shape::ClientStream, Shape::Bidi];

impl Shape {
    /// Whether there may be many requests.
    pub(super) fn asks(self) -> bool {
        matches!(self, Self::ClientStream | Self::Bidi)
    }

    /// Whether there may be many replies.
    pub(super) fn answers(self) -> bool {
        matches!(self, Self::ServerStream | Self::Bidi)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Surface {
    Grpc,
    Web,
    Connect,
    Rest,
    Socket,
}

pub(super) const SURFACES: [Surface; 5] =
    [Surface::Grpc, Surface::Web, Surface::Connect, Surface::Rest, Surface::Socket];

/// What messages are written in, and over REST how many of them follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Proto,
    Json,
    /// Protobuf in base64.
    Text,
    Events,
    Lines,
}

/// A surface in one of its forms, over one HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) surface: Surface,
    pub(super) form: Form,
    pub(super) wire: Wire,
}

const fn way(surface: Surface, form: Form, wire: Wire) -> Way {
    Way { surface, form, wire }
}

/// Every way to call.
pub(super) const WAYS: [Way; 15] = [
    way(Surface::Grpc, Form::Proto, H2c),
    way(Surface::Grpc, Form::Json, H2c),
    way(Surface::Web, Form::Proto, Http1),
    way(Surface::Web, Form::Proto, H2c),
    way(Surface::Web, Form::Text, Http1),
    way(Surface::Web, Form::Text, H2c),
    way(Surface::Connect, Form::Proto, Http1),
    way(Surface::Connect, Form::Proto, H2c),
    way(Surface::Connect, Form::Json, Http1),
    way(Surface::Connect, Form::Json, H2c),
    way(Surface::Rest, Form::Events, Http1),
    way(Surface::Rest, Form::Events, H2c),
    way(Surface::Rest, Form::Lines, Http1),
    way(Surface::Rest, Form::Lines, H2c),
    way(Surface::Socket, Form::Json, Http1),
];

/// What is asked of every cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    Order,
    Error,
    Cancel,
    BackPressure,
    Deadline,
    Empty,
    Large,
    TooLarge,
}

pub(super) const QUESTIONS: [Question; 8] = [
    Question::Order,
    Question::Error,
    Question::Cancel,
    Question::BackPressure,
    Question::Deadline,
    Question::Empty,
    Question::Large,
    Question::TooLarge,
];

/// Cells that there cannot be. How each is refused is asserted in `forbidden`.
pub(super) struct Forbidden {
    pub(super) surface: Surface,
    pub(super) wire: Wire,
    pub(super) shapes: &'static [Shape],
    pub(super) why: &'static str,
}

pub(super) const FORBIDDEN: [Forbidden; 3] = [
    Forbidden {
        surface: Surface::Grpc,
        wire: Http1,
        shapes: &SHAPES,
        why: "gRPC is HTTP/2 alone: browsers and proxies of HTTP/1.1 have gRPC-Web",
    },
    Forbidden {
        surface: Surface::Socket,
        wire: H2c,
        shapes: &SHAPES,
        why: "extended CONNECT is not spoken: browsers fall back to HTTP/1.1",
    },
    Forbidden {
        surface: Surface::Socket,
        wire: Http1,
        shapes: &[Shape::Unary, Shape::ServerStream],
        why: "a socket is for methods whose requests are a stream: REST and events do the rest",
    },
];

/// What is said of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Asked,
    Forbidden(&'static str),
    /// The question has no meaning here.
    Idle(&'static str),
}

pub(super) fn verdict(question: Question, way: Way, shape: Shape) -> Verdict {
    let forbidden = FORBIDDEN
        .iter()
        .find(|it| it.surface == way.surface && it.wire == way.wire && it.shapes.contains(&shape));
    match forbidden {
        Some(forbidden) => Verdict::Forbidden(forbidden.why),
        None if question == Question::BackPressure && shape == Shape::Unary => {
            Verdict::Idle("one message and one answer: nothing runs ahead")
        }
        None => Verdict::Asked,
    }
}

/// Whether requests and replies take turns. Over HTTP/1.1 without a socket that is the client's decision, and most send the
/// whole request first: so do these.
pub(super) fn takes_turns(way: Way) -> bool {
    way.wire == H2c || way.surface == Surface::Socket
}

/// The cells of one question.
pub(super) fn cells(question: Question) -> Vec<(Way, Shape)> {
    let all = WAYS.iter().flat_map(|way| SHAPES.map(|shape| (*way, shape)));
    all.filter(|(way, shape)| verdict(question, *way, *shape) == Verdict::Asked).collect()
}
