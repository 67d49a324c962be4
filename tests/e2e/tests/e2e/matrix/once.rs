//! A middleware sees every request exactly once, in and out, whatever becomes of it: what no route takes, what cannot be
//! decoded, what panics, what is served by somebody else. Behind tower layers it is the same.
//!
//! What succeeds, fails, is cancelled or is late is seen so by the tests of the other modules: each of them ends with the
//! same count.

use std::sync::Arc;

use bident::prelude::*;
use e2e::{Call, call};

use super::bench::{Asked, Bench};
use super::reader::End;
use super::table::{Question, Shape, Surface, WAYS, Way, cells};
use crate::tonic_built::{self, Legacy};

/// The same server, bare and behind a layer.
async fn benches() -> [Arc<Bench>; 2] {
    fn more(app: App) -> App {
        let raw = axum::routing::any(async |body: bytes::Bytes| body);
        app.routes(axum::Router::new().route("/raw/{id}", raw)).tonic(Legacy)
    }
    let layered = |app: App| more(app).layer(tower_layer::layer_fn(|inner| inner));
    [Bench::with("", more).await, Bench::with("", layered).await]
}

/// A request with the head of a call over this way.
fn request(bench: &Bench, way: Way, method: &str, path: &str) -> Call {
    let (_, _, (name, value)) = bench.cell(&format!("{method} {path} over {way:?}"));
    let call = call(method, path).over(way.wire).header(&name, &value);
    let headers = way.headers(Shape::Unary);
    headers.iter().fold(call, |call, (name, value)| call.header(name, value))
}

/// The ways that are plain requests.
fn plain() -> impl Iterator<Item = Way> {
    WAYS.into_iter().filter(|way| way.surface != Surface::Socket)
}

fn kind(way: Way) -> &'static str {
    match way.surface {
        Surface::Grpc => "grpc",
        Surface::Web => "grpc-web",
        Surface::Connect => "connect",
        Surface::Rest => "http",
        Surface::Socket => "websocket",
    }
}

/// Stops the server; every call came in under its protocol and went out so.
async fn all_went_out(bench: Arc<Bench>, count: usize, exits: &[&str]) {
    let all = bench.finish().await;
    assert_eq!(all.len(), count);
    for (name, seen) in all {
        let exit = &*seen[1];
        assert!(exits.contains(&exit), "{name}: {seen:?}");
    }
}

#[tokio::test]
async fn what_nobody_serves() {
    for bench in benches().await {
        let mut count = 0;
        for way in plain() {
            for (method, path) in [
                ("POST", "/nowhere"),
                ("POST", "/matrix.v1.Matrix/None"),
                ("POST", "/none.v1.None/None"),
                ("DELETE", way.path(Shape::Unary)),
                ("GET", way.path(Shape::ClientStream)),
                ("OPTIONS", "/nowhere"),
            ] {
                let answer = request(&bench, way, method, path).send(bench.server.addr).await;
                assert!(answer.status.is_client_error() || answer.status == 200, "{answer:?}");
                count += 1;
            }
        }
        let exits = [
            "exit 404 ROUTE_NOT_FOUND",
            "exit 405 METHOD_NOT_ALLOWED",
            "exit 501 METHOD_NOT_FOUND",
        ];
        all_went_out(bench, count, &exits).await;
    }
}

#[tokio::test]
async fn what_its_head_refuses() {
    for bench in benches().await {
        let mut count = 0;
        for way in plain() {
            let mut heads = vec![("grpc-timeout", "0m"), ("grpc-timeout", "soon")];
            match way.surface {
                Surface::Grpc | Surface::Web => heads.push(("grpc-encoding", "br")),
                Surface::Connect => heads.push(("content-encoding", "br")),
                _ => {}
            }
            for (name, value) in heads {
                let path = way.path(Shape::Unary);
                let call = request(&bench, way, "POST", path).header(name, value);
                call.body(way.encode(Shape::Unary, "one")).send(bench.server.addr).await;
                count += 1;
            }
        }
        let exits = [
            "exit 504 DEADLINE_EXCEEDED",
            "exit 400 CODEC",
            "exit 501 UNSUPPORTED_MEDIA_TYPE",
            "exit 415 UNSUPPORTED_MEDIA_TYPE",
        ];
        all_went_out(bench, count, &exits).await;
    }
}

#[tokio::test]
async fn what_cannot_be_decoded() {
    for bench in benches().await {
        let cells = cells(Question::Error);
        for (way, shape) in &cells {
            let Asked { mut exchange, .. } = bench.begin(*way, *shape).await;
            // Neither JSON nor protobuf.
            exchange.send(&way.envelop(*shape, b"\x0a~{".to_vec()));
            exchange.finish();
            let End::Failed(failure) = exchange.end().await else { panic!("{way:?} {shape:?}") };
            assert_eq!(failure.reason, "CODEC", "{way:?} {shape:?}");
        }
        all_went_out(bench, cells.len(), &["exit 400 CODEC"]).await;
    }
}

#[tokio::test]
async fn what_panics() {
    for bench in benches().await {
        let cells = cells(Question::Error);
        for (way, shape) in &cells {
            let Asked { mut exchange, cell, .. } = bench.begin(*way, *shape).await;
            exchange.say("explode");
            exchange.finish();
            let End::Failed(failure) = exchange.end().await else { panic!("{way:?} {shape:?}") };
            assert_eq!(failure.reason, "INTERNAL", "{way:?} {shape:?}");
            let operation = WAYS[0].path(*shape);
            let seen = cell.seen.lock().unwrap()[0].clone();
            assert_eq!(seen, format!("enter {} {operation}", kind(*way)));
        }
        all_went_out(bench, cells.len(), &["exit 500 INTERNAL"]).await;
    }
}

#[tokio::test]
async fn what_somebody_else_serves() {
    for bench in benches().await {
        let mut count = 0;
        for way in plain() {
            for path in [
                "/raw/7",
                tonic_built::ECHO,
                tonic_built::FAIL,
                tonic_built::COUNT,
                "/legacy.v1.Legacy/None",
            ] {
                let call = request(&bench, way, "POST", path);
                let call = call.body(way.encode(Shape::Unary, "3"));
                let answer = call.send(bench.server.addr).await;
                let page =
                    path == "/raw/7" && matches!(way.surface, Surface::Rest | Surface::Connect);
                assert!(!page || answer.text().contains('3'), "{answer:?}");
                count += 1;
            }
        }
        let exits = [
            "exit 200 ",
            // tonic's own status, and its own word on a method that it does not have.
            "exit 500 ",
            "exit 501 ",
            "exit 501 METHOD_NOT_FOUND",
            "exit 404 ROUTE_NOT_FOUND",
        ];
        all_went_out(bench, count, &exits).await;
    }
}

/// A caller that goes away before anything was answered, and a middleware that never hears of the end in another way.
#[tokio::test]
async fn what_is_given_up_before_its_head() {
    for bench in benches().await {
        let mut count = 0;
        for (way, shape) in cells(Question::Cancel) {
            if shape.answers() {
                continue;
            }
            let mut asked = bench.begin(way, shape).await;
            asked.exchange.say("hang");
            if !shape.asks() {
                asked.exchange.finish();
            }
            assert_eq!(asked.events.next().await, "began");
            asked.exchange.hang_up();
            assert_eq!(asked.events.next().await, "dropped");
            count += 1;
        }
        all_went_out(bench, count, &["exit dropped", "exit 499 CANCELLED"]).await;
    }
}
