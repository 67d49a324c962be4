//! Headers in, headers and trailers out, binary ones too, and what a reply says beside its message.

use bident::call::binaries;
use bident::client::Client;
use bident::prelude::*;
use bident::service::Service;
use e2e::{GrpcCall, Running, WIRES, Wire, call, start};

use crate::common::{Note, Plain, wire};

struct Post;

#[service(package = "metadata.v1")]
impl Post {
    /// Every value of the header that the request names.
    #[rpc(get = "/post/{name}")]
    async fn header(&self, ctx: &Context, name: String) -> Note {
        let all: Vec<_> =
            ctx.headers().get_all(&*name).iter().filter_map(|v| v.to_str().ok()).collect();
        let first = ctx.header(&name).unwrap_or("none");
        assert_eq!(first, all.first().copied().unwrap_or("none"));
        Note::new(all.join("|"))
    }

    #[rpc(get = "/metadata")]
    async fn metadata(&self, ctx: &Context) -> Note {
        let mut all: Vec<_> =
            ctx.metadata().map(|(name, value)| format!("{name}={value}")).collect();
        all.sort();
        Note::new(all.join("|"))
    }

    #[rpc(get = "/binary")]
    async fn binary(&self, ctx: &Context) -> Note {
        let seen = ctx.binary("x-seal-bin").unwrap_or_default();
        ctx.set_header("x-back-bin", &seen);
        ctx.set_trailer("x-late-bin", [0xff, 0x00, 0x80]);
        Note::new(format!("{seen:?}"))
    }

    /// Sends back each seal, joined as a proxy might and once more by itself.
    #[rpc(get = "/sealed")]
    async fn sealed(&self, ctx: &Context) -> Reply<Note> {
        let seals: Vec<_> = ctx.binaries("x-seal-bin").collect();
        for seal in &seals {
            ctx.add_trailer("x-late-bin", seal);
        }
        Reply::new(Note::new(format!("{seals:?}"))).header("x-back-bin", "AAE, /w==")
    }

    #[rpc(post = "/replied")]
    async fn replied(&self) -> Reply<Note> {
        Reply::new(Note::new("made"))
            .status(201)
            .header("location", "/post/7")
            .header("x-many", "a")
            .header("x-many", "b")
            .trailer("x-sum", "42")
    }

    #[rpc(get = "/moved/{name}")]
    async fn moved(&self, name: String) -> Reply<Note> {
        let to = format!("/post/{name}");
        Reply::new(Note::new(&to)).status(302).header("location", to)
    }

    #[rpc(post = "/set/{how}")]
    async fn set(&self, ctx: &Context, how: String) -> bident::Result<Reply<Note>> {
        ctx.set_header("x-header", "from the context");
        ctx.set_trailer("x-trailer", "from the context");
        ctx.set_header("not a name", "x");
        ctx.set_header("x-not-a-value", "line\nbreak");
        if how == "fail" {
            return Err(Error::not_found("GONE", "gone"));
        }
        Ok(Reply::new(Note::new(how)).header("x-reply", "from the reply"))
    }

    /// Tries to take over what the protocol itself says.
    #[rpc(post = "/forge/{fail}")]
    async fn forge(&self, ctx: &Context, fail: bool) -> bident::Result<Reply<Note>> {
        for name in ["grpc-status", "grpc-message", "content-length", "transfer-encoding"] {
            ctx.set_header(name, "7");
            ctx.set_trailer(name, "7");
        }
        ctx.set_trailer("content-type", "text/plain");
        if fail {
            ctx.set_header("content-type", "text/plain");
            return Err(Error::not_found("GONE", "gone"));
        }
        let reply = Reply::new(Note::new("honest")).header("content-length", "3");
        Ok(reply.trailer("grpc-status", "9").header("grpc-status", "9"))
    }

    #[rpc(post = "/peer")]
    async fn peer(&self, ctx: &Context) -> Note {
        Note::new(format!("{} {}", ctx.operation(), ctx.peer().expect("a peer").ip()))
    }
}

async fn post() -> Running {
    start(App::new("metadata").service(Post)).await
}

fn method(name: &str) -> String {
    format!("/metadata.v1.Post/{name}")
}

