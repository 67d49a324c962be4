//! What a handler says of the compression of its answer, and hears of its request's, by the flags on the wire.

use bident::prelude::*;
use e2e::{Answer, Call, Running, Wire, call, frame, start};
use futures_util::{Stream, StreamExt as _, stream};

use crate::common::Note;

struct Packed;

#[message(package = "packed.v1")]
pub(crate) struct Heard {
    compressed: Vec<bool>,
}

#[service(package = "packed.v1")]
impl Packed {
    #[rpc]
    async fn one(&self, ctx: &Context, on: Option<bool>, size: u32) -> Note {
        if let Some(on) = on {
            ctx.set_compression(on);
        }
        Note::new("x".repeat(size as usize))
    }

    /// A message for each wish, and whether the first word is said before the stream has begun.
    #[rpc]
    async fn many(
        &self,
        ctx: &Context,
        in_time: bool,
        wishes: Vec<bool>,
    ) -> impl Stream<Item = Note> + Send {
        if in_time {
            ctx.set_compression(true);
        }
        stream::iter(wishes).map(|on| {
            ctx.set_compression(on);
            Note::new("few words")
        })
    }

    #[rpc]
    async fn hear(&self, ctx: &Context, _note: Note) -> Heard {
        Heard { compressed: vec![ctx.request_compressed()] }
    }

    #[rpc]
    async fn hear_all(&self, ctx: &Context, mut notes: Streaming<Note>) -> Result<Heard, Error> {
        let mut compressed = Vec::new();
        while let Some(note) = notes.next().await.transpose()? {
            assert_eq!(note.text, "a");
            compressed.push(ctx.request_compressed());
        }
        Ok(Heard { compressed })
    }
}

