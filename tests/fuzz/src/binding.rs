//! Requests of HTTP bindings: the path, the query and a body in every format make one message, or many.

use std::sync::LazyLock;

use bident::__fuzzing::Bindings;
use bident::Error;
use bident::message::Message as _;
use bident::service::{BindingSpec, MethodSpec, Shape};
use bident_test_wire::Everything;
use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _};
use percent_encoding::percent_decode_str;

use crate::{body, request};

/// The most bytes of one message of a stream.
const LIMIT: usize = 1 << 12;

const fn spec(verb: &'static str, path: &'static str, body: Option<&'static str>) -> BindingSpec {
    BindingSpec { verb, path, body, response_body: None }
}

static METHOD: MethodSpec = MethodSpec {
    bindings: &[
        spec("GET", "/a/{scalars.text}/{scalars.long}", None),
        spec("GET", "/b/{scalars.text=**}", None),
        spec("POST", "/c/{formats.zigzag}/{scalars.color}", Some("*")),
        spec("POST", "/d/{known.at}/{known.took}:go", Some("maps")),
        spec("PUT", "/e/{presence.bytes}/x/{child.scalars.flag}", Some("lists")),
        spec("PATCH", "/f/{foreign.id}/{foreign.amount}", Some("pages")),
        BindingSpec { response_body: Some("known"), ..spec("POST", "/g", Some("choices")) },
    ],
    shape: Shape::Bidi,
    form: true,
    ..MethodSpec::new("Take", "/fuzz.v1.Fuzz/Take", Everything::describe, Everything::describe)
};

static BINDINGS: LazyLock<Bindings> = LazyLock::new(|| match Bindings::new(&METHOD) {
    Ok(bindings) => bindings,
    Err(mistakes) => panic!("{mistakes:?}"),
});

/// An input is a request.
pub fn binding(data: &[u8]) {
    let Some((request, rest)) = request(data) else { return };
    let Some((index, binding)) = BINDINGS.of(&request) else { return };

    match binding.decode::<Everything>(Bytes::copy_from_slice(rest)) {
        Ok(message) => {
            captured(index, request.uri().path(), &message);
            // A value without a form in the answer's format is an error, never a panic.
            let _ = binding.encode(&message);
        }
        Err(error) => _ = callers(error),
    }

    let many = |size| -> Option<Vec<Result<String, u16>>> {
        let requests = binding.requests::<Everything>(body(rest, size), LIMIT).ok()?;
        let all = requests.map(|item| match item {
            Ok(message) => Ok(message.scalars.text),
            Err(error) => Err(callers(error)),
        });
        Some(all.collect::<Vec<_>>().now_or_never().expect("a body that is there"))
    };
    assert_eq!(many(0), many(3), "however the body is cut");
}

/// The code of a mistake, which is the caller's and never ours.
fn callers(error: Error) -> u16 {
    assert!(matches!(error.code(), 400 | 413 | 415), "{error:?}");
    error.code()
}

/// What a variable took of the path is what the field holds, whatever the query and the body say.
fn captured(index: usize, path: &str, message: &Everything) {
    let decoded =
        |text: &str| percent_decode_str(text).decode_utf8().expect("it was read").into_owned();
    match index {
        0 => {
            let segment = path.split('/').nth(2).expect("it was matched");
            assert_eq!(message.scalars.text, decoded(segment));
        }
        1 => {
            // A slash that was escaped stays so among those that were not.
            let kept = path.get(3..).unwrap_or_default().replace("%2f", "%252f");
            assert_eq!(message.scalars.text, decoded(&kept.replace("%2F", "%252F")));
        }
        _ => {}
    }
}
