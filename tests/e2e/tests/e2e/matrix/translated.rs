//! Services that were built with tonic know nothing of gRPC-Web: their calls are translated.

use bident::prelude::*;
use e2e::{Base64, Call, Envelopes, call, trailers_say};
use http::HeaderMap;
use prost::Message as _;

use super::bench::Bench;
use super::table::{Form, Shape, Surface, WAYS, Way};
use crate::common::Plain;
use crate::tonic_built::{self, Legacy};

fn request(bench: &Bench, way: Way, path: &str, text: &str) -> Call {
    let (_, _, (name, value)) = bench.cell(&format!("{path} over {way:?}"));
    let call = call("POST", path).over(way.wire).header(&name, &value);
    let headers = way.headers(Shape::Unary);
    let call = headers.iter().fold(call, |call, (name, value)| call.header(name, value));
    call.header("x-in", "seen").body(way.encode(Shape::Unary, text))
}

/// The messages and the trailers of an answer's body.
fn read(way: Way, body: &[u8]) -> (Vec<String>, HeaderMap) {
    let mut envelopes = Envelopes::default();
    if way.form == Form::Text {
        envelopes.push(&Base64::default().decode(body));
    } else {
        envelopes.push(body);
    }
    let (mut messages, mut trailers) = (Vec::new(), HeaderMap::new());
    while let Some((flags, payload)) = envelopes.cut() {
        if flags == 0 {
            messages.push(Plain::decode(payload).unwrap().text);
            continue;
        }
        assert_eq!((flags, trailers.len()), (0x80, 0));
        for line in std::str::from_utf8(&payload).unwrap().lines() {
            let (name, value) = line.split_once(": ").unwrap();
            let name: http::HeaderName = name.parse().unwrap();
            trailers.append(name, value.parse().unwrap());
        }
    }
    assert!(envelopes.is_empty());
    (messages, trailers)
}

#[tokio::test]
async fn a_service_built_with_tonic_speaks_grpc_web() {
    let bench = Bench::with("", |app: App| app.tonic(Legacy)).await;
    let ways: Vec<Way> = WAYS.into_iter().filter(|way| way.surface == Surface::Web).collect();
    for way in &ways {
        let send =
            async |path, text| request(&bench, *way, path, text).send(bench.server.addr).await;
        let media = match way.form {
            Form::Text => "application/grpc-web-text+proto",
            _ => "application/grpc-web+proto",
        };

        let answer = send(tonic_built::ECHO, "hello").await;
        assert_eq!((answer.header("content-type"), answer.header("x-seen")), (media, "seen"));
        let (messages, trailers) = read(*way, &answer.body);
        assert_eq!((messages, trailers_say(&trailers).0), (vec!["hello".to_owned()], "0".into()));
        assert!(answer.trailers.is_empty(), "all of it is in the body");

        let (messages, trailers) = read(*way, &send(tonic_built::COUNT, "3").await.body);
        assert_eq!(
            (messages, trailers_say(&trailers).0),
            (["1", "2", "3"].map(String::from).into(), "0".into())
        );

        // A failure before anything was sent has its status among the headers.
        let answer = send(tonic_built::FAIL, "x").await;
        assert_eq!((answer.header("grpc-status"), answer.header("x-why")), ("15", "rust"));
        assert_eq!((answer.header("content-type"), answer.body.len()), (media, 0));
        let answer = send("/legacy.v1.Legacy/None", "x").await;
        assert_eq!(answer.header("grpc-status"), "12");
    }
    let all = bench.finish().await;
    assert_eq!(all.len(), 4 * ways.len());
    for (name, seen) in all {
        let path = name.split(' ').next().unwrap();
        assert_eq!(seen[0], format!("enter grpc-web {path}"));
        let exit = match path {
            tonic_built::FAIL => "exit 500 ",
            "/legacy.v1.Legacy/None" => "exit 501 ",
            _ => "exit 200 ",
        };
        assert_eq!(seen[1], exit, "{name}");
    }
}