#[tokio::test]
async fn a_handler_sends_its_caller_elsewhere() {
    let server = post().await;
    for wire in WIRES {
        let answer = call("GET", "/moved/7").over(wire).send(server.addr).await;
        assert_eq!(answer.status, 302, "{wire:?}");
        assert_eq!(answer.headers["location"], "/post/7", "{wire:?}");
        assert_eq!(answer.json()["text"], "/post/7", "{wire:?}");
    }
}

#[tokio::test]
async fn request_headers_reach_the_handler() {
    let server = post().await;
    for over in WIRES {
        let twice = call("GET", "/post/x-in").header("x-in", "one").header("x-in", "two");
        let answer = twice.over(over).send(server.addr).await;
        assert_eq!(answer.json()["text"], "one|two", "{over:?}");
        let none = call("GET", "/post/x-in").over(over).send(server.addr).await;
        assert_eq!(none.json()["text"], "");
    }
    let twice = GrpcCall::new(&method("Header"), &wire("x-in"));
    let answer = twice.header("x-in", "one").header("x-in", "two").send(server.addr).await;
    assert_eq!(answer.decode::<Plain>().text, "one|two");
}

#[tokio::test]
async fn metadata_is_what_flows_between_services() {
    let server = post().await;
    let headers = [("x-md-global-tenant", "acme"), ("x-md-local-step", "1"), ("x-other", "no")];
    let (mut http, mut grpc) = (call("GET", "/metadata"), GrpcCall::new(&method("Metadata"), &()));
    for (name, value) in headers {
        (http, grpc) = (http.header(name, value), grpc.header(name, value));
    }
    let expected = "x-md-global-tenant=acme|x-md-local-step=1";
    assert_eq!(http.send(server.addr).await.json()["text"], expected);
    assert_eq!(grpc.send(server.addr).await.decode::<Plain>().text, expected);
}

