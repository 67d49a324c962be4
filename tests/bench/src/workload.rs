//! The four kinds of call that are measured: the exact bytes sent and the exact bytes that must come back.

/// The gRPC path of the measured method.
pub const GRPC_PATH: &str = "/helloworld.v1.Greeter/SayHello";

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
}

impl Workload {
    /// Every workload, in the order in which the tables print them.
    pub const ALL: [Workload; 4] =
        [Workload::JsonH1, Workload::GetH1, Workload::JsonH2, Workload::Grpc];

    /// The name on the command line and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Workload::JsonH1 => "json-h1",
            Workload::GetH1 => "get-h1",
            Workload::JsonH2 => "json-h2c",
            Workload::Grpc => "grpc",
        }
    }

    /// The workload called `name`.
    pub fn named(name: &str) -> Option<Workload> {
        Workload::ALL.into_iter().find(|workload| workload.name() == name)
    }

    /// Whether the call travels on HTTP/2.
    pub fn is_h2(self) -> bool {
        matches!(self, Workload::JsonH2 | Workload::Grpc)
    }

    /// The request's path.
    pub fn path(self) -> &'static str {
        match self {
            Workload::JsonH1 | Workload::JsonH2 => "/v1/hello",
            Workload::GetH1 => "/helloworld/world",
            Workload::Grpc => GRPC_PATH,
        }
    }

    /// The request's content type; none for a request without a body.
    pub fn content_type(self) -> Option<&'static str> {
        match self {
            Workload::JsonH1 | Workload::JsonH2 => Some("application/json"),
            Workload::GetH1 => None,
            Workload::Grpc => Some("application/grpc"),
        }
    }

    /// The request's body.
    pub fn body(self) -> &'static [u8] {
        match self {
            Workload::JsonH1 | Workload::JsonH2 => br#"{"name":"world"}"#,
            Workload::GetH1 => b"",
            // Not compressed, 7 bytes of message: field 1, length 5.
            Workload::Grpc => b"\0\0\0\0\x07\x0a\x05world",
        }
    }

    /// The only body that counts as an answer.
    pub fn expected(self) -> &'static [u8] {
        match self {
            Workload::Grpc => b"\0\0\0\0\x0d\x0a\x0bHello world",
            _ => br#"{"message":"Hello world"}"#,
        }
    }
}
