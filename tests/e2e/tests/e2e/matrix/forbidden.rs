//! Cells that HTTP or a protocol forbids, and requests that ask a method for what is not its shape: each has one clear
//! refusal, and the middleware sees it like any other call.

use e2e::{Call, Wire, call};

use super::bench::Bench;
use super::table::{FORBIDDEN, Form, SHAPES, Shape, Surface, Way};

const UPGRADE: [(&str, &str); 4] = [
    ("connection", "upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

fn way(surface: Surface, form: Form, wire: Wire) -> Way {
    Way { surface, form, wire }
}

fn rpc(shape: Shape) -> &'static str {
    way(Surface::Grpc, Form::Proto, Wire::H2c).path(shape)
}

fn with(call: Call, headers: &[(String, String)]) -> Call {
    headers.iter().fold(call, |call, (name, value)| call.header(name, value))
}

/// The requests of the cells in the table, and the status and the reason of each one's answer.
fn requests(surface: Surface, wire: Wire, shape: Shape) -> Vec<(Call, u16, &'static str)> {
    match (surface, wire) {
        (Surface::Grpc, Wire::Http1) => [Form::Proto, Form::Json]
            .map(|form| {
                let way = way(surface, form, wire);
                let call = with(call("POST", rpc(shape)), &way.headers(shape));
                (call.body(way.encode(shape, "one")), 415, "UNSUPPORTED_MEDIA_TYPE")
            })
            .into(),
        // What asks for a socket cannot be said over HTTP/2: what is left of it is a GET.
        (Surface::Socket, Wire::H2c) => {
            vec![(call("GET", rpc(shape)).over(wire), 405, "METHOD_NOT_ALLOWED")]
        }
        (Surface::Socket, Wire::Http1) => {
            let rest = way(Surface::Rest, Form::Lines, wire).path(shape);
            [rpc(shape), rest]
                .map(|path| {
                    let call = UPGRADE
                        .iter()
                        .fold(call("GET", path), |call, (name, value)| call.header(name, value));
                    (call, 405, "METHOD_NOT_ALLOWED")
                })
                .into()
        }
        other => panic!("no request for {other:?}"),
    }
}

#[tokio::test]
async fn every_cell_that_is_forbidden_is_refused() {
    let bench = Bench::open("").await;
    let mut count = 0;
    for it in &FORBIDDEN {
        for shape in it.shapes {
            for (call, status, reason) in requests(it.surface, it.wire, *shape) {
                let what = format!("{shape:?} over {:?} over {:?}", it.surface, it.wire);
                let (_, _, (name, value)) = bench.cell(&what);
                let answer = call.header(&name, &value).send(bench.server.addr).await;
                println!("{what}: {:?} {}", answer.status, answer.text());
                assert_eq!(answer.failure(), (status, reason.into()), "{what}");
                count += 1;
            }
        }
    }
    // Nothing offers a socket over HTTP/2.
    let stream = tokio::net::TcpStream::connect(bench.server.addr).await.unwrap();
    let (mut sender, connection) = h2::client::handshake(stream).await.unwrap();
    let driver = tokio::spawn(connection);
    sender = e2e::bounded("the settings", sender.ready()).await.unwrap();
    let (_, _, (name, value)) = bench.cell("settings");
    let request = http::Request::get(format!("http://{}/one", bench.server.addr));
    let request = request.header(&name, &value).body(()).unwrap();
    let (answer, _) = sender.send_request(request, true).unwrap();
    assert_eq!(e2e::bounded("an answer", answer).await.unwrap().status(), 405);
    assert!(!sender.is_extended_connect_protocol_enabled());
    drop(sender);
    driver.abort();
    assert_eq!(bench.finish().await.len(), count + 1);
}

/// Connect tells unary calls from streams by their media type, which has to fit the method.
#[tokio::test]
async fn the_other_shapes_media_type_is_refused() {
    let bench = Bench::open("").await;
    for wire in e2e::WIRES {
        for shape in SHAPES {
            let way = way(Surface::Connect, Form::Proto, wire);
            let other = if shape == Shape::Unary { Shape::Bidi } else { Shape::Unary };
            let (_, _, (name, value)) = bench.cell(&format!("{shape:?} asked as {other:?}"));
            let call = with(call("POST", rpc(shape)), &way.headers(other)).header(&name, &value);
            let call = call.body(way.encode(other, "one")).over(wire);
            let answer = call.send(bench.server.addr).await;
            assert_eq!(answer.status, 415, "{shape:?} {wire:?}");
            assert_eq!(answer.json()["code"], "unknown");
            let message = answer.json()["message"].as_str().unwrap().to_owned();
            let advice = if shape == Shape::Unary { "send application/proto" } else { "connect+" };
            assert!(message.contains(advice), "{message}");
        }
    }
    assert_eq!(bench.finish().await.len(), 8);
}