const NOTE: &[u8] = br#"{"text":"a"}"#;
/// The same in gzip.
const NOTE_PACKED: &[u8] =
    b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\xabV*I\xad(Q\xb2RJT\xaa\x05\0\x8e\xc3\xe4\x15\x0c\0\0\0";
const GZIP: &[u8] = &[0x1f, 0x8b];

/// A protocol with envelopes: how it is spoken, and what its headers of compression are called.
struct Protocol {
    wire: Wire,
    media: &'static str,
    accepts: &'static str,
    encoding: &'static str,
}

const GRPC: Protocol = Protocol {
    wire: Wire::H2c,
    media: "application/grpc+json",
    accepts: "grpc-accept-encoding",
    encoding: "grpc-encoding",
};
const WEB: Protocol = Protocol { wire: Wire::Http1, media: "application/grpc-web+json", ..GRPC };
const CONNECT: Protocol = Protocol {
    wire: Wire::Http1,
    media: "application/connect+json",
    accepts: "connect-accept-encoding",
    encoding: "connect-content-encoding",
};

impl Protocol {
    fn call(&self, method: &str) -> Call {
        let call = call("POST", &format!("/packed.v1.Packed/{method}")).over(self.wire);
        call.header("content-type", self.media)
    }
}

async fn packed() -> Running {
    start(App::new("packed").service(Packed)).await
}

fn flagged(flags: u8, message: &[u8]) -> Vec<u8> {
    let mut bytes = frame(message).to_vec();
    bytes[0] = flags;
    bytes
}

/// The messages of an answer with their flags, without what ends it over gRPC-Web and Connect.
fn messages(answer: &Answer) -> Vec<(u8, Vec<u8>)> {
    let (mut rest, mut all) = (&answer.body[..], Vec::new());
    while let Some((&[flags, length @ ..], behind)) = rest.split_first_chunk::<5>() {
        let (message, behind) = behind.split_at(u32::from_be_bytes(length) as usize);
        if flags <= 1 {
            assert_eq!(message.starts_with(GZIP), flags == 1, "{answer:?}");
            all.push((flags, message.to_vec()));
        }
        rest = behind;
    }
    all
}

fn flags(answer: &Answer) -> Vec<u8> {
    messages(answer).into_iter().map(|(flags, _)| flags).collect()
}

#[tokio::test]
async fn a_stream_is_compressed_message_by_message_as_its_handler_says() {
    let server = packed().await;
    for protocol in [GRPC, WEB, CONNECT] {
        for (in_time, accepts, named, expected) in [
            (true, "identity, gzip", "gzip", [1, 0, 1]),
            (true, "br, gzip, deflate", "gzip", [1, 0, 1]),
            // The head names no encoding, or the caller reads none.
            (false, "identity, gzip", "", [0, 0, 0]),
            (true, "identity", "", [0, 0, 0]),
        ] {
            let asked = format!(r#"{{"inTime":{in_time},"wishes":[true,false,true]}}"#);
            let call = protocol.call("Many").header(protocol.accepts, accepts);
            let answer = call.body(frame(asked.as_bytes())).send(server.addr).await;
            assert_eq!(answer.header(protocol.encoding), named, "{answer:?}");
            assert_eq!(flags(&answer), expected, "{}: {answer:?}", protocol.media);
        }
    }
}

#[tokio::test]
async fn a_reply_is_compressed_as_its_handler_says_whatever_its_size() {
    let server = packed().await;
    for protocol in [GRPC, WEB] {
        for (on, size, sent, accepts, expected) in [
            // Nothing is said: as the request was, from 1 KiB on.
            ("null", 5000, "gzip", "gzip", 1),
            ("null", 10, "gzip", "gzip", 0),
            ("null", 5000, "identity", "gzip", 0),
            ("true", 10, "identity", "identity,gzip", 1),
            ("true", 10, "gzip", "deflate,gzip", 1),
            ("true", 5000, "identity", "identity", 0),
            ("true", 5000, "gzip", "identity", 0),
            ("false", 5000, "gzip", "gzip", 0),
        ] {
            let call = protocol.call("One").header("grpc-encoding", sent);
            let call = call.header("grpc-accept-encoding", accepts);
            let asked = format!(r#"{{"on":{on},"size":{size}}}"#);
            let answer = call.body(frame(asked.as_bytes())).send(server.addr).await;
            assert_eq!(flags(&answer), [expected], "{on} {size} {sent} {accepts}: {answer:?}");
            if expected == 1 {
                assert_eq!(answer.header("grpc-encoding"), "gzip");
            }
        }
    }
}

#[tokio::test]
async fn over_connect_the_whole_body_of_a_reply_is() {
    let server = packed().await;
    let one = |on: &str, size: u32| {
        let call =
            call("POST", "/packed.v1.Packed/One").header("accept-encoding", "identity, gzip");
        call.json(format!(r#"{{"on":{on},"size":{size}}}"#))
    };
    for (on, size, named) in
        [("null", 5000, ""), ("true", 10, "gzip"), ("true", 5000, "gzip"), ("false", 5000, "")]
    {
        let call = one(on, size).header("connect-protocol-version", "1");
        let answer = call.send(server.addr).await;
        assert_eq!(answer.header("content-encoding"), named, "{on} {size}: {answer:?}");
        assert_eq!(answer.body.starts_with(GZIP), !named.is_empty());
    }
    // Where the caller names gzip first, it gets that by itself.
    for (on, named) in [("null", "gzip"), ("false", "")] {
        let call = call("POST", "/packed.v1.Packed/One").header("accept-encoding", "gzip");
        let call = call.json(format!(r#"{{"on":{on},"size":5000}}"#));
        let answer = call.header("connect-protocol-version", "1").send(server.addr).await;
        assert_eq!(answer.header("content-encoding"), named, "{on}: {answer:?}");
    }
    let plain = one("true", 5000).send(server.addr).await;
    assert_eq!(
        (plain.header("content-encoding"), plain.json()["text"].as_str().map(str::len)),
        ("", Some(5000))
    );
}

#[tokio::test]
async fn a_handler_hears_of_each_message_whether_it_was_compressed() {
    let server = packed().await;
    for protocol in [GRPC, WEB, CONNECT] {
        let body = [flagged(0, NOTE), flagged(1, NOTE_PACKED), flagged(0, NOTE)].concat();
        let call = protocol.call("HearAll").header(protocol.encoding, "gzip").body(body);
        let answer = call.send(server.addr).await;
        let heard = String::from_utf8(messages(&answer).remove(0).1).unwrap();
        assert_eq!(heard, r#"{"compressed":[false,true,false]}"#, "{}", protocol.media);
    }
    for protocol in [GRPC, WEB] {
        for (body, expected) in [(flagged(1, NOTE_PACKED), true), (flagged(0, NOTE), false)] {
            let call = protocol.call("Hear").header("grpc-encoding", "gzip").body(body);
            let answer = call.send(server.addr).await;
            let heard = String::from_utf8(messages(&answer).remove(0).1).unwrap();
            assert_eq!(heard, format!(r#"{{"compressed":[{expected}]}}"#), "{}", protocol.media);
        }
    }
    for (encoding, body, expected) in [("gzip", NOTE_PACKED, true), ("identity", NOTE, false)] {
        let call = call("POST", "/packed.v1.Packed/Hear").header("content-encoding", encoding);
        let call = call.header("connect-protocol-version", "1").json(body);
        assert_eq!(call.send(server.addr).await.json()["compressed"][0], expected, "{encoding}");
    }
}
