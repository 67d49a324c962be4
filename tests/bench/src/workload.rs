//! The kinds of call that are measured: the exact bytes sent and the exact bytes that must come back.

use std::sync::LazyLock;

/// The gRPC path of the measured method.
pub const GRPC_PATH: &str = "/helloworld.v1.Greeter/SayHello";

/// The gRPC path of the measured server stream.
pub const STREAM_PATH: &str = "/helloworld.v1.Greeter/SayMany";

/// The gRPC path of the measured stream both ways.
pub const BIDI_PATH: &str = "/helloworld.v1.Greeter/SayEach";

/// The messages of one streaming call.
pub const MESSAGES: usize = 1_000;

/// One kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// `POST /v1/hello` with a JSON body over HTTP/1.1.
    JsonH1,
    /// `GET /helloworld/world` over HTTP/1.1.
    GetH1,
    /// `POST /v1/hello` with a JSON body over HTTP/2 without TLS.
    JsonH2,
    /// gRPC unary `helloworld.v1.Greeter/SayHello`.
    Grpc,
    /// gRPC with one request and [`MESSAGES`] replies.
    GrpcStream,
    /// gRPC with [`MESSAGES`] requests and a reply to each.
    GrpcBidi,
}

const REQUEST: &[u8] = b"\0\0\0\0\x07\x0a\x05world";
const REPLY: &[u8] = b"\0\0\0\0\x0d\x0a\x0bHello world";
static REQUESTS: LazyLock<Vec<u8>> = LazyLock::new(|| REQUEST.repeat(MESSAGES));
static REPLIES: LazyLock<Vec<u8>> = LazyLock::new(|| REPLY.repeat(MESSAGES));

impl Workload {
    /// Every workload of one message each way, in the order in which the tables print them.
    pub const ALL: [Workload; 4] =
        [Workload::JsonH1, Workload::GetH1, Workload::JsonH2, Workload::Grpc];

    /// The name on the command line and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Workload::JsonH1 => "json-h1",
            Workload::GetH1 => "get-h1",
            Workload::JsonH2 => "json-h2c",
            Workload::Grpc => "grpc",
            Workload::GrpcStream => "grpc-stream",
            Workload::GrpcBidi => "grpc-bidi",
        }
    }

    /// The workload called `name`.
    pub fn named(name: &str) -> Option<Workload> {
        let streams = [Workload::GrpcStream, Workload::GrpcBidi];
        Workload::ALL.into_iter().chain(streams).find(|workload| workload.name() == name)
    }

    /// Whether the call travels on HTTP/2.
    pub fn is_h2(self) -> bool {
        self == Workload::JsonH2 || self.is_grpc()
    }

    /// Whether the call is one of gRPC.
    pub fn is_grpc(self) -> bool {
        matches!(self, Workload::Grpc | Workload::GrpcStream | Workload::GrpcBidi)
    }

    /// The replies of one call.
    pub fn messages(self) -> usize {
        match self {
            Workload::GrpcStream | Workload::GrpcBidi => MESSAGES,
            _ => 1,
        }
    }

    /// The request's path.
    pub fn path(self) -> &'static str {
        match self {
            Workload::JsonH1 | Workload::JsonH2 => "/v1/hello",
            Workload::GetH1 => "/helloworld/world",
            Workload::Grpc => GRPC_PATH,
            Workload::GrpcStream => STREAM_PATH,
            Workload::GrpcBidi => BIDI_PATH,
        }
    }

    /// The request's content type; none for a request without a body.
    pub fn content_type(self) -> Option<&'static str> {
        match self {
            Workload::JsonH1 | Workload::JsonH2 => Some("application/json"),
            Workload::GetH1 => None,
            Workload::Grpc | Workload::GrpcStream | Workload::GrpcBidi => Some("application/grpc"),
        }
    }

    /// The request's body.
    pub fn body(self) -> &'static [u8] {
        match self {
            Workload::JsonH1 | Workload::JsonH2 => br#"{"name":"world"}"#,
            Workload::GetH1 => b"",
            // Not compressed, 7 bytes of message: field 1, length 5.
            Workload::Grpc | Workload::GrpcStream => REQUEST,
            Workload::GrpcBidi => &REQUESTS,
        }
    }

    /// The only body that counts as an answer.
    pub fn expected(self) -> &'static [u8] {
        match self {
            Workload::Grpc => REPLY,
            Workload::GrpcStream | Workload::GrpcBidi => &REPLIES,
            _ => br#"{"message":"Hello world"}"#,
        }
    }
}
