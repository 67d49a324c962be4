//! Requests over Connect: unary by POST and by GET, and streams.

use bident::__fuzzing::Connect;
use bident::Error;
use bident::message::encode;
use bident::service::Shape;
use bident_test_wire::Lists;
use futures_util::{FutureExt as _, StreamExt as _};

use crate::{body, request};

/// The most bytes of one message.
const LIMIT: usize = 1 << 12;

/// An input is a request.
pub fn connect(data: &[u8]) {
    let Some((request, rest)) = request(data) else { return };
    if let Some(Ok(call)) = Connect::of(&request, Shape::Unary) {
        let one = |size| {
            let read = call.read::<Lists>(body(rest, size), LIMIT).now_or_never();
            let read = read.expect("a body that is there");
            read.map(|lists| encode(&lists)).map_err(|error| told(&call, &error))
        };
        assert_eq!(one(0), one(3), "however the body is cut");
    }
    if let Some(Ok(call)) = Connect::of(&request, Shape::ClientStream) {
        let many = |size| {
            let requests = call.requests::<Lists>(body(rest, size), LIMIT).ok()?;
            let all = requests.map(|item| match item {
                Ok(lists) => Ok(encode(&lists)),
                Err(error) => Err(told(&call, &error)),
            });
            Some(all.collect::<Vec<_>>().now_or_never().expect("a body that is there"))
        };
        assert_eq!(many(0), many(3), "however the body is cut");
    }
}

/// A mistake as the caller is told of it: never one of ours, and never an answer that says nothing.
fn told(call: &Connect, error: &Error) -> (u16, Vec<u8>) {
    let compressed = error.code() == 500 && error.message().contains("no header says how");
    assert!(compressed || matches!(error.code(), 400 | 413 | 415), "{error:?}");
    let (status, body) = call.failed(error);
    // A stream has begun well when it fails: its envelope says so.
    let says = if status == 200 { body.get(5..) } else { Some(&body[..]) };
    let says = says.expect("an envelope");
    // A HEAD request is told by its status alone.
    assert!(says.is_empty() || says.first() == Some(&b'{'), "{body:?}");
    (status, says.to_vec())
}