#[tokio::test]
async fn binary_metadata_travels_as_base64() {
    let server = post().await;
    // Padded or not, both are read; what is sent has no padding, as the gRPC specification prefers.
    for seal in ["AAH+/w==", "AAH+/w"] {
        let grpc = GrpcCall::new(&method("Binary"), &()).header("x-seal-bin", seal);
        let answer = grpc.send(server.addr).await;
        assert_eq!(answer.decode::<Plain>().text, r#"b"\0\x01\xfe\xff""#);
        assert_eq!(answer.header("x-back-bin").trim_end_matches('='), "AAH+/w");
        assert_eq!(answer.trailer("x-late-bin").trim_end_matches('='), "/wCA");
        let http = call("GET", "/binary").header("x-seal-bin", seal).send(server.addr).await;
        assert_eq!(http.json()["text"], r#"b"\0\x01\xfe\xff""#);
        assert_eq!(http.header("x-back-bin").trim_end_matches('='), "AAH+/w");
    }
    let garbled = GrpcCall::new(&method("Binary"), &()).header("x-seal-bin", "%%%");
    assert_eq!(garbled.send(server.addr).await.decode::<Plain>().text, r#"b"""#);
}

#[tokio::test]
async fn several_binary_values_are_one_header_or_many() {
    let server = post().await;
    for seals in [&["AP8,AQ=="][..], &["AP8", "AQ=="], &["AP8 , AQ"]] {
        let (mut http, mut grpc) = (call("GET", "/sealed"), GrpcCall::new(&method("Sealed"), &()));
        for seal in seals {
            (http, grpc) = (http.header("x-seal-bin", seal), grpc.header("x-seal-bin", seal));
        }
        let expected = r#"[b"\0\xff", b"\x01"]"#;
        assert_eq!(http.send(server.addr).await.json()["text"], expected);
        assert_eq!(grpc.send(server.addr).await.decode::<Plain>().text, expected);
    }
}

#[tokio::test]
async fn a_client_reads_binary_values_of_an_answer() {
    let server = post().await;
    for scheme in ["grpc", "http"] {
        let client = Client::connect(format!("{scheme}://{}", server.addr)).await.unwrap();
        let client = client.with_metadata("x-seal-bin", [0, 255]);
        let method =
            <Post as Service>::SPEC.methods.iter().find(|method| method.name == "Sealed").unwrap();
        let reply = client.unary_reply::<(), Note>(method, ()).await.unwrap();
        let back: Vec<_> = binaries(reply.headers(), "x-back-bin").collect();
        assert_eq!(back, [&[0, 1][..], &[255]], "{scheme}");
        let late: Vec<_> = binaries(reply.trailers(), "x-late-bin").collect();
        assert_eq!(late, [&[0, 255][..]], "{scheme}");
    }
}

#[tokio::test]
async fn a_reply_has_a_status_headers_and_trailers() {
    let server = post().await;
    for over in WIRES {
        let answer = call("POST", "/replied").over(over).send(server.addr).await;
        assert_eq!(answer.status, 201, "{over:?}");
        assert_eq!(answer.json()["text"], "made");
        assert_eq!(answer.header("location"), "/post/7");
        let many: Vec<_> = answer.headers.get_all("x-many").iter().collect();
        assert_eq!(many, ["a", "b"]);
        assert_eq!(answer.header("trailer-x-sum"), "42", "many HTTP clients cannot read trailers");
    }
    let answer = GrpcCall::new(&method("Replied"), &()).send(server.addr).await;
    assert_eq!((answer.http_status, answer.header("location")), (200, "/post/7"));
    assert_eq!(answer.headers.get_all("x-many").iter().count(), 2);
    assert_eq!((answer.header("x-sum"), answer.trailer("x-sum")), ("", "42"));
    assert_eq!(answer.decode::<Plain>().text, "made");
}

#[tokio::test]
async fn the_context_adds_to_successes_and_errors_alike() {
    let server = post().await;
    for (how, code, status) in [("well", 200, 0), ("fail", 404, 5)] {
        let http = call("POST", &format!("/set/{how}")).over(Wire::H2c).send(server.addr).await;
        assert_eq!(http.status, code);
        assert_eq!(http.header("x-header"), "from the context", "{how}");
        assert_eq!(http.header("trailer-x-trailer"), "from the context", "{how}");
        assert_eq!(http.header("x-not-a-value"), "");
        let grpc = GrpcCall::new(&method("Set"), &wire(how)).send(server.addr).await;
        assert_eq!(grpc.status, status);
        assert_eq!(grpc.header("x-header"), "from the context", "{how}");
        assert_eq!(grpc.trailer("x-trailer"), "from the context", "{how}");
        let replied = if how == "well" { "from the reply" } else { "" };
        assert_eq!((http.header("x-reply"), grpc.header("x-reply")), (replied, replied));
    }
}

#[tokio::test]
async fn the_protocols_own_headers_cannot_be_taken_over() {
    let server = post().await;
    for over in WIRES {
        let answer = call("POST", "/forge/false").over(over).send(server.addr).await;
        assert_eq!(answer.json()["text"], "honest", "{over:?}");
        assert_eq!(answer.headers.get_all("content-length").iter().count(), 1);
        let answer = call("POST", "/forge/true").over(over).send(server.addr).await;
        assert_eq!(answer.failure(), (404, "GONE".into()), "{over:?}");
        assert_eq!(answer.header("content-type"), "application/json");
    }
    let answer = GrpcCall::new(&method("Forge"), &true).send(server.addr).await;
    assert_eq!(answer.failure(), (5, "GONE".into()));
    let answer = GrpcCall::new(&method("Forge"), &()).send(server.addr).await;
    assert_eq!((answer.status, answer.message.as_str()), (0, ""));
    assert_eq!(answer.trailers.get_all("grpc-status").iter().count(), 1);
    assert_eq!(answer.header("grpc-status"), "");
    assert_eq!(answer.header("content-type"), "application/grpc");
    assert_eq!(answer.decode::<Plain>().text, "honest");
}

#[tokio::test]
async fn the_context_knows_the_operation_and_the_peer() {
    let server = post().await;
    let expected = "/metadata.v1.Post/Peer 127.0.0.1";
    for over in WIRES {
        let answer = call("POST", "/peer").over(over).send(server.addr).await;
        assert_eq!(answer.json()["text"], expected);
    }
    let answer = GrpcCall::new(&method("Peer"), &()).send(server.addr).await;
    assert_eq!(answer.decode::<Plain>().text, expected);
}
